//! Images through a design: what is played, what golden model and cost model expect, and what came out.

use std::ops::Range;
use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;

use super::drive::{MAX_PARTS, part_ranges};
use super::{Caller, Drive, Hardware, Tally, parts};
use crate::arch::{CostModel, Design, Form, Frame, FrameCost, InputKind, Spacing};
use crate::coding::Coding;
use crate::cosim::{BuildOptions, ImageStimulus, Played, RunOptions, Simulator, Stimulus, WaveFormat};
use crate::data::{ImageSet, Images};
use crate::error::{Error, Result, Stage};
use crate::golden::{Executor, Trace, encode};
use crate::model;
use crate::network::IntegerNetwork;
use crate::plant::Activity;
use crate::report::SimulationReport;
use crate::verify::{self, RoughReport, RoughRun};

/// What stimuli and traces may take at once.
const CHUNK_BYTES: usize = 64 << 20;
/// A waveform in which nothing moves for so long shows nothing more.
const WAVEFORM_HANG_CYCLES: u64 = 100_000;

/// Refuses spike times for hardware that takes pixels.
///
/// # Errors
/// `input-times`
pub fn check_input(images: &ImageSet, input: InputKind) -> Result<()> {
    if images.coding().is_none() || input != InputKind::Pixels {
        return Ok(());
    }
    let message = "the data are spike times, but the hardware takes pixels, which it codes itself";
    let help = "generate the design with --input events, or give images";
    Err(Error::new(Stage::Simulate, "input-times", message, help))
}

impl Hardware {
    /// What these images cause on their way through the layers.
    ///
    /// # Errors
    /// Those of [`ImageSet::pieces`].
    pub fn activity(&self, images: &ImageSet) -> Result<Activity> {
        let mut activity = Activity::default();
        for piece in images.pieces(chunk_length(&self.network))? {
            let piece = piece?;
            let traces = (0..piece.len()).zip(self.golden(&piece));
            traces.for_each(|(index, trace)| {
                let input = input_times(&self.network, &piece, index);
                activity.add(self.network.time_steps(), &input, &trace.spike_times);
            });
        }
        Ok(activity)
    }

    /// The spike times that go into the network for an image.
    pub fn input_times(&self, images: &Images, index: usize) -> Vec<u8> {
        input_times(&self.network, images, index)
    }

    /// What is played into the design for one image.
    pub fn stimulus(&self, images: &Images, index: usize) -> ImageStimulus {
        let coding = images.coding_in(self.network.coding());
        stimulus(&self.design, &self.network, coding, images.image(index))
    }

    fn input_events(&self, images: &Images) -> usize {
        let never = self.network.time_steps() as u8;
        let times = (0..images.len()).map(|index| input_times(&self.network, images, index));
        times.map(|times| times.iter().filter(|&&time| time < never).count()).sum()
    }

    /// Plays what a measured run never does to a design; `images` are those of the measured run.
    ///
    /// # Errors
    /// As [`Hardware::simulate`].
    pub fn rough(&self, images: &ImageSet, drive: &Drive, caller: &dyn Caller) -> Result<RoughReport> {
        let simulator = &self.simulator(None, caller)?;
        let first = images.first(verify::ROUGH_IMAGES)?;
        let (network, coding) = (&self.network, first.coding_in(self.network.coding()));
        let stimulus = &|pixels: &[u8]| stimulus(&self.design, network, coding, pixels);
        let rough = RoughRun { simulator, network, coding, stimulus, seed: drive.seed, interrupt: caller.interrupt() };
        rough.play(&rows(&first).collect::<Vec<_>>())
    }

    /// Builds the model and plays all images, so many at a time that memory does not grow with their number. `visit` gets the number
    /// of the first of them, the images, and what came out. A fault ends the run.
    ///
    /// # Errors
    /// Those of [`Simulator::build`], [`ImageSet::pieces`], [`Simulator::run`] and `visit`.
    pub fn simulate(
        &self,
        images: &ImageSet,
        drive: &Drive,
        caller: &dyn Caller,
        visit: impl FnMut(usize, &Images, &Played) -> Result<()>,
    ) -> Result<Tally> {
        self.simulate_in_chunks(chunk_length(&self.network), images, drive, caller, visit)
    }

