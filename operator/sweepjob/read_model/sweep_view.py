"""A SweepJob as commands, the dashboard and the SDK show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..api import names
from ..api.criteria import Criteria
from ..api.parsing.lenient_reader import LenientReader
from ..api.phases import SweepPhase
from ..objective import Goal, Objective
from ..timestamps import parse_time

_ALERTING_STATUS = {names.ACCEPTED: "False", names.FAILED: "True", names.DEGRADED: "True"}
_OPERATOR_TIMEOUT = 15.0  # seconds within which a running operator writes the first status


@dataclass(frozen=True, slots=True)
class SweepView:
    """A sweep.

    Attributes:
        namespace: Namespace of the SweepJob.
        name: Name of the SweepJob.
        goal: Whether larger or smaller values are better; of several objectives, the goal of the first.
        metric: Name of the primary metric; of several objectives, the first.
        phase: Phase of the status; Pending without one.
        counts: Numbers of trials by the keys of ``status.trials``, and ``total``.
        best: Name of the best trial; empty without one.
        best_value: Its value; None without one.
        gpu_seconds_used: GPU time used.
        gpu_seconds_saved: Estimated GPU time saved by early stops.
        created: Creation time in seconds since the epoch.
        completed: Completion time in seconds since the epoch; None before.
        observed: Whether the operator has written a status.
        alerts: Reason and message of each condition that needs a person.
        also: Names of ``metrics.also``; None if it is not set.
        criteria: All objectives and constraints.
        front_size: Number of trials on the Pareto front; None with one objective.
        max_gpu_hours: The limit on GPU-hours; None without one.
        cost: What ended trials cost, by the prices of the sweep; None where nothing has a price.
        max_cost: The limit on the cost; None without one.
        results_read: The ConfigMaps and keys whose results it is warm-started from.
    """

    namespace: str
    name: str
    goal: Goal
    metric: str
    phase: str
    counts: Mapping[str, int]
    best: str
    best_value: float | None
    gpu_seconds_used: float
    gpu_seconds_saved: float
    created: float
    completed: float | None
    observed: bool
    alerts: tuple[str, ...]
    criteria: Criteria
    also: tuple[str, ...] | None = None
    front_size: int | None = None
    max_gpu_hours: float | None = None
    cost: float | None = None
    max_cost: float | None = None
    results_read: tuple[str, ...] = ()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> SweepView:
        """Return the view of a SweepJob object."""
        meta, spec, status = body["metadata"], body["spec"], body.get("status") or {}
        also = (spec.get("metrics") or {}).get("also")
        limits = LenientReader(spec["limits"], "spec.limits")
        best, gpu = status.get("best") or {}, status.get("gpuSeconds") or {}
        criteria = Criteria.of(spec)
        front = (status.get("pareto") or {}).get("size", 0)
        return cls(
            namespace=meta["namespace"],
            name=meta["name"],
            goal=criteria.primary.goal,
            metric=criteria.primary.primary_metric,
            phase=status.get("phase", SweepPhase.PENDING.value),
            counts={"total": spec["limits"]["maxTotalTrials"], **(status.get("trials") or {})},
            best=best.get("trial", ""),
            best_value=LenientReader(best, "status.best").number("value"),
            gpu_seconds_used=gpu.get("used", 0),
            gpu_seconds_saved=gpu.get("saved", 0),
            created=parse_time(meta["creationTimestamp"]) or 0.0,
            completed=parse_time(status.get("completionTime")),
            observed="phase" in status,
            alerts=tuple(_alerts(status.get("conditions") or ())),
            criteria=criteria,
            also=None if also is None else tuple(also),
            front_size=front if criteria.has_several_objectives else None,
            max_gpu_hours=limits.number("maxGpuHours"),
            cost=LenientReader(status, "status").number("cost"),
            max_cost=limits.number("maxCost"),
            results_read=tuple(
                f"{read['configMap']}/{read['key']}"
                for read in status.get("warmStartResults") or ()
            ),
        )

    @classmethod
    def of_listed(cls, body: Mapping[str, Any]) -> SweepView:
        """Return the view of a SweepJob in a list: one that cannot be read does not hide the others.

        Another version of the operator may have written it, or the CRD of another version let it pass.
        """
        try:
            return cls.of(body)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the others are shown
            return _unreadable(body, error)

    @property
    def objective_text(self) -> str:
        """The objectives and constraints in words: ``maximize a, minimize b, c <= 50``."""
        objectives = (f"{o.goal.value} {o.primary_metric}" for o in self.criteria.objectives)
        return ", ".join([*objectives, *map(str, self.criteria.constraints)])

    @property
    def no_best_message(self) -> str:
        """Why there is no best trial, for commands that need one."""
        if self.criteria.has_several_objectives:
            return (
                f"{self.name} has several objectives, and so a Pareto front instead of a best trial; see "
                f"its trials: kubectl sweepjob best {self.name}"
            )
        if self.criteria.constraints:
            return f"no trial of {self.name} has ended with all values and met the constraints"
        return f"no trial of {self.name} has reported {self.metric}"

    @property
    def no_best_yet(self) -> str:
        """The same with the name of the sweep, and ``yet`` unless the sweep has ended."""
        yet = "" if self.has_ended else " yet"
        return f"{self.name} has no best trial{yet}: {self.no_best_message}"

    @property
    def ended(self) -> int:
        """Number of trials that have ended."""
        kinds = ("succeeded", "earlyStopped", "failed", "canceled")
        return sum(self.counts.get(kind, 0) for kind in kinds)

    @property
    def total(self) -> int:
        """Number of trials of the whole sweep: the limit, or those that have ended if it was lowered."""
        return max(self.counts["total"], self.ended)

    @property
    def has_ended(self) -> bool:
        """Whether the phase is final."""
        return self.phase in (SweepPhase.COMPLETE, SweepPhase.FAILED)

    def warnings(self, now: float) -> tuple[str, ...]:
        """Return the alerts, or that no operator has accepted the sweep.

        Args:
            now: seconds since the epoch.
        """
        waited = now - self.created
        if self.observed or waited < _OPERATOR_TIMEOUT:
            return self.alerts
        return (
            f"OperatorMissing: no operator has accepted this sweep in {waited:.0f} s; see whether one is "
            "installed and runs: kubectl get deployments -A -l app.kubernetes.io/name=sweepjob",
        )

    def reason(self, now: float) -> str:
        """Return the reason of the first warning; empty without one.

        Args:
            now: seconds since the epoch.
        """
        return next((warning.partition(":")[0] for warning in self.warnings(now)), "")


def _unreadable(body: Mapping[str, Any], error: Exception) -> SweepView:
    meta = LenientReader(body.get("metadata"), "metadata")
    alert = (
        f"SweepUnreadable: this version cannot read the sweep ({error!r}); use the version that it was "
        "made for, or upgrade the CRDs and apply it again"
    )
    return SweepView(
        namespace=meta.text("namespace"),
        name=meta.text("name"),
        goal=Goal.MAXIMIZE,
        metric="",
        phase="Unknown",
        counts={"total": 0},
        best="",
        best_value=None,
        gpu_seconds_used=0.0,
        gpu_seconds_saved=0.0,
        created=parse_time(meta.text("creationTimestamp")) or 0.0,
        completed=None,
        observed=True,
        alerts=(alert,),
        criteria=Criteria((Objective(Goal.MAXIMIZE, ""),)),
    )


def _alerts(conditions: Sequence[Mapping[str, Any]]) -> list[str]:
    found = []
    for condition in conditions:
        if _ALERTING_STATUS.get(condition["type"]) == condition["status"]:
            found.append(f"{condition['reason']}: {condition['message']}")
    return list(dict.fromkeys(found))  # the cause of Degraded may also be that of Failed
