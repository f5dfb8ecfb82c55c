//! What place and route found out, from nextpnr's report and log.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cell::Area;

/// Area, clock and critical path of a synthesized design.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// The board.
    pub target: String,
    /// The part on it.
    pub part: String,
    /// What is counted.
    pub scope: String,
    /// What it takes of the part.
    #[serde(flatten)]
    pub area: Area,
    /// What of it is the core's: layers and readout, without latency encoder, shell and clock generator.
    pub core: Area,
    /// After routing, from register to register; none where there was no place and route.
    pub fmax_mhz: Option<f64>,
    /// The longest path, from its start on.
    pub critical_path: Vec<PathStep>,
    /// The seed of this placement.
    pub seed: u32,
    /// All seeds that were tried.
    pub seeds: Vec<SeedResult>,
    /// Path of the bitstream; none if the core was placed alone, or if it does not reach its clock.
    pub bitstream: Option<String>,
    /// The tools that were used.
    pub tools: ToolVersions,
    /// Wall time, in seconds.
    pub seconds: Seconds,
}

/// What one seed of the placer gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedResult {
    /// The seed.
    pub seed: u32,
    /// None if place and route failed with this seed.
    pub fmax_mhz: Option<f64>,
    /// Wall time, in seconds.
    pub seconds: f64,
}

/// One delay of the critical path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PathStep {
    /// `clk-to-q`, `logic`, `routing` or `setup`.
    pub kind: String,
    /// The delay, in ns.
    pub delay_ns: f64,
    /// Where the delay ends: layer and unit, as in the Verilog.
    pub unit: String,
}

/// Versions of the tools that were used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolVersions {
    /// Of yosys.
    pub yosys: Option<String>,
    /// Of nextpnr.
    pub nextpnr: Option<String>,
    /// Of what packs the bitstream.
    pub packer: Option<String>,
}

/// Wall time of each stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Of yosys, in seconds.
    pub synthesis: f64,
    /// Of all seeds.
    pub place_and_route: Option<f64>,
}

/// Clock and critical path from nextpnr's `--report` file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Timing {
    pub fmax_mhz: f64,
    pub critical_path: Vec<PathStep>,
}

/// Reads nextpnr's report. Of several clocks the slowest counts. None if the report has another form.
pub(super) fn timing(report: &Value) -> Option<Timing> {
    let clocks = report["fmax"].as_object()?;
    let achieved = |figures: &Value| figures["achieved"].as_f64();
    let clocks = clocks.iter().filter_map(|(name, figures)| Some((name, achieved(figures)?)));
    let (clock, fmax_mhz) = clocks.min_by(|(_, one), (_, other)| one.total_cmp(other))?;
    Some(Timing { fmax_mhz, critical_path: critical_path(report, clock) })
}

/// The path from register to register; those to and from ports do not count.
fn critical_path(report: &Value, clock: &str) -> Vec<PathStep> {
    let paths = report["critical_paths"].as_array().map_or(&[][..], Vec::as_slice);
    let clocked = |end: &Value| end.as_str().and_then(|end| end.strip_prefix("posedge ")) == Some(clock);
    let path = paths.iter().find(|path| clocked(&path["from"]) && clocked(&path["to"]));
    let steps = path.and_then(|path| path["path"].as_array()).map_or(&[][..], Vec::as_slice);
    let step = |step: &Value| PathStep {
        kind: step["type"].as_str().unwrap_or_default().into(),
        delay_ns: step["delay"].as_f64().unwrap_or_default(),
        unit: unit(step["to"]["cell"].as_str().unwrap_or_default()),
    };
    steps.iter().map(step).collect()
}

/// Layer and unit of a cell: `core_i.layer0.integrate_fire_i.weight_memory_i.memory.0.5` is `layer0 weight_memory`.
fn unit(cell: &str) -> String {
    let parts: Vec<&str> = cell.split('.').collect();
    let place = parts.iter().find_map(|part| match *part {
        "shell_i" => Some("shell"),
        part => part.starts_with("layer").then(|| part.split('_').next().unwrap_or(part)),
    });
    let modules = parts.iter().rev().filter_map(|part| part.strip_suffix("_i"));
    let module = modules.into_iter().find(|module| !["core", "shell"].contains(module));
    match (place, module) {
        (Some(place), Some(module)) => format!("{place} {module}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => signal(cell).to_owned(),
    }
}

/// The signal that the tools named a cell after: of `m_axis_tdata_TRELLIS_FF_Q_30` what stands before the kinds of cells, which they write
/// in capitals.
fn signal(cell: &str) -> &str {
    let capital = cell.find(|c: char| c.is_ascii_uppercase()).unwrap_or(cell.len());
    let signal = cell[..capital].trim_end_matches('_');
    if signal.is_empty() { cell } else { signal }
}

/// A resource of a part, as nextpnr counts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Utilization {
    pub resource: String,
    pub used: u64,
    pub available: u64,
}

