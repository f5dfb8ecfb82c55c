"""A network described layer by layer, as it was trained elsewhere."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from . import limits
from .arrays import per_output
from .layers import Conventions, Parameters, Synapses, Window, parameters, window
from .names import check_name, check_network_name, check_new
from .recording import check
from .storage import write_model

#: Each readout, and whether its output layer fires.
READOUTS = {
    "membrane": False,
    "first-spike": True,
    "temporal-weighting-current": False,
    "temporal-weighting-spikes": True,
}


class Network:
    """A network of neurons that spike at most once, in float (``docs/numerics.md``).

    Layers are added in their order: :meth:`conv2d`, :meth:`average_pool`, :meth:`dense`. Mistakes
    are raised where they are made: what a model may hold is said in ``docs/model-format.md``.

    :param name: a lower-case letter, then lower-case letters, digits, ``_`` or ``-``, at most 64
        characters; it becomes a name in Verilog.
    :param steps: time steps of an inference, 1 … 255.
    :param input: sides of an input: ``(height, width)``, ``(channels, height, width)`` or
        ``(inputs,)``.
    :param readout: ``"membrane"``, ``"first-spike"``, ``"temporal-weighting-current"`` or
        ``"temporal-weighting-spikes"`` (§7).
    :param alpha: of a temporal weighting, one number per time step, not negative, not rising; by
        default ``T, T − 1, … 1``.
    :param input_threshold: pixels below it never spike, in gray levels 0 … 255 (§2).
    :raises ValueError: for a value that no model may have.
    """

    def __init__(
        self,
        name: str,
        steps: int,
        input: Sequence[int],
        readout: str = "membrane",
        *,
        alpha: Sequence[float] | None = None,
        input_threshold: int = 1,
    ) -> None:
        check_network_name(name)
        _check_choice("readout", readout, tuple(READOUTS))
        self.name, self.readout = name, readout
        self.steps = limits.whole("steps", steps, 1, limits.MAX_STEPS)
        self.input = limits.input_sides(input)
        self.input_threshold = limits.whole("input_threshold", input_threshold, 0, 255)
        self._alpha = limits.weightings(alpha, self.steps, readout.startswith("temporal"))
        self._map = _map_of(self.input)
        self._cells = math.prod(self.input)
        self._layers: list[dict[str, Any]] = []
        self._synapses: dict[str, Synapses] = {}

    def dense(
        self,
        layer: Any,
        *,
        threshold: Any = None,
        fires: str = ">=",
        bias: str = "start",
        layout: str = "out-in",
        name: str | None = None,
        grid: tuple[str, float] | None = None,
    ) -> Network:
        """Adds a dense layer. A map in front of it is flattened, in the order that ``layout``
        implies.

        :param layer: ``nn.Linear``, ``(weights, bias)``, or the weights alone.
        :param threshold: of the neurons, one value or one per neuron; None for a last layer that is
            read by its potential or current.
        :param fires: a neuron spikes at the first step with ``V >= θ`` or ``V > θ``.
        :param bias: it is in the potential from the ``"start"`` on, or added in every ``"step"``.
        :param layout: weights are ``"out-in"``, outputs × inputs, as in PyTorch, or ``"in-out"``,
            as in Keras, where a map is flattened with its channels last.
        :param name: by default ``layer0``, ``layer1`` …; no two layers share one.
        :param grid: the weight format (``"int4"``) and the value of one LSB, of quantization-aware
            training.
        :raises ValueError: for what does not fit the layer before.
        """
        name = self._named(name)
        numbers = parameters(layer, layout, 2, name)
        channels, height, width = self._map
        outputs, inputs = numbers.weights.shape
        if inputs != channels * height * width:
            raise ValueError(
                f"{name}: {inputs} inputs, but the map before it is {_shown(self._map)}"
            )
        if layout == "in-out":
            places_first = numbers.weights.reshape(outputs, height, width, channels)
            numbers = numbers._replace(
                weights=places_first.transpose(0, 3, 1, 2).reshape(outputs, inputs)
            )
        entry = {"type": "dense", "inputs": inputs, "outputs": outputs}
        after = (outputs, 1, 1)
        self._add(name, entry, after, numbers, threshold, Conventions(fires, bias), grid)
        return self

    def conv2d(
        self,
        layer: Any,
        *,
        threshold: Any = None,
        fires: str = ">=",
        bias: str = "start",
        layout: str = "out-in",
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
        name: str | None = None,
        grid: tuple[str, float] | None = None,
    ) -> Network:
        """Adds a convolution (``docs/numerics.md`` §9.1); threshold and bias are those of a
        channel.

        :param layer: ``nn.Conv2d``, ``(weights, bias)``, or the weights alone: ``C' × C/groups × k
            × k``, with the layout ``"in-out"`` ``k × k × C/groups × C'``.
        :param stride: with arrays; a module brings its own, and so are ``padding`` and ``groups``.

        The other parameters are those of :meth:`dense`. A kernel has a side of at most 7, and more
        than its padding; ``groups`` divides the channels of both maps.
        """
        name = self._named(name)
        numbers = parameters(layer, layout, 4, name)
        kernel = _kernel(numbers.weights.shape, name)
        moves = window(layer, Window(stride, padding, groups)).checked(kernel, name)
        after = self._convolved(numbers.weights.shape, moves, name)
        entry = {
            "type": "conv2d",
            "input": list(self._map),
            "output": list(after),
            "kernel": kernel,
            **moves._asdict(),
        }
        self._add(name, entry, after, numbers, threshold, Conventions(fires, bias), grid)
        return self

    def average_pool(self, kernel: int) -> Network:
        """Adds an average pooling by ``kernel``, which divides the map (``docs/numerics.md`` §9.2).

        :raises ValueError: if it does not.
        """
        channels, height, width = self._map
        kernel = limits.whole("kernel of the pooling", kernel, 1, limits.MAX_NEURONS)
        if height % kernel or width % kernel:
            raise ValueError(f"a pooling by {kernel} does not divide the map {_shown(self._map)}")
        pools = sum(layer["type"] == "average-pool" for layer in self._layers)
        name = self._free_name("pool", pools)
        self._layers.append({"type": "average-pool", "name": name, "kernel": kernel})
        self._map = (channels, height // kernel, width // kernel)
        return self

    @property
    def layers(self) -> list[str]:
        """The names of the layers that have weights."""
        return list(self._synapses)

    @property
    def firing(self) -> list[str]:
        """The names of the layers that fire: all but a last one that is only read."""
        return self.layers if READOUTS[self.readout] else self.layers[:-1]

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Writes the float model: ``model.json`` and ``model.safetensors``
        (``docs/model-format.md``).

        :param folder: a new or empty one, or one with earlier output of firstspike.
        :param force: write into any other folder all the same.
        :returns: the folder.
        :raises ValueError: if the last layer and the readout do not go together.
        :raises Error: ``folder-not-ours`` and ``folder-is-file``, as the program says.
        """
        self._check_whole()
        write_model(Path(folder), self._header(), self._tensors(), force)
        return Path(folder)

    def check(
        self,
        input_times: Any,
        *,
        spike_times: Sequence[Any] | Mapping[str, Any],
        classes: Any,
        **options: Any,
    ) -> dict[str, Any]:
        """Holds the network against a recording: what your own simulation did with these inputs.

        Every layer is replayed on the recorded times of the layer before it.

        :param input_times: spike times of the inputs, ``N × …``, in time steps; T for never.
        :param spike_times: of every layer that fires, ``N × neurons`` or ``N × C × H × W``: in
            their order, or by their names, as :func:`evaluate` gives them.
        :param classes: the classes, ``N``.
        :param options: those of ``firstspike check``, for instance ``limit=100``.
        :returns: the program's report.
        :raises ValueError: for other layers than those that fire, and for what is no array.
        :raises Difference: with the first difference of every layer, and the conventions of other
            simulations that explain it.
        :raises Error: as the program says.
        """
        return check(self, input_times, spike_times, classes, **options)

    def _named(self, name: str | None) -> str:
        """The name of the next layer: its own, or one that is free."""
        if name is None:
            return self._free_name("layer", len(self._synapses))
        check_name(name)
        check_new(name, self._names())
        return name

    def _free_name(self, kind: str, number: int) -> str:
        names = self._names()
        return next(name for name in (f"{kind}{n}" for n in count(number)) if name not in names)

    def _names(self) -> list[str]:
        return [layer["name"] for layer in self._layers]

    def _convolved(self, shape: tuple[int, ...], moves: Window, name: str) -> tuple[int, int, int]:
        channels, height, width = self._map
        outputs, per_group, kernel, _ = shape
        if per_group * moves.groups != channels:
            raise ValueError(
                f"{name}: {per_group * moves.groups} channels, but the map before it is "
                f"{_shown(self._map)}"
            )
        if outputs % moves.groups:
            raise ValueError(
                f"{name}: groups is {moves.groups}, expected a divisor of the {outputs} output "
                "channels"
            )
        padded = [side + 2 * moves.padding for side in (height, width)]
        if min(padded) < kernel:
            raise ValueError(
                f"{name}: a kernel of {kernel} does not fit the map {_shown(self._map)}"
            )
        return (outputs, *((side - kernel) // moves.stride + 1 for side in padded))

    def _add(
        self,
        name: str,
        entry: dict[str, Any],
        after: tuple[int, int, int],
        numbers: Parameters,
        threshold: Any,
        conventions: Conventions,
        grid: tuple[str, float] | None,
    ) -> None:
        """Adds a layer whose neurons are the map ``after``; with a mistake, nothing."""
        _check_choice("fires", conventions.fires, (">=", ">"))
        _check_choice("bias", conventions.bias, ("start", "step"))
        if threshold is not None:
            threshold = per_output(threshold, len(numbers.bias), f"threshold of {name}")
            limits.reachable(threshold, conventions.fires, f"threshold of {name}")
        if grid is not None:
            entry["grid"] = limits.grid_entry(grid)
        limits.neurons(name, *after)
        cells = self._cells + numbers.weights.size + math.prod(after)
        if conventions.bias == "step":
            cells += self.steps * len(numbers.bias)
        limits.cells(name, cells)
        self._layers.append({**entry, "name": name})
        self._synapses[name] = Synapses(numbers, threshold, conventions)
        self._map, self._cells = after, cells

    def _check_whole(self) -> None:
        """What only the whole network shows."""
        if not self._synapses:
            raise ValueError(f"the network {self.name!r} has no layers")
        last = self._layers[-1]["name"]
        if last not in self._synapses:
            raise ValueError(
                f"the network {self.name!r} ends with the pooling {last}, expected a dense layer "
                "or a convolution after it"
            )
        limits.cells(last, self._cells + self.steps * math.prod(self._map))
        self._check_thresholds()

    def _check_thresholds(self) -> None:
        for name, synapses in self._synapses.items():
            fires = name in self.firing
            if fires and synapses.threshold is None:
                raise ValueError(f"{name} has no threshold: give it, since the layer fires")
            if not fires and synapses.threshold is not None:
                raise ValueError(
                    f"{name} has a threshold, but the readout {self.readout} reads no spikes: "
                    "leave it out"
                )

    def _header(self) -> dict[str, Any]:
        return {
            "format": "firstspike-model",
            "version": 1,
            "kind": "float",
            "name": self.name,
            "time_steps": self.steps,
            "input": {"shape": self.input, "coding": "latency", "threshold": self.input_threshold},
            "layers": [self._entry(layer) for layer in self._layers],
            "readout": self._readout(),
        }

    def _entry(self, layer: dict[str, Any]) -> dict[str, Any]:
        synapses = self._synapses.get(layer["name"])
        has_rows = synapses is not None and synapses.conventions.bias == "step"
        return {**layer, "step_rows": 1} if has_rows else layer

    def _tensors(self) -> dict[str, np.ndarray]:
        return {
            f"{name}.{tensor}": values
            for name, synapses in self._synapses.items()
            for tensor, values in synapses.tensors().items()
        }

    def _readout(self) -> dict[str, Any]:
        kind, _, source = self.readout.rpartition("-")
        if kind != "temporal-weighting":
            return {"type": self.readout}
        return {"type": kind, "source": source, "alpha": self._alpha}


def _check_choice(field: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(f"{field} is {value!r}, expected " + " or ".join(map(repr, choices)))


def _kernel(shape: tuple[int, ...], name: str) -> int:
    """The side of a kernel."""
    rows, columns = shape[2:]
    if rows != columns:
        raise ValueError(f"{name}: the kernel is {rows} × {columns}, expected a square")
    return limits.whole(f"{name}: the side of the kernel", rows, 1, limits.MAX_KERNEL)


def _map_of(shape: list[int]) -> tuple[int, int, int]:
    if len(shape) == 1:
        return shape[0], 1, 1
    return (1, *shape) if len(shape) == 2 else tuple(shape)


def _shown(map: tuple[int, int, int]) -> str:
    return " × ".join(str(side) for side in map)
