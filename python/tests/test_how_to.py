"""The first program of docs/how-to/python.md runs as it stands there.

`make wheel-test` runs this with the package that was installed, in an environment of nothing else.
"""

import re
import types
import unittest

import numpy as np
from support import ROOT, InFolder, working_in

STEPS = 8


def first_crossings(potentials, threshold):
    """The first step with V > θ of potentials T × …, or T."""
    above = potentials > threshold
    return np.where(above.any(0), above.argmax(0), STEPS)


def arrived(times, step):
    return (times <= step).astype(float)


def simulated(model, times):
    """What a trainer of one's own would record: spike times of both layers, and the classes."""
    windows = [
        np.lib.stride_tricks.sliding_window_view(arrived(times, step), (3, 3), (1, 2))
        for step in range(STEPS)
    ]
    sums = np.einsum("tnyxij,cij->tncyx", np.array(windows), model.conv.weight[:, 0])
    hidden = first_crossings(sums + model.conv.bias[:, None, None], 1.0)
    means = [
        arrived(hidden, step).reshape(-1, 4, 3, 2, 3, 2).mean((3, 5)).reshape(-1, 36)
        for step in range(STEPS)
    ]
    steps = np.arange(1, STEPS + 1)[:, None, None]
    potentials = np.array(means) @ model.fc.weight.T + steps * model.fc.bias
    out = first_crossings(potentials, model.theta)
    decision = np.minimum(out.min(1), STEPS - 1)
    scores = potentials[decision, np.arange(len(out))]
    eligible = out == out.min(1, keepdims=True)
    return hidden, out, np.where(eligible, scores, -np.inf).argmax(1)


def example():
    """The names that the program on the page does not define."""
    rng = np.random.default_rng(8)
    fraction = lambda *shape: rng.integers(-8, 12, shape) / 16  # noqa: E731
    conv = types.SimpleNamespace(
        weight=fraction(4, 1, 3, 3),
        bias=fraction(4),
        stride=(1, 1),
        padding=(0, 0),
        dilation=(1, 1),
        groups=1,
        padding_mode="zeros",
    )
    fc = types.SimpleNamespace(weight=fraction(5, 36), bias=fraction(5) / 8)
    model = types.SimpleNamespace(conv=conv, fc=fc, theta=np.array([1.0, 1.5, 1.0, 2.0, 1.0]))
    images = rng.integers(0, 256, (60, 8, 8), dtype=np.uint8)
    times = (2 * (255 - images.astype(int)) * (STEPS - 1) + 255) // 510
    times[images == 0] = STEPS
    hidden, out, pred = simulated(model, times)
    return {
        "model": model,
        "images": images,
        "times": times,
        "input_times": times,
        "hidden": hidden,
        "out": out,
        "pred": pred,
        "labels": pred,
    }


class HowTo(InFolder):
    def test_the_program_runs(self):
        self.run_program(example())

    def test_the_program_runs_with_times_of_eight_bits(self):
        names = example()
        self.run_program({**names, "times": names["times"].astype(np.uint8)})

    def run_program(self, names):
        page = (ROOT / "docs/how-to/python.md").read_text()
        program = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
        self.assertGreater(len(set(names["pred"])), 2)
        with working_in(self.folder):
            exec(program, names)
        self.assertEqual(names["classes"].shape, (60,))
        # Four bits lose something, but not everything.
        self.assertGreater((names["classes"] == names["pred"]).mean(), 0.5)


if __name__ == "__main__":
    unittest.main()
