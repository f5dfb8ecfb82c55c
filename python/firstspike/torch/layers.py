"""Layers of neurons that spike at most once, and the pooling between them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from .grid import (
    WeightFormat,
    integer_start,
    integer_threshold,
    integer_weights,
    least_error_scale,
    straight_through,
)
from .neuron import fire_once
from .spikes import Spikes

#: float32 holds whole numbers up to here without a gap.
_EXACT = 2**24
#: NVIDIA's TF32 keeps 11 bits of a factor.
_LARGEST_FACTOR = 2**11


class _Layer(nn.Module):
    """What dense layers and convolutions share: ``V_j[t] = b_j + 1/k² · Σ_i w_ij·c_i[t]`` and the
    threshold."""

    def __init__(
        self, shape: tuple[int, ...], bits: int | str | None, fires: bool, threshold: float
    ) -> None:
        super().__init__()
        self.fires, self.format = fires, None
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.empty(shape[0]))
        self.register_buffer("threshold", torch.full((shape[0],), float(threshold)))
        self.register_parameter("log_scale", None)
        self.reset_parameters()
        if bits is not None:
            self.quantize(bits)

    @property
    def fan_in(self) -> int:
        """Synapses of one neuron."""
        return self.weight[0].numel()

    def reset_parameters(self) -> None:
        """Draws weights uniformly in ``±√(3/N)``, so of variance ``1/N`` with the fan-in N; biases
        are zero."""
        bound = math.sqrt(3 / self.fan_in)
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.zeros_(self.bias)
        if self.format is not None:
            self.quantize(self.bits)

    def quantize(self, bits: int | str) -> None:
        """From now on computes the integer network, on the grid of least weight error; its scale is
        learned.

        Before the optimizer is made, which otherwise does not know the scale.

        :param bits: 2 … 16, ``"pow3"`` … ``"pow8"``, ``"ternary"`` or ``"binary"``.
        """
        self.bits, self.format = bits, WeightFormat.of(bits)
        scale = least_error_scale(self.weight, self.format)
        self.log_scale = nn.Parameter(self.weight.new_tensor(math.log(scale)))

    @property
    def scale(self) -> Tensor | None:
        """The value of one LSB, None if the layer is not quantized."""
        return None if self.log_scale is None else self.log_scale.float().exp()

    def forward(self, spikes: Spikes) -> Spikes:
        return self._in_float(spikes) if self.format is None else self._in_integers(spikes)

    def _in_float(self, spikes: Spikes) -> Spikes:
        sums = self._sums(spikes.latched.to(self.weight.dtype), self.weight) / spikes.cell
        start = self._per_channel(self.bias)
        u = sums + start - self._per_channel(self.threshold)
        return Spikes(self._fire(u), 1, sums, start)

    def _in_integers(self, spikes: Spikes) -> Spikes:
        scale, exact = self.scale, self._exact_type(spikes.cell)
        weights = integer_weights(self.weight, scale, self.format)
        sums = self._sums(spikes.latched.to(exact), weights.to(exact))
        # Some libraries convolve by transformations (Winograd): what they lose is far below a half.
        sums = straight_through(sums.detach().round(), sums)
        level = integer_threshold(self.threshold, self.bias, scale, spikes.cell)
        unit = (scale / spikes.cell).to(exact)
        u = unit * (sums - self._per_channel(level.to(exact)))
        start = self._per_channel(integer_start(self.bias, scale, spikes.cell))
        return Spikes(self._fire(u), 1, sums, start, unit)

    def _fire(self, u: Tensor) -> Tensor:
        return fire_once(u) if self.fires else torch.zeros_like(u)

    def _exact_type(self, cell: int) -> torch.dtype:
        """The type in which all sums of whole numbers are exact."""
        largest = self.format.largest
        fits = self.fan_in * cell * largest < _EXACT and max(largest, cell) <= _LARGEST_FACTOR
        return torch.float32 if fits else torch.float64

    def _sums(self, inputs: Tensor, weights: Tensor) -> Tensor:
        """``Σ_i w_ij·c_i[t]``; time and images are one dimension on the way."""
        steps, images = inputs.shape[:2]
        return self._apply(inputs.flatten(0, 1), weights).unflatten(0, (steps, images))

    def _apply(self, inputs: Tensor, weights: Tensor) -> Tensor:
        raise NotImplementedError

    def _per_channel(self, values: Tensor) -> Tensor:
        """One value per output channel, against ``T × N × …``."""
        raise NotImplementedError

    def extra_repr(self) -> str:
        grid = "float" if self.format is None else self.format.name
        return f"{' × '.join(map(str, self.weight.shape))}, {grid}" + (
            "" if self.fires else ", integrates only"
        )


class TTFSLinear(_Layer):
    """A dense layer of neurons that spike at the first t with ``V_j[t] ≥ θ_j``, and never again:

    ``V_j[t] = b_j + 1/k² · Σ_i w_ij·c_i[t]``

    A map is flattened in the order of channel, row, column.

    :param inputs: neurons of the map before it, behind pooling.
    :param outputs: number of neurons.
    :param bits: weight format, 2 … 16, ``"pow3"`` … ``"pow8"``, ``"ternary"`` or ``"binary"``; None
        computes in float.
    :param fires: False for an output layer that is read by its potential or current.
    :param threshold: ``θ_j``, of all neurons; the bias moves it.

    Shapes: :class:`Spikes` of ``T × N × …`` in and ``T × N × outputs`` out; weights are outputs ×
    inputs.

    Source: ``docs/numerics.md`` §3, §8.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        bits: int | str | None = None,
        fires: bool = True,
        threshold: float = 1.0,
    ) -> None:
        super().__init__((outputs, inputs), bits, fires, threshold)

    def _apply(self, inputs: Tensor, weights: Tensor) -> Tensor:
        return functional.linear(inputs.flatten(1), weights)

    def _per_channel(self, values: Tensor) -> Tensor:
        return values


