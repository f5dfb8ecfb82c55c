//! Shared by generate, simulate, compare and demo: from a model to a design folder, and from images to both traces.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;

use super::tally::Tally;
use super::trust::{self, TrustArgs};
use super::{Output, interrupt};
use crate::arch::{self, CostModel, Design, Fit, Frame, FrameCost, InputKind, Lanes, Workload};
use crate::board::Board;
use crate::cosim::{self, BuildOptions, ImageStimulus, Played, RunOptions, Simulator, Stimulus, WaveFormat};
use crate::data::{ImageSet, Images, Schema};
use crate::emit::{self, Difference, GeneratedFile, MANIFEST_FILE, Manifest};
use crate::error::{Error, Result, Stage};
use crate::files::{self, Overwrite, Scratch};
use crate::golden::{Executor, IntegerNetwork, Trace, encode};
use crate::model;
use crate::plant::{self, Activity};
use crate::report::{LayerReport, SimulationReport};
use crate::shell::{self, DEFAULT_BAUD, ShellOptions};
use crate::synth::Netlist;
use crate::verify::{self, RoughReport, RoughRun};

/// Where a design folder keeps the network that it was made from.
const MODEL_FOLDER: &str = "model";
/// Clock of the core on boards that Vivado builds, in MHz.
const VIVADO_CLOCK_MHZ: f64 = 100.0;
/// A waveform counts picoseconds in 64 bits.
const MIN_CLOCK_MHZ: f64 = 0.001;
const MAX_CLOCK_MHZ: f64 = 100_000.0;
/// What stimuli and traces may take at once.
const CHUNK_BYTES: usize = 64 << 20;
/// A waveform in which nothing moves for so long shows nothing more.
const WAVEFORM_HANG_CYCLES: u64 = 100_000;

/// Which hardware to make.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Hardware")]
pub struct DesignArgs {
    /// Accumulators: a number for every layer, numbers layer by layer (64,10), or "all" for one per neuron [default: all]
    #[arg(long, value_parser = parse_lanes)]
    lanes: Option<Lanes>,
    /// What the input stream carries [default: events]
    #[arg(long, value_enum)]
    input: Option<InputArg>,
    /// Time steps that a hidden layer may run ahead of its output [default: 4]
    #[arg(long)]
    slots: Option<usize>,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy)]
enum InputArg {
    /// Spikes, already coded
    Events,
    /// Pixels; the latency encoder is part of the design
    Pixels,
}

impl DesignArgs {
    pub fn options(&self) -> arch::Options {
        let default = arch::Options::default();
        let input = self.input.map_or(default.input, |input| match input {
            InputArg::Events => InputKind::Events,
            InputArg::Pixels => InputKind::Pixels,
        });
        let lanes = self.lanes.clone().unwrap_or(default.lanes.clone());
        arch::Options { input, lanes, slots: self.slots.unwrap_or(default.slots), ..default }
    }

    /// Whether the user chose the lanes.
    pub fn fix_lanes(&self) -> bool {
        self.lanes.is_some()
    }

    /// Whether the user chose anything.
    fn are_given(&self) -> bool {
        self.lanes.is_some() || self.input.is_some() || self.slots.is_some()
    }
}

fn parse_lanes(text: &str) -> std::result::Result<Lanes, String> {
    if text == "all" {
        return Ok(Lanes::All);
    }
    let counts: Option<Vec<usize>> =
        text.split(',').map(|count| count.trim().parse().ok().filter(|&count| count > 0)).collect();
    match counts.as_deref() {
        Some(&[count]) => Ok(Lanes::AtMost(count)),
        Some(counts) => Ok(Lanes::PerLayer(counts.to_vec())),
        None => Err(format!("\"{text}\": expected numbers of at least 1, or \"all\"")),
    }
}

/// How to drive the simulation.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Simulation")]
pub struct DriveArgs {
    /// Processes that share the images [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Chance in percent that the input pauses in a cycle
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=99))]
    idle: u32,
    /// Chance in percent that the result is not taken in a cycle
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=99))]
    stall: u32,
    /// Seed of both
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Offer an image only when the one before has left
    #[arg(long)]
    isolated: bool,
    /// Clock for times and rates, in MHz
    #[arg(long, default_value_t = 100.0, value_parser = parse_clock)]
    clock: f64,
}

