//! The area model: what a design takes of a part, before any synthesis.
//!
//! Block RAMs and flip-flops follow from the widths and from the rule by which yosys maps memories. Look-up tables are a sum over the leaves
//! of `hdl/lib`: a number for each family times what grows in the leaf, fitted to synthesized designs. `docs/synthesis.md`, section "Area
//! model", says how well. Each engine knows its own; what surrounds the layers is here.

use super::design::Design;
use super::memory_area::MemoryRates;
use super::options::ResultKind;
use super::port::{PIXEL_BITS, Port};
use super::resources::{Area, BySlice};
use crate::board::Family;

/// Look-up tables of what surrounds the layers.
struct Rates {
    /// Frame timer, result stream, readout and event control.
    fixed: u64,
    encoder: u64,
    /// Per flip-flop that has no look-up table before it.
    bare: u64,
}

static RATES: BySlice<Rates> = BySlice {
    ecp5: Rates { fixed: 500, encoder: 445, bare: 0 },
    ice40: Rates { fixed: 412, encoder: 316, bare: 1 },
    xilinx: Rates { fixed: 348, encoder: 192, bare: 0 },
};

/// Flip-flops of frame timer, result stream, readout and event control.
const FIXED_FF: u64 = 260;
/// The same behind a flow, which has no event control.
const FLOW_FF: u64 = 100;
/// Flip-flops of the latency encoder.
const ENCODER_FF: u64 = 60;
/// Width of the frame timer's counts, bits.
const CYCLE_BITS: u64 = 32;

/// Look-up tables beside results of one beat: the frame timer.
const ONE_BEAT_LUT: u64 = 200;
/// Per bit of a score of a pair, in hundredths: the comparison, and the class that wins.
const PAIR_LUT: u64 = 174;
/// Per bit of all scores: results that wait in distributed RAM.
const WAITING_LUT: u64 = 3;
/// Look-up tables of a comparison with a gray level.
const LEVEL_LUT: u64 = 3;

/// The area of a whole design, without a board shell; none if that of some part is not known before synthesis.
pub fn estimate(design: &Design, family: Family) -> Option<Area> {
    if unknown(design, family).is_some() {
        return None;
    }
    let layers = design.layers.iter().filter_map(|layer| layer.engine.area(layer, family)).sum::<Area>();
    Some(layers + surroundings(design, family))
}

/// The first part of a design whose area is not known before synthesis, in words.
pub(super) fn unknown(design: &Design, family: Family) -> Option<String> {
    if let Some(layer) = design.layers.iter().find(|layer| layer.engine.area(layer, family).is_none()) {
        return Some(format!("layer \"{}\"", layer.name));
    }
    // Without distributed RAM, results that wait have another shape.
    let one_beat = design.readout.kind.result() == ResultKind::Vector && family == Family::Ice40;
    one_beat.then(|| "results of one beat".to_owned())
}

/// Input port, readout, results and frame timer.
pub(super) fn surroundings(design: &Design, family: Family) -> Area {
    let (rates, memory) = (RATES.of(family), MemoryRates::of(family));
    let ff = if design.output_layer().input.is_flow() { FLOW_FF } else { FIXED_FF };
    let mut area = match design.readout.kind.result() {
        ResultKind::Words => Area { lut: rates.fixed, ff, ..Area::default() },
        ResultKind::Vector => one_beat(design),
    };
    if family == Family::Ice40 {
        // Without distributed RAM, the start times of the images are in flip-flops or blocks.
        let frames = design.timer.frames as u64;
        area = area
            + match memory.is_in_registers(frames, CYCLE_BITS) {
                true => Area { ff: frames * CYCLE_BITS, ..Area::default() },
                false => memory.block_ram(frames, CYCLE_BITS),
            };
    }
    area + port(design, family)
}

/// What stands between the pins and the stream into the first layer.
fn port(design: &Design, family: Family) -> Area {
    let (rates, memory) = (RATES.of(family), MemoryRates::of(family));
    // What nobody looks at is not there.
    let inputs = design.layers[0].engine.inputs_looked_at(&design.layers[0]) as u64;
    match &design.port {
        Port::Direct => Area::default(),
        Port::Encoder(encoder) => {
            let (buckets, event_bits) = (1 << (1 + design.step_bits), design.input.bits());
            let counts = if family == Family::Ice40 { buckets * u64::from(encoder.count_bits) } else { 0 };
            let bram = memory.block_ram(buckets << event_bits, event_bits as u64).bram;
            Area { lut: rates.encoder, ff: ENCODER_FF + counts, bram, dsp: 0 }
        }
        Port::Pixels { packing, .. } => {
            let (beats, steps, step_bits) =
                (packing.beats as u64, design.time_steps as u64, u64::from(design.step_bits));
            let lanes = (packing.bits / PIXEL_BITS) as u64;
            let held = inputs * (steps - 1).min(beats) / beats;
            let ff = (inputs + held) * (step_bits + 1);
            // A spike time is compared with the step: as many bits in tables of four.
            let compared = inputs * (2 * step_bits).div_ceil(3);
            let lut = compared + held * (step_bits + 1) + lanes * steps * LEVEL_LUT + beats + ff * rates.bare;
            Area { lut, ff: ff + beats, ..Area::default() }
        }
        Port::Steps { packing } => {
            let beats = packing.beats as u64;
            let ff = inputs * (beats - 1) / beats;
            Area { lut: beats + ff * rates.bare, ff: ff + beats, ..Area::default() }
        }
    }
}

