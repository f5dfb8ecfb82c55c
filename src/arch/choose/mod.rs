//! The architecture for a part: lanes and weight memory of every layer, chosen by cost and area model.

mod search;

use search::Search;

use crate::arch::area::{estimate, unknown};
use crate::arch::design::{Design, Layer};
use crate::arch::fit::{Fit, Optimize};
use crate::arch::options::{Lanes, Options};
use crate::arch::plan::plan;
use crate::arch::resources::Area;
use crate::arch::workload::Workload;
use crate::board::{Board, Resources};
use crate::error::{Error, Result, Stage};
use crate::network::IntegerNetwork;

/// Kept free for clock, reset and serial link of a board.
pub const SHELL: Area = Area { lut: 800, ff: 600, bram: 4, dsp: 0 };
/// Look-up tables that a router can still connect, in percent of all.
const ROUTABLE_PERCENT: u64 = 90;
/// Images of the workload for which combinations are compared.
const SAMPLE: usize = 8;

/// What the part of a board leaves to a design.
pub fn available(board: &Board) -> Area {
    let part = &board.resources;
    Area {
        lut: (part.lut * ROUTABLE_PERCENT / 100).saturating_sub(SHELL.lut),
        ff: part.ff.saturating_sub(SHELL.ff),
        bram: part.bram.count.saturating_sub(SHELL.bram),
        dsp: part.dsp,
    }
}

/// Holds a design against the part of a board.
pub fn fit(design: &Design, board: &Board, optimize: Optimize, workload: &Workload) -> Fit {
    Fit {
        board: board.name.clone(),
        optimize,
        // A manifest may name a board for a design whose area nobody knows.
        predicted: estimate(design, board.family).unwrap_or_default(),
        available: available(board),
        latency_cycles: workload.latency(design),
        workload: workload.source,
    }
}

/// Completes `options` for a board: the weight memory of every layer, and its lanes unless `fixed_lanes` says that the user chose them.
/// What is fast is fast for some images of `workload`.
///
/// # Errors
/// Those of [`plan`]; `no-area-model` for a layer whose area is not known; `part-too-small` with what runs out and what would fit.
pub fn choose(
    network: &IntegerNetwork,
    options: &Options,
    fixed_lanes: bool,
    board: &Board,
    optimize: Optimize,
    workload: &Workload,
) -> Result<Options> {
    let design = plan(network, options)?;
    if let Some(part) = unknown(&design, board.family) {
        let message = format!("the area of {part} on {} is not known before synthesis", board.family.name());
        let help = "choose a board of another family; or leave out --target, choose --lanes, and let `synth` try";
        return Err(Error::new(Stage::Arch, "no-area-model", message, help));
    }
    let workload = &workload.sample(SAMPLE);
    let search = Search { board, optimize, fixed_lanes, workload };
    match search.best(&design) {
        Some(layers) => Ok(chosen(options, &layers)),
        None => Err(too_small(&design, board, fixed_lanes, workload)),
    }
}

fn chosen(options: &Options, layers: &[Layer]) -> Options {
    Options {
        lanes: Lanes::PerLayer(layers.iter().map(|layer| layer.engine.lanes()).collect()),
        weights: layers.iter().map(|layer| layer.engine.weight_memory()).collect(),
        ..options.clone()
    }
}

/// What would fit in place of a design for which synthesis found that it needs `needed`, more than the board has: as [`choose`] advises, in
/// words. Nothing if the area is not known.
///
/// Where the model predicts less than was found, every board counts for as much less.
pub fn what_fits_instead(design: &Design, board: &Board, needed: &Resources, workload: &Workload) -> Vec<String> {
    let Some(predicted) = estimate(design, board.family) else { return Vec::new() };
    let scaled = |count: u64, predicted: u64, needed: u64, here: u64| match needed > here.max(predicted) {
        true => ((u128::from(count) * u128::from(predicted) / u128::from(needed)) as u64).max(1),
        false => count,
    };
    let here = &board.resources;
    what_fits(design, board, true, &workload.sample(SAMPLE), &|other| {
        let part = &mut other.resources;
        part.lut = scaled(part.lut, predicted.lut, needed.lut, here.lut);
        part.ff = scaled(part.ff, predicted.ff, needed.ff, here.ff);
        part.bram.count = scaled(part.bram.count, predicted.bram, needed.bram.count, here.bram.count);
        part.dsp = scaled(part.dsp, predicted.dsp, needed.dsp, here.dsp);
    })
}

