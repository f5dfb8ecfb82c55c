//! What to train and how: every switch of a training run, checked before it starts.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, Stage};
use crate::fixed::WeightFormat;
use crate::float::{LayerShape, Map, Size, network_name_problem};
use crate::network::ReadoutKind;

use super::topology::{Hidden, shapes, synaptic_layers};

/// More would take years, and overflow the count of images.
const MAX_EPOCHS: usize = 1_000_000_000;

/// The most potentials of a batch: 8 GiB.
const MAX_POTENTIALS: u64 = 1 << 31;

/// How weights are drawn before the first step, `N` being the fan-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Init {
    /// Uniform in `±√(3T/N)`, so of variance `T/N` (ETTFS-init, arXiv 2410.23619).
    Ettfs,
    /// Uniform in `±1/√N`, so of variance `1/(3N)`.
    Lecun,
}

impl Init {
    /// The standard deviation of a weight with this initialization.
    pub fn deviation(self, time_steps: usize, fan_in: usize) -> f32 {
        let fan_in = fan_in as f32;
        match self {
            Init::Ettfs => (time_steps as f32 / fan_in).sqrt(),
            Init::Lecun => (1.0 / (3.0 * fan_in)).sqrt(),
        }
    }
}

/// What keeps potentials in the range where spikes happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalize {
    /// Nothing.
    None,
    /// Standardize each channel's weights over its fan-in.
    Weights,
    /// Standardize each channel's potentials over batch, places and time; folded into the weights in the end.
    Batch,
}

/// Random distortions of the training images, drawn anew in every epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Augment {
    /// Largest shift in pixels, either way.
    pub shift: f32,
    /// Largest rotation in degrees, either way.
    pub rotate: f32,
    /// Largest relative change of each axis' size and shear, such as 0.1.
    pub stretch: f32,
    /// Largest displacement of the control points of an elastic grid, in pixels.
    pub elastic: f32,
    /// Whether half of the images are flipped left to right.
    pub flip: bool,
}

impl Augment {
    /// No distortion.
    pub const NONE: Augment = Augment { shift: 0.0, rotate: 0.0, stretch: 0.0, elastic: 0.0, flip: false };
}

/// One training run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Name of the network.
    pub name: String,
    /// Everything between the images and the output layer.
    pub hidden: Vec<Hidden>,
    /// Time steps `T` per image.
    pub time_steps: usize,
    /// Pixels below this value never spike.
    pub input_threshold: u8,
    /// How the output layer becomes a class.
    #[serde(with = "readout_name")]
    pub readout: ReadoutKind,
    /// Weight format of each synaptic layer for quantization-aware training; `None` trains the layer in float.
    #[serde(with = "format_names")]
    pub formats: Vec<Option<WeightFormat>>,
    /// Synapses that each neuron of a synaptic layer keeps (magnitude pruning); `None` keeps all. Empty: all, in every layer.
    #[serde(default)]
    pub fan_in: Vec<Option<usize>>,
    /// How weights begin.
    pub init: Init,
    /// What keeps potentials in the range where spikes happen.
    pub normalize: Normalize,
    /// Learn the gain of each standardized channel, and each channel's bias.
    pub affine: bool,
    /// Epochs at the end in which batch normalization is folded into the weights, and the weights are on their grid.
    pub folded_epochs: usize,
    /// Passes through the training images.
    pub epochs: usize,
    /// Images per step of the optimizer.
    pub batch: usize,
    /// Peak learning rate of Adam; a cosine takes it to zero.
    pub learning_rate: f32,
    /// Probability that a hidden spike is dropped.
    pub dropout: f32,
    /// Probability mass that the target gives to all classes alike.
    pub label_smoothing: f32,
    /// Weight in the loss of the mean number of hidden spikes per neuron.
    pub activity: f32,
    /// How much more a spike in the last time step costs than one in the first.
    pub late: f32,
    /// How training images are distorted.
    pub augment: Augment,
    /// Training images held out to choose between runs.
    pub validation: usize,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Default for Recipe {
    fn default() -> Self {
        Recipe {
            name: "network".into(),
            hidden: vec![Hidden::Dense(256)],
            time_steps: 8,
            input_threshold: 1,
            readout: ReadoutKind::Membrane,
            formats: vec![None, None],
            fan_in: Vec::new(),
            init: Init::Ettfs,
            normalize: Normalize::Weights,
            affine: true,
            folded_epochs: 0,
            epochs: 25,
            batch: 200,
            learning_rate: 3e-3,
            dropout: 0.0,
            label_smoothing: 0.0,
            activity: 0.0,
            late: 0.0,
            augment: Augment::NONE,
            validation: 0,
            seed: 1,
        }
    }
}

impl Recipe {
    /// Synapses that each neuron of layer `index` keeps, if not all.
    pub fn fan_in(&self, index: usize) -> Option<usize> {
        self.fan_in.get(index).copied().flatten()
    }