impl Default for DriveArgs {
    fn default() -> Self {
        DriveArgs { threads: None, idle: 0, stall: 0, seed: 1, isolated: false, clock: 100.0 }
    }
}

pub fn parse_clock(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(clock) if (MIN_CLOCK_MHZ..=MAX_CLOCK_MHZ).contains(&clock) => Ok(clock),
        _ => Err(format!("\"{text}\": expected a frequency of {MIN_CLOCK_MHZ} to {MAX_CLOCK_MHZ} MHz")),
    }
}

impl DriveArgs {
    fn threads(&self) -> usize {
        self.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
    }

    /// Pauses make the cycles depend on chance, so that there is nothing to predict.
    fn predictable(&self) -> bool {
        self.idle == 0 && self.stall == 0
    }

    fn run_options(&self) -> RunOptions<'static> {
        RunOptions {
            threads: self.threads(),
            idle_percent: self.idle,
            stall_percent: self.stall,
            seed: self.seed,
            clock_mhz: self.clock,
            spacing: if self.isolated { cosim::Spacing::Isolated } else { cosim::Spacing::BackToBack },
            ..RunOptions::default()
        }
    }
}

/// A design on the disk, with the network and the plan that it was made from.
pub struct Hardware {
    pub folder: PathBuf,
    pub network: IntegerNetwork,
    /// How the network's data are read.
    pub schema: Schema,
    pub design: Design,
    /// The files that are not what network and options give, with `--edited`.
    pub edited: Vec<String>,
    /// Simulated in place of the Verilog, if there is one.
    pub netlist: Option<Netlist>,
    /// A folder of memory images that are read in place of the design's own, if there is one.
    pub memories: Option<Scratch>,
}

impl Hardware {
    /// Writes the design folder of a network.
    ///
    /// # Errors
    /// Those of [`emit::generate`] and [`files::write_folder`].
    pub fn generate(
        network: IntegerNetwork,
        schema: Schema,
        design: Design,
        folder: &Path,
        overwrite: Overwrite,
    ) -> Result<Self> {
        let generated = generated_files(&design, &model::network_hash(&network))?;
        Self::write(network, schema, design, &generated, folder, overwrite)
    }

    fn write(
        network: IntegerNetwork,
        schema: Schema,
        design: Design,
        generated: &[GeneratedFile],
        folder: &Path,
        overwrite: Overwrite,
    ) -> Result<Self> {
        files::write_folder(Stage::Emit, folder, overwrite, |staging| {
            for file in generated {
                let path = staging.join(&file.path);
                let parent = path.parent().unwrap_or(staging);
                std::fs::create_dir_all(parent).map_err(|cause| Error::io(Stage::Emit, "create", parent, &cause))?;
                std::fs::write(&path, &file.bytes).map_err(|cause| Error::io(Stage::Emit, "write", &path, &cause))?;
            }
            model::write_integer_with(&staging.join(MODEL_FOLDER), &network, &schema)
        })?;
        Ok(Hardware {
            folder: folder.to_path_buf(),
            network,
            schema,
            design,
            edited: Vec::new(),
            netlist: None,
            memories: None,
        })
    }

