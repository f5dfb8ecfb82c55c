//! What is given and what a file's metadata say of its network, settled: what is given counts.

use super::{Bias, Fires, InputCode, Options};
use crate::coding::Coding;
use crate::error::{Error, Result, Stage};
use crate::export::metadata::GraphMetadata;
use crate::float::network_name_problem;
use crate::network::ReadoutKind;

/// What a file does not say, settled.
#[derive(Debug, Clone)]
pub struct Terms {
    pub name: String,
    pub time_steps: usize,
    pub coding: Coding,
    pub fires: Fires,
    pub bias: Bias,
    /// None if it follows from the last neurons.
    pub readout: Option<ReadoutKind>,
    /// Of the readout that the file names, if that is the one.
    pub alpha: Vec<u16>,
    pub step: Option<f32>,
    /// Whether nobody said when biases are added, so that the file's metadata count.
    pub bias_is_open: bool,
    /// What the file says, if it says anything.
    pub said: Option<GraphMetadata>,
}

impl Terms {
    /// Settles the options with what a file says. Returns with them whose word was taken.
    ///
    /// # Errors
    /// `fire-once`, `import-steps`, `import-name`.
    pub fn settle(options: &Options, said: Option<GraphMetadata>) -> Result<(Terms, Vec<String>)> {
        if !options.fire_once && said.is_none() {
            let message = "NIR does not say whether a neuron fires once, and here each neuron does";
            let help = "give --fire-once if the network was trained so that only first spikes count; no other is right";
            return Err(Error::new(Stage::Import, "fire-once", message, help));
        }
        let Some(time_steps) = options.time_steps.or(said.as_ref().map(|said| said.time_steps)) else {
            let message = "NIR does not say how many time steps an inference takes";
            let help = "give --steps, the number of time steps that the network was trained with";
            return Err(Error::new(Stage::Import, "import-steps", message, help));
        };
        let name = name(options, said.as_ref())?;
        let given = options.input_code.map(|code| coding(code, time_steps));
        let read = said.as_ref().map(|said| said.coding.clone()).filter(|coding| fits(coding, time_steps));
        let usual = || coding(InputCode::Latency { threshold: None }, time_steps);
        let kept = |said: &GraphMetadata| options.readout.is_none_or(|kind| kind == said.readout);
        let kept = said.as_ref().filter(|said| kept(said) && said.time_steps == time_steps);
        let terms = Terms {
            name,
            time_steps,
            coding: given.or(read).unwrap_or_else(usual),
            fires: options.fires.unwrap_or(Fires::Above),
            bias: options.bias.unwrap_or(Bias::Step),
            readout: options.readout.or(said.as_ref().map(|said| said.readout)),
            alpha: kept.map_or(Vec::new(), |said| said.alpha.clone()),
            step: options.step,
            bias_is_open: options.bias.is_none(),
            said,
        };
        let notes = terms.said.as_ref().map_or(Vec::new(), |said| notes(options, said, &terms));
        Ok((terms, notes))
    }
}

impl Terms {
    /// Whether the initial potentials count that the file's metadata say.
    pub fn bias_is_said(&self) -> bool {
        self.bias_is_open && self.said.is_some()
    }
}

fn name(options: &Options, said: Option<&GraphMetadata>) -> Result<String> {
    let (name, place) = match (&options.name, said) {
        (Some(name), _) => (name, "--name"),
        (None, Some(said)) => (&said.name, "the name in the file's metadata"),
        (None, None) => (&options.usual_name, "the output folder's name"),
    };
    match network_name_problem(name) {
        None => Ok(name.clone()),
        Some(problem) => {
            let help = "give --name another one: a lower-case letter, then lower-case letters, digits, _ or -";
            Err(Error::new(Stage::Import, "import-name", format!("{place} {problem}"), help))
        }
    }
}

fn coding(code: InputCode, time_steps: usize) -> Coding {
    match code {
        InputCode::Latency { threshold } => threshold.unwrap_or(1).into(),
        InputCode::Times => Coding::of_times(time_steps as u8),
    }
}

/// Whether no time of a table lies beyond the last step.
fn fits(coding: &Coding, time_steps: usize) -> bool {
    !matches!(coding, Coding::Table(times) if times.iter().any(|&time| usize::from(time) > time_steps))
}

/// What was taken from the file, and what was given in its place.
fn notes(options: &Options, said: &GraphMetadata, terms: &Terms) -> Vec<String> {
    let GraphMetadata { name, time_steps, coding, readout, .. } = said;
    let told = |coding: &Coding| match coding {
        Coding::Latency { threshold } => format!("latency coding from {threshold} on"),
        Coding::Table(_) => "a table of spike times".into(),
    };
    let parts = [
        (options.name.is_some(), "--name", format!("the name {name:?}"), *name == terms.name),
        (options.time_steps.is_some(), "--steps", format!("{time_steps} time steps"), *time_steps == terms.time_steps),
        (options.input_code.is_some(), coding_option(options), told(coding), *coding == terms.coding),
        (options.readout.is_some(), "--readout", format!("the readout {readout}"), Some(*readout) == terms.readout),
    ];
    let taken: Vec<&str> = parts.iter().filter(|(given, ..)| !given).map(|(.., text, _)| text.as_str()).collect();
    let mut notes = vec![match taken[..] {
        [] => "the file's metadata say that each neuron fires once".into(),
        _ => format!("the file's metadata say that each neuron fires once, and: {}", taken.join(", ")),
    }];
    let other = parts.iter().filter(|(given, .., agrees)| *given && !agrees);
    notes.extend(other.map(|(_, option, text, _)| format!("{option} counts; the file's metadata say {text}")));
    if let Some(step) = options.step.filter(|step| *step != 1.0) {
        notes
            .push(format!("--dt counts: weights and biases are {step} times those of the file, which are of one step"));
    }
    notes
}

/// The option that was typed for the coding.
fn coding_option(options: &Options) -> &'static str {
    match options.input_code {
        Some(InputCode::Latency { threshold: Some(_) }) => "--input-threshold",
        _ => "--coding",
    }
}
