//! What a quantized network does with the images that it was trained on.

use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::data::MeanActivity;
use crate::golden::{Executor, encode};
use crate::network::IntegerNetwork;

/// Stored with four decimals: a prediction needs no more, and a person can read them.
const DECIMALS: f64 = 1e4;

/// Sums over images: decision steps, and events by layer (the input first) and time step.
#[derive(Clone)]
struct Sums {
    decision_steps: u64,
    events: Vec<Vec<u64>>,
}

/// The mean activity of `network` over `pixels`, one image per row, by the golden model.
///
/// # Panics
/// If there are no images.
pub fn mean_activity(network: &IntegerNetwork, pixels: ArrayView2<u8>) -> MeanActivity {
    let rows: Vec<_> = pixels.outer_iter().collect();
    assert!(!rows.is_empty(), "a mean needs an image");
    let none = Sums { decision_steps: 0, events: vec![vec![0; network.time_steps()]; network.layers().len() + 1] };
    let parts = rows.par_iter().fold(
        || (Executor::new(network), none.clone()),
        |(mut executor, mut sums), row| {
            let input = encode(&row.to_vec(), network.coding(), network.time_steps());
            let trace = executor.run(*row);
            sums.decision_steps += u64::from(trace.decision_step);
            let times = std::iter::once(&input).chain(&trace.spike_times);
            sums.events.iter_mut().zip(times).for_each(|(counts, times)| count(times, counts));
            (executor, sums)
        },
    );
    let sums = parts.map(|(_, sums)| sums).reduce(|| none.clone(), Sums::plus);
    let mean = |sum: u64| (sum as f64 / rows.len() as f64 * DECIMALS).round() / DECIMALS;
    let mut means = sums.events.iter().map(|counts| counts.iter().map(|&sum| mean(sum)).collect());
    MeanActivity {
        images: rows.len(),
        input: means.next().expect("the input comes first"),
        spikes: means.collect(),
        decision_step: mean(sums.decision_steps),
    }
}

/// Counts spikes by their time; never is no time.
fn count(times: &[u8], counts: &mut [u64]) {
    for &time in times {
        if let Some(count) = counts.get_mut(usize::from(time)) {
            *count += 1;
        }
    }
}

impl Sums {
    fn plus(mut self, other: Sums) -> Sums {
        self.decision_steps += other.decision_steps;
        for (counts, more) in self.events.iter_mut().zip(other.events) {
            counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        }
        self
    }
}
