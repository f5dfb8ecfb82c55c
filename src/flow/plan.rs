//! Which design a network gets: by its options alone, or fitted to a board for what it will work on.

use super::play::runs;
use crate::arch::{self, Design, Optimize, Workload};
use crate::board::Board;
use crate::data::{ImageSet, Schema};
use crate::error::Result;
use crate::network::IntegerNetwork;

/// A board to fit a design to.
#[derive(Debug, Clone)]
pub struct Target {
    /// The board.
    pub board: Board,
    /// What counts among the designs that fit.
    pub optimize: Optimize,
    /// Keep the lanes of the options; else they are chosen.
    pub fixed_lanes: bool,
}

/// Plans the design of a network. For a target, its `fit` says what is predicted.
///
/// A design folder names only boards of [`Board::all`]: of another board, take the fit out before [`super::Hardware::generate`].
///
/// # Errors
/// Those of [`arch::plan`] and [`arch::choose`].
pub fn plan(
    network: &IntegerNetwork,
    options: &arch::Options,
    target: Option<&Target>,
    workload: &Workload,
) -> Result<Design> {
    let Some(Target { board, optimize, fixed_lanes }) = target else { return arch::plan(network, options) };
    let chosen = arch::choose(network, options, *fixed_lanes, board, *optimize, workload)?;
    let mut design = arch::plan(network, &chosen)?;
    design.fit = Some(arch::fit(&design, board, *optimize, workload));
    Ok(design)
}

/// What a design is chosen for, and what its latency is predicted for: these images; else the mean activity of the training images, if
/// the schema has it; else the nominal activity.
///
/// # Errors
/// Those of [`arch::plan`] and [`ImageSet::pieces`].
pub fn workload(
    network: &IntegerNetwork,
    schema: &Schema,
    images: Option<&ImageSet>,
    options: &arch::Options,
) -> Result<Workload> {
    if let Some(images) = images {
        return Ok(Workload::of_images(runs(network, images)?));
    }
    // Whatever the lanes, the layers have the same inputs.
    let design = arch::plan(network, options)?;
    Ok(schema.activity.as_ref().map_or_else(
        || Workload::nominal(&design),
        |activity| {
            let means: Vec<_> = std::iter::once(&activity.input).chain(&activity.spikes).cloned().collect();
            Workload::of_means(&design, &means, activity.decision_step)
        },
    ))
}
