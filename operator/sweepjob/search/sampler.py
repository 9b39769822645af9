"""The interface of samplers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .space import Assignment


@dataclass(frozen=True, slots=True)
class Observation:
    """A trial as a sampler sees it when the next one is proposed.

    Attributes:
        index: the trial's index; None for a trial of another sweep, given for a warm start.
        parameters: the trial's configuration.
        score: its best score, larger is better whatever the goal; None without a report. A trial that
            was stopped early has the score that ``ObservationHistory`` estimates.
        ended: False while the trial is pending, that is, while it can still report.
        scores: with several objectives, the score in each, in the order of ``spec.objectives``; larger
            is better whatever the goal. None where the trial has none. ``score`` is then None. Empty
            with one objective, and for a trial without any score.
        constraints: how far the trial is from each limit, in the order of ``spec.constraints``: its
            value minus a ``max``, or a ``min`` minus its value. At most 0 is feasible; None is
            unknown. Empty without constraints, and if none is known. Pending trials may have some.
    """

    index: int | None
    parameters: Assignment
    score: float | None
    ended: bool
    scores: tuple[float | None, ...] = ()
    constraints: tuple[float | None, ...] = ()


class Sampler(Protocol):
    """Proposes configurations.

    A proposal is a function of the space, the seed, the index and, for samplers with
    ``uses_observations``, the observations. Proposing again after a restart gives the same result; no
    state has to be stored.
    """

    @property
    def uses_observations(self) -> bool:
        """Whether proposals depend on ``observations``; if not, callers may pass none."""
        ...

    def propose(self, index: int, observations: Sequence[Observation]) -> Assignment | None:
        """Return the configuration of a trial.

        Args:
            index: the trial's index, from 0.
            observations: observations of trials of this sweep and of others.

        Returns:
            the configuration; None when the space is exhausted.
        """
        ...
