//! Nodes with weights: Linear, Affine, Conv2d; and the pooling and flattening between them.

use ndarray::Array2;

use super::fields::problem;
use super::graph::Node;
use crate::float::{Kernel, Map};
use crate::hdf5::Numbers;

/// What a node of weights says.
pub struct Weights {
    /// The kernel of a convolution; none for a dense layer.
    pub kernel: Option<Kernel>,
    /// Inputs of a dense layer, input channels of a convolution.
    pub inputs: usize,
    /// Synapses × output channels.
    pub values: Array2<f32>,
    /// By output channel.
    pub bias: Vec<f32>,
    /// Whether the file holds more digits than a 32-bit float.
    pub rounded: bool,
}

/// The weights of a Linear or Affine node.
pub fn dense(node: &Node) -> Result<Weights, String> {
    let weight = node.finite("weight")?;
    let [outputs, inputs] = weight.shape[..] else {
        return Err(problem(node, &format!("weight has the shape {:?}, expected [outputs, inputs]", weight.shape)));
    };
    let (values, (bias, rounded)) = (transposed(weight, outputs, inputs), bias(node, outputs)?);
    Ok(Weights { kernel: None, inputs, values, bias, rounded: weight.rounded || rounded })
}

/// The weights of a Conv2d node on `map`.
pub fn conv2d(node: &Node, map: Option<Map>) -> Result<Weights, String> {
    let weight = node.finite("weight")?;
    let [outputs, group_inputs, height, width] = weight.shape[..] else {
        let expected = "[outputs, inputs / groups, kernel, kernel]";
        return Err(problem(node, &format!("weight has the shape {:?}, expected {expected}", weight.shape)));
    };
    if height != width {
        return Err(problem(node, &format!("weight has a kernel of {height} × {width}, expected a square")));
    }
    let dilation = node.side("dilation", 1)?;
    if dilation != 1 {
        return Err(problem(node, &format!("dilation is {dilation}, expected 1")));
    }
    if let Some(map) = map.filter(|_| node.has("input_shape")) {
        let sides = node.sizes("input_shape")?;
        if sides != [map.height, map.width] {
            let found = format!("{} × {}", map.height, map.width);
            return Err(problem(node, &format!("input_shape is {sides:?}, but a map of {found} reaches it")));
        }
    }
    let groups = node.side("groups", 1)?;
    let (stride, padding) = (node.side("stride", 1)?, node.side("padding", 0)?);
    let kernel = Kernel { size: height, stride, padding, groups };
    let values = transposed(weight, outputs, group_inputs * height * width);
    let (bias, rounded) = bias(node, outputs)?;
    let inputs = group_inputs.saturating_mul(groups);
    Ok(Weights { kernel: Some(kernel), inputs, values, bias, rounded: weight.rounded || rounded })
}

/// From outputs × synapses to synapses × outputs.
fn transposed(weight: &Numbers, outputs: usize, synapses: usize) -> Array2<f32> {
    Array2::from_shape_fn((synapses, outputs), |(synapse, output)| weight.values[output * synapses + synapse])
}

/// The bias by output channel, zero without one; and whether it was rounded.
fn bias(node: &Node, outputs: usize) -> Result<(Vec<f32>, bool), String> {
    if !node.has("bias") {
        return Ok((vec![0.0; outputs], false));
    }
    let bias = node.finite("bias")?;
    match bias.values.len() {
        1 => Ok((vec![bias.values[0]; outputs], bias.rounded)),
        count if count == outputs && bias.shape.len() == 1 => Ok((bias.values.clone(), bias.rounded)),
        _ => Err(problem(node, &format!("bias has the shape {:?}, expected [{outputs}]", bias.shape))),
    }
}

/// Kernel and stride of a pooling.
pub fn pooling(node: &Node) -> Result<usize, String> {
    let size = match node.has("kernel_size") {
        true => node.side("kernel_size", 1)?,
        false => return Err(problem(node, "kernel_size is missing")),
    };
    let (stride, padding) = (node.side("stride", size)?, node.side("padding", 0)?);
    if stride != size {
        let expected = format!("the kernel_size, {size}: cells must not overlap or leave gaps");
        return Err(problem(node, &format!("stride is {stride}, expected {expected}")));
    }
    if padding != 0 {
        return Err(problem(node, &format!("padding is {padding}, expected 0")));
    }
    Ok(size)
}

/// That a Flatten makes a row of all of `map`.
pub fn flatten(node: &Node, map: Option<Map>) -> Result<(), String> {
    let shape = match (node.has("input_type"), map) {
        (true, _) => node.sizes("input_type")?,
        (false, Some(map)) => vec![map.channels, map.height, map.width],
        (false, None) => return Ok(()),
    };
    let axis = |field, usual: i64| -> Result<usize, String> {
        let value =
            if node.has(field) { node.finite(field)?.values.first().map_or(usual, |&v| v as i64) } else { usual };
        let place = if value < 0 { value + shape.len() as i64 } else { value };
        let is_axis = (0..shape.len() as i64).contains(&place);
        let wrong = || problem(node, &format!("{field} is {value}, expected an axis of {shape:?}"));
        is_axis.then_some(place as usize).ok_or_else(wrong)
    };
    let (first, last) = (axis("start_dim", 1)?, axis("end_dim", -1)?);
    let one = |sides: &[usize]| sides.iter().all(|side| *side == 1);
    if first > last || !one(&shape[..first]) || !one(&shape[last + 1..]) {
        let axes = format!("the axes {first} … {last} of {shape:?}");
        return Err(problem(node, &format!("flattens {axes}, expected all of them")));
    }
    Ok(())
}
