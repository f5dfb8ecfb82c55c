// Puts the Verilated top module of a board at one end of a serial line, whose other end is a pseudo-terminal.
//
// Compiled together with the model. Started by `src/cosim` in the design folder, because `$readmemh` resolves its paths against the
// working folder, with the arguments BAUD and CLOCKS_PER_BIT of the model. The first line on stdout is "port NAME". It runs until
// stdin ends, so it never outlives the program that started it.
//
// The line is bit by bit, at the speed that the program at the pseudo-terminal has set: a wrong baud rate goes as wrong as on a
// board. Time is counted in cycles of the model and stands still while nothing happens. A failure is one line on stderr and exit
// code 1.

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>

#include "Vtop.h"
#include "verilated.h"

namespace {

// Cycles between two looks at the pseudo-terminal.
constexpr unsigned SLICE = 512;
// While so many bytes wait, the pseudo-terminal is left alone, and with it the program that writes faster than the line sends. As
// long as the longest frame.
constexpr size_t WAITING = 1 << 16;
// So long after the last byte the shell is at rest: longer than the silence after which it answers an error, in seconds of the board.
constexpr double REST = 0.15;

[[noreturn]] void fail(const std::string& message) {
    std::fprintf(stderr, "%s: %s\n", message.c_str(), std::strerror(errno));
    std::exit(1);
}

// A pseudo-terminal; the program at its other end takes it for a serial port.
class Terminal {
public:
    Terminal() : master_{posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)} {
        if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) fail("cannot open a pseudo-terminal");
        name_ = ptsname(master_);
        // Kept open, so that the line exists before and after a program uses it.
        slave_ = open(name_.c_str(), O_RDWR | O_NOCTTY);
        termios2 settings;
        if (slave_ < 0 || ioctl(slave_, TCGETS2, &settings) != 0) fail("cannot open " + name_);
        settings.c_iflag = settings.c_oflag = settings.c_lflag = 0;
        settings.c_cflag = (settings.c_cflag & ~CSIZE) | CS8 | CREAD | CLOCAL;
        if (ioctl(slave_, TCSETS2, &settings) != 0) fail("cannot set up " + name_);
    }

    const std::string& name() const { return name_; }
    int descriptor() const { return master_; }

    // What the program at the other end has set.
    double baud() const {
        termios2 settings;
        if (ioctl(slave_, TCGETS2, &settings) != 0) fail("cannot read the speed of " + name_);
        return settings.c_ospeed;
    }

    void receive(std::deque<uint8_t>& bytes) {
        // A program that asked for the port alone does not give it back, as its end stays open here.
        ioctl(slave_, TIOCNXCL);
        if (bytes.size() >= WAITING) return;
        uint8_t chunk[4096];
        const ssize_t count = read(master_, chunk, sizeof chunk);
        if (count > 0) bytes.insert(bytes.end(), chunk, chunk + count);
    }

    // A byte that nobody takes is lost, as on a board.
    void send(uint8_t byte) {
        if (write(master_, &byte, 1) < 0 && errno != EAGAIN) fail("cannot write to " + name_);
    }

private:
    int master_;
    int slave_ = -1;
    std::string name_;
};

// The host's transmitter: bytes in, the level of the line out.
class Transmitter {
public:
    bool idle() const { return left_ == 0; }

    bool level(std::deque<uint8_t>& bytes, double clocks_per_bit) {
        if (left_ == 0) {
            if (bytes.empty()) return true;
            // Start bit, eight data bits, stop bit.
            shift_ = bytes.front() << 1 | 0x200u;
            bytes.pop_front();
            left_ = 10;
            clocks_ = clocks_per_bit;
        }
        const bool level = shift_ & 1;
        if (--clocks_ < 0.5) {
            clocks_ += clocks_per_bit;
            shift_ >>= 1;
            --left_;
        }
        return level;
    }

private:
    unsigned shift_ = 0;
    unsigned left_ = 0;
    double clocks_ = 0;
};

// The host's receiver: the level of the line in, bytes out. A byte without stop bit is passed on, as USB chips do.
class Receiver {
public:
    bool idle() const { return !active_; }

    // Whether a byte has ended; then it is `byte()`.
    bool sample(bool level, double clocks_per_bit) {
        if (!active_) {
            active_ = !level && last_;
            clocks_ = clocks_per_bit / 2;
            bit_ = 0;
            last_ = level;
            return false;
        }
        last_ = level;
        if (--clocks_ >= 0.5) return false;
        clocks_ += clocks_per_bit;
        if (bit_ == 0 && level) active_ = false;
        if (bit_ >= 1 && bit_ <= 8) byte_ = static_cast<uint8_t>(byte_ >> 1 | (level ? 0x80 : 0));
        if (bit_++ < 9) return false;
        active_ = false;
        return true;
    }

    uint8_t byte() const { return byte_; }

private:
    bool active_ = false;
    bool last_ = true;
    unsigned bit_ = 0;
    double clocks_ = 0;
    uint8_t byte_ = 0;
};

class Board {
public:
    Board(double baud, double clocks_per_bit) : clock_{baud * clocks_per_bit}, rest_{clock_ * REST} {
        // Registers without a reset start with random bits, so that a design which leans on zeros is caught.
        context_.randReset(2);
        context_.randSeed(1);
        top_ = std::make_unique<Vtop>(&context_);
    }

    void run() {
        std::printf("port %s\n", terminal_.name().c_str());
        std::fflush(stdout);
        while (wait()) {
            terminal_.receive(to_board_);
            const double clocks_per_bit = clock_ / terminal_.baud();
            for (unsigned i = 0; i < SLICE; ++i) cycle(clocks_per_bit);
        }
        top_->final();
    }

private:
    // Waits for a byte if the board is at rest; false when it is time to end.
    bool wait() {
        pollfd ends[2] = {{STDIN_FILENO, POLLIN, 0}, {terminal_.descriptor(), POLLIN, 0}};
        if (poll(ends, 2, quiet_ < rest_ ? 0 : -1) < 0 && errno != EINTR) fail("cannot wait");
        if (ends[1].revents & POLLIN) quiet_ = 0;
        return ends[0].revents == 0;
    }

    void cycle(double clocks_per_bit) {
        top_->uart_rx = transmitter_.level(to_board_, clocks_per_bit);
        top_->clk_in = 0;
        top_->eval();
        if (receiver_.sample(top_->uart_tx, clocks_per_bit)) terminal_.send(receiver_.byte());
        top_->clk_in = 1;
        top_->eval();
        quiet_ = transmitter_.idle() && receiver_.idle() ? quiet_ + 1 : 0;
    }

    VerilatedContext context_;
    std::unique_ptr<Vtop> top_;
    Terminal terminal_;
    Transmitter transmitter_;
    Receiver receiver_;
    std::deque<uint8_t> to_board_;
    double clock_;
    double rest_;
    double quiet_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s BAUD CLOCKS_PER_BIT\n", argv[0]);
        return 1;
    }
    Board{std::atof(argv[1]), std::atof(argv[2])}.run();
    return 0;
}
