//! What an event engine instantiates.

use super::{EventEngine, Sink};
use crate::arch::design::{Design, Layer};
use crate::arch::netlist::{FOLDER, flag, quoted};
use crate::arch::scan::Scan;
use crate::netlist::{Instance, Module, Shape};

/// The leaf for one event at a time, or the one for bundles.
fn leaf(engine: &EventEngine, single: &str, bundles: &str, layer: &Layer) -> Instance {
    match engine.events {
        1 => Instance::new(single, layer.instance()),
        events => Instance::new(bundles, layer.instance()).set("EVENTS", events),
    }
}

pub(super) fn instantiate(engine: &EventEngine, layer: &Layer, design: &Design, module: &mut Module) {
    match &engine.sink {
        Sink::Scan(scan) => hidden(engine, scan, layer, design, module),
        Sink::Readout => output(engine, layer, design, module),
    }
}

/// A layer that feeds another one.
fn hidden(engine: &EventEngine, scan: &Scan, layer: &Layer, design: &Design, module: &mut Module) {
    let instance = leaf(engine, "fs_hidden_layer", "fs_bundle_layer", layer);
    let instance = scan.set(numbers(instance, engine, layer, design));
    let spikes = spikes(layer, module);
    let instance = slave(memories(instance, engine, layer, design), engine, layer);
    module.instance(layer.output_stream().connect_with(instance, "m_axis", spikes));
}

/// Where the number of a spike goes. Where rows and columns are kept apart, it is the channel, since a vector is a map of one row
/// and one column.
fn spikes(layer: &Layer, module: &mut Module) -> String {
    let wire = layer.output_stream().wire("tdata");
    let (bits, number_bits) = (layer.output.bits(), layer.number_bits() as usize);
    if bits == number_bits {
        return wire;
    }
    let low = bits - number_bits;
    module.comment("A map of one row and one column.");
    module.assigns([(format!("{wire}[{}:0]", low - 1), format!("{low}'d0"))]);
    module.gap();
    format!("{wire}[{}:{low}]", bits - 1)
}

/// The layer that feeds the readout.
fn output(engine: &EventEngine, layer: &Layer, design: &Design, module: &mut Module) {
    let instance = leaf(engine, "fs_integrate_fire", "fs_bundle_fire", layer);
    let instance = numbers(instance, engine, layer, design)
        .set("CAPTURE_ALL", flag(design.readout.kind.every_step()))
        .set("CREDITS", 1);
    let instance = slave(memories(instance, engine, layer, design), engine, layer);
    let captures = ["capture_done", "capture_valid", "capture_last_step", "capture_last_group", "capture_group"];
    let captures = captures.into_iter().chain(["capture_spikes", "capture_membranes"]);
    module.instance(captures.fold(instance, |instance, name| instance.pin(name, name)));
}

fn numbers(instance: Instance, engine: &EventEngine, layer: &Layer, design: &Design) -> Instance {
    let instance = instance.set("INPUTS", engine.addresses()).set("NEURONS", layer.neurons());
    let instance = if engine.events == 1 { instance.set("LANES", engine.lanes) } else { instance };
    instance
        .set("WEIGHT_BITS", layer.weight_bits)
        .set("MEMBRANE_BITS", layer.membrane_bits)
        .set("STEPS", design.time_steps)
}

fn memories(instance: Instance, engine: &EventEngine, layer: &Layer, design: &Design) -> Instance {
    let instance = instance
        .set("WEIGHT_STYLE", quoted(engine.weight_memory.name()))
        .set("FOLDER", FOLDER)
        .set("WEIGHT_FILE", layer.file(design, "weights"));
    let odd = engine.memories() > 1;
    let instance = if odd { instance.set("ODD_FILE", layer.file(design, "odd_weights")) } else { instance };
    instance.set("INITIAL_FILE", layer.file(design, "initial"))
}

fn slave(instance: Instance, engine: &EventEngine, layer: &Layer) -> Instance {
    let instance = instance.pin("clk", "clk").pin("rst", "rst");
    if engine.step_rows == 0 {
        return layer.input_stream().connect_with(instance, "s_axis", addresses(layer));
    }
    SIGNALS
        .iter()
        .fold(instance, |instance, signal| instance.pin(&format!("s_axis_{signal}"), with_rows(layer, signal)))
}

/// The wires with the addresses of events.
fn addresses(layer: &Layer) -> String {
    if layer.pool > 1 { pooled(layer) } else { layer.input_stream().wire("tdata") }
}

const SIGNALS: [&str; 4] = ["tvalid", "tready", "tdata", "tuser"];

/// A wire of the stream that has the step rows among its events.
fn with_rows(layer: &Layer, signal: &str) -> String {
    format!("rows{}_{signal}", layer.index)
}

/// What adds the row of every step, in front of the layer.
pub(super) fn add_step_rows(engine: &EventEngine, layer: &Layer, module: &mut Module) {
    if engine.step_rows == 0 {
        return;
    }
    module.wires(Shape::Bit, ["tvalid", "tready", "tuser"].map(|signal| with_rows(layer, signal)));
    module.wires(Shape::Vector(engine.address_bits() as usize), [with_rows(layer, "tdata")]);
    module.gap();
    let instance = Instance::new("fs_step_rows", format!("step_rows{}", layer.index))
        .set("INPUTS", engine.address.limit())
        .set("ROWS", engine.step_rows)
        .pin("clk", "clk")
        .pin("rst", "rst");
    let instance = layer.input_stream().connect_with(instance, "s_axis", addresses(layer));
    let pins = SIGNALS.iter();
    module.instance(
        pins.fold(instance, |instance, signal| instance.pin(&format!("m_axis_{signal}"), with_rows(layer, signal))),
    );
}

/// The wires of the address after pooling.
fn pooled(layer: &Layer) -> String {
    format!("pooled{}", layer.index)
}

/// Average pooling of the addresses of events, in front of the layer.
pub(super) fn pool(engine: &EventEngine, layer: &Layer, module: &mut Module) {
    if layer.pool == 1 {
        return;
    }
    module.wires(Shape::Vector(engine.address.bits() as usize), [pooled(layer)]);
    module.gap();
    let input = layer.input.address();
    module.instance(
        Instance::new("fs_pooled_address", format!("pooled_address{}", layer.index))
            .set("POOL", layer.pool)
            .set("CHANNEL_BITS", input.channel_bits)
            .set("HEIGHT", input.map.height)
            .set("WIDTH", input.map.width)
            .pin("place", layer.input_stream().wire("tdata"))
            .pin("pooled", pooled(layer)),
    );
}
