//! Integrate and fire, once: spike times, and the gradient through them.

use multiversion::multiversion;

use super::Test;
use crate::train::row::{LANES, Row, Times, ZERO};

/// Slope of the surrogate: `σ'(u) = (α/2) / (1 + (π·α·u/2)²)` with α = 2 (ATan).
#[inline(always)]
pub fn surrogate_slope(u: f32) -> f32 {
    let x = std::f32::consts::PI * u;
    1.0 / (1.0 + x * x)
}

/// The first step with `V[t] ≥ θ`, or the number of steps if there is none, at all places of an image.
#[multiversion(targets("x86_64+avx2"))]
pub fn fire(potential: &[Row], level: &Row, times: &mut [Times]) {
    let time_steps = potential.len() / times.len();
    for (potential, times) in potential.chunks_exact(time_steps).zip(times) {
        let mut fired = ZERO;
        let mut silent = ZERO;
        for row in potential {
            for k in 0..LANES {
                fired[k] = if row[k] >= level[k] { 1.0 } else { fired[k] };
                silent[k] += 1.0 - fired[k];
            }
        }
        *times = silent.map(|steps| steps as u16);
    }
}

/// The backward pass through fire-once neurons, with the buffer it needs.
#[derive(Debug, Default)]
pub struct Backward {
    /// Whether the potential reaches a new maximum at a step, 1 or 0.
    records: Vec<Row>,
}

impl Backward {
    /// Turns the potentials of one place into the suffix sums `D[t] = Σ_{τ ≥ t} ∂L/∂V[τ]`, in place.
    ///
    /// A neuron that fires once has fired by step `t` if its largest potential so far reached the threshold:
    /// `c[t] = H(max_{τ ≤ t} V[τ] − θ)`, where potentials after the spike no longer matter. So the gradient of `c[t]`
    /// goes to the step of that maximum alone, with the surrogate slope for `H'`:
    ///
    /// `∂L/∂V[r] = σ'(V[r] − θ)·(S[r] − S[r'])`
    ///
    /// for every step `r` of a new maximum up to the spike, `r'` being the next one, and 0 elsewhere.
    /// `credit` yields `S[t] = Σ_{τ ≥ t} ∂L/∂c[τ]`.
    ///
    /// # Units
    /// Gradients are with respect to potentials in float.
    #[inline(always)]
    pub fn run(&mut self, potential: &mut [Row], test: &Test, times: &Times, credit: impl Fn(usize) -> Row) {
        self.mark_records(potential, times);
        let (mut sum, mut later) = (ZERO, ZERO);
        for (step, (row, record)) in potential.iter_mut().zip(&self.records).enumerate().rev() {
            let now = credit(step);
            for k in 0..LANES {
                let error = record[k] * (now[k] - later[k]);
                sum[k] += error * surrogate_slope(test.unit[k] * (row[k] - test.level[k]));
                later[k] += error;
            }
            *row = sum;
        }
    }

    #[inline(always)]
    fn mark_records(&mut self, potential: &[Row], times: &Times) {
        let last = times.map(f32::from);
        let mut top = [f32::NEG_INFINITY; LANES];
        self.records.clear();
        for (step, row) in potential.iter().enumerate() {
            let mut record = ZERO;
            for k in 0..LANES {
                let open = if step as f32 <= last[k] { 1.0 } else { 0.0 };
                record[k] = if row[k] > top[k] { open } else { 0.0 };
                top[k] = if row[k] > top[k] { row[k] } else { top[k] };
            }
            self.records.push(record);
        }
    }
}