    /// Opens a generated folder, makes its design again from the network inside, and holds every file against it.
    ///
    /// # Errors
    /// `not-a-design`; `design-network` if network and manifest do not belong together, `manifest-differs` if the manifest is not that
    /// of the design; `design-edited` if another file is not as generated, unless that is allowed; those of reading.
    pub fn open(folder: &Path, trust: TrustArgs) -> Result<Self> {
        let manifest = Manifest::read(folder)?;
        let network = model::read_integer(&folder.join(MODEL_FOLDER))?;
        let schema = model::read_schema(&folder.join(MODEL_FOLDER))?;
        let hash = model::network_hash(&network);
        if hash != manifest.network_hash {
            return Err(Error::new(
                Stage::Emit,
                "design-network",
                format!(
                    "{}: network_hash is {}, but the network in {MODEL_FOLDER}/ has {hash}",
                    folder.join(MANIFEST_FILE).display(),
                    manifest.network_hash
                ),
                "generate the folder again",
            ));
        }
        let mut design = arch::plan(&network, &manifest.options)?;
        if let Some(target) = &manifest.target {
            let fit = arch::fit(&design, &Board::find(&target.board)?, target.optimize, &Workload::nominal(&design));
            // The images for which the latency was predicted are not in the folder.
            design.fit = Some(Fit { latency_cycles: target.latency_cycles, workload: target.workload, ..fit });
        }
        let generated = generated_files(&design, &hash)?;
        trust::check_manifest(folder, &manifest, &generated)?;
        let edited = trust.check_files(folder, &generated)?;
        Ok(Hardware { folder: folder.to_path_buf(), network, schema, design, edited, netlist: None, memories: None })
    }

    /// Opens a design folder, or generates the design of a model in the cache, where a second run finds it built.
    ///
    /// # Errors
    /// `design-fixed` if a folder is given together with options that it has fixed; those of [`Hardware::open`] and
    /// [`Hardware::generate`].
    pub fn open_or_generate(path: &Path, args: &DesignArgs, trust: TrustArgs, output: &Output) -> Result<Self> {
        if !files::is_there(&path.join(MANIFEST_FILE)) {
            // The cache knows networks, not what each was trained on.
            let schema = model::read_schema(path)?;
            return Ok(Hardware { schema, ..Self::cached(model::read_integer(path)?, &args.options(), output)? });
        }
        if args.are_given() {
            return Err(Error::new(
                Stage::Arguments,
                "design-fixed",
                format!("{} is a generated design: its lanes, input and slots are fixed", path.display()),
                format!("leave out the options, or give the model: {}", path.join(MODEL_FOLDER).display()),
            ));
        }
        Self::open(path, trust)
    }

    /// The design of a network, in the cache. One that is damaged there is made anew.
    ///
    /// # Errors
    /// Those of [`files::cache_folder`] and [`Hardware::generate`].
    pub fn cached(network: IntegerNetwork, options: &arch::Options, output: &Output) -> Result<Self> {
        let design = arch::plan(&network, options)?;
        let generated = emit::generate(&design, &model::network_hash(&network))?;
        Self::in_cache(network, design, &generated, output)
    }

    /// These files of a design, in the cache.
    fn in_cache(network: IntegerNetwork, design: Design, generated: &[GeneratedFile], output: &Output) -> Result<Self> {
        let manifest = generated.last().expect("the manifest is the last file");
        let key = files::sha256_hex(&manifest.bytes);
        let folder = files::cache_folder(Stage::Emit)?.join("designs").join(format!("{}-{}", design.name, &key[..16]));
        // Two first runs at once: the second must not replace the folder in which the first is building.
        let _lock = lock(&folder.with_extension("lock"))?;
        let differences = emit::differences(&folder, generated);
        if differences.is_empty() {
            let schema = Schema::default();
            return Ok(Hardware { folder, network, schema, design, edited: Vec::new(), netlist: None, memories: None });
        }
        if folder.exists() {
            let Difference { path, problem } = &differences[0];
            output.note(&format!("the design in the cache is damaged and made anew: {path} {problem}"));
        }
        Self::write(network, Schema::default(), design, generated, &folder, Overwrite::Always)
    }

    /// A copy in the cache in which faults sleep.
    ///
    /// # Errors
    /// Those of [`plant::copy`] and [`files::write_folder`].
    pub fn copy_with_faults(&self, output: &Output) -> Result<Self> {
        let files = plant::copy(&self.design, &model::network_hash(&self.network))?;
        Self::in_cache(self.network.clone(), self.design.clone(), &files, output)
    }

    /// What these images cause on their way through the layers.
    ///
    /// # Errors
    /// Those of [`ImageSet::pieces`].
    pub fn activity(&self, images: &ImageSet) -> Result<Activity> {
        let mut activity = Activity::default();
        for piece in images.pieces(self.chunk_length(1))? {
            let piece = piece?;
            let traces = rows(&piece).zip(self.golden(&piece));
            traces.for_each(|(pixels, trace)| {
                activity.add(self.network.time_steps(), &self.input_times(pixels), &trace.spike_times);
            });
        }
        Ok(activity)
    }

