"""The decision to end a trial before its own end, as `status.stop` of its record has it."""

from __future__ import annotations

from dataclasses import dataclass

from .phases import TrialPhase


@dataclass(frozen=True, slots=True)
class StopDecision:
    """A decision to end a trial before its own end.

    Attributes:
        outcome: the phase the trial ends in: EARLY_STOPPED by a policy, CANCELED by a limit or a
            person, FAILED when it cannot get going. Where the trainer has ended already and only other
            containers are stopped, what its own end makes it.
        reason: one word, e.g. ``Bandit`` or ``TrialTimeout``.
        message: one sentence.
        policy, interval, value, threshold, comparators: the policy's decision, where one decided.
    """

    outcome: TrialPhase
    reason: str
    message: str
    policy: str = ""
    interval: int = 0
    value: float | None = None
    threshold: float | None = None
    comparators: int = 0
