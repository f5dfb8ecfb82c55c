//! A network in software, over a set of images: accuracy, confusion, activity.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::caller::check;
use super::subject::{Execute, Execution, Subject};
use super::{Caller, Line};
use crate::data::{ImageSet, Images};
use crate::error::{Result, Stage};
use crate::report::{Confusion, Evaluation, LayerActivity, Misclassified, NetworkKind};

/// Images whose spike times are in memory at once.
const BATCH: usize = 1024;

/// Some of the images, executed.
#[derive(Debug)]
pub struct Executed<'a> {
    /// Number of the first of them.
    pub first: usize,
    /// The images.
    pub images: &'a Images,
    /// What the network made of each.
    pub executions: Vec<Execution>,
}

impl Executed<'_> {
    /// The images with a wrong class, by the names of the classes.
    pub fn misclassified(&self, names: &[String]) -> impl Iterator<Item = Misclassified> {
        let labels = self.images.labels.iter().map(|&label| label as usize);
        let pairs = (self.first..).zip(labels).zip(&self.executions).filter(|_| self.images.role.is_labeled());
        pairs.filter(|((_, label), execution)| *label != execution.class).map(|((image, label), execution)| {
            let (label_name, class) = (class_name(names, label), class_name(names, execution.class));
            Misclassified { image, label: label_name, class, margin: execution.scores.margin(execution.class, label) }
        })
    }
}

/// What a class is called; its number if it has no name.
fn class_name(names: &[String], class: usize) -> String {
    names.get(class).cloned().unwrap_or_else(|| class.to_string())
}

/// Executes a network on every image, on all cores, and gives all images to `visit`, some at a time and in their order. The name of
/// the data set in the result is the caller's to fill in, and so is the list of images with a wrong class
/// ([`Executed::misclassified`]): it has no bound.
///
/// # Errors
/// Those of [`ImageSet::pieces`] and of `visit`; `interrupted`.
pub fn evaluate(
    subject: &Subject,
    images: &ImageSet,
    caller: &dyn Caller,
    visit: impl FnMut(Executed) -> Result<()>,
) -> Result<Evaluation> {
    let line = caller.progress("images", images.len());
    let mut run = Run { subject, caller, line: &*line, counts: Counts::new(subject), time: Duration::ZERO, visit };
    for (piece, first) in images.pieces(images.piece_length())?.zip((0..).step_by(images.piece_length())) {
        run.add(first, &piece?)?;
    }
    Ok(summarize(subject, images, &run.counts, run.time))
}

/// What goes on, and what it has shown so far.
struct Run<'a, V> {
    subject: &'a Subject,
    caller: &'a dyn Caller,
    line: &'a dyn Line,
    counts: Counts,
    /// That the networks ran.
    time: Duration,
    visit: V,
}

impl<V: FnMut(Executed) -> Result<()>> Run<'_, V> {
    /// Executes a piece of the set, the number of whose first image is `first`.
    fn add(&mut self, first: usize, piece: &Images) -> Result<()> {
        for start in (0..piece.len()).step_by(BATCH) {
            let batch = piece.slice(start..start.saturating_add(BATCH));
            let begin = Instant::now();
            let executions = execute(self.subject, &batch, self.caller)?;
            self.time += begin.elapsed();
            batch.labels.iter().zip(&executions).for_each(|(&label, counted)| self.counts.add(label, counted));
            self.line.done(first + start + batch.len());
            let executions = executions.into_iter().map(|counted| counted.execution).collect();
            (self.visit)(Executed { first: first + start, images: &batch, executions })?;
        }
        Ok(())
    }
}

/// An image, executed and counted.
struct Counted {
    execution: Execution,
    input_events: usize,
    /// Per layer.
    spikes: Vec<usize>,
}

