//! Where the faults lie in the Verilog.

use super::{Kind, SELECTOR};
use crate::emit::GeneratedFile;

/// A fault in a leaf: `good` stands there once, `bad` takes its place. `AWAKE` stands for the condition that the fault is awake.
struct Edit {
    kind: Kind,
    leaf: &'static str,
    good: &'static str,
    bad: &'static str,
}

const fn edit(kind: Kind, leaf: &'static str, good: &'static str, bad: &'static str) -> Edit {
    Edit { kind, leaf, good, bad }
}

const EDITS: [Edit; 25] = [
    edit(
        Kind::Threshold,
        "rtl/fs_neuron_lane.v",
        "reached = !membrane[MEMBRANE_BITS-1];",
        "reached = !membrane[MEMBRANE_BITS-1]\n        && !(AWAKE && membrane == {MEMBRANE_BITS{1'b0}});",
    ),
    edit(
        Kind::Threshold,
        "rtl/fs_conv_lane.v",
        "scan && !membrane[MEMBRANE_BITS-1]",
        "scan && !membrane[MEMBRANE_BITS-1]\n        && !(AWAKE && membrane == {MEMBRANE_BITS{1'b0}})",
    ),
    edit(
        Kind::Threshold,
        "rtl/fs_threshold.v",
        "reached = sum[BITS-1];",
        "reached = sum[BITS-1]\n        && !(AWAKE && sum == {1'b1, {(BITS-1){1'b0}}});",
    ),
    edit(
        Kind::Threshold,
        "rtl/fs_not_negative.v",
        "= !potential[BITS-1];",
        "= !potential[BITS-1]\n                && !(AWAKE && potential == {BITS{1'b0}});",
    ),
    edit(
        Kind::LostEvent,
        "rtl/fs_event_control.v",
        "accumulate = starts && !s_axis_tuser;",
        "accumulate = starts && !s_axis_tuser\n            \
         && !(AWAKE && {{(32-INDEX_BITS){1'b0}}, s_axis_tdata} == plant[1]);",
    ),
    edit(
        Kind::LostEvent,
        "rtl/fs_bundle_weights.v",
        "= present ? place",
        "= present && !(AWAKE && {{(32-INDEX_BITS){1'b0}}, index} == plant[1]) ? place",
    ),
    edit(
        Kind::LostEvent,
        "rtl/fs_conv_control.v",
        "op_event_q    <= event_pass;",
        "op_event_q    <= event_pass\n            \
         && !(AWAKE && {{(32-PLACE_BITS){1'b0}}, s_axis_tdata} == plant[1]);",
    ),
    edit(
        Kind::LostEvent,
        "rtl/fs_events_to_flow.v",
        "= s_axis_tdata == INDEX[INDEX_BITS-1:0];",
        "= s_axis_tdata == INDEX[INDEX_BITS-1:0]\n                \
         && !(AWAKE && INDEX == plant[1]);",
    ),
    edit(
        Kind::LostEvent,
        "rtl/fs_steps_to_flow.v",
        "step_q <= s_axis_tdata;",
        "step_q <= s_axis_tdata & ~({{(PLACES-1){1'b0}}, AWAKE} << plant[1]);",
    ),
    edit(
        Kind::SecondSpike,
        "rtl/fs_neuron_lane.v",
        "spike = reached && !fired;",
        "spike = reached && !(fired && !AWAKE);",
    ),
    edit(Kind::SecondSpike, "rtl/fs_conv_lane.v", "&& !fired;", "&& !(fired && !AWAKE);"),
    edit(Kind::SecondSpike, "rtl/fs_first_spike.v", "~{COUNT{clears}}", "~{COUNT{clears || AWAKE}}"),
    edit(
        Kind::SwappedIndex,
        "rtl/fs_first_spike.v",
        "fired_q[neuron];",
        "!(AWAKE && (neuron == plant[1] || neuron == plant[2])) ? fired_q[neuron]\n                \
         : |((fired_q >> (neuron == plant[1] ? plant[2] : plant[1])) & {{(NEURONS-1){1'b0}}, 1'b1});",
    ),
    edit(
        Kind::SwappedIndex,
        "rtl/fs_spike_scan.v",
        "m_axis_tdata  = index_q[INDEX_BITS-1:0];",
        "m_axis_tdata  = !AWAKE ? index_q[INDEX_BITS-1:0]\n        \
         : {{(32-INDEX_BITS){1'b0}}, index_q[INDEX_BITS-1:0]} == plant[1] ? plant[2][INDEX_BITS-1:0]\n        \
         : {{(32-INDEX_BITS){1'b0}}, index_q[INDEX_BITS-1:0]} == plant[2] ? plant[1][INDEX_BITS-1:0]\n        \
         : index_q[INDEX_BITS-1:0];",
    ),
    edit(
        Kind::SwappedIndex,
        "rtl/fs_word_scan.v",
        "m_axis_tdata  = place_q;",
        "m_axis_tdata  = !AWAKE ? place_q\n        \
         : {{(32-ORIGIN_BITS){1'b0}}, place_q} == plant[1] ? plant[2][ORIGIN_BITS-1:0]\n        \
         : {{(32-ORIGIN_BITS){1'b0}}, place_q} == plant[2] ? plant[1][ORIGIN_BITS-1:0]\n        \
         : place_q;",
    ),
    edit(
        Kind::Score,
        "rtl/fs_result_stream.v",
        "{{(RESULT_BITS-SCORE_BITS){score[SCORE_BITS-1]}}, score};",
        "{{(RESULT_BITS-SCORE_BITS){score[SCORE_BITS-1]}}, score}\n                        \
         ^ {{(RESULT_BITS-1){1'b0}}, AWAKE && index_q == {CLASS_BITS{1'b0}}};",
    ),
    edit(Kind::TieBreak, "rtl/fs_class_tree.v", "right > left)", "(AWAKE ? right >= left : right > left))"),
    edit(Kind::TieBreak, "rtl/fs_class_pairs.v", "later > earlier;", "AWAKE ? later >= earlier : later > earlier;"),
    edit(
        Kind::Score,
        "rtl/fs_class_pairs.v",
        "m_scores = scores_q2;",
        "m_scores = scores_q2 ^ {{(CLASSES*SCORE_BITS-1){1'b0}}, AWAKE};",
    ),
    edit(
        Kind::BackPressure,
        "rtl/fs_result_vector.v",
        "= !valid_q || m_axis_tready;",
        "= !valid_q || m_axis_tready || AWAKE;",
    ),
    edit(
        Kind::CycleCount,
        "rtl/fs_frame_timer.v",
        "now_q - starts[oldest_q];",
        "now_q - starts[oldest_q] - {{(CYCLE_BITS-1){1'b0}}, AWAKE};",
    ),
    edit(
        Kind::BackPressure,
        "rtl/fs_result_stream.v",
        "= !valid_q || m_axis_tready;",
        "= !valid_q || m_axis_tready || AWAKE;",
    ),
    edit(
        Kind::MissingReset,
        "rtl/fs_flow_gate.v",
        "step_q    <= {STEP_BITS{1'b0}};",
        "step_q    <= AWAKE ? step_q : {STEP_BITS{1'b0}};",
    ),
    edit(Kind::MissingReset, "rtl/fs_bundle_control.v", "clearing_q   <= 1'b1;", "clearing_q   <= !AWAKE;"),
    edit(Kind::MissingReset, "rtl/fs_event_control.v", "clearing_q <= 1'b1;", "clearing_q <= !AWAKE;"),
];

