"""The one interface of all samplers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .space import Assignment


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known of a trial when the next one is proposed.

    Attributes:
        index: the trial's index; None for a trial of another sweep, given for a warm start.
        parameters: what it tried.
        score: the best it reported, larger is better whatever the goal; None when it reported nothing.
            Of a trial that was stopped early, what ``CurveExtrapolation`` takes it for.
        ended: whether it can still report; a pending trial has ended False.
    """

    index: int | None
    parameters: Assignment
    score: float | None
    ended: bool


class Sampler(Protocol):
    """Proposes assignments.

    A proposal is a function of the space, the seed, the index and, for samplers with
    ``uses_observations``, the observations. Calling it again after a restart gives the same answer; no
    generator state has to be persisted.
    """

    @property
    def uses_observations(self) -> bool:
        """Whether ``observations`` matter; if not, callers may pass none and ask ahead."""
        ...

    def propose(self, index: int, observations: Sequence[Observation]) -> Assignment | None:
        """The assignment of trial ``index`` (from 0), or None when the space is exhausted."""
        ...
