//! The spikes that a layer receives, their integration, and the gradient of the weights that they meet.
//!
//! The kernels are compiled for the processor's vectors as well as portably; neither contracts nor reorders a sum, so both give the
//! same bits.

use multiversion::multiversion;

use super::geometry::Geometry;
use super::row::{LANES, Row, Times};

/// Spikes that a layer receives, in the order of time step, group of channels, and place of the pooled map.
#[derive(Debug, Clone, Default)]
pub struct Events {
    /// `place·C + c` of each event, `c` being the channel within its group of `C`.
    rows: Vec<u32>,
    /// The events of step `t`, group `g` and place `p` begin here at entry `(t·G + g)·P + p`, and end where the next begin.
    starts: Vec<u32>,
    /// Unsorted events: entry of `starts`, and row.
    found: Vec<(u32, u32)>,
}

impl Events {
    /// Codes the pixels of one image, numbered `(c·H + y)·W + x`; a time of `time_steps` or more is *never*.
    pub fn of_pixels(&mut self, geometry: &Geometry, times: impl Iterator<Item = u8>, time_steps: usize) {
        let places = geometry.sized.input.places();
        self.found.clear();
        for (index, time) in times.enumerate().filter(|(_, time)| usize::from(*time) < time_steps) {
            self.note(geometry, usize::from(time), index % places, index / places);
        }
        self.sort(geometry, time_steps);
    }

    /// Collects the spikes of the layer below, whose spike times are given by block and place.
    pub fn of_neurons(&mut self, geometry: &Geometry, below: &Geometry, times: &[Times], time_steps: usize) {
        let places = below.places();
        let never = [time_steps as u16; LANES];
        self.found.clear();
        for (index, row) in times.iter().enumerate().filter(|(_, row)| **row != never) {
            let (block, place) = (index / places, index % places);
            let first = below.arrangement.first(block);
            for (lane, &time) in row.iter().enumerate().filter(|(_, time)| usize::from(**time) < time_steps) {
                let seen = || {
                    geometry.window(place).take_while(|p| *p != place).any(|p| times[block * places + p][lane] == time)
                };
                // In a cell of a maximum pooling, spikes of one step are one.
                if !(geometry.sized.pooling.max && seen()) {
                    self.note(geometry, usize::from(time), place, first + lane);
                }
            }
        }
        self.sort(geometry, time_steps);
    }

    #[inline(always)]
    fn note(&mut self, geometry: &Geometry, time: usize, place: usize, channel: usize) {
        let (cell, places) = (geometry.cell(place), geometry.pooled_places());
        let (group, within) = geometry.within_group(channel);
        let entry = (time * geometry.arrangement.groups + group) * places + cell;
        self.found.push((entry as u32, (cell * geometry.group_channels + within) as u32));
    }

    /// Sorts what was found by entry, keeping the order within.
    fn sort(&mut self, geometry: &Geometry, time_steps: usize) {
        let entries = time_steps * geometry.arrangement.groups * geometry.pooled_places();
        // One entry more in front: while filling, `starts[e + 1]` is where the next event of `e` goes.
        self.starts.clear();
        self.starts.resize(entries + 2, 0);
        for (entry, _) in &self.found {
            self.starts[*entry as usize + 2] += 1;
        }
        let mut total = 0;
        for start in &mut self.starts {
            total += *start;
            *start = total;
        }
        self.rows.resize(self.found.len(), 0);
        for &(entry, row) in &self.found {
            let next = &mut self.starts[entry as usize + 1];
            self.rows[*next as usize] = row;
            *next += 1;
        }
    }

    /// Number of events.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Number of events of one step.
    pub fn count_at(&self, geometry: &Geometry, step: usize) -> usize {
        let entries = geometry.arrangement.groups * geometry.pooled_places();
        (self.starts[(step + 1) * entries] - self.starts[step * entries]) as usize
    }

    /// The bounds of the places of one step and group.
    #[inline(always)]
    fn places(&self, geometry: &Geometry, step: usize, group: usize) -> &[u32] {
        let places = geometry.pooled_places();
        let first = (step * geometry.arrangement.groups + group) * places;
        &self.starts[first..=first + places]
    }
}

/// `V[t] = V[t−1] + Σ { w_i : input i spikes at t }` for one block at all places of an image: one row addition per event and place.
///
/// # Shapes
/// `weights` has one row per synapse; `potential` is place × time step.
#[multiversion(targets("x86_64+avx2"))]
pub fn integrate(
    geometry: &Geometry,
    group: usize,
    weights: &[Row],
    start: &Row,
    events: &Events,
    potential: &mut [Row],
) {
    let time_steps = potential.len() / geometry.places();
    for (place, potential) in potential.chunks_exact_mut(time_steps).enumerate() {
        let mut sum = *start;
        for (step, out) in potential.iter_mut().enumerate() {
            let starts = events.places(geometry, step, group);
            for line in geometry.lines(place) {
                for &row in &events.rows[starts[line.first as usize] as usize..starts[line.end as usize] as usize] {
                    let weight = &weights[row.wrapping_add(line.offset) as usize];
                    for k in 0..LANES {
                        sum[k] += weight[k];
                    }
                }
            }
            *out = sum;
        }
    }
}

/// Adds `∂L/∂w_i = Σ D[t_i]` over the places that event `i` reaches to the gradient of one block: the transpose of [`integrate`].
///
/// # Shapes
/// As for [`integrate`], with the suffix sums `D` in the place of potentials.
#[multiversion(targets("x86_64+avx2"))]
pub fn add_gradient(geometry: &Geometry, group: usize, events: &Events, errors: &[Row], gradient: &mut [Row]) {
    let time_steps = errors.len() / geometry.places();
    for (place, errors) in errors.chunks_exact(time_steps).enumerate() {
        for (step, error) in errors.iter().enumerate() {
            let starts = events.places(geometry, step, group);
            for line in geometry.lines(place) {
                for &row in &events.rows[starts[line.first as usize] as usize..starts[line.end as usize] as usize] {
                    let sum = &mut gradient[row.wrapping_add(line.offset) as usize];
                    for k in 0..LANES {
                        sum[k] += error[k];
                    }
                }
            }
        }
    }
}
