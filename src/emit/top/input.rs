//! What comes in, and what makes events of it.

use crate::arch::{Address, Design, Encoder, FOLDER, Field, Form, InputKind, PIXEL_BITS, Port, Stream, quoted};
use crate::netlist::{Instance, Module, Shape};

/// The line of the head that says what a beat is.
pub(super) fn line(design: &Design) -> String {
    let last = "row-major; tlast with the last";
    match (&design.port, design.input_kind()) {
        (Port::Pixels { packing, .. }, _) => {
            format!(
                "s_axis    {} pixels per beat, the first lowest, {last} beat of an image",
                packing.bits / PIXEL_BITS
            )
        }
        (Port::Steps { packing }, _) => format!(
            "s_axis    a time step in {} beats, a bit per input, the first lowest, {last} beat of an image",
            packing.beats
        ),
        (_, InputKind::Pixels) => format!("s_axis    one pixel per beat, {last} pixel of an image"),
        (_, InputKind::Steps) => format!("s_axis    one time step per beat, a bit per input, {last} step of an image"),
        (_, InputKind::Events) => match design.input {
            Form::Bundles { events, .. } => format!(
                "s_axis    per time step: the inputs that spike, up to {events} in a beat, each as {{is there, input}}; the last beat has \
                 a mark (tuser); tlast with the mark of the last step"
            ),
            input => {
                let place = if input.address().is_packed() { " as {channel, row, column}" } else { "" };
                format!(
                    "s_axis    per time step: the inputs that spike{place}, then a mark (tuser); tlast with the mark of the last step"
                )
            }
        },
    }
}

/// From the design's input to the stream into the first layer.
pub(super) fn connect(module: &mut Module, design: &Design) {
    module.gap();
    match &design.port {
        Port::Encoder(encoder) => encode(module, design, encoder),
        Port::Pixels { packing, times } => module.instance(between_streams(
            Instance::new("fs_pixel_steps", "latency_encoder_i")
                .set("PIXELS", design.input_map.size())
                .set("LANES", packing.bits / PIXEL_BITS)
                .set("STEPS", design.time_steps)
                .set("FOLDER", FOLDER)
                .set("TIME_FILE", quoted(&design.image_file(times))),
            design.input_stream(),
        )),
        Port::Steps { packing } => module.instance(between_streams(
            Instance::new("fs_step_gather", "step_gather_i")
                .set("PLACES", design.input_map.size())
                .set("BEAT_BITS", packing.bits),
            design.input_stream(),
        )),
        Port::Direct => {
            let stream = design.input_stream();
            let signals =
                ["tvalid", "tdata", "tuser"].into_iter().filter(|name| *name != "tuser" || stream.form.has_marks());
            let inward = signals.map(|signal| (stream.wire(signal), format!("s_axis_{signal}")));
            module.assigns(inward.chain([("s_axis_tready".to_owned(), stream.wire("tready"))]));
        }
    }
}

/// Between the pins of the input and a stream of whole steps.
fn between_streams(leaf: Instance, stream: Stream) -> Instance {
    let signals = ["tvalid", "tready", "tdata"].map(|signal| format!("s_axis_{signal}"));
    let leaf = leaf.pin("clk", "clk").pin("rst", "rst");
    let leaf = signals.iter().fold(leaf, |leaf, signal| leaf.pin(signal, signal.as_str()));
    stream.connect(leaf, "m_axis")
}

fn encode(module: &mut Module, design: &Design, encoder: &Encoder) {
    module.wires(Shape::Vector(encoder.index_bits as usize), ["pixel"]);
    let packed = design.input.address().is_packed();
    if packed {
        count_places(module, design.input.address());
    }
    module.gap();
    module.instance(
        Instance::new("fs_latency_encoder", "latency_encoder_i")
            .set("PIXELS", design.input_map.size())
            .set("PLACE_BITS", design.input.bits())
            .set("STEPS", design.time_steps)
            .set("FOLDER", FOLDER)
            .set("TIME_FILE", quoted(&design.image_file(&encoder.times)))
            .pin("clk", "clk")
            .pin("rst", "rst")
            .pin("s_axis_tvalid", "s_axis_tvalid")
            .pin("s_axis_tready", "s_axis_tready")
            .pin("s_axis_tdata", "s_axis_tdata")
            .pin("pixel", "pixel")
            .pin("place", if packed { "place" } else { "pixel" })
            .pin("m_axis_tvalid", "events0_tvalid")
            .pin("m_axis_tready", "events0_tready")
            .pin("m_axis_tdata", "events0_tdata")
            .pin("m_axis_tuser", "events0_tuser"),
    );
}

/// The place of each pixel in its map, as the layers name it.
fn count_places(module: &mut Module, input: Address) {
    module.wires(Shape::Vector(input.bits() as usize), ["place"]);
    module.gap();
    module.driven("unused_pixel", "&{1'b0, pixel}");
    module.gap();
    module.instance(
        input
            .set_map(Instance::new("fs_place_counter", "place_counter_i"))
            .pin("clk", "clk")
            .pin("rst", "rst")
            .pin("next", "s_axis_tvalid && s_axis_tready")
            .pin("place", "place"),
    );
}

/// The condition that an event names an input that does not exist, or one that has no place in its bundle.
pub(super) fn bad_index(input: Form) -> String {
    let (conditions, before) = match input {
        Form::Bundles { address, events } => (bad_bundle(address, events), ""),
        input => (bad_event(input.address()), "!s_axis_tuser && "),
    };
    if conditions.is_empty() { "1'b0".into() } else { format!("{before}({})", conditions.join(" || ")) }
}

fn bad_event(address: Address) -> Vec<String> {
    let beyond = |Field { low, bits, count }: Field| {
        let part = if address.is_packed() { format!("[{}:{low}]", low + bits - 1) } else { String::new() };
        (count < 1 << bits).then(|| format!("s_axis_tdata{part} >= {bits}'d{count}"))
    };
    address.fields().into_iter().filter_map(beyond).collect()
}

/// Of four events the last two name odd inputs.
fn bad_bundle(address: Address, events: usize) -> Vec<String> {
    let (bits, count) = (address.bits() as usize, address.map.size());
    let of_slot = |slot: usize| {
        let low = slot * (bits + 1);
        let beyond = (count < 1 << bits).then(|| format!("s_axis_tdata[{}:{low}] >= {bits}'d{count}", low + bits - 1));
        let odd = if slot < 2 { "" } else { "!" };
        let elsewhere = (events == 4).then(|| format!("{odd}s_axis_tdata[{low}]"));
        let wrong: Vec<_> = beyond.into_iter().chain(elsewhere).collect();
        (!wrong.is_empty()).then(|| format!("(s_axis_tdata[{}] && ({}))", low + bits, wrong.join(" || ")))
    };
    (0..events).filter_map(of_slot).collect()
}
