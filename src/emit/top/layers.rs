//! The layers: the stream into each, its engine, and what it shows of its spikes.

use crate::arch::{Design, Form, Layer};
use crate::fixed::index_bits;
use crate::netlist::{Instance, Module, Port, Shape, output};

/// The wires of the stream into a layer, before and after its adapter.
pub(super) fn declare_input(module: &mut Module, layer: &Layer) {
    module.gap();
    if let Some(adapter) = &layer.adapter {
        let stream = adapter.input_stream(layer.index);
        module.comment(format!("{} for {}.", title(stream.form), layer.instance()));
        stream.declare(module);
        module.gap();
    }
    module.comment(format!("{} into {}.", title(layer.input), layer.instance()));
    layer.input_stream().declare(module);
    layer.engine.front(layer, module);
}

/// What a stream carries, at the beginning of a comment.
fn title(form: Form) -> &'static str {
    match form {
        Form::Events(_) => "Events",
        Form::Bundles { .. } => "Bundles of events",
        Form::Flow { .. } => "Spikes so far",
        Form::Steps { .. } | Form::Captures => "Time steps",
    }
}

/// A layer between its two streams, with its adapter.
pub(super) fn instantiate(module: &mut Module, design: &Design, layer: &Layer) {
    module.gap();
    if let Some(adapter) = &layer.adapter {
        adapter.instantiate(layer.input_stream(), module);
        module.gap();
    }
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

/// What a layer sends to the next one, as ports: one spike or the end of a step per cycle, or a whole step.
pub(super) fn observed(layer: &Layer) -> Vec<Port> {
    let (name, data) = (layer.instance(), Shape::Vector(layer.output.bits()));
    let valid = output(format!("{name}_spike_valid"), Shape::Bit);
    match layer.output.has_marks() {
        true => vec![
            valid,
            output(format!("{name}_spike_index"), data),
            output(format!("{name}_spike_step_end"), Shape::Bit),
        ],
        false => vec![valid, output(format!("{name}_spikes"), data)],
    }
}

/// Shows it in the cycle in which it moves.
fn observe(module: &mut Module, layer: &Layer) {
    let (name, stream) = (layer.instance(), layer.output_stream());
    let wire = |signal| stream.wire(signal);
    if stream.form.is_flow() {
        module.assigns([(format!("{name}_spike_valid"), wire("valid"))]);
        module.gap();
        module.instance(
            Instance::new("fs_new_spikes", format!("{name}_spikes_i"))
                .set("NEURONS", layer.neurons())
                .pin("clk", "clk")
                .pin("valid", wire("valid"))
                .pin("first", wire("first"))
                .pin("fired", wire("data"))
                .pin("spikes", format!("{name}_spikes")),
        );
        return;
    }
    let valid = (format!("{name}_spike_valid"), format!("{} && {}", wire("tvalid"), wire("tready")));
    module.assigns(match stream.form.has_marks() {
        true => vec![
            valid,
            (format!("{name}_spike_index"), wire("tdata")),
            (format!("{name}_spike_step_end"), wire("tuser")),
        ],
        false => vec![valid, (format!("{name}_spikes"), wire("tdata"))],
    });
}
