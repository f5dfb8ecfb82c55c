"""Writes the two files of a float model (``docs/model-format.md``)."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

_WEIGHTS = "model.safetensors"


def write_model(folder: Path, header: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """Writes ``model.json`` and ``model.safetensors`` into ``folder``, which is created if need be.

    Each file is written beside its place and then renamed, ``model.json`` last.

    :param header: the fields of ``model.json`` but those that name the weights.
    :param tensors: by their names, as float32.
    """
    weights = safetensors(tensors)
    header = {**header, "weights": _WEIGHTS, "weights_sha256": hashlib.sha256(weights).hexdigest()}
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / _WEIGHTS, weights)
    _replace(folder / "model.json", (json.dumps(header, indent=2, allow_nan=False) + "\n").encode())


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
