"""Data for the program: what it knows by name, or arrays, which it gets in a file."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Union

import numpy as np

from .arrays import to_numbers
from .program import calling

#: A name or path as of ``--data``, arrays with their labels, or both arrays by their names.
Data = Union[str, "os.PathLike[str]", tuple[Any, Any], Mapping[str, Any]]

_VALUES = ("times", "images")
_LABELS = "labels"


@contextmanager
def source(data: Data, model: str | os.PathLike[str]) -> Iterator[str]:
    """What ``--data`` takes, for as long as the program runs. Where an error names the file, it
    says ``data``.

    A pair is ``(images, labels)`` if the first is of 8-bit gray levels (``uint8``), else ``(times,
    labels)``.

    :param model: the folder whose number of time steps the times are of.
    :raises TypeError: for anything else.
    :raises ValueError: if 8-bit values may be either: then say ``{"times": …, "labels": …}``; if an
        array is missing or none of numbers.
    """
    if isinstance(data, (str, os.PathLike)):
        yield os.fspath(data)
        return
    arrays = _arrays(data, model)
    with tempfile.TemporaryDirectory(prefix="firstspike-") as folder:
        path = Path(folder, "data.npz")
        np.savez(path, **arrays)
        with calling({str(path): "data"}):
            yield str(path)


def _arrays(data: Any, model: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    if isinstance(data, Mapping):
        named = {name: data[name] for name in (*_VALUES, _LABELS) if name in data}
        if _LABELS not in named or len(named) < 2:
            raise ValueError(
                f"data has the arrays {list(data)}, expected 'labels', and 'images' or 'times'"
            )
        return {name: to_numbers(values, f"{name} of data") for name, values in named.items()}
    if not isinstance(data, (tuple, list)) or len(data) != 2:
        raise TypeError(
            f"data is {_described(data)}, expected (images, labels), (times, labels), "
            "{'times': …, 'labels': …}, or the name or path of a set"
        )
    values = to_numbers(data[0], "images or times of data")
    labels = to_numbers(data[1], "labels of data")
    return {_name_of(values, model): values, _LABELS: labels}


def _described(data: Any) -> str:
    if hasattr(data, "shape"):
        return f"a single array of the shape {tuple(data.shape)}"
    kind = type(data).__name__
    return f"a {kind} of {len(data)}" if isinstance(data, (tuple, list)) else f"a {kind}"


def _name_of(array: np.ndarray, model: str | os.PathLike[str]) -> str:
    if array.dtype != np.uint8:
        return "times"
    if np.all((array <= time_steps(model)) | (array == 255)):
        raise ValueError(
            "the 8-bit values could be gray levels or spike times: "
            "give {'images': …, 'labels': …} or {'times': …, 'labels': …}"
        )
    return "images"


def time_steps(path: str | os.PathLike[str]) -> int:
    """The time steps of a model, its folder or ``model.json``, or of a design made from it."""
    candidates = (Path(path), Path(path, "model.json"), Path(path, "model", "model.json"))
    found = next((candidate for candidate in candidates if candidate.is_file()), None)
    if found is None:
        raise FileNotFoundError(f"there is no model at {os.fspath(path)}")
    return int(json.loads(found.read_text())["time_steps"])
