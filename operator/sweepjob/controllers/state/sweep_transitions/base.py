"""What all transitions of a sweep have in common."""

from __future__ import annotations

from ....objective import Goal
from ..sweep_state import SweepState
from ..trial_store import TrialStore


class SweepTransitions:
    """What all transitions of a sweep change.

    Attributes:
        state: the sweep's state, for reading.
        trials: its live trials.
    """

    state: SweepState
    trials: TrialStore

    @property
    def _goal(self) -> Goal:
        return self.state.spec.objective.goal
