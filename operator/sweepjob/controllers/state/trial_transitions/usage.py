"""What the pods of a trial use."""

from __future__ import annotations

from ..trial_state import TrialState
from ..trial_usage import LiveUsage, TrialUsage


class UsageTransitions:
    """Changes of what trials use, and of their sum.

    Attributes:
        usage: what all live trials use.
    """

    usage: LiveUsage

    def _set_usage(self, trial: TrialState, usage: TrialUsage) -> None:
        self.usage.replace(trial.usage, usage)
        trial.usage = usage
