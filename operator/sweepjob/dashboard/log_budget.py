"""Keeps the recorded log lines of a document within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..api.phases import TrialPhase

# Characters of all lines together: those of some hundred trials. With 10,000 trials they would be 40 MB.
_BUDGET = 500_000


def limit_logs(trials: Iterable[dict[str, Any]], budget: int = _BUDGET) -> None:
    """Leave out log lines that do not fit; ``logsLeftOut`` says of which trials.

    Those of failed trials are kept first, then those of the newest.

    Args:
        trials: the trials of a document, as ``trial_fields`` returns them.
        budget: number of characters.
    """
    for trial in sorted(trials, key=_order):
        length = sum(len(log["text"]) for log in trial["logs"])
        if length > budget:
            trial["logs"], trial["logsLeftOut"] = [], True
        else:
            budget -= length


def _order(trial: dict[str, Any]) -> tuple[bool, int]:
    return trial["phase"] != TrialPhase.FAILED.value, -trial["index"]