/// What would fit in place of a design that does not: lanes and weights on this board, narrower weights, other boards. Of every board
/// counts what `correct` makes of it, and other boards with the lanes that there are if `fixed_lanes` says so.
fn what_fits(
    design: &Design,
    board: &Board,
    fixed_lanes: bool,
    workload: &Workload,
    correct: &dyn Fn(&mut Board),
) -> Vec<String> {
    let corrected = |board: &Board| {
        let mut board = board.clone();
        correct(&mut board);
        board
    };
    let mut found = Vec::new();
    if let Some(layers) = Search::free(&corrected(board), workload).best(design) {
        let lanes: Vec<_> = layers.iter().map(|layer| layer.engine.lanes().to_string()).collect();
        // The same lanes may fit with their weights elsewhere, which is no choice that can be typed.
        let differ = layers.iter().zip(&design.layers).any(|(one, other)| one.engine.lanes() != other.engine.lanes());
        found.extend(differ.then(|| format!("--lanes {}", lanes.join(","))));
    } else {
        let widest = design.layers.iter().map(|layer| layer.weight_bits).max().unwrap_or(1);
        let fits = |bits: &u32| Search::free(&corrected(board), workload).fits(&narrowed(design, *bits));
        let narrower = (1..widest).rev().find(fits);
        found.extend(narrower.map(|bits| format!("{bits}-bit weights, with membranes as wide as they are")));
    }
    // Where the model is corrected, `choose` would not know: only a board that holds the lanes that there are is safe.
    let holds = |other: &Board| Search { fixed_lanes, ..Search::free(other, workload) }.fits(design);
    let fits = |other: &Board| other.name != board.name && holds(&corrected(other));
    let boards: Vec<_> = Board::all().into_iter().filter(fits).map(|board| board.name).collect();
    found.extend((!boards.is_empty()).then(|| format!("--target {}", boards.join(" or "))));
    found
}

/// The same design with weights of at most `bits` bits. How much narrower its membranes would be, only quantization knows; they stay.
fn narrowed(design: &Design, bits: u32) -> Design {
    let mut design = design.clone();
    for layer in &mut design.layers {
        layer.weight_bits = layer.weight_bits.min(bits);
    }
    design
}

