"""A layer from whatever holds its numbers: a module of PyTorch, arrays, tensors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .arrays import per_output, to_floats, to_numbers
from .limits import MAX_NEURONS, whole

LAYOUTS = ("out-in", "in-out")


class Parameters(NamedTuple):
    """Weights, ``outputs × inputs`` or ``C' × C/groups × k × k``, and one bias per output."""

    weights: np.ndarray
    bias: np.ndarray


class Conventions(NamedTuple):
    """How a simulation uses the numbers of a layer.

    :param fires: a neuron spikes at the first step with ``V >= θ`` or ``V > θ``.
    :param bias: it is in the potential from the ``"start"`` on, or added in every ``"step"``.
    """

    fires: str
    bias: str


class Synapses(NamedTuple):
    """A layer's numbers and how they are used."""

    numbers: Parameters
    threshold: np.ndarray | None
    conventions: Conventions

    def tensors(self) -> dict[str, np.ndarray]:
        """As a model file holds them, where neurons spike at ``V ≥ θ``."""
        weights, bias = self.numbers
        tensors = {"weight": weights, "bias": bias}
        if self.conventions.bias == "step":
            tensors |= {"bias": np.zeros_like(bias), "step_rows": bias[None]}
        if self.threshold is not None:
            tensors["threshold"] = self._at_least()
        return tensors

    def _at_least(self) -> np.ndarray:
        """``V > θ`` is ``V ≥`` the next number above θ, in float32."""
        above = self.conventions.fires == ">"
        return np.nextafter(self.threshold, np.float32(np.inf)) if above else self.threshold


class Window(NamedTuple):
    """How a convolution's kernel moves."""

    stride: int
    padding: int
    groups: int

    def checked(self, kernel: int, name: str) -> Window:
        """The same for a kernel of this side, in whole numbers.

        :param name: of the layer, for messages.
        :raises ValueError: for what no kernel does.
        """
        return Window(
            whole(f"{name}: stride", self.stride, 1, MAX_NEURONS),
            whole(f"{name}: padding", self.padding, 0, kernel - 1),
            whole(f"{name}: groups", self.groups, 1, MAX_NEURONS),
        )


def parameters(source: Any, layout: str, dimensions: int, name: str) -> Parameters:
    """Weights and biases of ``source``: a module with both, a pair of arrays, or the array of
    weights alone.

    :param layout: ``"out-in"`` as in PyTorch, or ``"in-out"`` as in Keras.
    :param dimensions: 2 for a dense layer, 4 for a convolution.
    :param name: of the layer, for messages.
    :raises ValueError: for other shapes, and for numbers that are not finite in float32.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout is {layout!r}, expected 'out-in' (PyTorch) or 'in-out' (Keras)")
    weights, bias = _parts(source, dimensions)
    weights = to_floats(weights, f"weights of {name}")
    if weights.ndim != dimensions:
        raise ValueError(
            f"weights of {name}: the shape is {weights.shape}, expected {dimensions} dimensions"
        )
    if layout == "in-out":
        weights = weights.T if dimensions == 2 else weights.transpose(3, 2, 0, 1)
    zeros = np.zeros(len(weights), np.float32)
    return Parameters(
        weights, zeros if bias is None else per_output(bias, len(weights), f"bias of {name}")
    )


def _parts(source: Any, dimensions: int) -> tuple[Any, Any]:
    if hasattr(source, "weight"):
        return source.weight, getattr(source, "bias", None)
    is_pair = isinstance(source, (tuple, list)) and len(source) == 2
    if is_pair and to_numbers(source[0], "weights").ndim == dimensions:
        return source[0], source[1]
    return source, None


def window(source: Any, given: Window) -> Window:
    """How the kernel of ``source`` moves: as a module says, else as it was given.

    :raises ValueError: for what no layer of firstspike does.
    """
    if not hasattr(source, "stride"):
        return given
    for field, expected in (("dilation", 1), ("padding_mode", "zeros")):
        value = _one_side(getattr(source, field, expected), field)
        if value != expected:
            raise ValueError(f"{field} of the convolution is {value!r}, expected {expected!r}")
    padding = source.padding
    if padding == "valid":
        padding = 0
    if isinstance(padding, str):
        raise ValueError(f"padding of the convolution is {padding!r}, expected a number")
    return Window(_one_side(source.stride, "stride"), _one_side(padding, "padding"), source.groups)


def _one_side(value: Any, field: str) -> Any:
    if not isinstance(value, (tuple, list)):
        return value
    if len(set(value)) != 1:
        raise ValueError(
            f"{field} of the convolution is {tuple(value)}, expected the same in both directions"
        )
    return value[0]
