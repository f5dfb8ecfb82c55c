"""Numbers from whatever holds them."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_numpy(values: Any) -> np.ndarray:
    """The numbers of an array, list or tensor."""
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)


def to_floats(values: Any, what: str) -> np.ndarray:
    """An array of finite float32.

    :raises ValueError: if a number is not finite, or no number.
    """
    array = to_numpy(values).astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"{what} holds {array[~np.isfinite(array)][0]}, expected finite numbers")
    return array


def per_output(values: Any, outputs: int, what: str) -> np.ndarray:
    """One float32 per output; a single value is that of all.

    :raises ValueError: for another number of them.
    """
    array = to_floats(values, what)
    if array.size == 1:
        return np.full(outputs, array.reshape(()), np.float32)
    if array.shape != (outputs,):
        raise ValueError(
            f"{what} has the shape {array.shape}, expected ({outputs},), one value per output"
        )
    return array
