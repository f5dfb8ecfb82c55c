"""Training in PyTorch: the modules by hand-computed values, and trained networks against golden
model and hardware.

Runs only where torch is; `make python-test` says so if it did not.
"""

import math
import unittest

import numpy as np

try:
    import firstspike.torch as ft
    import torch
    from firstspike.torch.grid import (
        WeightFormat,
        integer_start,
        integer_threshold,
        integer_weights,
        least_error_scale,
        round_half_away,
    )
    from firstspike.torch.neuron import fire_once
    from torch import nn
except ModuleNotFoundError as missing:
    if missing.name != "torch":
        raise
    raise unittest.SkipTest("torch is not installed") from None

import firstspike as fs
from support import InFolder, digits


def tensor(*values, **options):
    return torch.tensor(values, **options)


class Encoder(unittest.TestCase):
    def test_the_examples_of_the_numerics(self):
        pixels = tensor([255, 213, 212, 128, 127, 43, 42, 1, 0], dtype=torch.uint8)
        self.assertEqual(ft.LatencyEncoder(4).times(pixels).tolist(), [[0, 0, 1, 1, 2, 2, 3, 3, 4]])
        self.assertEqual(ft.LatencyEncoder(1).times(pixels).tolist(), [[0] * 8 + [1]])
        self.assertEqual(
            ft.LatencyEncoder(4, 128).times(pixels).tolist(), [[0, 0, 1, 1, 4, 4, 4, 4, 4]]
        )

    def test_times_come_back(self):
        times = tensor([0, 3, 1, 4])
        self.assertEqual(ft.latch(times, 4).times().tolist(), times.tolist())

    def test_what_is_no_pixel_is_refused(self):
        for pixels, error in (
            (tensor([0.5]), TypeError),
            (tensor([256]), ValueError),
            (tensor([-1]), ValueError),
        ):
            self.assertRaises(error, ft.LatencyEncoder(4), pixels)


class Grid(unittest.TestCase):
    def test_weights_round_half_away_then_clamp(self):
        weights, scale = tensor(0.24, 0.25, -0.25, 0.75, 3.5, 100.0, -100.0), torch.tensor(0.5)
        rounded = integer_weights(weights, scale, WeightFormat.of(4))
        self.assertEqual(rounded.tolist(), [0, 1, -1, 2, 7, 7, -7])
        self.assertEqual(
            round_half_away(tensor(0.49999997, -0.49999997, 8388607.5)).tolist(), [0, 0, 8388608]
        )
        self.assertEqual(
            integer_weights(tensor(0.0, -0.1), scale, WeightFormat.of("binary")).tolist(), [1, -1]
        )
        self.assertEqual(
            integer_weights(tensor(-0.1, 9.0), scale, WeightFormat.of("ternary")).tolist(), [0, 1]
        )
        between = tensor(0.24, -0.25, 0.74, -0.75, 1.49, 1.5, -100.0)
        self.assertEqual(
            integer_weights(between, scale, WeightFormat.of("pow4")).tolist(),
            [0, -1, 1, -2, 2, 4, -4],
        )

    def test_gradients_are_those_of_lsq(self):
        weights = tensor(0.3, 9.0, requires_grad=True)
        scale = torch.tensor(0.5, requires_grad=True)
        (scale * integer_weights(weights, scale, WeightFormat.of(4))).sum().backward()
        self.assertEqual(weights.grad.tolist(), [1, 0])
        # round(0.6) − 0.6 of the one, 7 of the clamped one.
        self.assertAlmostEqual(scale.grad.item(), 7.4, places=5)

    def test_thresholds_and_starts(self):
        threshold, bias, scale = tensor(1.0, 1.0), tensor(0.26, -0.5), torch.tensor(0.25)
        self.assertEqual(integer_threshold(threshold, bias, scale, 1).tolist(), [3, 6])
        self.assertEqual(integer_threshold(threshold, bias, scale, 9).tolist(), [27, 54])
        self.assertEqual(integer_start(bias, scale, 1).tolist(), [1, -2])

    def test_a_grid_of_the_weights_has_no_error(self):
        weights = 0.1 * torch.arange(-7, 8)
        self.assertAlmostEqual(least_error_scale(weights, WeightFormat.of(4)), 0.1, places=6)

    def test_formats_that_do_not_exist(self):
        for bits in (1, 17, "4", 4.0, True):
            self.assertRaises(ValueError, WeightFormat.of, bits)


