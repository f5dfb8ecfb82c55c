//! `firstspike selftest`: faults planted in a copy of a design, and whether the comparison catches them.

use std::path::PathBuf;

use comfy_table::{Table, presets};
use serde::Serialize;

use super::compare::judge;
use super::hardware::{DesignArgs, DriveArgs, Hardware};
use super::images::OptionalImageArgs;
use super::plants::Plants;
use super::trust::TrustArgs;
use super::{Outcome, Output, demo};
use crate::data::{self, Images, Split};
use crate::error::Result;
use crate::golden::Trace;
use crate::plant::{Fault, Kind};
use crate::report::{ComparisonReport, LayerReport, describe, planted_text};
use crate::verify::Divergence;

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
    /// Images that differ.
    mismatches: usize,
    first_divergence: Option<Divergence>,
    /// Of the hardware's classes, in percent.
    accuracy: Option<f64>,
}

#[derive(Serialize)]
struct SelftestReport {
    network: String,
    network_hash: String,
    layers: Vec<LayerReport>,
    images: usize,
    /// Of the copy without a fault, in percent.
    accuracy: f64,
    /// Images in which the copy without a fault differs.
    mismatches: usize,
    caught: usize,
    missed: usize,
    faults: Vec<FaultReport>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let (hardware, images) = subject(args, output)?;
    let golden = hardware.golden(&images);
    let mut plants = Plants::new(&hardware, &images, &golden, output)?;
    let (untouched, _) = judge(plants.hardware(), &images, &golden, &args.drive, false, output)?;
    let kinds = if args.plant.is_empty() { &Kind::FAULTS[..] } else { &args.plant };
    let mut faults = Vec::new();
    for &kind in kinds {
        faults.push(try_fault(kind, &mut plants, &images, &golden, &args.drive, output)?);
    }
    let report = sum_up(untouched, faults);
    output.result(&report, text)?;
    Ok(outcome(&report))
}

/// The design and its images.
fn subject(args: &Args, output: &Output) -> Result<(Hardware, Images)> {
    let hardware = match &args.path {
        Some(path) => Hardware::open_or_generate(path, &args.design, TrustArgs::NONE, output)?,
        None => Hardware::cached(demo::shipped_network()?, &args.design.options(), output)?,
    };
    let images = match args.images.load(&hardware, output)? {
        Some(images) => images,
        None => data::load("digits", Split::Test)?,
    };
    Ok((hardware, images))
}

fn try_fault(
    kind: Kind,
    plants: &mut Plants,
    images: &Images,
    golden: &[Trace],
    drive: &DriveArgs,
    output: &Output,
) -> Result<FaultReport> {
    if let Some(obstacle) = plants.obstacle(kind) {
        let fault = Fault { kind, files: Vec::new(), change: obstacle.into() };
        let verdict = Verdict::DoesNotApply;
        return Ok(FaultReport { fault, verdict, mismatches: 0, first_divergence: None, accuracy: None });
    }
    let fault = plants.plant(kind)?;
    let (found, _) = judge(plants.hardware(), images, golden, drive, false, output)?;
    Ok(FaultReport {
        fault,
        verdict: if !found.is_equal() { Verdict::Caught } else { Verdict::Missed },
        mismatches: found.mismatches,
        first_divergence: found.first_divergence,
        accuracy: Some(found.simulation.accuracy),
    })
}

fn sum_up(untouched: ComparisonReport, faults: Vec<FaultReport>) -> SelftestReport {
    let count = |verdict| faults.iter().filter(|fault| fault.verdict == verdict).count();
    SelftestReport {
        network: untouched.simulation.network,
        network_hash: untouched.simulation.network_hash,
        layers: untouched.simulation.layers,
        images: untouched.simulation.images,
        accuracy: untouched.simulation.accuracy,
        mismatches: untouched.mismatches,
        caught: count(Verdict::Caught),
        missed: count(Verdict::Missed),
        faults,
    }
}

fn outcome(report: &SelftestReport) -> Outcome {
    if report.mismatches == 0 && report.missed == 0 { Outcome::Success } else { Outcome::Mismatch }
}

fn text(report: &SelftestReport) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(["fault", "", "images that differ", "accuracy"]);
    table.add_row(row("none", "", report.mismatches, report.images, Some(report.accuracy)));
    for fault in &report.faults {
        let verdict = match fault.verdict {
            Verdict::Caught => "caught",
            Verdict::Missed => "MISSED",
            Verdict::DoesNotApply => "does not apply",
        };
        table.add_row(row(&fault.fault.kind.name(), verdict, fault.mismatches, report.images, fault.accuracy));
    }
    let places: String = report.faults.iter().map(|fault| place(fault, &report.layers)).collect();
    format!("{}: faults planted in a copy of the hardware\n{table}\n{places}\n{}", report.network, conclusion(report))
}

fn row(name: &str, verdict: &str, mismatches: usize, images: usize, accuracy: Option<f64>) -> [String; 4] {
    let differ = accuracy.map_or("–".into(), |_| format!("{mismatches} of {images}"));
    [name.into(), verdict.into(), differ, accuracy.map_or("–".into(), |accuracy| format!("{accuracy:.2} %"))]
}

/// Where a fault lies and where it was seen first.
fn place(found: &FaultReport, layers: &[LayerReport]) -> String {
    let not = if found.verdict == Verdict::DoesNotApply { "does not apply: " } else { "" };
    let seen = found.first_divergence.as_ref().map(|divergence| format!("\n  {}", describe(divergence, layers)));
    let Fault { kind, .. } = found.fault;
    format!("\n{}\n  {not}{}{}", kind.name(), planted_text(&found.fault), seen.unwrap_or_default())
}

fn conclusion(report: &SelftestReport) -> String {
    let SelftestReport { caught, missed, mismatches, .. } = report;
    match (mismatches, missed) {
        (0, 0) => format!("all {caught} faults were caught"),
        (0, _) => format!("{missed} of {} faults were NOT caught: no image shows them", caught + missed),
        _ => "the copy differs even without a fault: see `firstspike compare`".into(),
    }
}
