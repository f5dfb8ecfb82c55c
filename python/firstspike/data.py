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

from .arrays import to_numpy

#: A name or path as of ``--data``, arrays with their labels, or both arrays by their names.
Data = Union[str, "os.PathLike[str]", tuple[Any, Any], Mapping[str, Any]]


@contextmanager
def source(data: Data, model: str | os.PathLike[str]) -> Iterator[str]:
    """What ``--data`` takes, for as long as the program runs.

    A pair is ``(images, labels)`` if the first is of 8-bit gray levels (``uint8``), else ``(times,
    labels)``.

    :param model: the folder whose number of time steps the times are of.
    :raises ValueError: if 8-bit values may be either: then say ``{"times": …, "labels": …}``.
    """
    if isinstance(data, (str, os.PathLike)):
        yield os.fspath(data)
        return
    arrays = dict(data) if isinstance(data, Mapping) else _named(*data, model)
    with tempfile.TemporaryDirectory(prefix="firstspike-") as folder:
        path = Path(folder, "data.npz")
        np.savez(path, **{name: to_numpy(values) for name, values in arrays.items()})
        yield str(path)


def _named(values: Any, labels: Any, model: str | os.PathLike[str]) -> dict[str, Any]:
    array = to_numpy(values)
    if array.dtype != np.uint8:
        return {"times": array, "labels": labels}
    if np.all((array <= time_steps(model)) | (array == 255)):
        raise ValueError(
            "the 8-bit values could be gray levels or spike times: "
            "give {'images': …, 'labels': …} or {'times': …, 'labels': …}"
        )
    return {"images": array, "labels": labels}


def time_steps(path: str | os.PathLike[str]) -> int:
    """The time steps of a model, its folder or ``model.json``, or of a design made from it."""
    candidates = (Path(path), Path(path, "model.json"), Path(path, "model", "model.json"))
    found = next((candidate for candidate in candidates if candidate.is_file()), None)
    if found is None:
        raise FileNotFoundError(f"there is no model at {os.fspath(path)}")
    return int(json.loads(found.read_text())["time_steps"])
