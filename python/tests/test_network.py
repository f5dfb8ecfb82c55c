"""The description of a network, held against potentials that were added up by hand and against
numpy."""

import json
import tempfile
import types
import unittest
import warnings

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

    def test_what_evaluate_gives_is_taken_by_layer_names(self):
        net, labels = self.network(), np.zeros(50, int)
        with tempfile.TemporaryDirectory() as folder:
            found = fs.evaluate(net.save(folder), (self.inputs, labels))
        times = dict(reversed(found.spike_times.items()))
        report = net.check(self.inputs, spike_times=times, classes=found.classes)
        self.assertTrue(report["is_equal"])
        for wrong in ({"layer0": times["layer0"]}, {**times, "layer2": times["layer1"]}):
            with self.assertRaises(ValueError) as raised:
                net.check(self.inputs, spike_times=wrong, classes=found.classes)
            self.assertIn("expected ['layer0', 'layer1']", str(raised.exception))

    def test_errors_name_the_argument(self):
        first, last = self.recorded
        classes = last.argmin(1)
        for start, spike_times, classes in (
            ("spike_times['layer0'] has 11 numbers per image", [first[:, 1:], last], classes),
            ("spike_times['layer1']: the spike time [0, ", [first, last + 0.5], classes),
            ("spike_times['layer0']: the type is <U1", [np.full(50, "a"), last], classes),
            ("classes: the class of image 0 is 9", self.recorded, np.full(50, 9)),
            ("classes has 3 images", self.recorded, [0, 1, 2]),
            ("classes: None was given", self.recorded, None),
        ):
            with self.assertRaises((fs.Error, ValueError)) as raised:
                self.network().check(self.inputs, spike_times=spike_times, classes=classes)
            self.assertIn(start, str(raised.exception))
            self.assertNotIn(tempfile.gettempdir(), str(raised.exception))
            if getattr(raised.exception, "problems", ()):
                self.assertIn(start, raised.exception.problems[0])
        with self.assertRaises(fs.Error) as raised:
            self.network().check(self.inputs + 9, spike_times=self.recorded, classes=last.argmin(1))
        self.assertIn("input_times: the spike time [0, 0]", str(raised.exception))
        with self.assertRaises(fs.Difference) as raised:
            self.check()
        self.assertNotIn(tempfile.gettempdir(), str(raised.exception))

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
        self.refused(
            "weights of layer0: found nan, expected finite numbers",
            lambda: self.net().dense(dense * np.nan),
        )
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

    def test_numbers_that_are_no_float32_are_named(self):
        dense = np.ones((1, 64))
        for words, call in (
            ("weights of layer0: found 1e+300, expected", lambda net: net.dense(1e300 * dense)),
            ("bias of out: found -inf", lambda net: net.dense((dense, [-np.inf]), name="out")),
            ("threshold of layer0: found 1e+39", lambda net: net.dense(dense, threshold=1e39)),
            (
                "threshold of layer0: found 3.4028234663852886e+38, expected less",
                lambda net: net.dense(dense, threshold=np.float32(3.4028235e38), fires=">"),
            ),
            ("the type is complex128", lambda net: net.dense(1j * dense)),
            ("the type is <U1", lambda net: net.dense(np.full((1, 64), "a"))),
            ("None was given", lambda net: net.dense(None)),
            ("expected rows of equal length", lambda net: net.dense([[1.0, 2.0], [1.0]])),
        ):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                self.refused(words, lambda: call(self.net()))

    def test_kernels_are_those_of_the_format(self):
        kernel = np.zeros((4, 2, 3, 3))
        for words, call in (
            ("the side of the kernel is 8, expected a whole number 1 … 7", {"side": 8}),
            ("stride is 0, expected a whole number 1 …", {"stride": 0}),
            ("stride is 1.5", {"stride": 1.5}),
            ("padding is 3, expected a whole number 0 … 2", {"padding": 3}),
            ("padding is -1", {"padding": -1}),
            ("groups is 0", {"groups": 0}),
            ("groups is 3, expected a divisor of the 4 output channels", {"groups": 3}),
            ("kernel of the pooling is 1.5", {"pool": 1.5}),
            ("kernel of the pooling is 0", {"pool": 0}),
        ):

            def build(side=3, pool=1, groups=1, **moves):
                net = self.net(input=(2 * groups if groups else 2, 8, 8)).average_pool(pool)
                weights = np.zeros((4, 2, side, side))
                return net.conv2d(weights, groups=groups, **moves)

            self.refused(words, lambda: build(**call))
        # A mistake leaves the network as it was.
        net = self.net(input=(2, 8, 8))
        self.refused("stride", lambda: net.conv2d(kernel, stride=0))
        self.assertEqual(net.conv2d(kernel).layers, ["layer0"])

    def test_layers_have_neurons_but_not_too_many(self):
        self.refused(
            "layer0 has 0 neurons, expected 1 … 16777216",
            lambda: self.net().dense(np.zeros((0, 64))),
        )
        point = np.zeros((1, 1, 1, 1))
        wide = (1, 4096, 4095)
        self.refused(
            "with layer0, the network has 33546241 inputs, neurons",
            lambda: self.net(input=wide).conv2d(point, threshold=1),
        )
        # 2²³ inputs, 2²¹ neurons, 1 synapse: their potentials in every step are too many.
        half = self.net(input=(1, 2048, 4096)).conv2d(point, stride=2)
        self.refused("with layer0, the network has 27262977", lambda: half.save("nowhere"))
        # 2²⁰ neurons with ten synapses each fit, but not with a row of biases for each of 8 steps.
        column = np.broadcast_to(np.float32(0), (1 << 20, 10))
        net = fs.Network("net", 8, (10,))
        net.dense(column, threshold=1)
        net = fs.Network("net", 8, (10,))
        self.refused(
            "with layer0, the network has 19922954",
            lambda: net.dense(column, threshold=1, bias="step"),
        )

    def test_no_two_layers_share_a_name(self):
        dense = np.zeros((64, 64))
        self.refused(
            "name is 'a_b', but a layer before it is called 'a-b'",
            lambda: self.net().dense(dense, name="a-b").dense(dense, name="a_b"),
        )
        net = self.net().dense(dense, name="layer1").dense(dense).dense(dense)
        self.assertEqual(net.layers, ["layer1", "layer2", "layer3"])
        self.refused(
            "a layer before it is called 'pool0'",
            lambda: self.net().average_pool(2).dense(np.zeros((1, 16)), name="pool0"),
        )

    def test_a_network_does_not_end_with_a_pooling(self):
        net = self.net("first-spike").conv2d(np.zeros((1, 1, 1, 1)), threshold=1).average_pool(2)
        self.refused("ends with the pooling pool0", lambda: net.save("nowhere"))


