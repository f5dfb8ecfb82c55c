//! Random distortions of images: shift, rotation, stretch and shear, and an elastic grid.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::recipe::Augment;

/// Control points of the elastic grid along each axis.
const GRID: usize = 5;

/// Distorts images of one shape. Keeps its buffers.
#[derive(Debug, Default)]
pub struct Distorter {
    /// The source image in float, with a border of one pixel at the top and left and two at the bottom and right.
    padded: Vec<f32>,
    columns: Vec<(usize, f32)>,
}

impl Distorter {
    /// Distorts one image.
    ///
    /// Every output pixel takes the bilinear value of the source at `A·(p − center) + center + shift + e(p)`, with `A` a
    /// random linear map near one and `e` a random displacement, bilinear between control points. Outside is black.
    ///
    /// # Shapes
    /// `source` and `target` have rows of `width` pixels.
    pub fn run(&mut self, augment: &Augment, width: usize, source: &[u8], target: &mut [u8], rng: &mut ChaCha8Rng) {
        self.warp(augment, width, source, target, rng);
        if augment.flip && rng.random() {
            target.chunks_exact_mut(width).for_each(<[u8]>::reverse);
        }
    }

    fn warp(&mut self, augment: &Augment, width: usize, source: &[u8], target: &mut [u8], rng: &mut ChaCha8Rng) {
        let height = source.len() / width;
        let only_shifts = augment.rotate == 0.0 && augment.stretch == 0.0 && augment.elastic == 0.0;
        if only_shifts && augment.shift.fract() == 0.0 {
            return shift(augment.shift, height, width, source, target, rng);
        }
        self.pad(height, width, source);
        self.place_columns(width);
        let warp = Warp::draw(augment, rng);
        let (middle_y, middle_x) = ((height as f32 - 1.0) / 2.0, (width as f32 - 1.0) / 2.0);
        let step_y = (GRID - 1) as f32 / (height.max(2) - 1) as f32;
        for (y, row) in target.chunks_exact_mut(width).enumerate() {
            let displacements = warp.row(y as f32 * step_y);
            let dy = y as f32 - middle_y;
            let [begin_y, begin_x] = [(0, middle_y), (1, middle_x)]
                .map(|(c, middle)| middle + warp.shift[c] + warp.linear[c][0] * dy - warp.linear[c][1] * middle_x);
            for (x, (pixel, &(cell, share))) in row.iter_mut().zip(&self.columns).enumerate() {
                let (near, far, x) = (displacements[cell], displacements[cell + 1], x as f32);
                let from_y = begin_y + warp.linear[0][1] * x + near[0] + share * (far[0] - near[0]);
                let from_x = begin_x + warp.linear[1][1] * x + near[1] + share * (far[1] - near[1]);
                *pixel = bilinear(&self.padded, height, width, from_y, from_x);
            }
        }
    }

    /// Finds for each column the cell of the elastic grid, and the place within it.
    fn place_columns(&mut self, width: usize) {
        let step = (GRID - 1) as f32 / (width.max(2) - 1) as f32;
        self.columns.clear();
        self.columns.extend((0..width).map(|x| {
            let along = x as f32 * step;
            let cell = (along as usize).min(GRID - 2);
            (cell, along - cell as f32)
        }));
    }

    fn pad(&mut self, height: usize, width: usize, source: &[u8]) {
        let stride = width + 3;
        self.padded.clear();
        self.padded.resize((height + 3) * stride, 0.0);
        for (padded, source) in self.padded[stride..].chunks_exact_mut(stride).zip(source.chunks_exact(width)) {
            for (to, &from) in padded[1..].iter_mut().zip(source) {
                *to = f32::from(from);
            }
        }
    }
}

/// The value between four pixels of a padded image; positions outside are moved to the black border.
#[inline(always)]
fn bilinear(padded: &[f32], height: usize, width: usize, y: f32, x: f32) -> u8 {
    // One pixel of border makes these positive, so that the cast rounds down.
    let (y, x) = ((y + 1.0).clamp(0.0, height as f32 + 1.0), (x + 1.0).clamp(0.0, width as f32 + 1.0));
    let (top, left) = (y as i32, x as i32);
    let (share_y, share_x) = (y - top as f32, x - left as f32);
    let stride = width + 3;
    let at = top as usize * stride + left as usize;
    let (upper, lower) = (&padded[at..at + 2], &padded[at + stride..at + stride + 2]);
    let above = upper[0] + share_x * (upper[1] - upper[0]);
    let below = lower[0] + share_x * (lower[1] - lower[0]);
    (above + share_y * (below - above) + 0.5) as i32 as u8
}

