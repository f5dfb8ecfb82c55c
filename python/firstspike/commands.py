"""The commands of the program, with arrays in and out. All other commands:
:func:`firstspike.run`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

import numpy as np

from .data import Data, source
from .program import run

Folder = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Evaluation:
    """What a network made of every image.

    :param classes: ``N``.
    :param scores: ``N × classes``, of an integer network in LSB.
    :param spike_times: of each layer by its name, ``N × neurons``, T for never.
    :param accuracy: in percent.
    :param report: all that the program told.
    """

    classes: np.ndarray
    scores: np.ndarray
    spike_times: dict[str, np.ndarray]
    accuracy: float
    report: dict[str, Any]


def quantize(
    model: Folder,
    output: Folder,
    *,
    bits: int | str | list[int | str] | None = None,
    data: Data | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Turns a float model into an integer model (``docs/numerics.md`` §8).

    :param model: folder of the float model.
    :param output: folder of the integer model.
    :param bits: weight format of all layers, or a list with one per layer: 2 … 16, ``"pow3"`` …
        ``"pow8"``, ``"ternary"``, ``"binary"``. Without it, layers keep the grid that they were trained on.
    :param data: images or spike times to calibrate with: ``(images, labels)``, ``(times, labels)``,
        or what ``--data`` takes.
    :param options: further ones of ``firstspike quantize``.
    :returns: the program's report.
    :raises Error: as the program says.
    """
    if data is None:
        return run("quantize", model, output=output, bits=bits, **options)
    with source(data, model) as given:
        return run("quantize", model, output=output, bits=bits, data=given, **options)


def generate(model: Folder, output: Folder, **options: Any) -> dict[str, Any]:
    """Writes the Verilog of an integer model, with memory images and manifest.

    :param options: those of ``firstspike generate``, for instance ``target="ulx3s-85f"``.
    :returns: the program's report.
    :raises Error: as the program says.
    """
    return run("generate", model, output=output, **options)


def compare(path: Folder, data: Data, **options: Any) -> dict[str, Any]:
    """Plays the data in the simulated hardware: class, scores, every spike time and all cycles must
    be equal to those of the golden model.

    :param path: an integer model, or a design that :func:`generate` wrote.
    :param data: ``(images, labels)``, ``(times, labels)``, or what ``--data`` takes.
    :param options: those of ``firstspike compare``, for instance ``limit=100`` or ``quick=True``.
    :returns: the program's report.
    :raises Difference: with the first place where they differ.
    :raises Error: as the program says.
    """
    with source(data, path) as given:
        return run("compare", path, data=given, **options)


def evaluate(model: Folder, data: Data, **options: Any) -> Evaluation:
    """Executes a model in software: an integer model in the golden model, a float model in float.

    :param data: ``(images, labels)``, ``(times, labels)``, or what ``--data`` takes.
    :param options: those of ``firstspike evaluate``, for instance ``limit=100``.
    :raises Error: as the program says.
    """
    with source(data, model) as given, tempfile.TemporaryDirectory(prefix="firstspike-") as folder:
        trace = Path(folder, "trace.npz")
        report = run("evaluate", model, data=given, trace=trace, **options)
        with np.load(trace) as arrays:
            return _evaluation(report, arrays)


def _evaluation(report: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> Evaluation:
    layers = {name: f"times.{name}" for name in (layer["name"] for layer in report["layers"])}
    return Evaluation(
        classes=arrays["classes"],
        scores=arrays["scores"],
        spike_times={name: arrays[key] for name, key in layers.items() if key in arrays},
        accuracy=report["accuracy"],
        report=report,
    )
