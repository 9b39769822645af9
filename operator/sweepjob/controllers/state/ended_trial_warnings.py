"""What the status of a sweep says about ended trials that have no result, or an incomplete one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ...api.meta.cause import Cause


@dataclass(frozen=True, slots=True)
class MissingMetric:
    """A trial that never reported the primary metric, and has succeeded, if only with a smaller budget.

    Attributes:
        metric_names: what it reported instead.
        log_evidence: lines of its log to quote, and why reports in it may be missing.
    """

    trial: str
    metric_names: tuple[str, ...]
    log_evidence: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class FailedTrial:
    """A trial that failed or was canceled.

    Attributes:
        message: why.
    """

    index: int
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class NonFiniteTrial:
    """A trial that reported values of the primary metric, none of them finite.

    Attributes:
        count: the number of its reports.
        last: the newest one.
    """

    index: int
    name: str
    count: int
    last: float


@dataclass(slots=True)
class EndedTrialWarnings:
    """Reports that ended trials may lack, and examples of trials without a result.

    Attributes:
        causes: the most important warning about an ended trial's reports, by trial: the first ones and
            the best one.
        counts: the numbers of these trials by the reason of the warning.
        missing_metric: the newest succeeded trial without a report of the primary metric.
        first_failure: the first trial that failed or was canceled.
        first_non_finite: the first other trial whose reports were not finite.
    """

    causes: dict[str, Cause] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    missing_metric_message: MissingMetric | None = None
    first_failure: FailedTrial | None = None
    first_non_finite: NonFiniteTrial | None = None
