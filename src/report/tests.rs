//! Every result is read back as it was written, and says the same then.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::samples::*;
use super::*;

/// Writes a result, reads it, and holds it against the first one: as a value, as JSON and as text.
fn assert_kept<R: Report + PartialEq + std::fmt::Debug>(report: R) {
    let kept: R = read_back(&report);
    assert_eq!(kept, report, "{}", R::NAME);
    assert_eq!((json(&kept), kept.text(), kept.details()), (json(&report), report.text(), report.details()));
    assert!(!report.text().is_empty(), "{}", R::NAME);
}

fn read_back<R: Serialize + DeserializeOwned>(report: &R) -> R {
    serde_json::from_str(&json(report)).unwrap()
}

#[test]
fn every_result_is_read_back_as_it_was_written() {
    assert_kept(training());
    assert_kept(quantization());
    assert_kept(imported());
    assert_kept(exported());
    assert_kept(Vectors {
        output: "v.nird".into(),
        network: "digits".into(),
        network_hash: Some("b3e42d60a5afa0cc".into()),
        data: "digits".into(),
        images: 360,
    });
    assert_kept(generated());
    assert_kept(evaluation());
    assert_kept(check());
    assert_kept(Evaluation {
        kind: NetworkKind::Float,
        network_hash: None,
        confusion: None,
        wrong: None,
        ..evaluation()
    });
    assert_kept(comparison().simulation);
    assert_kept(differing().simulation);
    assert_kept(comparison());
    assert_kept(differing());
    assert_kept(selftest());
    assert_kept(placed_digits(true));
    let mut targets = Targets::all();
    // The pin files are part of the program, not of the list.
    targets.0.iter_mut().for_each(|listed| listed.board.pins = "");
    assert_kept(targets);
    assert_kept(board_run());
    assert_kept(Emulated { port: "/dev/pts/4".into(), baud: 115_200, edited: vec!["rtl/a.v".into()] });
    assert_kept(DemoReport { comparison: comparison(), board: Some(placed_digits(false)) });
    assert_kept(DemoReport { comparison: differing(), board: None });
    assert_kept(tools());
    assert_kept(fetched());
    assert_kept(Completions { shell: "bash".into(), script: "complete\n".into() });
    assert_kept(Manual { output: "man1".into(), pages: vec!["firstspike.1".into()] });
}

#[test]
fn lines_of_images_are_read_back_as_they_were_written() {
    let line = |scores| ImageLine {
        image: 3,
        label: Some(7),
        class: Some(7),
        scores: Some(scores),
        spike_times: vec![vec![Some(0), None], vec![]],
        cycles: Some(169),
        divergence: Some(divergence()),
    };
    let nothing =
        ImageLine { class: None, scores: None, cycles: None, divergence: None, ..line(Scores::Integer(vec![])) };
    for line in [line(Scores::Integer(vec![-4, i64::MIN])), line(Scores::Float(vec![-1.0, 0.1])), nothing] {
        assert_eq!(read_back(&line), line);
    }
}

/// What only the text needs is not kept.
#[test]
fn what_only_the_text_needs_is_not_written() {
    let fields = |value: Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert!(!fields(serde_json::to_value(generated()).unwrap()).contains(&"built".into()));
    let run = RunReport { layers: comparison().simulation.layers, ..board_run() };
    assert_eq!(read_back(&run), board_run());
}
