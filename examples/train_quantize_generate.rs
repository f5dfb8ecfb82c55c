//! The whole way as a library: a network is trained on the digits, quantized, generated as hardware, and compared with it.
//!
//! `cargo run --release --example train_quantize_generate [FOLDER]`; without a folder, the design goes to a temporary one. Needs
//! Verilator and a C++ compiler: `make tools` fetches what is missing, `firstspike doctor` says what is there.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use firstspike::arch;
use firstspike::data::{self, Images, Schema, Split};
use firstspike::emit::MANIFEST_FILE;
use firstspike::error::Result;
use firstspike::files::Overwrite;
use firstspike::fixed::WeightFormat;
use firstspike::float::FloatNetwork;
use firstspike::flow::{Caller, Drive, Hardware};
use firstspike::quantize::{choose_grids, quantize};
use firstspike::report::ComparisonReport;
use firstspike::train::{Hidden, Recipe, Trainer};

const CLASSES: usize = 10;

/// Prints what the flow says.
struct Teller;

impl Caller for Teller {
    fn note(&self, text: &str) {
        eprintln!("{text}");
    }
}

fn main() -> ExitCode {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let folder = std::env::args_os().nth(1).map_or_else(|| scratch.path().join("design"), PathBuf::from);
    match run(&folder) {
        Ok(report) if report.is_equal() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run(folder: &Path) -> Result<ComparisonReport> {
    let float = train(&data::load("digits", Split::Train)?)?;
    // The recipe trained on the grid of the weights, so that quantization loses nothing.
    let network = quantize(&float, &choose_grids(&float, &[])?)?;
    let design = arch::plan(&network, &arch::Options::default())?;
    let hardware = Hardware::generate(network, Schema::default(), design, folder, Overwrite::IfMarked(MANIFEST_FILE))?;
    let images = data::load("digits", Split::Test)?.into();
    let report = hardware.compare(&images, &Drive::default(), false, &Teller, |_| Ok(()))?;
    println!("{}", hardware.folder.display());
    println!("accuracy of the hardware  {:.2} %", report.simulation.accuracy);
    println!("mismatches                {} of {} images", report.mismatches, report.simulation.images);
    Ok(report)
}

/// A few epochs, 4-bit weights.
fn train(images: &Images) -> Result<FloatNetwork> {
    let recipe = Recipe {
        name: "digits".into(),
        hidden: vec![Hidden::Dense(64)],
        formats: vec![Some(WeightFormat::Int(4)); 2],
        epochs: 10,
        batch: 20,
        ..Recipe::default()
    };
    let mut trainer = Trainer::new(recipe, &images.shape, CLASSES)?;
    let members: Vec<usize> = (0..images.len()).collect();
    while trainer.epoch() < trainer.recipe.epochs {
        let score = trainer.train_epoch(images, &members, |_| true)?.expect("nobody stops it");
        eprintln!("epoch {:2}  training accuracy {:.2} %", trainer.epoch(), 100.0 * score.accuracy());
    }
    Ok(trainer.export())
}