    /// One line per layer for reports.
    pub fn layer_reports(&self) -> Vec<LayerReport> {
        let report = |layer: &arch::Layer| LayerReport {
            name: layer.name.clone(),
            inputs: layer.inputs(),
            outputs: layer.neurons(),
            lanes: layer.lanes,
            weight_bits: layer.weight_bits,
            membrane_bits: layer.membrane_bits,
        };
        self.design.layers.iter().map(report).collect()
    }

    /// What is played into the design for one image.
    pub fn stimulus(&self, pixels: &[u8]) -> ImageStimulus {
        match self.design.input_kind() {
            InputKind::Pixels => ImageStimulus::pixels(pixels),
            InputKind::Events => {
                let name = |input| self.design.input.encode(input);
                ImageStimulus::events_named(&self.input_times(pixels), self.network.time_steps(), name)
            }
        }
    }

    fn input_events(&self, images: &Images) -> usize {
        let never = self.network.time_steps() as u8;
        rows(images).map(|pixels| self.input_times(pixels).iter().filter(|&&time| time < never).count()).sum()
    }

    fn input_times(&self, pixels: &[u8]) -> Vec<u8> {
        encode(pixels, self.network.input_threshold(), self.network.time_steps())
    }

    /// Plays what a measured run never does to a design; `images` are those of the measured run.
    ///
    /// # Errors
    /// As [`Hardware::simulate`].
    pub fn rough(&self, images: &ImageSet, drive: &DriveArgs) -> Result<RoughReport> {
        let simulator = &self.simulator(None)?;
        let (network, stimulus) = (&self.network, &|pixels: &[u8]| self.stimulus(pixels));
        let rough = RoughRun { simulator, network, stimulus, seed: drive.seed, interrupt: Some(interrupt::flag()) };
        rough.play(&rows(&images.first(verify::ROUGH_IMAGES)?).collect::<Vec<_>>())
    }

    /// Builds the model and plays all images, so many at a time that memory does not grow with their number. `visit` gets the number
    /// of the first of them, the images, and what came out. A fault ends the run.
    ///
    /// # Errors
    /// Those of [`Simulator::build`], [`ImageSet::pieces`], [`Simulator::run`] and `visit`.
    pub fn simulate(
        &self,
        images: &ImageSet,
        drive: &DriveArgs,
        output: &Output,
        visit: impl FnMut(usize, &Images, &Played) -> Result<()>,
    ) -> Result<Tally> {
        self.simulate_in_chunks(self.chunk_length(drive.threads()), images, drive, output, visit)
    }

    fn simulate_in_chunks(
        &self,
        length: usize,
        images: &ImageSet,
        drive: &DriveArgs,
        output: &Output,
        mut visit: impl FnMut(usize, &Images, &Played) -> Result<()>,
    ) -> Result<Tally> {
        let simulator = self.simulator(None)?;
        let bar = output.progress("simulate", images.len());
        let mut tally = Tally::default();
        for (chunk, first) in images.pieces(length)?.zip((0..).step_by(length)) {
            let chunk = chunk?;
            let stimulus: Stimulus = rows(&chunk).map(|pixels| self.stimulus(pixels)).collect();
            let progress = |done: usize| bar.set(first + done);
            let (progress, interrupt) = (Some(&progress as &dyn Fn(usize)), Some(interrupt::flag()));
            let start = Instant::now();
            let mut played = simulator.run(&stimulus, &RunOptions { progress, interrupt, ..drive.run_options() })?;
            tally.seconds += start.elapsed().as_secs_f64();
            played.fault.iter_mut().for_each(|fault| fault.image += first);
            tally.add(&played, &chunk.labels, drive.threads());
            tally.input_events += self.input_events(&chunk);
            visit(first, &chunk, &played)?;
            if tally.fault.is_some() {
                break;
            }
        }
        Ok(tally)
    }

