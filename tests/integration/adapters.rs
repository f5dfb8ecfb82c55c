//! The adapters between streams of events and of whole time steps, one behind the other: what goes in comes out, whatever the streams do,
//! and in the cycles of the cost model.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use firstspike::arch::Address;
use firstspike::network::Map;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;

use crate::several::{MAIN, verilator};
use crate::support::text;

/// Steps in front of the scan.
const SLOTS: usize = 2;
/// Steps that are played, and lines of the file that holds their beats.
const STEPS: usize = 12;
const BEATS: usize = 4096;
/// Beats of the file: an event, a mark, or a cycle in which nothing is offered.
const MARK: u32 = 1 << 30;
const PAUSE: u32 = 1 << 31;

/// Plays `beats.mem` through both adapters and prints every handshake with its cycle.
const BENCH: &str = r#"`timescale 1ns / 1ps
module bench (input wire clk, input wire rst);
    reg [31:0] beats [0:BEATS-1];
    reg [31:0] next, cycle, random;
    reg        stalls;
    initial $readmemh("beats.mem", beats);
    initial stalls = $test$plusargs("stalls") != 0;

    wire [31:0] beat  = beats[next];
    wire        offer = !rst && next < BEATS;
    wire        in_valid = offer && !beat[31], in_ready;
    wire        step_valid, step_ready, gate, taken;
    wire        out_valid, out_user, out_ready = !stalls || random[7:6] == 2'd0;
    wire [INDEX-1:0]  out_data;
    wire [PLACES-1:0] step;
    // The stream between the adapters waits, too.
    assign gate  = !stalls || random[9:8] != 2'd0;
    assign taken = step_valid && gate && step_ready;

    fs_events_to_steps #(MAP) gather (
        .clk (clk), .rst (rst),
        .s_axis_tvalid (in_valid), .s_axis_tready (in_ready), .s_axis_tdata (beat[INDEX-1:0]), .s_axis_tuser (beat[30]),
        .m_axis_tvalid (step_valid), .m_axis_tready (step_ready && gate), .m_axis_tdata (step));
    fs_steps_to_events #(MAP, SCAN) stream (
        .clk (clk), .rst (rst),
        .s_axis_tvalid (step_valid && gate), .s_axis_tready (step_ready), .s_axis_tdata (step),
        .m_axis_tvalid (out_valid), .m_axis_tready (out_ready), .m_axis_tdata (out_data), .m_axis_tuser (out_user));

    reg [31:0] marks;
    always @(posedge clk) begin
        cycle  <= cycle + 1;
        random <= {random[30:0], random[31] ^ random[21] ^ random[1] ^ random[0]};
        if (offer && (beat[31] || in_ready)) next <= next + 1;
        if (in_valid && in_ready) $display("in %0d %0d %0d", cycle, beat[30], beat[INDEX-1:0]);
        if (taken) $display("step %0d %0h", cycle, step);
        if (out_valid && out_ready) $display("out %0d %0d %0d", cycle, out_user, out_data);
        if (out_valid && out_ready && out_user) marks <= marks + 1;
        if (marks == STEPS) $finish;
        if (rst) begin
            next <= 0; cycle <= 0; marks <= 0; random <= 32'h1234567;
        end
    end
endmodule
"#;

/// Steps of places, each in the order in which its events are sent.
type Steps = Vec<Vec<usize>>;

fn random_steps(map: Map, seed: u64) -> Steps {
    let mut rng = StdRng::seed_from_u64(seed);
    let step = |rng: &mut StdRng, percent: u32| {
        let mut places: Vec<_> = (0..map.size()).filter(|_| rng.random_range(0..100) < percent).collect();
        places.reverse();
        places
    };
    let shares: [u32; STEPS] = [0, 0, 100, 100, 0, 30, 50, 2, 2, 90, 0, 10];
    shares.map(|percent| step(&mut rng, percent)).into()
}

/// The bench for events of one address.
struct Bench {
    address: Address,
    folder: TempDir,
}

