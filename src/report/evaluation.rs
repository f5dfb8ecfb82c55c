//! What a network made of a set of images, in software.

use serde::{Deserialize, Serialize};

use super::{Matrix, Report, Table, grouped, whole};
use crate::data::Role;
use crate::error::visible;

/// What was measured. Events and spikes are means per image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Name of the network.
    pub network: String,
    /// Which of the two networks was executed.
    pub kind: NetworkKind,
    /// Of an integer network.
    pub network_hash: Option<String>,
    /// The data set.
    pub data: String,
    /// Which part of the data set.
    pub split: String,
    /// How many images.
    pub images: usize,
    /// What the images are to the network.
    pub rows: Role,
    /// Images with the right class.
    pub correct: usize,
    /// In percent.
    pub accuracy: f64,
    /// In software on this machine, all cores.
    pub images_per_second: f64,
    /// Input spikes.
    pub input_events: f64,
    /// Spikes of all layers.
    pub spikes: f64,
    /// The layers, from the input on.
    pub layers: Vec<LayerActivity>,
    /// Labels against classes, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Confusion>,
    /// The images with a wrong class, in their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong: Option<Vec<Misclassified>>,
}

/// An image with a wrong class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Misclassified {
    /// The number of the image, from 0 on.
    pub image: usize,
    /// The label.
    pub label: String,
    /// The class.
    pub class: String,
    /// The score of the class less that of the label. With first-spike it may be negative: the class spiked first.
    pub margin: f64,
}

/// Which of the two networks was executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkKind {
    /// The integer network, by the golden model.
    Integer,
    /// The float network.
    Float,
}

/// How many images of each label got each class, of the classes that are a label or a result.
///
/// # Shapes
/// `counts[label][class]`, both in the order of `classes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Names of the classes.
    pub classes: Vec<String>,
    /// How many images.
    pub counts: Vec<Vec<u64>>,
}

/// How often the neurons of a layer spike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerActivity {
    /// Its name.
    pub name: String,
    /// How many neurons it has.
    pub neurons: usize,
    /// Mean per image; none if its neurons have no threshold.
    pub spikes: Option<f64>,
}

impl Report for Evaluation {
    const NAME: &'static str = "evaluate";

    fn text(&self) -> String {
        let per_image = |events: f64| format!("{} per image", grouped(events, 1));
        let identity = self.network_hash.as_ref().map_or("float", |hash| &hash[..hash.len().min(12)]);
        let mut table = Table::new();
        table.group(format!("network {} ({identity})", self.network));
        table.row("data", format!("{}{}", self.data, self.rows.part()));
        table.row(self.rows.accuracy(), self.accuracy_text());
        table.row("input events", per_image(self.input_events)).row("spikes", per_image(self.spikes));
        self.layers.iter().for_each(|layer| layer.add_to(&mut table));
        table.group("this machine");
        table.row("golden model", format!("{} images/s", grouped(self.images_per_second, 0)));
        let matrix = self.confusion.as_ref().map(|confusion| format!("\n\n{}", confusion.matrix()));
        let wrong = self.wrong.as_ref().map(|wrong| format!("\n\n{}", wrong_text(wrong)));
        format!("{table}{}{}", matrix.unwrap_or_default(), wrong.unwrap_or_default())
    }
}

/// A line for every image with a wrong class.
fn wrong_text(wrong: &[Misclassified]) -> String {
    let line = |Misclassified { image, label, class, margin }: &Misclassified| {
        format!("image {image}: label {}, class {}, margin {margin}", visible(label), visible(class))
    };
    if wrong.is_empty() {
        "no image got a wrong class".into()
    } else {
        wrong.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl Evaluation {
    fn accuracy_text(&self) -> String {
        let [correct, images] = [self.correct, self.images].map(whole);
        self.rows.told(format!("{:.2} % ({correct} of {images} images{})", self.accuracy, self.rows.caution()))
    }
}

impl Confusion {
    fn matrix(&self) -> Matrix {
        Matrix::new("label \\ class", &self.classes, &self.counts)
    }
}

impl LayerActivity {
    /// A layer without thresholds integrates only: it has no spikes to count.
    fn add_to(&self, table: &mut Table) {
        if let Some(spikes) = self.spikes {
            let (spikes, neurons) = (grouped(spikes, 1), whole(self.neurons));
            table.row(format!("  {}", self.name), format!("{spikes} of {neurons} neurons"));
        }
    }
}