fn execute(subject: &Subject, images: &Images, caller: &dyn Caller) -> Result<Vec<Counted>> {
    let interrupt = caller.interrupt();
    let one = |execute: &mut Box<Execute>, index: usize| {
        check(interrupt, Stage::Golden)?;
        let input_times = subject.input_times(images, index);
        let execution = execute(&input_times);
        let spikes = execution.spike_times.iter().map(|times| subject.spikes(times)).collect();
        Ok(Counted { execution, input_events: subject.spikes(&input_times), spikes })
    };
    (0..images.len()).into_par_iter().map_init(|| subject.executor(), one).collect()
}

/// Sums over images.
struct Counts {
    input_events: u64,
    /// Per layer.
    spikes: Vec<u64>,
    /// Images by label and class, of those that exist.
    confusion: BTreeMap<(u32, u32), u64>,
}

impl Counts {
    fn new(subject: &Subject) -> Self {
        Counts { input_events: 0, spikes: vec![0; subject.layers.len()], confusion: BTreeMap::new() }
    }

    fn add(&mut self, label: u32, counted: &Counted) {
        self.input_events += counted.input_events as u64;
        self.spikes.iter_mut().zip(&counted.spikes).for_each(|(sum, &count)| *sum += count as u64);
        *self.confusion.entry((label, counted.execution.class as u32)).or_default() += 1;
    }

    fn correct(&self) -> usize {
        self.confusion.iter().filter(|((label, class), _)| label == class).map(|(_, &count)| count as usize).sum()
    }

    fn confusion(&self, names: &[String]) -> Confusion {
        let classes: BTreeSet<u32> = self.confusion.keys().flat_map(|&(label, class)| [label, class]).collect();
        let name = |&class: &u32| class_name(names, class as usize);
        let count = |label, class| self.confusion.get(&(label, class)).copied().unwrap_or(0);
        let row = |&label: &u32| classes.iter().map(|&class| count(label, class)).collect();
        Confusion { classes: classes.iter().map(name).collect(), counts: classes.iter().map(row).collect() }
    }
}

fn summarize(subject: &Subject, images: &ImageSet, counts: &Counts, time: Duration) -> Evaluation {
    let mean = |sum: u64| sum as f64 / images.len() as f64;
    let layers = subject.layers.iter().zip(&counts.spikes).map(|(layer, &spikes)| LayerActivity {
        name: layer.name.clone(),
        neurons: layer.neurons,
        spikes: layer.fires.then(|| mean(spikes)),
    });
    Evaluation {
        network: subject.name.clone(),
        kind: if subject.network_hash.is_some() { NetworkKind::Integer } else { NetworkKind::Float },
        network_hash: subject.network_hash.clone(),
        data: String::new(),
        split: images.role().split().into(),
        images: images.len(),
        rows: images.role(),
        correct: counts.correct(),
        accuracy: 100.0 * mean(counts.correct() as u64),
        images_per_second: images.len() as f64 / time.as_secs_f64(),
        input_events: mean(counts.input_events),
        spikes: mean(counts.spikes.iter().sum()),
        layers: layers.collect(),
        confusion: images.role().is_labeled().then(|| counts.confusion(images.classes())),
        wrong: None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::data::{self, Split};
    use crate::flow::Silent;

    #[test]
    fn pieces_count_like_the_whole() {
        let subject = Subject::open(Path::new("models/digits")).unwrap();
        let images = data::load("digits", Split::Test).unwrap().take(30);
        let measured = |length: usize| {
            let mut seen = Vec::new();
            let visit = |executed: Executed| {
                seen.push((executed.first, executed.executions.len()));
                Ok(())
            };
            let counts = Counts::new(&subject);
            let mut run = Run { subject: &subject, caller: &Silent, line: &(), counts, time: Duration::ZERO, visit };
            for start in (0..images.len()).step_by(length) {
                run.add(start, &images.slice(start..start + length)).unwrap();
            }
            let Counts { input_events, spikes, confusion, .. } = run.counts;
            (seen, (input_events, spikes, confusion))
        };
        let (seen, whole) = measured(30);
        assert_eq!((seen, whole.2.values().sum::<u64>()), (vec![(0, 30)], 30));
        assert_eq!(measured(7), (vec![(0, 7), (7, 7), (14, 7), (21, 7), (28, 2)], whole));
    }
}
