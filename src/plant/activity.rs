//! Which events the images cause: where nothing happens, a fault is not felt.

/// Per layer and input, the number of images in which the input spikes; the layer after the last one are the output neurons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    images: Vec<Vec<usize>>,
}

impl Activity {
    /// Counts an image, given by the spike times of its inputs and of all layers.
    ///
    /// # Units
    /// Spike times in time steps; `time_steps` or more means never.
    pub fn add(&mut self, time_steps: usize, inputs: &[u8], layers: &[Vec<u8>]) {
        let stages = std::iter::once(inputs).chain(layers.iter().map(Vec::as_slice));
        self.images.resize(1 + layers.len(), Vec::new());
        for (counts, times) in self.images.iter_mut().zip(stages) {
            counts.resize(times.len(), 0);
            for (count, &time) in counts.iter_mut().zip(times) {
                *count += usize::from(usize::from(time) < time_steps);
            }
        }
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
        let mut activity = Activity::default();
        activity.add(4, &[0, 4, 3], &[vec![4, 1]]);
        activity.add(4, &[4, 4, 0], &[vec![4, 0]]);
        assert_eq!(activity.images, [vec![1, 0, 2], vec![0, 2]]);
        assert_eq!((activity.busiest(0), activity.extremes(0)), (Some(2), Some((2, 1))));
        assert_eq!((activity.busiest(1), activity.extremes(1)), (Some(1), Some((1, 0))));
        assert_eq!(activity.busiest(2), None);
    }

    #[test]
    fn silence_has_no_busiest_input() {
        let mut activity = Activity::default();
        activity.add(4, &[4, 4], &[vec![4]]);
        assert_eq!((activity.busiest(0), activity.extremes(0)), (None, None));
        assert_eq!(Activity::default().busiest(0), None);
    }
}
