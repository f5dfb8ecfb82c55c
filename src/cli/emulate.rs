//! `firstspike emulate`: a board in simulation, for `firstspike run`.

use std::path::PathBuf;
use std::time::Duration;

use super::trust::TrustArgs;
use super::{Outcome, Output, interrupt};
use crate::error::Result;
use crate::flow::Hardware;
use crate::report::Emulated;
use crate::shell::DEFAULT_BAUD;

/// How often the board is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Run a board in simulation: core and shell in Verilator, the serial line on a pseudo-terminal (Linux)
///
/// Prints the name of the port, for `firstspike run --port`, and runs until Ctrl-C.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote
    design: PathBuf,
    /// Baud rate of the board
    #[arg(long, default_value_t = DEFAULT_BAUD, value_parser = clap::value_parser!(u32).range(1..=4_000_000))]
    baud: u32,
    /// Make a link to the port, which is removed at the end
    #[arg(long, value_name = "PATH")]
    link: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArgs,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let hardware = Hardware::open(&args.design, args.trust.trust())?;
    let mut emulation = hardware.emulate(args.baud, args.link.as_deref(), output)?;
    let port = emulation.port().display().to_string();
    let edited = if hardware.is_edited() { &["--edited"][..] } else { &[] };
    output.report(&Emulated { port: port.clone(), baud: args.baud, edited: hardware.edited })?;
    let next = ["firstspike", "run", &args.design.to_string_lossy(), "--port", &port, "--data", "DATA"];
    output.next(&[&next, edited].concat());
    while !interrupt::interrupted() {
        emulation.check()?;
        std::thread::sleep(POLL);
    }
    Ok(Outcome::Success)
}
