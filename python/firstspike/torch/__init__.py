"""Networks of neurons that spike at most once, as modules of PyTorch (1.13 or 2.x), trained on
their grid.

    import firstspike.torch as ft

    model = nn.Sequential(
        ft.LatencyEncoder(steps=8),
        ft.TTFSLinear(64, 64, bits=4),
        ft.TTFSLinear(64, 10, bits=4, fires=False),
        ft.Membrane(),
    )
    loss = nn.functional.cross_entropy(model(pixels), labels)
    ft.to_network(model, "digits", input=(8, 8)).save("out/float")

A layer with ``bits`` computes the integer network of ``docs/numerics.md``, so the hardware's spike
times are those of the module.
"""

from .layers import AvgPool, TTFSConv2d, TTFSLinear
from .readout import FirstSpike, Membrane, TemporalWeighting
from .sequence import Trace, to_network, trace
from .spikes import LatencyEncoder, Spikes, latch

__all__ = [
    "AvgPool",
    "FirstSpike",
    "LatencyEncoder",
    "Membrane",
    "Spikes",
    "TTFSConv2d",
    "TTFSLinear",
    "TemporalWeighting",
    "Trace",
    "latch",
    "to_network",
    "trace",
]
