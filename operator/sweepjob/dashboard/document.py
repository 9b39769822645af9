"""The document of a sweep: everything that the page draws, as plain JSON values.

The server sends it, and a report contains it. A live page receives parts of it again when they change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..api.parsing.problem import InvalidSpec
from ..api.spec.sweep_spec import SweepSpec
from ..api.spec_parser import parse_sweepjob
from ..objective import Objective
from ..read_model.ranking import ranked
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, trial_views
from ..render.best_parameters import FORMATTERS
from ..render.trial_rows import json_value
from ..timestamps import parse_time
from .curves import points_per_curve, points_per_metric, policy_threshold
from .importance_fields import NO_IMPORTANCE, importance_fields
from .log_budget import limit_logs
from .parameter_axes import parameter_axes
from .remaining_time import remaining_time
from .trials import trial_fields

Body = Mapping[str, Any]
# The version of the document's format.
FORMAT = 1
_COUNTED_UID = "00000000-0000-0000-0000-"


def build_document(
    sweep: Body, trials: Sequence[Body], now: float, others: Sequence[Body] = ()
) -> Body:
    """Build the document of a sweep.

    Args:
        sweep: the SweepJob.
        trials: its SweepTrials.
        now: seconds since the epoch.
        others: trials of other sweeps that the policy compares with as well (warm start).
    """
    view = SweepView.of(sweep)
    views = trial_views(trials, view.goal)
    spec = accepted_spec(sweep)
    bodies = {body["metadata"]["name"]: body for body in trials}
    points, metric_points = points_per_curve(views), points_per_metric(views)
    fields = [trial_fields(bodies[t.name], t, now, points, metric_points) for t in views]
    limit_logs(fields)
    return dict(
        json_value(
            {
                "format": FORMAT,
                "made": now,
                "sweep": sweep_fields(sweep, views, now),
                "trials": fields,
                "pointsEach": points,
                "metricPointsEach": metric_points,
                "parameters": parameter_axes(spec),
                **analysis_fields(spec, view, views, trial_views(others, view.goal)),
            }
        )
    )


def accepted_spec(sweep: Body) -> SweepSpec | None:
    """Return the parsed spec; None if it is invalid, as of a sweep that was never accepted."""
    try:
        return parse_sweepjob(sweep)
    except InvalidSpec:
        return None


def analysis_fields(
    spec: SweepSpec | None,
    view: SweepView,
    trials: Sequence[TrialView],
    others: Sequence[TrialView],
) -> dict[str, Any]:
    """Compute the policy's threshold as of now and the importance of the parameters.

    These take seconds in a large sweep; everything else takes milliseconds.
    """
    if spec is None:
        return {"threshold": None, "importance": NO_IMPORTANCE}
    return {
        "threshold": policy_threshold(spec.policy, view.goal, [*trials, *others]),
        "importance": importance_fields(spec.space, trials, view.goal),
    }


def sweep_fields(sweep: Body, trials: Sequence[TrialView], now: float) -> dict[str, Any]:
    """Return the sweep itself: its state, progress, best trial and cost."""
    view = SweepView.of(sweep)
    spec, status = sweep["spec"], sweep.get("status") or {}
    limits, policy = spec["limits"], spec.get("earlyTermination")
    return {
        **_summary_fields(view, status, now),
        **_criteria_fields(view),
        "best": _best_fields(sweep, view, trials),
        "started": parse_time(status.get("startTime")),
        "left": remaining_time(view, trials, limits, status, now),
        "concurrent": limits.get("maxConcurrentTrials", limits["maxTotalTrials"]),
        "sampling": _algorithm_text(spec.get("samplingAlgorithm") or {"type": "random"}),
        "policy": _algorithm_text(policy) if policy else "",
        "space": spec["searchSpace"],
        "labels": dict(sweep["metadata"].get("labels") or {}),
        "isLocal": _ran_locally(sweep),
    }


def _criteria_fields(view: SweepView) -> dict[str, Any]:
    """Return several objectives, and constraints; nothing where one metric is compared."""
    if view.criteria.is_plain:
        return {}
    objectives = view.criteria.objectives
    return {
        "objectives": [_objective_fields(objective) for objective in objectives],
        "constraints": [{"metric": c.metric, "text": str(c)} for c in view.criteria.constraints],
    }


def _objective_fields(objective: Objective) -> dict[str, Any]:
    found = {"goal": objective.goal.value, "metric": objective.primary_metric}
    return found if objective.reference is None else {**found, "reference": objective.reference}


def _ran_locally(sweep: Body) -> bool:
    """Return whether a sweep ran on one machine, where uids are counted and no kubectl knows of it."""
    meta = sweep["metadata"]
    return meta["namespace"] == "local" and str(meta.get("uid", "")).startswith(_COUNTED_UID)


def sweep_summary(sweep: Body, now: float) -> dict[str, Any]:
    """Return a sweep as an entry of the list of sweeps."""
    view = SweepView.of_listed(sweep)
    return dict(json_value(_summary_fields(view, sweep.get("status") or {}, now)))


def _summary_fields(view: SweepView, status: Body, now: float) -> dict[str, Any]:
    return {
        "namespace": view.namespace,
        "name": view.name,
        "phase": view.phase,
        "reason": _phase_reason(status),
        "troubles": list(view.warnings(now)),
        "goal": view.goal.value,
        "metric": view.metric,
        "counts": {**view.counts, "total": view.total, "ended": view.ended},
        "bestTrial": view.best,
        "bestValue": view.best_value,
        "used": view.gpu_seconds_used,
        "saved": view.gpu_seconds_saved,
        "created": view.created,
        "completed": view.completed,
    }


def _phase_reason(status: Body) -> str:
    """Return reason and message of the newest condition whose status is True."""
    holding = [c for c in status.get("conditions") or () if c.get("status") == "True"]
    holding.sort(key=lambda c: str(c.get("lastTransitionTime", "")))
    return f"{holding[-1].get('reason')}: {holding[-1].get('message')}" if holding else ""


def _best_fields(
    sweep: Body, view: SweepView, trials: Sequence[TrialView]
) -> dict[str, Any] | None:
    best = next((t for t in trials if t.name == view.best), None)
    if best is None or view.best_value is None:
        return None
    outputs = sweep["status"]["best"].get("outputs") or {}
    forms = {name: form(view, best, outputs) for name, form in FORMATTERS.items()}
    runner_up = next((t for t in ranked(trials, view.criteria) if t.name != best.name), None)
    return {
        "trial": best.name,
        "index": best.index,
        "value": view.best_value,
        "parameters": dict(best.parameters),
        "outputs": dict(outputs),
        "forms": forms,
        "runnerUp": runner_up.best if runner_up else None,
    }


def _algorithm_text(algorithm: Body) -> str:
    """Return a sampling algorithm or a policy in words: ``bandit (slackAmount 0.1)``."""
    arguments = ", ".join(f"{key} {value}" for key, value in algorithm.items() if key != "type")
    return f"{algorithm['type']} ({arguments})" if arguments else str(algorithm["type"])
