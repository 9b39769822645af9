"""The parameters of policies with rungs: ``asha`` and ``hyperband``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...plugins.parameters import Note, ParameterDeclaration
from .declaration import Rule

_MOST_REPORTS = 10**9  # no trial makes more
STOP, PROMOTE = "stop", "promote"

REDUCTION_FACTOR = ParameterDeclaration(
    "reductionFactor",
    "integer",
    "One trial in this many continues at each rung.",
    default=3,
    minimum=2,
    maximum=1000,
)
GRACE_PERIOD = ParameterDeclaration(
    "gracePeriod",
    "integer",
    "Number of the report at the first rung.",
    default=1,
    minimum=1,
    maximum=_MOST_REPORTS,
)
MAX_REPORTS = ParameterDeclaration(
    "maxReports",
    "integer",
    "Number of reports of a complete trial: asha has no rung from this number on, hyperband needs it for "
    "its brackets; forecast and auto learn it from complete trials unless it is given.",
    minimum=1,
    maximum=_MOST_REPORTS,
)
_MODE = (
    "stop: the others are stopped. promote: the others are paused, and continued when they are "
    "among the best later; needs trial.checkpoint. Without it, asha stops, and hyperband promotes where "
    "trials have a checkpoint."
)
MODE = ParameterDeclaration("mode", "string", _MODE, values=(STOP, PROMOTE))
BUDGET_PARAMETER = ParameterDeclaration(
    "budgetParameter",
    "string",
    "Name of a parameter that gives the script its budget, for scripts without checkpoints: a trial that "
    "continues is run again from the start with the next larger one, up to maxReports.",
    schema={"minLength": 1, "maxLength": 100},
)
BUDGET_RULES = (
    Rule(
        "!has(self.budgetParameter) || has(self.maxReports)",
        "budgetParameter needs maxReports, the largest budget",
    ),
    Rule(
        "!has(self.budgetParameter) || !has(self.mode) || self.mode == 'promote'",
        "mode: stop stops trials, and budgetParameter runs them again; remove one of the two",
    ),
)
HAS_A_RUNG = Rule(
    "!has(self.gracePeriod) || !has(self.maxReports) || self.gracePeriod < self.maxReports",
    "gracePeriod must be below maxReports, or there is no rung",
)


def promotes(values: Mapping[str, Any], note: Note) -> bool:
    """Return whether a policy is to promote, and record mistakes about its budget.

    Args:
        values: the parameters' values by name.
        note: records a mistake.
    """
    budget = values["budgetParameter"]
    largest, stopping = (rule.message for rule in BUDGET_RULES)
    if budget is not None and values["maxReports"] is None:
        note("budgetParameter", budget, largest)
    if budget is not None and values["mode"] == STOP:
        note("budgetParameter", budget, stopping)
    return budget is not None or values["mode"] == PROMOTE


def no_rung(maximum: int) -> str:
    """Return the message about a first rung that no trial reaches.

    Args:
        maximum: ``maxReports``.
    """
    return f"must be below maxReports ({maximum}): no rung is left"
