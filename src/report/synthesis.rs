//! What synthesis gave, and how fast the network is with it.

use serde::{Deserialize, Serialize};

use super::{Report, Spread, Table, grouped, whole};
use crate::arch::FrameCost;
use crate::synth::{Area, PathStep, Placement, Seconds, SeedResult};

/// A placement of a design on a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SynthReport {
    /// Area, clock and critical path.
    #[serde(flatten)]
    pub placement: Placement,
    /// Whether it was placed by an earlier run, which took the seconds that are reported.
    pub is_from_cache: bool,
    /// Files of the design that are not what its network gives.
    pub edited: Vec<String>,
    /// By the cost model, back to back.
    pub latency_cycles: Option<Spread>,
    /// Mean, at the clock that was reached.
    pub latency_ns: Option<f64>,
    /// Images per second at that clock.
    pub images_per_second: Option<f64>,
}

impl Report for SynthReport {
    const NAME: &'static str = "synth";

    fn text(&self) -> String {
        let mut table = Table::new();
        self.add_board(&mut table);
        table.row("counted", &self.placement.scope);
        self.add_machine(table.group("this machine"));
        table.to_string()
    }

    fn details(&self) -> String {
        self.whole_path()
    }
}

impl SynthReport {
    /// `costs` are those of images that follow each other.
    pub fn new(placement: Placement, costs: Option<&[FrameCost]>, is_from_cache: bool, edited: Vec<String>) -> Self {
        let reached = placement.fmax_mhz;
        let latency = costs.and_then(|costs| Spread::of(costs.iter().map(FrameCost::latency)));
        let intervals =
            |costs: &[FrameCost]| Spread::of(costs.windows(2).map(|pair| pair[1].class_word - pair[0].class_word));
        SynthReport {
            placement,
            is_from_cache,
            edited,
            latency_cycles: latency,
            latency_ns: latency.zip(reached).map(|(latency, reached)| latency.mean * 1e3 / reached),
            images_per_second: costs
                .and_then(intervals)
                .zip(reached)
                .map(|(spread, reached)| reached * 1e6 / spread.mean),
        }
    }

    /// Figures of the chip.
    pub(super) fn add_board(&self, table: &mut Table) {
        let placement = &self.placement;
        table.group(format!("{}, {}", placement.target, placement.part)).edited(&self.edited);
        table.row("area", cells(&placement.area));
        if placement.core != placement.area {
            table.row("of it the core", cells(&placement.core));
        }
        let none = "– (no place and route)".to_owned();
        table.row("clock", placement.fmax_mhz.map_or(none, |mhz| format!("{mhz:.1} MHz, seed {}", placement.seed)));
        if placement.seeds.len() > 1 {
            let mhz = |seed: &SeedResult| seed.fmax_mhz.map_or("failed".to_owned(), |mhz| format!("{mhz:.1}"));
            let seeds = placement.seeds.iter().map(|seed| format!("{}: {}", seed.seed, mhz(seed)));
            table.row("seeds, MHz", seeds.collect::<Vec<_>>().join(", "));
        }
        if let Some(line) = path_line(&placement.critical_path) {
            table.row("critical path", line);
        }
        let speed = self.latency_ns.zip(self.images_per_second);
        let no_speed = if placement.fmax_mhz.is_some() { "– (give --data)" } else { "– (no clock)" };
        let speed = speed.map_or(no_speed.to_owned(), |(ns, rate)| {
            format!("{} ns mean latency, {} images/s", grouped(ns, 0), grouped(rate, 0))
        });
        table.row("speed", speed);
        if let Some(path) = &placement.bitstream {
            table.path("bitstream", path);
        }
    }

    /// What it took to find out.
    pub(super) fn add_machine(&self, table: &mut Table) {
        let Seconds { synthesis, place_and_route } = self.placement.seconds;
        let from = if self.is_from_cache { "from the cache; took " } else { "" };
        let placing = place_and_route.map_or(String::new(), |s| format!(", place and route {} s", grouped(s, 0)));
        table.row("synthesis", format!("{from}{} s{placing}", grouped(synthesis, 0)));
    }

