//! What became of planted faults.

use serde::{Deserialize, Serialize};

use super::words::{describe, describe_fault, describe_rough, planted_text};
use super::{ComparisonReport, LayerReport, Report, Table, whole};
use crate::cosim;
use crate::plant::Fault;
use crate::verify::{Divergence, RoughReport};

/// What became of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The comparison found it.
    Caught,
    /// The comparison did not find it.
    Missed,
    /// The design has no place for it.
    DoesNotApply,
}

/// A fault that was planted, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultReport {
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// Whether it was found.
    pub verdict: Verdict,
    /// What was found.
    #[serde(flatten)]
    pub found: Option<Found>,
}

/// What the comparison found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Images of the set that differ, ...
    pub mismatches: usize,
    /// The first place where the two differ; none if they are equal.
    pub first_divergence: Option<Divergence>,
    /// The rule that the design broke, if one.
    pub broken_rule: Option<cosim::Fault>,
    /// ... and what the rough run showed if none does.
    pub rough: Option<RoughReport>,
    /// Of the hardware's classes, in percent.
    pub accuracy: f64,
}

/// Whether the comparison catches what is planted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelftestReport {
    /// Name of the network.
    pub network: String,
    /// Hash of the network, as `IntegerNetwork::hash` gives it.
    pub network_hash: String,
    /// The layers, from the input on.
    pub layers: Vec<LayerReport>,
    /// How many images.
    pub images: usize,
    /// Whether the copy without a fault is equal to the golden model.
    pub is_equal: bool,
    /// What was found in the design as it is.
    pub untouched: Found,
    /// Faults that were found.
    pub caught: usize,
    /// Faults that were not.
    pub missed: usize,
    /// Every fault.
    pub faults: Vec<FaultReport>,
}

impl Report for SelftestReport {
    const NAME: &'static str = "selftest";

    fn text(&self) -> String {
        let mut table = Table::new();
        table.group(format!("faults planted in a copy of {}: images that differ, accuracy", self.network));
        table.verdict("none", self.untouched.figures(self.images), self.is_equal);
        for fault in &self.faults {
            let is_good = fault.verdict != Verdict::Missed;
            table.verdict(fault.fault.kind.name(), verdict(fault, self.images), is_good);
        }
        let places: String = self.faults.iter().map(|fault| place(fault, &self.layers)).collect();
        format!("{table}\n{places}\n\n{}", conclusion(self))
    }
}

impl SelftestReport {
    /// `untouched` compares the copy in which no fault is awake.
    pub fn new(untouched: ComparisonReport, faults: Vec<FaultReport>) -> Self {
        let count = |verdict| faults.iter().filter(|fault| fault.verdict == verdict).count();
        SelftestReport {
            network: untouched.simulation.network.clone(),
            network_hash: untouched.simulation.network_hash.clone(),
            layers: untouched.simulation.layers.clone(),
            images: untouched.simulation.images,
            is_equal: untouched.is_equal(),
            caught: count(Verdict::Caught),
            missed: count(Verdict::Missed),
            untouched: untouched.into(),
            faults,
        }
    }

    /// Whether every fault that applies was caught, and nothing else.
    pub fn is_good(&self) -> bool {
        self.is_equal && self.missed == 0
    }
}

impl From<ComparisonReport> for Found {
    fn from(report: ComparisonReport) -> Self {
        Found {
            mismatches: report.mismatches,
            first_divergence: report.first_divergence,
            broken_rule: report.simulation.fault,
            rough: report.rough,
            accuracy: report.simulation.accuracy,
        }
    }
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
