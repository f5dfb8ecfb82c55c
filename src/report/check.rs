//! What a recording has shown of a network.

use serde::{Deserialize, Serialize};

use super::{NetworkKind, Report, Table, whole};
use crate::replay::{Convention, Difference, LayerOutcome, OutputOutcome, ScoreUse, Tier};

/// A network against a recording, layer by layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Name of the network.
    pub network: String,
    /// Whether its numbers are whole.
    pub kind: NetworkKind,
    /// The file of the recording.
    pub recording: String,
    /// How many images.
    pub images: usize,
    /// Time steps `T` per image.
    pub time_steps: usize,
    /// Whether nothing differs.
    pub is_equal: bool,
    /// The layers, from the input on.
    pub layers: Vec<LayerOutcome>,
    /// Classes and scores.
    pub output: OutputOutcome,
    /// What became of the recorded scores.
    pub scores: ScoreUse,
}

impl Report for CheckReport {
    const NAME: &'static str = "check";

    fn text(&self) -> String {
        let kind = match self.kind {
            NetworkKind::Integer => "integer",
            NetworkKind::Float => "float",
        };
        let mut table = Table::new();
        table.group(format!("network {} ({kind})", self.network)).path("recording", &self.recording);
        table.row("images", format!("{}, T = {}", whole(self.images), self.time_steps));
        table.group("layers, each on the recorded spikes of the one before");
        for layer in self.layers.iter().filter(|layer| layer.fires) {
            table.verdict(&layer.layer, self.layer_text(layer), layer.tier.is_some());
        }
        table.group("readout");
        table.verdict("classes", self.classes_text(), self.output.differences == 0);
        match (self.scores, self.output.score_differences) {
            (ScoreUse::OtherUnit, _) => {
                table.row("scores", self.other_unit_text());
            }
            (_, None) => {}
            (_, Some(0)) => {
                table.verdict("scores", "equal", true);
            }
            (_, Some(differing)) => {
                table.verdict("scores", format!("{} differ", whole(differing as usize)), false);
            }
        }
        table.group("verdict").verdict("recording", if self.is_equal { "equal" } else { "different" }, self.is_equal);
        let lines: String = self.lines().into_iter().map(|line| format!("\n{line}")).collect();
        format!("{table}{lines}")
    }
}

impl CheckReport {
    /// Whether every layer gives what was recorded by the network's own rule, and no other convention explains more.
    pub fn is_equal(layers: &[LayerOutcome]) -> bool {
        layers.iter().all(|layer| layer.fits.iter().any(Vec::is_empty))
    }

    fn layer_text(&self, layer: &LayerOutcome) -> String {
        let times = self.images * layer.neurons;
        let ties = match layer.tie_differences {
            0 => String::new(),
            count => format!("; {} more differ where rounding decides", whole(count as usize)),
        };
        let text = match layer.tier {
            None => format!("{} of {} spike times differ{ties}", whole(layer.differences as usize), whole(times)),
            Some(Tier::Proved) => {
                format!("equal, {} spike times; proved: floats add these weights exactly", whole(times))
            }
            Some(Tier::Margin) => {
                let (margin, rounding) = (layer.margin.unwrap_or(0.0), layer.rounding);
                format!(
                    "equal, {} spike times; margin: |V − θ| ≥ {margin:.2e}, rounding ≤ {rounding:.2e}",
                    whole(times)
                )
            }
            Some(Tier::Recorded) if layer.tie_differences == 0 => {
                format!(
                    "equal, {} spike times; as recorded: rounding decided {}",
                    whole(times),
                    whole(layer.ties as usize)
                )
            }
            Some(Tier::Recorded) => {
                let (differing, ties) = (whole(layer.tie_differences as usize), whole(layer.ties as usize));
                format!(
                    "equal but for {differing} of the {ties} spike times that rounding decided, of {}",
                    whole(times)
                )
            }
        };
        if layer.is_exact { text } else { format!("{text}; replayed with 53 bits") }
    }

    fn classes_text(&self) -> String {
        let OutputOutcome { differences, tie_differences, without_class, .. } = self.output;
        let ties = match tie_differences {
            0 => String::new(),
            count => format!("; {} more differ where classes tie", whole(count as usize)),
        };
        let rest = match without_class {
            0 => String::new(),
            count => format!("; of {} none is recorded", whole(count as usize)),
        };
        match differences {
            0 => format!("equal{ties}{rest}"),
            _ => format!("{} of {} differ{ties}{rest}", whole(differences as usize), whole(self.images)),
        }
    }