    fn simulate_in_chunks(
        &self,
        length: usize,
        images: &ImageSet,
        drive: &Drive,
        caller: &dyn Caller,
        mut visit: impl FnMut(usize, &Images, &Played) -> Result<()>,
    ) -> Result<Tally> {
        check_input(images, self.design.input_kind())?;
        let simulator = self.simulator(None, caller)?;
        let line = caller.progress("simulate", images.len());
        let mut tally = Tally::default();
        for (chunk, first) in images.pieces(length)?.zip((0..).step_by(length)) {
            let chunk = chunk?;
            let stimulus: Stimulus = (0..chunk.len()).map(|index| self.stimulus(&chunk, index)).collect();
            let progress = |done: usize| line.done(first + done);
            let options = RunOptions {
                parts: parts(chunk.len()),
                progress: Some(&progress),
                ..drive.run_options(caller.interrupt())
            };
            let start = Instant::now();
            let mut played = simulator.run(&stimulus, &options)?;
            tally.seconds += start.elapsed().as_secs_f64();
            played.fault.iter_mut().for_each(|fault| fault.image += first);
            tally.add(&played, &chunk.labels);
            tally.input_events += self.input_events(&chunk);
            visit(first, &chunk, &played)?;
            if tally.fault.is_some() {
                break;
            }
        }
        Ok(tally)
    }

    /// Builds the model with waveforms and writes that of the first image. Of a design that hangs, it shows the beginning.
    ///
    /// # Errors
    /// As [`Hardware::simulate`].
    pub fn waveform(&self, images: &Images, file: &Path, drive: &Drive, caller: &dyn Caller) -> Result<Played> {
        let options = RunOptions { hang_cycles: WAVEFORM_HANG_CYCLES, ..drive.run_options(caller.interrupt()) };
        self.simulator(Some(WaveFormat::of(file)?), caller)?.run_waveform(&self.stimulus(images, 0), file, &options)
    }

    /// The Verilated model, with waveforms if a format is given; a second call finds it built.
    ///
    /// # Errors
    /// Those of [`Simulator::build`].
    pub fn simulator(&self, waveform: Option<WaveFormat>, caller: &dyn Caller) -> Result<Simulator> {
        let (netlist, interrupt) = (self.netlist.as_ref(), caller.interrupt());
        let edited = self.is_edited();
        let options = BuildOptions { waveform, netlist, edited, interrupt, ..BuildOptions::default() };
        let simulator = Simulator::build(&self.folder, options)?;
        Ok(match &self.memories {
            Some(memories) => simulator.with_memories(memories.path()),
            None => simulator,
        })
    }

    /// The golden model's trace of every image.
    pub fn golden(&self, images: &Images) -> Vec<Trace> {
        golden(&self.network, images)
    }

    /// The latency of every image by the cost model, if the drive leaves nothing to chance.
    pub fn predict(&self, images: &Images, golden: &[Trace], drive: &Drive) -> Option<Vec<u64>> {
        if !drive.is_predictable() {
            return None;
        }
        let costs = part_ranges(golden.len()).flat_map(|part| self.costs(images, golden, part, drive.spacing));
        Some(costs.map(|cost| cost.latency()).collect())
    }

    /// The cost of images that follow each other after a reset.
    pub fn costs(&self, images: &Images, golden: &[Trace], part: Range<usize>, spacing: Spacing) -> Vec<FrameCost> {
        let mut model = CostModel::new(&self.design, spacing);
        part.map(|index| model.next(&frame(&self.network, images, index, &golden[index]))).collect()
    }

    /// The cost of all images of a set, one right after the other.
    ///
    /// # Errors
    /// Those of [`ImageSet::pieces`].
    pub fn costs_in_a_row(&self, images: &ImageSet) -> Result<Vec<FrameCost>> {
        let mut model = CostModel::new(&self.design, Spacing::BackToBack);
        let mut costs = Vec::with_capacity(images.len());
        for piece in images.pieces(chunk_length(&self.network))? {
            costs.extend(frames(&self.network, &piece?).iter().map(|frame| model.next(frame)));
        }
        Ok(costs)
    }

    /// Sums up a run.
    pub fn report(&self, images: &ImageSet, tally: &Tally, drive: &Drive) -> SimulationReport {
        let (latency, interval) = (tally.latency.spread(), tally.interval.spread());
        SimulationReport {
            network: self.network.name().into(),
            network_hash: model::network_hash(&self.network),
            layers: self.layer_reports(),
            time_steps: self.network.time_steps(),
            input: self.design.input_kind().name().into(),
            images: images.len(),
            rows: images.role(),
            accuracy: 100.0 * tally.correct as f64 / images.len() as f64,
            edited: self.edited.clone(),
            input_events: tally.input_events as f64 / tally.images as f64,
            latency_cycles: latency,
            interval_cycles: interval,
            clock_mhz: drive.clock_mhz,
            latency_us: latency.map(|latency| latency.scaled(1.0 / drive.clock_mhz)),
            hardware_images_per_second: interval.map(|interval| drive.clock_mhz * 1e6 / interval.mean),
            images_per_second: tally.finished as f64 / tally.seconds,
            fault: tally.fault.clone(),
        }
    }
}