    /// Images of which stimuli and traces are in memory at once; at least one per process.
    pub fn chunk_length(&self, threads: usize) -> usize {
        // A beat has four bytes, here and in the simulator; a spike time has one in the golden trace, in the hardware's, and in its file.
        let beats = self.network.inputs() + self.network.time_steps();
        let neurons: usize = self.network.layers().iter().map(|layer| layer.outputs()).sum();
        (CHUNK_BYTES / (8 * beats + 3 * neurons)).max(threads)
    }

    /// Builds the model with waveforms and writes that of one image. Of a design that hangs, it shows the beginning.
    ///
    /// # Errors
    /// As [`Hardware::simulate`].
    pub fn waveform(&self, pixels: &[u8], file: &Path, drive: &DriveArgs) -> Result<Played> {
        let (interrupt, hang_cycles) = (Some(interrupt::flag()), WAVEFORM_HANG_CYCLES);
        let options = RunOptions { interrupt, hang_cycles, ..drive.run_options() };
        self.simulator(Some(WaveFormat::of(file)?))?.run_waveform(&self.stimulus(pixels), file, &options)
    }

    fn simulator(&self, waveform: Option<WaveFormat>) -> Result<Simulator> {
        let (netlist, interrupt) = (self.netlist.as_ref(), Some(interrupt::flag()));
        let edited = self.is_edited();
        let options = BuildOptions { waveform, netlist, edited, interrupt, ..BuildOptions::default() };
        let simulator = Simulator::build(&self.folder, options)?;
        Ok(match &self.memories {
            Some(memories) => simulator.with_memories(memories.path()),
            None => simulator,
        })
    }

    /// Whether a file is not what network and options give.
    pub fn is_edited(&self) -> bool {
        !self.edited.is_empty()
    }

    /// The golden model's trace of every image.
    pub fn golden(&self, images: &Images) -> Vec<Trace> {
        golden(&self.network, images)
    }

    /// The latency of every image by the cost model, if the drive leaves nothing to chance.
    pub fn predict(&self, images: &Images, golden: &[Trace], drive: &DriveArgs) -> Option<Vec<u64>> {
        if !drive.predictable() {
            return None;
        }
        let spacing = if drive.isolated { arch::Spacing::Isolated } else { arch::Spacing::BackToBack };
        let parts = cosim::parts(golden.len(), drive.threads());
        let costs = parts.flat_map(|part| self.costs(images, golden, part, spacing));
        Some(costs.map(|cost| cost.latency()).collect())
    }

    /// The cost of images that follow each other after a reset.
    pub fn costs(
        &self,
        images: &Images,
        golden: &[Trace],
        part: Range<usize>,
        spacing: arch::Spacing,
    ) -> Vec<FrameCost> {
        let mut model = CostModel::new(&self.design, spacing);
        part.map(|index| model.next(&frame(&self.network, images.image(index), &golden[index]))).collect()
    }

    /// Sums up a run.
    pub fn report(&self, images: &ImageSet, tally: &Tally, drive: &DriveArgs) -> SimulationReport {
        let (latency, interval) = (tally.latency.spread(), tally.interval.spread());
        SimulationReport {
            network: self.network.name().into(),
            network_hash: model::network_hash(&self.network),
            layers: self.layer_reports(),
            time_steps: self.network.time_steps(),
            input: match self.design.input_kind() {
                InputKind::Events => "events".into(),
                InputKind::Pixels => "pixels".into(),
            },
            images: images.len(),
            rows: images.role(),
            accuracy: 100.0 * tally.correct as f64 / images.len() as f64,
            edited: self.edited.clone(),
            input_events: tally.input_events as f64 / tally.images as f64,
            latency_cycles: latency,
            interval_cycles: interval,
            clock_mhz: drive.clock,
            latency_us: latency.map(|latency| latency.scaled(1.0 / drive.clock)),
            hardware_images_per_second: interval.map(|interval| drive.clock * 1e6 / interval.mean),
            images_per_second: tally.finished as f64 / tally.seconds,
            fault: tally.fault.clone(),
        }
    }
}