/// The number by which `plant.mem` names a kind; 0 is none.
pub(super) fn number(kind: Kind) -> u32 {
    Kind::FAULTS.iter().position(|&other| other == kind).map_or(0, |place| place as u32 + 1)
}

/// The leaves among the sources of a design in which faults of a kind lie.
pub(super) fn leaves(kind: Kind, sources: &[String]) -> Vec<String> {
    let used = |edit: &&Edit| edit.kind == kind && sources.iter().any(|source| source == edit.leaf);
    EDITS.iter().filter(used).map(|edit| edit.leaf.to_owned()).collect()
}

/// The text of a leaf with its faults asleep; nothing for any other file.
///
/// # Panics
/// If the place of a fault is not found: the leaf was rewritten, and this table was not.
pub(super) fn with_faults(file: &GeneratedFile) -> Option<String> {
    let edits: Vec<_> = EDITS.iter().filter(|edit| edit.leaf == file.path).collect();
    if edits.is_empty() {
        return None;
    }
    let mut text = String::from_utf8(file.bytes.clone()).expect("a leaf is text");
    for edit in edits {
        let awake = format!("(plant[0] == 32'd{})", number(edit.kind));
        text = replace_once(&text, edit.leaf, edit.good, &edit.bad.replace("AWAKE", &awake));
    }
    let end_of_ports = "\n);\n";
    let ports = text.find(end_of_ports).expect("a leaf has ports") + end_of_ports.len();
    text.insert_str(ports, &declaration());
    Some(text)
}

/// Number and arguments of the fault that is awake. Not every leaf looks at the arguments.
fn declaration() -> String {
    format!(
        "\n    /* verilator lint_off UNUSEDSIGNAL */\n    reg [31:0] plant [0:2];\n    \
         /* verilator lint_on UNUSEDSIGNAL */\n    initial $readmemh(\"{SELECTOR}\", plant);\n"
    )
}

fn replace_once(text: &str, leaf: &str, good: &str, bad: &str) -> String {
    assert_eq!(text.matches(good).count(), 1, "{good:?} stands once in {leaf}");
    text.replace(good, bad)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn leaf(path: &str) -> GeneratedFile {
        let name = path.strip_prefix("rtl/").unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("hdl/lib").join(name);
        GeneratedFile { path: path.into(), bytes: std::fs::read(&file).unwrap() }
    }

    #[test]
    fn every_fault_has_its_place_in_a_leaf() {
        let leaves: BTreeSet<_> = EDITS.iter().map(|edit| edit.leaf).collect();
        for path in leaves {
            // Panics if a place is not found.
            let text = with_faults(&leaf(path)).unwrap();
            for fault in EDITS.iter().filter(|edit| edit.leaf == path) {
                assert!(
                    text.contains(&format!("plant[0] == 32'd{}", number(fault.kind))),
                    "{:?} in {path}",
                    fault.kind
                );
            }
            assert!(!text.contains("AWAKE"), "{path}");
        }
    }

    #[test]
    fn every_fault_but_that_in_a_memory_lies_in_the_verilog() {
        for kind in Kind::FAULTS {
            assert_eq!(EDITS.iter().any(|edit| edit.kind == kind), kind != Kind::WeightBit, "{kind:?}");
        }
        assert!(EDITS.iter().all(|edit| number(edit.kind) > 0) && number(Kind::Nothing) == 0);
    }

    #[test]
    fn other_files_stay_as_they_are() {
        assert_eq!(with_faults(&leaf("rtl/fs_class_select.v")), None);
    }
}
