// Drives the Verilated model of one generated design: plays a stimulus file into it and writes a trace file.
//
// Compiled together with the model and with `design.h`, which the generator writes into the design folder
// (`design.h.example` shows the contract). Started by `src/cosim`, in the design folder, because `$readmemh` resolves
// its paths against the working folder.
//
// All numbers in the two files are little endian.
//
// Stimulus file
//   u32 magic "FSS2", u32 words of a beat, u32 images, then per image
//   u32 beats, u32 abort_after (0xffffffff: none), the words of all beats
//   A beat: as many words as hold the data and two flags. Data, the lowest word first; of the last word, bit 30 is tlast
//   and bit 31 tuser (end-of-step mark).
//   An image with abort_after waits until all earlier images are done, sends that many beats, resets the design and
//   has no record in the trace.
//
// Trace file
//   u32 magic "FSR2", u32 bytes of a record without its second spikes, then per image that was not aborted
//   u32 image, u32 class, u32 flags (bit 0: frame_error), u32 second spikes
//   u64 reported cycles, u64 cycle of the first beat, u64 cycle of the class word
//   i64 score[CLASSES]
//   u8  spike time[NEURONS[0] + NEURONS[1] + ...]   (TIME_STEPS: never)
//   per second spike, at most one per neuron: u16 layer, u8 step, u8 0, u32 neuron
//   A design that breaks a rule is given up, and the trace ends with
//   u32 0xffffffff, u32 rule (enum Rule), u32 image, u32 its accepted beats, u64 cycle, u64 cycle of the last progress
//   u32 bytes, u8 text[bytes]: what was seen
//
// Progress goes to stdout as lines "done N". A failure that is not the design's is one line on stderr, "failure CODE:
// MESSAGE", and exit code 1.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "verilated.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
using WaveformFile = VerilatedFstC;
#elif VM_TRACE_VCD
#include "verilated_vcd_c.h"
using WaveformFile = VerilatedVcdC;
#endif

// The words of a beat.
class Beat {
public:
    Beat(const uint32_t* words, unsigned count) : words_{words}, count_{count} {}

    bool last() const { return words_[count_ - 1] >> 30 & 1; }
    bool mark() const { return words_[count_ - 1] >> 31; }

    // Sets a port; one of more than 64 bits is an array of words.
    template <typename Port>
    void data(Port& port) const {
        if constexpr (std::is_integral_v<Port>) {
            uint64_t low = word(0);
            if (count_ > 1) low |= static_cast<uint64_t>(word(1)) << 32;
            port = static_cast<Port>(low);
        } else {
            for (unsigned i = 0; i < sizeof port / 4; ++i) port[i] = word(i);
        }
    }

private:
    // Without the flags.
    uint32_t word(unsigned index) const { return index + 1 < count_ ? words_[index] : words_[index] & 0x3fffffff; }

    const uint32_t* words_;
    unsigned count_;
};

// A result word of a port: of one that is not wider than 64 bits, all of it.
template <unsigned BITS, typename Port>
uint64_t result_word(const Port& port, [[maybe_unused]] unsigned index) {
    if constexpr (std::is_integral_v<Port>)
        return port;
    else if constexpr (BITS == 32)
        return port[index];
    else
        return port[2 * index] | static_cast<uint64_t>(port[2 * index + 1]) << 32;
}

// A bit of a port.
template <typename Port>
bool bit(const Port& port, unsigned index) {
    if constexpr (std::is_integral_v<Port>)
        return port >> index & 1;
    else
        return port[index / 32] >> index % 32 & 1;
}

// The number of a place in a map, out of its {channel, row, column} in bit fields; too large a number if there is no such place.
template <unsigned CHANNELS, unsigned HEIGHT, unsigned WIDTH, unsigned Y_BITS, unsigned X_BITS>
uint32_t place(uint32_t index) {
    const uint32_t channel = index >> (Y_BITS + X_BITS);
    const uint32_t y = index >> X_BITS & ((1u << Y_BITS) - 1);
    const uint32_t x = index & ((1u << X_BITS) - 1);
    return channel < CHANNELS && y < HEIGHT && x < WIDTH ? (channel * HEIGHT + y) * WIDTH + x : UINT32_MAX;
}

#include "design.h"

