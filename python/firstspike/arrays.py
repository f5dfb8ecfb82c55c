"""Numbers from whatever holds them."""

from __future__ import annotations

from typing import Any

import numpy as np


def to_numpy(values: Any) -> np.ndarray:
    """The numbers of an array, list or tensor."""
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)


def to_numbers(values: Any, what: str) -> np.ndarray:
    """The same, of nothing but truth values, integers and real numbers.

    :raises ValueError: for None, texts, objects, and rows of unequal length.
    """
    if values is None:
        raise ValueError(f"{what}: None was given, expected an array of numbers")
    try:
        array = to_numpy(values)
    except ValueError as error:
        raise ValueError(f"{what}: no array, expected rows of equal length: {error}") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{what}: the type is {array.dtype}, expected an array of numbers")
    return array


def to_floats(values: Any, what: str) -> np.ndarray:
    """An array of finite float32.

    :raises ValueError: if a number is not finite in float32, or no number.
    """
    given = to_numbers(values, what)
    with np.errstate(over="ignore"):
        array = given.astype(np.float32)
    if not np.isfinite(array).all():
        first = given[~np.isfinite(array)][0]
        raise ValueError(
            f"{what}: found {first}, expected finite numbers of float32, at most "
            f"{np.finfo(np.float32).max:.3g}"
        )
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
            f"{what}: the shape is {array.shape}, expected ({outputs},), one value per output"
        )
    return array
