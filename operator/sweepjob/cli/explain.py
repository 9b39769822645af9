"""``sweepjob explain``: what became of a trial or a sweep, and why."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence

from ..api.stop_decision import StopDecision
from ..api.times import format_time
from ..loading.errors import Unusable
from ..objective import Goal
from ..render.formatting import counted, duration
from ..render.output_formats import cell
from ..render.sparkline import sparkline
from ..render.table import say, table
from ..render.views import SweepView, TrialView, trial_views
from .arguments import SWEEP, add_either, kind_of
from .explain_sweep import sweep_explanation
from .kubectl import Kubectl

_WIDTH = 60
_NEIGHBOURS = 5  # comparators that are shown


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "explain",
        help="tell what became of a trial or a sweep, and why",
        description="Of a trial: parameters, curve, attempts, and the decision: the policy, the "
        "interval, its value, the threshold, and the trials it was compared with. Of a sweep: its "
        "settings, its conditions, and why its trials ended.",
    )
    add_either(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    cluster = Kubectl.of(args)
    kind, name = kind_of(cluster, args.name)
    if kind == SWEEP:
        body = cluster.sweep(name)
        views = trial_views(cluster.trials(name), SweepView.of(body).goal)
        say("\n".join(sweep_explanation(body, views, time.time())))
        return 0
    return _explain_trial(cluster, name)


def _explain_trial(cluster: Kubectl, name: str) -> int:
    body = cluster.trial(name)
    about = cluster.sweep(body["spec"]["sweep"])
    sweep = SweepView.of(about)
    trials = trial_views(cluster.trials(sweep.name), sweep.goal)
    trials += trial_views(cluster.warm_started_by(about), sweep.goal)
    trial = next((t for t in trials if t.name == name), None)
    if trial is None:
        raise Unusable(f"{name} is no trial of {sweep.name}: its labels or its owner are others'")
    say("\n".join(explanation(sweep, trial, trials, time.time())))
    return 0


def explanation(
    sweep: SweepView, trial: TrialView, trials: Sequence[TrialView], now: float
) -> list[str]:
    """The lines that explain a trial; ``trials`` are all of its sweep, and
    those of other sweeps that count in it.
    """
    lines = [_title(trial, now)]
    lines += [f"  {name} = {value}" for name, value in trial.parameters.items()]
    if trial.unreadable:
        lines += ["", trial.unreadable]
    lines += _curve(sweep, trial)
    stop = trial.record.stop
    if stop is not None and stop.policy:
        lines += _decision(sweep, trial, stop, trials)
    elif trial.record.message:
        lines += ["", f"{trial.record.reason}: {trial.record.message}"]
    if trial.record.doubts:
        lines += ["", *(f"{why}: {d.message}" for why, d in trial.record.doubts.items())]
    if trial.record.executions:
        lines += ["", *_executions(trial)]
    return lines


def _title(trial: TrialView, now: float) -> str:
    record = trial.record
    took = trial.seconds(now)
    parts = [trial.name, trial.phase, duration(took) if took is not None else "not started"]
    if record.attempt > 1:
        parts.append(f"attempt {record.attempt}")
    return "   ".join(parts)


def _curve(sweep: SweepView, trial: TrialView) -> list[str]:
    curve = trial.curve
    if curve.best is None and curve.count:
        told = f"{counted(curve.count, 'report')}, none of them finite, last {cell(curve.last)}"
        return ["", f"{sweep.metric}: {told}"]
    if curve.best is None:
        seen = ", ".join(trial.record.seen)
        told = f"it reported {seen}, but never {sweep.metric}" if seen else "it reported nothing"
        return ["", told]
    return [
        "",
        f"{sweep.metric}: {counted(curve.count, 'report')}, best {cell(curve.best)} at interval "
        f"{curve.best_interval}, last {cell(curve.last)}",
        sparkline(trial.shape(), _WIDTH),
    ]


def _decision(
    sweep: SweepView, trial: TrialView, stop: StopDecision, trials: Sequence[TrialView]
) -> list[str]:
    lines = ["", stop.message]
    if stop.threshold is not None:
        lines.append(
            f"value {cell(stop.value) or 'none'}, threshold {cell(stop.threshold)}, "
            f"{counted(stop.comparators, 'other trial')} compared at interval {stop.interval}"
        )
    others = [
        (best, other)
        for other in trials
        if other.name != trial.name
        and (best := best_within(other, stop.interval, sweep.goal)) is not None
    ]
    others.sort(key=lambda pair: (-sweep.goal.score(pair[0]), pair[1].index))
    if others:
        rows = [[o.name, o.phase, cell(best)] for best, o in others[:_NEIGHBOURS]]
        head = ["TRIAL", "PHASE", f"BEST WITHIN {stop.interval}"]
        lines += ["", f"the best of those that have come as far by now ({len(others)}):"]
        lines += [table(head, rows)]
    return lines


def best_within(trial: TrialView, interval: int, goal: Goal) -> float | None:
    """Its best value within its first ``interval`` reports; None when it did not come so far, or this
    interval of a long curve is not kept.
    """
    curve = trial.curve
    if curve.count < interval:
        return None
    if interval <= len(curve.values):
        score = max(map(goal.score, curve.values[:interval]), default=-math.inf)
    else:
        score = next((p.best for p in curve.later if p.interval == interval), -math.inf)
    return goal.reported(score) if math.isfinite(score) else None


def _executions(trial: TrialView) -> list[str]:
    rows = [
        [str(e.attempt), e.pod, e.node, format_time(e.ended), f"{e.reason}: {e.message}"]
        for e in trial.record.executions
    ]
    return [table(["ATTEMPT", "POD", "NODE", "ENDED", "WHY"], rows)]
