"""The description of a network, held against potentials that were added up by hand and against
numpy."""

import json
import types
import unittest

import firstspike as fs
import numpy as np
from firstspike.storage import safetensors
from support import InFolder


def module(weight, bias, **fields):
    """What a module of PyTorch shows of itself."""
    return types.SimpleNamespace(weight=np.asarray(weight), bias=np.asarray(bias), **fields)


def conv(weight, bias, **fields):
    defaults = {
        "stride": (1, 1),
        "padding": (0, 0),
        "dilation": (1, 1),
        "groups": 1,
        "padding_mode": "zeros",
    }
    return module(weight, bias, **{**defaults, **fields})


class Description(InFolder):
    def times(self, network, times, labels=None):
        """The spike times of the float network."""
        folder = network.save(self.folder / network.name)
        labels = np.zeros(len(times), int) if labels is None else labels
        return fs.evaluate(folder, {"times": np.asarray(times), "labels": labels}).spike_times

    def test_at_least_and_above_differ_where_the_threshold_is_met(self):
        # V = 0.25, 0.5, 0.5 for inputs at 0 and 1.
        for fires, expected in ((">=", 1), (">", 3)):
            net = fs.Network("one", 3, (2,), "first-spike")
            net.dense([[0.25, 0.25]], threshold=0.5, fires=fires)
            self.assertEqual(self.times(net, [[0, 1]])["layer0"].tolist(), [[expected]], fires)

    def test_above_stays_above_in_integers(self):
        net = fs.Network("one", 3, (2,), "first-spike")
        net.dense([[0.25, 0.25]], threshold=0.5, fires=">", grid=("int4", 0.25))
        net.save(self.folder / "f")
        fs.quantize(self.folder / "f", self.folder / "q")
        data = {"times": [[0, 1]], "labels": [0]}
        self.assertEqual(fs.evaluate(self.folder / "q", data).spike_times["layer0"].tolist(), [[3]])

    def test_layouts_agree(self):
        rng = np.random.default_rng(1)
        kernels, dense = rng.normal(size=(3, 2, 2, 2)), rng.normal(size=(4, 3 * 3 * 2))
        outs = fs.Network("out-in", 6, (2, 4, 3), "first-spike")
        outs.conv2d((kernels, [0.1, 0.0, -0.1]), threshold=0.5).dense(dense, threshold=0.5)
        # Keras: kernels are k × k × C × C', and a map is flattened row, column, channel.
        of_places = dense.reshape(4, 3, 3, 2).transpose(2, 3, 1, 0).reshape(18, 4)
        ins = fs.Network("in-out", 6, (2, 4, 3), "first-spike")
        ins.conv2d(
            (kernels.transpose(2, 3, 1, 0), [0.1, 0.0, -0.1]), threshold=0.5, layout="in-out"
        )
        ins.dense(of_places, threshold=0.5, layout="in-out")
        times = rng.integers(0, 7, (20, 2, 4, 3))
        one, other = self.times(outs, times), self.times(ins, times)
        self.assertTrue(all((one[name] == other[name]).all() for name in outs.layers))
        self.assertTrue(0 < (one["layer1"] < 6).mean() < 1)

    def test_a_convolution_is_that_of_numpy(self):
        rng = np.random.default_rng(2)
        kernels = rng.integers(-8, 9, (4, 1, 3, 3)) / 8
        source = conv(kernels, [0.0, 0.125, 0.25, 0.5], stride=(2, 2), padding=(1, 1), groups=2)
        net = fs.Network("net", 5, (2, 6, 6), "first-spike")
        net.conv2d(source, threshold=[0.5, 0.75, 1.0, 1.25])
        net.dense(np.ones((1, 36)), threshold=100)
        times = rng.integers(0, 6, (10, 2, 6, 6))
        expected = convolved(times, kernels, source.bias, [0.5, 0.75, 1.0, 1.25], 5)
        self.assertEqual(
            self.times(net, times)["layer0"].tolist(), expected.reshape(10, -1).tolist()
        )

    def test_a_pooling_takes_the_mean(self):
        # Four spikes of a cell at 0, 1, 2, 3: the mean is 0.25, 0.5, 0.75, 1.
        for threshold, step in ((0.25, 0), (0.26, 1), (0.75, 2), (1.0, 3), (1.1, 4)):
            net = (
                fs.Network("net", 4, (2, 2), "first-spike")
                .average_pool(2)
                .dense([[1.0]], threshold=threshold)
            )
            self.assertEqual(self.times(net, [[[3, 0], [1, 2]]])["layer0"].tolist(), [[step]])

    def test_readouts_and_fields_as_the_format_has_them(self):
        net = fs.Network("net", 3, (2,), "temporal-weighting-current", input_threshold=96)
        folder = net.dense(np.eye(2), grid=("int4", 0.25)).save(self.folder / "net")
        header = json.loads((folder / "model.json").read_text())
        self.assertEqual(
            header["readout"],
            {"type": "temporal-weighting", "source": "current", "alpha": [3.0, 2.0, 1.0]},
        )
        self.assertEqual(header["layers"][0]["grid"], {"weight_format": "int4", "scale": 0.25})
        self.assertEqual(header["input"], {"shape": [2], "coding": "latency", "threshold": 96})


