//! Spike queue and scan: what makes events of spike vectors, in an engine and in an adapter.

use crate::netlist::Instance;

/// Cycles from the head of the spike queue to the first beat of the scan.
const HEAD_TO_BEAT: u64 = 4;

/// Spike queue and scan of `fs_spike_queue` and `fs_spike_scan`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Spike vectors in front of the scan; as many captures may be under way.
    pub slots: usize,
    /// Neurons per scan word, a power of two.
    pub word_bits: u32,
    pub words: usize,
}

impl Scan {
    pub(super) fn new(neurons: usize, slots: usize) -> Scan {
        // About as many words as neurons per word keeps both levels of the scan shallow.
        let word_bits = (2..).find(|&bits: &u32| bits.is_power_of_two() && (bits * bits) as usize >= neurons);
        let word_bits = word_bits.expect("some power of two is large enough");
        let words = neurons.div_ceil(word_bits as usize);
        Scan { slots, word_bits, words }
    }

    /// The cycle of the first beat of a vector that is complete in cycle `vector`, if the queue is empty.
    pub(super) fn first_beat(&self, vector: u64) -> u64 {
        vector + self.slots as u64 + HEAD_TO_BEAT
    }

    /// Sets its parameters.
    pub(super) fn set(&self, instance: Instance) -> Instance {
        instance.set("SLOTS", self.slots).set("WORD_BITS", self.word_bits)
    }
}
