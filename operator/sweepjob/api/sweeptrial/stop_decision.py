"""The decision to end or to pause a trial: ``status.stop`` and ``status.pause`` of its SweepTrial."""

from __future__ import annotations

from dataclasses import dataclass

from ..phases import TrialPhase


@dataclass(frozen=True, slots=True)
class StopDecision:
    """A decision to end what runs of a trial before it ends on its own.

    Attributes:
        outcome: the phase that it leads to: EARLY_STOPPED by a policy, CANCELED by a limit or a user,
            FAILED when it cannot start, PAUSED by a policy or a user. Where the trainer has ended already
            and only other containers are stopped, the phase that the trainer's exit results in.
        reason: one word, e.g. ``Bandit`` or ``TrialTimeout``.
        message: one sentence.
        policy, interval, value, threshold, comparators: details of the policy's decision, if one decided.
    """

    outcome: TrialPhase
    reason: str
    message: str
    policy: str = ""
    interval: int = 0
    value: float | None = None
    threshold: float | None = None
    comparators: int = 0

    @property
    def pauses(self) -> bool:
        """Whether the trial may go on later."""
        return self.outcome is TrialPhase.PAUSED
