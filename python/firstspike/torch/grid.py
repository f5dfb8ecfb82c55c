"""Weights on their grid: the roundings of ``docs/numerics.md`` §5 and §8, in the loop of a
training.

All of it is computed in float32 (thresholds in float64), as ``firstspike quantize`` does, whatever
the type of the parameters: so the integers are the same ones.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

_CANDIDATES = 100
_RATIO = 0.96
#: The formats of powers of two, and the largest of each.
_POWERS = {f"pow{bits}": 2 ** (bits - 2) for bits in range(3, 9)}


class WeightFormat(NamedTuple):
    """A weight format and its largest weight.

    :param name: ``int2`` … ``int16``, ``pow3`` … ``pow8``, ``ternary`` or ``binary``.
    :param largest: weights lie in −largest … largest.
    """

    name: str
    largest: int

    @classmethod
    def of(cls, bits: int | str) -> WeightFormat:
        """The format called ``bits``: 2 … 16, ``"pow3"`` … ``"pow8"``, ``"ternary"`` or ``"binary"``.

        :raises ValueError: for anything else.
        """
        if bits in ("ternary", "binary"):
            return cls(str(bits), 1)
        if bits in _POWERS:
            return cls(str(bits), _POWERS[bits])
        if isinstance(bits, bool) or not isinstance(bits, int) or not 2 <= bits <= 16:
            raise ValueError(
                f"bits is {bits!r}, expected 2 … 16, 'pow3' … 'pow8', 'ternary' or 'binary'"
            )
        return cls(f"int{bits}", 2 ** (bits - 1) - 1)


def round_half_away(x: Tensor) -> Tensor:
    """The nearest integer, halves away from zero (``torch.round`` takes them to the even one)."""
    whole = x.trunc()
    rest = x - whole
    return whole + (rest >= 0.5).to(x.dtype) - (rest <= -0.5).to(x.dtype)


def nearest_power(x: Tensor, largest: int) -> Tensor:
    """The nearest of 0, ±1, ±2, ±4 … ±largest; from the middle of two away from zero."""
    magnitude = x.abs()
    nearest = (magnitude >= 0.5).to(x.dtype)
    power = 2
    while power <= largest:
        nearest = torch.where(magnitude >= 0.75 * power, torch.full_like(x, power), nearest)
        power *= 2
    return torch.where(x < 0, -nearest, nearest)


def straight_through(exact: Tensor, smooth: Tensor) -> Tensor:
    """``exact`` in the forward pass, to the bit, and the gradient of ``smooth`` in the backward
    pass."""
    return _StraightThrough.apply(exact, smooth)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, exact: Tensor, smooth: Tensor) -> Tensor:
        return exact.clone()

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[None, Tensor]:
        return None, gradient


def integer_weights(weights: Tensor, scale: Tensor, format: WeightFormat) -> Tensor:
    """``w_int``, the value of the format that is nearest to ``w / s``, as whole numbers in float32.

    The gradient passes the rounding straight through, and is zero for a weight that is clamped;
    with the factor ``s`` behind it, the gradient of the scale is that of LSQ.

    :param weights: of any shape.
    :param scale: the value of one LSB.

    Source: ``docs/numerics.md`` §8; LSQ, arXiv 1902.08153.
    """
    ratio = weights.float() / scale.float()
    clamped = ratio.clamp(-format.largest, format.largest)
    if format.name == "binary":
        exact = torch.where(weights >= 0, torch.ones_like(ratio), -torch.ones_like(ratio))
    elif format.name in _POWERS:
        exact = nearest_power(clamped, format.largest)
    else:
        exact = round_half_away(clamped)
    return straight_through(exact.detach(), clamped)


def integer_threshold(threshold: Tensor, bias: Tensor, scale: Tensor, cell: int) -> Tensor:
    """``θ_int = ceil((θ − b)·k² / s)`` as whole numbers in float64, with the gradient of the
    fraction.

    :param cell: ``k²`` of the average pooling in front of the layer.

    Source: ``docs/numerics.md`` §8.
    """
    exact = (threshold.float().double() - bias.float().double()) * cell / scale.float().double()
    return straight_through(exact.detach().ceil(), exact)


def integer_start(bias: Tensor, scale: Tensor, cell: int) -> Tensor:
    """``v0_int = round(b·k² / s)`` as whole numbers in float64, with the gradient of the fraction.

    Source: ``docs/numerics.md`` §8.
    """
    exact = bias.float().double() * cell / scale.float().double()
    return straight_through(round_half_away(exact.detach()), exact)


def least_error_scale(weights: Tensor, format: WeightFormat) -> float:
    """The scale with the least squared weight error, out of a geometric range below ``max|w| /
    largest``.

    Source: ``docs/numerics.md`` §8.
    """
    weights = weights.detach().float()
    smallest = torch.finfo(torch.float32).tiny
    widest = max(weights.abs().max().item(), smallest) / format.largest
    scales = [max(widest * _RATIO**step, smallest) for step in range(_CANDIDATES)]

    def error(scale: float) -> float:
        one = torch.tensor(scale, device=weights.device)
        on_grid = one * integer_weights(weights, one, format)
        return (on_grid - weights).double().square().sum().item()

    return min(scales, key=error)
