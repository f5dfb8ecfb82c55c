//! Batch normalization over images, places and time: `u = γ·(V − μ)/σ + β`, with the moments of the images of one chunk.
//!
//! The threshold test of `u` is one of `V` (`Block::batch_test`), so the forward pass only measures. The gradient goes through the
//! moments.

use multiversion::multiversion;

use super::layer::Moments;
use super::row::{LANES, ONE, Row, ZERO};

/// The moments of all rows; `origin`, a guess of the mean, keeps the sums exact.
pub fn measure<'a>(potentials: impl Iterator<Item = &'a [Row]>, origin: &Row) -> Moments {
    let (mut sum, mut squares, mut count) = (ZERO, ZERO, 0);
    for rows in potentials {
        add_sums(rows, origin, &mut sum, &mut squares);
        count += rows.len();
    }
    let share = 1.0 / count as f32;
    let shift = sum.map(|sum| sum * share);
    Moments {
        mean: std::array::from_fn(|k| origin[k] + shift[k]),
        variance: std::array::from_fn(|k| (squares[k] * share - shift[k] * shift[k]).max(0.0)),
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn add_sums(rows: &[Row], origin: &Row, sum: &mut Row, squares: &mut Row) {
    // Sums of one image first: they stay small.
    let (mut of_image, mut of_squares) = (ZERO, ZERO);
    for row in rows {
        for k in 0..LANES {
            let value = row[k] - origin[k];
            of_image[k] += value;
            of_squares[k] += value * value;
        }
    }
    for k in 0..LANES {
        sum[k] += of_image[k];
        squares[k] += of_squares[k];
    }
}

/// The gradients of gain and bias, and with them the correction of the gradient of the potentials.
#[derive(Debug, Clone)]
pub struct Affine {
    /// `∂L/∂β = Σ ∂L/∂u`, `∂L/∂γ = Σ ∂L/∂u · x` with `x = (V − μ)/σ`.
    pub bias: Row,
    pub gain: Row,
    mean: Row,
    spread: Row,
    count: f32,
}

impl Affine {
    /// `count` is the number of potentials that the moments were taken of.
    pub fn new(moments: &Moments, count: usize) -> Self {
        Affine { bias: ZERO, gain: ZERO, mean: moments.mean, spread: moments.spread(), count: count as f32 }
    }

    #[inline(always)]
    fn standard(&self, row: &Row) -> Row {
        std::array::from_fn(|k| (row[k] - self.mean[k]) * self.spread[k])
    }

    /// Adds one place, of which `sums` are the suffix sums of `∂L/∂u`.
    #[inline(always)]
    pub fn add(&mut self, potential: &[Row], sums: &[Row]) {
        let mut before = ZERO;
        for (row, sum) in potential.iter().zip(sums) {
            let x = self.standard(row);
            for k in 0..LANES {
                // Σ_t δ[t]·x[t] with δ[t] = D[t] − D[t+1], summed by parts.
                self.gain[k] += sum[k] * (x[k] - before[k]);
            }
            before = x;
        }
        (0..LANES).for_each(|k| self.bias[k] += sums[0][k]);
    }

    /// From the suffix sums of `∂L/∂u` of one place to those of `∂L/∂V = γ/σ·(∂L/∂u − mean(∂L/∂u) − x·mean(∂L/∂u · x))`.
    ///
    /// `unit` is `γ/σ`.
    #[inline(always)]
    pub fn correct(&self, potential: &[Row], unit: &Row, sums: &mut [Row]) {
        let share = ONE.map(|one| one / self.count);
        let (mut standards, mut steps) = (ZERO, 0.0);
        for (row, sum) in potential.iter().zip(sums).rev() {
            let x = self.standard(row);
            steps += 1.0;
            for k in 0..LANES {
                standards[k] += x[k];
                let mean = self.bias[k] * share[k] * steps;
                sum[k] = unit[k] * (sum[k] - mean - standards[k] * (self.gain[k] * share[k]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const STEPS: usize = 3;
    const PLACES: usize = 5;

    /// `Σ δ·u` of lane 0, with `u` computed in f64 by the definition.
    fn loss(potential: &[Row], deltas: &[f64], gain: f64, bias: f64) -> f64 {
        let values: Vec<f64> = potential.iter().map(|row| f64::from(row[0])).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
        let normalized = |v: &f64| gain * (v - mean) / variance.sqrt() + bias;
        values.iter().zip(deltas).map(|(v, delta)| delta * normalized(v)).sum()
    }

    #[test]
    fn the_gradient_through_the_moments_equals_finite_differences() {
        const STEP: f32 = 1e-2;
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let (gain, bias) = (1.7, -0.4);
        let mut potential = vec![ZERO; PLACES * STEPS];
        potential.iter_mut().for_each(|row| row[0] = rng.random_range(2.0..5.0));
        let deltas: Vec<f64> = (0..PLACES * STEPS).map(|_| rng.random_range(-1.0..1.0)).collect();
        let moments = measure([&potential[..7], &potential[7..]].into_iter(), &[3.0; LANES]);
        let mut affine = Affine::new(&moments, PLACES * STEPS);
        let sums: Vec<Vec<Row>> = deltas
            .chunks(STEPS)
            .map(|deltas| (0..STEPS).map(|t| [deltas[t..].iter().sum::<f64>() as f32; LANES]).collect())
            .collect();
        potential.chunks(STEPS).zip(&sums).for_each(|(potential, sums)| affine.add(potential, sums));
        let near =
            |found: f32, expected: f64| assert!((f64::from(found) - expected).abs() < 2e-3, "{found} {expected}");
        near(affine.bias[0], deltas.iter().sum());
        near(affine.gain[0], loss(&potential, &deltas, 1.0, 0.0));
        let unit = moments.spread().map(|spread| gain as f32 * spread);
        for place in 0..PLACES {
            let mut found = sums[place].clone();
            affine.correct(&potential[place * STEPS..][..STEPS], &unit, &mut found);
            for step in 0..STEPS {
                let here = place * STEPS + step;
                let mut shifted = |by: f32| {
                    potential[here][0] += by;
                    let loss = loss(&potential, &deltas, gain, bias);
                    potential[here][0] -= by;
                    loss
                };
                let expected = (shifted(STEP) - shifted(-STEP)) / (2.0 * f64::from(STEP));
                let later = if step + 1 < STEPS { found[step + 1][0] } else { 0.0 };
                near(found[step][0] - later, expected);
            }
        }
    }
}
