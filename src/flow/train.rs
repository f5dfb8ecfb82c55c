//! A training: images in, a float model and its learning curve out, with a checkpoint after every epoch.

use std::path::Path;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::Caller;
use super::folder::Claim;
use crate::data::{Images, TrainingSets, hold_out};
use crate::error::{Error, Result, Stage};
use crate::files;
use crate::model;
use crate::report::TrainReport;
use crate::train::{Augment, CHECKPOINT, CURVE, Hidden, Recipe, Schedule, Score, Trainer, doubts};

/// What is trained on, and where the model goes.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// Name of the data set, for the report.
    pub data: &'a str,
    /// What is trained on.
    pub sets: &'a TrainingSets,
    /// The output folder.
    pub output: &'a Path,
    /// Go on from the checkpoint in the output folder.
    pub resume: bool,
    /// Start anew even if there is a checkpoint.
    pub force: bool,
}

impl Training<'_> {
    /// Trains a network as the recipe says. `schedule` is where epochs and batch are from; what it doubts becomes a warning.
    ///
    /// # Errors
    /// Whatever is wrong with recipe, images or output folder; `checkpoint-exists`; `diverged`; `interrupted`.
    pub fn run(&self, recipe: Recipe, schedule: &Schedule, caller: &dyn Caller) -> Result<TrainReport> {
        let images = &self.sets.training;
        let mut trainer = Trainer::new(recipe, &images.shape, classes(images))?;
        let run = Run { training: self, caller, fingerprint: fingerprint(images) };
        let mut report = run.go(&mut trainer)?;
        report.warnings.extend(schedule.doubt());
        Ok(report)
    }

    /// Makes sure that such a network can be trained on these images, before anything is said or written.
    ///
    /// # Errors
    /// `images`; those of [`Recipe::layers`].
    pub fn check(&self, recipe: &Recipe) -> Result<()> {
        check_images(recipe, &self.sets.training)?;
        recipe.layers(&self.sets.training.shape, classes(&self.sets.training)).map(drop)
    }
}

/// A network has two outputs at least.
fn classes(images: &Images) -> usize {
    images.classes.len().max(2)
}

fn check_images(recipe: &Recipe, training: &Images) -> Result<()> {
    let wrong = |message: String, help: &str| Err(Error::new(Stage::Train, "images", message, help));
    let has_places = recipe.augment != Augment::NONE || recipe.hidden.iter().any(|l| !matches!(l, Hidden::Dense(_)));
    if let ([columns], true) = (&training.shape[..], has_places) {
        let message =
            format!("rows of {columns} columns are no images: they have no places to distort, convolve or pool");
        return wrong(
            message,
            "leave that out, or begin the table with \"# shape HEIGHTxWIDTH\" if its rows are images",
        );
    }
    if training.len() <= recipe.validation {
        let message = format!("{} training images, of which {} are held out", training.len(), recipe.validation);
        return wrong(message, "hold out fewer images with --validation");
    }
    Ok(())
}

/// One training run.
struct Run<'a> {
    training: &'a Training<'a>,
    caller: &'a dyn Caller,
    fingerprint: String,
}

