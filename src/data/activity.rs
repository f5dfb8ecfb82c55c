//! What the images of a set make happen in a network, on average.

/// Events and spikes of a quantized network, in means per image.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanActivity {
    /// How many images it is the mean of.
    pub images: usize,
    /// Input events of every time step.
    pub input: Vec<f64>,
    /// Spikes of every layer and time step.
    pub spikes: Vec<Vec<f64>>,
    /// The time step after which the class is known.
    pub decision_step: f64,
}
