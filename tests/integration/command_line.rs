//! Exit codes, `--json`, and standard output that goes nowhere.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;

use clap::CommandFactory;
use firstspike::cli::Cli;
use serde_json::Value;

use crate::support::{firstspike, run, text, write_model};

/// The names of all commands.
fn commands() -> Vec<String> {
    Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

fn printed(args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), args);
    assert_eq!(done.status.code(), Some(0), "{args:?}: {}", text(&done.stderr));
    text(&done.stdout)
}

/// A long list of options is read in groups, and what every command has stands at the end.
#[test]
fn help_is_in_groups() {
    for command in commands() {
        let help = printed(&[&command, "--help"]);
        let mut options = BTreeMap::<_, usize>::new();
        let mut group = "";
        for line in help.lines() {
            group = line.strip_suffix(':').filter(|title| !title.starts_with(' ')).unwrap_or(group);
            *options.entry(group).or_default() +=
                usize::from(line.trim_start().starts_with('-') && line.contains("--"));
        }
        assert!(options.values().all(|&count| count <= 10), "{command}: {options:?}");
        let (_, global) = help.split_once("Global options:\n").unwrap();
        assert!(!global.contains(":\n\n") && global.contains("--json") && global.contains("--help"), "{help}");
    }
    let help = printed(&["train", "--help"]);
    let titles = ["Data:", "Network:", "Training:", "Regularization:", "Augmentation:", "Output:", "Global options:"];
    for title in titles {
        assert!(help.contains(&format!("\n{title}\n")), "{title}: {help}");
    }
    assert!(!help.contains("\nOptions:\n"), "{help}");
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
        assert!(script.contains("time-steps"), "{shell}");
    }
    let object: Value = serde_json::from_str(&printed(&["--json", "completions", "fish"])).unwrap();
    assert_eq!(object["script"].as_str().unwrap().trim_end(), printed(&["completions", "fish"]).trim_end());
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("other.1"), "stays").unwrap();
    // Twice: the second run replaces the pages of the first.
    for _ in 0..2 {
        assert_eq!(run(folder.path(), &["man", "-o", "."]).status.code(), Some(0));
    }
    let page = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let program = page("firstspike.1");
    for command in commands() {
        let page = page(&format!("firstspike-{command}.1"));
        assert!(page.contains(".SH SYNOPSIS") && page.contains("quiet"), "{page}");
        assert!(program.contains(&format!("firstspike\\-{command}")), "{command}");
    }
    assert_eq!(page("other.1"), "stays");
    let in_the_way = run(folder.path(), &["man", "-o", "other.1"]);
    assert_eq!(in_the_way.status.code(), Some(2));
    assert!(text(&in_the_way.stderr).contains("help: "), "{}", text(&in_the_way.stderr));
}

#[test]
fn wrong_arguments_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let wrong: [&[&str]; 6] = [
        &[],
        &["no-such-command"],
        &["evaluate"],
        &["evaluate", "model", "--data", "digits", "--limit", "0"],
        &["evaluate", "model", "--data", "digits", "--limit", "-3"],
        &["evaluate", "model", "--data", "digits", "--split", "validation"],
    ];
    for args in wrong {
        let done = run(folder.path(), args);
        assert_eq!(done.status.code(), Some(2), "{args:?}: {}", text(&done.stderr));
        assert!(text(&done.stderr).contains("--help") || text(&done.stderr).contains("Usage"), "{args:?}");
    }
}

#[test]
fn help_and_version_exit_with_0() {
    let folder = tempfile::tempdir().unwrap();
    for args in [["--help"], ["--version"]] {
        assert_eq!(run(folder.path(), &args).status.code(), Some(0));
    }
}

#[test]
fn errors_are_an_object_with_json() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), &["--json", "evaluate", "nowhere", "--data", "digits"]);
    assert_eq!(done.status.code(), Some(2));
    let object: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(object["error"]["code"], "model-missing");
    assert_eq!(object["error"]["command"], "evaluate");
    for field in ["message", "problems", "help"] {
        assert!(!object["error"][field].is_null(), "{field}");
    }
    assert!(text(&done.stderr).starts_with("error[evaluate/model-missing]"));
}

/// A reader that has gone (`| head -0`) is neither a panic nor an error.
#[test]
fn a_closed_pipe_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    for args in
        [&["evaluate", "model", "--data", "digits"][..], &["--help"], &["--json", "evaluate", "x", "--data", "x"]]
    {
        let mut child =
            firstspike(folder.path()).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let done = child.wait_with_output().unwrap();
        assert_ne!(done.status.code(), Some(101), "{args:?}");
        assert!(!text(&done.stderr).contains("panicked"), "{args:?}: {}", text(&done.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let done = firstspike(folder.path()).args(["evaluate", "model", "--data", "digits"]).stdout(full).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("cannot write to standard output"), "{}", text(&done.stderr));
}

/// Progress, notes and hints are for people who watch; results and errors are for everyone.
#[test]
fn quiet_leaves_results_and_errors() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let generate = |output, more: &[&str]| {
        let done = run(folder.path(), &[&["generate", "model", "-o", output], more].concat());
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        (text(&done.stdout), text(&done.stderr))
    };
    let (shown, hint) = generate("it's one", &[]);
    assert!(shown.contains("module tiny"), "{shown}");
    assert_eq!(hint, "next: firstspike compare 'it'\\''s one' --data DATA\n");
    let (shown, hint) = generate("other", &["-q"]);
    assert!(shown.contains("module tiny") && hint.is_empty(), "{shown}{hint}");
    let done = run(folder.path(), &["--quiet", "generate", "nowhere", "-o", "none"]);
    assert!(text(&done.stderr).starts_with("error[generate/model-missing]"), "{}", text(&done.stderr));
}

/// Green for equal and red for an error on a terminal, never in a pipe.
#[test]
fn colors_are_for_terminals() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let run = |args: &[&str], variable: (&str, &str)| {
        let mut command = firstspike(folder.path());
        let done = command.env_remove("NO_COLOR").env(variable.0, variable.1).args(args).output().unwrap();
        text(&done.stdout) + &text(&done.stderr)
    };
    let (compare, wrong) =
        (["compare", "model", "--data", "digits", "--limit", "3"], ["compare", "nowhere", "--data", "x"]);
    // As a terminal would have it.
    let forced = ("CLICOLOR_FORCE", "1");
    assert!(run(&compare, forced).contains("\u{1b}[32m0 of 3 images\u{1b}[0m"), "{:?}", run(&compare, forced));
    assert!(
        run(&wrong, forced).starts_with("\u{1b}[31m\u{1b}[1merror[compare/model-missing]\u{1b}[0m: there is no model")
    );
    for args in [&compare[..], &wrong] {
        assert!(!run(args, ("TERM", "xterm-256color")).contains('\u{1b}'), "{args:?}");
    }
}
