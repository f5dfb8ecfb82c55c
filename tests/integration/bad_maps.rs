//! Convolutions and poolings that fit neither their maps nor the hardware, typed and in model files: exit code 2, a message that names
//! layer, field, actual and expected value, no panic, nothing left behind.

use std::fs;

use firstspike::fixed::WeightFormat;
use firstspike::float::{Connection, FloatLayer, FloatNetwork, Kernel, Map as FloatMap, Pooling};
use firstspike::model;
use firstspike::network::{Conv2d, IntegerNetwork, Layer, Map, Neuron, Readout, Synapses};
use ndarray::{Array2, Array4};
use serde_json::{Value, json};

use crate::support::{float_network, refused};

/// The problems listed for `train --layers` on images of 8 × 8.
fn typed(layers: &str) -> String {
    let train = ["train", "--data", "digits", "--bits", "4", "--epochs", "1", "--layers", layers, "-o", "out"];
    refused(&train, |_| {})
}

#[test]
fn layers_as_they_are_typed() {
    insta::assert_snapshot!(typed("8C3-P4"), @r##"
    error[train/invalid-recipe]: 1 training option(s) are out of range
      - layers, part 2 "P4": kernel is 4, expected a divisor of 6 × 6, as of part 1 "8C3"
      help: change the listed options; `firstspike train --help` describes them
    "##);
    insta::assert_snapshot!(typed("8C3-P0"), @r##"
    error[train/invalid-recipe]: 1 training option(s) are out of range
      - layers, part 2 "P0": kernel is 0, expected a divisor of 6 × 6, as of part 1 "8C3"
      help: change the listed options; `firstspike train --help` describes them
    "##);
    insta::assert_snapshot!(typed("8C3-P2-8C5"), @r##"
    error[train/invalid-recipe]: 1 training option(s) are out of range
      - layers, part 3 "8C5": kernel is 5, larger than the padded map of 3 × 3
      help: change the listed options; `firstspike train --help` describes them
    "##);
    insta::assert_snapshot!(typed("8C0s0g0"), @r##"
    error[train/invalid-recipe]: 3 training option(s) are out of range
      - layers, part 1 "8C0s0g0": kernel is 0, expected 1 … 7
      - layers, part 1 "8C0s0g0": stride is 0, expected at least 1
      - layers, part 1 "8C0s0g0": groups is 0, expected at least 1
      help: change the listed options; `firstspike train --help` describes them
    "##);
    insta::assert_snapshot!(typed("8C9p9-P2"), @r##"
    error[train/invalid-recipe]: 2 training option(s) are out of range
      - layers, part 1 "8C9p9": kernel is 9, expected 1 … 7
      - layers, part 1 "8C9p9": padding is 9, expected less than the kernel, 9
      help: change the listed options; `firstspike train --help` describes them
    "##);
    insta::assert_snapshot!(typed("8C3-6C3g4"), @r##"
    error[train/invalid-recipe]: 1 training option(s) are out of range
      - layers, part 2 "6C3g4": groups is 4, expected a divisor of 8 input and 6 output channels
      help: change the listed options; `firstspike train --help` describes them
    "##);
    insta::assert_snapshot!(typed("8C3p9999999999999999999"), @r##"
    error[train/invalid-recipe]: 1 training option(s) are out of range
      - layers, part 1 "8C3p9999999999999999999": padding is 9999999999999999999, expected less than the kernel, 3
      help: change the listed options; `firstspike train --help` describes them
    "##);
    insta::assert_snapshot!(typed("P4-P9223372036854775808"), @r##"
    error[train/invalid-recipe]: 1 training option(s) are out of range
      - layers, part 2 "P9223372036854775808": kernel is 9223372036854775808, expected a divisor of 2 × 2, as of the images pooled by 4
      help: change the listed options; `firstspike train --help` describes them
    "##);
    insta::assert_snapshot!(typed("8C3-C5"), @r##"
    error[train/layers]: "C5" is no layer: expected 128 (dense), 16C5 (convolution; s, p, g for stride, padding, groups), D3 (depthwise), P2 or MP2 (pooling)
      help: give, for example, --layers 16C5-P2-32C5-P2-128
    "##);
}

/// A convolution, pooling with a grouped convolution, and a dense layer, on images of 8 × 8.
fn maps() -> IntegerNetwork {
    let conv = |kernel, padding, groups| {
        let weights = Array4::from_elem((4, if groups == 1 { 1 } else { 4 / groups }, kernel, kernel), 2);
        Synapses::Conv2d(Conv2d { weights, stride: 1, padding, groups })
    };
    let layer = |name: &str, input, pool, synapses| Layer {
        input,
        pool,
        synapses,
        ..Layer::dense(name, WeightFormat::Int(4), Array2::ones((1, 4)), vec![0; 4], Neuron::integrate_once(vec![3; 4]))
    };
    let first = layer("conv", Map::new(1, 8, 8), 1, conv(3, 1, 1));
    let second = layer("deep", first.output(), 2, conv(2, 0, 2));
    let last = Layer::dense("last", WeightFormat::Int(4), Array2::ones((36, 10)), vec![0; 10], Neuron::integrate());
    IntegerNetwork::new("maps", 4, vec![8, 8], 1, vec![first, second, last], Readout::Membrane).unwrap()
}

/// The error of `generate` after an edit of the layers of [`maps`]: `conv`, `deep-pool`, `deep`, `last`.
fn stored(edit: impl FnOnce(&mut Value)) -> String {
    refused(&["generate", "model", "-o", "design"], |folder| {
        model::write_integer(&folder.join("model"), &maps()).unwrap();
        let path = folder.join("model/model.json");
        let mut header: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        edit(&mut header["layers"]);
        fs::write(path, header.to_string()).unwrap();
    })
}

#[test]
fn layers_of_a_model_file() {
    insta::assert_snapshot!(stored(|layers| layers[1]["kernel"] = json!(3)), @r##"
    error[generate/model-invalid]: model/model.json: 1 mistake(s)
      - layers[1].kernel is 3, expected a divisor of 8 × 8, as of layers[0].output
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    insta::assert_snapshot!(stored(|layers| layers[1]["kernel"] = json!(0)), @r##"
    error[generate/model-invalid]: model/model.json: 1 mistake(s)
      - layers[1].kernel is 0, expected a whole number 1 … 16777216
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    insta::assert_snapshot!(stored(|layers| layers[2]["kernel"] = json!(5)), @r##"
    error[generate/model-invalid]: model/model.json: 1 mistake(s)
      - layers[2].kernel is 5, larger than the padded map of 4 × 4
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    let sizes = |layers: &mut Value| {
        layers[0]["kernel"] = json!(0);
        layers[0]["stride"] = json!(0);
        layers[2]["kernel"] = json!(8);
        layers[2]["padding"] = json!(2);
    };
    insta::assert_snapshot!(stored(sizes), @r##"
    error[generate/model-invalid]: model/model.json: 3 mistake(s)
      - layers[0].kernel is 0, expected a whole number 1 … 7
      - layers[0].stride is 0, expected a whole number 1 … 16777216
      - layers[2].kernel is 8, expected a whole number 1 … 7
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    insta::assert_snapshot!(stored(|layers| layers[2]["padding"] = json!(2)), @r##"
    error[generate/model-invalid]: model/model.json: 1 mistake(s)
      - layers[2].padding is 2, expected less than the kernel, 2
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    insta::assert_snapshot!(stored(|layers| layers[2]["groups"] = json!(3)), @r##"
    error[generate/model-invalid]: model/model.json: 1 mistake(s)
      - layers[2].groups is 3, expected a divisor of 4 input and 4 output channels
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    insta::assert_snapshot!(stored(|layers| layers[1]["type"] = json!("max-pool")), @r##"
    error[generate/model-invalid]: model/model.json: 1 mistake(s)
      - layers[1].type is "max-pool", which no integer network has: a cell of a maximum pooling would spike more than once; use "average-pool"
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    insta::assert_snapshot!(stored(|layers| layers[2]["type"] = json!("conv-transpose2d")), @r##"
    error[generate/model-invalid]: model/model.json: 1 mistake(s)
      - layers[2].type is "conv-transpose2d", expected "dense" or "conv2d" or "average-pool" or "flatten"
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    let apart = |layers: &mut Value| {
        layers[2]["input"] = json!([4, 8, 8]);
        layers[3]["inputs"] = json!(64);
    };
    insta::assert_snapshot!(stored(apart), @r##"
    error[generate/model-invalid]: model/model.json: 3 mistake(s)
      - layers[2].input is [4, 8, 8], expected [4, 4, 4], as of layers[0].output pooled by 2
      - layers[3].inputs is 64, expected 36, as of layers[2].output
      - tensor "last.weight" is I8 [10, 36], expected I8 [10, 64]
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    insta::assert_snapshot!(stored(|layers| layers[2]["groups"] = json!(4)), @r##"
    error[generate/model-invalid]: model/model.json: 1 mistake(s)
      - tensor "deep.weight" is I8 [4, 2, 2, 2], expected I8 [4, 1, 2, 2]
      help: mend the listed fields; docs/model-format.md describes them
    "##);
}

#[test]
fn a_maximum_pooling_is_never_quantized() {
    let conv = FloatLayer {
        input: FloatMap { channels: 1, height: 8, width: 8 },
        connection: Connection::Conv(Kernel { size: 3, stride: 1, padding: 1, groups: 1 }),
        ..FloatLayer::dense("conv", Array2::from_elem((9, 4), 0.5), vec![0.0; 4], Neuron::integrate_once(vec![1.0; 4]))
    };
    let last = FloatLayer {
        input: conv.output(),
        pooling: Pooling { size: 2, max: true },
        ..FloatLayer::dense("last", Array2::from_elem((64, 10), 0.5), vec![0.0; 10], Neuron::integrate())
    };
    let network = FloatNetwork { layers: vec![conv, last], ..float_network() };
    let stderr = refused(&["quantize", "float", "--bits", "4", "--data", "digits", "-o", "out"], |folder| {
        model::write_float(&folder.join("float"), &network).unwrap();
    });
    insta::assert_snapshot!(stderr, @r##"
    error[quantize/max-pooling]: layer "last" has a maximum pooling in front of it, which no integer network has
      help: a cell of a maximum pooling spikes once for every step in which one of its neurons does, but an input may spike only once with a weight that hardware adds; train with average pooling (P2 for MP2), which is linear and exact
    "##);
}

#[test]
fn the_area_of_a_convolution_is_not_predicted_for_ice40() {
    let stderr = refused(&["generate", "model", "--target", "icebreaker", "-o", "design"], |folder| {
        model::write_integer(&folder.join("model"), &maps()).unwrap();
    });
    insta::assert_snapshot!(stderr, @r##"
    error[generate/no-area-model]: the area of layer "conv" on ice40 is not known before synthesis
      help: choose a board of another family; or leave out --target, choose --lanes, and let `synth` try
    "##);
}

#[test]
fn a_network_too_large_for_the_part() {
    let layer = |name: &str, inputs, outputs, neuron| {
        let weights = Array2::from_shape_fn((inputs, outputs), |(i, j)| ((i * 7 + j * 5) % 15) as i32 - 7);
        Layer::dense(name, WeightFormat::Int(4), weights, vec![0; outputs], neuron)
    };
    let layers = vec![
        layer("hidden", 784, 256, Neuron::integrate_once(vec![9; 256])),
        layer("last", 256, 10, Neuron::integrate()),
    ];
    let network = IntegerNetwork::new("mnist", 4, vec![28, 28], 1, layers, Readout::Membrane).unwrap();
    let too_large = |options: &[&str]| {
        let generate = ["generate", "model", "-o", "design"];
        refused(&[&generate, options].concat(), |folder| {
            model::write_integer(&folder.join("model"), &network).unwrap();
        })
    };
    insta::assert_snapshot!(too_large(&["--target", "icebreaker"]), @r##"
    error[generate/part-too-small]: the network does not fit icebreaker (iCE40UP5K-SG48) with any number of lanes, by the area model
      - look-up tables: 5025 needed, 3952 free beside the board shell, 1073 too many
      - block RAMs: 200 needed, 26 free beside the board shell, 174 too many
      help: what would fit: --target colorlight-i5 or ulx3s-25f or ulx3s-45f or ulx3s-85f or arty-a7-35t or pynq-z2 or arty-a7-100t
    "##);
    insta::assert_snapshot!(too_large(&["--target", "ulx3s-25f", "--lanes", "256"]), @r##"
    error[generate/part-too-small]: the network does not fit ulx3s-25f (LFE5U-25F-6BG381C) with these lanes, by the area model
      - block RAMs: 59 needed, 52 free beside the board shell, 7 too many
      help: what would fit: --lanes 86,10; --target colorlight-i5 or ulx3s-45f or ulx3s-85f or arty-a7-35t or pynq-z2 or arty-a7-100t; without --lanes they are chosen
    "##);
}
