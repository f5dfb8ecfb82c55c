//! From the float network to the integer network, with the accuracy of both.

use ndarray::s;
use rayon::prelude::*;

use crate::data::{Images, MeanActivity};
use crate::error::Result;
use crate::fixed::WeightFormat;
use crate::float::{FloatNetwork, Grid};
use crate::golden::Executor;
use crate::network::IntegerNetwork;
use crate::quantize::{self, LayerLoss};
use crate::report::Agreement;

/// Training images that the search for scales looks at.
const CALIBRATION_IMAGES: usize = 2_000;

/// An integer network, and what it lost.
#[derive(Debug, Clone)]
pub struct Quantized {
    /// The integer network.
    pub network: IntegerNetwork,
    /// What each layer lost.
    pub layers: Vec<LayerLoss>,
    /// Mean over the training images, if there were any.
    pub activity: Option<MeanActivity>,
    /// Of the float network, as it was trained, with the integer network on the test images.
    pub agreement: Option<Agreement>,
}

/// Quantizes a network: `formats` has one format per layer, or none if the layers' own grids shall count. Scales are calibrated on the
/// training images, if there are some, and both networks are measured on the test images.
///
/// # Errors
/// Those of [`quantize::choose_grids`] and [`quantize::quantize`].
pub fn quantize(
    network: &FloatNetwork,
    formats: &[WeightFormat],
    sets: Option<(&Images, &Images)>,
) -> Result<Quantized> {
    let mut grids = quantize::choose_grids(network, formats)?;
    if let Some((training, _)) = sets {
        let count = training.len().min(CALIBRATION_IMAGES);
        let (pixels, labels) = (training.pixels.slice(s![..count, ..]), &training.labels[..count]);
        grids = quantize::calibrate(&coded(network, training), &grids, pixels, labels);
    }
    let activity = |(training, _): (&Images, &Images)| {
        let measured = quantize::quantize(&coded(network, training), &grids)?;
        Ok(quantize::mean_activity(&measured, training.pixels.view()))
    };
    Ok(Quantized {
        network: quantize::quantize(network, &grids)?,
        layers: quantize::losses(network, &grids),
        activity: sets.map(activity).transpose()?,
        agreement: sets.map(|(_, test)| compare(&coded(network, test), &grids, test)).transpose()?,
    })
}

/// The network for these images, which may be spike times already.
fn coded(network: &FloatNetwork, images: &Images) -> FloatNetwork {
    FloatNetwork { coding: images.coding_in(&network.coding).clone(), ..network.clone() }
}

fn compare(network: &FloatNetwork, grids: &[Grid], test: &Images) -> Result<Agreement> {
    // As it was trained: quantization of a layer with a grid loses nothing against that.
    let float = network.on_grid().classify(test.pixels.view());
    let integer = quantize::quantize(network, grids)?;
    let rows: Vec<_> = test.pixels.outer_iter().collect();
    let integer: Vec<usize> = rows
        .par_iter()
        .map_init(|| Executor::new(&integer), |executor, row| executor.run(*row).class as usize)
        .collect();
    let correct = |classes: &[usize]| classes.iter().zip(&test.labels).filter(|(c, l)| **c == **l as usize).count();
    Ok(Agreement {
        images: test.len(),
        rows: test.role,
        float_correct: correct(&float),
        integer_correct: correct(&integer),
        agreeing: float.iter().zip(&integer).filter(|(a, b)| a == b).count(),
    })
}
