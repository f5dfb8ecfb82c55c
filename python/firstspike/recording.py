"""A network against a recording of the simulation that it was trained in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .arrays import to_numpy
from .commands import Evaluation, evaluate
from .layers import CONVENTIONS
from .program import Difference

if TYPE_CHECKING:
    from .network import Network


class _Part(NamedTuple):
    """What the network and the recording have of one layer, or of the classes: ``N × neurons``."""

    name: str
    network: np.ndarray
    recording: np.ndarray


def check(
    network: Network, input_times: Any, spike_times: Sequence[Any], classes: Any = None
) -> None:
    """Executes the network in float and compares.

    :raises Difference: as :meth:`Network.check` says.
    :raises ValueError: for a recording of other layers or shapes, or of nothing.
    """
    if len(spike_times) > len(network.layers):
        raise ValueError(
            f"spike times of {len(spike_times)} layers, but the network has {network.layers}"
        )
    if classes is None and all(times is None for times in spike_times):
        raise ValueError("there is nothing to compare with: give spike_times or classes")
    times = to_numpy(input_times)

    def parts(candidate: Network) -> list[_Part]:
        return list(_parts(_executed(candidate, times), spike_times, classes, network.steps))

    found = parts(network)
    if not _differ(found):
        return
    fitting = [c for c in CONVENTIONS if not _differ(parts(network.with_conventions(c)))]
    report = {"layers": {part.name: _share(part) for part in found}, "fitting": fitting}
    raise Difference(_text(found, fitting), report)


def _executed(network: Network, times: np.ndarray) -> Evaluation:
    with tempfile.TemporaryDirectory(prefix="firstspike-") as folder:
        labels = np.zeros(len(times), np.int64)
        return evaluate(network.save(folder), {"times": times, "labels": labels})


def _parts(
    executed: Evaluation, spike_times: Sequence[Any], classes: Any, never: int
) -> Iterator[_Part]:
    for (name, ours), theirs in zip(executed.spike_times.items(), spike_times):
        if theirs is not None:
            yield _part(name, ours, _clipped(to_numpy(theirs), never))
    if classes is not None:
        yield _part("class", executed.classes[:, None], to_numpy(classes))


def _part(name: str, ours: np.ndarray, theirs: np.ndarray) -> _Part:
    rows = theirs.reshape(len(theirs), -1) if theirs.size else theirs
    if rows.shape != ours.shape:
        raise ValueError(f"{name}: recorded are {theirs.shape}, the network has {ours.shape}")
    return _Part(name, ours, rows)


def _clipped(times: np.ndarray, never: int) -> np.ndarray:
    """T for whatever stands for never."""
    return np.where((times < 0) | (times >= never), never, times)


def _differ(parts: list[_Part]) -> bool:
    return any((part.network != part.recording).any() for part in parts)


def _share(part: _Part) -> float:
    """The share of values that differ."""
    return float((part.network != part.recording).mean())


def _text(parts: list[_Part], fitting: list[Any]) -> str:
    part = next(part for part in parts if (part.network != part.recording).any())
    image, neuron = np.argwhere(part.network != part.recording)[0]
    ours, theirs = part.network[image, neuron], part.recording[image, neuron]
    place = "class" if part.name == "class" else f"{part.name}, neuron {neuron}: spike time"
    shares = ", ".join(f"{p.name} {100 * _share(p):.2f} %" for p in parts)
    advice = (
        f"the recording fits all layers with {' or '.join(map(str, fitting))}"
        if fitting
        else "no convention of fires and bias, the same in all layers, makes them equal"
    )
    return (
        f"the network differs from the recording\n"
        f"first: image {image}, {place} {ours}, recorded {theirs}\n"
        f"values that differ: {shares}\n"
        f"help: {advice}"
    )
