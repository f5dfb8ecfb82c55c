//! Random networks and their hardware: made, run, compared.

use std::fs;
use std::path::Path;

use firstspike::arch::{self, CostModel, Design, Frame, Spacing};
use firstspike::cosim::{BuildOptions, RunOptions, Simulator, Stimulus};
use firstspike::data::Schema;
use firstspike::emit::{MANIFEST_FILE, Manifest};
use firstspike::files::{Overwrite, sha256_hex};
use firstspike::flow::{Hardware, stimulus};
use firstspike::golden::{Executor, Trace, encode};
use firstspike::network::IntegerNetwork;
use firstspike::synth::Netlist;
use firstspike::verify::{self, Comparison, RoughReport, RoughRun};
use proptest::prop_assert_eq;
use proptest::test_runner::TestCaseError;

/// Writes the design folder of `network`, as `generate` does.
pub fn write(folder: &Path, network: &IntegerNetwork, options: &arch::Options) -> Design {
    let design = arch::plan(network, options).unwrap();
    Hardware::generate(network.clone(), Schema::default(), design, folder, Overwrite::Always).unwrap().design
}

/// Replaces a piece of a generated file and makes the manifest agree, as if the fault had been generated.
pub fn plant(folder: &Path, file: &str, good: &str, bad: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches(good).count(), 1, "{good:?} stands once in {file}");
    let text = text.replace(good, bad);
    let mut manifest = Manifest::read(folder).unwrap();
    let entry = manifest.files.iter_mut().find(|entry| entry.path == file).unwrap();
    entry.sha256 = sha256_hex(text.as_bytes());
    fs::write(path, text).unwrap();
    fs::write(folder.join(MANIFEST_FILE), serde_json::to_string_pretty(&manifest).unwrap()).unwrap();
}

/// What the golden model makes of the images.
pub fn golden(network: &IntegerNetwork, images: &[Vec<u8>]) -> Vec<Trace> {
    let mut executor = Executor::new(network);
    images.iter().map(|pixels| executor.run(pixels.as_slice().into())).collect()
}

/// Golden model and hardware of one network, ready to be compared.
pub struct Pair<'a> {
    network: &'a IntegerNetwork,
    design: Design,
    simulator: Simulator,
}

impl<'a> Pair<'a> {
    pub fn new(folder: &Path, network: &'a IntegerNetwork, options: &arch::Options) -> Self {
        let design = write(folder, network, options);
        Self::built(folder, network, design)
    }

    /// Of a folder that was written before, perhaps with a fault.
    pub fn built(folder: &Path, network: &'a IntegerNetwork, design: Design) -> Self {
        let options = BuildOptions { fast_compile: true, ..BuildOptions::default() };
        Pair { network, design, simulator: Simulator::build(folder, options).unwrap() }
    }

    /// With cells in place of the Verilog.
    pub fn of_cells(folder: &Path, network: &'a IntegerNetwork, design: Design, netlist: &Netlist) -> Self {
        let options = BuildOptions { netlist: Some(netlist), ..BuildOptions::default() };
        Pair { network, design, simulator: Simulator::build(folder, options).unwrap() }
    }

    /// Plays the images; each abort is an image and the beats of it after which a reset strikes.
    pub fn compare(&self, images: &[Vec<u8>], aborts: &[(usize, usize)], options: &RunOptions) -> Comparison {
        let golden = golden(self.network, images);
        let hardware = self.simulator.run(&self.stimulus(images, aborts), options).unwrap();
        let quiet = options.idle_percent == 0 && options.stall_percent == 0 && aborts.is_empty();
        let predicted = quiet.then(|| self.predict(images, &golden, options.spacing));
        verify::compare(&golden, &hardware, predicted.as_deref())
    }

    /// The same; nothing if all is equal.
    pub fn difference(
        &self,
        images: &[Vec<u8>],
        aborts: &[(usize, usize)],
        options: &RunOptions,
    ) -> Option<Comparison> {
        Some(self.compare(images, aborts, options)).filter(|comparison| !comparison.is_equal())
    }

    /// Cycles from one result to the next, with images back to back.
    pub fn intervals(&self, images: &[Vec<u8>]) -> Vec<u64> {
        let played = self.simulator.run(&self.stimulus(images, &[]), &RunOptions::default()).unwrap();
        let results: Vec<_> = played.images.iter().flatten().map(|image| image.result_cycle).collect();
        results.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// Plays the rough run.
    pub fn rough(&self, images: &[Vec<u8>]) -> RoughReport {
        let (simulator, network) = (&self.simulator, self.network);
        let played = &|pixels: &[u8]| stimulus(&self.design, network, network.coding(), pixels);
        let rough =
            RoughRun { simulator, network, coding: network.coding(), stimulus: played, seed: 1, interrupt: None };
        rough.play(&images.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
    }

    /// That hardware and golden model are equal: back to back, with every image alone, with the pauses of `streams` and a reset, and in the
    /// rough run.
    pub fn check(&self, images: &[Vec<u8>], abort: (usize, usize), streams: &RunOptions) -> Result<(), TestCaseError> {
        let quiet = RunOptions { seed: streams.seed, ..RunOptions::default() };
        prop_assert_eq!(self.difference(images, &[], &quiet), None, "back to back");

        let isolated = RunOptions { spacing: Spacing::Isolated, ..quiet };
        prop_assert_eq!(self.difference(images, &[], &isolated), None, "isolated");

        prop_assert_eq!(self.difference(images, &[abort], streams), None, "pauses and a reset");
        prop_assert_eq!(self.rough(images).first_difference, None, "the rough run");
        Ok(())
    }

    fn stimulus(&self, images: &[Vec<u8>], aborts: &[(usize, usize)]) -> Stimulus {
        let mut stimuli = Vec::new();
        for (index, pixels) in images.iter().enumerate() {
            for (_, beats) in aborts.iter().filter(|(image, _)| *image == index) {
                let whole = stimulus(&self.design, self.network, self.network.coding(), pixels);
                let beats = *beats % whole.beats();
                stimuli.push(whole.aborted_after(beats));
            }
            stimuli.push(stimulus(&self.design, self.network, self.network.coding(), pixels));
        }
        stimuli.into_iter().collect()
    }

    fn predict(&self, images: &[Vec<u8>], golden: &[Trace], spacing: Spacing) -> Vec<u64> {
        let mut model = CostModel::new(&self.design, spacing);
        let frames = images.iter().zip(golden).map(|(pixels, trace)| {
            let times = encode(pixels, self.network.coding(), self.network.time_steps());
            Frame::from_spike_times(self.network.time_steps(), &times, &trace.spike_times, trace.decision_step)
        });
        frames.map(|frame| model.next(&frame).latency()).collect()
    }
}
