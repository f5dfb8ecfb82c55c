//! Speed of the golden model, of generation and of simulation, on the shipped MNIST network and its test images.

use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use firstspike::arch;
use firstspike::cosim::{RunOptions, Stimulus};
use firstspike::data::{self, Images, Schema, Split};
use firstspike::emit;
use firstspike::files::Overwrite;
use firstspike::flow::{Drive, Hardware, Silent, parts};
use firstspike::golden::Executor;
use firstspike::model;
use firstspike::network::IntegerNetwork;
use rayon::prelude::*;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/mnist-dense");

fn network() -> IntegerNetwork {
    model::read_integer(Path::new(MODEL)).unwrap_or_else(|error| panic!("{error}"))
}

fn images() -> Images {
    data::load("mnist", Split::Test).unwrap_or_else(|error| panic!("{error}"))
}

fn golden(criterion: &mut Criterion) {
    let (network, images) = (network(), images());
    let mut group = criterion.benchmark_group("golden");
    group.throughput(Throughput::Elements(images.len() as u64)).sample_size(10);
    group.bench_function("all cores", |bencher| {
        bencher.iter(|| -> u64 {
            let run = |executor: &mut Executor, index| u64::from(executor.run(images.image(index).into()).class);
            (0..images.len()).into_par_iter().map_init(|| Executor::new(&network), run).sum()
        });
    });
    group.finish();
}

/// From the network to the bytes of every file.
fn generate(network: &IntegerNetwork) -> Vec<emit::GeneratedFile> {
    let design = arch::plan(network, &arch::Options::default()).unwrap_or_else(|error| panic!("{error}"));
    emit::generate(&design, &model::network_hash(network)).unwrap_or_else(|error| panic!("{error}"))
}

fn generation(criterion: &mut Criterion) {
    let network = network();
    criterion.bench_function("generate", |bencher| bencher.iter(|| generate(&network)));
}

fn simulation(criterion: &mut Criterion) {
    let (network, images) = (network(), images());
    let folder = tempfile::tempdir().expect("a scratch folder");
    let design = arch::plan(&network, &arch::Options::default()).unwrap_or_else(|error| panic!("{error}"));
    let hardware = Hardware::generate(network, Schema::default(), design, folder.path(), Overwrite::Always)
        .unwrap_or_else(|error| panic!("{error}"));
    let simulator = hardware.simulator(None, &Silent).unwrap_or_else(|error| panic!("{error}"));
    let stimulus: Stimulus = (0..images.len()).map(|index| hardware.stimulus(&images, index)).collect();
    let options =
        RunOptions { parts: parts(stimulus.images.len()), threads: Drive::default().threads, ..RunOptions::default() };
    let mut group = criterion.benchmark_group("simulate");
    group.throughput(Throughput::Elements(images.len() as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    group.bench_function("all cores", |bencher| {
        bencher.iter(|| simulator.run(&stimulus, &options).unwrap_or_else(|error| panic!("{error}")));
    });
    group.finish();
}

criterion_group!(benches, golden, generation, simulation);
criterion_main!(benches);