namespace {

constexpr uint32_t STIMULUS_MAGIC = 0x32535346;  // "FSS2"
constexpr unsigned BEAT_WORDS = (DATA_BITS + 2 + 31) / 32;
constexpr uint32_t TRACE_MAGIC = 0x32525346;     // "FSR2"
constexpr uint32_t NO_ABORT = 0xffffffff;
constexpr uint32_t FAULT = 0xffffffff;  // in place of an image's number
constexpr unsigned RESET_CYCLES = 4;
// A packet is the class, the cycle count, the scores.
constexpr unsigned CLASS_WORD = 0;
constexpr unsigned CYCLES_WORD = 1;
constexpr unsigned FIRST_SCORE = 2;
constexpr unsigned PACKET_WORDS = FIRST_SCORE + CLASSES;
// Layers whose spikes are seen: an output layer that only integrates has none.
constexpr unsigned TRACED = LAYERS - 1 + (OUTPUT_FIRES ? 1 : 0);

constexpr unsigned neurons_before(unsigned layer) {
    unsigned sum = 0;
    for (unsigned l = 0; l < layer; ++l) sum += NEURONS[l];
    return sum;
}
constexpr unsigned ALL_NEURONS = neurons_before(LAYERS);
constexpr uint32_t RECORD_BYTES = 4 * 4 + 3 * 8 + 8 * CLASSES + ALL_NEURONS;

struct Options {
    const char* stimulus = nullptr;
    const char* trace = nullptr;
    const char* waveform = nullptr;
    // Of the waveform.
    double clock_mhz = 100;
    unsigned idle_percent = 0;
    unsigned stall_percent = 0;
    uint64_t seed = 1;
    bool isolated = false;
    // Resets for one cycle, and offers the first beat in the very next one.
    bool straight = false;
    uint64_t hang_cycles = 1000000;
};

// What a design must not do. The numbers stand in the trace.
enum class Rule : uint32_t {
    HANG = 0,    // nothing happens any more
    STREAM = 1,  // its output stream is wrong
    SPIKES = 2,  // a layer names a neuron or a frame that does not exist, or repeats a spike without end
};

// Where and how a design broke a rule.
struct Fault {
    Rule rule;
    uint32_t image;
    std::string text;
};

[[noreturn]] void fail(const char* code, const std::string& message) {
    std::fprintf(stderr, "failure %s: %s\n", code, message.c_str());
    std::fflush(stderr);
    std::_Exit(1);
}

std::string number(uint64_t value) { return std::to_string(value); }

// Marsaglia's xorshift64: good enough to scatter bubbles, and free.
class Random {
public:
    explicit Random(uint64_t seed) : state_{seed * 0x9e3779b97f4a7c15ull | 1} {}

    bool chance(unsigned percent) {
        if (percent == 0) return false;
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return ((state_ >> 32) * 100 >> 32) < percent;
    }

private:
    uint64_t state_;
};

struct Image {
    const uint32_t* words;
    uint32_t count;  // beats
    uint32_t abort_after;

    bool aborts() const { return abort_after != NO_ABORT; }
    uint32_t to_send() const { return aborts() ? abort_after : count; }
    Beat beat(uint32_t index) const { return {words + size_t{index} * BEAT_WORDS, BEAT_WORDS}; }
};

const uint32_t ZEROS[BEAT_WORDS] = {};
const Beat NO_BEAT{ZEROS, BEAT_WORDS};

// The stimulus file, held in memory.
class Stimulus {
public:
    explicit Stimulus(const char* path) {
        std::FILE* file = std::fopen(path, "rb");
        if (!file) fail("stimulus", std::string{"cannot open "} + path);
        uint32_t chunk[16384];
        for (size_t got; (got = std::fread(chunk, 4, 16384, file)) > 0;) words_.insert(words_.end(), chunk, chunk + got);
        std::fclose(file);
        parse(path);
    }

    const std::vector<Image>& images() const { return images_; }

private:
    void parse(const char* path) {
        const std::string damaged = std::string{path} + " is damaged";
        if (words_.size() < 3 || words_[0] != STIMULUS_MAGIC) fail("stimulus", damaged);
        if (words_[1] != BEAT_WORDS)
            fail("stimulus", std::string{path} + " has beats of " + number(words_[1]) + " words, the design takes " + number(BEAT_WORDS));
        size_t at = 3;
        for (uint32_t left = words_[2]; left > 0; --left) {
            if (words_.size() - at < 2 || (words_.size() - at - 2) / BEAT_WORDS < words_[at]) fail("stimulus", damaged);
            const Image image{&words_[at + 2], words_[at], words_[at + 1]};
            if (image.to_send() > image.count || (image.count == 0 && !image.aborts())) fail("stimulus", damaged);
            images_.push_back(image);
            at += 2 + size_t{words_[at]} * BEAT_WORDS;
        }
    }

