//! Which events the images cause: where nothing happens, a fault is not felt.

/// Per layer and input, the number of images in which the input spikes; the layer after the last one are the output neurons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    images: Vec<Vec<usize>>,
}

impl Activity {
    /// Counts over images, each given by the spike times of its inputs and of all layers.
    ///
    /// # Units
    /// Spike times in time steps; `time_steps` or more means never.
    pub fn of<'a>(time_steps: usize, images: impl Iterator<Item = (Vec<u8>, &'a [Vec<u8>])>) -> Self {
        let mut counts: Vec<Vec<usize>> = Vec::new();
        for (inputs, layers) in images {
            let stages = std::iter::once(inputs.as_slice()).chain(layers.iter().map(Vec::as_slice));
            counts.resize(1 + layers.len(), Vec::new());
            for (counts, times) in counts.iter_mut().zip(stages) {
                counts.resize(times.len(), 0);
                for (count, &time) in counts.iter_mut().zip(times) {
                    *count += usize::from(usize::from(time) < time_steps);
                }
            }
        }
        Activity { images: counts }
    }

    /// The input of a layer that spikes in most images, if any does.
    pub fn busiest(&self, layer: usize) -> Option<usize> {
        let counts = self.images.get(layer)?;
        (0..counts.len()).filter(|&input| counts[input] > 0).max_by_key(|&input| (counts[input], usize::MAX - input))
    }

    /// The inputs of a layer that spike in most and in fewest images.
    pub fn extremes(&self, layer: usize) -> Option<(usize, usize)> {
        let busiest = self.busiest(layer)?;
        let counts = &self.images[layer];
        let quietest = (0..counts.len()).filter(|&input| input != busiest).min_by_key(|&input| counts[input])?;
        Some((busiest, quietest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_counted_per_input_and_layer() {
        let layers = [vec![vec![4, 1]], vec![vec![4, 0]]];
        let inputs = [vec![0, 4, 3], vec![4, 4, 0]];
        let activity = Activity::of(4, inputs.into_iter().zip(layers.iter().map(Vec::as_slice)));
        assert_eq!(activity.images, [vec![1, 0, 2], vec![0, 2]]);
        assert_eq!((activity.busiest(0), activity.extremes(0)), (Some(2), Some((2, 1))));
        assert_eq!((activity.busiest(1), activity.extremes(1)), (Some(1), Some((1, 0))));
        assert_eq!(activity.busiest(2), None);
    }

    #[test]
    fn silence_has_no_busiest_input() {
        let layers = vec![vec![4]];
        let activity = Activity::of(4, [(vec![4, 4], layers.as_slice())].into_iter());
        assert_eq!((activity.busiest(0), activity.extremes(0)), (None, None));
        assert_eq!(Activity::of(4, std::iter::empty()).busiest(0), None);
    }
}
