"""Auto: the policy that needs no parameters. Azure has no such policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...objective import Goal
from ...plugins.parameters import Note
from ..policy import Decision, Schedule, Statistic
from ..prospect import decide_by_forecast
from ..rankings import Rank
from .auto_promotion import PausingAutoPolicy
from .declaration import PolicyDeclaration
from .forecast import MAX_REPORTS
from .rungs import Rungs

# The chance to become the best below which a trial is stopped, and the share of a complete trial's
# reports before which it is not: some slow starters stand still at first.
_PROBABILITY, _EARLIEST = 0.002, 0.1
_PER_DOUBLING = 4


@dataclass(frozen=True, slots=True)
class DoublingSchedule:
    """A number of intervals for each doubling of the reports: 1 to 8, 10, 12, 14, 16, 20, and so on.

    With fewer decisions, fewer are wrong.
    """

    def applies(self, interval: int) -> bool:
        """Return whether the policy is applied to a trial when it makes its interval-th report."""
        octave = max(interval.bit_length() - _PER_DOUBLING.bit_length(), 0)
        return interval % (1 << octave) == 0


DOUBLINGS = DoublingSchedule()


@dataclass(frozen=True, slots=True)
class AutoPolicy:
    """Stop a trial that has almost no chance to become the best.

    Attributes:
        max_reports: the number of reports of a complete trial; None when it is not known.
        schedule: when the policy is applied.
    """

    name: ClassVar[str] = "auto"
    reason: ClassVar[str] = "Auto"
    statistic: ClassVar[Statistic] = Statistic.BEST
    compares_curves: ClassVar[bool] = True
    max_reports: int | None = None
    schedule: Schedule = DOUBLINGS

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when its chance is too small.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among those that reached the interval.
            goal: which values are better.
        """
        return decide_by_forecast(
            self, interval, rank, goal, self.max_reports, _PROBABILITY, _EARLIEST
        )

    def with_checkpoints(self) -> PausingAutoPolicy:
        """Return the policy for trials that can be paused."""
        return PausingAutoPolicy(Rungs(3, 1, self.max_reports), self.max_reports)


def _build(values: Mapping[str, Any], note: Note) -> AutoPolicy:
    return AutoPolicy(values["maxReports"])


DECLARATION = PolicyDeclaration(
    name=AutoPolicy.name,
    reason=AutoPolicy.reason,
    summary="without a chance to become the best; decides everything by itself",
    build=_build,
    parameters=(MAX_REPORTS,),
    instead_of={
        ("evaluationInterval", "delayEvaluation"): "auto chooses its own intervals; remove "
        "evaluationInterval and delayEvaluation, or use forecast"
    },
)