    std::vector<uint32_t> words_;
    std::vector<Image> images_;
};

struct SecondSpike {
    uint16_t layer;
    uint8_t step;
    uint8_t reserved;
    uint32_t neuron;
};

// All that is seen of one frame on its way through the design.
struct Frame {
    uint32_t image;
    uint32_t class_index = 0;
    uint64_t reported_cycles = 0;
    uint64_t first_beat_cycle;
    uint64_t result_cycle = 0;
    unsigned layers_done = 0;
    bool packet_done = false;
    int64_t scores[CLASSES] = {};
    uint8_t times[ALL_NEURONS];
    std::vector<SecondSpike> second_spikes;
    // Spikes of each neuron beyond its first; empty as long as there are none.
    std::vector<uint8_t> repeats;

    Frame(uint32_t image, uint64_t cycle) : image{image}, first_beat_cycle{cycle} {
        std::memset(times, TIME_STEPS, sizeof times);
    }

    bool done() const { return packet_done && layers_done == TRACED; }

    // How often the neuron has spiked before in this frame.
    unsigned spike(unsigned layer, uint32_t neuron, unsigned step) {
        const unsigned place = neurons_before(layer) + neuron;
        if (times[place] == TIME_STEPS) {
            times[place] = static_cast<uint8_t>(step);
            return 0;
        }
        if (repeats.empty()) repeats.resize(ALL_NEURONS);
        if (repeats[place] == 0)
            second_spikes.push_back({static_cast<uint16_t>(layer), static_cast<uint8_t>(step), 0, neuron});
        return ++repeats[place];
    }
};

class TraceFile {
public:
    explicit TraceFile(const char* path) : file_{std::fopen(path, "wb")} {
        if (!file_) fail("trace", std::string{"cannot create "} + path);
        const uint32_t head[2] = {TRACE_MAGIC, RECORD_BYTES};
        put(head, sizeof head);
    }

    void write(const Frame& frame, bool frame_error) {
        const uint32_t head[4] = {frame.image, frame.class_index, frame_error ? 1u : 0u,
                                  static_cast<uint32_t>(frame.second_spikes.size())};
        const uint64_t cycles[3] = {frame.reported_cycles, frame.first_beat_cycle, frame.result_cycle};
        put(head, sizeof head);
        put(cycles, sizeof cycles);
        put(frame.scores, sizeof frame.scores);
        put(frame.times, sizeof frame.times);
        put(frame.second_spikes.data(), frame.second_spikes.size() * sizeof(SecondSpike));
    }

    void give_up(const Fault& fault, uint32_t beats, uint64_t cycle, uint64_t last_progress) {
        const uint32_t head[4] = {FAULT, static_cast<uint32_t>(fault.rule), fault.image, beats};
        const uint64_t cycles[2] = {cycle, last_progress};
        const uint32_t bytes = static_cast<uint32_t>(fault.text.size());
        put(head, sizeof head);
        put(cycles, sizeof cycles);
        put(&bytes, sizeof bytes);
        put(fault.text.data(), bytes);
    }

    void close() {
        if (std::fclose(file_) != 0) fail("trace", "cannot write the trace: is the disk full?");
    }

private:
    void put(const void* data, size_t bytes) {
        if (bytes != 0 && std::fwrite(data, 1, bytes, file_) != bytes)
            fail("trace", "cannot write the trace: is the disk full?");
    }

    std::FILE* file_;
};

class Testbench {
public:
    Testbench(const Options& options, const Stimulus& stimulus)
        : options_{options},
          images_{stimulus.images()},
          trace_{options.trace},
          random_{options.seed} {
        // Registers without a reset start with random bits, so that a design which leans on zeros is caught.
        context_.randReset(2);
        context_.randSeed(static_cast<int>(options.seed % 0x7ffffffe) + 1);
        top_ = std::make_unique<Vtop>(&context_);
        open_waveform();
    }

    void run() {
        try {
            play();
        } catch (const Fault& fault) {
            trace_.give_up(fault, accepted_beats(fault.image), cycle_, last_progress_);
        }
        // The tail of the last packet and the frame error come out in these cycles of a waveform.
        for (unsigned i = 0; i < RESET_CYCLES && options_.waveform; ++i) clock();
        trace_.close();
        close_waveform();
        std::printf("done %llu\n", static_cast<unsigned long long>(finished_));
        top_->final();
    }

