//! The rough run: what a measured run never does to a design. Pauses, stalls, power-up states, resets in the middle of an image,
//! images in the very cycle after a reset, wrong frames; on images that no set holds.

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::images::{Sample, is_tie, samples};
use super::{Comparison, Divergence, Expected};
use crate::arch::Spacing;
use crate::coding::Coding;
use crate::cosim::{BEAT_LAST, Fault, ImageStimulus, Played, RunOptions, Simulator, Stimulus};
use crate::error::Result;
use crate::network::IntegerNetwork;

/// Images of the set that are played again.
pub const ROUGH_IMAGES: usize = 20;
/// Registers without a reset wake up differently in each of them.
const POWER_UPS: usize = 6;

/// What is played, and on what.
pub struct RoughRun<'a> {
    /// The simulator of the design.
    pub simulator: &'a Simulator,
    /// The network that it was made from.
    pub network: &'a IntegerNetwork,
    /// How the pixels of the set become spike times: as the network says, or not at all, if they are times already.
    pub coding: &'a Coding,
    /// From pixels to the beats of the design.
    pub stimulus: &'a (dyn Fn(&[u8]) -> ImageStimulus + Sync),
    /// Of all that is left to chance.
    pub seed: u64,
    /// Set when the user wants to stop.
    pub interrupt: Option<&'a AtomicBool>,
}

/// What was played, and what came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoughReport {
    /// Images that had to give a result.
    pub images: usize,
    /// Of these, images in which classes tie for the largest score.
    pub ties: usize,
    /// Resets in the middle of an image.
    pub resets: usize,
    /// States in which the registers woke up.
    pub power_ups: usize,
    /// Images with a wrong `tlast`, after which `frame_error` has to stand.
    pub wrong_frames: usize,
    /// Largest chance that the input pauses in a cycle, in percent.
    pub idle_percent: u32,
    /// Largest chance that the output is not taken in a cycle, in percent.
    pub stall_percent: u32,
    /// Images that differ in anything, or that the hardware gave no result for.
    pub mismatches: usize,
    /// The first thing that was wrong; none if nothing was.
    pub first_difference: Option<RoughDifference>,
}

/// The first thing that was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoughDifference {
    /// What was done to the design.
    pub passage: String,
    /// What the image is; its number in divergence and fault counts the images of the passage.
    pub image: String,
    /// A value that differs.
    pub divergence: Option<Divergence>,
    /// A rule that the design broke.
    pub fault: Option<Fault>,
}

/// What happens to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Whole,
    /// A reset after so many quarters of its beats.
    Reset(usize),
    /// `tlast` is wrong on its first beat, or on its last one.
    WrongFirst,
    WrongLast,
}

/// Images that are played in one go, from power-up on.
struct Passage {
    name: String,
    idle_percent: u32,
    stall_percent: u32,
    spacing: Spacing,
    /// Numbers of the images, and what happens to them.
    images: Vec<(usize, Deed)>,
}

impl RoughReport {
    /// Whether nothing was wrong.
    pub fn is_equal(&self) -> bool {
        self.first_difference.is_none()
    }
}

impl RoughRun<'_> {
    /// Plays some 100 images; `set` are those that were played before, of which the first ones take part.
    ///
    /// # Errors
    /// As [`Simulator::run`].
    pub fn play(&self, set: &[&[u8]]) -> Result<RoughReport> {
        let samples = samples(self.network, self.coding, &set[..set.len().min(ROUGH_IMAGES)], self.seed);
        let passages = passages(&samples);
        let played = passages.par_iter().enumerate().map(|(number, passage)| {
            let played = self.play_passage(passage, &samples, number)?;
            Ok(compare(passage, &samples, &played))
        });
        let comparisons: Vec<Comparison> = played.collect::<Result<_>>()?;
        Ok(self.report(&passages, &samples, comparisons))
    }

    fn play_passage(&self, passage: &Passage, samples: &[Sample], number: usize) -> Result<Played> {
        let stimulus: Stimulus = passage
            .images
            .iter()
            .map(|&(image, deed)| altered((self.stimulus)(&samples[image].pixels), deed))
            .collect();
        let options = RunOptions {
            idle_percent: passage.idle_percent,
            stall_percent: passage.stall_percent,
            spacing: passage.spacing,
            straight: true,
            seed: self.seed.wrapping_add(number as u64),
            interrupt: self.interrupt,
            ..RunOptions::default()
        };
        self.simulator.run(&stimulus, &options)
    }

    fn report(&self, passages: &[Passage], samples: &[Sample], comparisons: Vec<Comparison>) -> RoughReport {
        let played = || passages.iter().flat_map(|passage| &passage.images);
        let whole = || played().filter(|(_, deed)| !matches!(deed, Deed::Reset(_)));
        let differing = passages.iter().zip(&comparisons).find(|(_, comparison)| !comparison.is_equal());
        RoughReport {
            images: whole().count(),
            ties: whole().filter(|(image, _)| is_tie(self.network, &samples[*image].trace)).count(),
            resets: played().count() - whole().count(),
            power_ups: passages.len(),
            wrong_frames: played().filter(|(_, deed)| matches!(deed, Deed::WrongFirst | Deed::WrongLast)).count(),
            idle_percent: passages.iter().map(|passage| passage.idle_percent).max().unwrap_or(0),
            stall_percent: passages.iter().map(|passage| passage.stall_percent).max().unwrap_or(0),
            mismatches: comparisons.iter().map(|comparison| comparison.mismatches).sum(),
            first_difference: differing.map(|(passage, comparison)| difference(passage, samples, comparison)),
        }
    }
}

