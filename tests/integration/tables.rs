//! Tables of numbers: labels by name, values that become pixels, rows that training never sees.

use std::fs;
use std::path::Path;

use firstspike::data::Schema;
use firstspike::model;
use serde_json::Value;

use crate::support::{run, text, write_model};

/// The iris table, sorted by species, as `folder/iris.csv`.
fn iris(folder: &Path) -> String {
    let table = include_str!("../../data/iris/iris.csv");
    fs::write(folder.join("iris.csv"), table).unwrap();
    table.into()
}

/// The result of a command that must succeed, and what it said beside.
fn result(folder: &Path, args: &[&str]) -> (Value, String) {
    let done = run(folder, &[args, &["--json"]].concat());
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{args:?}\n{stderr}");
    (serde_json::from_slice(&done.stdout).unwrap(), stderr)
}

/// Trains a small network on `table` as `folder/float` and quantizes it as `folder/model`.
fn trained(folder: &Path, table: &str, options: &[&str]) -> (Value, String) {
    let small = ["--hidden", "16", "--time-steps", "16", "--epochs", "60", "--batch", "10", "--learning-rate", "0.02"];
    let report = result(folder, &[&["train", "--data", table, "--force", "-o", "float"][..], &small, options].concat());
    result(folder, &["quantize", "float", "-o", "model"]);
    report
}

fn refused(folder: &Path, args: &[&str]) -> String {
    let done = run(folder, args);
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("help: ") && !stderr.contains("panicked"), "{stderr}");
    stderr
}

#[test]
fn every_command_holds_out_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    iris(folder.path());
    let (report, notes) = trained(folder.path(), "iris.csv", &["--split", "0.2", "--seed", "3"]);
    assert_eq!((report["training_images"].as_u64(), report["test_images"].as_u64()), (Some(120), Some(30)));
    assert!(notes.contains("label: species; 3 classes: setosa, versicolor, virginica"), "{notes}");
    let (quantized, _) = result(folder.path(), &["quantize", "float", "--data", "iris.csv", "-o", "model"]);
    let (tested, _) = result(folder.path(), &["evaluate", "model", "--data", "iris.csv", "--confusion"]);
    let (others, _) = result(folder.path(), &["evaluate", "model", "--data", "iris.csv", "--split", "train"]);
    assert_eq!((tested["rows"].as_str(), tested["images"].as_u64()), (Some("test"), Some(30)));
    assert_eq!((others["rows"].as_str(), others["images"].as_u64()), (Some("training"), Some(120)));
    assert_eq!(tested["correct"], report["test_correct"]);
    assert_eq!(tested["correct"], quantized["accuracy"]["integer_correct"]);
    let rows = tested["confusion"]["counts"].as_array().unwrap();
    let per_label = rows.iter().map(|row| row.as_array().unwrap().iter().filter_map(Value::as_u64).sum::<u64>());
    assert_eq!(per_label.collect::<Vec<_>>(), [10, 10, 10]);
    assert!(report["test_accuracy"].as_f64() > Some(0.6), "{report}");
    assert_eq!(run(folder.path(), &["generate", "model", "-o", "design"]).status.code(), Some(0));
    let compared = result(folder.path(), &["compare", "design", "--data", "iris.csv", "--quick"]).0;
    assert_eq!((compared["images"].as_u64(), compared["rows"].as_str()), (Some(30), Some("test")));
    assert_eq!(compared["mismatches"], 0);
    // Quantization adds to it how active the network is, and nothing else.
    let schema = |model| model::read_schema(&folder.path().join(model)).unwrap();
    let quantized = schema("design/model");
    assert_eq!(quantized.activity.as_ref().map(|activity| activity.images), Some(120));
    assert_eq!(Schema { activity: None, ..quantized }, schema("float"));
}

#[test]
fn labels_of_another_table_are_found_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let table = iris(folder.path());
    trained(folder.path(), "iris.csv", &[]);
    let all = result(folder.path(), &["evaluate", "model", "--data", "iris.csv", "--confusion"]).0;
    assert_eq!(all["rows"], "training");
    let counts = &all["confusion"]["counts"];
    // Without the first class the others would move down if they were counted.
    let some: String = table.lines().filter(|line| !line.ends_with("setosa")).map(|line| format!("{line}\n")).collect();
    fs::write(folder.path().join("some.csv"), some.replace(',', ";")).unwrap();
    let some = result(folder.path(), &["evaluate", "model", "--data", "some.csv"]).0;
    assert_eq!(some["rows"], "unknown");
    let expected = counts[1][1].as_u64().unwrap() + counts[2][2].as_u64().unwrap();
    assert_eq!(some["correct"].as_u64(), Some(expected));
    fs::write(folder.path().join("odd.csv"), table.replace("setosa", "tulip")).unwrap();
    let error = refused(folder.path(), &["evaluate", "model", "--data", "odd.csv"]);
    assert!(error.contains("3 classes: tulip, versicolor, virginica"), "{error}");
    assert!(error.contains("3 classes: setosa, versicolor, virginica"), "{error}");
}