    // In this cycle, a layer hands on a spike or the end of a step.
    void one(unsigned layer, uint32_t neuron, bool step_end) {
        Frame& frame = frame_of(layer);
        if (step_end) {
            end_step(layer, frame);
        } else if (neuron < NEURONS[layer]) {
            spike(layer, frame, neuron);
        } else {
            broken(Rule::SPIKES, frame.image, "layer " + number(layer) + " has " + number(NEURONS[layer]) +
                                                  " neurons, but its spike stream named neuron " + number(neuron));
        }
    }

    // In this cycle, a layer hands on all spikes of a step.
    template <typename Port>
    void vector(unsigned layer, const Port& spikes) {
        Frame& frame = frame_of(layer);
        for (unsigned neuron = 0; neuron < NEURONS[layer]; ++neuron)
            if (bit(spikes, neuron)) spike(layer, frame, neuron);
        end_step(layer, frame);
    }

private:
    void play() {
        if (!options_.straight) power_up();
        reset();
        while (image_ < images_.size() || !in_flight_.empty()) {
            if (abort_due()) {
                abort_image();
            } else {
                cycle();
            }
        }
    }

    // One clock cycle: inputs, settle, look at all handshakes, rising edge.
    void cycle() {
        if (!valid_) next_beat();
        ready_ = !random_.chance(options_.stall_percent);
        top_->m_axis_tready = ready_;
        settle();
        sample_input();
        observe(*top_, *this);
        sample_result();
        rise();
        if (cycle_ - last_progress_ > options_.hang_cycles) hang();
    }

    // Once on the wires, a beat stays there until it is accepted.
    void next_beat() {
        if (may_send() && !random_.chance(options_.idle_percent)) {
            valid_ = wires_valid_ = true;
            drive_input(*top_, true, images_[image_].beat(beat_));
        } else if (wires_valid_) {
            wires_valid_ = false;
            drive_input(*top_, false, NO_BEAT);
        }
    }

    // An edge in reset before cycle 0: what the random bits of the start put on the wires is seen by nobody.
    void power_up() {
        idle_inputs();
        for (const int level : {0, 1}) {
            top_->clk = level;
            top_->eval();
        }
    }

    void clock() {
        settle();
        rise();
    }

    void settle() {
        top_->clk = 0;
        top_->eval();
        dump(2 * cycle_);
    }

    void rise() {
        top_->clk = 1;
        top_->eval();
        dump(2 * cycle_ + 1);
        ++cycle_;
    }

    bool may_send() const {
        if (image_ >= images_.size() || beat_ >= images_[image_].to_send()) return false;
        if (beat_ > 0) return true;
        return in_flight_.empty() || !(options_.isolated || images_[image_].aborts());
    }

    void sample_input() {
        if (!valid_ || !input_ready(*top_)) return;
        if (beat_ == 0) {
            in_flight_.emplace_back(static_cast<uint32_t>(image_), cycle_);
        }
        last_progress_ = cycle_;
        valid_ = false;
        ++beat_;
        const Image& image = images_[image_];
        if (beat_ == image.count && !image.aborts()) {
            ++image_;
            beat_ = 0;
        }
    }

    // The frame that a monitor works on; `number_of` counts its frames.
    Frame& frame_of(unsigned layer) {
        const uint64_t ahead = layer_frame_[layer] - first_frame_;
        if (ahead >= in_flight_.size())
            broken(Rule::SPIKES, oldest_image(), "layer " + number(layer) + " spiked or ended a step after the last frame it was given");
        return in_flight_[ahead];
    }

    // A neuron's first spike is progress. A layer that repeats them is busy as well, but comes to nothing.
    void spike(unsigned layer, Frame& frame, uint32_t neuron) {
        const unsigned before = frame.spike(layer, neuron, layer_step_[layer]);
        if (before == 0) last_progress_ = cycle_;
        if (before == TIME_STEPS)
            broken(Rule::SPIKES, frame.image, "neuron " + number(neuron) + " of layer " + number(layer) + " spiked " +
                                                  number(before + 1) + " times in " + number(TIME_STEPS) + " time steps");
    }

    void end_step(unsigned layer, Frame& frame) {
        last_progress_ = cycle_;
        if (++layer_step_[layer] < TIME_STEPS) return;
        layer_step_[layer] = 0;
        ++layer_frame_[layer];
        ++frame.layers_done;
        retire();
    }

