//! Files made to do harm: whatever they ask for, the answer comes within 2 s and 200 MB, and is safe to print.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{refused_at_once, run_limited, text, write_model};

const EVALUATE: &[&str] = &["evaluate", "model", "--data", "digits"];

/// Rewrites `model.json`.
fn edit_model(folder: &Path, edit: impl FnOnce(&mut Value)) {
    let path = folder.join("model/model.json");
    let mut header: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    edit(&mut header);
    fs::write(path, header.to_string()).unwrap();
}

fn steers(text: &str) -> bool {
    text.chars().any(|c| c != '\n' && c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'))
}

const HOSTILE: &str = "int4\u{1b}]0;owned\u{7}\u{1b}[2J\0\u{9b}31m\u{202e}txet";

#[test]
fn no_text_of_a_file_steers_the_terminal() {
    let stderr = refused_at_once(EVALUATE, |folder| {
        edit_model(folder, |header| {
            header["layers"][0]["weight_format"] = json!(HOSTILE);
            header["layers"][0][HOSTILE] = json!(1);
            header["weights"] = json!("a\u{1b}[31mred");
            header["name"] = json!("long".repeat(1000));
        });
    });
    insta::assert_snapshot!(stderr, @r##"
    error[model/model-invalid]: model/model.json: 4 mistake(s)
      - name is "longlonglonglonglonglonglonglonglonglonglonglonglonglonglong…", expected at most 64 characters: a lower-case letter, then lower-case letters, digits, _ or -
      - layers[0].weight_format: "int4\u{1b}]0;owned\u{7}\u{1b}[2J\0\u{9b}31m\u{202e}txet" is no weight format: expected int2 … int16, ternary or binary
      - layers[0].int4\u{1b}]0;owned\u{7}\u{1b}[2J\0\u{9b}31m\u{202e}txet is unknown, expected only type, name, inputs, outputs, weight_format
      - weights: neither model/a\u{1b}[31mred nor model/a\u{1b}[31mred.gz is there, expected one of them
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    let stderr = refused_at_once(&["compare", "design", "--data", "digits"], |folder| {
        fs::create_dir(folder.join("design")).unwrap();
        let manifest = json!({ "format": "firstspike-design", "version": 1, HOSTILE: 1 });
        fs::write(folder.join("design/manifest.json"), manifest.to_string()).unwrap();
    });
    assert!(stderr.contains("unknown field") && !steers(&stderr), "{stderr:?}");
}

#[test]
fn json_says_the_same_without_steering() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    edit_model(folder.path(), |header| header["layers"][0]["weight_format"] = json!(HOSTILE));
    let printed = text(&run_limited(folder.path(), &[&["--json"], EVALUATE].concat()).stdout);
    let object: Value = serde_json::from_str(&printed).unwrap();
    assert!(!steers(&printed) && object["error"]["problems"][0].as_str().unwrap().contains("int4"), "{printed:?}");
    // A file may have any name.
    let name = "set\u{202e}\u{1b}[2J.csv";
    let row = format!("{}0\n", "0,".repeat(64));
    fs::write(folder.path().join(name), row.repeat(2)).unwrap();
    write_model(folder.path(), 10);
    let evaluate = ["evaluate", "model", "--data", name];
    let printed = text(&run_limited(folder.path(), &evaluate).stdout);
    assert!(!steers(&printed) && printed.contains("set\\u{202e}"), "{printed:?}");
    let printed = text(&run_limited(folder.path(), &[&["--json"], &evaluate[..]].concat()).stdout);
    assert!(!steers(&printed), "{printed:?}");
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["data"], name);
}
