//! Faults for the comparison to find: a comparison that cannot fail proves nothing.
//!
//! In: a design, and which events the images cause. Out: a copy of its files in which every fault of the Verilog sleeps, and for each
//! kind the memory images that wake it. All are planted on the side of the hardware; the golden model is not touched.
//!
//! The copy reads `plant.mem` beside the other memory images: the number of the fault that is awake, and what it needs to know. So one
//! compiled model serves all kinds, and with no fault awake it must equal the golden model, as the design does.

mod activity;
mod kind;
mod verilog;

use serde::{Deserialize, Serialize};

use crate::arch::{Design, Layer, Memories};
use crate::emit::{self, GeneratedFile, Manifest};
use crate::error::Result;
use crate::files::sha256_hex;

pub use activity::Activity;
pub use kind::Kind;

/// The memory image that says which fault is awake.
const SELECTOR: &str = "plant.mem";

/// One fault of a design.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What kind of fault it is.
    pub kind: Kind,
    /// The files of the design that it lies in.
    pub files: Vec<String>,
    /// What is wrong there.
    pub change: String,
}

/// A fault, ready to be simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// The fault.
    pub fault: Fault,
    /// The memory images that wake it, in place of the design's own.
    pub images: Vec<GeneratedFile>,
}

/// The files of a design in which all faults sleep.
///
/// # Errors
/// Those of [`emit::generate`].
pub fn copy(design: &Design, network_hash: &str) -> Result<Vec<GeneratedFile>> {
    let mut files = emit::generate(&with_files(design), network_hash)?;
    let manifest = files.pop().expect("the manifest is the last file");
    let mut manifest: Manifest = serde_json::from_slice(&manifest.bytes).expect("a manifest that was just written");
    for (file, entry) in files.iter_mut().zip(&mut manifest.files) {
        if let Some(text) = verilog::with_faults(file) {
            file.bytes = text.into_bytes();
            entry.sha256 = sha256_hex(&file.bytes);
        }
    }
    files.push(selector(0, [0, 0]));
    let json = serde_json::to_string_pretty(&manifest).expect("a manifest has only plain fields");
    files.push(GeneratedFile { path: emit::MANIFEST_FILE.into(), bytes: (json + "\n").into_bytes() });
    Ok(files)
}

/// The design as files: faults lie in leaves and images of their own, whatever the user's has.
fn with_files(design: &Design) -> Design {
    let mut design = design.clone();
    design.options.memories = Memories::Files;
    design
}

/// The Verilog among the files of a design that it uses.
fn sources(files: &[GeneratedFile]) -> Vec<String> {
    let manifest = files.last().expect("the manifest is the last file");
    let manifest: Manifest = serde_json::from_slice(&manifest.bytes).expect("a manifest that was just written");
    manifest.sources
}

/// Why a kind of fault has no place in a design, or would not be felt with these images.
pub fn obstacle(kind: Kind, design: &Design, activity: &Activity) -> Option<&'static str> {
    let fires = design.layers.iter().any(|layer| layer.fires);
    let hidden = design.layers.len() > 1;
    match kind {
        Kind::Threshold | Kind::SecondSpike if !fires => Some("no neuron has a threshold"),
        Kind::SecondSpike if design.time_steps == 1 => Some("there is a single time step"),
        Kind::SwappedIndex if !hidden => Some("no layer sends spikes to another"),
        Kind::SwappedIndex if activity.extremes(1).is_none() => {
            Some("the first layer has no two neurons, one of which spikes")
        }
        Kind::LostEvent if activity.busiest(0).is_none() => Some("no image has an event"),
        Kind::WeightBit if activity.busiest(design.layers.len() - 1).is_none() => {
            Some("no event reaches the output layer")
        }
        Kind::WeightBit if design.output_layer().weights().is_none() => {
            Some("the weights of the output layer are in no memory")
        }
        Kind::TieBreak if design.readout.classes == 1 => Some("there is a single class"),
        _ => None,
    }
}

/// Plants one fault where these images feel it.
///
/// # Errors
/// Those of [`emit::generate`].
///
/// # Panics
/// If there is an [`obstacle`].
pub fn plant(kind: Kind, design: &Design, activity: &Activity, network_hash: &str) -> Result<Planted> {
    let mut faulty = with_files(design);
    let site = site(kind, &mut faulty, activity).expect("a fault that has a place");
    let generated = emit::generate(&faulty, network_hash)?;
    let files = site.file.into_iter().chain(verilog::leaves(kind, &sources(&generated))).collect();
    let images = generated.into_iter().filter(|file| file.path.ends_with(".mem"));
    let images = images.chain([selector(verilog::number(kind), site.arguments)]).collect();
    Ok(Planted { fault: Fault { kind, files, change: site.change }, images })
}

/// Where a fault strikes.
struct Site {
    change: String,
    /// What the faulty Verilog needs to know.
    arguments: [usize; 2],
    /// The memory image, for a fault that lies in one.
    file: Option<String>,
}

/// Chooses the place, and changes the contents of a memory if the fault lies there.
fn site(kind: Kind, design: &mut Design, activity: &Activity) -> Option<Site> {
    let of = |change, arguments| Site { change, arguments, file: None };
    let last = design.layers.len() - 1;
    Some(match kind {
        Kind::WeightBit => {
            let (change, file) = flip_weight_bit(&mut design.layers[last], activity.busiest(last)?)?;
            Site { file: Some(format!("{}_{file}", design.name)), ..of(change, [0, 0]) }
        }
        Kind::LostEvent => {
            let (input, first) = (activity.busiest(0)?, &design.layers[0]);
            of(format!("the events of input {input} are lost"), [first.engine.event_code(first, input), 0])
        }
        Kind::SwappedIndex => {
            let ((busy, quiet), first) = (activity.extremes(1)?, &design.layers[0]);
            let codes = [busy, quiet].map(|neuron| first.engine.spike_code(first, neuron));
            of(format!("neurons {busy} and {quiet} of layer0 send each other's spikes"), codes)
        }
        kind => of(kind.change(), [0, 0]),
    })
}

fn selector(number: u32, arguments: [usize; 2]) -> GeneratedFile {
    let text = format!("{number:x}\n{:x}\n{:x}\n", arguments[0], arguments[1]);
    GeneratedFile { path: SELECTOR.into(), bytes: text.into_bytes() }
}

/// Flips the top bit of the weight from an input to neuron 0. Gives what was done, and the image.
fn flip_weight_bit(layer: &mut Layer, input: usize) -> Option<(String, String)> {
    let place = layer.engine.weight_place(layer, input)?;
    let weights = layer.memories.iter_mut().filter(|image| image.holds_weights()).nth(place.image)?;
    let bit = weights.field_bits - 1;
    weights.rows[place.row][place.field] ^= 1 << bit;
    Some((format!("bit {bit} of the weight from input {input} to neuron 0 is flipped"), weights.file.clone()))
}