    void sample_result() {
        if (!top_->m_axis_tvalid) {
            if (stalled_) broken(Rule::STREAM, result_image(), "m_axis_tvalid fell before m_axis_tready rose");
            return;
        }
        uint64_t words[RESULT_WORDS];
        for (unsigned i = 0; i < RESULT_WORDS; ++i) words[i] = result_word<RESULT_BITS>(top_->m_axis_tdata, i);
        if (stalled_ && std::memcmp(words, stalled_words_, sizeof words) != 0)
            broken(Rule::STREAM, result_image(), "m_axis_tdata changed before m_axis_tready rose");
        const uint64_t ahead = result_frame_ - first_frame_;
        if (ahead >= in_flight_.size()) broken(Rule::STREAM, oldest_image(), "a result word came that belongs to no image");
        Frame& frame = in_flight_[ahead];
        if (word_ == CLASS_WORD && frame.result_cycle == 0) frame.result_cycle = cycle_;
        stalled_ = !ready_;
        std::memcpy(stalled_words_, words, sizeof words);
        if (!ready_) return;
        last_progress_ = cycle_;
        if (bool{top_->m_axis_tlast != 0} != (word_ + RESULT_WORDS == PACKET_WORDS))
            broken(Rule::STREAM, frame.image, "m_axis_tlast is wrong on word " + number(word_) +
                                                  " of the result; a packet has " + number(PACKET_WORDS) + " words");
        for (const uint64_t word : words) take_word(frame, word);
    }

    void take_word(Frame& frame, uint64_t word) {
        if (word_ == CLASS_WORD) {
            frame.class_index = static_cast<uint32_t>(word);
        } else if (word_ == CYCLES_WORD) {
            frame.reported_cycles = word;
        } else {
            // The top bits of the word extend its sign.
            frame.scores[word_ - FIRST_SCORE] = static_cast<int64_t>(word << (64 - RESULT_BITS)) >> (64 - RESULT_BITS);
        }
        if (++word_ < PACKET_WORDS) return;
        word_ = 0;
        ++result_frame_;
        frame.packet_done = true;
        retire();
    }

    // Writes the frames whose packet and spikes are complete. They complete in order.
    void retire() {
        while (!in_flight_.empty() && in_flight_.front().done()) {
            const Frame& frame = in_flight_.front();
            if (!images_[frame.image].aborts()) trace_.write(frame, top_->frame_error);
            in_flight_.pop_front();
            ++first_frame_;
            ++finished_;
            report_progress();
        }
    }

    void report_progress() {
        const auto now = std::chrono::steady_clock::now();
        if (now - last_report_ < std::chrono::milliseconds{100}) return;
        last_report_ = now;
        std::printf("done %llu\n", static_cast<unsigned long long>(finished_));
        std::fflush(stdout);
    }

    bool abort_due() const {
        if (image_ >= images_.size() || !images_[image_].aborts() || beat_ < images_[image_].to_send()) return false;
        return beat_ > 0 || in_flight_.empty();
    }

    void abort_image() {
        reset();
        ++image_;
    }

    // Resets the design, and forgets everything that was in flight.
    void reset() {
        idle_inputs();
        for (unsigned i = 0; i < (options_.straight ? 1 : RESET_CYCLES); ++i) clock();
        top_->rst = 0;
        // Cycles are comparable only from a quiet start: every layer has cleared its membranes.
        for (unsigned i = 0; i < SETTLE_CYCLES && !options_.straight; ++i) clock();
        in_flight_.clear();
        beat_ = 0;
        word_ = 0;
        stalled_ = false;
        first_frame_ = result_frame_ = 0;
        for (unsigned layer = 0; layer < LAYERS; ++layer) layer_frame_[layer] = layer_step_[layer] = 0;
        last_progress_ = cycle_;
    }

    // Nothing comes in, nothing is taken, and the design is in reset.
    void idle_inputs() {
        valid_ = wires_valid_ = false;
        drive_input(*top_, false, NO_BEAT);
        top_->m_axis_tready = 0;
        top_->rst = 1;
    }

    // The oldest image under way; the next one, if there is none.
    uint64_t oldest_image() const { return in_flight_.empty() ? image_ : in_flight_.front().image; }

