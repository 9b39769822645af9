"""Forecast: stop a trial that is unlikely to become the best. Azure has no such policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...objective import Goal
from ...plugins.parameters import Note, ParameterDeclaration
from ..policy import EVERY_INTERVAL, Decision, Schedule, Statistic
from ..prospect import decide_by_forecast
from ..rankings import Rank
from .declaration import SCHEDULE_PARAMETERS, PolicyDeclaration, interval_schedule

_MOST_REPORTS = 10**9  # no trial makes more

MAX_REPORTS = ParameterDeclaration(
    "maxReports",
    "integer",
    "Number of reports of a complete trial; learnt from complete trials unless it is given.",
    minimum=1,
    maximum=_MOST_REPORTS,
)


@dataclass(frozen=True, slots=True)
class ForecastPolicy:
    """Stop a trial whose chance to exceed the best value so far is below a probability.

    The chance is that of ``gain_forecast``: from what the trial gained in its last doubling of reports,
    and from what other trials gained after as many.

    Attributes:
        probability: between 0 and 1.
        max_reports: the number of reports of a complete trial; None when it is not known.
        schedule: when the policy is applied.
    """

    name: ClassVar[str] = "forecast"
    reason: ClassVar[str] = "Forecast"
    statistic: ClassVar[Statistic] = Statistic.BEST
    compares_curves: ClassVar[bool] = True
    probability: float
    max_reports: int | None = None
    schedule: Schedule = EVERY_INTERVAL

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when its chance is too small.

        Args:
            interval: the number of the trial's newest report.
            rank: the trial among those that reached the interval.
            goal: which values are better.
        """
        return decide_by_forecast(self, interval, rank, goal, self.max_reports, self.probability)


def _build(values: Mapping[str, Any], note: Note) -> ForecastPolicy:
    return ForecastPolicy(values["probability"], values["maxReports"], interval_schedule(values))


DECLARATION = PolicyDeclaration(
    name=ForecastPolicy.name,
    reason=ForecastPolicy.reason,
    summary="unlikely to become the best",
    build=_build,
    parameters=(
        ParameterDeclaration(
            "probability",
            "number",
            "A trial is stopped when its chance to exceed the best value is below this.",
            required=True,
            minimum=1e-6,
            maximum=0.999,
        ),
        MAX_REPORTS,
        *SCHEDULE_PARAMETERS,
    ),
)