#[test]
fn a_figure_is_named_for_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let table = iris(folder.path());
    let train = |options: &[&str]| {
        let done = run(
            folder.path(),
            &[&["train", "--data", "iris.csv", "--hidden", "", "--epochs", "2", "--force", "-o", "float"], options]
                .concat(),
        );
        text(&done.stdout)
    };
    let alone = train(&[]);
    assert!(alone.contains("training accuracy") && !alone.contains("test accuracy"), "{alone}");
    assert!(train(&["--split", "0.1"]).contains("of 15)"));
    fs::write(
        folder.path().join("test.csv"),
        table.lines().take(11).map(|line| format!("{line}\n")).collect::<String>(),
    )
    .unwrap();
    let test = ["train", "--data", "iris.csv", "--test", "test.csv", "--epochs", "2", "--force", "-o", "other"];
    let notes = result(folder.path(), &test).1;
    assert!(notes.contains("warning: 10 of 10 rows of test.csv are rows of iris.csv, too"), "{notes}");
    assert!(train(&["--test", "test.csv"]).contains("of 10)"));
    fs::write(folder.path().join("more.csv"), format!("{table}5.0,3.4,1.5,0.2,setosa\n")).unwrap();
    let evaluate = |table: &str, options: &[&str]| {
        text(&run(folder.path(), &[&["evaluate", "float", "--data", table], options].concat()).stdout)
    };
    let is_test = |shown: String| shown.contains("test accuracy") && !shown.contains("may be among");
    assert!(is_test(evaluate("test.csv", &[])) && is_test(evaluate("more.csv", &["--split", "test"])));
    let more = evaluate("more.csv", &[]);
    assert!(more.contains("of 151 images; rows may be among those trained on)"), "{more}");
    assert!(!more.contains("test"), "{more}");
    let error = refused(folder.path(), &["train", "--data", "digits", "--split", "0.1", "-o", "other"]);
    assert!(error.contains("--split is for tables"), "{error}");
}

#[test]
fn validation_is_drawn_from_all_of_a_sorted_table() {
    let folder = tempfile::tempdir().unwrap();
    iris(folder.path());
    let (report, _) = trained(folder.path(), "iris.csv", &["--validation", "30"]);
    assert!(report["validation_accuracy"].as_f64() > Some(0.5), "{report}");
}

#[test]
fn the_label_may_be_first_and_need_not_count_from_0() {
    let folder = tempfile::tempdir().unwrap();
    let row = |index: usize| format!("{},{},{},7\n", 3 * (index % 3) + 5, 100 * (index % 3), 200 - 100 * (index % 3));
    let table: String = (0..60).map(row).collect();
    fs::write(folder.path().join("x.csv"), &table).unwrap();
    let (report, notes) = trained(folder.path(), "x.csv", &[]);
    assert!(notes.contains("label: first (a guess; --label says otherwise); 3 classes: 5, 8, 11"), "{notes}");
    assert_eq!(report["training_accuracy"], 1.0);
    let schema = model::read_schema(&folder.path().join("model")).unwrap();
    assert_eq!(schema.classes, ["5", "8", "11"]);
    // The model remembers where its labels are: one row alone could not show it.
    fs::write(folder.path().join("one.csv"), "8,100,100,7\n").unwrap();
    let one = result(folder.path(), &["evaluate", "model", "--data", "one.csv", "--confusion"]).0;
    assert_eq!(one["confusion"]["classes"], serde_json::json!(["8"]));
}