/// The resources that keep a design from the part, from the log of a nextpnr that failed: those of which it needs more than there are, or
/// the scarcest one if the placer found no places. None if it failed for another reason.
pub(super) fn overfull(log: &str) -> Option<Vec<Utilization>> {
    let mut all: Vec<Utilization> = log.lines().filter_map(utilization).collect();
    let over: Vec<_> = all.iter().filter(|line| line.used > line.available).cloned().collect();
    if !over.is_empty() {
        return Some(over);
    }
    // Words of the placers: "Unable to find legal placement for all cells", "failed to place cell".
    let refused = log.contains("legal placement") || log.contains("failed to place");
    all.retain(|line| line.available > 1);
    let scarcest = all.into_iter().max_by(|one, other| {
        let share = |line: &Utilization| line.used as f64 / line.available as f64;
        share(one).total_cmp(&share(other))
    });
    scarcest.filter(|_| refused).map(|line| vec![line])
}

fn utilization(line: &str) -> Option<Utilization> {
    let (name, figures) = line.strip_prefix("Info:")?.split_once(':')?;
    let (used, rest) = figures.split_once('/')?;
    let available = rest.split_whitespace().next()?.parse().ok()?;
    Some(Utilization { resource: name.trim().to_owned(), used: used.trim().parse().ok()?, available })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_slowest_clock_counts_and_cells_get_our_names() {
        let end = |cell: &str| json!({ "cell": cell, "port": "D" });
        let report = json!({
            "fmax": { "clk_in": { "achieved": 300.0 }, "clk": { "achieved": 123.5, "constraint": 100.0 } },
            "critical_paths": [
                { "from": "async", "to": "posedge clk", "path": [] },
                { "from": "posedge clk_in", "to": "posedge clk_in", "path": [] },
                { "from": "posedge clk", "to": "posedge clk", "path": [
                    { "type": "clk-to-q", "delay": 0.5, "to": end("core_i.layer0.integrate_fire_i.weight_memory_i.memory.0.5") },
                    { "type": "routing", "delay": 0.5, "to": end("shell_i.uart_rx_i.count_q_TRELLIS_FF_Q") },
                    { "type": "setup", "delay": 0.25, "to": end("result_stream_i.best_q_TRELLIS_FF_Q") } ] } ]
        });
        let timing = timing(&report).unwrap();
        assert_eq!(timing.fmax_mhz, 123.5);
        let units: Vec<_> = timing.critical_path.iter().map(|step| step.unit.as_str()).collect();
        assert_eq!(units, ["layer0 weight_memory", "shell uart_rx", "result_stream"]);
    }

    #[test]
    fn cells_of_the_top_are_named_after_their_signal() {
        let cells = ["m_axis_tdata_TRELLIS_FF_Q_30_DI_L6MUX21_Z", "$nextpnr_CCU2C_1$CCU2_COMB0", "LUT4_Z", "clk"];
        assert_eq!(cells.map(unit), ["m_axis_tdata", "$nextpnr", "LUT4_Z", "clk"]);
    }

    #[test]
    fn a_report_of_another_form_gives_nothing() {
        assert_eq!(timing(&json!({})), None);
        assert_eq!(timing(&json!({ "fmax": {} })), None);
    }

    #[test]
    fn the_resources_that_ran_out_are_found() {
        let log = "Info: Device utilization:\nInfo: \t          TRELLIS_FF:    6235/  24288    25%\n\
                   Info: \t              DP16KD:      59/     56   105%\nERROR: no";
        let expected = |used| vec![Utilization { resource: "DP16KD".into(), used, available: 56 }];
        assert_eq!(overfull(log), Some(expected(59)));
        let full = "Info: \t DP16KD: 56/ 56 100%\nInfo: \t PLL: 1/ 1 100%\n";
        assert_eq!(overfull(full), None);
        assert_eq!(overfull(&format!("{full}ERROR: Unable to find legal placement for all cells")), Some(expected(56)));
    }
}
