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

/// The backward pass through fire-once neurons, with the buffer it needs.
#[derive(Debug, Default)]
pub struct Backward {
    /// Whether the potential reaches a new maximum at a step, 1 or 0.
    records: Vec<Row>,
}

impl Backward {
    /// Turns the potentials of one block into the suffix sums `D[t] = Σ_{τ ≥ t} ∂L/∂V[τ]`, in place.
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
    /// `unit` is the value of one unit of `potential`; gradients are with respect to potentials in float.
    pub fn run(
        &mut self,
        potential: &mut [Row],
        level: &Row,
        unit: f32,
        times: &[u8; LANES],
        credit: impl Fn(usize) -> Row,
    ) {
        self.mark_records(potential, times);
        let (mut sum, mut later) = (ZERO, ZERO);
        for (step, (row, record)) in potential.iter_mut().zip(&self.records).enumerate().rev() {
            let now = credit(step);
            for k in 0..LANES {
                let error = record[k] * (now[k] - later[k]);
                sum[k] += error * surrogate_slope(unit * (row[k] - level[k]));
                later[k] += error;
            }
            *row = sum;
        }
    }

    fn mark_records(&mut self, potential: &[Row], times: &[u8; LANES]) {
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
