//! Plans the shell of a board and prints the board's top module.

use askama::Template;

use super::clock::Clock;
use super::format::LinkFormat;
use super::leaves;
use crate::board::{Board, Family, ResetButton};
use crate::emit::{Direction, GeneratedFile, Manifest};
use crate::error::{Error, Result, Stage};
use crate::fixed::index_bits;

/// What the USB chips of all boards can do, and most clocks divide to.
pub const DEFAULT_BAUD: u32 = 1_000_000;
/// The receiver looks at the last bit 9.5 bits after the edge that it found, give or take half a clock: 2 % on either side leave it there.
const MAX_BAUD_ERROR: f64 = 0.02;
const MIN_CLOCKS_PER_BIT: u32 = 4;
/// Longer than any pause within a frame that a USB chip or a busy host makes.
const SILENCE_SECONDS: f64 = 0.05;

/// How the shell is built.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShellOptions {
    /// Wanted clock of the core, in MHz; what the board makes of it is in [`BoardTop`].
    pub clock_mhz: f64,
    /// Of the serial line, bits per second.
    pub baud: u32,
}

/// The top module of a board, with core, shell and clock inside.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardTop {
    /// Name of the module.
    pub module: String,
    /// Where the clock of the core comes from.
    pub clock: Clock,
    /// What the clock makes of the baud rate.
    pub baud: f64,
    /// Cycles of a bit on the link.
    pub clocks_per_bit: u32,
    /// The top module first, then the leaves of the shell. The sources of the core come from its own folder.
    pub files: Vec<GeneratedFile>,
}

/// The top module of a design on a board. Its core is the instance `core_i`, its shell `shell_i`.
///
/// # Errors
/// `clock-range`, `baud-divider`, `link-length`; `template`, which is a defect of this program.
pub fn board_top(manifest: &Manifest, board: &Board, options: &ShellOptions) -> Result<BoardTop> {
    let clock = Clock::for_board(board, options.clock_mhz)?;
    let led_count = board.leds.count;
    print(
        manifest,
        &Plan {
            title: &board.title,
            device: &board.device,
            clock,
            led_count,
            active_low: board.leds.active_low,
            reset: board.reset,
        },
        options,
    )
}

/// The top module of a board that exists in simulation only: no PLL, no button, eight LEDs.
///
/// # Errors
/// As [`board_top`].
pub fn simulated_top(manifest: &Manifest, options: &ShellOptions) -> Result<BoardTop> {
    let clock = Clock::Direct { mhz: options.clock_mhz };
    let plan =
        Plan { title: "simulated board", device: "", clock, led_count: 8, active_low: false, reset: ResetButton::None };
    print(manifest, &plan, options)
}

/// What the top module needs to know of a board.
struct Plan<'a> {
    title: &'a str,
    device: &'a str,
    clock: Clock,
    led_count: usize,
    active_low: bool,
    reset: ResetButton,
}

#[derive(Template)]
#[template(path = "board.v")]
struct TopModule<'a> {
    plan: &'a Plan<'a>,
    core: &'a str,
    has_images: bool,
    version: &'a str,
    network_hash: &'a str,
    clock_mhz: String,
    baud: String,
    clocks_per_bit: u32,
    silence_bits: u32,
    format: &'a LinkFormat,
    class_bits: u32,
    identity: String,
    /// LEDs that show nothing, as there are more than a class has bits.
    spare_leds: usize,
    /// Outputs that only observe: name and bits.
    observed: Vec<(&'a str, usize)>,
}

fn print(manifest: &Manifest, plan: &Plan, options: &ShellOptions) -> Result<BoardTop> {
    let format = LinkFormat::of(manifest)?;
    let clock_mhz = plan.clock.mhz();
    let clocks_per_bit = clocks_per_bit(clock_mhz, options.baud)?;
    let baud = clock_mhz * 1e6 / f64::from(clocks_per_bit);
    let class_bits = index_bits(format.classes);
    let top = TopModule {
        plan,
        core: &manifest.top,
        has_images: manifest.options.memories.in_files(),
        version: env!("CARGO_PKG_VERSION"),
        network_hash: &manifest.network_hash,
        clock_mhz: format!("{clock_mhz:.3}"),
        baud: format!("{baud:.0}"),
        clocks_per_bit,
        silence_bits: (clock_mhz * 1e6 * SILENCE_SECONDS).log2().ceil() as u32,
        class_bits,
        identity: format.identity.iter().rev().map(|byte| format!("{byte:02x}")).collect(),
        spare_leds: plan.led_count.saturating_sub(class_bits as usize),
        observed: observed(manifest),
        format: &format,
    };
    let module = format!("{}_board", manifest.top);
    let mut files = vec![GeneratedFile { path: format!("{module}.v"), bytes: render(&top)?.into_bytes() }];
    let leaves = leaves::used_by(&plan.clock, &manifest.sources);
    files.extend(leaves.map(|(path, text)| GeneratedFile { path: path.into(), bytes: text.into() }));
    Ok(BoardTop { module, clock: plan.clock, baud, clocks_per_bit, files })
}

/// The clocks per bit nearest to a baud rate.
fn clocks_per_bit(clock_mhz: f64, baud: u32) -> Result<u32> {
    let clocks = (clock_mhz * 1e6 / f64::from(baud)).round();
    let error = clock_mhz * 1e6 / clocks / f64::from(baud) - 1.0;
    if clocks >= f64::from(MIN_CLOCKS_PER_BIT) && clocks < f64::from(1 << 24) && error.abs() <= MAX_BAUD_ERROR {
        return Ok(clocks as u32);
    }
    Err(Error::new(
        Stage::Shell,
        "baud-divider",
        format!(
            "--baud: {baud} cannot be made from a clock of {clock_mhz} MHz: the nearest is {:.0}, expected at most {} % beside it",
            clock_mhz * 1e6 / clocks.max(f64::from(MIN_CLOCKS_PER_BIT)),
            100.0 * MAX_BAUD_ERROR
        ),
        "choose another baud rate: 115200 fits nearly every clock",
    ))
}

/// The outputs of the core that are neither stream nor error.
fn observed(manifest: &Manifest) -> Vec<(&str, usize)> {
    let outputs = manifest.ports.iter().filter(|port| port.direction == Direction::Output);
    let used = ["s_axis_tready", "m_axis_tvalid", "m_axis_tdata", "m_axis_tlast", "frame_error"];
    outputs.filter(|port| !used.contains(&port.name.as_str())).map(|port| (port.name.as_str(), port.bits)).collect()
}

fn render(template: &impl Template) -> Result<String> {
    // Askama drops the newline at the end of a template.
    template.render().map(|text| text + "\n").map_err(|cause| {
        let message = format!("a template failed: {cause}");
        Error::new(Stage::Shell, "template", message, "this is a defect: please report it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_divider_is_the_nearest_and_near_enough() {
        assert_eq!(clocks_per_bit(12.0, 1_000_000), Ok(12));
        assert_eq!(clocks_per_bit(25.0, 115_200), Ok(217));
        // 12 MHz / 115200 = 104.2.
        assert_eq!(clocks_per_bit(12.0, 115_200), Ok(104));
        // 12 MHz over 3 is too coarse for the receiver, over 5 is 4 % beside 2.5 Mbaud.
        for baud in [4_000_000, 2_500_000, 100_000_000] {
            assert_eq!(clocks_per_bit(12.0, baud).unwrap_err().code, "baud-divider", "{baud}");
        }
        let error = clocks_per_bit(12.0, 2_500_000).unwrap_err();
        assert!(error.message.contains("the nearest is 2400000"), "{}", error.message);
    }
}
