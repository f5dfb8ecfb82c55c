//! Speed of the golden model, of generation and of simulation, on the shipped MNIST network and its test images.

use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use firstspike::arch::{self, Design};
use firstspike::cosim::{BuildOptions, ImageStimulus, RunOptions, Simulator, Stimulus};
use firstspike::data::{self, Images, Split};
use firstspike::emit;
use firstspike::golden::{Executor, IntegerNetwork, encode};
use firstspike::model;
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
fn generate(network: &IntegerNetwork) -> (Design, Vec<emit::GeneratedFile>) {
    let design = arch::plan(network, &arch::Options::default()).unwrap_or_else(|error| panic!("{error}"));
    let files = emit::generate(&design, &model::network_hash(network)).unwrap_or_else(|error| panic!("{error}"));
    (design, files)
}

fn generation(criterion: &mut Criterion) {
    let network = network();
    criterion.bench_function("generate", |bencher| bencher.iter(|| generate(&network)));
}

fn simulation(criterion: &mut Criterion) {
    let (network, images) = (network(), images());
    let folder = tempfile::tempdir().expect("a scratch folder");
    for file in generate(&network).1 {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().expect("inside the folder")).expect("a writable scratch folder");
        std::fs::write(path, file.bytes).expect("a writable scratch folder");
    }
    let simulator = Simulator::build(folder.path(), BuildOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let (threshold, time_steps) = (network.input_threshold(), network.time_steps());
    let stimulus: Stimulus = (0..images.len())
        .map(|index| ImageStimulus::events(&encode(images.image(index), threshold, time_steps), time_steps))
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = RunOptions { threads, ..RunOptions::default() };
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
