//! The way of the gradient from a layer down to the neurons of the layer below.

use multiversion::multiversion;

use super::batch::Affine;
use super::geometry::Geometry;
use super::layer::Layer;
use super::neuron::{Backward, Test};
use super::row::{DROPPED, LANES, Row, Times, ZERO};

/// Time steps that are worked on at once, so that a weight that is read serves all of them.
const STRIDE: usize = 4;

/// `S_i[t] = Σ_j w_ij·D_j[t]` for the cells `i` of the pooled map of one image, in units of the forward weights.
///
/// # Shapes
/// `errors` is block × place × time step of `layer`; `credit` is input block × cell × row, where a single row stands for all steps.
pub fn credit_below(layer: &Layer, errors: &[Row], steps: usize, rows: usize, credit: &mut [Row]) {
    let geometry = &layer.geometry;
    for group in 0..geometry.arrangement.groups {
        let inputs = layer.input_blocks(group);
        for (column, input) in inputs.clone().enumerate() {
            for cell in 0..geometry.pooled_places() {
                let out = &mut credit[(input * geometry.pooled_places() + cell) * rows..][..rows];
                let place = Place { layer, group, columns: inputs.len(), column, cell, steps };
                for first in (0..rows).step_by(STRIDE) {
                    descend(&place, errors, first, out);
                }
            }
        }
    }
}

/// What the credit of one cell depends on.
struct Place<'a> {
    layer: &'a Layer,
    group: usize,
    /// Input blocks of the group, and which of them this is.
    columns: usize,
    column: usize,
    cell: usize,
    steps: usize,
}

/// Adds the credit of up to `STRIDE` time steps from `first` on.
#[multiversion(targets("x86_64+avx2"))]
fn descend(place: &Place, errors: &[Row], first: usize, out: &mut [Row]) {
    let geometry = &place.layer.geometry;
    // Past the last step its errors stand in; those sums are not kept.
    let steps: [usize; STRIDE] = std::array::from_fn(|n| (first + n).min(place.steps - 1));
    // Four variables, not an array: so they stay in registers.
    let (mut a, mut b, mut c, mut d) = (ZERO, ZERO, ZERO, ZERO);
    for (index, block) in place.layer.blocks.iter().enumerate() {
        if geometry.arrangement.group(index) != place.group {
            continue;
        }
        let used = geometry.arrangement.used(index);
        for reach in geometry.reaches(place.cell) {
            let from = (index * geometry.places() + reach.place as usize) * place.steps;
            let errors = &errors[from..from + place.steps];
            let [ea, eb, ec, ed] = steps.map(|step| &errors[step]);
            let from = reach.tap as usize * LANES * place.columns + place.column;
            let weights = block.transposed[from..].iter().step_by(place.columns).take(used.min(LANES));
            for (lane, weight) in weights.enumerate() {
                add_scaled(&mut a, ea[lane], weight);
                add_scaled(&mut b, eb[lane], weight);
                add_scaled(&mut c, ec[lane], weight);
                add_scaled(&mut d, ed[lane], weight);
            }
        }
    }
    for (out, sum) in out[first..].iter_mut().zip([a, b, c, d]) {
        (0..LANES).for_each(|k| out[k] += sum[k]);
    }
}

#[inline(always)]
fn add_scaled(sum: &mut Row, factor: f32, row: &Row) {
    for k in 0..LANES {
        sum[k] += factor * row[k];
    }
}

/// The backward pass through the neurons of one block, below the layer `above`.
pub struct Descent<'a> {
    pub above: &'a Layer,
    /// Rows of credit per cell: one per time step, or one for all.
    pub rows: usize,
    /// What a spike costs, by its time step.
    pub cost: &'a [f32],
    pub test: &'a Test,
    pub neuron: &'a mut Backward,
}

impl Descent<'_> {
    /// Replaces the potentials of one image by the suffix sums of their gradient.
    ///
    /// # Shapes
    /// `potential` is place × time step, `credit` is cell × row.
    pub fn run(&mut self, potential: &mut [Row], times: &[Times], credit: &[Row], affine: Option<&Affine>) {
        run(self, potential, times, credit, affine);
    }

    /// Adds up the gradients of gain and bias that [`Descent::run`] needs for its correction.
    pub fn survey(&mut self, potential: &[Row], times: &[Times], credit: &[Row], affine: &mut Affine) {
        survey(self, potential, times, credit, affine);
    }

    #[inline(always)]
    fn place(&mut self, potential: &mut [Row], place: usize, times: &[Times], credit: &[Row]) {
        let geometry = &self.above.geometry;
        let (unit, rows, cost) = (self.above.unit(), self.rows, self.cost);
        let credit = &credit[geometry.cell(place) * rows..][..rows];
        let keep: Row = times[place].map(|time| if time == DROPPED { 0.0 } else { 1.0 });
        if geometry.sized.pooling.max {
            let winners = winners(geometry, place, times, potential.len());
            return self.neuron.run(potential, self.test, &times[place], |step| {
                let (credit, winners) = (&credit[step.min(rows - 1)], &winners[step]);
                std::array::from_fn(|k| (unit * credit[k] * winners[k] + cost[step]) * keep[k])
            });
        }
        self.neuron.run(potential, self.test, &times[place], |step| {
            let credit = &credit[step.min(rows - 1)];
            std::array::from_fn(|k| (unit * credit[k] + cost[step]) * keep[k])
        });
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn run(descent: &mut Descent, potential: &mut [Row], times: &[Times], credit: &[Row], affine: Option<&Affine>) {
    let steps = potential.len() / times.len();
    let mut before = vec![ZERO; steps];
    for (place, potential) in potential.chunks_exact_mut(steps).enumerate() {
        before.copy_from_slice(potential);
        descent.place(potential, place, times, credit);
        if let Some(affine) = affine {
            affine.correct(&before, &descent.test.unit, potential);
        }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn survey(descent: &mut Descent, potential: &[Row], times: &[Times], credit: &[Row], affine: &mut Affine) {
    let steps = potential.len() / times.len();
    let mut sums = vec![ZERO; steps];
    for (place, potential) in potential.chunks_exact(steps).enumerate() {
        sums.copy_from_slice(potential);
        descent.place(&mut sums, place, times, credit);
        affine.add(potential, &sums);
    }
}

/// Whether a neuron is the one whose spike at a step a maximum pooling passes on, 1 or 0: the first of its window that spikes then, or
/// the first of all if none does.
fn winners(geometry: &Geometry, place: usize, times: &[Times], steps: usize) -> Vec<Row> {
    let window: Vec<usize> = geometry.window(place).collect();
    let winner = |step: usize, k: usize| {
        let spiking = window.iter().copied().find(|&p| usize::from(times[p][k]) == step);
        f32::from(u8::from(spiking.unwrap_or(window[0]) == place))
    };
    (0..steps).map(|step| std::array::from_fn(|k| winner(step, k))).collect()
}
