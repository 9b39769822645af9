"""A replay as a SweepJob and its SweepTrials, so that the page draws it like any other sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..api.criteria import Criteria
from ..api.phases import SweepPhase, TrialPhase
from ..api.sweeptrial.curve_encoding import dump_curve
from ..api.sweeptrial.serialization import dump_stop, trial_manifest
from ..api.sweeptrial.stop_decision import StopDecision
from ..early_stopping.curve import Curve
from ..early_stopping.replay import Outcome, RecordedTrial, Replay
from ..objective import Goal
from ..timestamps import format_time

Body = Mapping[str, Any]
NAMESPACE = "replay"


def replayed_sweep(
    manifest: Body,
    name: str,
    policy: Any,
    trials: Sequence[RecordedTrial],
    result: Replay,
    now: float,
) -> tuple[Body, list[Body]]:
    """Return the SweepJob and the SweepTrials that the replay would have left behind.

    Args:
        manifest: the sweep whose objective and limits the replay used.
        name: the name of the SweepJob: the policy in words.
        policy: ``spec.earlyTermination``; None for none.
        trials: the recorded trials.
        result: the result of the replay.
        now: when the replay is assumed to have ended, in seconds since the epoch.
    """
    goal = Criteria.of(manifest["spec"]).primary.goal
    last = max((float(o.ended) for o in result.outcomes if o.ended is not None), default=0.0)
    begin = now - last
    bodies = [
        _trial_body(recorded, outcome, goal, begin)
        for recorded, outcome in zip(trials, result.outcomes, strict=True)
    ]
    spec = {key: value for key, value in manifest["spec"].items() if key != "earlyTermination"}
    if policy is not None:
        spec["earlyTermination"] = policy
    spec["limits"] = {**spec["limits"], "maxTotalTrials": len(trials)}
    body = {
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": NAMESPACE,
            "creationTimestamp": format_time(begin, micro=True),
        },
        "spec": spec,
        "status": _sweep_status(bodies, result, goal, begin, now),
    }
    return body, bodies


def _trial_body(recorded: RecordedTrial, outcome: Outcome, goal: Goal, begin: float) -> Body:
    curve = Curve(goal)
    for value in recorded.values[: outcome.reports]:
        curve.append(value)
    body = trial_manifest(NAMESPACE, NAMESPACE, NAMESPACE, recorded.trial, {}, "the record")
    started = begin + float(outcome.started or 0)
    ended = begin + float(outcome.ended or 0)
    body["metadata"] |= {"uid": f"trial-{recorded.trial}", "resourceVersion": "1"}
    body["metadata"]["creationTimestamp"] = format_time(started, micro=True)
    phase = TrialPhase.SUCCEEDED if outcome.stopped is None else TrialPhase.EARLY_STOPPED
    body["status"] = {
        "phase": phase.value,
        "startTime": format_time(started, micro=True),
        "completionTime": format_time(ended, micro=True),
        "curve": dump_curve(curve, ""),
    }
    decision = outcome.stopped
    if decision is not None:
        stop = StopDecision(
            TrialPhase.EARLY_STOPPED,
            decision.reason,
            decision.message,
            policy=decision.policy,
            interval=decision.interval,
            value=decision.value,
            threshold=decision.threshold,
            comparators=decision.comparators,
        )
        body["status"] |= {
            "stop": dump_stop(stop, format_time(ended, micro=True)),
            "message": decision.message,
        }
    return body


def _sweep_status(
    bodies: Sequence[Body], result: Replay, goal: Goal, begin: float, now: float
) -> dict[str, Any]:
    stopped = sum(outcome.stopped is not None for outcome in result.outcomes)
    scored = [
        (goal.score(float(body["status"]["curve"]["best"])), -body["spec"]["index"], body)
        for body in bodies
        if "best" in body["status"]["curve"]
    ]
    status: dict[str, Any] = {
        "phase": SweepPhase.COMPLETE.value,
        "startTime": format_time(begin, micro=True),
        "completionTime": format_time(now, micro=True),
        "trials": {
            "created": len(bodies),
            "succeeded": len(bodies) - stopped,
            "earlyStopped": stopped,
        },
    }
    if scored:
        best = max(scored, key=lambda entry: entry[:2])[2]
        value = best["status"]["curve"]["best"]
        status["best"] = {"trial": best["metadata"]["name"], "value": value}
    return status
