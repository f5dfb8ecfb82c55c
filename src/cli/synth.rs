//! `firstspike synth`: a design folder and a board in, area and clock out.

use std::path::PathBuf;

use super::hardware::parse_clock;
use super::images::OptionalImageArgs;
use super::trust::TrustArgs;
use super::{Outcome, Output};
use crate::board::Board;
use crate::error::{Error, Result, Stage};
use crate::flow::{Hardware, Placed, Placing};
use crate::shell::DEFAULT_BAUD;

/// Synthesize, place and route a generated design: area, clock, critical path
///
/// The design is placed with the board's shell (clock, UART, LEDs) on the pins of the board, and a bitstream is made; with --core it is
/// placed alone, and there is none. With --data, latency and rate at the clock that is reached follow from the cost model over those
/// images. Logs and results stay in synth/ of the design folder. For a part of AMD, area is all: Vivado places and routes.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote
    design: PathBuf,
    /// Board; `firstspike targets` lists them
    #[arg(long, help_heading = "Board")]
    target: String,
    /// Clock of the core, in MHz; not to reach it is an error [default: the board's oscillator; with --core none]
    #[arg(long, value_name = "MHZ", value_parser = parse_clock, help_heading = "Board")]
    freq: Option<f64>,
    /// Place the core alone: no shell, no pins, no bitstream
    #[arg(long, help_heading = "Board")]
    core: bool,
    /// Of the board's serial line, in bits per second
    #[arg(long, default_value_t = DEFAULT_BAUD, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "core", help_heading = "Board")]
    baud: u32,
    /// Seed of the placer
    #[arg(long, default_value_t = 1, help_heading = "Placement")]
    seed: u32,
    /// Try so many seeds, from --seed on, and keep the fastest placement
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = "Placement")]
    seeds: u16,
    /// Print every step of the critical path
    #[arg(long, help_heading = "Output")]
    verbose: bool,
    #[command(flatten)]
    images: OptionalImageArgs,
    #[command(flatten)]
    trust: TrustArgs,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let board = Board::find(&args.target)?;
    let hardware = Hardware::open(&args.design, args.trust.trust())?;
    let images = args.images.load(&hardware, output)?;
    let placed = hardware.place(&board, &args.placing(), images.as_ref(), output)?;
    output.detailed(&placed.report, args.verbose)?;
    let Some(error) = not_reached(&placed) else { return Ok(Outcome::Success) };
    // The report has been printed: a second object on standard output would spoil it.
    output.note(&error.to_string());
    Ok(Outcome::Failure)
}

impl Args {
    fn placing(&self) -> Placing {
        Placing {
            core: self.core,
            clock_mhz: self.freq,
            baud: self.baud,
            seeds: (0..u32::from(self.seeds)).map(|number| self.seed.wrapping_add(number)).collect(),
        }
    }
}

fn not_reached(placed: &Placed) -> Option<Error> {
    let (clock, reached) = placed.missed()?;
    Some(Error::new(
        Stage::Synth,
        "freq-not-reached",
        format!("{} reaches {reached:.1} MHz, expected {clock:.3} MHz", placed.report.placement.part),
        "try more --seeds, fewer --lanes, or a lower --freq; --verbose shows the critical path, which limits it",
    ))
}
