//! Names of networks and layers: they become names in Verilog.
//!
//! `python/firstspike/names.py` has the same rules; a test of the Python package holds the lists equal.

/// Longest name, in characters.
const MAX_LENGTH: usize = 64;

/// What is wrong with the name of a network or layer, if anything: a sentence without its subject.
pub fn name_problem(name: &str) -> Option<String> {
    let safe = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
        && name.len() <= MAX_LENGTH;
    if !safe {
        return Some(format!(
            "is {:?}, expected at most {MAX_LENGTH} characters: a lower-case letter, then lower-case letters, digits, _ or -",
            name.chars().take(MAX_LENGTH + 1).collect::<String>(),
        ));
    }
    KEYWORDS.contains(&verilog_name(name).as_str()).then(|| format!("is \"{name}\", which is a keyword of Verilog"))
}

/// The same for the name of a network, which becomes a module: it must not meet a module of the library, nor what is built around
/// another network, nor a name inside itself, since Verilator puts the ports of the top module beside the module.
pub fn network_name_problem(name: &str) -> Option<String> {
    name_problem(name).or_else(|| {
        let module = verilog_name(name);
        let is_taken = module.starts_with(LIBRARY_PREFIX)
            || WRAPPER_SUFFIXES.iter().any(|suffix| module.ends_with(suffix))
            || numberless(&module).ends_with(LAYER_SUFFIX)
            || TAKEN.contains(&numberless(&module).as_str());
        is_taken.then(|| format!("is \"{name}\", which the generated hardware needs for itself"))
    })
}

/// The name with `#` for every number.
fn numberless(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        match letter {
            '0'..='9' if text.ends_with('#') => {}
            '0'..='9' => text.push('#'),
            letter => text.push(letter),
        }
    }
    text
}

/// The nearest name that networks and layers may have: lower-case letters, digits, `-` and `_`, a letter first. A name that may stand
/// stays as it is.
pub fn safe_name(name: &str) -> String {
    // Room for what tells equal names apart.
    const LENGTH: usize = MAX_LENGTH - 8;
    if name_problem(name).is_none() {
        return name.into();
    }
    let letter = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c.to_ascii_lowercase() } else { '_' };
    let safe: String = name.chars().map(letter).take(LENGTH).collect();
    if name_problem(&safe).is_none() { safe } else { format!("n_{safe}") }
}

/// The name as Verilog sees it: two names that are equal there are duplicates.
pub fn verilog_name(name: &str) -> String {
    name.replace('-', "_")
}

/// What the modules of the library and the board shell begin with.
const LIBRARY_PREFIX: &str = "fs_";

/// What the top module of a board and the AXI block end with, after the name of their network.
const WRAPPER_SUFFIXES: [&str; 2] = ["_board", "_axis"];

/// What a module that is made for a single layer ends with, after the name of its network, `#` for a number.
const LAYER_SUFFIX: &str = "_layer#";

/// The ports and nets of the top module (`src/emit/top`, `src/arch`), `#` for a number; and the package that every SystemVerilog tool
/// brings.
#[rustfmt::skip]
const TAKEN: &[&str] = &[
    "capture_done", "capture_group", "capture_last_group", "capture_last_step", "capture_membranes", "capture_spikes",
    "capture_valid", "class_valid", "clk", "cycles", "events#_tdata", "events#_tready", "events#_tuser",
    "events#_tvalid", "flow#_credit", "flow#_data", "flow#_first", "flow#_last", "flow#_valid", "found", "frame_error",
    "layer#_spike_index", "layer#_spike_step_end", "layer#_spike_valid", "layer#_spikes", "m_axis_tdata",
    "m_axis_tlast", "m_axis_tready", "m_axis_tvalid", "membranes", "membranes_last_step", "membranes_valid",
    "output_fire", "output_fire_valid", "pixel", "place", "pooled#", "result_class", "result_scores", "result_valid",
    "rows#_tdata", "rows#_tready", "rows#_tuser", "rows#_tvalid", "rst", "s_axis_tdata", "s_axis_tlast",
    "s_axis_tready", "s_axis_tuser", "s_axis_tvalid", "scores", "scores_done", "scores_eligible",
    "scores_valid", "spikes", "spikes_last_step", "spikes_valid", "steps#_tdata", "steps#_tready", "steps#_tvalid", "unused",
    "unused_folder", "unused_pixel", "winner", "std",
];

