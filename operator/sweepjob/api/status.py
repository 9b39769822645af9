"""The status of a SweepJob. Its size does not depend on the number of trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..search.space import Assignment, leaves
from ..template.references import value_text
from ..timestamps import format_time
from . import names
from .phases import SweepPhase, TrialPhase


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. Its transition time follows from the previous status.

    Attributes:
        kind: type of the condition.
        holds: status ``True``; otherwise ``False``.
        reason: one word in CamelCase.
        message: one or more sentences.
    """

    kind: str
    holds: bool
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class BestTrial:
    """The best trial so far.

    Attributes:
        trial: its name.
        value: its best value of the primary metric.
        assignment: its parameters.
        reported: when the value was reported, in seconds since the epoch.
        outputs: the trial's folder on the volume of each output.
        warning: why its reports may be incomplete or ambiguous; empty when they are not.
        values: its values by metric; empty without constraints.
    """

    trial: str
    value: float
    assignment: Assignment
    reported: float
    outputs: Mapping[str, str] = field(default_factory=dict)
    warning: str = ""
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResultCounts:
    """How many ended trials have a result: see ``status.results``."""

    feasible: int
    infeasible: int
    incomplete: int


@dataclass(frozen=True, slots=True)
class ParetoStatus:
    """The Pareto front.

    Attributes:
        size: number of trials on the front.
        trials: names and values of some of them: at most ``MOST_SHOWN``.
    """

    size: int
    trials: tuple[tuple[str, Mapping[str, float]], ...]


MOST_SHOWN = 20  # trials of the front in a status


@dataclass(frozen=True, slots=True)
class SweepStatus:
    """The content of a SweepJob's status.

    Attributes:
        generation: the generation of the spec that the status describes.
        phase: a summary for printer columns; the conditions are authoritative.
        conditions: the conditions, in the order of the status.
        seed: the sampler's seed.
        started, completed: seconds since the epoch; None before.
        total: maximum number of trials.
        created: number of trials so far.
        running, queued: number of active trials with and without a running trainer.
        ended: number of ended trials by phase.
        best: the best trial; None before a report.
        gpu_used, gpu_saved: accelerator-seconds.
        cost: what ended trials cost; 0 where nothing has a price.
        reason: what needs attention, or why the sweep failed; empty otherwise.
        sources: sweeps of a warm start: name, uid, number of trials that count.
        results_read: results of a warm start: ConfigMap and key, SHA-256, number of trials that count.
        code: the hash of the trials' code, or where it is mounted from; empty without any.
        pareto: the Pareto front; None with one objective.
        results: how many trials have a result; None with one objective and no constraints.
    """

    generation: int
    phase: SweepPhase
    conditions: tuple[Condition, ...]
    seed: int | None = None
    started: float | None = None
    completed: float | None = None
    total: int = 0
    created: int = 0
    running: int = 0
    queued: int = 0
    ended: Mapping[TrialPhase, int] = field(default_factory=dict)
    paused: int = 0
    best: BestTrial | None = None
    gpu_used: float = 0.0
    gpu_saved: float = 0.0
    cost: float = 0.0
    reason: str = ""
    sources: tuple[tuple[str, str, int], ...] = ()
    results_read: tuple[tuple[str, str, int], ...] = ()
    code: str = ""
    pareto: ParetoStatus | None = None
    results: ResultCounts | None = None


_URGENT = ("observedGeneration", "phase", "reason", "seed", "startTime", "completionTime")


