"""Names of networks and layers: they become names in Verilog.

The rules and both lists are those of ``src/float/names.rs``; a test holds them equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

#: Longest name, in characters.
MAX_LENGTH = 64

_SAFE = re.compile(r"[a-z][a-z0-9_-]*")

#: What modules of the library begin with; what is built around another network, or made for one of
#: its layers, ends with.
_OF_THE_HARDWARE = re.compile(r"fs_.*|.*_(board|axis|layer[0-9]+)")

#: The ports and nets of the top module, ``#`` for a number, and a package of SystemVerilog.
TAKEN = frozenset(
    """
    capture_done capture_group capture_last_group capture_last_step capture_membranes
    capture_spikes capture_valid class_valid clk cycles events#_tdata events#_tready
    events#_tuser events#_tvalid flow#_credit flow#_data flow#_first flow#_last flow#_valid
    found frame_error layer#_spike_index layer#_spike_step_end layer#_spike_valid layer#_spikes
    m_axis_tdata m_axis_tlast m_axis_tready m_axis_tvalid membranes membranes_last_step
    membranes_valid output_fire output_fire_valid pixel place pooled# result_class result_scores
    result_valid rows#_tdata rows#_tready rows#_tuser rows#_tvalid rst s_axis_tdata s_axis_tlast
    s_axis_tready s_axis_tuser s_axis_tvalid scores scores_done scores_eligible scores_valid
    spikes spikes_last_step spikes_valid steps#_tdata steps#_tready steps#_tvalid unused unused_folder
    unused_pixel winner std
    """.split()
)

#: IEEE 1364-2005 and 1800-2017.
KEYWORDS = frozenset(
    """
    accept_on alias always always_comb always_ff always_latch and assert assign assume automatic
    before begin bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle
    checker class clocking cmos config const constraint context continue cover covergroup
    coverpoint cross deassign default defparam design disable dist do edge else end endcase
    endchecker endclass endclocking endconfig endfunction endgenerate endgroup endinterface
    endmodule endpackage endprimitive endprogram endproperty endsequence endspecify endtable
    endtask enum event eventually expect export extends extern final first_match for force
    foreach forever fork forkjoin function generate genvar global highz0 highz1 if iff ifnone
    ignore_bins illegal_bins implements implies import incdir include initial inout input inside
    instance int integer interconnect interface intersect join join_any join_none large let
    liblist library local localparam logic longint macromodule matches medium modport module
    nand negedge nettype new nexttime nmos nor noshowcancelled not notif0 notif1 null or output
    package packed parameter pmos posedge primitive priority program property protected pull0
    pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase
    randsequence rcmos real realtime ref reg reject_on release repeat restrict return rnmos
    rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared
    sequence shortint shortreal showcancelled signed small soft solve specify specparam static
    string strong strong0 strong1 struct super supply0 supply1 sync_accept_on sync_reject_on
    table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri tri0
    tri1 triand trior trireg type typedef union unique unique0 unsigned until until_with untyped
    use uwire var vectored virtual void wait wait_order wand weak weak0 weak1 while wildcard
    wire with within wor xnor xor
    """.split()
)


def check_name(name: Any) -> None:
    """Demands a name that a layer may have.

    :raises ValueError: if it may not.
    """
    if not isinstance(name, str) or len(name) > MAX_LENGTH or not _SAFE.fullmatch(name):
        raise ValueError(
            f"name is {name if not isinstance(name, str) else name[: MAX_LENGTH + 1]!r}, expected "
            f"at most {MAX_LENGTH} characters: a lower-case letter, then lower-case letters, "
            "digits, _ or -"
        )
    if in_verilog(name) in KEYWORDS:
        raise ValueError(f"name is {name!r}, which is a keyword of Verilog: choose another one")


def check_network_name(name: Any) -> None:
    """The same for a network, which becomes a module: it must not meet names of its own hardware.

    :raises ValueError: if it does.
    """
    check_name(name)
    module = in_verilog(name)
    if _OF_THE_HARDWARE.fullmatch(module) or re.sub("[0-9]+", "#", module) in TAKEN:
        raise ValueError(
            f"name is {name!r}, which the generated hardware needs for itself: choose another one"
        )


def check_new(name: str, others: Iterable[str]) -> None:
    """Demands that none of the others is the same name in Verilog.

    :raises ValueError: if one is.
    """
    same = next((other for other in others if in_verilog(other) == in_verilog(name)), None)
    if same is not None:
        raise ValueError(
            f"name is {name!r}, but a layer before it is called {same!r}: expected a name of its "
            "own, where _ and - are the same"
        )


def in_verilog(name: str) -> str:
    """The name as Verilog has it."""
    return name.replace("-", "_")
