//! Several designs in one elaboration, as in a user's project: each plays its own images and equals its own golden model.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use firstspike::arch::{Design, InputKind, Memories, Options};
use firstspike::emit::Manifest;
use firstspike::flow::stimulus;
use firstspike::model;
use firstspike::network::IntegerNetwork;
use firstspike::tool::{Tool, Tools, Verilator};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::convolution;
use crate::design;
use crate::fusesoc;
use crate::support::{digits_network, text};

/// Plays all designs, and stops when each has given its packets.
const BENCH: &str = r"`timescale 1ns / 1ps
module bench (input wire clk, input wire rst);
INSTANCES
    wire all_done = DONE;
    always @(posedge clk) begin
        if (all_done) $finish;
    end
endmodule
";

/// A clock of 100 MHz, and a reset of ten cycles; for Icarus.
const CLOCK: &str = r"
`timescale 1ns / 1ps
module clock;
    reg clk = 1'b0, rst = 1'b1;
    always #5 clk = !clk;
    initial #101 rst = 1'b0;
    initial #10_000_000 $finish;
    bench bench_i (.clk(clk), .rst(rst));
    initial $printtimescale(bench_i.p_FIRST.core);
endmodule
";

/// The same for Verilator, which then needs no coroutines.
pub const MAIN: &str = r#"
#include "Vbench.h"
int main(int argc, char** argv) {
    VerilatedContext context;
    context.commandArgs(argc, argv);
    Vbench bench{&context};
    for (int half = 0; half < 2000000 && !context.gotFinish(); ++half) {
        bench.clk = half & 1;
        bench.rst = half < 20;
        bench.eval();
    }
    bench.final();
}
"#;

/// Plays the beats of a file into a design and prints its packets.
const PLAYER: &str = r#"
`timescale 1ns / 1ps
module play_TOP (input wire clk, input wire rst, output wire done);
    reg [31:0] beats [0:BEATS-1];
    reg [31:0] next, packets;
    wire [31:0] beat = beats[next];
    wire ready, out_valid, out_last;
    wire valid = !rst && next < BEATS;
    wire [RESULT-1:0] out;
    initial $readmemh("TOP.beats", beats);
    always @(posedge clk) begin
        if (rst) begin
            next <= 0;
            packets <= 0;
        end else begin
            if (valid && ready) next <= next + 1;
            if (out_valid) $display("result TOP %0d %0d", $signed(out), out_last);
            if (out_valid && out_last) packets <= packets + 1;
        end
    end
    assign done = packets == IMAGES;
    TOP PARAMETERS core (.clk(clk), .rst(rst), .s_axis_tvalid(valid), .s_axis_tready(ready),
        .s_axis_tdata(beat[DATA-1:0]), USER .s_axis_tlast(beat[30]), .m_axis_tvalid(out_valid),
        .m_axis_tready(1'b1), .m_axis_tdata(out), .m_axis_tlast(out_last));
endmodule
"#;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Elaborator {
    Icarus,
    Verilator,
}

/// A design in a folder of its own, with what it plays.
struct Core {
    network: IntegerNetwork,
    design: Design,
    manifest: Manifest,
    images: Vec<Vec<u8>>,
}

impl Core {
    fn new(folder: &Path, network: IntegerNetwork, options: &Options, images: usize) -> Self {
        let design = design::write(&folder.join(network.name()), &network, options);
        let manifest = Manifest::read(&folder.join(network.name())).unwrap();
        let mut rng = StdRng::seed_from_u64(images as u64);
        let pixel = |rng: &mut StdRng| if rng.random_range(0..3) == 0 { rng.random() } else { 0 };
        let images = (0..images).map(|_| (0..network.inputs()).map(|_| pixel(&mut rng)).collect()).collect();
        Core { network, design, manifest, images }
    }

    fn folder(&self) -> &str {
        self.network.name()
    }

    /// Its sources, relative to the folder of all designs.
    fn sources(&self) -> impl Iterator<Item = String> {
        self.manifest.sources.iter().map(|source| format!("{}/{source}", self.folder()))
    }

    /// Class and scores of every image, by the golden model.
    fn expected(&self) -> Vec<Vec<i64>> {
        let traces = design::golden(&self.network, &self.images);
        traces
            .iter()
            .map(|trace| [trace.class.into()].into_iter().chain(trace.scores.iter().copied()).collect())
            .collect()
    }

    fn player(&self, folder: &Path, memory_folder: bool) -> String {
        let stimuli =
            self.images.iter().map(|pixels| stimulus(&self.design, &self.network, self.network.coding(), pixels));
        let beats: Vec<u32> = stimuli.flat_map(|stimulus| stimulus.words).collect();
        let lines: String = beats.iter().fold(String::new(), |mut lines, beat| {
            writeln!(lines, "{beat:08x}").unwrap();
            lines
        });
        fs::write(folder.join(format!("{}.beats", self.manifest.top)), lines).unwrap();
        let parameters =
            if memory_folder { format!("#(.MEMORY_FOLDER(\"{}\"))", self.folder()) } else { String::new() };
        let user = if self.design.input_kind() == InputKind::Events { ".s_axis_tuser(beat[31])," } else { "" };
        let names = [
            ("BEATS", beats.len().to_string()),
            ("TOP", self.manifest.top.clone()),
            ("RESULT", self.manifest.result_bits.to_string()),
            ("IMAGES", self.images.len().to_string()),
            ("DATA", self.manifest.input.data_bits.to_string()),
            ("PARAMETERS", parameters),
            ("USER", user.into()),
        ];
        names.iter().fold(PLAYER.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// A folder with designs, and the bench that plays them all.
struct Project {
    folder: tempfile::TempDir,
    cores: Vec<Core>,
}

impl Project {
    /// With `memory_folder`, every design is told where its images are; otherwise they all lie where the simulation runs.
    fn new(networks: Vec<(IntegerNetwork, Options)>, images: usize, memory_folder: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let core = |(network, options)| Core::new(folder.path(), network, &options, images);
        let cores: Vec<Core> = networks.into_iter().map(core).collect();
        let mut bench = String::new();
        let (mut instances, mut done) = (String::new(), String::from("1"));
        for core in &cores {
            let top = &core.manifest.top;
            bench += &core.player(folder.path(), memory_folder && core.design.options.memories == Memories::Files);
            writeln!(instances, "    wire done_{top}; play_{top} p_{top} (.clk(clk), .rst(rst), .done(done_{top}));")
                .unwrap();
            write!(done, " && done_{top}").unwrap();
            if !memory_folder {
                copy_images(&folder.path().join(core.folder()), folder.path());
            }
        }
        bench += &BENCH.replace("INSTANCES", &instances).replace("DONE", &done);
        bench += &CLOCK.replace("FIRST", &cores[0].manifest.top);
        fs::write(folder.path().join("main.cpp"), MAIN).unwrap();
        fs::write(folder.path().join("bench.v"), bench).unwrap();
        Project { folder, cores }
    }

    /// All sources, those of the library as often as there are designs.
    fn sources(&self) -> Vec<String> {
        self.cores.iter().flat_map(Core::sources).chain(["bench.v".into()]).collect()
    }

    fn elaborated(&self, by: Elaborator) -> Output {
        let mut command = match by {
            Elaborator::Icarus => icarus(),
            Elaborator::Verilator => verilator(),
        };
        command.args(self.sources()).current_dir(self.folder.path()).output().unwrap()
    }

    /// What the bench printed, after a simulation that ended as it should.
    fn played(&self, by: Elaborator) -> String {
        let done = self.elaborated(by);
        assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
        let done = simulation(by).current_dir(self.folder.path()).output().unwrap();
        assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
        text(&done.stdout)
    }

    fn equals_its_golden_models(&self, by: Elaborator) {
        self.are_equal(&self.played(by), &format!("{by:?}"));
    }

    fn are_equal(&self, printed: &str, by: &str) {
        let packets = packets(printed);
        for core in &self.cores {
            assert_eq!(packets[core.manifest.top.as_str()], core.expected(), "{} in {by}", core.manifest.top);
        }
    }
}

/// The class and the scores of every image, by design, without the latency between them.
fn packets(printed: &str) -> BTreeMap<&str, Vec<Vec<i64>>> {
    let mut packets: BTreeMap<&str, Vec<Vec<i64>>> = BTreeMap::new();
    for line in printed.lines() {
        let ["result", top, word, last] = line.split(' ').collect::<Vec<_>>()[..] else { continue };
        let of_design = packets.entry(top).or_insert_with(|| vec![Vec::new()]);
        of_design.last_mut().unwrap().push(word.parse().unwrap());
        if last == "1" {
            of_design.push(Vec::new());
        }
    }
    for of_design in packets.values_mut() {
        of_design.truncate(of_design.len() - 1);
        for packet in of_design {
            packet.remove(1);
        }
    }
    packets
}

fn copy_images(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.extension() == Some(OsStr::new("mem")) {
            let name = to.join(path.file_name().unwrap());
            assert!(!name.exists(), "{} twice", name.display());
            fs::copy(path, name).unwrap();
        }
    }
}

/// Icarus, for the bench in the current folder; with no more than Verilog-2005.
fn icarus() -> Command {
    let mut command = Command::new("iverilog");
    command.args(["-g2005", "-Wall", "-Wno-timescale", "-s", "clock", "-o", "simulation"]);
    command
}

/// Verilator, for the bench in the current folder, whose `main.cpp` is [`MAIN`].
pub fn verilator() -> Command {
    let mut command = Verilator::find(&Tools::locate()).unwrap().command();
    command.args(["--cc", "--exe", "--build", "--no-timing", "--quiet", "-Wno-PINMISSING", "-CFLAGS", "-O0"]);
    // In one unit: for several, the makefile wants a precompiled header that it does not make.
    command.args(["--output-split", "0"]);
    command.args(["--top-module", "bench", "--Mdir", "model", "-o", "../simulation", "../main.cpp"]);
    command
}

/// What an elaboration has made.
fn simulation(by: Elaborator) -> Command {
    match by {
        Elaborator::Icarus => {
            let mut command = Command::new("vvp");
            command.arg("simulation");
            command
        }
        Elaborator::Verilator => Command::new("./simulation"),
    }
}

fn of(network: IntegerNetwork, options: Options) -> (IntegerNetwork, Options) {
    (network, options)
}

fn shipped(name: &str) -> IntegerNetwork {
    model::read_integer(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name)).unwrap()
}

fn inline() -> Options {
    Options { memories: Memories::Inline, ..Options::default() }
}

fn pixels() -> Options {
    Options { input: InputKind::Pixels, ..Options::default() }
}

fn two_designs() -> Project {
    Project::new(vec![of(digits_network(10), Options::default()), of(convolution::small(), pixels())], 8, false)
}

/// One of them brings neither images nor library. With `memory_folder`, the others keep their images to themselves.
fn three_designs(memory_folder: bool) -> Project {
    let networks = vec![
        of(shipped("digits"), pixels()),
        of(digits_network(10), inline()),
        of(convolution::small(), Options::default()),
    ];
    Project::new(networks, 8, memory_folder)
}

#[test]
fn two_designs_are_equal_in_verilator() {
    two_designs().equals_its_golden_models(Elaborator::Verilator);
}

#[test]
fn three_designs_are_equal_in_verilator() {
    three_designs(true).equals_its_golden_models(Elaborator::Verilator);
}

#[test]
#[ignore = "needs Icarus: `make icarus-test`"]
fn two_designs_are_equal_in_icarus() {
    two_designs().equals_its_golden_models(Elaborator::Icarus);
}

#[test]
#[ignore = "needs Icarus: `make icarus-test`"]
fn three_designs_are_equal_in_icarus() {
    three_designs(true).equals_its_golden_models(Elaborator::Icarus);
}

/// The versions of a project's libraries: 8 digits each, as the designs name them.
fn library_of(folder: &Path) -> String {
    let module = fs::read_to_string(folder.join("rtl/fs_library.v")).unwrap();
    module.split("32'h").nth(1).unwrap()[..8].to_owned()
}

/// Gives a design the library of another version.
fn age(folder: &Path) {
    let version = library_of(folder);
    let other = if version.starts_with('0') { "1badc0de" } else { "0badc0de" };
    let tops = fs::read_dir(folder).unwrap().chain(fs::read_dir(folder.join("rtl")).unwrap());
    for path in tops.map(|entry| entry.unwrap().path()).filter(|path| path.extension() == Some(OsStr::new("v"))) {
        let verilog = fs::read_to_string(&path).unwrap();
        let verilog = verilog.replace(&version, other).replace(&version.to_uppercase(), &other.to_uppercase());
        fs::write(path, verilog).unwrap();
    }
}

/// Whichever of the two versions is read first: the design of the other one cannot be elaborated, and why is said.
fn two_versions_are_refused(by: Elaborator) {
    for aged in [0, 1] {
        let project = two_designs();
        age(&project.folder.path().join(project.cores[aged].folder()));
        let done = project.elaborated(by);
        let said = text(&done.stdout) + &text(&done.stderr);
        assert!(!done.status.success(), "{said}");
        assert!(said.contains("designs_of_different_versions_of_firstspike_meet_here"), "{said}");
    }
}

#[test]
fn two_versions_of_the_library_are_refused_by_verilator() {
    two_versions_are_refused(Elaborator::Verilator);
}

#[test]
#[ignore = "needs Icarus: `make icarus-test`"]
fn two_versions_of_the_library_are_refused_by_icarus() {
    two_versions_are_refused(Elaborator::Icarus);
}

/// What yosys says to all cores of a project, if it refuses them.
fn refused_by_yosys(project: &Project) -> Option<String> {
    let instances: String = project.cores.iter().map(|core| format!("{0} {0}_i (); ", core.manifest.top)).collect();
    fs::write(project.folder.path().join("all.v"), format!("module all; {instances}endmodule\n")).unwrap();
    let sources: Vec<String> = project.cores.iter().flat_map(Core::sources).collect();
    let script = format!("read_verilog {} all.v; hierarchy -check -top all", sources.join(" "));
    let mut yosys = Command::new(Tools::locate().require(Tool::Yosys).unwrap());
    let done = yosys.args(["-q", "-p", &script]).current_dir(project.folder.path()).output().unwrap();
    (!done.status.success()).then(|| text(&done.stderr))
}

/// yosys names only the first module that is missing, so both designs have the same ones.
#[test]
fn two_versions_of_the_library_are_refused_by_yosys() {
    let tiny = digits_network(10);
    let other = IntegerNetwork::new("other", 8, vec![8, 8], 1, tiny.layers().to_vec(), tiny.readout().clone()).unwrap();
    let project = Project::new(vec![of(tiny, Options::default()), of(other, Options::default())], 1, false);
    assert_eq!(refused_by_yosys(&project), None);
    age(&project.folder.path().join("other"));
    let said = refused_by_yosys(&project).unwrap();
    assert!(said.contains("designs_of_different_versions_of_firstspike_meet_here"), "{said}");
}

/// An image that is missing, and one without its last line: the simulation ends with its name.
fn a_lost_image_is_named(by: Elaborator) {
    let project = two_designs();
    let image = project.folder.path().join("by_hand_layer0_channels.mem");
    assert!(fs::read_to_string(&image).unwrap().lines().count() == 1);
    let done = project.elaborated(by);
    assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
    let rows = project.folder.path().join("tiny_layer0_weights.mem");
    for (image, left, expected) in [(image, 0, 1), (rows, 63, 64)] {
        let whole = fs::read_to_string(&image).unwrap();
        fs::remove_file(&image).unwrap();
        if left > 0 {
            let lines: Vec<&str> = whole.lines().take(left).collect();
            fs::write(&image, lines.join("\n")).unwrap();
        }
        let done = simulation(by).current_dir(project.folder.path()).output().unwrap();
        let said = text(&done.stdout) + &text(&done.stderr);
        assert!(!done.status.success(), "{said}");
        let name = image.file_name().unwrap().to_str().unwrap();
        let message = format!("memory image \"{name}\" has {left} rows, expected {expected}");
        assert!(said.contains(&message), "{said}");
        fs::write(&image, whole).unwrap();
    }
}

#[test]
fn a_lost_image_is_named_in_verilator() {
    a_lost_image_is_named(Elaborator::Verilator);
}

#[test]
#[ignore = "needs Icarus: `make icarus-test`"]
fn a_lost_image_is_named_in_icarus() {
    a_lost_image_is_named(Elaborator::Icarus);
}

/// A bench in ns, and a simulator that does not have to be told the time unit of the designs.
#[test]
#[ignore = "needs Icarus: `make icarus-test`"]
fn icarus_counts_in_nanoseconds() {
    let project = two_designs();
    let printed = project.played(Elaborator::Icarus);
    assert!(printed.contains("Time scale of (clock.bench_i.p_tiny.core) is 1ns / 1ps"), "{printed}");
}

/// A core that depends on all designs of a project, played by FuseSoC.
fn are_equal_in_fusesoc(project: &Project) {
    let tops = || project.cores.iter().map(|core| core.manifest.top.as_str());
    let depend: Vec<String> = tops().map(|top| format!("\"firstspike:network:{top}\"")).collect();
    let beats: String =
        tops().map(|top| format!("      - {top}.beats: {{file_type: user, copyto: {top}.beats}}\n")).collect();
    let core = format!(
        "CAPI=2:\nname: \"user:project:bench:1.0\"\nfilesets:\n  bench:\n    depend: [{}]\n    files:\n\
         {beats}      - bench.v: {{file_type: verilogSource-2005}}\n      - main.cpp: {{file_type: cppSource}}\n\
         targets:\n  sim:\n    filesets: [bench]\n    toplevel: bench\n    flow: sim\n    flow_options:\n      \
         tool: verilator\n      mode: cc\n      verilator_options: [--no-timing, -Wno-PINMISSING, --output-split, \"0\", -CFLAGS, -O0]\n",
        depend.join(", ")
    );
    fs::write(project.folder.path().join("bench.core"), core).unwrap();
    let done = fusesoc::run_target(project.folder.path(), ".", "sim", "user:project:bench");
    let said = text(&done.stdout) + &text(&done.stderr);
    assert!(done.status.success(), "{said}");
    project.are_equal(&said, "FuseSoC");
}

#[test]
fn designs_share_the_library_in_fusesoc() {
    are_equal_in_fusesoc(&three_designs(false));
}

#[test]
#[ignore = "needs Icarus, and a minute: `make icarus-test`"]
fn shipped_models_are_equal_in_icarus_verilator_and_fusesoc() {
    let networks = ["digits", "mnist-128"].map(|name| of(shipped(name), Options::default()));
    let project = Project::new(networks.into(), 20, false);
    project.equals_its_golden_models(Elaborator::Icarus);
    project.equals_its_golden_models(Elaborator::Verilator);
    are_equal_in_fusesoc(&project);
}