    // The image whose result is due; the next one, if none is under way.
    uint64_t result_image() const {
        const uint64_t ahead = result_frame_ - first_frame_;
        return ahead < in_flight_.size() ? in_flight_[ahead].image : image_;
    }

    // Beats of an image that the design has taken.
    uint32_t accepted_beats(uint64_t image) const {
        if (image == image_) return beat_;
        return image < image_ ? images_[image].to_send() : 0;
    }

    // Gives the design up.
    [[noreturn]] void broken(Rule rule, uint64_t image, const std::string& text) const {
        const uint64_t last = images_.size() - 1;
        throw Fault{rule, static_cast<uint32_t>(image < last ? image : last), text};
    }

    [[noreturn]] void hang() const {
        std::string text = "nothing moved for " + number(options_.hang_cycles) + " cycles: ";
        text += valid_ ? "s_axis_tready is low on beat " + number(beat_) : std::string{"all input was accepted"};
        text += ", " + number(word_) + " words of the result have come, frame_error is " + number(top_->frame_error ? 1 : 0);
        for (unsigned layer = 0; layer < TRACED; ++layer)
            text += ", layer " + number(layer) + " is in step " + number(layer_step_[layer]);
        broken(Rule::HANG, oldest_image(), text);
    }

#if VM_TRACE
    void open_waveform() {
        if (!options_.waveform) return;
        context_.traceEverOn(true);
        waveform_ = std::make_unique<WaveformFile>();
        top_->trace(waveform_.get(), 99);
        waveform_->set_time_unit("1ns");
        waveform_->set_time_resolution("1ps");
        waveform_->open(options_.waveform);
        if (!waveform_->isOpen()) fail("waveform", std::string{"cannot create "} + options_.waveform);
    }
    // In picoseconds, rounded one by one, so that no error adds up.
    void dump(uint64_t half_cycles) {
        constexpr double HALF_MICROSECOND = 5e5;
        if (waveform_) waveform_->dump(static_cast<uint64_t>(std::llround(half_cycles * HALF_MICROSECOND / options_.clock_mhz)));
    }
    void close_waveform() {
        if (waveform_) waveform_->close();
    }
    std::unique_ptr<WaveformFile> waveform_;
#else
    void open_waveform() {
        if (options_.waveform) fail("waveform", "this model was built without waveforms");
    }
    void dump(uint64_t) {}
    void close_waveform() {}
#endif

    const Options& options_;
    const std::vector<Image>& images_;
    TraceFile trace_;
    Random random_;
    VerilatedContext context_;
    std::unique_ptr<Vtop> top_;

    uint64_t cycle_ = 0;
    uint64_t last_progress_ = 0;
    uint64_t finished_ = 0;
    std::chrono::steady_clock::time_point last_report_ = std::chrono::steady_clock::now();

    // Input: the next beat to be accepted, and whether it is on the wires.
    size_t image_ = 0;
    uint32_t beat_ = 0;
    bool valid_ = false;
    bool wires_valid_ = false;

    // Frames in flight; first_frame_ is the number of the oldest since the reset.
    std::deque<Frame> in_flight_;
    uint64_t first_frame_ = 0;
    uint64_t layer_frame_[LAYERS] = {};
    unsigned layer_step_[LAYERS] = {};

    // Output: the frame and the word of its packet that come next.
    uint64_t result_frame_ = 0;
    unsigned word_ = 0;
    bool ready_ = false;
    bool stalled_ = false;
    uint64_t stalled_words_[RESULT_WORDS] = {};
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        const char* value = argv[i + 1];
        const auto natural = [value] { return std::strtoull(value, nullptr, 10); };
        if (name == "--stimulus") options.stimulus = value;
        else if (name == "--trace") options.trace = value;
        else if (name == "--waveform") options.waveform = value;
        else if (name == "--clock") options.clock_mhz = std::strtod(value, nullptr);
        else if (name == "--idle") options.idle_percent = static_cast<unsigned>(natural());
        else if (name == "--stall") options.stall_percent = static_cast<unsigned>(natural());
        else if (name == "--seed") options.seed = natural();
        else if (name == "--isolated") options.isolated = natural() != 0;
        else if (name == "--straight") options.straight = natural() != 0;
        else if (name == "--hang") options.hang_cycles = natural();
        else fail("arguments", "unknown option " + name);
    }
    if (!options.stimulus || !options.trace) fail("arguments", "--stimulus and --trace are needed");
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Stimulus stimulus{options.stimulus};
    Testbench{options, stimulus}.run();
    return 0;
}
