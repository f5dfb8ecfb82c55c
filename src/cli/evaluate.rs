//! `firstspike evaluate`: the golden model over a data set.

use std::path::PathBuf;

use super::images::ImageArgs;
use super::per_image::{PerImage, TraceArgs, check_output};
use super::{Outcome, Output};
use crate::error::Result;
use crate::flow::{self, Subject};
use crate::report::Evaluation;

/// Measure the accuracy and activity of a network in software
///
/// A quantized network runs in the golden model, a float network in the float executor.
#[derive(clap::Args)]
pub struct Args {
    /// Model folder or model.json
    model: PathBuf,

    #[command(flatten)]
    images: ImageArgs,

    /// Also print how many images of each label got each class
    #[arg(long)]
    confusion: bool,

    /// Also list the images that got a wrong class
    #[arg(long)]
    wrong: bool,

    #[command(flatten)]
    trace: TraceArgs,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    check_output(args.trace.file(), &args.model, &args.images.data)?;
    let subject = Subject::open(&args.model)?;
    let images = args.images.load_for(&subject.recipient(), output)?;
    let mut per_image = PerImage::of_subject(args.trace.file(), &subject)?;
    let mut wrong = (args.wrong && images.role().is_labeled()).then(Vec::new);
    let found = flow::evaluate(&subject, &images, output, |executed| {
        if let Some(wrong) = &mut wrong {
            wrong.extend(executed.misclassified(images.classes()));
        }
        per_image.write_executed(executed, &subject)
    })?;
    per_image.finish()?;
    output.report(&Evaluation {
        data: args.images.data.clone(),
        confusion: found.confusion.clone().filter(|_| args.confusion),
        wrong,
        ..found
    })?;
    Ok(Outcome::Success)
}
