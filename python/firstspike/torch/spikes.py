"""What flows between the modules: latched spikes, from pixels or from spike times."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Spikes(NamedTuple):
    """The spikes of a layer, and the potentials of its neurons; ``T × N × …``, time steps first.

    :param latched: how many spikes of each address have come by step t; without pooling 0 or 1.
    :param cell: ``k²``: of so many spikes an average pooling in front takes the mean; 1 if there is
        none.
    :param sums: ``V_j[t] − b_j``, in LSB if the layer is quantized. None of inputs.
    :param start: ``b_j``, in the same unit.
    :param unit: the value of one unit of both, ``s / k²``; 1 if the layer is not quantized.
    """

    latched: Tensor
    cell: int = 1
    sums: Tensor | None = None
    start: Tensor | None = None
    unit: Tensor | float = 1.0

    @property
    def potential(self) -> Tensor:
        """``V_j[t]``, of a quantized layer as whole LSBs in float64."""
        if self.sums is None:
            raise ValueError("inputs have no potential: a readout needs a layer in front of it")
        return self.sums + self.start

    @property
    def steps(self) -> int:
        """The number of time steps, T."""
        return self.latched.shape[0]

    def times(self) -> Tensor:
        """The spike time of every address, ``N × …``, T for never."""
        if self.cell != 1:
            raise ValueError("behind a pooling an address has several spikes, and so no spike time")
        return self.steps - self.latched.detach().sum(0).long()


def latch(times: Tensor, steps: int) -> Spikes:
    """Spikes at the given times; ``steps`` and more mean never.

    :param times: whole numbers, ``N × …``.
    """
    of_step = torch.arange(steps, device=times.device).view(-1, *[1] * times.dim())
    return Spikes((times.unsqueeze(0) <= of_step).to(torch.get_default_dtype()))


class LatencyEncoder(nn.Module):
    """Pixels to spikes: the brighter, the earlier.

    ``t(x) = floor((2·(255 − x)·(T − 1) + 255) / 510)``; a pixel below ``threshold`` never spikes.

    :param steps: time steps of an inference, 1 … 255.
    :param threshold: in gray levels, 0 … 255.

    Shapes: whole numbers 0 … 255 of shape ``N × …`` in, :class:`Spikes` of ``T × N × …`` out.

    Source: ``docs/numerics.md`` §2.
    """

    def __init__(self, steps: int, threshold: int = 1) -> None:
        super().__init__()
        if not 1 <= steps <= 255:
            raise ValueError(f"steps is {steps}, expected 1 … 255")
        if not 0 <= threshold <= 255:
            raise ValueError(f"threshold is {threshold}, expected 0 … 255")
        self.steps, self.threshold = steps, threshold

    def times(self, pixels: Tensor) -> Tensor:
        """The spike time of every pixel, ``steps`` for never."""
        if pixels.is_floating_point() or pixels.is_complex():
            raise TypeError(
                f"pixels are {pixels.dtype}, expected whole numbers 0 … 255: (255 * "
                "x).round().byte()"
            )
        x = pixels.long()
        if x.numel() and not 0 <= x.min() <= x.max() <= 255:
            raise ValueError(f"pixels lie in {x.min()} … {x.max()}, expected 0 … 255")
        times = torch.div(2 * (255 - x) * (self.steps - 1) + 255, 510, rounding_mode="floor")
        return times.masked_fill(x < self.threshold, self.steps)

    def forward(self, pixels: Tensor) -> Spikes:
        return latch(self.times(pixels), self.steps)

    def extra_repr(self) -> str:
        return f"steps={self.steps}, threshold={self.threshold}"
