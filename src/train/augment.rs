//! Random distortions of images: shift, rotation, stretch and shear, and an elastic grid.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::recipe::Augment;

/// Control points of the elastic grid along each axis.
const GRID: usize = 5;

/// Distorts one image.
///
/// Every output pixel takes the bilinear value of the source at `A·(p − centre) + centre + shift + e(p)`, with `A` a random
/// linear map near one and `e` a random displacement, bilinear between control points.
///
/// # Shapes
/// `source` and `target` have height × width pixels, row-major.
pub fn distort(augment: &Augment, height: usize, width: usize, source: &[u8], target: &mut [u8], rng: &mut ChaCha8Rng) {
    if augment.rotate == 0.0 && augment.stretch == 0.0 && augment.elastic == 0.0 {
        return shift(augment.shift, height, width, source, target, rng);
    }
    let warp = Warp::draw(augment, rng);
    let (middle_y, middle_x) = ((height as f32 - 1.0) / 2.0, (width as f32 - 1.0) / 2.0);
    let step_y = (GRID - 1) as f32 / (height.max(2) - 1) as f32;
    let step_x = (GRID - 1) as f32 / (width.max(2) - 1) as f32;
    for y in 0..height {
        let (row, down) = warp.row(y as f32 * step_y);
        let dy = y as f32 - middle_y;
        for x in 0..width {
            let dx = x as f32 - middle_x;
            let along = x as f32 * step_x;
            let cell = (along as usize).min(GRID - 2);
            let share = along - cell as f32;
            let e = |c: usize| row[cell][c] + share * (row[cell + 1][c] - row[cell][c]);
            let from_y = middle_y + warp.linear[0][0] * dy + warp.linear[0][1] * dx + warp.shift[0] + e(0);
            let from_x = middle_x + warp.linear[1][0] * dy + warp.linear[1][1] * dx + warp.shift[1] + e(1);
            target[y * width + x] = bilinear(source, height, width, from_y, from_x);
        }
        let _ = down;
    }
}

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
    fn row(&self, along: f32) -> ([[f32; 2]; GRID], f32) {
        let cell = (along as usize).min(GRID - 2);
        let share = along - cell as f32;
        let (upper, lower) = (&self.grid[cell], &self.grid[cell + 1]);
        (std::array::from_fn(|x| std::array::from_fn(|c| upper[x][c] + share * (lower[x][c] - upper[x][c]))), share)
    }
}

fn bilinear(source: &[u8], height: usize, width: usize, y: f32, x: f32) -> u8 {
    if y <= -1.0 || x <= -1.0 || y >= height as f32 || x >= width as f32 {
        return 0;
    }
    let (top, left) = (y.floor(), x.floor());
    let (share_y, share_x) = (y - top, x - left);
    let (top, left) = (top as isize, left as isize);
    let pixel = |y: isize, x: isize| {
        let inside = y >= 0 && x >= 0 && (y as usize) < height && (x as usize) < width;
        if inside { f32::from(source[y as usize * width + x as usize]) } else { 0.0 }
    };
    let upper = pixel(top, left) + share_x * (pixel(top, left + 1) - pixel(top, left));
    let lower = pixel(top + 1, left) + share_x * (pixel(top + 1, left + 1) - pixel(top + 1, left));
    (upper + share_y * (lower - upper) + 0.5) as u8
}

/// A shift by whole pixels, which needs no interpolation.
fn shift(bound: f32, height: usize, width: usize, source: &[u8], target: &mut [u8], rng: &mut ChaCha8Rng) {
    let bound = bound as isize;
    let (down, right) = (rng.random_range(-bound..=bound), rng.random_range(-bound..=bound));
    target.fill(0);
    for y in 0..height {
        let Some(from) = y.checked_add_signed(-down).filter(|&from| from < height) else { continue };
        let first = right.max(0) as usize;
        let last = width.saturating_add_signed(right).min(width);
        if first < last {
            let begin = from * width + first.wrapping_add_signed(-right);
            target[y * width + first..y * width + last].copy_from_slice(&source[begin..begin + last - first]);
        }
    }
}