def convolved(times, kernels, bias, thresholds, steps):
    """Spike times of a depthwise convolution with two outputs a channel, kernel 3, stride 2,
    padding 1."""
    result = np.full((len(times), 4, 3, 3), steps)
    padded = np.pad(times, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=steps)
    for image, output, row, column in np.ndindex(*result.shape):
        window = padded[image, output // 2, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        potentials = [
            bias[output] + (kernels[output, 0] * (window <= step)).sum() for step in range(steps)
        ]
        fired = [
            step for step, potential in enumerate(potentials) if potential >= thresholds[output]
        ]
        result[image, output, row, column] = fired[0] if fired else steps
    return result


class Recordings(unittest.TestCase):
    """Of a simulation in numpy that spikes above the threshold and adds the bias in every step."""

    STEPS = 6

    def setUp(self):
        rng = np.random.default_rng(3)
        self.hidden = rng.integers(-8, 9, (12, 9)) / 8, rng.integers(-2, 3, 12) / 8
        self.out = rng.integers(-8, 9, (4, 12)) / 8, rng.integers(-2, 3, 4) / 8
        self.inputs = rng.integers(0, self.STEPS + 1, (50, 3, 3))
        first = self.simulated(self.inputs.reshape(50, 9), *self.hidden)
        self.recorded = [first, self.simulated(first, *self.out)]

    def simulated(self, times, weights, bias):
        potential, spikes = np.zeros((len(times), len(bias))), np.full((50, len(bias)), self.STEPS)
        for step in range(self.STEPS):
            potential += (times == step) @ weights.T + bias
            spikes[(potential > 0.5) & (spikes == self.STEPS)] = step
        return spikes

    def network(self, **conventions):
        net = fs.Network("mine", self.STEPS, (3, 3), "temporal-weighting-spikes")
        for layer in (self.hidden, self.out):
            net.dense(layer, threshold=0.5, **conventions)
        return net

    def check(self, **conventions):
        # The earliest spike, and of several the first one.
        classes = self.recorded[1].argmin(1)
        net = self.network(**conventions)
        return net.check(self.inputs, spike_times=self.recorded, classes=classes)

    def test_the_conventions_of_the_recording_are_found(self):
        self.assertTrue(self.check(fires=">", bias="step")["is_equal"])
        for conventions, fits in (
            ({"bias": "step"}, "fires-above"),
            ({"fires": ">"}, "bias-every-step"),
        ):
            with self.assertRaises(fs.Difference) as raised:
                self.check(**conventions)
            self.assertIn(fits, str(raised.exception.report))
            self.assertIn("layer0", str(raised.exception))

    def test_a_time_that_is_another_one(self):
        self.recorded[0][7, 2] = (self.recorded[0][7, 2] + 1) % self.STEPS
        with self.assertRaises(fs.Difference) as raised:
            self.check(fires=">", bias="step")
        self.assertIn("image 7", str(raised.exception))

    def test_recordings_of_something_else(self):
        times, classes = self.recorded[1], np.zeros(50)
        net = self.network()
        with self.assertRaises(ValueError):
            net.check(self.inputs, spike_times=[times], classes=classes)
        with self.assertRaises(fs.Error):
            net.check(self.inputs, spike_times=[times, times], classes=classes)


