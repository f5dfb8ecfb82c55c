//! Adam with a cosine schedule.

use super::row::Row;

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// One step of Adam: `p ← p − η·m̂ / (√v̂ + ε)` with bias-corrected moments.
///
/// # Source
/// Kingma and Ba, arXiv 1412.6980.
#[derive(Debug, Clone, Copy)]
pub struct Adam {
    rate: f32,
    correction2: f32,
}

impl Adam {
    /// Step number `step`, from 1, at the learning rate `rate`.
    pub fn at(step: u64, rate: f32) -> Self {
        let power = |beta: f32| 1.0 - f64::from(beta).powf(step as f64) as f32;
        Adam { rate: rate / power(BETA1), correction2: 1.0 / power(BETA2) }
    }

    #[inline(always)]
    pub fn scalar(&self, value: &mut f32, m: &mut f32, v: &mut f32, gradient: f32) {
        *m = BETA1 * *m + (1.0 - BETA1) * gradient;
        *v = BETA2 * *v + (1.0 - BETA2) * gradient * gradient;
        *value -= self.rate * *m / ((*v * self.correction2).sqrt() + EPSILON);
    }

    #[inline(always)]
    pub fn row(&self, value: &mut Row, m: &mut Row, v: &mut Row, gradient: &Row) {
        for k in 0..value.len() {
            self.scalar(&mut value[k], &mut m[k], &mut v[k], gradient[k]);
        }
    }
}

/// The learning rate of step `step` of `steps`: a short linear rise, then a cosine down to zero.
pub fn scheduled_rate(peak: f32, step: u64, steps: u64) -> f32 {
    let progress = step as f64 / steps.max(1) as f64;
    let rise = (step as f64 + 1.0) / 100.0;
    let cosine = 0.5 * (1.0 + (std::f64::consts::PI * progress.min(1.0)).cos());
    peak * (cosine * rise.min(1.0)) as f32
}
