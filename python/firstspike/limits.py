"""What a model may hold: the ranges of ``docs/model-format.md``, so that no model is written that
the program refuses."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

MAX_STEPS = 255
MAX_KERNEL = 7
#: The most inputs, or neurons of a layer.
MAX_NEURONS = 1 << 24
#: The most inputs, neurons, stored synapses, step rows and output potentials of a network.
MAX_CELLS = 1 << 24

_FORMATS = re.compile(r"int([2-9]|1[0-6])|pow[3-8]|ternary|binary")


def whole(what: str, value: Any, lowest: int, highest: int) -> int:
    """A whole number in a range, of any type that is one.

    :raises ValueError: for anything else; a truth value is none.
    """
    try:
        number = lowest - 1 if isinstance(value, (bool, np.bool_)) else operator.index(value)
    except TypeError:
        number = lowest - 1
    if not lowest <= number <= highest:
        raise ValueError(f"{what} is {_shown(value)}, expected a whole number {lowest} … {highest}")
    return number


def input_sides(input: Any) -> list[int]:
    """The sides of an input.

    :raises ValueError: for none or too many of them, and for those that no input has.
    """
    try:
        sides = list(input)
    except TypeError:
        sides = []
    if isinstance(input, str) or not 1 <= len(sides) <= 3:
        raise ValueError(
            f"input is {_shown(input)}, expected (n,), (height, width) or (channels, height, width)"
        )
    named = [whole(f"input[{index}]", side, 1, MAX_NEURONS) for index, side in enumerate(sides)]
    whole("the number of inputs", math.prod(named), 1, MAX_NEURONS)
    return named


def neurons(name: str, *sides: int) -> None:
    """Demands that a layer of these sides has neurons, and not too many.

    :raises ValueError: otherwise.
    """
    count = math.prod(sides)
    if not 1 <= count <= MAX_NEURONS:
        raise ValueError(f"{name} has {count} neurons, expected 1 … {MAX_NEURONS}")


def cells(name: str, count: int) -> None:
    """Demands that the network is not too large with the layer ``name``.

    :raises ValueError: otherwise.
    """
    if count > MAX_CELLS:
        raise ValueError(
            f"with {name}, the network has {count} inputs, neurons, synapses, step rows and output "
            f"potentials, expected at most {MAX_CELLS}: make the layer smaller, or one before it"
        )


def reachable(threshold: np.ndarray, fires: str, what: str) -> None:
    """Demands that a float32 may be above the threshold, where a neuron ``fires`` above it.

    :raises ValueError: if none is.
    """
    largest = np.finfo(np.float32).max
    if fires == ">" and (threshold == largest).any():
        raise ValueError(f"{what}: found {largest}, expected less where fires is '>'")


def weightings(alpha: Sequence[float] | None, steps: int, is_weighted: bool) -> list[float]:
    """The ``α`` of a temporal weighting, by default ``T, T − 1, … 1``; none of other readouts.

    :raises ValueError: unless there is one per time step, none negative and none above the one
        before it, or if the readout has none.
    """
    if alpha is None:
        return [float(step) for step in range(steps, 0, -1)] if is_weighted else []
    if not is_weighted:
        raise ValueError("alpha is given, but only a temporal weighting has it: leave it out")
    values = [float(value) for value in alpha]
    if len(values) != steps:
        raise ValueError(f"alpha has {len(values)} values, expected {steps}, one per time step")
    highest = float(np.finfo(np.float32).max)
    for step, value in enumerate(values):
        if not 0 <= value <= highest:
            raise ValueError(
                f"alpha[{step}] is {value}, expected a number from 0 to {highest}: none is "
                "negative or above the one before it"
            )
        highest = value
    return values


def grid_entry(grid: Any) -> dict[str, Any]:
    """The grid of quantization-aware training, as a model file has it.

    :param grid: weight format and the value of one LSB.
    :raises ValueError: for another format, and a value that is not positive in float32.
    """
    if not isinstance(grid, (tuple, list)) or len(grid) != 2:
        raise ValueError(f"grid is {_shown(grid)}, expected (weight format, value of one LSB)")
    format, scale = grid
    if not isinstance(format, str) or not _FORMATS.fullmatch(format):
        raise ValueError(
            f"the weight format of grid is {_shown(format)}, expected int2 … int16, "
            "pow3 … pow8, ternary or binary"
        )
    with np.errstate(over="ignore", under="ignore"):
        is_positive = 0 < np.float32(scale) < np.inf
    if not is_positive:
        raise ValueError(f"the scale of grid is {scale}, expected a positive float32")
    return {"weight_format": format, "scale": float(scale)}


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str) else str(value)
