//! The area of a spatial layer, counted adder by adder in the netlist that is made for it; the look-up tables of each are fitted to
//! synthesized designs.

use super::{Engine, Logic, Neuron, Role, SpatialEngine, Sum};
use crate::arch::adapter::Adapter;
use crate::arch::design::Layer;
use crate::arch::resources::Area;
use crate::board::Family;

/// Rows of the last columns, which a carry chain adds.
const ROWS: usize = 2;

/// Look-up tables per unit.
struct Rates {
    /// Per full or half adder. Sum and carry take one each; some are joined with an adder of the next level.
    adder: f64,
    /// Per bit of a carry chain, less what it takes in of the adders before it.
    chain_bit: f64,
    /// Per bit of the potentials of an output layer: selection of a class.
    output_bit: f64,
    /// Per flip-flop that has no look-up table before it.
    bare: f64,
}

const ECP5: Rates = Rates { adder: 1.85, chain_bit: 0.2, output_bit: 1.34, bare: 0.0 };
const ICE40: Rates = Rates { adder: 1.68, chain_bit: 0.2, output_bit: 1.34, bare: 1.0 };

/// What stands in a layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    adders: usize,
    chain_bits: usize,
    /// Look-up tables beside those.
    lut: usize,
    ff: usize,
    /// Flip-flops in front of which there is no look-up table.
    bare: usize,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.adders += other.adders;
        self.chain_bits += other.chain_bits;
        self.lut += other.lut;
        self.ff += other.ff;
        self.bare += other.bare;
    }

    fn bare(registers: usize) -> Counts {
        Counts { ff: registers, bare: registers, ..Counts::default() }
    }
}

/// The layer, and the gate in front of it; none for a family whose adders nobody has counted.
pub(super) fn of(engine: &SpatialEngine, layer: &Layer, family: Family) -> Option<Area> {
    let rates = match family {
        Family::Ecp5 | Family::Gowin => ECP5,
        Family::Ice40 => ICE40,
        Family::Xilinx => return None,
    };
    let mut counts = Counts::default();
    engine.neurons.iter().for_each(|neuron| counts.add(of_neuron(neuron)));
    counts.add(behind(engine, layer));
    counts.add(Counts::bare(engine.groups.iter().map(|group| group.inputs.len()).sum()));
    if let Some(Adapter::StepsToFlow { .. } | Adapter::EventsToFlow { .. }) = &layer.adapter {
        counts.add(gate(engine.inputs_looked_at(layer)));
    }
    let output_bits = if engine.role == Role::Hidden { 0 } else { potential_bits(layer) };
    let lut = counts.adders as f64 * rates.adder
        + counts.chain_bits as f64 * rates.chain_bit
        + counts.bare as f64 * rates.bare
        + output_bits as f64 * rates.output_bit;
    Some(Area { lut: lut as u64 + counts.lut as u64, ff: counts.ff as u64, ..Area::default() })
}

fn of_neuron(neuron: &Neuron) -> Counts {
    let mut counts = match &neuron.logic {
        Logic::Always | Logic::Never => return Counts::default(),
        // Four tables of four inputs stand for one of six; what joins them is no look-up table.
        Logic::Table(table) => Counts { lut: 1 << table.inputs.len().saturating_sub(4), ..Counts::default() },
        Logic::Sum(sum) => of_sum(sum, &neuron.cuts.levels),
    };
    counts.add(Counts::bare(neuron.cuts.behind));
    counts
}

/// Adders, the carry chain, and the registers in front of the levels `cuts`.
fn of_sum(sum: &Sum, cuts: &[usize]) -> Counts {
    let mut counts = Counts::default();
    let mut heights = sum.heap.heights();
    for (index, level) in sum.levels.iter().enumerate() {
        let (full, half): (usize, usize) = (level.full.iter().sum(), level.half.iter().sum());
        let kept = heights.iter().sum::<usize>() - 3 * full - 2 * half;
        heights = level.heights(&heights);
        counts.adders += full + half;
        if cuts.contains(&(index + 1)) {
            counts.add(Counts { ff: heights.iter().sum(), bare: kept, ..Counts::default() });
        }
    }
    // Below the first column of two bits nothing is added.
    counts.chain_bits = heights.iter().skip_while(|height| **height < ROWS).count();
    counts
}

/// Latches, and the registers of an output layer, up to the capture.
fn behind(engine: &SpatialEngine, layer: &Layer) -> Counts {
    let (neurons, bits) = (layer.neurons(), potential_bits(layer));
    let latches = Counts { lut: neurons, ff: neurons, ..Counts::default() };
    let mut counts = match engine.role {
        Role::Hidden if engine.latched => latches,
        Role::Hidden => Counts { ff: neurons, ..Counts::default() },
        // The sums have a register of their own, the capture has another.
        Role::Output { .. } => Counts { ff: 2 * bits, bare: bits, ..Counts::default() },
    };
    if engine.role == (Role::Output { fires: true }) {
        counts.add(latches);
        // While the latches work, the potentials wait; then the new spikes are told from the old ones.
        counts.add(Counts { lut: neurons, ff: bits + neurons, bare: bits, ..Counts::default() });
    }
    counts
}

fn potential_bits(layer: &Layer) -> usize {
    layer.neurons() * layer.membrane_bits as usize
}

/// A bit of all spikes so far for every input that a neuron looks at, behind one of the step.
fn gate(inputs: usize) -> Counts {
    Counts { lut: inputs, ff: 2 * inputs, bare: inputs, ..Counts::default() }
}