    /// Every step of the critical path.
    pub(super) fn whole_path(&self) -> String {
        let steps = self.placement.critical_path.iter();
        let lines =
            steps.map(|step| format!("\n  {:5.2} ns  {:8}  {}", step.delay_ns, step.kind, unit_text(&step.unit)));
        let lines: String = lines.collect();
        if lines.is_empty() { lines } else { format!("\ncritical path: delay, kind, where it ends{lines}") }
    }
}

fn cells(area: &Area) -> String {
    let Area { lut4, carry, ff, bram, dsp } = *area;
    let [lut4, carry, ff, bram, dsp] = [lut4, carry, ff, bram, dsp].map(whole);
    format!("{lut4} LUTs, {carry} carry bits, {ff} FFs, {bram} BRAMs, {dsp} DSPs")
}

/// The critical path in a line: so much logic, so much routing, and the unit with the largest share of it.
fn path_line(path: &[PathStep]) -> Option<String> {
    let sum = |steps: &dyn Fn(&&PathStep) -> bool| path.iter().filter(steps).fold(0.0, |sum, step| sum + step.delay_ns);
    let (routing, all) = (sum(&|step| step.kind == "routing"), sum(&|_| true));
    let share = |step: &PathStep| sum(&|other| other.unit == step.unit);
    let longest = path.iter().max_by(|one, other| share(one).total_cmp(&share(other)))?;
    let is_alone = path.iter().all(|step| step.unit == longest.unit);
    let mostly = if is_alone { "in" } else { "mostly" };
    let unit = unit_text(&longest.unit);
    Some(format!("{all:.1} ns: {:.1} logic, {routing:.1} routing, {mostly} {unit}", all - routing))
}

/// A unit in words: `layer0 weight_memory` is layer0's weight memory.
fn unit_text(unit: &str) -> String {
    unit.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::super::painted;
    use super::super::samples::placed_digits;
    use super::*;

    #[test]
    fn seconds_of_an_earlier_run_are_told_as_such() {
        let row = |is_from_cache: bool| {
            let mut table = Table::new();
            placed_digits(is_from_cache).add_machine(&mut table);
            painted(&table.fitted(80))
        };
        assert_eq!(row(false), "  synthesis  19 s, place and route 1,187 s");
        assert_eq!(row(true), "  synthesis  from the cache; took 19 s, place and route 1,187 s");
        let report = placed_digits(true);
        let placement =
            Placement { seconds: Seconds { place_and_route: None, ..report.placement.seconds }, ..report.placement };
        let mut table = Table::new();
        SynthReport { placement, ..report }.add_machine(&mut table);
        assert_eq!(painted(&table.fitted(80)), "  synthesis  from the cache; took 19 s");
    }

    fn step(kind: &str, delay_ns: f64, unit: &str) -> PathStep {
        PathStep { kind: kind.into(), delay_ns, unit: unit.into() }
    }

    #[test]
    fn a_critical_path_fits_a_line() {
        let weights = "layer0 weight_memory";
        let steps = [
            step("clk-to-q", 0.5, weights),
            step("routing", 1.25, "layer0 neuron_lane"),
            step("logic", 0.25, weights),
            step("routing", 1.5, weights),
            step("setup", 0.0, "layer0 neuron_lane"),
        ];
        let expected = "3.5 ns: 0.8 logic, 2.8 routing, mostly layer0 weight memory";
        assert_eq!(path_line(&steps).as_deref(), Some(expected));
        assert_eq!(path_line(&steps[..1]).as_deref(), Some("0.5 ns: 0.5 logic, 0.0 routing, in layer0 weight memory"));
        assert_eq!(path_line(&[]), None);
        assert_eq!(unit_text("result_stream"), "result stream");
    }
}
