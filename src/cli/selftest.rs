//! `firstspike selftest`: faults planted in a copy of a design, and whether the comparison catches them.

use std::path::PathBuf;

use serde::Serialize;

use super::hardware::{DesignArgs, DriveArgs};
use super::images::OptionalImageArgs;
use super::{Outcome, Output, demo};
use crate::cosim;
use crate::data::{self, ImageSet, Split};
use crate::error::Result;
use crate::flow::{Drive, Hardware, Plants, Trust};
use crate::plant::{Fault, Kind};
use crate::report::{
    ComparisonReport, LayerReport, Table, describe, describe_fault, describe_rough, planted_text, whole,
};
use crate::verify::{Divergence, RoughReport};

/// Plant one fault of each kind in a copy of a design, and see whether the comparison catches it
///
/// Without a design: the shipped digits network and its test images. Exit code 0: every fault that applies is caught, and the copy
/// without a fault is equal to the golden model. 1: one is not. 2: error.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote, or a model
    #[arg(value_name = "MODEL|DIR", requires = "data")]
    path: Option<PathBuf>,
    #[command(flatten)]
    images: OptionalImageArgs,
    #[command(flatten)]
    drive: DriveArgs,
    #[command(flatten)]
    design: DesignArgs,
    /// Plant only faults of this kind; may be given more than once [default: all]
    #[arg(long, value_name = "KIND", value_enum)]
    plant: Vec<Kind>,
}

/// What became of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Caught,
    Missed,
    /// The design has no place for it.
    DoesNotApply,
}

#[derive(Serialize)]
struct FaultReport {
    #[serde(flatten)]
    fault: Fault,
    verdict: Verdict,
    #[serde(flatten)]
    found: Option<Found>,
}

/// What the comparison found.
#[derive(Serialize)]
struct Found {
    /// Images of the set that differ, ...
    mismatches: usize,
    first_divergence: Option<Divergence>,
    broken_rule: Option<cosim::Fault>,
    /// ... and what the rough run showed if none does.
    rough: Option<RoughReport>,
    /// Of the hardware's classes, in percent.
    accuracy: f64,
}

#[derive(Serialize)]
struct SelftestReport {
    network: String,
    network_hash: String,
    layers: Vec<LayerReport>,
    images: usize,
    /// Whether the copy without a fault is equal to the golden model.
    is_equal: bool,
    untouched: Found,
    caught: usize,
    missed: usize,
    faults: Vec<FaultReport>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let (hardware, images) = subject(args, output)?;
    let mut plants = Plants::new(&hardware, &images, output)?;
    let drive = args.drive.drive();
    let (untouched, _) = plants.hardware().judge(&images, &drive, false, output, |_| Ok(()))?;
    let kinds = if args.plant.is_empty() { &Kind::FAULTS[..] } else { &args.plant };
    let mut faults = Vec::new();
    for &kind in kinds {
        faults.push(try_fault(kind, &mut plants, &images, &drive, output)?);
    }
    let report = sum_up(untouched, faults);
    output.result(&report, text)?;
    Ok(outcome(&report))
}

/// The design and its images.
fn subject(args: &Args, output: &Output) -> Result<(Hardware, ImageSet)> {
    let hardware = match &args.path {
        Some(path) => Hardware::open_or_generate(path, args.design.given().as_ref(), Trust::AsGenerated, output)?,
        None => Hardware::cached(demo::shipped_network()?, &args.design.options(), output)?,
    };
    let images = match args.images.load(&hardware, output)? {
        Some(images) => images,
        None => data::load("digits", Split::Test)?.into(),
    };
    Ok((hardware, images))
}

fn try_fault(
    kind: Kind,
    plants: &mut Plants,
    images: &ImageSet,
    drive: &Drive,
    output: &Output,
) -> Result<FaultReport> {
    if let Some(obstacle) = plants.obstacle(kind) {
        let fault = Fault { kind, files: Vec::new(), change: obstacle.into() };
        return Ok(FaultReport { fault, verdict: Verdict::DoesNotApply, found: None });
    }
    output.note(&format!("planted: {}", kind.name()));
    let fault = plants.plant(kind)?;
    let (report, _) = plants.hardware().judge(images, drive, false, output, |_| Ok(()))?;
    let verdict = if report.is_equal() { Verdict::Missed } else { Verdict::Caught };
    Ok(FaultReport { fault, verdict, found: Some(found(report)) })
}

