"""The decision to end a trial before it ends on its own: ``status.stop`` of its SweepTrial."""

from __future__ import annotations

from dataclasses import dataclass

from ..phases import TrialPhase


@dataclass(frozen=True, slots=True)
class StopDecision:
    """A decision to end a trial before it ends on its own.

    Attributes:
        outcome: the final phase of the trial: EARLY_STOPPED by a policy, CANCELED by a limit or a user,
            FAILED when it cannot start. Where the trainer has ended already and only other containers are
            stopped, the phase that the trainer's exit results in.
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
