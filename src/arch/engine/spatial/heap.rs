//! The bit heap of a neuron: the potential as bits that stand in columns, one column for each power of two.
//!
//! A weight is a sum of powers of two, each added or subtracted. What is subtracted is the complement of the input's bit, less a
//! constant: `−x·2^c = x̄·2^c − 2^c`. All constants together are one number, whose bits stand in the heap like any others.

use crate::fixed::Interval;

/// A bit of a heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bit {
    One,
    /// Whether an input has spiked.
    Input(usize),
    /// Whether it has not.
    Complement(usize),
}

impl Bit {
    /// The input whose bit it is.
    pub(super) fn input(&self) -> Option<usize> {
        match *self {
            Bit::One => None,
            Bit::Input(input) | Bit::Complement(input) => Some(input),
        }
    }
}

/// Bits in columns: bit `c` of column `c` weighs `2^c`. What would weigh more than the top column is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heap {
    pub columns: Vec<Vec<Bit>>,
}

impl Heap {
    /// The bits of `constant + Σ weight · input`, modulo `2^width`. Constants come first in every column.
    pub(super) fn new(synapses: &[(usize, i32)], constant: i64, width: u32) -> Heap {
        let mut columns = vec![Vec::new(); width as usize];
        let mut constant = constant;
        for &(input, weight) in synapses {
            for (column, negative) in digits(weight) {
                if negative {
                    constant = constant.wrapping_sub(1 << column);
                }
                if let Some(bits) = columns.get_mut(column as usize) {
                    bits.push(if negative { Bit::Complement(input) } else { Bit::Input(input) });
                }
            }
        }
        for (column, bits) in columns.iter_mut().enumerate() {
            if constant >> column & 1 == 1 {
                bits.insert(0, Bit::One);
            }
        }
        Heap { columns }
    }

    /// Bits in each column.
    pub fn heights(&self) -> Vec<usize> {
        self.columns.iter().map(Vec::len).collect()
    }
}

/// The powers of two whose sum is `weight`, each as (exponent, whether it is subtracted): those of its magnitude in binary, or in signed
/// digits where these are fewer.
fn digits(weight: i32) -> Vec<(u32, bool)> {
    let magnitude = i64::from(weight).unsigned_abs();
    let negative = weight < 0;
    let binary: Vec<_> = (0..32).filter(|bit| magnitude >> bit & 1 == 1).map(|bit| (bit, negative)).collect();
    let signed = signed_digits(magnitude);
    match signed.len() < binary.len() {
        true => signed.into_iter().map(|(bit, minus)| (bit, minus != negative)).collect(),
        false => binary,
    }
}

/// The non-adjacent form: of all sums of signed powers of two one of the shortest.
fn signed_digits(magnitude: u64) -> Vec<(u32, bool)> {
    let tripled = 3 * magnitude;
    let (plus, minus) = ((tripled & !magnitude) >> 1, (magnitude & !tripled) >> 1);
    (0..33).filter(|bit| (plus | minus) >> bit & 1 == 1).map(|bit| (bit, minus >> bit & 1 == 1)).collect()
}

/// How many bits the heaps of a layer hold, without their constants.
pub(super) fn bits_of(weight: i32) -> usize {
    digits(weight).len()
}

/// The potential of a neuron less an offset, over all inputs.
pub(super) fn interval(synapses: &[(usize, i32)], start: i64) -> Interval {
    let weights = || synapses.iter().map(|&(_, weight)| i64::from(weight));
    Interval {
        lo: start + weights().map(|weight| weight.min(0)).sum::<i64>(),
        hi: start + weights().map(|weight| weight.max(0)).sum::<i64>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a heap for inputs, bit by bit.
    fn value(heap: &Heap, inputs: u32) -> i64 {
        let bit = |bit: &Bit| match *bit {
            Bit::One => 1,
            Bit::Input(input) => i64::from(inputs >> input & 1),
            Bit::Complement(input) => 1 - i64::from(inputs >> input & 1),
        };
        heap.columns.iter().enumerate().map(|(column, bits)| bits.iter().map(bit).sum::<i64>() << column).sum()
    }

    #[test]
    fn a_heap_is_the_potential() {
        let synapses = [(0, 7), (1, -7), (2, 5), (3, -1), (5, -128), (6, 11)];
        for constant in [-300, -1, 0, 77] {
            let heap = Heap::new(&synapses, constant, 10);
            for inputs in 0..128u32 {
                let spiking = synapses.iter().filter(|(input, _)| inputs >> input & 1 == 1);
                let potential = constant + spiking.map(|&(_, weight)| i64::from(weight)).sum::<i64>();
                assert_eq!(value(&heap, inputs).rem_euclid(1024), potential.rem_euclid(1024), "{inputs:b}");
            }
        }
    }

    #[test]
    fn weights_take_as_few_bits_as_can_be() {
        let expected = [(0, 0), (1, 1), (-2, 1), (3, 2), (7, 2), (-7, 2), (11, 3), (127, 2), (-32767, 2)];
        for (weight, bits) in expected {
            assert_eq!(bits_of(weight), bits, "{weight}");
        }
        // 3 stays 2 + 1: no column more.
        assert_eq!(digits(3), [(0, false), (1, false)]);
        assert_eq!(digits(-7), [(0, false), (3, true)]);
    }
}
