//! The choice of each layer's scale, for networks that were trained without a grid.

use ndarray::ArrayView2;

use crate::error::{Error, Result, Stage};
use crate::fixed::WeightFormat;
use crate::float::grid::{least_error_scale, quantize_weight, squared_error};
use crate::float::{FloatLayer, FloatNetwork, Grid};

/// Factors on that scale which calibration tries.
const FACTORS: [f32; 9] = [1.0, 0.9, 1.1, 0.8, 1.25, 0.7, 1.5, 0.6, 1.8];

/// The grid of each layer: the one it was trained with, or that of least weight error in the format asked for.
///
/// # Shapes
/// `formats` has one entry per layer, or one for all layers, or none.
///
/// # Errors
/// `format-count`; `format-missing` for a layer that has neither a grid nor a format.
pub fn choose_grids(network: &FloatNetwork, formats: &[WeightFormat]) -> Result<Vec<Grid>> {
    let layers = network.layers.len();
    if !matches!(formats.len(), 0 | 1) && formats.len() != layers {
        return Err(Error::new(
            Stage::Quantize,
            "format-count",
            format!("{} weight formats for {layers} layers, expected 1 or {layers}", formats.len()),
            "give --bits one value, or one per layer separated by commas",
        ));
    }
    let choose = |(index, layer): (usize, &FloatLayer)| match (formats.get(index).or(formats.first()), layer.grid) {
        (None, Some(grid)) => Ok(grid),
        (Some(&format), Some(grid)) if grid.format == format => Ok(grid),
        (Some(&format), _) => Ok(Grid { format, scale: least_error_scale(layer.weights.iter(), format) }),
        (None, None) => Err(Error::new(
            Stage::Quantize,
            "format-missing",
            format!("layer \"{}\" was trained in float, so its weight format is open", layer.name),
            "give --bits 4, or another format",
        )),
    };
    network.layers.iter().enumerate().map(choose).collect()
}

/// `√(Σ(s·q − w)² / Σw²)`, 0 for a layer of zeros.
pub fn relative_error(layer: &FloatLayer, grid: Grid) -> f64 {
    let error = squared_error(layer.weights.iter(), grid.scale, grid.format);
    let total: f64 = layer.weights.iter().map(|&weight| f64::from(weight).powi(2)).sum();
    if total > 0.0 { (error / total).sqrt() } else { 0.0 }
}

/// Tries factors on the scale of every layer that was not trained on a grid, from the input on, and keeps what
/// classifies most of the calibration images rightly while the layers behind are still in float.
///
/// # Shapes
/// `pixels` is images × pixels, with one label each.
pub fn calibrate(network: &FloatNetwork, grids: &[Grid], pixels: ArrayView2<u8>, labels: &[u32]) -> Vec<Grid> {
    let mut rounded = network.clone();
    let mut chosen = Vec::with_capacity(grids.len());
    for (index, (layer, grid)) in network.layers.iter().zip(grids).enumerate() {
        let factors = if layer.grid == Some(*grid) { &FACTORS[..1] } else { &FACTORS[..] };
        let mut best: Option<(usize, Grid)> = None;
        for factor in factors {
            let candidate = Grid { format: grid.format, scale: grid.scale * factor };
            rounded.layers[index] = on_grid(layer, candidate);
            let correct = count_correct(&rounded, pixels, labels);
            if best.is_none_or(|(most, _)| correct > most) {
                best = Some((correct, candidate));
            }
        }
        let (_, grid) = best.expect("there is at least one factor");
        rounded.layers[index] = on_grid(layer, grid);
        chosen.push(grid);
    }
    chosen
}

/// The layer with its weights rounded, still in float.
fn on_grid(layer: &FloatLayer, grid: Grid) -> FloatLayer {
    let weights = layer.weights.mapv(|weight| grid.scale * quantize_weight(weight, grid.scale, grid.format));
    FloatLayer { weights, ..layer.clone() }
}

fn count_correct(network: &FloatNetwork, pixels: ArrayView2<u8>, labels: &[u32]) -> usize {
    network.classify(pixels).iter().zip(labels).filter(|(class, label)| **class == **label as usize).count()
}
