//! Copies of a layer's inputs. An input feeds neurons that stand all over the chip, and the way to them takes longer than their logic:
//! so groups of neurons have registers of their own for the inputs that they look at.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Logic;

/// Bits of the heaps of a group, at most, if it has more than one neuron.
const GROUP_BITS: usize = 640;

/// Neurons side by side that share a copy, and the inputs in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub neurons: Range<usize>,
    /// In order.
    pub inputs: Vec<usize>,
}

/// The groups of a layer: none if all of its neurons would be in one.
pub(super) fn groups(neurons: &[Logic]) -> Vec<Group> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut bits = 0;
    for (number, logic) in neurons.iter().enumerate() {
        let more = logic.inputs().count();
        match ranges.last_mut() {
            Some(range) if bits + more <= GROUP_BITS => {
                range.end += 1;
                bits += more;
            }
            _ => {
                ranges.push(number..number + 1);
                bits = more;
            }
        }
    }
    if ranges.len() < 2 {
        return Vec::new();
    }
    ranges.into_iter().map(|range| group(range, neurons)).collect()
}

fn group(range: Range<usize>, neurons: &[Logic]) -> Group {
    let inputs: BTreeSet<usize> = neurons[range.clone()].iter().flat_map(Logic::inputs).collect();
    Group { neurons: range, inputs: inputs.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::super::TruthTable;
    use super::*;

    fn table(inputs: std::ops::Range<usize>) -> Logic {
        Logic::Table(TruthTable { inputs: inputs.collect(), bits: 0 })
    }

    #[test]
    fn neurons_side_by_side_share_what_they_look_at() {
        let neurons = [table(0..400), table(300..500), table(0..41), Logic::Never, table(7..9), table(0..700)];
        let groups = groups(&neurons);
        // 400 + 200, and 41 more would be 641; 41 + 2, and 700 more too many; a neuron may have more alone.
        let expected = [(0..2, (0..500).collect()), (2..5, (0..41).collect()), (5..6, (0..700).collect::<Vec<_>>())];
        assert_eq!(groups, expected.map(|(neurons, inputs)| Group { neurons, inputs }));
    }

    #[test]
    fn a_small_layer_has_no_copies() {
        assert_eq!(groups(&[table(0..600), table(0..40)]), []);
        assert_eq!(groups(&[]), []);
    }
}