fn found(report: ComparisonReport) -> Found {
    Found {
        mismatches: report.mismatches,
        first_divergence: report.first_divergence,
        broken_rule: report.simulation.fault,
        rough: report.rough,
        accuracy: report.simulation.accuracy,
    }
}

fn sum_up(untouched: ComparisonReport, faults: Vec<FaultReport>) -> SelftestReport {
    let count = |verdict| faults.iter().filter(|fault| fault.verdict == verdict).count();
    SelftestReport {
        network: untouched.simulation.network.clone(),
        network_hash: untouched.simulation.network_hash.clone(),
        layers: untouched.simulation.layers.clone(),
        images: untouched.simulation.images,
        is_equal: untouched.is_equal(),
        caught: count(Verdict::Caught),
        missed: count(Verdict::Missed),
        untouched: found(untouched),
        faults,
    }
}

fn outcome(report: &SelftestReport) -> Outcome {
    if report.is_equal && report.missed == 0 { Outcome::Success } else { Outcome::Mismatch }
}

fn text(report: &SelftestReport) -> String {
    let mut table = Table::new();
    table.group(format!("faults planted in a copy of {}: images that differ, accuracy", report.network));
    table.verdict("none", report.untouched.figures(report.images), report.is_equal);
    for fault in &report.faults {
        let is_good = fault.verdict != Verdict::Missed;
        table.verdict(fault.fault.kind.name(), verdict(fault, report.images), is_good);
    }
    let places: String = report.faults.iter().map(|fault| place(fault, &report.layers)).collect();
    format!("{table}\n{places}\n\n{}", conclusion(report))
}

fn verdict(report: &FaultReport, images: usize) -> String {
    match &report.found {
        None => "does not apply".into(),
        Some(found) if report.verdict == Verdict::Missed => format!("NOT CAUGHT: {}", found.figures(images)),
        Some(found) => format!("caught by {}: {}", found.by(), found.figures(images)),
    }
}

impl Found {
    /// What the comparison saw first.
    fn by(&self) -> String {
        let difference = self.rough.as_ref().and_then(|rough| rough.first_difference.as_ref());
        let rough = difference.and_then(|found| saw(found.divergence.as_ref(), found.fault.as_ref()));
        let measured = saw(self.first_divergence.as_ref(), self.broken_rule.as_ref());
        measured.or(rough.map(|saw| format!("rough run, {saw}"))).unwrap_or_default()
    }

    /// Images that differ, in the run that showed it; and the accuracy.
    fn figures(&self, images: usize) -> String {
        let (mismatches, images) = match &self.rough {
            Some(rough) if !rough.is_equal() => (rough.mismatches, rough.images),
            _ => (self.mismatches, images),
        };
        format!("{} of {}, {:.2} %", whole(mismatches), whole(images), self.accuracy)
    }

    fn text(&self, layers: &[LayerReport]) -> String {
        let rough = self.rough.as_ref().and_then(|rough| rough.first_difference.as_ref());
        let lines = [
            self.first_divergence.as_ref().map(|divergence| describe(divergence, layers)),
            self.broken_rule.as_ref().map(describe_fault),
            rough.map(|difference| describe_rough(difference, layers)),
        ];
        lines.into_iter().flatten().map(|line| format!("\n  {}", line.replace('\n', "\n  "))).collect()
    }
}

fn saw(divergence: Option<&Divergence>, broken: Option<&cosim::Fault>) -> Option<String> {
    let quantity = divergence.map(|divergence| name_in_json(&divergence.quantity).replace('-', " "));
    quantity.or(broken.map(|broken| format!("broken rule ({})", name_in_json(&broken.rule))))
}

fn name_in_json(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Where a fault lies and where it was seen first.
fn place(report: &FaultReport, layers: &[LayerReport]) -> String {
    let not = if report.verdict == Verdict::DoesNotApply { "does not apply: " } else { "" };
    let found = report.found.as_ref().map_or(String::new(), |found| found.text(layers));
    format!("\n{}: {not}{}{found}", report.fault.kind.name(), planted_text(&report.fault))
}

fn conclusion(report: &SelftestReport) -> String {
    let (caught, tried) = (report.caught, report.caught + report.missed);
    if !report.is_equal {
        "the copy differs even without a fault: see `firstspike compare`".into()
    } else if report.missed == 0 {
        format!("caught: {caught} of {tried}")
    } else {
        format!("NOT caught: {} of {tried}; no image that was played shows them", report.missed)
    }
}
