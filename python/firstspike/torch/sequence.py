"""A network as ``nn.Sequential``: encoder, layers, readout. What its neurons do, and how it leaves
PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..network import Network
from .layers import AvgPool, TTFSConv2d, TTFSLinear
from .readout import FirstSpike, Membrane, TemporalWeighting
from .spikes import LatencyEncoder

_READOUTS = (Membrane, FirstSpike, TemporalWeighting)
_MODULES = (LatencyEncoder, AvgPool, TTFSLinear, TTFSConv2d, *_READOUTS)


class Trace(NamedTuple):
    """What the network made of each image.

    :param spike_times: of each layer with weights, ``N × neurons``, T for never.
    :param classes: ``N``.
    :param scores: ``N × classes``, of a quantized output layer in LSB.
    """

    spike_times: list[Tensor]
    classes: Tensor
    scores: Tensor


@torch.no_grad()
def trace(model: nn.Sequential, pixels: Tensor) -> Trace:
    """Executes the network and tells every spike time.

    :param pixels: whole numbers 0 … 255, ``N × …``.
    """
    times, x = [], pixels
    for module in _parts(model):
        if isinstance(module, _READOUTS):
            return Trace(times, *module.classify(x))
        x = module(x)
        if isinstance(module, (TTFSLinear, TTFSConv2d)):
            times.append(x.times().flatten(1))
    raise AssertionError("_parts ends with a readout")


def to_network(model: nn.Sequential, name: str, input: Sequence[int]) -> Network:
    """The same network for the rest of firstspike; ``.save(folder)`` writes it.

    A layer that was trained on a grid keeps it, so that ``quantize`` gives exactly the integers
    that the module computes with, on the device where it lies now.

    :param name: becomes a name in Verilog.
    :param input: sides of an input, as of :class:`firstspike.Network`.
    :raises TypeError: for modules that firstspike does not know.
    :raises ValueError: for an order that is no network.
    """
    encoder, *middle, readout = _parts(model)
    kind, alpha = readout.name, None
    if isinstance(readout, TemporalWeighting):
        kind, alpha = f"{kind}-{readout.source}", readout.weights(encoder.steps)
    network = Network(
        name, encoder.steps, input, kind, alpha=alpha, input_threshold=encoder.threshold
    )
    for module in middle:
        _add(network, module)
    return network


def _add(network: Network, module: nn.Module) -> None:
    if isinstance(module, AvgPool):
        network.average_pool(module.kernel)
        return
    add = network.dense if isinstance(module, TTFSLinear) else network.conv2d
    grid = None if module.format is None else (module.format.name, module.scale.item())
    add(module, threshold=module.threshold if module.fires else None, grid=grid)


def _parts(model: nn.Sequential) -> list[nn.Module]:
    """Encoder, layers and poolings, readout, checked for their order."""
    parts = list(_flat(model))
    for part in parts:
        if not isinstance(part, _MODULES):
            raise TypeError(f"{type(part).__name__} is no module of firstspike.torch")
    is_network = (
        len(parts) > 2 and isinstance(parts[0], LatencyEncoder) and isinstance(parts[-1], _READOUTS)
    )
    if not is_network or any(
        isinstance(part, (LatencyEncoder, *_READOUTS)) for part in parts[1:-1]
    ):
        raise ValueError("expected nn.Sequential(LatencyEncoder, layers …, readout)")
    layers = [part for part in parts if isinstance(part, (TTFSLinear, TTFSConv2d))]
    silent = [layer for layer in layers[:-1] if not layer.fires]
    if silent or not layers or layers[-1].fires != parts[-1].fires:
        expected = "fires" if parts[-1].fires else "has fires=False"
        raise ValueError(
            f"expected hidden layers that fire, and a last one that {expected}, "
            "as the readout reads it"
        )
    return parts


def _flat(module: nn.Module) -> Iterator[nn.Module]:
    if isinstance(module, nn.Sequential):
        for part in module:
            yield from _flat(part)
    else:
        yield module
