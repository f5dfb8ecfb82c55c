//! The layers: the stream into each, its engine, and what it shows of its spikes.

use crate::arch::{Design, Form, Layer};
use crate::fixed::index_bits;
use crate::netlist::{Module, Port, Shape, output};

/// The wires of the stream into a layer.
pub(super) fn declare_input(module: &mut Module, layer: &Layer) {
    module.gap();
    module.comment(format!("Events into {}.", layer.instance()));
    layer.input_stream().declare(module);
    layer.engine.front(layer, module);
}

/// A layer between its two streams.
pub(super) fn instantiate(module: &mut Module, design: &Design, layer: &Layer) {
    module.gap();
    if layer.output == Form::Captures {
        declare_captures(module, layer);
        module.gap();
    }
    layer.engine.instantiate(layer, design, module);
    if layer.output != Form::Captures {
        module.gap();
        observe(module, layer);
    }
}

fn declare_captures(module: &mut Module, layer: &Layer) {
    let lanes = layer.engine.lanes();
    module.comment("Captures of the output layer.");
    module.wires(Shape::Bit, ["capture_valid", "capture_last_step", "capture_last_group", "capture_done"]);
    module.wires(Shape::Vector(index_bits(layer.capture_groups()) as usize), ["capture_group"]);
    module.wires(Shape::Vector(lanes), ["capture_spikes"]);
    module.wires(Shape::Vector(lanes * layer.membrane_bits as usize), ["capture_membranes"]);
}

/// What a layer sends to the next one, as ports.
pub(super) fn observed(layer: &Layer) -> [Port; 3] {
    let name = layer.instance();
    [
        output(format!("{name}_spike_valid"), Shape::Bit),
        output(format!("{name}_spike_index"), Shape::Vector(layer.output.bits())),
        output(format!("{name}_spike_step_end"), Shape::Bit),
    ]
}

/// Shows it in the cycle in which it moves.
fn observe(module: &mut Module, layer: &Layer) {
    let (name, stream) = (layer.instance(), layer.output_stream());
    let wire = |signal| stream.wire(signal);
    module.assigns([
        (format!("{name}_spike_valid"), format!("{} && {}", wire("tvalid"), wire("tready"))),
        (format!("{name}_spike_index"), wire("tdata")),
        (format!("{name}_spike_step_end"), wire("tuser")),
    ]);
}