fn passages(samples: &[Sample]) -> Vec<Passage> {
    let all = 0..samples.len();
    let of = |kind: &str| samples.iter().position(|sample| sample.kind == kind).expect("every kind is played");
    let (black, white, noise) = (of("black"), of("white"), of("noise"));
    let whole = |images: &mut dyn Iterator<Item = usize>| images.map(|image| (image, Deed::Whole)).collect::<Vec<_>>();
    let passage = |name: &str, idle_percent, stall_percent, images| {
        let spacing = Spacing::BackToBack;
        Passage { name: name.into(), idle_percent, stall_percent, spacing, images }
    };
    let resets = (1..=4).flat_map(|quarters| [(white, Deed::Reset(quarters)), (quarters % samples.len(), Deed::Whole)]);
    let paused = resets.chain([(noise, Deed::Reset(2)), (black, Deed::Whole), (0, Deed::Whole)]).collect();
    let framed = [
        (0, Deed::Whole),
        (white, Deed::WrongFirst),
        (0, Deed::Whole),
        (white, Deed::Reset(2)),
        (0, Deed::Whole),
        (noise, Deed::WrongLast),
        (0, Deed::Whole),
    ];
    let mut passages = vec![
        passage("stalls of 95 %", 0, 95, whole(&mut all.clone().step_by(2))),
        passage("stalls of 95 %, pauses of 20 %", 20, 95, whole(&mut all.clone().skip(1).step_by(2))),
        passage("pauses of 60 %, stalls of 40 %, resets", 60, 40, paused),
        Passage { spacing: Spacing::Isolated, ..passage("wrong frames", 0, 0, framed.into()) },
    ];
    passages.extend((passages.len()..POWER_UPS).map(|number| {
        let last = (samples.len() - number, Deed::Whole);
        let images =
            vec![(noise, Deed::Whole), (white, Deed::Reset(2)), (black, Deed::Whole), (number, Deed::Whole), last];
        passage("power-up, a reset", 0, 0, images)
    }));
    passages
}

/// The beats of an image to which something happens.
fn altered(mut image: ImageStimulus, deed: Deed) -> ImageStimulus {
    let last = image.beats() - 1;
    match deed {
        Deed::Whole => image,
        Deed::Reset(quarters) => {
            let beats = (image.beats() * quarters).div_ceil(4);
            image.aborted_after(beats)
        }
        Deed::WrongFirst | Deed::WrongLast => {
            *image.flags_mut(if deed == Deed::WrongFirst { 0 } else { last }) ^= BEAT_LAST;
            image
        }
    }
}

/// Compares a passage; a reset clears `frame_error`.
fn compare(passage: &Passage, samples: &[Sample], played: &Played) -> Comparison {
    let mut comparison = Comparison { fault: played.fault.clone(), ..Comparison::default() };
    let mut results = played.images.iter();
    let mut frame_error = false;
    for &(image, deed) in &passage.images {
        if matches!(deed, Deed::Reset(_)) {
            frame_error = false;
            continue;
        }
        frame_error |= deed != Deed::Whole;
        let expected = Expected { frame_error, ..Expected::new(&samples[image].trace, None) };
        comparison.add(&expected, results.next().and_then(Option::as_ref));
    }
    comparison
}

fn difference(passage: &Passage, samples: &[Sample], comparison: &Comparison) -> RoughDifference {
    let mut whole = passage.images.iter().filter(|(_, deed)| !matches!(deed, Deed::Reset(_)));
    let divergence = comparison.first_divergence.clone();
    let image = match (&divergence, &comparison.fault) {
        (Some(divergence), _) => whole.nth(divergence.image),
        (None, fault) => fault.as_ref().and_then(|fault| passage.images.get(fault.image)),
    };
    RoughDifference {
        passage: passage.name.clone(),
        image: image.map_or("", |(image, _)| samples[*image].kind).to_owned(),
        divergence,
        fault: comparison.fault.clone(),
    }
}