class Neuron(unittest.TestCase):
    def test_fires_once_and_stays(self):
        u = tensor([-1.0, 0.0, 1.0], [1.0, -5.0, -1.0], [-1.0, 2.0, 3.0])
        self.assertEqual(fire_once(u).tolist(), [[0, 1, 1], [1, 1, 1], [1, 1, 1]])

    def test_the_gradient_goes_to_the_maximum_up_to_the_spike(self):
        # u = −1, −2, 0.5, 9: the maxima up to the spike are −1, −1, 0.5, 0.5.
        u = tensor(-1.0, -2.0, 0.5, 9.0, requires_grad=True)
        (fire_once(u) * tensor(1.0, 10.0, 100.0, 1000.0)).sum().backward()
        slope = [1 / (1 + (math.pi * x) ** 2) for x in (-1.0, 0.5)]
        expected = [11 * slope[0], 0, 1100 * slope[1], 0]
        for found, wanted in zip(u.grad.tolist(), expected):
            self.assertAlmostEqual(found, wanted, places=3)


class Readouts(unittest.TestCase):
    """Two neurons, potentials 1, 4, 4 and 3, 3, 5, thresholds 4 and 5."""

    def spikes(self, latched=((0, 0), (1, 0), (1, 1))):
        sums = tensor([[1.0, 3.0]], [[4.0, 3.0]], [[4.0, 5.0]])
        return ft.Spikes(
            tensor(*[[list(map(float, row))] for row in latched]), 1, sums, torch.zeros(2), 0.5
        )

    def read(self, readout, **options):
        reading = readout.classify(self.spikes(**options))
        return reading.classes.tolist(), reading.scores.tolist()

    def test_classes_and_scores(self):
        self.assertEqual(self.read(ft.Membrane()), ([1], [[4, 5]]))
        self.assertEqual(self.read(ft.FirstSpike()), ([0], [[4, 3]]))
        # I = 1, 3, 0 and 3, 0, 2.
        self.assertEqual(self.read(ft.TemporalWeighting("current", [4, 2, 1])), ([1], [[10, 14]]))
        self.assertEqual(self.read(ft.TemporalWeighting("spikes", [4, 2, 1])), ([0], [[2, 1]]))

    def test_without_a_spike_the_last_potential_counts(self):
        self.assertEqual(self.read(ft.FirstSpike(), latched=[(0, 0)] * 3), ([1], [[4, 5]]))

    def test_ties_go_to_the_smaller_index(self):
        sums = torch.ones(1, 1, 5)
        spikes = ft.Spikes(torch.ones(1, 1, 5), 1, sums, torch.zeros(5))
        for readout in (ft.Membrane(), ft.FirstSpike(), ft.TemporalWeighting("spikes")):
            self.assertEqual(readout.classify(spikes).classes.tolist(), [0])

    def test_training_scores(self):
        self.assertEqual(ft.Membrane()(self.spikes()).tolist(), [[2, 2.5]])
        # T − t plus half a potential: 3 − 1 + 2, 3 − 2 + 1.5.
        self.assertEqual(ft.FirstSpike()(self.spikes()).tolist(), [[4, 2.5]])
        self.assertEqual(
            ft.TemporalWeighting("spikes", [4, 2, 1])(self.spikes()).tolist(), [[1.5, 0.75]]
        )

    def test_alpha_must_suit(self):
        self.assertRaises(ValueError, ft.TemporalWeighting, "current", [1, 2])
        self.assertRaises(ValueError, ft.TemporalWeighting("current", [2, 1]).weights, 3)


class Sequences(unittest.TestCase):
    def refused(self, error, *modules):
        self.assertRaises(error, ft.to_network, nn.Sequential(*modules), "net", (8, 8))

    def test_what_is_no_network(self):
        encoder, hidden, last = (
            ft.LatencyEncoder(4),
            ft.TTFSLinear(64, 64),
            ft.TTFSLinear(64, 10, fires=False),
        )
        self.refused(TypeError, encoder, nn.Linear(64, 10), ft.Membrane())
        self.refused(ValueError, hidden, last, ft.Membrane())
        self.refused(ValueError, encoder, hidden, last)
        self.refused(ValueError, encoder, hidden, last, ft.FirstSpike())
        self.refused(ValueError, encoder, last, last, ft.Membrane())
        self.refused(ValueError, encoder, ft.Membrane(), last, ft.Membrane())
        self.refused(ValueError, encoder, ft.AvgPool(2), ft.Membrane())