class TTFSConv2d(_Layer):
    """The same neurons behind a convolution, the cross-correlation that ``nn.Conv2d`` computes.

    Bias, threshold and grid belong to a channel.

    :param channels: channels of the map before it.
    :param outputs: channels of its own map.
    :param kernel: side of the kernel, 1 … 7.
    :param stride: at least 1.
    :param padding: 0 … kernel − 1; its places never spike.
    :param groups: divides the channels of both maps.
    :param bits: as of :class:`TTFSLinear`, and so are ``fires`` and ``threshold``.

    Shapes: :class:`Spikes` of ``T × N × C × H × W`` in and out; of ``T × N × H × W`` for a single
    channel.

    Source: ``docs/numerics.md`` §9.1.
    """

    def __init__(
        self,
        channels: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
        bits: int | str | None = None,
        fires: bool = True,
        threshold: float = 1.0,
    ) -> None:
        super().__init__((outputs, channels // groups, kernel, kernel), bits, fires, threshold)
        self.stride, self.padding, self.groups = stride, padding, groups

    def _apply(self, inputs: Tensor, weights: Tensor) -> Tensor:
        maps = inputs.unsqueeze(1) if inputs.dim() == 3 else inputs
        return functional.conv2d(maps, weights, None, self.stride, self.padding, 1, self.groups)

    def _per_channel(self, values: Tensor) -> Tensor:
        return values.view(-1, 1, 1)


class AvgPool(nn.Module):
    """Average pooling: an address gets the spikes of ``k × k`` addresses, each ``1/k²`` as strong.

    It has no neurons. What it hands on are whole spikes; the layer behind it takes the mean.

    :param kernel: ``k``, which divides the map.

    Shapes: :class:`Spikes` of ``T × N × C × H × W`` in, of ``T × N × C × H/k × W/k`` out.

    Source: ``docs/numerics.md`` §9.2.
    """

    def __init__(self, kernel: int) -> None:
        super().__init__()
        self.kernel = kernel

    def forward(self, spikes: Spikes) -> Spikes:
        k, latched = self.kernel, spikes.latched
        if latched.shape[-2] % k or latched.shape[-1] % k:
            raise ValueError(f"a pooling by {k} does not divide the map {tuple(latched.shape[2:])}")
        sums = latched.unflatten(-1, (-1, k)).sum(-1).unflatten(-2, (-1, k)).sum(-2)
        return Spikes(sums, spikes.cell * k * k)

    def extra_repr(self) -> str:
        return str(self.kernel)
