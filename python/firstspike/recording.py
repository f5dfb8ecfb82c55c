"""A network against a recording of the simulation that it was trained in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import to_numbers
from .program import Difference, calling, run, text

if TYPE_CHECKING:
    from .network import Network

_FILE = "recording.npz"


def check(
    network: Network,
    input_times: Any,
    spike_times: Sequence[Any] | Mapping[str, Any],
    classes: Any,
    **options: Any,
) -> dict[str, Any]:
    """As :meth:`Network.check` says."""
    layers = _by_layer(network.firing, spike_times)
    # The name of each array in the file, and the argument that it is.
    arguments = {"times": "input_times", "classes": "classes"}
    arguments |= {f"times.{name}": f"spike_times[{name!r}]" for name in layers}
    given = {"times": input_times, "classes": classes}
    given |= {f"times.{name}": times for name, times in layers.items()}
    arrays = {name: to_numbers(values, arguments[name]) for name, values in given.items()}
    with tempfile.TemporaryDirectory(prefix="firstspike-") as folder:
        network.save(folder)
        path = Path(folder, _FILE)
        np.savez(path, **arrays)
        with calling(_names(path, arguments)):
            return _checked(folder, options)


def _by_layer(firing: list[str], spike_times: Sequence[Any] | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(spike_times, Mapping):
        if set(spike_times) != set(firing):
            raise ValueError(f"spike_times has the layers {list(spike_times)}, expected {firing}")
        return {name: spike_times[name] for name in firing}
    if len(spike_times) != len(firing):
        raise ValueError(
            f"spike_times has those of {len(spike_times)} layers, expected those of {firing}"
        )
    return dict(zip(firing, spike_times))


def _names(path: Path, arguments: dict[str, str]) -> dict[str, str]:
    """What the program calls the arrays of the file, and what the caller calls them."""
    names = {f"{path}: {array}: ": f"{argument}: " for array, argument in arguments.items()}
    names |= {f'"{array}" has ': f"{argument} has " for array, argument in arguments.items()}
    return {**names, str(path): "the arrays of check"}


def _checked(model: str | os.PathLike[str], options: dict[str, Any]) -> dict[str, Any]:
    """The text of the program says of a difference what its JSON has in numbers."""
    try:
        return run("check", model, **options)
    except Difference as difference:
        raise Difference(text("check", model, **options), difference.report) from None
