//! Area and clock of placed cores against `tests/baselines/synth.json`. A baseline has a tolerance per metric, since place and route of
//! a slightly different netlist gives a slightly different result.

use std::path::Path;

use serde_json::Value;

use crate::support::{run, text};

const BASELINES: &str = include_str!("../baselines/synth.json");

/// The metrics of `report` that are worse than those of `baseline` by more than their tolerance, in percent.
fn worse(baseline: &Value, report: &Value) -> Vec<String> {
    let metrics = baseline["metrics"].as_object().expect("a baseline has metrics");
    let verdict = |(name, metric): (&String, &Value)| {
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{name}: {value} is no number"));
        let (value, tolerance, found) =
            (number(&metric["value"]), number(&metric["tolerance"]) / 100.0, number(&report[name.as_str()]));
        let holds =
            if name == "fmax_mhz" { found >= value * (1.0 - tolerance) } else { found <= value * (1.0 + tolerance) };
        (!holds).then(|| format!("{name} is {found}, the baseline {value} within {} %", tolerance * 100.0))
    };
    metrics.iter().filter_map(verdict).collect()
}

fn holds_its_baseline(name: &str) {
    let baselines: Value = serde_json::from_str(BASELINES).unwrap();
    let baseline = &baselines[name];
    let folder = tempfile::tempdir().unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name);
    let option =
        |key: &str, name: &'static str| baseline[key].as_str().into_iter().flat_map(move |value| [name, value]);
    let mut generate = vec!["generate", model.to_str().unwrap(), "-o", "design"];
    generate.extend(option("lanes", "--lanes"));
    assert_eq!(run(folder.path(), &generate).status.code(), Some(0));
    let target = baseline["target"].as_str().unwrap();
    let mut synth = vec!["synth", "design", "--target", target, "--core", "--json"];
    synth.extend(["--seed", baseline["seed"].as_str().unwrap_or("1")]);
    synth.extend(option("freq", "--freq"));
    let done = run(folder.path(), &synth);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let worse = worse(baseline, &report);
    assert!(worse.is_empty(), "{name} on {target}: {}", worse.join("; "));
}

#[test]
fn digits_hold_their_baseline() {
    holds_its_baseline("digits");
}

#[test]
#[ignore = "takes minutes: `make synth-test`"]
fn mnist_dense_holds_its_baseline() {
    holds_its_baseline("mnist-dense");
}

#[test]
#[ignore = "takes minutes: `make synth-test`"]
fn mnist_128_holds_its_baseline() {
    holds_its_baseline("mnist-128");
}

#[test]
#[ignore = "takes many minutes: `make synth-test`"]
fn mnist_conv_holds_its_baseline() {
    holds_its_baseline("mnist-conv");
}

#[test]
fn a_worse_figure_is_named_and_a_better_one_is_not() {
    let baseline = serde_json::json!({ "metrics": {
        "lut4": { "value": 1000, "tolerance": 2 },
        "dsp": { "value": 0, "tolerance": 0 },
        "fmax_mhz": { "value": 100.0, "tolerance": 5 },
    } });
    let report = |lut4: u64, dsp: u64, fmax: f64| serde_json::json!({ "lut4": lut4, "dsp": dsp, "fmax_mhz": fmax });
    assert!(worse(&baseline, &report(1020, 0, 95.0)).is_empty());
    assert!(worse(&baseline, &report(900, 0, 150.0)).is_empty());
    assert_eq!(worse(&baseline, &report(1021, 1, 94.9)).len(), 3);
}
