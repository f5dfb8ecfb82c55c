//! Training time, with all cores: `cargo bench --bench training`.
//!
//! One iteration is one epoch over 12,000 images of 28 × 28 pixels with 150 spikes each, as many as MNIST images have on
//! average; an epoch of MNIST (60,000 images) takes five times as long. Random strokes stand for the images, so that the
//! benchmark needs no files.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use firstspike::data::Images;
use firstspike::fixed::WeightFormat;
use firstspike::train::{Augment, Hidden, Normalize, Recipe, Trainer, parse_layers};
use ndarray::Array2;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const IMAGES: usize = 12_000;
const SIDE: usize = 28;
const SPIKES: usize = 150;

/// Images with `SPIKES` bright pixels in the middle, half of them at full brightness.
fn images() -> Images {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut pixels = Array2::zeros((IMAGES, SIDE * SIDE));
    for mut image in pixels.outer_iter_mut() {
        let mut left = SPIKES;
        while left > 0 {
            let (y, x) = (rng.random_range(4..SIDE - 4), rng.random_range(4..SIDE - 4));
            let pixel = &mut image[y * SIDE + x];
            if *pixel == 0 {
                *pixel = if rng.random() { 255 } else { rng.random_range(1..255) };
                left -= 1;
            }
        }
    }
    Images::new(vec![SIDE, SIDE], pixels, (0..IMAGES).map(|_| rng.random_range(0..10)).collect())
}

fn epoch(criterion: &mut Criterion) {
    let images = images();
    let members: Vec<usize> = (0..IMAGES).collect();
    let distortions = Augment { shift: 1.5, rotate: 8.0, stretch: 0.1, elastic: 1.0, flip: false };
    let float = Recipe { epochs: 1_000_000, ..Recipe::default() };
    let int4 = Recipe { formats: vec![Some(WeightFormat::Int(4)); 2], ..float.clone() };
    let deep = Recipe { hidden: vec![Hidden::Dense(256), Hidden::Dense(128)], formats: vec![None; 3], ..float.clone() };
    let layers = parse_layers("16C5-P2-32C5-P2-128").expect("the layers are well written");
    let conv = Recipe { hidden: layers, formats: vec![None; 4], time_steps: 4, batch: 100, ..float.clone() };
    let batch = Recipe { normalize: Normalize::Batch, ..conv.clone() };
    let conv4 = Recipe { formats: vec![Some(WeightFormat::Int(4)); 4], ..conv.clone() };
    let cases = [
        ("16C5-P2-32C5-P2-128-10 float, T = 4", conv),
        ("16C5-P2-32C5-P2-128-10 float, T = 4, batch normalization", batch),
        ("16C5-P2-32C5-P2-128-10 int4, T = 4", conv4),
        ("784-256-10 float, T = 8", float),
        ("784-256-10 int4, T = 8", int4.clone()),
        ("784-256-10 int4, T = 4, distorted", Recipe { time_steps: 4, augment: distortions, ..int4 }),
        ("784-256-128-10 float, T = 8", deep),
    ];
    let mut group = criterion.benchmark_group("epoch of 12,000 images");
    group.sample_size(10);
    for (name, recipe) in cases {
        let mut trainer = Trainer::new(recipe, &images.shape, 10).expect("the recipe is valid");
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| black_box(trainer.train_epoch(&images, &members, |_| true).expect("it does not diverge")));
        });
    }
    group.finish();
}

criterion_group!(training, epoch);
criterion_main!(training);
