//! From the parameters of neurons in float to integers (`docs/numerics.md` §8), kind by kind.

use crate::float::grid::quantize_threshold;
use crate::float::{FloatLayer, Grid};
use crate::network::{IntegrateOnce, Neuron};

/// The neurons of a layer whose potentials start at `v0`, in LSB of `grid`.
pub fn quantize(layer: &FloatLayer, grid: Grid, v0: &[i32]) -> Neuron {
    match &layer.neuron {
        Neuron::Integrate(_) => Neuron::integrate(),
        Neuron::IntegrateOnce(neuron) => Neuron::integrate_once(thresholds(neuron, layer, grid, v0)),
    }
}

/// `ceil((θ − b)·k² / s) + v0`, saturated: the integer network refuses what leaves 32 bits and names the neuron.
fn thresholds(neuron: &IntegrateOnce<f32>, layer: &FloatLayer, grid: Grid, v0: &[i32]) -> Vec<i32> {
    let cell = layer.pooling.share();
    let triples = neuron.threshold.iter().zip(&layer.bias).zip(v0);
    let quantized = triples.map(|((&threshold, &bias), &v0)| {
        (quantize_threshold(threshold, bias, grid.scale, cell) as i32).saturating_add(v0)
    });
    quantized.collect()
}