class Folders(InFolder):
    def net(self, size=2):
        return fs.Network("net", 3, (size,)).dense(np.eye(size))

    def refused(self, folder, code):
        before = sorted(self.folder.rglob("*"))
        with self.assertRaises(fs.Error) as raised:
            self.net().save(folder)
        self.assertEqual((raised.exception.code, raised.exception.problems), (code, ()))
        self.assertIn(str(folder), str(raised.exception))
        self.assertEqual(sorted(self.folder.rglob("*")), before)
        return raised.exception

    def test_what_is_not_ours_is_refused_as_the_program_does(self):
        other = self.folder / "other"
        other.mkdir()
        self.net().save(other)
        (other / "model.json").write_text('{"format": "something else"}')
        error = self.refused(other, "folder-not-ours")
        self.assertIn("force=True", error.help)
        self.assertIn(error.help, str(error))
        self.net().save(self.folder / "float")
        with self.assertRaises(fs.Error) as raised:
            fs.quantize(self.folder / "float", other, bits=4)
        self.assertEqual(raised.exception.code, error.code)
        self.net().save(other, force=True)
        self.refused(other / "model.json", "folder-is-file")

    def test_what_is_ours_is_written_again(self):
        for content in (None, "model.json", "curve.json", "checkpoint.safetensors"):
            folder = self.folder / str(content)
            if content:
                folder.mkdir()
                (folder / content).write_bytes(b'\xff{"format": "firstspike-float"}')
            self.assertEqual(self.net().save(folder), folder)
        # Packed weights of an earlier model would stand beside those of this one.
        (folder / "model.safetensors.gz").write_bytes(b"packed")
        self.net(size=3).save(folder)
        self.assertFalse((folder / "model.safetensors.gz").exists())
        data = {"times": [[0, 3, 3]], "labels": [0]}
        self.assertEqual(fs.evaluate(folder, data).classes.tolist(), [0])


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