    /// Checks every switch, sizes the layers for images of the shape `input`, and reports all mistakes at once.
    ///
    /// # Errors
    /// `invalid-recipe`, with one problem line per mistake; `model-too-large`, `batch-too-large`.
    pub fn layers(&self, input: &[usize], classes: usize) -> Result<Vec<LayerShape>> {
        let named = |problem| format!("name {problem}; --name gives one in place of the output folder's");
        let mut problems: Vec<String> = network_name_problem(&self.name).map(named).into_iter().collect();
        let layers = shapes(&self.hidden, Map::of_shape(input), classes).map_err(|wrong| problems.extend(wrong));
        let mut demand = |holds: bool, problem: String| {
            if !holds {
                problems.push(problem);
            }
        };
        demand((1..=255).contains(&self.time_steps), format!("time steps: {}, expected 1 … 255", self.time_steps));
        let count = synaptic_layers(&self.hidden);
        demand(
            self.formats.len() == count,
            format!("weight formats: {}, expected one per layer: {count}", self.formats.len()),
        );
        demand(
            self.fan_in.is_empty() || self.fan_in.len() == count,
            format!("fan-in: {} number(s), expected one per layer: {count}", self.fan_in.len()),
        );
        demand(!self.fan_in.contains(&Some(0)), "fan-in: 0, expected at least 1, or \"all\"".into());
        let is_binary = |index: usize| self.formats.get(index) == Some(&Some(WeightFormat::Binary));
        demand(
            !(0..count).any(|index| self.fan_in(index).is_some() && is_binary(index)),
            "fan-in: a layer of binary weights has no zeros, so it cannot lose synapses; use ternary".into(),
        );
        demand((1..=MAX_EPOCHS).contains(&self.epochs), format!("epochs: {}, expected 1 … {MAX_EPOCHS}", self.epochs));
        demand(
            self.folded_epochs <= self.epochs,
            format!("folded epochs: {}, expected at most the {} epochs", self.folded_epochs, self.epochs),
        );
        let on_grid = self.formats.iter().any(Option::is_some);
        demand(
            self.normalize != Normalize::Batch || self.folded_epochs >= 1 || !on_grid || self.epochs == 0,
            "folded epochs: 0, expected at least 1: with batch normalization, the weights go onto the grid of their \
             format in these epochs; or train with --bits float"
                .into(),
        );
        demand(
            self.normalize == Normalize::Batch || self.folded_epochs == 0,
            format!("folded epochs: {}, expected 0: only --normalize batch has something to fold", self.folded_epochs),
        );
        demand(self.batch >= 1, format!("batch: {}, expected at least 1", self.batch));
        let rate = self.learning_rate;
        demand(rate > 0.0 && rate.is_finite(), format!("learning rate: {rate}, expected a positive number"));
        for (name, value) in [("dropout", self.dropout), ("label smoothing", self.label_smoothing)] {
            demand((0.0..1.0).contains(&value), format!("{name}: {value}, expected 0 up to, not including, 1"));
        }
        let augment = self.augment;
        let weights = [
            ("activity", self.activity),
            ("late", self.late),
            ("shift", augment.shift),
            ("rotate", augment.rotate),
            ("elastic", augment.elastic),
        ];
        for (name, value) in weights {
            demand(value >= 0.0 && value.is_finite(), format!("{name}: {value}, expected 0 or more"));
        }
        demand((0.0..1.0).contains(&augment.stretch), format!("stretch: {}, expected 0 up to 1", augment.stretch));
        if let (Ok(sized), true) = (layers, problems.is_empty()) {
            self.check_size(input, &sized)?;
            return Ok(sized);
        }
        Err(Error::new(
            Stage::Train,
            "invalid-recipe",
            format!("{} training option(s) are out of range", problems.len()),
            "change the listed options; `firstspike train --help` describes them",
        )
        .with_problems(problems))
    }

    /// That the network, and its potentials in a batch, fit the memory.
    fn check_size(&self, input: &[usize], layers: &[LayerShape]) -> Result<()> {
        let mut size = Size::new(Stage::Train, &self.name, input.iter().product());
        let mut potentials = 0u64;
        for (index, layer) in layers.iter().enumerate() {
            size.add(&format!("layer {}", index + 1), layer.pooled(), layer.connection, layer.output.channels)?;
            potentials += (layer.output.neurons() * self.time_steps) as u64;
        }
        let all = potentials.saturating_mul(self.batch as u64);
        if all <= MAX_POTENTIALS {
            return Ok(());
        }
        let message = format!(
            "a batch of {} images has {all} potentials ({potentials} each, of all neurons in all steps), expected at most \
             {MAX_POTENTIALS}",
            self.batch
        );
        Err(Error::new(Stage::Train, "batch-too-large", message, "make --batch smaller"))
    }
}

/// Weight formats as `"int4"`, and `"float"` for none.
mod format_names {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::fixed::WeightFormat;

    pub fn serialize<S: Serializer>(formats: &[Option<WeightFormat>], out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(formats.iter().map(|format| format.map_or("float".to_string(), |f| f.to_string())))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<Option<WeightFormat>>, D::Error> {
        let parse = |name: String| if name == "float" { Ok(None) } else { name.parse().map(Some) };
        Vec::<String>::deserialize(input)?.into_iter().map(parse).collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}

/// A readout by its name.
mod readout_name {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::network::ReadoutKind;

    pub fn serialize<S: Serializer>(readout: &ReadoutKind, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(readout)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<ReadoutKind, D::Error> {
        String::deserialize(input)?.parse().map_err(D::Error::custom)
    }
}
