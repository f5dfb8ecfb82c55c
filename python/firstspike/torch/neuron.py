"""The fire-once neuron and its gradient."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class _Spike(torch.autograd.Function):
    """``H(u)``, with the slope ``1 / (1 + (πu)²)`` (ATan with α = 2)."""

    @staticmethod
    def forward(ctx, u: Tensor) -> Tensor:
        ctx.save_for_backward(u)
        return (u >= 0).to(u.dtype)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        (u,) = ctx.saved_tensors
        return gradient / (1 + (math.pi * u) ** 2)


def fire_once(u: Tensor) -> Tensor:
    """``c[t] = 1`` from the first step with ``u[t] ≥ 0`` on.

    Written without recursion, ``c[t] = H(max_{τ ≤ t} u[τ])`` where potentials after the spike no
    longer matter; so the gradient of ``c[t]`` goes to the step of that maximum alone.

    :param u: ``T × …``, potential less threshold.

    Source: ``docs/numerics.md`` §3; ``docs/training.md``, "Gradient".
    """
    reached = u.detach().cummax(0).values >= 0
    before = torch.cat([torch.zeros_like(reached[:1]), reached[:-1]])
    return _Spike.apply(u.masked_fill(before, -math.inf).cummax(0).values)
