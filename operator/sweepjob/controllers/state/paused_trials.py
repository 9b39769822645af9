"""The paused trials of a sweep, by what lets them continue."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...early_stopping.policy import PausedTrial
from .trial_state import TrialState


@dataclass(slots=True)
class PausedTrials:
    """Paused trials without a slot.

    Attributes:
        by_policy: those that the policy chooses from, by index.
        held: indices of those that a person keeps paused.
        recalled: indices of those that a person wants to continue.
        are_ending: those that the policy paused end.
    """

    by_policy: dict[int, PausedTrial] = field(default_factory=dict)
    held: set[int] = field(default_factory=set)
    recalled: set[int] = field(default_factory=set)
    are_ending: bool = False

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.by_policy) + len(self.held) + len(self.recalled)

    def place(self, trial: TrialState) -> None:
        """Enter a trial where it belongs now, or remove it if it is not paused.

        Args:
            trial: a live trial whose phase, slot or desired state may have changed.
        """
        self.remove(trial.index)
        pause = trial.status.pause
        if not trial.is_paused:
            return
        if trial.desired.paused:
            self.held.add(trial.index)
        elif trial.desired.paused is False or pause is None or not pause.policy:
            self.recalled.add(trial.index)
        else:
            self.by_policy[trial.index] = PausedTrial(pause.interval, trial.reports.curve)

    def remove(self, index: int) -> None:
        """Forget a trial."""
        self.by_policy.pop(index, None)
        self.held.discard(index)
        self.recalled.discard(index)