/// All files of a design folder but the network; the manifest is the last.
fn generated_files(design: &Design, network_hash: &str) -> Result<Vec<GeneratedFile>> {
    let generated = emit::generate(design, network_hash)?;
    let board = vivado_board(design, &generated)?;
    Ok([board, generated].concat())
}

/// The golden model's trace of every image.
pub fn golden(network: &IntegerNetwork, images: &Images) -> Vec<Trace> {
    let run = |executor: &mut Executor, index: usize| executor.run(images.pixels.row(index));
    (0..images.len()).into_par_iter().map_init(|| Executor::new(network), run).collect()
}

/// What the cost model needs to know of every image.
pub fn frames(network: &IntegerNetwork, images: &Images, golden: &[Trace]) -> Vec<Frame> {
    rows(images).zip(golden).map(|(pixels, trace)| frame(network, pixels, trace)).collect()
}

fn frame(network: &IntegerNetwork, pixels: &[u8], trace: &Trace) -> Frame {
    let times = encode(pixels, network.input_threshold(), network.time_steps());
    Frame::from_spike_times(network.time_steps(), &times, &trace.spike_times, trace.decision_step)
}

/// The board's top module with its shell, where Vivado builds it; for other boards `synth` does.
///
/// # Errors
/// Those of [`shell::board_top`].
fn vivado_board(design: &Design, generated: &[GeneratedFile]) -> Result<Vec<GeneratedFile>> {
    let Some(fit) = &design.fit else { return Ok(Vec::new()) };
    let board = Board::find(&fit.board)?;
    if board.family.is_placed_here() {
        return Ok(Vec::new());
    }
    let manifest = generated.last().expect("the manifest is the last file");
    let manifest: Manifest = serde_json::from_slice(&manifest.bytes).expect("a manifest that was just written");
    let options = ShellOptions { clock_mhz: VIVADO_CLOCK_MHZ, baud: DEFAULT_BAUD };
    let top = shell::board_top(&manifest, &board, &options)?;
    let inside = |file: GeneratedFile| GeneratedFile { path: format!("vivado/board/{}", file.path), ..file };
    Ok(top.files.into_iter().map(inside).collect())
}

/// The pixels of every image.
fn rows(images: &Images) -> impl Iterator<Item = &[u8]> {
    (0..images.len()).map(|index| images.image(index))
}

/// Holds a lock for as long as the file lives.
fn lock(path: &Path) -> Result<File> {
    let failed = |cause: std::io::Error| {
        let mut error = Error::io(Stage::Emit, "lock", path, &cause);
        error.help = "set FIRSTSPIKE_CACHE to a folder that can be written".into();
        error
    };
    std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    let file = File::create(path).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{self, Split};
    use crate::verify::Comparison;

    /// What is played in pieces is counted and compared like what is played at once.
    #[test]
    fn chunks_are_one_run() {
        let folder = tempfile::tempdir().unwrap();
        let network = model::read_integer(Path::new("models/digits")).unwrap();
        let design = arch::plan(&network, &arch::Options::default()).unwrap();
        let hardware =
            Hardware::generate(network, Schema::default(), design, &folder.path().join("design"), Overwrite::Always);
        let hardware = hardware.unwrap();
        let images = data::load("digits", Split::Test).unwrap().take(10).into();
        let (drive, output) = (DriveArgs { threads: Some(2), ..DriveArgs::default() }, Output::new(false, true));
        let run = |length| {
            let (mut comparison, mut firsts) = (Comparison::default(), Vec::new());
            let visit = |first: usize, chunk: &Images, played: &Played| {
                firsts.push(first);
                let golden = hardware.golden(chunk);
                comparison.extend(&golden, played, hardware.predict(chunk, &golden, &drive).as_deref());
                Ok(())
            };
            let tally = hardware.simulate_in_chunks(length, &images, &drive, &output, visit).unwrap();
            (firsts, comparison, tally.finished, tally.correct)
        };
        let (firsts, comparison, finished, correct) = run(4);
        assert_eq!(firsts, [0, 4, 8]);
        assert_eq!((comparison.images, comparison.is_equal(), finished), (10, true, 10));
        assert_eq!(run(100), (vec![0], comparison, finished, correct));
    }
}
