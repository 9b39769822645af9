"""Everything that a page shows of a sweep, as one document of plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..api.problem import InvalidSpec
from ..api.sweepjob import SweepSpec, parse_sweepjob
from ..api.times import parse_time
from ..render.best_parameters import FORMS
from ..render.trial_rows import plain
from ..render.views import SweepView, TrialView, by_score, trial_views
from .axes import parameters
from .curves import points_each, thresholds
from .estimate import time_left
from .importance import NOTHING, importance
from .trials import trial_sheet

Body = Mapping[str, Any]
# Which of the documents' shapes this is; a page refuses what it does not know.
FORMAT = 1


def sheet(sweep: Body, trials: Sequence[Body], now: float, others: Sequence[Body] = ()) -> Body:
    """The document of a sweep.

    Args:
        sweep: the SweepJob.
        trials: its SweepTrials.
        now: seconds since the epoch.
        others: trials of other sweeps that count in this one.
    """
    view = SweepView.of(sweep)
    views = trial_views(trials, view.goal)
    spec = understood(sweep)
    created = {body["metadata"]["name"]: body for body in trials}
    points = points_each(views)
    return dict(
        plain(
            {
                "format": FORMAT,
                "made": now,
                "sweep": sweep_sheet(sweep, views, now),
                "trials": [trial_sheet(created[t.name], t, now, points) for t in views],
                "pointsEach": points,
                "parameters": parameters(spec),
                **analysis(spec, view, views, trial_views(others, view.goal)),
            }
        )
    )


def understood(sweep: Body) -> SweepSpec | None:
    """What the sweep says; None of one that was never accepted."""
    try:
        return parse_sweepjob(sweep)
    except InvalidSpec:
        return None


def analysis(
    spec: SweepSpec | None,
    view: SweepView,
    trials: Sequence[TrialView],
    others: Sequence[TrialView],
) -> dict[str, Any]:
    """What takes a while to compute: the policy's thresholds as of now, and importance."""
    if spec is None:
        return {"threshold": None, "importance": NOTHING}
    return {
        "threshold": thresholds(spec.policy, view.goal, [*trials, *others]),
        "importance": importance(spec.space, trials, view.goal),
    }


def sweep_sheet(sweep: Body, trials: Sequence[TrialView], now: float) -> dict[str, Any]:
    """The sweep itself: state, progress, best, cost."""
    view = SweepView.of(sweep)
    spec, status = sweep["spec"], sweep.get("status") or {}
    policy = spec.get("earlyTermination")
    return {
        **_summary(view, status, now),
        "best": _best(sweep, view, trials),
        "started": parse_time(status.get("startTime")),
        "left": time_left(view, trials, spec["limits"], status, now),
        "concurrent": spec["limits"].get("maxConcurrentTrials", spec["limits"]["maxTotalTrials"]),
        "sampling": _words(spec.get("samplingAlgorithm") or {"type": "random"}),
        "policy": _words(policy) if policy else "",
        "space": spec["searchSpace"],
        "labels": dict(sweep["metadata"].get("labels") or {}),
    }


def summary(sweep: Body, now: float) -> dict[str, Any]:
    """A sweep in a list of sweeps."""
    return dict(plain(_summary(SweepView.of(sweep), sweep.get("status") or {}, now)))


def _summary(view: SweepView, status: Body, now: float) -> dict[str, Any]:
    return {
        "namespace": view.namespace,
        "name": view.name,
        "phase": view.phase,
        "reason": _reason(status),
        "troubles": list(view.warnings(now)),
        "goal": view.goal.value,
        "metric": view.metric,
        "counts": {**view.counts, "total": view.total, "ended": view.ended},
        "bestTrial": view.best,
        "bestValue": view.best_value,
        "used": view.used,
        "saved": view.saved,
        "created": view.created,
        "completed": view.completed,
    }


def _reason(status: Body) -> str:
    """Why it is in its phase, by the newest condition that holds."""
    holding = [c for c in status.get("conditions") or () if c["status"] == "True"]
    holding.sort(key=lambda c: str(c.get("lastTransitionTime", "")))
    return f"{holding[-1]['reason']}: {holding[-1]['message']}" if holding else ""


def _best(sweep: Body, view: SweepView, trials: Sequence[TrialView]) -> dict[str, Any] | None:
    best = next((t for t in trials if t.name == view.best), None)
    if best is None or view.best_value is None:
        return None
    outputs = sweep["status"]["best"].get("outputs") or {}
    forms = {name: form(view, best, outputs) for name, form in FORMS.items()}
    runner_up = next((t for t in by_score(trials) if t.name != best.name), None)
    return {
        "trial": best.name,
        "index": best.index,
        "value": view.best_value,
        "parameters": dict(best.parameters),
        "outputs": dict(outputs),
        "forms": forms,
        "runnerUp": runner_up.best if runner_up else None,
    }


def _words(rule: Body) -> str:
    more = ", ".join(f"{key} {value}" for key, value in rule.items() if key != "type")
    return f"{rule['type']} ({more})" if more else str(rule["type"])
