"""Writes the two files of a float model (``docs/model-format.md``)."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .program import Error

_HEADER = "model.json"
_WEIGHTS = "model.safetensors"
#: What earlier output of ours may consist of: a model, or a training.
_MARKS = (_HEADER, "checkpoint.safetensors", "curve.json")
#: Each of these files names its format, within these first bytes.
_FORMAT, _FIRST_BYTES = b'"firstspike', 1 << 22


def write_model(
    folder: Path, header: dict[str, Any], tensors: dict[str, np.ndarray], force: bool
) -> None:
    """Writes ``model.json`` and ``model.safetensors`` into ``folder``, which is created if need be.

    Each file is written beside its place and then renamed, ``model.json`` last. The packed weights
    and the recording of a model that was there before are removed.

    :param header: the fields of ``model.json`` but those that name the weights.
    :param tensors: by their names, as float32.
    :param force: whether the folder may hold something else.
    :raises Error: ``folder-not-ours``, ``folder-is-file``.
    """
    _check_free(folder, force)
    weights = safetensors(tensors)
    header = {**header, "weights": _WEIGHTS, "weights_sha256": hashlib.sha256(weights).hexdigest()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recording.npz").unlink(missing_ok=True)
    _replace(folder / _WEIGHTS, weights)
    _replace(folder / _HEADER, (json.dumps(header, indent=2, allow_nan=False) + "\n").encode())
    (folder / f"{_WEIGHTS}.gz").unlink(missing_ok=True)


def _check_free(folder: Path, force: bool) -> None:
    """Demands what ``train`` and ``quantize`` demand of their output folder: nothing yet, an empty
    one, or one with earlier output of ours."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise _refusal(
            "folder-is-file",
            f"{folder} is a file, expected a folder or nothing",
            "choose another output folder",
        )
    if force or not any(folder.iterdir()) or any(_is_ours(folder / mark) for mark in _MARKS):
        return
    raise _refusal(
        "folder-not-ours",
        f"{folder} is not empty and holds no {' or '.join(_MARKS)} of ours: it is not an earlier "
        "output",
        "choose another folder, or give force=True to write into it all the same",
    )


def _is_ours(mark: Path) -> bool:
    if not mark.is_file():
        return False
    with mark.open("rb") as file:
        return _FORMAT in file.read(_FIRST_BYTES)


def _refusal(code: str, message: str, help: str) -> Error:
    return Error(f"{message}\n  help: {help}", code, (), help)


def safetensors(tensors: dict[str, np.ndarray]) -> bytes:
    """The content of a safetensors file: the length of a JSON table, the table, the numbers."""
    table, blocks, end = {}, [], 0
    for name, tensor in tensors.items():
        block = np.ascontiguousarray(tensor, "<f4").tobytes()
        begin, end = end, end + len(block)
        table[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [begin, end]}
        blocks.append(block)
    text = json.dumps(table, separators=(",", ":")).encode()
    # The numbers begin at a multiple of eight.
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(blocks)


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        # A temporary file is the owner's alone, a model is like any other file.
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