impl Bench {
    fn new(address: Address) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.cpp"), MAIN).unwrap();
        fs::write(folder.path().join("bench.v"), bench(address)).unwrap();
        let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("hdl/lib");
        let leaves = ["events_to_steps", "steps_to_events", "spike_queue", "spike_scan", "skid_queue", "lowest_one"];
        let leaves = leaves.into_iter().chain(["two_or_more"]).map(|leaf| library.join(format!("fs_{leaf}.v")));
        let built = verilator().args(leaves).arg("bench.v").current_dir(folder.path()).output().unwrap();
        assert!(built.status.success(), "{}{}", text(&built.stdout), text(&built.stderr));
        Bench { address, folder }
    }

    /// Plays a mark after the events of each step, then `pause` cycles without a beat.
    fn play(&self, steps: &Steps, pause: usize, stalls: bool) -> Played {
        let step = |places: &Vec<usize>| {
            let events = places.iter().map(|&place| self.address.encode(place) as u32);
            events.chain([MARK]).chain(std::iter::repeat_n(PAUSE, pause)).collect::<Vec<_>>()
        };
        let beats = steps.iter().flat_map(step).chain(std::iter::repeat(PAUSE)).take(BEATS);
        let lines: Vec<_> = beats.map(|beat| format!("{beat:08x}\n")).collect();
        fs::write(self.folder.path().join("beats.mem"), lines.concat()).unwrap();
        let mut simulation = Command::new("./simulation");
        let done = simulation.args(stalls.then_some("+stalls")).current_dir(self.folder.path()).output().unwrap();
        assert!(done.status.success(), "{}", text(&done.stderr));
        Played(text(&done.stdout))
    }

    /// What goes in comes out, whatever the streams do.
    fn passes_steps_on(&self, steps: &Steps) {
        let sets: Vec<BTreeSet<_>> = steps.iter().map(|places| places.iter().copied().collect()).collect();
        let sorted = |places: &BTreeSet<usize>| places.iter().map(|&place| self.address.encode(place)).collect();
        let events: Vec<Vec<usize>> = sets.iter().map(sorted).chain([Vec::new()]).collect();
        for stalls in [false, true] {
            let played = self.play(steps, 0, stalls);
            let vectors: Vec<_> = played.lines("step").map(|(_, vector)| places_of(vector)).collect();
            assert_eq!(vectors, sets, "{:?}, stalls: {stalls}", self.address);
            let mut sent = vec![Vec::new()];
            for (_, mark, index) in played.events("out") {
                if mark { sent.push(Vec::new()) } else { sent.last_mut().unwrap().push(index) }
            }
            assert_eq!(sent, events, "{:?}, stalls: {stalls}", self.address);
        }
    }

    /// A step leaves one cycle after its mark; its first beat is offered four cycles after it has passed all slots, and then no cycle is lost.
    fn takes_the_cycles_of_the_cost_model(&self, steps: &Steps) {
        let played = self.play(steps, 2 * self.address.map.size() + 20, false);
        let marks = played.events("in").into_iter().filter(|(_, mark, _)| *mark);
        let vectors: Vec<_> = played.lines("step").map(|(cycle, _)| cycle).collect();
        assert_eq!(vectors, marks.map(|(cycle, ..)| cycle + 1).collect::<Vec<_>>(), "{:?}", self.address);
        let beats = |(places, vector): (&Vec<usize>, &usize)| {
            let first = vector + SLOTS + 4;
            first..=first + places.len()
        };
        let expected: Vec<_> = steps.iter().zip(&vectors).flat_map(beats).collect();
        let sent: Vec<_> = played.events("out").into_iter().map(|(cycle, ..)| cycle).collect();
        assert_eq!(sent, expected, "{:?}", self.address);
    }
}

/// What the bench printed: a line per handshake.
struct Played(String);

impl Played {
    /// Cycle and the rest of every line.
    fn lines<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        let lines = self.0.lines().filter_map(move |line| line.strip_prefix(kind)?.strip_prefix(' '));
        lines.map(|line| line.split_once(' ').unwrap()).map(|(cycle, rest)| (cycle.parse().unwrap(), rest))
    }

    /// Cycle, mark and index of every beat of a stream of events.
    fn events(&self, kind: &str) -> Vec<(usize, bool, usize)> {
        let parse = |(cycle, rest): (usize, &str)| {
            let (mark, index) = rest.split_once(' ').unwrap();
            (cycle, mark == "1", index.parse().unwrap())
        };
        self.lines(kind).map(parse).collect()
    }
}

fn bench(address: Address) -> String {
    let Map { channels, height, width } = address.map;
    let Address { y_bits, x_bits, .. } = address;
    let places =
        format!(".CHANNELS({channels}), .HEIGHT({height}), .Y_BITS({y_bits}), .WIDTH({width}), .X_BITS({x_bits})");
    let scan = format!(".SLOTS({SLOTS}), .WORD_BITS(4)");
    let numbers = [
        ("BEATS", BEATS.to_string()),
        ("STEPS", STEPS.to_string()),
        ("INDEX", address.bits().to_string()),
        ("PLACES", address.map.size().to_string()),
        ("(MAP", format!("({places}")),
        ("SCAN", scan),
    ];
    numbers.into_iter().fold(BENCH.to_owned(), |bench, (name, value)| bench.replace(name, &value))
}

/// The places of a vector in hexadecimal digits.
fn places_of(vector: &str) -> BTreeSet<usize> {
    let digits = vector.chars().rev().map(|digit| digit.to_digit(16).unwrap());
    digits
        .enumerate()
        .flat_map(|(at, digit)| (0..4).filter(move |bit| digit >> bit & 1 == 1).map(move |bit| 4 * at + bit))
        .collect()
}

#[test]
fn what_goes_into_both_adapters_comes_out() {
    let packed = |channels| Address::packed(Map::new(channels, 4, 5));
    for (address, seed) in [Address::flat(33), packed(3), packed(1)].into_iter().zip(1..) {
        let (bench, steps) = (Bench::new(address), random_steps(address.map, seed));
        bench.passes_steps_on(&steps);
        bench.takes_the_cycles_of_the_cost_model(&steps);
    }
}
