"""Whatever the package refuses to describe, the program refuses to read, and only that."""

import json
import unittest

import firstspike as fs
import numpy as np
from support import InFolder

FIELDS = {"name": "net", "steps": 4, "input": (2,), "input_threshold": 1}
LARGEST = float(np.finfo(np.float32).max)


def network(layer="a", grid=None, alpha=None, **fields):
    readout = "membrane" if alpha is None else "temporal-weighting-current"
    net = fs.Network(**{**FIELDS, **fields}, readout=readout, alpha=alpha)
    weights = np.ones((2, int(np.prod(net.input))))
    return net.dense(weights, threshold=1, name=layer, grid=grid).dense(np.eye(2), name="b")


def written(header, layer="a", grid=None, alpha=None, **fields):
    """The header of a network with these values, which nobody has checked."""
    given = {**FIELDS, **fields}
    header["name"], header["time_steps"] = given["name"], given["steps"]
    header["input"] = {**header["input"], "shape": list(given["input"])}
    header["input"]["threshold"] = given["input_threshold"]
    header["layers"][0]["name"] = layer
    if grid is not None:
        header["layers"][0]["grid"] = {"weight_format": grid[0], "scale": grid[1]}
    if alpha is not None:
        header["readout"] = {"type": "temporal-weighting", "source": "current", "alpha": alpha}
    return header


class Limits(InFolder):
    def is_refused_by_the_program(self, values):
        folder = network(input=(1,) if np.prod(values.get("input", 2)) == 1 else (2,)).save(
            self.folder / "net"
        )
        file = folder / "model.json"
        file.write_text(json.dumps(written(json.loads(file.read_text()), **values)))
        with self.assertRaises(fs.Error) as raised:
            fs.evaluate(folder, folder / "no-data.npz")
        problems = raised.exception.problems
        # The tensors of the layer have its former name.
        return raised.exception.code == "model-invalid" and any(
            not problem.startswith("tensor") for problem in problems
        )

    def refused(self, **values):
        try:
            network(**values)
        except ValueError as error:
            return str(error)
        return None

    def test_both_refuse_the_same(self):
        cases = {
            "name": (
                ["a", "mine-1", "x" * 64, "layer0", "board", "fs", "clk2"],
                [
                    "",
                    "Mine 1",
                    "1a",
                    "_a",
                    "a\n",
                    "ä",
                    "x" * 65,
                    "reg",
                    "always-ff",
                    "fs-lane",
                    "clk",
                ]
                + ["a_board", "a-axis", "net-layer12", "events12-tdata", "std", "pixel"],
            ),
            "layer": (["clk", "layer0", "fs_a", "a_board"], ["B", "b", "if", "a b", "x" * 65]),
            "steps": ([1, 255], [0, 256, 300, -1, 8.5, "8"]),
            "input": ([(2,), (1, 2), (2, 1, 1)], [(0, 8), (-2, 1), (2, 1.5), (4096, 4097), ()]),
            "input_threshold": ([0, 255], [-1, 256, 0.5]),
            "grid": (
                [("int2", 0.5), ("int16", 1e-30), ("pow3", 1), ("ternary", 1), ("binary", 3e38)],
                [("int1", 1), ("int17", 1), ("float", 1), ("int4", 0), ("int4", -1.0)]
                + [("int4", 1e-50), ("int4", 1e39)],
            ),
            "alpha": (
                [[4, 3, 2, 1], [0.5, 0.5, 0, 0], [LARGEST, 0, 0, 0]],
                [[1, 2, 3, 4], [3, 2, 1], [1, 0, 0, -1], [1e39, 0, 0, 0], []],
            ),
        }
        for field, (good, bad) in cases.items():
            for value, is_bad in [(v, False) for v in good] + [(v, True) for v in bad]:
                with self.subTest(field=field, value=value):
                    text = self.refused(**{field: value})
                    self.assertEqual(text is not None, is_bad, text)
                    self.assertEqual(self.is_refused_by_the_program({field: value}), is_bad)

    def test_messages_name_what_is_there_and_what_was_expected(self):
        for values, text in (
            ({"name": "Mine 1"}, "name is 'Mine 1', expected at most 64 characters: a lower-case"),
            ({"name": None}, "name is None, expected at most 64 characters"),
            ({"name": "always-ff"}, "name is 'always-ff', which is a keyword of Verilog"),
            ({"name": "clk"}, "name is 'clk', which the generated hardware needs"),
            ({"steps": 300}, "steps is 300, expected a whole number 1 … 255"),
            ({"steps": 8.5}, "steps is 8.5, expected a whole number"),
            ({"steps": True}, "steps is True, expected a whole number"),
            ({"input": (0, 8)}, "input[0] is 0, expected a whole number 1 … 16777216"),
            ({"input": (4096, 4097)}, "the number of inputs is 16781312, expected"),
            ({"input": 64}, "input is 64, expected (n,), (height, width)"),
            ({"alpha": [4, 3, 2]}, "alpha has 3 values, expected 4, one per time step"),
            ({"alpha": [1, 2, 1, 1]}, "alpha[1] is 2.0, expected a number from 0 to 1.0: none"),
            ({"alpha": [1, 0, float("nan"), 0]}, "alpha[2] is nan"),
            ({"alpha": [1, 0, 0, -1]}, "alpha[3] is -1.0, expected a number from 0 to 0.0"),
            ({"grid": ("int1", 1)}, "the weight format of grid is 'int1', expected int2 … int16"),
            ({"grid": ("int4", 0)}, "the scale of grid is 0, expected a positive float32"),
            ({"grid": "int4"}, "grid is 'int4', expected (weight format, value of one LSB)"),
        ):
            self.assertTrue((self.refused(**values) or "").startswith(text), self.refused(**values))
        with self.assertRaisesRegex(ValueError, "only a temporal weighting has it"):
            fs.Network("net", 2, (2,), "membrane", alpha=[2, 1])

    def test_numbers_of_numpy_are_numbers(self):
        net = network(steps=np.int64(4), input=np.array([1, 2]), input_threshold=np.uint8(255))
        self.assertEqual(json.loads(json.dumps([net.steps, net.input])), [4, [1, 2]])
        net.save(self.folder / "net")


if __name__ == "__main__":
    unittest.main()
