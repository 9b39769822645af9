"""What ``sweepjob replay`` says of the limits of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..api.spec.prices import cost_rate
from ..api.spec.sweep_spec import SweepSpec
from ..early_stopping.replay import RecordedTrial, Replay
from ..lifecycle.replayed_limits import LimitEnd, end_by_row, end_by_target, end_by_usage
from ..objective import Goal
from ..render.formatting import format_duration, pluralize
from ..search.samplers.random import RandomSampler
from ..trial_pods.accelerators import requested
from ..trial_pods.requested_amounts import requested_amounts
from ..trial_pods.user_pod import user_pod

_HOUR = 3600.0
_NO_SECONDS = "the curves have no seconds, so that nothing is known of what the trials use"


@dataclass(frozen=True, slots=True)
class JudgedLimit:
    """A limit of the sweep, and how it would have ended the sweep.

    Attributes:
        name: its key in ``spec.limits``.
        value: its value.
        end: how it would have ended the sweep; None if it was not reached.
        unknown: why it cannot be judged; empty if it can.
        saved: what would have been saved, in words; empty without a unit.
    """

    name: str
    value: float
    end: LimitEnd | None = None
    unknown: str = ""
    saved: str = ""

    def text(self, trials: int) -> str:
        """Return the limit in a sentence.

        Args:
            trials: number of trials in the replay.
        """
        name, end = f"{self.name} {self.value:g}", self.end
        if self.unknown:
            return f"{name}: not judged: {self.unknown}"
        if end is None:
            return f"{name}: not reached"
        best = "LOST" if end.best_lost else "kept"
        saved = f"{100 * end.share:.1f} % of the trials' time{self.saved}"
        return (
            f"{name}: ends the sweep after {format_duration(float(end.at))}, when {end.ended} of "
            f"{pluralize(trials, 'trial')} have ended; saves {saved}; the best value is {best}"
        )

    def data(self) -> dict[str, Any]:
        """Return the same for programs."""
        known: dict[str, Any] = {"limit": self.name, "value": self.value}
        if self.unknown:
            return {**known, "unknown": self.unknown}
        if self.end is None:
            return {**known, "reachedAt": None}
        end = self.end
        return {
            **known,
            "reachedAt": float(end.at),
            "trialsEnded": end.ended,
            "secondsSaved": float(end.saved),
            "saved": end.share,
            "bestLost": end.best_lost,
        }


def judge_limits(
    spec: SweepSpec, trials: Sequence[RecordedTrial], replay: Replay
) -> list[JudgedLimit]:
    """Return the limits of a sweep that depend on results or usage, as a replay shows them.

    Args:
        spec: the spec of the sweep.
        trials: the recorded curves.
        replay: their replay.
    """
    limits, goal = spec.limits, spec.objective.goal
    found = []
    if limits.target is not None:
        end = end_by_target(replay, goal, limits.target)
        found.append(JudgedLimit("target", limits.target, end))
    if limits.no_improvement_trials is not None:
        end = end_by_row(replay, goal, limits.no_improvement_trials)
        found.append(JudgedLimit("noImprovementTrials", limits.no_improvement_trials, end))
    if limits.max_gpu_hours is None and limits.max_cost is None:
        return found
    # The objects of another kind may have any number of pods.
    gpus, cost = (0.0, 0.0) if spec.trial.manifest is not None else _rates(spec)
    if limits.max_gpu_hours is not None:
        unit = _Unit(
            gpus / _HOUR, "{:.4g} GPU-hours", "it is not known that a trial requests a GPU"
        )
        found.append(_usage("maxGpuHours", limits.max_gpu_hours, unit, trials, replay, goal))
    if limits.max_cost is not None:
        why = "nothing that a trial requests is known to have a price in limits.prices"
        unit = _Unit(cost, "a cost of {:.4g}", why)
        found.append(_usage("maxCost", limits.max_cost, unit, trials, replay, goal))
    return found


@dataclass(frozen=True, slots=True)
class _Unit:
    """What a limit on usage counts.

    Attributes:
        rate: what a trial uses of it in a second.
        text: an amount of it in words.
        unknown: why it cannot be judged without a rate.
    """

    rate: float
    text: str
    unknown: str


def _usage(
    name: str,
    limit: float,
    unit: _Unit,
    trials: Sequence[RecordedTrial],
    replay: Replay,
    goal: Goal,
) -> JudgedLimit:
    if not any(trial.is_timed for trial in trials):
        return JudgedLimit(name, limit, unknown=_NO_SECONDS)
    if why := some_without_seconds(trials):
        return JudgedLimit(name, limit, unknown=why)
    if not unit.rate:
        return JudgedLimit(name, limit, unknown=unit.unknown)
    end = end_by_usage(replay, goal, limit / unit.rate)
    saved = "" if end is None else f" ({unit.text.format(float(end.saved) * unit.rate)})"
    return JudgedLimit(name, limit, end, saved=saved)


def some_without_seconds(trials: Sequence[RecordedTrial]) -> str:
    """Return how many curves lack seconds that others have; empty where all have them, or none."""
    filled = [trial for trial in trials if trial.values]
    timed = sum(trial.is_timed for trial in filled)
    lack = len(filled) - timed
    return f"{lack} of {pluralize(len(filled), 'curve')} have no seconds" if timed and lack else ""


def _rates(spec: SweepSpec) -> tuple[float, float]:
    """Return the GPUs of a trial, and what it costs a second, without its sidecar."""
    assignment = RandomSampler(spec.space, 0).propose(0, [])
    assert assignment is not None, "a space has at least one point"
    pod, instances = user_pod(spec, assignment), spec.trial.instance_count
    rate = cost_rate(requested_amounts(pod), spec.limits.prices)
    return instances * sum(requested(pod).values()), instances * rate
