"""How the output layer becomes scores and a class (``docs/numerics.md`` §7).

``forward`` gives scores to train on, in float and with a gradient; ``classify`` the class, by the
rules of the integer network, ties included.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .spikes import Spikes


class Reading(NamedTuple):
    """What the readout made of each image: its class, ``N``, and its scores, ``N × classes``."""

    classes: Tensor
    scores: Tensor


class Membrane(nn.Module):
    """The largest potential at the end: ``score_j = V_j[T−1]``. Its layer has ``fires=False``."""

    name, fires = "membrane", False

    def forward(self, spikes: Spikes) -> Tensor:
        return spikes.unit * spikes.potential[-1]

    def classify(self, spikes: Spikes) -> Reading:
        return _largest(spikes.potential[-1].detach())


class FirstSpike(nn.Module):
    """The earliest spike; among those of its step ``t*`` the larger potential ``V_j[t*]``.

    Trains on ``T − t_j + V_j[t*]``, ``t*`` held constant.
    """

    name, fires = "first-spike", True

    def forward(self, spikes: Spikes) -> Tensor:
        return spikes.latched.sum(0) + spikes.unit * self._at_decision(spikes)[0]

    def classify(self, spikes: Spikes) -> Reading:
        potential, eligible = self._at_decision(spikes)
        potential = potential.detach()
        return Reading(_first_largest(potential.masked_fill(~eligible, -torch.inf)), potential)

    def _at_decision(self, spikes: Spikes) -> tuple[Tensor, Tensor]:
        """The potentials at ``t*``, and who spikes then: all neurons, if none ever does."""
        times, steps = spikes.times(), spikes.steps
        earliest = times.min(1, keepdim=True).values
        decision = earliest.clamp(max=steps - 1)
        index = decision.expand_as(times).unsqueeze(0)
        return spikes.potential.gather(0, index).squeeze(0), times == earliest


class TemporalWeighting(nn.Module):
    """A weighted sum over the steps: of the current, ``Σ_t α[t]·I_j[t]``, or of the spikes,
    ``α[t_j]``.

    :param source: ``"current"``, whose layer has ``fires=False``, or ``"spikes"``.
    :param alpha: whole numbers, one per time step, not negative, not rising; by default ``T, T − 1,
        … 1``.
    """

    name = "temporal-weighting"

    def __init__(self, source: str, alpha: list[int] | None = None) -> None:
        super().__init__()
        if source not in ("current", "spikes"):
            raise ValueError(f"source is {source!r}, expected 'current' or 'spikes'")
        if alpha is not None and (min(alpha) < 0 or any(a < b for a, b in zip(alpha, alpha[1:]))):
            raise ValueError(f"alpha is {alpha}, expected numbers of at least 0 that do not rise")
        self.source, self.alpha = source, alpha

    @property
    def fires(self) -> bool:
        return self.source == "spikes"

    def weights(self, steps: int) -> list[int]:
        """``α[0] … α[T−1]``."""
        alpha = list(range(steps, 0, -1)) if self.alpha is None else self.alpha
        if len(alpha) != steps:
            raise ValueError(f"alpha has {len(alpha)} values, expected {steps}, one per time step")
        return alpha

    def forward(self, spikes: Spikes) -> Tensor:
        unit = spikes.unit if self.source == "current" else spikes.steps
        return unit * self._scores(spikes) / max(self.weights(spikes.steps)[0], 1)

    def classify(self, spikes: Spikes) -> Reading:
        return _largest(self._scores(spikes).detach())

    def _scores(self, spikes: Spikes) -> Tensor:
        """By summation by parts: ``Σ_t (α[t] − α[t+1])·x[t]``, of potentials or latched spikes."""
        alpha = self.weights(spikes.steps)
        x = spikes.potential if self.source == "current" else spikes.latched
        steps = x.new_tensor([a - b for a, b in zip(alpha, [*alpha[1:], 0])])
        return torch.tensordot(steps, x, 1)

    def extra_repr(self) -> str:
        return f"{self.source!r}, {self.alpha}"


def _largest(scores: Tensor) -> Reading:
    return Reading(_first_largest(scores), scores)


def _first_largest(scores: Tensor) -> Tensor:
    """The index of the largest score; among equals the smaller one (which ``argmax`` does not
    promise)."""
    is_largest = scores == scores.max(1, keepdim=True).values
    return (is_largest.long().cumsum(1) == 0).sum(1)
