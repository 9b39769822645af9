"""The one interface of all samplers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..space import Assignment


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known of a trial when the next one is proposed.

    Attributes:
        index: the trial's index; None for a trial of another sweep, given for a warm start.
        parameters: what it tried.
        score: the best it reported so far, larger is better whatever the goal; None when it
            reported nothing.
        ended: whether it can still report; a pending trial has ended False.
        stopped_at: the interval at which it was stopped early; None when it was not.
        bests: its best score within the first n reports, for n = 1, 2, ...; may be left out.
    """

    index: int | None
    parameters: Assignment
    score: float | None
    ended: bool
    stopped_at: int | None = None
    bests: Sequence[float] = ()


class Sampler(Protocol):
    """Proposes assignments.

    A proposal is a function of the space, the seed, the index and, for samplers with
    ``learns``, the observations: calling again after a restart gives the same answer, and no state
    of a generator has to be kept.
    """

    @property
    def learns(self) -> bool:
        """Whether ``observations`` matter; if not, callers may pass none and ask ahead."""
        ...

    def propose(self, index: int, observations: Sequence[Observation]) -> Assignment | None:
        """The assignment of trial ``index`` (from 0), or None when the space is exhausted."""
        ...
