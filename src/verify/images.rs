//! The images of the rough run: some of the set, and those that no set holds.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::coding::Coding;
use crate::golden::{Executor, Trace, encode};
use crate::network::{IntegerNetwork, Readout};

/// Images with some pixels set at random, each in another density.
const NOISE: usize = 8;
/// Images with a single pixel.
const SINGLE: usize = 6;
/// Pairs of images between which ties are looked for.
const PAIRS: usize = 16;
/// Changes that are tried on the border between two images.
const TRIES: usize = 32;
/// Ties that are played at most.
const TIES: usize = 16;

/// An image, what the golden model makes of it, and what it is.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub pixels: Vec<u8>,
    pub trace: Trace,
    pub kind: &'static str,
}

/// The values that images are made of.
struct Palette<'a> {
    network: &'a IntegerNetwork,
    coding: &'a Coding,
    /// The value that spikes latest, if at all.
    dark: u8,
    /// The value that spikes first.
    bright: u8,
    /// All values above it never spike, as it.
    highest: u8,
}

impl<'a> Palette<'a> {
    fn new(network: &'a IntegerNetwork, coding: &'a Coding) -> Self {
        let times = encode(&Vec::from_iter(0..=u8::MAX), coding, network.time_steps());
        let (earliest, latest) = (times.iter().min(), times.iter().max());
        let dark = times.iter().position(|time| Some(time) == latest).unwrap_or(0) as u8;
        let bright = times.iter().rposition(|time| Some(time) == earliest).unwrap_or(0) as u8;
        let spikes = |&time: &u8| usize::from(time) < network.time_steps();
        let highest = times.iter().rposition(spikes).map_or(0, |value| value.saturating_add(1).min(255)) as u8;
        Palette { network, coding, dark, bright, highest }
    }

    fn any(&self, random: &mut ChaCha8Rng) -> u8 {
        random.random_range(0..=self.highest)
    }

    /// Any but the first or the last, whichever is dark.
    fn lit(&self, random: &mut ChaCha8Rng) -> u8 {
        let value = random.random_range(1..=self.highest.max(1));
        if self.dark == 0 { value } else { value - 1 }
    }

    fn run(&self, executor: &mut Executor, pixels: &[u8]) -> Trace {
        executor.run_events(&encode(pixels, self.coding, self.network.time_steps()))
    }
}

/// The given images; black, white, single pixels, noise; and images in which classes tie, as far as they are found.
pub(super) fn samples(network: &IntegerNetwork, coding: &Coding, set: &[&[u8]], seed: u64) -> Vec<Sample> {
    let palette = &Palette::new(network, coding);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let pixels = network.inputs();
    let mut images: Vec<(&'static str, Vec<u8>)> = set.iter().map(|image| ("of the set", image.to_vec())).collect();
    images.extend([("black", vec![palette.dark; pixels]), ("white", vec![palette.bright; pixels])]);
    images.extend((0..SINGLE).map(|_| ("a single pixel", single_pixel(palette, pixels, &mut random))));
    images.extend((1..=NOISE).map(|step| ("noise", noise(palette, pixels, step as f64 / NOISE as f64, &mut random))));
    let mut samples = execute(palette, images);
    let ties = ties(palette, &samples, &mut random);
    samples.extend(ties);
    samples
}

fn execute(palette: &Palette, images: Vec<(&'static str, Vec<u8>)>) -> Vec<Sample> {
    let run = |executor: &mut Executor, (kind, pixels): (&'static str, Vec<u8>)| {
        let trace = palette.run(executor, &pixels);
        Sample { pixels, trace, kind }
    };
    images.into_par_iter().map_init(|| Executor::new(palette.network), run).collect()
}

fn single_pixel(palette: &Palette, pixels: usize, random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut image = vec![palette.dark; pixels];
    image[random.random_range(0..pixels)] = palette.lit(random);
    image
}

fn noise(palette: &Palette, pixels: usize, density: f64, random: &mut ChaCha8Rng) -> Vec<u8> {
    (0..pixels).map(|_| if random.random_bool(density) { palette.any(random) } else { palette.dark }).collect()
}

/// Images of which two classes have the largest score. Between two images of different classes there is a border where their
/// scores are close; little changes on it make some of them equal.
fn ties(palette: &Palette, samples: &[Sample], random: &mut ChaCha8Rng) -> Vec<Sample> {
    let count = samples.len();
    let pairs = (1..count).flat_map(|apart| (apart..count).map(move |second| (second - apart, second)));
    let differ = pairs.filter(|&(first, second)| samples[first].trace.class != samples[second].trace.class);
    let seeded: Vec<_> = differ.take(PAIRS).map(|pair| (pair, random.random())).collect();
    let found = seeded.into_par_iter().flat_map_iter(|((first, second), seed)| {
        ties_between(palette, &samples[first], &samples[second], &mut ChaCha8Rng::seed_from_u64(seed))
    });
    let mut found: Vec<Sample> = found.collect();
    found.truncate(TIES);
    found
}

fn ties_between(palette: &Palette, first: &Sample, second: &Sample, random: &mut ChaCha8Rng) -> Vec<Sample> {
    let mut executor = Executor::new(palette.network);
    let mut run = |pixels: &[u8]| palette.run(&mut executor, pixels);
    let border = border(first, second, &mut run);
    let mut found = Vec::new();
    for _ in 0..TRIES {
        let mut pixels = mixed(first, second, border);
        let place = random.random_range(0..pixels.len());
        pixels[place] = *[palette.dark, palette.bright, first.pixels[place], second.pixels[place], palette.any(random)]
            .choose(random)
            .expect("not empty");
        let trace = run(&pixels);
        if is_tie(palette.network, &trace) {
            found.push(Sample { pixels, trace, kind: "a tie" });
        }
    }
    // Of each border some, so that they are of many classes.
    found.truncate(2);
    found
}

/// How many pixels of the second image must be replaced by those of the first for the class to be no longer the second's.
fn border(first: &Sample, second: &Sample, run: &mut impl FnMut(&[u8]) -> Trace) -> usize {
    let (mut low, mut high) = (0, first.pixels.len());
    while low + 1 < high {
        let middle = low.midpoint(high);
        let is_second = run(&mixed(first, second, middle)).class == second.trace.class;
        if is_second { low = middle } else { high = middle }
    }
    high
}

/// The first `count` pixels of one image, and the others of another.
fn mixed(first: &Sample, second: &Sample, count: usize) -> Vec<u8> {
    first.pixels[..count].iter().chain(&second.pixels[count..]).copied().collect()
}

/// Whether another class has the score of the winner and might have won (`docs/numerics.md` §7).
pub(super) fn is_tie(network: &IntegerNetwork, trace: &Trace) -> bool {
    let winner = trace.class as usize;
    let times = &trace.spike_times[trace.spike_times.len() - 1];
    let eligible = |class: usize| *network.readout() != Readout::FirstSpike || times[class] == times[winner];
    (0..trace.scores.len())
        .any(|class| class != winner && trace.scores[class] == trace.scores[winner] && eligible(class))
}