def dense(readout, bits):
    body = ft.TTFSLinear(64, 32, bits=bits), ft.TTFSLinear(32, 10, bits=bits, fires=readout.fires)
    return nn.Sequential(ft.LatencyEncoder(8), *body, readout)


def convolutional(readout, bits):
    body = (
        ft.AvgPool(2),
        ft.TTFSConv2d(1, 6, 3, padding=1, bits=bits),
        ft.TTFSConv2d(6, 6, 3, stride=1, padding=1, groups=3, bits=bits),
        ft.AvgPool(2),
        ft.TTFSLinear(24, 10, bits=bits, fires=readout.fires),
    )
    return nn.Sequential(ft.LatencyEncoder(8), *body, readout)


def fit(model, epochs):
    """Trains on the digits, with Adam."""
    images, labels = (torch.from_numpy(array) for array in digits("train"))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(48):
            loss = nn.functional.cross_entropy(model(images[batch]), labels[batch].long())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model


class Exported(InFolder):
    """Trained networks: the integers of the golden model and of the hardware are those of the
    modules."""

    def setUp(self):
        super().setUp()
        torch.manual_seed(1)

    def executed(self, model, quantized=True):
        """The trace of the module on the test images, and that of the golden model."""
        images, labels = digits("t10k")
        folder = ft.to_network(model, "digits", (8, 8)).save(self.folder / "float")
        if quantized:
            fs.quantize(folder, self.folder / "q")
            folder = self.folder / "q"
        return ft.trace(model, torch.from_numpy(images)), fs.evaluate(folder, "digits"), labels

    def assert_equal(self, model, **options):
        ours, theirs, labels = self.executed(model, **options)
        self.assertEqual(len(theirs.classes), 360)
        for mine, (name, golden) in zip(ours.spike_times, theirs.spike_times.items()):
            self.assertTrue((mine.numpy() == golden).all(), name)
        self.assertTrue((ours.classes.numpy() == theirs.classes).all())
        return ours, theirs, labels

    def test_every_readout_and_format(self):
        readouts = [
            ft.Membrane(),
            ft.FirstSpike(),
            ft.TemporalWeighting("current"),
            ft.TemporalWeighting("spikes"),
        ]
        formats = [4, 16, "ternary", "binary", 2, 8, "pow4", 13]
        for index, bits in enumerate(formats):
            readout, make = readouts[index % 4], (dense, convolutional)[index // 4]
            with self.subTest(bits=bits, readout=readout.name):
                ours, theirs, _ = self.assert_equal(fit(make(readout, bits), 1))
                self.assertTrue((ours.scores.numpy() == theirs.scores).all())
                # A network in which nothing happens would be equal too.
                self.assertGreater(len(np.unique(theirs.spike_times["layer0"])), 4)

    def test_weights_in_float_that_add_up_exactly(self):
        model = convolutional(ft.FirstSpike(), None)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_((parameter * 64).round() / 64)
        self.assert_equal(model, quantized=False)

    def test_hardware_spikes_when_the_module_does(self):
        for make, readout, least in (
            (dense, ft.Membrane(), 90),
            (convolutional, ft.FirstSpike(), 50),
        ):
            with self.subTest(make.__name__):
                _, theirs, labels = self.assert_equal(fit(make(readout, 4), 8))
                self.assertGreater(theirs.accuracy, least)
                # That is the golden model; and the hardware is it, to every spike time.
                report = fs.compare(self.folder / "q", "digits", quick=True)
                self.assertEqual((report["images"], report["mismatches"]), (360, 0))

    def test_scales_are_learned(self):
        model = dense(ft.Membrane(), 4)
        before = model[1].scale.item()
        fit(model, 1)
        self.assertNotEqual(before, model[1].scale.item())
        self.assertTrue(np.isfinite(model[1].scale.item()))


if __name__ == "__main__":
    unittest.main()