    /// First differences, and what explains them.
    fn lines(&self) -> Vec<String> {
        let differences =
            self.layers.iter().filter_map(|layer| Some(difference_text(layer, layer.first_difference.as_ref()?)));
        let output = self.output.first_difference.iter().map(|first| {
            let [recorded, replayed] = first.classes;
            let score = first.score.map_or(String::new(), |(class, recorded, replayed)| {
                format!("; score of class {class}: recorded {recorded}, replayed {replayed}")
            });
            format!("readout: image {}: class recorded {recorded}, replayed {replayed}{score}", first.image)
        });
        let explanations = self.layers.iter().filter_map(|layer| self.explanation(layer));
        differences.chain(output).chain(explanations).chain(self.scale_text()).collect()
    }

    /// What gives the layer's recording: nothing to say if the network's own rule does, and nothing else.
    fn explanation(&self, layer: &LayerOutcome) -> Option<String> {
        let name = &layer.layer;
        match &layer.fits[..] {
            [own] if own.is_empty() && layer.undecided.is_empty() => None,
            [own] if own.is_empty() => {
                let others: Vec<&str> = layer.undecided.iter().map(|deviation| deviation.text()).collect();
                Some(format!("{name}: these images do not rule out that {}", others.join("; that ")))
            }
            [] if layer.differences == 0 => {
                let times = if layer.fires { "its spike times are equal, and " } else { "" };
                let what = self.output_text();
                Some(format!("{name}: {times}none of the known conventions gives the {what} that were recorded"))
            }
            [] => Some(format!("{name}: none of the known conventions gives what was recorded")),
            [one] => Some(format!("{name}: all is equal if {}", convention_text(one))),
            several => {
                let texts: Vec<String> = several.iter().map(convention_text).collect();
                Some(format!("{name}: {} conventions give what was recorded: {}", several.len(), texts.join("; or ")))
            }
        }
    }

    fn other_unit_text(&self) -> &'static str {
        match self.kind {
            NetworkKind::Integer => "not compared: no whole numbers, so not in the unit of an integer network, its LSB",
            NetworkKind::Float => "not compared: integers, so in LSB, which are not the unit of this float network",
        }
    }

    /// What differs of the output.
    fn output_text(&self) -> &'static str {
        match (self.output.differences > 0, self.output.score_differences.is_some_and(|count| count > 0)) {
            (true, true) => "classes and scores",
            (true, false) => "classes",
            (false, _) => "scores",
        }
    }

    /// What may be behind differences of whole numbers that no convention explains, if all of them are where `V = θ`.
    fn scale_text(&self) -> Option<String> {
        let is_at_threshold = |layer: &LayerOutcome| layer.differences == layer.at_threshold;
        let is_unexplained = |layer: &LayerOutcome| layer.differences > 0 && layer.fits.is_empty();
        let is_by_scale = self.kind == NetworkKind::Integer
            && self.layers.iter().all(is_at_threshold)
            && self.layers.iter().any(is_unexplained);
        is_by_scale.then(|| {
            "all spike times that differ do so where V = θ: if the trainer's weights are these whole numbers times a scale that is no \
             power of two, its floats round there; check the float network, which has the scale"
                .to_owned()
        })
    }
}

fn difference_text(layer: &LayerOutcome, first: &Difference) -> String {
    let time = |time: Option<u8>| time.map_or("never".to_owned(), |time| time.to_string());
    format!(
        "first difference in {}: image {}, neuron {}, step {}: spike time recorded {}, replayed {}; V = {}, θ = {}",
        layer.layer,
        first.image,
        first.neuron,
        first.time_step,
        time(first.recorded),
        time(first.replayed),
        first.potential,
        first.threshold
    )
}

fn convention_text(convention: &Convention) -> String {
    let text = convention.iter().map(|deviation| deviation.text()).collect::<Vec<_>>().join(" and ");
    let options: Vec<&str> = convention.iter().filter_map(|deviation| deviation.import_option()).collect();
    if options.is_empty() { text } else { format!("{text}: give import {}", options.join(" ")) }
}
