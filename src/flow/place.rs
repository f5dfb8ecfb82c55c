//! A design on a real part: synthesized, placed and routed, and how fast the network is with it.

use std::cell::RefCell;

use super::{Caller, Hardware, Line, workload};
use crate::arch;
use crate::board::{Board, Resources};
use crate::data::ImageSet;
use crate::emit::Manifest;
use crate::error::Result;
use crate::report::SynthReport;
use crate::shell::{self, BoardTop, DEFAULT_BAUD, ShellOptions};
use crate::synth::{self, Scope, SynthOptions};

/// How to place a design.
#[derive(Debug, Clone, PartialEq)]
pub struct Placing {
    /// The core alone: no shell, no pins, no bitstream.
    pub core: bool,
    /// Clock of the core, in MHz; else that of the board's oscillator, or with `core` none.
    pub clock_mhz: Option<f64>,
    /// Of the board's serial line, in bits per second.
    pub baud: u32,
    /// Seeds of the placer, at least one; the fastest placement is kept.
    pub seeds: Vec<u32>,
}

impl Default for Placing {
    fn default() -> Self {
        Placing { core: false, clock_mhz: None, baud: DEFAULT_BAUD, seeds: vec![1] }
    }
}

/// A placement, and what it was to reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Area, clock and critical path.
    pub report: SynthReport,
    /// The clock that the design was to reach, in MHz, if there is one.
    pub clock_mhz: Option<f64>,
}

impl Placed {
    /// The clock that was to be reached and the slower one that was, if so, in MHz.
    pub fn missed(&self) -> Option<(f64, f64)> {
        self.clock_mhz.zip(self.report.placement.fmax_mhz).filter(|(clock, reached)| reached < clock)
    }
}

impl Hardware {
    /// Synthesizes, places and routes the design for a board. With images, latency and rate at the clock that is reached follow from the
    /// cost model.
    ///
    /// # Errors
    /// Those of [`shell::board_top`], [`ImageSet::pieces`] and [`synth::place`].
    pub fn place(
        &self,
        board: &Board,
        placing: &Placing,
        images: Option<&ImageSet>,
        caller: &dyn Caller,
    ) -> Result<Placed> {
        let top = if placing.core { None } else { Some(self.board_top(board, placing)?) };
        let clock_mhz = top.as_ref().map_or(placing.clock_mhz, |top| Some(top.clock.mhz()));
        let stages = Stages { caller, line: RefCell::default() };
        let options = SynthOptions {
            scope: top.as_ref().map_or(Scope::Core, |top| Scope::Board { module: &top.module, files: &top.files }),
            aim_mhz: placing.clock_mhz,
            clock_mhz,
            seeds: &placing.seeds,
            what_fits: &|needed| self.what_fits(board, needed, images),
            stage: &|stage| stages.begin(stage),
            log: &|line| stages.log(line),
            edited: self.is_edited(),
            interrupt: caller.interrupt(),
        };
        let costs = images.map(|images| self.costs_in_a_row(images)).transpose()?;
        let placement = synth::place(&self.folder, board, &options)?;
        let report = SynthReport::new(placement, costs.as_deref(), false, self.edited.clone());
        Ok(Placed { report, clock_mhz })
    }

    /// What an earlier [`Hardware::place`] left for this board, if the tools are still the same. Its options are taken to be the same.
    ///
    /// # Errors
    /// Those of [`ImageSet::pieces`].
    pub fn placed(&self, board: &Board, images: &ImageSet) -> Result<Option<SynthReport>> {
        let Some(placement) = synth::placed(&self.folder, board) else { return Ok(None) };
        let costs = self.costs_in_a_row(images)?;
        Ok(Some(SynthReport::new(placement, Some(&costs), true, self.edited.clone())))
    }

    /// The design as cells of a board's family, which then take the place of the Verilog in simulations.
    ///
    /// # Errors
    /// Those of [`synth::netlist`].
    pub fn synthesized(mut self, board: &Board, caller: &dyn Caller) -> Result<Self> {
        let _line = caller.stage("synthesis (yosys)");
        self.netlist = Some(synth::netlist(&self.folder, board, self.is_edited(), caller.interrupt())?);
        Ok(self)
    }

    fn board_top(&self, board: &Board, placing: &Placing) -> Result<BoardTop> {
        let clock_mhz = placing.clock_mhz.unwrap_or(board.clock_mhz);
        shell::board_top(&Manifest::read(&self.folder)?, board, &ShellOptions { clock_mhz, baud: placing.baud })
    }

    /// What would fit in place of a design that does not.
    fn what_fits(&self, board: &Board, needed: &Resources, images: Option<&ImageSet>) -> Vec<String> {
        let workload = workload(&self.network, &self.schema, images, &self.design.options);
        workload.map_or(Vec::new(), |workload| arch::what_fits_instead(&self.design, board, needed, &workload))
    }
}

/// Tells the caller what the tools of synthesis are at.
struct Stages<'a> {
    caller: &'a dyn Caller,
    /// The stage that was begun last.
    line: RefCell<Option<(String, Box<dyn Line + 'a>)>>,
}

impl Stages<'_> {
    fn begin(&self, stage: &str) {
        // The line of the stage before ends first.
        self.line.replace(None);
        self.line.replace(Some((stage.to_owned(), self.caller.stage(stage))));
    }

    /// Tells the latest line of a tool's log.
    fn log(&self, text: &str) {
        if let Some((stage, line)) = &*self.line.borrow() {
            line.now(&format!("{stage}: {text}"));
        }
    }
}