fn too_small(design: &Design, board: &Board, fixed_lanes: bool, workload: &Workload) -> Error {
    // With free lanes, the smallest design is the one that fails.
    let search = Search { board, optimize: Optimize::Area, fixed_lanes, workload };
    let smallest = search.smallest(design);
    let (needed, free) = (search.area(&smallest), available(board));
    let lack = |what: &str, needed: u64, free: u64| {
        (needed > free)
            .then(|| format!("{what}: {needed} needed, {free} free beside the board shell, {} too many", needed - free))
    };
    let problems = [
        lack("look-up tables", needed.lut, free.lut),
        lack("flip-flops", needed.ff, free.ff),
        lack("block RAMs", needed.bram, free.bram),
        lack("multipliers", needed.dsp, free.dsp),
    ];
    let fits = what_fits(design, board, false, workload, &|_| ());
    let help = match fits.is_empty() {
        true => "train a smaller network: it fits no known board".to_owned(),
        false if fixed_lanes => format!("what would fit: {}; without --lanes they are chosen", fits.join("; ")),
        false => format!("what would fit: {}", fits.join("; ")),
    };
    let lanes = if fixed_lanes { "with these lanes" } else { "with any number of lanes" };
    let message = format!("the network does not fit {} ({}) {lanes}, by the area model", board.name, board.part);
    Error::new(Stage::Arch, "part-too-small", message, help).with_problems(problems.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::search::at_most;
    use super::*;
    use crate::arch::WeightMemory;
    use crate::board::BlockRam;
    use crate::fixed::WeightFormat;
    use crate::network::{Layer as NetworkLayer, Neuron, Readout, Synapses};

    fn network(sizes: &[usize]) -> IntegerNetwork {
        let layer = |(index, pair): (usize, &[usize])| {
            let weights = Array2::from_shape_fn((pair[0], pair[1]), |(i, j)| ((i * 7 + j * 5) % 15) as i32 - 7);
            let fires = index + 2 < sizes.len();
            let neuron = if fires { Neuron::integrate_once(vec![9; pair[1]]) } else { Neuron::integrate() };
            NetworkLayer::dense(format!("layer{index}"), WeightFormat::Int(4), weights, vec![0; pair[1]], neuron)
        };
        let layers = sizes.windows(2).enumerate().map(layer).collect();
        IntegerNetwork::new("random", 4, vec![sizes[0]], 1, layers, Readout::Membrane).unwrap()
    }

    fn nominal(network: &IntegerNetwork) -> Workload {
        Workload::nominal(&plan(network, &Options::default()).unwrap())
    }

    /// [`choose`] for the nominal activity.
    fn chosen_nominally(
        network: &IntegerNetwork,
        fixed_lanes: bool,
        board: &Board,
        optimize: Optimize,
    ) -> Result<Options> {
        choose(network, &Options::default(), fixed_lanes, board, optimize, &nominal(network))
    }

    fn board(name: &str) -> Board {
        Board::find(name).unwrap()
    }

    #[test]
    fn no_other_lanes_that_fit_are_faster() {
        let network = network(&[300, 60, 12]);
        // So small a part that not every neuron gets its lane.
        let mut board = board("icebreaker");
        board.resources.bram.count = 34;
        board.resources.lut = 3900;
        let chosen = chosen_nominally(&network, false, &board, Optimize::Latency).unwrap();
        let workload = nominal(&network);
        let best = fit(&plan(&network, &chosen).unwrap(), &board, Optimize::Latency, &workload);
        let fastest = workload.latency(&plan(&network, &Options::default()).unwrap());
        assert!(best.predicted.bram <= 30 && best.latency_cycles > fastest);
        for first in 1..=60 {
            for second in 1..=12 {
                for weights in [WeightMemory::Auto, WeightMemory::Block] {
                    let lanes = Lanes::PerLayer(vec![first, second]);
                    let options = Options { lanes, weights: vec![weights; 2], ..Options::default() };
                    let other = fit(&plan(&network, &options).unwrap(), &board, Optimize::Latency, &workload);
                    let fits = at_most(other.predicted, other.available);
                    assert!(!fits || other.latency_cycles >= best.latency_cycles, "{first}, {second}");
                }
            }
        }
    }

    /// Few inputs and many hidden spikes: lanes of the output layer are worth more than at the nominal activity.
    #[test]
    fn lanes_follow_the_activity() {
        let network = network(&[100, 40, 40]);
        let mut board = board("icebreaker");
        board.resources.lut = 4600;
        let design = plan(&network, &Options::default()).unwrap();
        let busy = Workload::of_means(&design, &[vec![1.0; 4], vec![15.0; 4]], 3.0);
        let choose = |workload: &Workload| {
            let options = choose(&network, &Options::default(), false, &board, Optimize::Latency, workload).unwrap();
            plan(&network, &options).unwrap()
        };
        let (quiet, busy_design) = (choose(&nominal(&network)), choose(&busy));
        let lanes = |design: &Design| design.layers.iter().map(|layer| layer.engine.lanes()).collect::<Vec<_>>();
        let [quiet_lanes, busy_lanes] = [lanes(&quiet), lanes(&busy_design)];
        assert!(busy.cycles(&busy_design) < busy.cycles(&quiet), "{quiet_lanes:?}, {busy_lanes:?}");
        assert!(busy_lanes[1] > quiet_lanes[1], "{quiet_lanes:?}, {busy_lanes:?}");
    }

    fn convolutions() -> IntegerNetwork {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/digits-conv");
        crate::model::read_integer(&folder).unwrap()
    }

    #[test]
    fn no_other_lanes_of_convolutions_that_fit_are_faster() {
        let (network, mut board) = (convolutions(), board("ulx3s-25f"));
        // So small a part that not every channel gets its lane.
        board.resources.lut = 12_000;
        let workload = nominal(&network);
        let chosen = chosen_nominally(&network, false, &board, Optimize::Latency).unwrap();
        let best = fit(&plan(&network, &chosen).unwrap(), &board, Optimize::Latency, &workload);
        let fastest = workload.latency(&plan(&network, &Options::default()).unwrap());
        assert!(at_most(best.predicted, best.available) && best.latency_cycles > fastest, "{best:?}");
        for first in [8, 4, 2, 1] {
            for second in [16, 8, 4, 2, 1] {
                for dense in [32, 16, 8] {
                    let lanes = Lanes::PerLayer(vec![first, second, dense, 10]);
                    let options = Options { lanes, ..Options::default() };
                    let other = fit(&plan(&network, &options).unwrap(), &board, Optimize::Latency, &workload);
                    let fits = at_most(other.predicted, other.available);
                    assert!(!fits || other.latency_cycles >= best.latency_cycles, "{first}, {second}, {dense}");
                }
            }
        }
    }

    #[test]
    fn a_family_whose_convolutions_are_not_known_is_not_advised() {
        let (network, board) = (convolutions(), board("icebreaker"));
        let error = chosen_nominally(&network, false, &board, Optimize::Latency).unwrap_err();
        assert_eq!(error.code, "no-area-model");
        let mut small = self::board("tang-nano-9k");
        small.resources.lut = 3_000;
        let error = chosen_nominally(&network, false, &small, Optimize::Latency).unwrap_err();
        assert_eq!(error.code, "part-too-small");
        assert!(error.help.contains("ulx3s-25f") && !error.help.contains("icebreaker"), "{error}");
    }

    /// Two ways to build each of 70 layers are more combinations than a number of 64 bits counts.
    #[test]
    fn the_search_ends_for_deep_networks() {
        let (network, board) = (network(&[8; 71]), board("ulx3s-85f"));
        let chosen = chosen_nominally(&network, false, &board, Optimize::Latency).unwrap();
        let best = fit(&plan(&network, &chosen).unwrap(), &board, Optimize::Latency, &nominal(&network));
        assert!(at_most(best.predicted, best.available), "{best:?}");
    }

    #[test]
    fn optimizing_for_area_takes_less_of_the_part() {
        let (network, board) = (network(&[64, 64, 10]), board("ulx3s-25f"));
        let area = |optimize| {
            let options = chosen_nominally(&network, false, &board, optimize).unwrap();
            fit(&plan(&network, &options).unwrap(), &board, optimize, &nominal(&network))
        };
        let (small, fast) = (area(Optimize::Area), area(Optimize::Latency));
        assert!(small.predicted.lut < fast.predicted.lut && small.latency_cycles > fast.latency_cycles);
    }

    #[test]
    fn lanes_that_the_user_chose_stay() {
        let options = Options { lanes: Lanes::AtMost(7), ..Options::default() };
        let network = network(&[64, 64, 10]);
        let workload = nominal(&network);
        let chosen = choose(&network, &options, true, &board("icebreaker"), Optimize::Latency, &workload).unwrap();
        assert_eq!(chosen.lanes, Lanes::PerLayer(vec![7, 7]));
    }

    #[test]
    fn too_large_a_network_is_told_what_runs_out_and_what_would_fit() {
        let error =
            chosen_nominally(&network(&[784, 256, 10]), false, &board("icebreaker"), Optimize::Latency).unwrap_err();
        assert_eq!(error.code, "part-too-small");
        assert!(error.problems.iter().any(|problem| problem.starts_with("block RAMs: ")), "{error}");
        assert!(error.help.contains("--target colorlight-i5 or ulx3s-25f"), "{error}");
        // With as many lanes as neurons it needs 59 block RAMs of 52; with fewer it fits.
        let all = chosen_nominally(&network(&[784, 256, 10]), true, &board("ulx3s-25f"), Optimize::Latency);
        let error = all.unwrap_err();
        assert!(error.problems[0].starts_with("block RAMs: 59 needed, 52 free"), "{error}");
        assert!(error.help.contains("--lanes "), "{error}");
    }

    /// With the bits that are advised it fits; membranes of a bit less would have been too small a guess for the network on MNIST.
    #[test]
    fn advised_bits_fit() {
        let (wide, board) = (network(&[784, 256, 10]), board("tang-nano-9k"));
        let error = chosen_nominally(&wide, false, &board, Optimize::Latency).unwrap_err();
        let advice = error.help.split_once("-bit weights, with membranes as wide as they are").expect("advice").0;
        let bits: u32 = advice.rsplit(' ').next().unwrap().parse().unwrap();
        let format = if bits == 1 { WeightFormat::Binary } else { WeightFormat::Int(bits) };
        let narrow = wide.layers().iter().map(|layer| {
            let Synapses::Dense(weights) = &layer.synapses else { panic!("not a dense layer") };
            let weights = weights.mapv(|weight| match format {
                WeightFormat::Binary => {
                    if weight < 0 {
                        -1
                    } else {
                        1
                    }
                }
                _ => weight.clamp(-format.max(), format.max()),
            });
            let (v0, neuron) = (layer.v0.clone(), layer.neuron.clone());
            NetworkLayer::dense(layer.name.clone(), format, weights, v0, neuron)
        });
        let narrow = IntegerNetwork::new("narrow", 4, vec![784], 1, narrow.collect(), Readout::Membrane).unwrap();
        assert!(chosen_nominally(&narrow, false, &board, Optimize::Latency).is_ok());
        let mnist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/mnist-conv");
        let mnist = crate::model::read_integer(&mnist).unwrap();
        let error = chosen_nominally(&mnist, false, &self::board("colorlight-i5"), Optimize::Latency).unwrap_err();
        assert!(!error.help.contains("-bit weights"), "{error}");
    }

    #[test]
    fn what_synthesis_found_counts_more_than_what_the_model_predicts() {
        let board = board("icebreaker");
        let design = plan(&network(&[64, 40, 10]), &Options::default()).unwrap();
        let predicted = estimate(&design, board.family).unwrap();
        assert!(at_most(predicted, available(&board)), "{predicted:?}");
        // Twice what is predicted: so does everything else count, on every board.
        let needed = Resources { lut: 2 * predicted.lut, ..board.resources };
        assert!(needed.lut > board.resources.lut, "{predicted:?}");
        let found = what_fits_instead(&design, &board, &needed, &Workload::nominal(&design));
        let lanes: Vec<usize> =
            found[0].strip_prefix("--lanes ").unwrap().split(',').map(|lanes| lanes.parse().unwrap()).collect();
        let fewer = Options { lanes: Lanes::PerLayer(lanes), ..Options::default() };
        let fewer = estimate(&plan(&network(&[64, 40, 10]), &fewer).unwrap(), board.family).unwrap();
        assert!(2 * fewer.lut < board.resources.lut && fewer.lut < predicted.lut, "{fewer:?}");
        assert!(found[1].contains("ulx3s-25f") && !found[1].contains("icebreaker"), "{found:?}");
        // Block RAMs of which the model knows nothing: the lanes that there are do not become advice.
        let needed = Resources { bram: BlockRam { count: 3000, ..board.resources.bram }, ..board.resources };
        assert!(
            !what_fits_instead(&design, &board, &needed, &Workload::nominal(&design)).contains(&"--lanes 40,10".into())
        );
    }
}
