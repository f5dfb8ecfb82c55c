//! From step rows in float to integers (`docs/numerics.md` §8).

use ndarray::Array2;

use crate::float::grid::quantize_bias;
use crate::network::StepRows;

/// `r[t] = R[t] − R[t−1]` with `R[t] = round(B[t]·k² / s)`, `B[t]` being the sum of the float rows up to `t`.
///
/// Sums outside 32 bits saturate; the integer network then refuses the interval and names the neuron.
pub fn quantize(rows: &StepRows<f32>, scale: f32, cell: usize) -> StepRows {
    let mut quantized = Array2::zeros((rows.time_steps(), rows.channels()));
    for channel in 0..rows.channels() {
        let (mut sum, mut before) = (0.0, 0);
        for step in 0..rows.time_steps() {
            sum += f64::from(rows.at(step)[channel]);
            let now = quantize_bias(sum, scale, cell) as i32;
            quantized[(step, channel)] = now.saturating_sub(before);
            before = now;
        }
    }
    StepRows::new(quantized)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn sums_are_rounded_so_that_errors_do_not_add_up() {
        // In LSB 0.4 per step: sums 0.4, 0.8, 1.2, 1.6, 2.0. And whole ones.
        let rows = StepRows::constant(&[0.1, -0.5], 5);
        assert_eq!(quantize(&rows, 0.25, 1), StepRows::new(array![[0, -2], [1, -2], [0, -2], [1, -2], [0, -2]]));
        // Behind an average pooling of four spikes an LSB is a fourth.
        assert_eq!(quantize(&rows, 0.4, 4), StepRows::constant(&[1, -5], 5));
    }
}