/// What is played into a design of the network for one image, whose pixels have this coding.
pub fn stimulus(design: &Design, network: &IntegerNetwork, coding: &Coding, pixels: &[u8]) -> ImageStimulus {
    let steps = network.time_steps();
    let (times, bits) = (|| encode(pixels, coding, steps), design.port.data_bits(design.input));
    match design.input_kind() {
        InputKind::Pixels => ImageStimulus::pixels(pixels, bits),
        InputKind::Steps => ImageStimulus::steps(&times(), steps, bits),
        InputKind::Events => match design.input {
            Form::Bundles { address, .. } => {
                ImageStimulus::bundles(&bundles(design.input, &times(), steps), address.bits() as usize)
            }
            input => ImageStimulus::events_named(&times(), steps, |place| input.address().encode(place)),
        },
    }
}

/// The beats of every step.
fn bundles(input: Form, times: &[u8], steps: usize) -> Vec<Vec<Vec<Option<u32>>>> {
    let spiking = |step: usize| {
        let of_step = (0..).zip(times).filter(move |(_, time)| usize::from(**time) == step);
        of_step.map(|(place, _)| place).collect::<Vec<u32>>()
    };
    (0..steps).map(|step| input.beats(&spiking(step))).collect()
}

/// The spike times that go into the network for an image.
fn input_times(network: &IntegerNetwork, images: &Images, index: usize) -> Vec<u8> {
    encode(images.image(index), images.coding_in(network.coding()), network.time_steps())
}

/// The golden model's trace of every image.
pub fn golden(network: &IntegerNetwork, images: &Images) -> Vec<Trace> {
    let run = |executor: &mut Executor, index| executor.run_events(&input_times(network, images, index));
    (0..images.len()).into_par_iter().map_init(|| Executor::new(network), run).collect()
}

/// Images of which stimuli and traces are in memory at once; at least one per part.
pub fn chunk_length(network: &IntegerNetwork) -> usize {
    // A beat has four bytes, here and in the simulator; a spike time has one in the golden trace, in the hardware's, and in its file.
    let beats = network.inputs() + network.time_steps();
    let neurons: usize = network.layers().iter().map(|layer| layer.outputs()).sum();
    (CHUNK_BYTES / (8 * beats + 3 * neurons)).max(MAX_PARTS)
}

/// What the cost model needs to know of every image of a set, some images after the other, so that neither images nor traces are in memory
/// all at once: as a simulation plays them, each with a reset before it.
///
/// # Errors
/// Those of [`ImageSet::pieces`].
pub(super) fn runs(network: &IntegerNetwork, images: &ImageSet) -> Result<Vec<Vec<Frame>>> {
    let mut runs = Vec::new();
    for piece in images.pieces(chunk_length(network))? {
        let frames = frames(network, &piece?);
        runs.extend(part_ranges(frames.len()).map(|part| frames[part].to_vec()));
    }
    Ok(runs)
}

/// What the cost model needs to know of every image.
fn frames(network: &IntegerNetwork, images: &Images) -> Vec<Frame> {
    let golden = golden(network, images);
    golden.iter().enumerate().map(|(index, trace)| frame(network, images, index, trace)).collect()
}

/// What the cost model needs to know of an image.
fn frame(network: &IntegerNetwork, images: &Images, index: usize, trace: &Trace) -> Frame {
    let times = input_times(network, images, index);
    Frame::from_spike_times(network.time_steps(), &times, &trace.spike_times, trace.decision_step)
}

/// The pixels of every image.
fn rows(images: &Images) -> impl Iterator<Item = &[u8]> {
    (0..images.len()).map(|index| images.image(index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch;
    use crate::data::{self, Schema, Split};
    use crate::files::Overwrite;
    use crate::flow::Silent;
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
        let drive = Drive { threads: 2, ..Drive::default() };
        let run = |length| {
            let (mut comparison, mut firsts) = (Comparison::default(), Vec::new());
            let visit = |first: usize, chunk: &Images, played: &Played| {
                firsts.push(first);
                let golden = hardware.golden(chunk);
                comparison.extend(&golden, played, hardware.predict(chunk, &golden, &drive).as_deref());
                Ok(())
            };
            let tally = hardware.simulate_in_chunks(length, &images, &drive, &Silent, visit).unwrap();
            (firsts, comparison, tally.finished, tally.correct)
        };
        let (firsts, comparison, finished, correct) = run(4);
        assert_eq!(firsts, [0, 4, 8]);
        assert_eq!((comparison.images, comparison.is_equal(), finished), (10, true, 10));
        assert_eq!(run(100), (vec![0], comparison, finished, correct));
    }
}
