"""A network against a recording of the simulation that it was trained in."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import to_numpy
from .program import Difference, run, text

if TYPE_CHECKING:
    from .network import Network


def check(
    network: Network, input_times: Any, spike_times: Sequence[Any], classes: Any, **options: Any
) -> dict[str, Any]:
    """As :meth:`Network.check` says."""
    firing = network.firing
    if len(spike_times) != len(firing):
        raise ValueError(f"spike times of {len(spike_times)} layers, expected those of {firing}")
    named = {f"times.{name}": times for name, times in zip(firing, spike_times)}
    arrays = {"times": input_times, **named, "classes": classes}
    with tempfile.TemporaryDirectory(prefix="firstspike-") as folder:
        recording = Path(folder, "recording.npz")
        np.savez(recording, **{name: to_numpy(values) for name, values in arrays.items()})
        return _checked(network.save(folder), options)


def _checked(model: str | os.PathLike[str], options: dict[str, Any]) -> dict[str, Any]:
    """The text of the program says of a difference what its JSON has in numbers."""
    try:
        return run("check", model, **options)
    except Difference as difference:
        raise Difference(text("check", model, **options), difference.report) from None
