"""The budget of a trial that is run again with a larger one: ``status.budget`` of its SweepTrial."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...objective import Goal
from ..parsing.float_text import format_float
from ..parsing.lenient_reader import LenientReader
from .stop_decision import StopDecision


@dataclass(frozen=True, slots=True)
class RungResult:
    """What a trial had reached when an execution with a budget below the largest one had ended.

    Attributes:
        budget: the budget.
        value: its best value by then; None without a finite one.
    """

    budget: int
    value: float | None

    def score(self, goal: Goal) -> float:
        """Return the score of the value; minus infinity without one.

        Args:
            goal: which values are better.
        """
        return -math.inf if self.value is None else goal.score(self.value)


@dataclass(frozen=True, slots=True)
class TrialBudget:
    """What the record of a trial says of its budget.

    Attributes:
        parameter: the name of the parameter.
        current: the budget of the execution that runs or comes next, or of the last one.
        rungs: the executions with smaller budgets, in their order.
    """

    parameter: str
    current: int
    rungs: tuple[RungResult, ...] = ()

    def of_value(self, value: float | None) -> int:
        """Return the budget with which the trial has reached its best value.

        Args:
            value: that value; None before any.
        """
        return budget_of_value(value, self.rungs, self.current)


def with_rung(rungs: tuple[RungResult, ...], pause: StopDecision) -> tuple[RungResult, ...]:
    """Return the results of a trial with the one that a decision is about.

    Args:
        rungs: its executions with smaller budgets, in their order.
        pause: the policy's decision after an execution.
    """
    earlier = (rung for rung in rungs if rung.budget != pause.interval)
    return (*earlier, RungResult(pause.interval, pause.value))


def budget_of_value(value: float | None, rungs: Iterable[RungResult], current: int) -> int:
    """Return the budget of the execution that reached a value first.

    Args:
        value: the best value of a trial; None before any.
        rungs: its executions with smaller budgets, in their order.
        current: the budget of the execution that runs or comes next.
    """
    if value is None:
        return current
    return next((rung.budget for rung in rungs if rung.value == value), current)


def dump_budget(budget: TrialBudget) -> dict[str, Any]:
    """Return ``status.budget``."""
    rungs = [
        {"budget": r.budget, **({} if r.value is None else {"value": format_float(r.value)})}
        for r in budget.rungs
    ]
    return {"parameter": budget.parameter, "current": budget.current, "rungs": rungs}


def parse_budget(status: LenientReader) -> TrialBudget | None:
    """Read ``status.budget``.

    Args:
        status: the status of a SweepTrial.

    Returns:
        None where the trial has no budget.
    """
    if not status.data.get("budget"):
        return None
    reader = status.child("budget")
    rungs = (
        RungResult(rung.whole("budget"), rung.number("value")) for rung in reader.children("rungs")
    )
    return TrialBudget(reader.text("parameter"), reader.whole("current"), tuple(rungs))