class Mistakes(unittest.TestCase):
    def refused(self, words, call, error=ValueError):
        with self.assertRaises(error) as raised:
            call()
        self.assertIn(words, str(raised.exception))

    def net(self, readout="membrane", input=(1, 8, 8)):
        return fs.Network("net", 8, input, readout)

    def test_every_one_names_what_was_expected(self):
        dense, kernel = np.zeros((10, 64)), np.zeros((4, 1, 3, 3))
        self.refused("expected 'membrane' or", lambda: self.net("argmax"))
        self.refused("expected (n,), (height, width)", lambda: self.net(input=(1, 2, 3, 4)))
        self.refused(
            "63 inputs, but the map before it is 1 × 8 × 8", lambda: self.net().dense(dense[:, 1:])
        )
        self.refused("expected 2 dimensions", lambda: self.net().dense(kernel))
        self.refused("expected '>=' or '>'", lambda: self.net().dense(dense, fires="≥"))
        self.refused("expected 'start' or 'step'", lambda: self.net().dense(dense, bias="both"))
        self.refused("expected 'out-in' (PyTorch)", lambda: self.net().dense(dense, layout="HWIO"))
        self.refused(
            "expected (10,), one value per output",
            lambda: self.net().dense(dense, threshold=[1.0, 2.0]),
        )
        self.refused("holds nan", lambda: self.net().dense(dense * np.nan))
        self.refused("a pooling by 3 does not divide", lambda: self.net().average_pool(3))
        self.refused("expected a square", lambda: self.net().conv2d(np.zeros((4, 1, 3, 5))))
        self.refused(
            "2 channels, but the map before it is 1 × 8 × 8",
            lambda: self.net().conv2d(kernel, groups=2),
        )
        self.refused("does not fit the map", lambda: self.net(input=(2, 2)).conv2d(kernel))

    def test_convolutions_that_no_layer_computes(self):
        kernel = np.zeros((4, 1, 3, 3))
        for words, fields in (
            ("dilation", {"dilation": (2, 2)}),
            ("padding_mode", {"padding_mode": "reflect"}),
            ("the same in both directions", {"stride": (1, 2)}),
            ("expected a number", {"padding": "same"}),
        ):
            self.refused(words, lambda: self.net().conv2d(conv(kernel, np.zeros(4), **fields)))

    def test_thresholds_go_with_the_readout(self):
        dense = np.zeros((64, 64))
        self.refused(
            "layer0 has no threshold", lambda: self.net().dense(dense).dense(dense).save("nowhere")
        )
        self.refused(
            "layer0 has no threshold", lambda: self.net("first-spike").dense(dense).save("nowhere")
        )
        self.refused(
            "reads no spikes", lambda: self.net().dense(dense, threshold=1).save("nowhere")
        )
        self.refused("has no layers", lambda: self.net().save("nowhere"))


class Weights(unittest.TestCase):
    def test_the_file_of_weights_is_safetensors(self):
        content = safetensors(
            {"a.weight": np.array([[1, 2], [3, 4]], np.float32).T, "a.bias": np.float32([0.5])}
        )
        length = int.from_bytes(content[:8], "little")
        table = json.loads(content[8 : 8 + length])
        self.assertEqual(
            table["a.weight"], {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
        )
        self.assertEqual(table["a.bias"]["data_offsets"], [16, 20])
        self.assertEqual(np.frombuffer(content[8 + length :], "<f4").tolist(), [1, 3, 2, 4, 0.5])
        self.assertEqual(length % 8, 0)
