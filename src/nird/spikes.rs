//! The spikes of a node: events, or a grid of time steps.

use crate::hdf5::{Group, Item, Numbers};

use super::{END, MAX_TIMES, NEURONS, TYPE};

/// How far a time may be from a step, in steps.
const TOLERANCE: f64 = 1e-3;

/// What spikes are read for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Neurons of the node.
    pub neurons: usize,
    /// Time steps `T` of an inference.
    pub time_steps: usize,
    /// Whether a neuron that spikes again is a mistake; else its first spike counts.
    pub once: bool,
    /// Whether the file counts its times in steps.
    pub in_steps: bool,
}

/// Spike times of a node, `T` for never: images × neurons.
pub struct Times {
    pub images: usize,
    pub values: Vec<u8>,
}

impl Times {
    fn never(images: usize, wanted: Wanted) -> Result<Times, String> {
        let Wanted { neurons, time_steps, .. } = wanted;
        match images.checked_mul(neurons).filter(|count| *count <= MAX_TIMES) {
            Some(count) => Ok(Times { images, values: vec![time_steps as u8; count] }),
            None => Err(format!("{images} images of {neurons} neurons, expected at most {MAX_TIMES} times in all")),
        }
    }

    fn spike(&mut self, image: usize, neuron: usize, step: usize, wanted: Wanted) -> Result<(), String> {
        let time = &mut self.values[image * wanted.neurons + neuron];
        let before = usize::from(*time);
        if wanted.once && before < wanted.time_steps {
            let steps = match before == step {
                true => format!("twice in step {step}"),
                false => format!("at the steps {} and {}", before.min(step), before.max(step)),
            };
            return Err(format!("neuron {neuron} spikes in image {image} {steps}, expected at most one spike"));
        }
        *time = (*time).min(step as u8);
        Ok(())
    }
}

/// Whether the times of an observable, if it has events, are whole numbers; and whether there is one after 0.
pub fn whole_times(observable: &Group) -> (bool, bool) {
    let Ok(times) = numbers(observable, "time") else { return (true, false) };
    let mut finite = times.values.iter().filter(|time| time.is_finite());
    (finite.clone().all(|time| time.fract() == 0.0), finite.any(|&time| time > 0.0))
}

/// Reads the spikes of an observable.
///
/// # Errors
/// A sentence about what is wrong with it.
pub fn read(observable: &Group, wanted: Wanted) -> Result<Times, String> {
    match observable.get(TYPE) {
        Some(Item::Texts(texts)) => match texts.values[0].as_str() {
            "EventData" | "ValuedEventData" => events(observable, wanted),
            "TimeGriddedData" => gridded(observable, wanted),
            other => Err(format!("its type is {other:?}, expected EventData or TimeGriddedData")),
        },
        _ => Err("it has no __type__, expected EventData or TimeGriddedData".into()),
    }
}

fn events(observable: &Group, wanted: Wanted) -> Result<Times, String> {
    let found = number(observable, NEURONS)?;
    if found != wanted.neurons as f32 {
        return Err(format!("n_neurons is {found}, expected {}", wanted.neurons));
    }
    let end = number(observable, END)?;
    if !(end.is_finite() && end > 0.0) {
        return Err(format!("t_max is {end}, expected the end of the recording"));
    }
    if wanted.in_steps && end.fract() == 0.0 && end != wanted.time_steps as f32 {
        let found = format!("t_max is {end} and all times are whole numbers, so it has {end} time steps");
        return Err(format!("{found}, expected {}, as the network has", wanted.time_steps));
    }
    let (indices, times) = (numbers(observable, "idx")?, numbers(observable, "time")?);
    let [images, events] = indices.shape[..] else {
        return Err(format!("idx has the shape {:?}, expected images × events", indices.shape));
    };
    if times.shape != indices.shape {
        return Err(format!("time has the shape {:?}, expected that of idx, {:?}", times.shape, indices.shape));
    }
    let mut spikes = Times::never(images, wanted)?;
    for (place, (&index, &time)) in indices.values.iter().zip(&times.values).enumerate() {
        if index == -1.0 || time == f32::INFINITY {
            continue;
        }
        let at = || format!("[{}, {}]", place / events, place % events);
        if index.fract() != 0.0 || !(0.0..wanted.neurons as f32).contains(&index) {
            return Err(format!("idx{} is {index}, expected 0 … {}, or -1 for none", at(), wanted.neurons - 1));
        }
        let step = step(time, end, wanted.time_steps).ok_or_else(|| {
            let length = end / wanted.time_steps as f32;
            format!("time{} is {time}, expected 0 … {} steps of {length}", at(), wanted.time_steps - 1)
        })?;
        spikes.spike(place / events, index as usize, step, wanted)?;
    }
    Ok(spikes)
}

/// The step of a time, if it is one.
fn step(time: f32, end: f32, time_steps: usize) -> Option<usize> {
    let steps = f64::from(time) * time_steps as f64 / f64::from(end);
    let step = steps.round();
    let is_step = (steps - step).abs() <= TOLERANCE && (0.0..time_steps as f64).contains(&step);
    is_step.then_some(step as usize)
}

fn gridded(observable: &Group, wanted: Wanted) -> Result<Times, String> {
    let data = numbers(observable, "data")?;
    let [images, steps, neurons] = data.shape[..] else {
        return Err(format!("data has the shape {:?}, expected images × time steps × neurons", data.shape));
    };
    for (what, found, expected) in [("time steps", steps, wanted.time_steps), ("neurons", neurons, wanted.neurons)] {
        if found != expected {
            return Err(format!("data has {found} {what}, expected {expected}"));
        }
    }
    let mut spikes = Times::never(images, wanted)?;
    for (place, &value) in data.values.iter().enumerate() {
        let (image, step, neuron) = (place / neurons / steps, place / neurons % steps, place % neurons);
        match value {
            0.0 => {}
            1.0 => spikes.spike(image, neuron, step, wanted)?,
            _ => return Err(format!("data[{image}, {step}, {neuron}] is {value}, expected 0 or 1: spikes")),
        }
    }
    Ok(spikes)
}

fn number(group: &Group, name: &str) -> Result<f32, String> {
    match group.get(name) {
        Some(Item::Numbers(Numbers { values, .. })) if values.len() == 1 => Ok(values[0]),
        _ => Err(format!("it has no attribute {}", name.trim_start_matches('@'))),
    }
}

fn numbers<'a>(group: &'a Group, name: &str) -> Result<&'a Numbers, String> {
    match group.get(name) {
        Some(Item::Numbers(numbers)) => Ok(numbers),
        _ => Err(format!("it has no numbers {name:?}")),
    }
}