/// Frame timer, comparisons of all pairs of scores, and results that wait.
fn one_beat(design: &Design) -> Area {
    let (classes, bits) = (design.readout.classes as u64, u64::from(design.readout.score_bits));
    let pairs = classes * (classes - 1) / 2;
    let lut = ONE_BEAT_LUT + (pairs * bits) * PAIR_LUT / 100 + classes * bits * WAITING_LUT;
    Area { lut, ff: FLOW_FF + 3 * classes * bits + pairs, ..Area::default() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::arch::{EngineKind, InputKind, Lanes, Options, WeightMemory, plan};
    use crate::model::read_integer;

    /// What yosys 0.70 made of a design, counted as [`Area`] says.
    struct Measured {
        model: &'static str,
        lanes: Lanes,
        weights: WeightMemory,
        input: InputKind,
        family: Family,
        lut: u64,
        ff: u64,
        bram: u64,
    }

    fn measured(lanes: Lanes, family: Family, lut: u64, ff: u64, bram: u64) -> Measured {
        let (model, weights, input) = ("models/digits", WeightMemory::Auto, InputKind::Events);
        Measured { model, lanes, weights, input, family, lut, ff, bram }
    }

    fn convolution(model: &'static str, lanes: &[usize], lut: u64, ff: u64, bram: u64) -> Measured {
        let lanes = Lanes::PerLayer(lanes.to_vec());
        Measured { model, ..measured(lanes, Family::Ecp5, lut, ff, bram) }
    }

    fn all_measured() -> Vec<Measured> {
        vec![
            measured(Lanes::All, Family::Ecp5, 3211, 2121, 0),
            measured(Lanes::AtMost(32), Family::Ecp5, 2019, 1618, 4),
            measured(Lanes::AtMost(16), Family::Ecp5, 1744, 1061, 2),
            measured(Lanes::AtMost(8), Family::Ecp5, 1373, 1067, 2),
            Measured { input: InputKind::Pixels, ..measured(Lanes::All, Family::Ecp5, 3534, 2189, 1) },
            Measured { model: "models/mnist-dense", ..measured(Lanes::All, Family::Ecp5, 4997, 5523, 59) },
            Measured { model: "models/mnist-dense", ..measured(Lanes::AtMost(64), Family::Ecp5, 5824, 2745, 52) },
            convolution("models/mnist-conv", &[1, 8, 64, 10], 25238, 15860, 199),
            convolution("models/mnist-conv", &[2, 4, 32, 10], 23424, 12134, 186),
            convolution("models/fashion-conv", &[1, 4, 64, 10], 16719, 8924, 470),
            convolution("tests/fixtures/digits-conv", &[8, 4, 32, 10], 7190, 5853, 11),
            convolution("tests/fixtures/digits-conv", &[2, 16, 32, 10], 11829, 8877, 22),
            convolution("tests/fixtures/digits-conv", &[1, 2, 8, 10], 5145, 3072, 10),
            measured(Lanes::All, Family::Ice40, 4173, 2111, 0),
            measured(Lanes::AtMost(16), Family::Ice40, 3161, 1682, 4),
            Measured { weights: WeightMemory::Block, ..measured(Lanes::All, Family::Ice40, 2264, 1815, 19) },
            Measured { input: InputKind::Pixels, ..measured(Lanes::All, Family::Ice40, 4527, 2193, 4) },
            measured(Lanes::All, Family::Xilinx, 1498, 2121, 0),
            measured(Lanes::AtMost(8), Family::Xilinx, 964, 1160, 1),
        ]
    }

    #[test]
    fn the_model_is_within_a_tenth_of_synthesis() {
        for case in all_measured() {
            let weights = vec![case.weights; 9];
            let options = Options { lanes: case.lanes, weights, input: case.input, ..Options::default() };
            assert_near(case.model, &options, case.family, [case.lut, case.ff, case.bram]);
        }
    }

    #[test]
    fn the_model_of_logic_is_within_a_tenth_of_synthesis() {
        let logic = Options {
            input: InputKind::Pixels,
            stream_bits: Some(32),
            engines: vec![EngineKind::Spatial],
            pipeline: 4,
            ..Options::default()
        };
        assert_near("models/digits-spatial", &logic, Family::Ecp5, [3735, 1861, 0]);
    }

    /// That the estimate is within a tenth of look-up tables, flip-flops and block RAMs.
    fn assert_near(model: &str, options: &Options, family: Family, [lut, ff, bram]: [u64; 3]) {
        let network = read_integer(&Path::new(env!("CARGO_MANIFEST_DIR")).join(model)).unwrap();
        let area = estimate(&plan(&network, options).unwrap(), family).unwrap();
        assert_eq!(area.bram, bram, "{model} on {family:?}, {options:?}");
        for (what, predicted, measured) in [("LUT", area.lut, lut), ("FF", area.ff, ff)] {
            let near = predicted.abs_diff(measured) * 10 <= measured;
            assert!(near, "{model} on {family:?}, {options:?}: {predicted} {what}, measured {measured}");
        }
    }
}