def dump_status(content: SweepStatus, previous: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the status object, as a merge patch.

    Args:
        content: the content of the status.
        previous: the current status; unchanged conditions keep their transition times.
        now: seconds since the epoch.
    """
    ended = {phase: content.ended.get(phase, 0) for phase in TrialPhase if phase.is_end}
    status: dict[str, Any] = {
        "observedGeneration": content.generation,
        "phase": content.phase.value,
        "reason": content.reason or None,
        "conditions": _conditions(content, previous.get("conditions") or (), now),
        "trials": {
            "total": content.total,
            "created": content.created,
            "queued": content.queued,
            "running": content.running,
            "paused": content.paused or None,
            "succeeded": ended[TrialPhase.SUCCEEDED],
            "earlyStopped": ended[TrialPhase.EARLY_STOPPED],
            "failed": ended[TrialPhase.FAILED],
            "canceled": ended[TrialPhase.CANCELED],
        },
        # The limit may be lower than the number of ended trials: users may lower it.
        "progress": f"{(over := sum(ended.values()))}/{max(over, content.total)}",
        "gpuSeconds": {"used": round(content.gpu_used), "saved": round(content.gpu_saved)},
        # A merge patch removes a key by null.
        "seed": content.seed,
        "startTime": _time(content.started),
        "completionTime": _time(content.completed),
        "best": None if content.best is None else _best(content.best),
    }
    if content.pareto is not None:
        status["pareto"] = _pareto(content.pareto)
    if content.results is not None:
        status["results"] = asdict(content.results)
    if content.cost:
        status["cost"] = f"{content.cost:.6g}"
    if content.code:
        status["code"] = content.code
    if content.sources:
        keys = ("sweep", "uid", "trials")
        status["warmStart"] = [dict(zip(keys, s, strict=True)) for s in content.sources]
    if content.results_read:
        status["warmStartResults"] = [_results_read(*read) for read in content.results_read]
    return status


def _results_read(name: str, digest: str, trials: int) -> dict[str, Any]:
    config_map, _, key = name.partition("/")
    return {"configMap": config_map, "key": key, "sha256": digest, "trials": trials}


def _pareto(front: ParetoStatus) -> dict[str, Any]:
    return {
        "size": front.size,
        "omitted": front.size - len(front.trials),
        "trials": [{"trial": name, "values": _texts(values)} for name, values in front.trials],
    }


def _texts(values: Mapping[str, float]) -> dict[str, str]:
    return {name: repr(value) for name, value in values.items()}


def _best(best: BestTrial) -> dict[str, Any]:
    dumped: dict[str, Any] = {
        "trial": best.trial,
        "value": repr(best.value),
        "parameters": {name: value_text(value) for name, value in leaves(best.assignment)},
        "reportedAt": _time(best.reported),
    }
    dumped["warning"] = best.warning or None
    if best.values:
        dumped["values"] = _texts(best.values)
    if best.outputs:
        dumped["outputs"] = dict(best.outputs)
    return dumped


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else format_time(seconds)


def _conditions(
    content: SweepStatus, previous: Sequence[Mapping[str, Any]], now: float
) -> list[dict[str, Any]]:
    before = {c["type"]: c for c in previous}
    dumped = []
    for condition in content.conditions:
        value = "True" if condition.holds else "False"
        old = before.get(condition.kind, {})
        changed = old.get("status") != value
        dumped.append(
            {
                "type": condition.kind,
                "status": value,
                "reason": condition.reason,
                "message": condition.message,
                "observedGeneration": content.generation,
                "lastTransitionTime": format_time(now) if changed else old["lastTransitionTime"],
            }
        )
    return dumped


def patch_changes(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Return whether a merge patch would change an object.

    Args:
        new: the patch.
        old: the object.
    """
    for key, value in new.items():
        current = old.get(key)
        if isinstance(value, Mapping) and isinstance(current, Mapping):
            if set(current) - set(value) or patch_changes(value, current):
                return True
        elif value != current:
            return True
    return False


def is_urgent(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Return whether a status differs in more than counts and messages, and should be written at once.

    Args:
        new: the new status.
        old: the previous one.
    """
    return any(new.get(key) != old.get(key) for key in _URGENT) or _signs(new) != _signs(old)


def _signs(status: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    return {(c["type"], c["status"], c["reason"]) for c in status.get("conditions") or ()}


def has_started(status: Mapping[str, Any]) -> bool:
    """Return whether any trial has run."""
    trials = status.get("trials") or {}
    return any(trials.get(kind) for kind in ("running", "succeeded", "earlyStopped", "failed"))


def is_accepted(status: Mapping[str, Any], generation: int) -> bool:
    """Return whether this generation of the spec is accepted already.

    Args:
        status: the status of the SweepJob.
        generation: the generation of its spec.
    """
    return any(
        c["type"] == names.ACCEPTED
        and c["status"] == "True"
        and c.get("observedGeneration") == generation
        for c in status.get("conditions") or ()
    )


def is_finished(status: Mapping[str, Any]) -> bool:
    """Return whether the conditions say that the sweep has ended."""
    return any(
        c["type"] in (names.COMPLETE, names.FAILED) and c["status"] == "True"
        for c in status.get("conditions") or ()
    )