/// One draw of a distortion.
struct Warp {
    linear: [[f32; 2]; 2],
    shift: [f32; 2],
    grid: [[[f32; 2]; GRID]; GRID],
}

impl Warp {
    fn draw(augment: &Augment, rng: &mut ChaCha8Rng) -> Self {
        let mut within = |bound: f32| bound * (2.0 * rng.random::<f32>() - 1.0);
        let (sin, cos) = within(augment.rotate).to_radians().sin_cos();
        let [tall, wide, shear] = [(); 3].map(|()| within(augment.stretch));
        let (tall, wide) = (1.0 + tall, 1.0 + wide);
        let linear = [[cos * tall, (sin + shear) * wide], [-sin * tall, cos * wide]];
        let shift = [within(augment.shift), within(augment.shift)];
        let grid = [(); GRID].map(|()| [(); GRID].map(|()| [within(augment.elastic), within(augment.elastic)]));
        Warp { linear, shift, grid }
    }

    /// The displacements of the control points, interpolated down to one image row.
    fn row(&self, along: f32) -> [[f32; 2]; GRID] {
        let cell = (along as usize).min(GRID - 2);
        let share = along - cell as f32;
        let (upper, lower) = (&self.grid[cell], &self.grid[cell + 1]);
        std::array::from_fn(|x| std::array::from_fn(|c| upper[x][c] + share * (lower[x][c] - upper[x][c])))
    }
}

/// A shift by whole pixels, which needs no interpolation.
fn shift(bound: f32, height: usize, width: usize, source: &[u8], target: &mut [u8], rng: &mut ChaCha8Rng) {
    let bound = bound as i32;
    let [down, right] = [(); 2].map(|()| rng.random_range(-bound..=bound) as isize);
    target.fill(0);
    for y in 0..height {
        let Some(from) = y.checked_add_signed(-down).filter(|&from| from < height) else { continue };
        let first = right.max(0) as usize;
        let last = width.saturating_add_signed(right).min(width);
        if first < last {
            let begin = (from * width + first).wrapping_add_signed(-right);
            target[y * width + first..y * width + last].copy_from_slice(&source[begin..begin + last - first]);
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const SOURCE: [u8; 12] = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120];

    fn distorted(augment: Augment, seed: u64) -> Vec<u8> {
        let mut target = vec![255; SOURCE.len()];
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Distorter::default().run(&augment, 4, &SOURCE, &mut target, &mut rng);
        target
    }

    #[test]
    fn a_tiny_distortion_changes_nothing() {
        let augment = Augment { shift: 0.0, rotate: 1e-4, stretch: 1e-6, elastic: 1e-6, flip: false };
        assert_eq!(distorted(augment, 1), SOURCE);
    }

    #[test]
    fn half_of_the_images_are_flipped() {
        let seen: Vec<_> = (0..200).map(|seed| distorted(Augment { flip: true, ..Augment::NONE }, seed)).collect();
        let flipped = [40, 30, 20, 10, 80, 70, 60, 50, 120, 110, 100, 90];
        let count = seen.iter().filter(|image| **image == flipped).count();
        assert!((70..130).contains(&count), "{count}");
        assert_eq!(seen.iter().filter(|image| **image == SOURCE).count(), 200 - count);
    }

    #[test]
    fn shifts_move_pixels_and_fill_with_black() {
        let seen: std::collections::BTreeSet<_> =
            (0..200).map(|seed| distorted(Augment { shift: 1.0, ..Augment::NONE }, seed)).collect();
        assert_eq!(seen.len(), 9);
        assert!(seen.contains(SOURCE.as_slice()));
        assert!(seen.contains(&vec![0, 0, 0, 0, 0, 10, 20, 30, 0, 50, 60, 70]));
        assert!(seen.contains(&vec![60, 70, 80, 0, 100, 110, 120, 0, 0, 0, 0, 0]));
    }

    #[test]
    fn violent_distortions_stay_inside_the_buffers() {
        let augment = Augment { shift: 50.0, rotate: 180.0, stretch: 0.9, elastic: 20.0, flip: true };
        (0..200).for_each(|seed| drop(distorted(augment, seed)));
    }
}