/// IEEE 1364-2005 and 1800-2017: Verilator reads Verilog files with the latter's keywords.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "accept_on", "alias", "always", "always_comb", "always_ff", "always_latch", "and", "assert", "assign", "assume",
    "automatic", "before", "begin", "bind", "bins", "binsof", "bit", "break", "buf", "bufif0", "bufif1", "byte", "case",
    "casex", "casez", "cell", "chandle", "checker", "class", "clocking", "cmos", "config", "const", "constraint",
    "context", "continue", "cover", "covergroup", "coverpoint", "cross", "deassign", "default", "defparam", "design",
    "disable", "dist", "do", "edge", "else", "end", "endcase", "endchecker", "endclass", "endclocking", "endconfig",
    "endfunction", "endgenerate", "endgroup", "endinterface", "endmodule", "endpackage", "endprimitive", "endprogram",
    "endproperty", "endsequence", "endspecify", "endtable", "endtask", "enum", "event", "eventually", "expect",
    "export", "extends", "extern", "final", "first_match", "for", "force", "foreach", "forever", "fork", "forkjoin",
    "function", "generate", "genvar", "global", "highz0", "highz1", "if", "iff", "ifnone", "ignore_bins",
    "illegal_bins", "implements", "implies", "import", "incdir", "include", "initial", "inout", "input", "inside",
    "instance", "int", "integer", "interconnect", "interface", "intersect", "join", "join_any", "join_none", "large",
    "let", "liblist", "library", "local", "localparam", "logic", "longint", "macromodule", "matches", "medium",
    "modport", "module", "nand", "negedge", "nettype", "new", "nexttime", "nmos", "nor", "noshowcancelled", "not",
    "notif0", "notif1", "null", "or", "output", "package", "packed", "parameter", "pmos", "posedge", "primitive",
    "priority", "program", "property", "protected", "pull0", "pull1", "pulldown", "pullup",
    "pulsestyle_ondetect", "pulsestyle_onevent", "pure", "rand", "randc", "randcase", "randsequence", "rcmos", "real",
    "realtime", "ref", "reg", "reject_on", "release", "repeat", "restrict", "return", "rnmos", "rpmos", "rtran",
    "rtranif0", "rtranif1", "s_always", "s_eventually", "s_nexttime", "s_until", "s_until_with", "scalared",
    "sequence", "shortint", "shortreal", "showcancelled", "signed", "small", "soft", "solve", "specify", "specparam",
    "static", "string", "strong", "strong0", "strong1", "struct", "super", "supply0", "supply1", "sync_accept_on",
    "sync_reject_on", "table", "tagged", "task", "this", "throughout", "time", "timeprecision", "timeunit", "tran",
    "tranif0", "tranif1", "tri", "tri0", "tri1", "triand", "trior", "trireg", "type", "typedef", "union", "unique",
    "unique0", "unsigned", "until", "until_with", "untyped", "use", "uwire", "var", "vectored", "virtual", "void",
    "wait", "wait_order", "wand", "weak", "weak0", "weak1", "while", "wildcard", "wire", "with", "within", "wor",
    "xnor", "xor",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_do_not_take_names_of_their_hardware() {
        for name in [
            "scores",
            "clk",
            "std",
            "s_axis-tdata",
            "layer7_spike_valid",
            "events12-tdata",
            "fs-neuron-lane",
            "digits_board",
            "a-axis",
            "a-layer12",
        ] {
            assert!(network_name_problem(name).is_some(), "{name}");
            assert_eq!(name_problem(name), None, "{name}");
        }
        for name in
            ["shell", "frame-timer", "neuron_lane", "clk2", "layer0", "led", "fs", "reset", "board", "axis", "boards-a"]
        {
            assert_eq!(network_name_problem(name), None, "{name}");
        }
    }

    #[test]
    fn any_name_has_a_safe_one_beside_it() {
        for (name, safe) in [
            ("1", "n_1"),
            ("Hidden 1", "hidden_1"),
            ("0.weight_1", "n_0_weight_1"),
            ("if", "n_if"),
            ("IF", "n_if"),
            ("Schwelle-ä", "schwelle-_"),
            ("a-b_9", "a-b_9"),
            ("", "n_"),
        ] {
            assert_eq!(safe_name(name), safe);
            assert_eq!(name_problem(safe), None);
        }
        assert_eq!(name_problem(&safe_name(&"Ä".repeat(500))), None);
    }

    #[test]
    fn names_are_safe_in_verilog() {
        for name in ["a", "layer0", "mnist-dense", "a_b-9"] {
            assert_eq!(name_problem(name), None, "{name}");
        }
        for name in ["", "0a", "A", "a b", "a;b", "ä", "-a", "_a", "reg", "always-ff", "a/../b", &"a".repeat(65)] {
            assert!(name_problem(name).is_some(), "{name}");
        }
    }
}
