//! The fire-once neuron: integration of events, spike times, and the gradient through them.

use super::layer::{LANES, Row, ZERO};

/// Slope of the surrogate: `σ'(u) = (α/2) / (1 + (π·α·u/2)²)` with α = 2 (ATan).
#[inline(always)]
pub fn surrogate_slope(u: f32) -> f32 {
    let x = std::f32::consts::PI * u;
    1.0 / (1.0 + x * x)
}

/// Inputs that spike, in the order of their spike times.
#[derive(Debug, Clone, Default)]
pub struct Spikes {
    /// Indices of the inputs.
    pub inputs: Vec<u16>,
    /// The inputs of step `t` are `inputs[starts[t] .. starts[t + 1]]`.
    pub starts: Vec<u32>,
}

impl Spikes {
    /// Sorts by spike time; a time of `time_steps` or more is *never*.
    pub fn collect(&mut self, times: impl Iterator<Item = u8> + Clone, time_steps: usize) {
        let mut next = [0_u32; 256];
        for time in times.clone() {
            next[usize::from(time)] += 1;
        }
        self.starts.clear();
        self.starts.push(0);
        let mut total = 0;
        for slot in &mut next[..time_steps] {
            (*slot, total) = (total, total + *slot);
            self.starts.push(total);
        }
        self.inputs.resize(total as usize, 0);
        for (input, time) in times.enumerate() {
            if usize::from(time) < time_steps {
                self.inputs[next[usize::from(time)] as usize] = input as u16;
                next[usize::from(time)] += 1;
            }
        }
    }

    /// The inputs that spike at `step`.
    #[inline(always)]
    pub fn at(&self, step: usize) -> &[u16] {
        &self.inputs[self.starts[step] as usize..self.starts[step + 1] as usize]
    }
}

/// `V[t] = V[t−1] + Σ { w_i : input i spikes at t }` for the neurons of one block: one row addition per event.
///
/// # Shapes
/// `weights` has one row per input, `potential` one per time step.
#[inline]
pub fn integrate(weights: &[Row], start: &Row, spikes: &Spikes, potential: &mut [Row]) {
    let mut sum = *start;
    for (step, out) in potential.iter_mut().enumerate() {
        for &input in spikes.at(step) {
            let weight = &weights[usize::from(input)];
            for k in 0..LANES {
                sum[k] += weight[k];
            }
        }
        *out = sum;
    }
}

/// The first step with `V[t] ≥ θ`, or the number of steps if there is none.
#[inline]
pub fn spike_times(potential: &[Row], level: &Row) -> [u8; LANES] {
    let mut fired = ZERO;
    let mut silent = ZERO;
    for row in potential {
        for k in 0..LANES {
            fired[k] = if row[k] >= level[k] { 1.0 } else { fired[k] };
            silent[k] += 1.0 - fired[k];
        }
    }
    silent.map(|steps| steps as u8)
}

/// Turns the potentials of one block into the suffix sums `D[t] = Σ_{τ ≥ t} ∂L/∂V[τ]`, in place.
///
/// `credit` yields `S[t] = Σ_{τ ≥ t} ∂L/∂c[τ]`, the gradient of the latched spikes from step `t` on. With `c[t] = c[t−1] + H(V[t] − θ)·(1 − c[t−1])`
/// and `H' = σ'`,
///
/// `∂L/∂V[t] = σ'(V[t] − θ)·(1 − c[t−1])·λ[t]`.
///
/// # Units
/// `unit` is the value of one unit of `potential`, so that gradients are with respect to float potentials.
pub fn backward(
    form: SpikeGradient,
    potential: &mut [Row],
    level: &Row,
    unit: f32,
    times: &[u8; LANES],
    credit: impl Fn(usize) -> Row,
) {
    match form {
        SpikeGradient::Recursion => recursion(potential, level, unit, times, credit),
        SpikeGradient::Detached => detached(potential, level, unit, times, credit),
        SpikeGradient::Maximum => maximum(potential, level, unit, credit),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpikeGradient {
    Recursion,
    Detached,
    Maximum,
}

fn detached(potential: &mut [Row], level: &Row, unit: f32, times: &[u8; LANES], credit: impl Fn(usize) -> Row) {
    let times = times.map(f32::from);
    let mut sum = ZERO;
    for (step, row) in potential.iter_mut().enumerate().rev() {
        let s = credit(step);
        let now = step as f32;
        for k in 0..LANES {
            let open = if now <= times[k] { 1.0 } else { 0.0 };
            sum[k] += open * s[k] * surrogate_slope(unit * (row[k] - level[k]));
        }
        *row = sum;
    }
}

fn recursion(potential: &mut [Row], level: &Row, unit: f32, times: &[u8; LANES], credit: impl Fn(usize) -> Row) {
    let times = times.map(f32::from);
    let mut sum = ZERO;
    let mut lambda = ZERO;
    let mut later = ZERO;
    let mut silent = [1.0; LANES];
    for (step, row) in potential.iter_mut().enumerate().rev() {
        let s = credit(step);
        let now = step as f32;
        for k in 0..LANES {
            lambda[k] = (s[k] - later[k]) + lambda[k] * silent[k];
            let open = if now <= times[k] { 1.0 } else { 0.0 };
            let u = row[k] - level[k];
            silent[k] = if u >= 0.0 { 0.0 } else { 1.0 };
            sum[k] += open * lambda[k] * surrogate_slope(unit * u);
        }
        later = s;
        *row = sum;
    }
}

fn maximum(potential: &mut [Row], level: &Row, unit: f32, credit: impl Fn(usize) -> Row) {
    let steps = potential.len();
    for k in 0..LANES {
        let mut delta = [0.0_f32; 256];
        let mut best = 0;
        for step in 0..steps {
            if potential[step][k] > potential[best][k] {
                best = step;
            }
            let next = if step + 1 < steps { credit(step + 1)[k] } else { 0.0 };
            let g = credit(step)[k] - next;
            delta[best] += g * surrogate_slope(unit * (potential[best][k] - level[k]));
        }
        let mut sum = 0.0;
        for step in (0..steps).rev() {
            sum += delta[step];
            potential[step][k] = sum;
        }
    }
}
