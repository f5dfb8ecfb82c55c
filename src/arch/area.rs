//! The area model: what a design takes of a part, before any synthesis.
//!
//! Block RAMs and flip-flops follow from the widths and from the rule by which yosys maps memories. Look-up tables are a sum over the leaves
//! of `hdl/lib`: a number for each family times what grows in the leaf, fitted to synthesized designs. `docs/synthesis.md`, section "Area
//! model", says how well. Each engine knows its own; what surrounds the layers is here.

use super::design::Design;
use super::memory_area::MemoryRates;
use super::port::Port;
use super::resources::{Area, BySlice};
use crate::board::Family;

/// Look-up tables of what surrounds the layers.
struct Rates {
    /// Frame timer, result stream, readout and event control.
    fixed: u64,
    encoder: u64,
}

static RATES: BySlice<Rates> = BySlice {
    ecp5: Rates { fixed: 500, encoder: 445 },
    ice40: Rates { fixed: 412, encoder: 316 },
    xilinx: Rates { fixed: 348, encoder: 192 },
};

/// Flip-flops of frame timer, result stream, readout and event control.
const FIXED_FF: u64 = 260;
/// Flip-flops of the latency encoder.
const ENCODER_FF: u64 = 60;
/// Width of the frame timer's counts, bits.
const CYCLE_BITS: u64 = 32;

/// The area of a whole design, without a board shell; none if that of an engine is not known before synthesis.
pub fn estimate(design: &Design, family: Family) -> Option<Area> {
    let layers = design.layers.iter().map(|layer| layer.engine.area(layer, family)).sum::<Option<Area>>()?;
    Some(layers + surroundings(design, family))
}

/// Encoder, readout, result stream and frame timer.
pub(super) fn surroundings(design: &Design, family: Family) -> Area {
    let (rates, memory) = (RATES.of(family), MemoryRates::of(family));
    let mut area = Area { lut: rates.fixed, ff: FIXED_FF, ..Area::default() };
    if family == Family::Ice40 {
        // Without distributed RAM, the start times of the images are in flip-flops or blocks.
        let frames = design.timer.frames as u64;
        area = area
            + match memory.is_in_registers(frames, CYCLE_BITS) {
                true => Area { ff: frames * CYCLE_BITS, ..Area::default() },
                false => memory.block_ram(frames, CYCLE_BITS),
            };
    }
    if let Port::Encoder(encoder) = &design.port {
        let (buckets, event_bits) = (1 << (1 + design.step_bits), design.input.bits());
        let counts = if family == Family::Ice40 { buckets * u64::from(encoder.count_bits) } else { 0 };
        area.lut += rates.encoder;
        area.ff += ENCODER_FF + counts;
        area.bram += memory.block_ram(buckets << event_bits, event_bits as u64).bram;
    }
    area
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::arch::{InputKind, Lanes, Options, WeightMemory, plan};
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
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(case.model);
            let network = read_integer(&folder).unwrap();
            let weights = vec![case.weights; network.layers().len()];
            let options = Options { lanes: case.lanes, weights, input: case.input, ..Options::default() };
            let design = plan(&network, &options).unwrap();
            let area = estimate(&design, case.family).unwrap();
            let name = format!("{} {:?} {:?} {:?}", case.model, options.lanes, case.weights, case.family);
            assert_eq!(area.bram, case.bram, "{name}");
            for (what, predicted, measured) in [("LUT", area.lut, case.lut), ("FF", area.ff, case.ff)] {
                assert!(
                    predicted.abs_diff(measured) * 10 <= measured,
                    "{name}: {predicted} {what}, measured {measured}"
                );
            }
        }
    }
}