#[test]
fn small_ranges_are_warned_of_and_scaled() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let row = |index: usize| format!("{}{}\n", format!("{},", index % 17).repeat(64), index % 10);
    fs::write(folder.path().join("x.csv"), (0..40).map(row).collect::<String>()).unwrap();
    let evaluate = |options: &[&str]| {
        let (figures, notes) =
            result(folder.path(), &[&["evaluate", "model", "--data", "x.csv", "--label", "last"], options].concat());
        (figures["input_events"].as_f64().unwrap(), notes)
    };
    let (events, notes) = evaluate(&[]);
    assert!(notes.contains("warning: the largest value of x.csv is 16, far from 255"), "{notes}");
    assert!(notes.contains("40 rows of 64 columns as images of 8 × 8"), "{notes}");
    let (scaled, notes) = evaluate(&["--scale", "0:16"]);
    assert!(!notes.contains("warning") && notes.contains("0 … 16 become 0 … 255"), "{notes}");
    assert_eq!(events, scaled);
    let columns = ["evaluate", "model", "--data", "x.csv", "--label", "last", "--scale", "columns"];
    let error = refused(folder.path(), &columns);
    assert!(error.contains("data-scale"), "{error}");
}

#[test]
fn rows_without_places_are_no_images() {
    let folder = tempfile::tempdir().unwrap();
    iris(folder.path());
    for options in [["--shift", "1"], ["--layers", "4C3"], ["--layers", "P2-4"]] {
        let error = refused(folder.path(), &[&["train", "--data", "iris.csv", "-o", "out"], &options[..]].concat());
        assert!(error.contains("rows of 4 columns are no images"), "{error}");
    }
}

#[test]
fn there_may_be_more_than_255_labels() {
    let folder = tempfile::tempdir().unwrap();
    let row = |index: usize| format!("{},{},{}\n", index % 16 * 17, index / 16 % 16 * 17, index % 300);
    fs::write(folder.path().join("x.csv"), (0..600).map(row).collect::<String>()).unwrap();
    let options = ["--hidden", "8", "--epochs", "1", "--label", "last", "-o", "float"];
    result(folder.path(), &[&["train", "--data", "x.csv"][..], &options].concat());
    let figures = result(folder.path(), &["evaluate", "float", "--data", "x.csv", "--confusion"]).0;
    let classes = figures["confusion"]["classes"].as_array().unwrap();
    assert_eq!((classes.len(), &classes[299]), (300, &Value::from("299")));
}

#[test]
fn one_class_and_too_many_are_mistakes_of_the_data() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one.csv"), "1,2,a\n3,4,a\n").unwrap();
    let error = refused(folder.path(), &["train", "--data", "one.csv", "-o", "out"]);
    assert!(error.contains("one.csv: the data have one class, \"a\""), "{error}");
    fs::write(folder.path().join("many.csv"), (0..70_000).map(|row| format!("{row},1,k{row}\n")).collect::<String>())
        .unwrap();
    let done = run(folder.path(), &["train", "--data", "many.csv", "-o", "out", "--json"]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done.stderr));
    assert!(text(&done.stderr).contains("more than 65536 different labels"), "{}", text(&done.stderr));
    assert!(!folder.path().join("out").exists());
}

#[test]
fn columns_are_found_by_name_whatever_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let table = iris(folder.path());
    trained(folder.path(), "iris.csv", &["--split", "0.2"]);
    let write = |name: &str, row: fn([&str; 5]) -> String| {
        let rows = table.lines().map(|line| row(line.split(',').collect::<Vec<_>>().try_into().unwrap()));
        fs::write(folder.path().join(name), rows.collect::<String>()).unwrap();
    };
    let evaluate = |name: &str| result(folder.path(), &["evaluate", "model", "--data", name]);
    let expected = evaluate("iris.csv").0;
    write("turned.csv", |[a, b, c, d, label]| format!("{label};{d};{b};{c};{a}\n"));
    let turned = evaluate("turned.csv").0;
    assert_eq!((&turned["rows"], &turned["correct"]), (&expected["rows"], &expected["correct"]));
    write("wider.csv", |[a, b, c, d, label]| format!("{b},{a},{a}2,{d},{c},{label}\n"));
    let (wider, notes) = evaluate("wider.csv");
    assert_eq!(wider["correct"], expected["correct"]);
    assert!(notes.contains("wider.csv: columns left out that the network does not know: 1"), "{notes}");
    fs::write(folder.path().join("other.csv"), table.replacen("petal", "leaf", 1)).unwrap();
    let error = refused(folder.path(), &["evaluate", "model", "--data", "other.csv"]);
    assert!(error.contains("the table has 4 columns: ") && error.contains("the network has 4 columns: "), "{error}");
}