impl Run<'_> {
    fn output(&self) -> &Path {
        self.training.output
    }

    fn go(&self, trainer: &mut Trainer) -> Result<TrainReport> {
        let (epochs, training) = (trainer.recipe.epochs, &self.training.sets.training);
        let checkpoint = self.output().join(CHECKPOINT);
        let (mut members, held_out) = hold_out(&training.labels, trainer.recipe.validation, trainer.recipe.seed);
        members.sort_unstable();
        let _claim = self.prepare(trainer, &checkpoint, members.len())?;
        let first = trainer.epoch();
        let course = self.train(trainer, &members, &held_out)?;
        // If this run had no epoch left: the one before may have ended between checkpoint and curve.
        trainer.save_curve(&self.output().join(CURVE))?;
        model::write_float_with(self.output(), &trainer.export(), &self.training.sets.schema)?;
        let _ = std::fs::remove_file(&checkpoint);
        let test = self.training.sets.test.as_ref();
        let score = match test {
            Some(test) => trainer.evaluate(test, &(0..test.len()).collect::<Vec<_>>()),
            None => trainer.evaluate(training, &members),
        };
        let per_image = |count: usize| count as f64 / score.images as f64;
        Ok(TrainReport {
            output: self.output().to_path_buf(),
            network: trainer.recipe.name.clone(),
            data: self.training.data.into(),
            training_images: members.len(),
            test_images: test.map(Images::len),
            epochs,
            batch: trainer.recipe.batch,
            warnings: course.scores.iter().flat_map(|(first, last)| self.doubts(&members, first, last)).collect(),
            seconds_per_epoch: (epochs > first).then(|| course.seconds / (epochs - first) as f64),
            training_accuracy: if test.is_some() {
                course.scores.map(|(_, last)| last.accuracy())
            } else {
                Some(score.accuracy())
            },
            validation_accuracy: course.validation_accuracy,
            test_accuracy: test.map(|_| score.accuracy()),
            test_correct: test.map(|_| score.correct),
            input_events_per_image: per_image(score.input_events),
            hidden_spikes_per_image: score
                .hidden_spikes
                .iter()
                .map(|layer| layer.iter().map(|&count| per_image(count)).collect())
                .collect(),
        })
    }

    /// Trains the epochs that are left. After each, checkpoint and learning curve are on the disk.
    fn train(&self, trainer: &mut Trainer, members: &[usize], held_out: &[usize]) -> Result<Course> {
        let (training, epochs, first) = (&self.training.sets.training, trainer.recipe.epochs, trainer.epoch());
        let line = self.caller.progress("training", (epochs - first) * members.len());
        let mut course = Course::default();
        while trainer.epoch() < epochs {
            let start = Instant::now();
            let done = (trainer.epoch() - first) * members.len();
            let score = trainer.train_epoch(training, members, |score| {
                line.done(done + score.images);
                line.now(&describe(score));
                self.caller.check(Stage::Train).is_ok()
            })?;
            let Some(score) = score else { return Err(self.interrupted()) };
            let seconds = start.elapsed().as_secs_f64();
            let validation = (!held_out.is_empty()).then(|| trainer.evaluate(training, held_out).accuracy());
            trainer.record(&score, validation, seconds);
            trainer.save(&self.output().join(CHECKPOINT), &self.fingerprint)?;
            trainer.save_curve(&self.output().join(CURVE))?;
            line.reached(&epoch_line(trainer, &score, validation, seconds));
            course.add(score, validation, seconds);
        }
        Ok(course)
    }

    fn doubts(&self, members: &[usize], first: &Score, last: &Score) -> Vec<String> {
        doubts(members.iter().map(|&member| self.training.sets.training.labels[member]), first, last)
    }

    /// Makes the output folder and claims it, and takes up the checkpoint if asked to.
    fn prepare(&self, trainer: &mut Trainer, checkpoint: &Path, fitted: usize) -> Result<Claim> {
        let output = self.output();
        // What the model file refuses must show before hours of training.
        model::check_float(output, &trainer.export(), &self.training.sets.schema)?;
        if self.training.resume {
            trainer.resume(checkpoint, &self.fingerprint, fitted)?;
        }
        let claim = Claim::new(Stage::Train, output)?;
        if !self.training.resume && !self.training.force && checkpoint.exists() {
            return Err(Error::new(
                Stage::Train,
                "checkpoint-exists",
                format!("{} holds the checkpoint of an unfinished training", output.display()),
                "give --resume to go on, --force to start anew, or another output folder",
            ));
        }
        Ok(claim)
    }

    fn interrupted(&self) -> Error {
        let help = if self.output().join(CHECKPOINT).exists() {
            "give the same command with --resume to go on after the last complete epoch"
        } else {
            "no epoch was complete yet, so there is nothing to resume"
        };
        Error::interrupted(Stage::Train, help)
    }
}

/// What the epochs of this run showed.
#[derive(Default)]
struct Course {
    seconds: f64,
    /// Of the first and the last epoch.
    scores: Option<(Score, Score)>,
    /// Of the last epoch.
    validation_accuracy: Option<f64>,
}

impl Course {
    fn add(&mut self, score: Score, validation_accuracy: Option<f64>, seconds: f64) {
        self.seconds += seconds;
        let first = self.scores.take().map_or_else(|| score.clone(), |(first, _)| first);
        self.scores = Some((first, score));
        self.validation_accuracy = validation_accuracy;
    }
}

fn describe(score: &Score) -> String {
    format!("loss {:.4}  accuracy {:.2} %", score.mean_loss(), 100.0 * score.accuracy())
}

fn epoch_line(trainer: &Trainer, score: &Score, validation: Option<f64>, seconds: f64) -> String {
    let validation = validation.map_or(String::new(), |share| format!("  validation {:.2} %", 100.0 * share));
    let (epoch, epochs) = (trainer.epoch(), trainer.recipe.epochs);
    format!("epoch {epoch}/{epochs}  {}{validation}  {seconds:.2} s", describe(score))
}

/// Tells one set of images from another.
fn fingerprint(images: &Images) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{:?} {}", images.shape, images.len()));
    images.pixels.iter().copied().collect::<Vec<u8>>().chunks(1 << 20).for_each(|part| hash.update(part));
    images.labels.iter().for_each(|label| hash.update(label.to_le_bytes()));
    files::hex(&hash.finalize())
}
