//! What place and route found out, from nextpnr's report and yosys' statistics.

use serde::Serialize;
use serde_json::Value;

/// Area, clock and critical path of a placed core.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Placement {
    pub target: String,
    pub part: String,
    /// What is counted.
    pub scope: &'static str,
    /// nextpnr's TRELLIS_COMB: LUT4s, those of carry chains included.
    pub lut4: u64,
    pub ff: u64,
    /// Carry cells; each takes two of the LUT4s.
    pub carry: u64,
    /// Block RAMs of 18 kbit.
    pub bram: u64,
    pub dsp: u64,
    pub fmax_mhz: f64,
    pub critical_path: Vec<PathStep>,
    pub seed: u32,
    /// None: a core out of context has no pins.
    pub bitstream: Option<String>,
    pub tools: ToolVersions,
    pub seconds: Seconds,
}

/// One delay of the critical path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathStep {
    /// `clk-to-q`, `logic`, `routing` or `setup`.
    pub kind: String,
    pub delay_ns: f64,
    /// Where the delay ends: layer and unit, as in the Verilog.
    pub unit: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolVersions {
    pub yosys: Option<String>,
    pub nextpnr: Option<String>,
}

/// Wall time of each stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Seconds {
    pub synthesis: f64,
    pub place_and_route: f64,
}

/// The figures of nextpnr's `--report` file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    pub lut4: u64,
    pub ff: u64,
    pub bram: u64,
    pub dsp: u64,
    pub fmax_mhz: f64,
    pub critical_path: Vec<PathStep>,
}

/// Reads nextpnr's report; says what is missing if it has another form.
pub(super) fn figures(report: &Value) -> Result<Figures, String> {
    let used = |resource: &str| {
        let count = report["utilization"][resource]["used"].as_u64();
        count.ok_or_else(|| format!("no utilization.{resource}.used"))
    };
    let path = critical_path(report);
    Ok(Figures {
        lut4: used("TRELLIS_COMB")?,
        ff: used("TRELLIS_FF")?,
        bram: used("DP16KD")?,
        dsp: used("MULT18X18D")?,
        fmax_mhz: fmax(report).ok_or("no fmax")?,
        critical_path: path,
    })
}

/// The core has one clock.
fn fmax(report: &Value) -> Option<f64> {
    report["fmax"].as_object()?.values().next()?["achieved"].as_f64()
}

/// The path from register to register; those to and from ports do not count out of context.
fn critical_path(report: &Value) -> Vec<PathStep> {
    let paths = report["critical_paths"].as_array().map_or(&[][..], Vec::as_slice);
    let clocked = |end: &Value| end.as_str().is_some_and(|end| end.starts_with("posedge"));
    let path = paths.iter().find(|path| clocked(&path["from"]) && clocked(&path["to"]));
    let steps = path.and_then(|path| path["path"].as_array()).map_or(&[][..], Vec::as_slice);
    let step = |step: &Value| PathStep {
        kind: step["type"].as_str().unwrap_or_default().into(),
        delay_ns: step["delay"].as_f64().unwrap_or_default(),
        unit: unit(step["to"]["cell"].as_str().unwrap_or_default()),
    };
    steps.iter().map(step).collect()
}

/// Layer and unit of a cell: `layer0.integrate_fire_i.weight_memory_i.memory.0.5` is `layer0 weight_memory`.
fn unit(cell: &str) -> String {
    let parts: Vec<&str> = cell.split('.').collect();
    let layer =
        parts.first().filter(|part| part.starts_with("layer")).map(|part| part.split('_').next().unwrap_or(part));
    let module = parts.iter().rev().find_map(|part| part.strip_suffix("_i"));
    match (layer, module) {
        (Some(layer), Some(module)) => format!("{layer} {module}"),
        (Some(layer), None) => layer.to_owned(),
        (None, Some(module)) => module.to_owned(),
        (None, None) => cell.to_owned(),
    }
}

/// A resource of which the part has too little, from nextpnr's log: name, used, available.
pub(super) fn overfull(log: &str) -> Option<(String, u64, u64)> {
    log.lines().find_map(|line| {
        let (name, figures) = line.strip_prefix("Info:")?.split_once(':')?;
        let (used, rest) = figures.split_once('/')?;
        let used: u64 = used.trim().parse().ok()?;
        let available: u64 = rest.split_whitespace().next()?.parse().ok()?;
        (used > available).then(|| (name.trim().to_owned(), used, available))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_report_is_read_and_cells_get_our_names() {
        let end = |cell: &str| json!({ "cell": cell, "port": "D" });
        let report = json!({
            "utilization": { "TRELLIS_COMB": { "used": 7 }, "TRELLIS_FF": { "used": 5 }, "DP16KD": { "used": 2 },
                             "MULT18X18D": { "used": 0 } },
            "fmax": { "clk": { "achieved": 123.5, "constraint": 100.0 } },
            "critical_paths": [
                { "from": "async", "to": "posedge clk", "path": [] },
                { "from": "posedge clk", "to": "posedge clk", "path": [
                    { "type": "clk-to-q", "delay": 0.5, "to": end("layer0.integrate_fire_i.weight_memory_i.memory.0.5") },
                    { "type": "setup", "delay": 0.25, "to": end("result_stream_i.best_q_TRELLIS_FF_Q") } ] } ]
        });
        let figures = figures(&report).unwrap();
        assert_eq!((figures.lut4, figures.ff, figures.bram, figures.dsp, figures.fmax_mhz), (7, 5, 2, 0, 123.5));
        let units: Vec<_> = figures.critical_path.iter().map(|step| step.unit.as_str()).collect();
        assert_eq!(units, ["layer0 weight_memory", "result_stream"]);
    }

    #[test]
    fn a_report_of_another_form_is_named() {
        assert_eq!(figures(&json!({})).unwrap_err(), "no utilization.TRELLIS_COMB.used");
    }

    #[test]
    fn the_resource_that_ran_out_is_found() {
        let log = "Info: Device utilisation:\nInfo: \t          TRELLIS_FF:    6235/  24288    25%\n\
                   Info: \t              DP16KD:      59/     56   105%\nERROR: no";
        assert_eq!(overfull(log), Some(("DP16KD".into(), 59, 56)));
        assert_eq!(overfull("Info: \t DP16KD: 56/ 56 100%"), None);
    }
}
