//! Something to hold the core's ports, for parts whose tools cannot place a design without pins.

use super::area::CORE;
use crate::emit::{Direction, Manifest, Port};

/// Name of the harness' module.
pub(super) fn name(manifest: &Manifest) -> String {
    format!("{}_harness", manifest.top)
}

/// A module around the core with three of a board's ports: a chain of registers feeds the core's inputs, others take up its outputs into a
/// signature, so that nothing is removed as unused and every path runs from register to register.
pub(super) fn verilog(manifest: &Manifest) -> String {
    let data = manifest.ports.iter().filter(|port| port.name != "clk");
    let (inputs, outputs): (Vec<_>, Vec<_>) = data.partition(|port| port.direction == Direction::Input);
    let mut connections = vec![".clk (clk_in)".to_owned()];
    let input_bits = connect(&mut connections, &inputs, "inputs_q");
    let output_bits = connect(&mut connections, &outputs, "outputs");
    format!(
        "// Registers around the core {core}, to place it alone.
module {name} (
    input  wire clk_in,
    input  wire uart_rx,
    output wire uart_tx
);

    reg  [{input_top}:0] inputs_q;
    reg  [{output_top}:0] signature_q;
    wire [{output_top}:0] outputs;

    assign uart_tx = signature_q[{output_top}];

    always @(posedge clk_in) begin
        inputs_q    <= {{inputs_q, uart_rx}};
        signature_q <= outputs ^ {{signature_q, signature_q[{output_top}]}};
    end

    {core} {CORE} (
        {connections}
    );

endmodule
",
        core = manifest.top,
        name = name(manifest),
        input_top = input_bits - 1,
        output_top = output_bits - 1,
        connections = connections.join(",\n        "),
    )
}

/// Connects ports to a vector, one after the other; gives the width of the vector.
fn connect(connections: &mut Vec<String>, ports: &[&Port], vector: &str) -> usize {
    let mut bits = 0;
    for port in ports {
        connections.push(format!(".{} ({vector}[{bits} +: {}])", port.name, port.bits));
        bits += port.bits;
    }
    bits
}
