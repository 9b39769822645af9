"""The status of a SweepJob: constant in size, whatever the number of trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..search.space import Assignment, leaves
from ..template.references import text_of
from . import names
from .phases import TrialPhase
from .times import format_time


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, without its transition time, which follows from the one before."""

    kind: str
    holds: bool
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Best:
    """The best trial so far.

    Attributes:
        outputs: the trial's folder on each output's volume.
        warning: what its reports lack, or what is in doubt about them; empty when nothing.
    """

    trial: str
    value: float
    assignment: Assignment
    reported: float
    outputs: Mapping[str, str] = field(default_factory=dict)
    warning: str = ""


@dataclass(frozen=True, slots=True)
class SweepStatus:
    """Everything that the status says.

    Attributes:
        phase: one word for printer columns; the conditions are the truth.
        reason: one word about what needs a person, or why it failed; empty when nothing does.
        ended: ended trials by phase.
        running, queued: live trials with and without a running trainer.
        sources: sweeps of a warm start: name, uid, how many of their trials count.
    """

    generation: int
    phase: str
    conditions: tuple[Condition, ...]
    seed: int | None = None
    started: float | None = None
    completed: float | None = None
    total: int = 0
    created: int = 0
    running: int = 0
    queued: int = 0
    ended: Mapping[TrialPhase, int] = field(default_factory=dict)
    best: Best | None = None
    gpu_used: float = 0.0
    gpu_saved: float = 0.0
    reason: str = ""
    sources: tuple[tuple[str, str, int], ...] = ()


_URGENT = ("observedGeneration", "phase", "reason", "seed", "startTime", "completionTime")


def dump_status(overview: SweepStatus, previous: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The status object; transition times of unchanged conditions are kept from ``previous``."""
    ended = {phase: overview.ended.get(phase, 0) for phase in TrialPhase if phase.is_end}
    status: dict[str, Any] = {
        "observedGeneration": overview.generation,
        "phase": overview.phase,
        "reason": overview.reason or None,
        "conditions": _conditions(overview, previous.get("conditions") or (), now),
        "trials": {
            "total": overview.total,
            "created": overview.created,
            "queued": overview.queued,
            "running": overview.running,
            "succeeded": ended[TrialPhase.SUCCEEDED],
            "earlyStopped": ended[TrialPhase.EARLY_STOPPED],
            "failed": ended[TrialPhase.FAILED],
            "canceled": ended[TrialPhase.CANCELED],
        },
        # The limit may have been lowered below what has ended already.
        "progress": f"{(over := sum(ended.values()))}/{max(over, overview.total)}",
        "gpuSeconds": {"used": round(overview.gpu_used), "saved": round(overview.gpu_saved)},
        # A merge patch removes a key only by null.
        "seed": overview.seed,
        "startTime": _time(overview.started),
        "completionTime": _time(overview.completed),
        "best": None if overview.best is None else _best(overview.best),
    }
    if overview.sources:
        keys = ("sweep", "uid", "trials")
        status["warmStart"] = [dict(zip(keys, s, strict=True)) for s in overview.sources]
    return status


def _best(best: Best) -> dict[str, Any]:
    dumped: dict[str, Any] = {
        "trial": best.trial,
        "value": repr(best.value),
        "parameters": {name: text_of(value) for name, value in leaves(best.assignment)},
        "reportedAt": _time(best.reported),
    }
    dumped["warning"] = best.warning or None
    if best.outputs:
        dumped["outputs"] = dict(best.outputs)
    return dumped


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else format_time(seconds)


def _conditions(
    overview: SweepStatus, previous: Sequence[Mapping[str, Any]], now: float
) -> list[dict[str, Any]]:
    before = {c["type"]: c for c in previous}
    dumped = []
    for condition in overview.conditions:
        value = "True" if condition.holds else "False"
        old = before.get(condition.kind, {})
        changed = old.get("status") != value
        dumped.append(
            {
                "type": condition.kind,
                "status": value,
                "reason": condition.reason,
                "message": condition.message,
                "observedGeneration": overview.generation,
                "lastTransitionTime": format_time(now) if changed else old["lastTransitionTime"],
            }
        )
    return dumped


def differs(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether writing ``new`` as a merge patch would change ``old``."""
    for key, value in new.items():
        current = old.get(key)
        if isinstance(value, Mapping) and isinstance(current, Mapping):
            if set(current) - set(value) or differs(value, current):
                return True
        elif value != current:
            return True
    return False


def is_urgent(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Whether there is more in ``new`` than other numbers and words."""
    return any(new.get(key) != old.get(key) for key in _URGENT) or _signs(new) != _signs(old)


def _signs(status: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    return {(c["type"], c["status"], c["reason"]) for c in status.get("conditions") or ()}


def has_started(status: Mapping[str, Any]) -> bool:
    """Whether any trial runs, or has."""
    trials = status.get("trials") or {}
    return any(trials.get(kind) for kind in ("running", "succeeded", "earlyStopped", "failed"))


def is_accepted(status: Mapping[str, Any], generation: int) -> bool:
    """Whether this generation of the spec has been understood already."""
    return any(
        c["type"] == names.ACCEPTED
        and c["status"] == "True"
        and c.get("observedGeneration") == generation
        for c in status.get("conditions") or ()
    )


def is_finished(status: Mapping[str, Any]) -> bool:
    """Whether the sweep has ended for good, by its conditions."""
    return any(
        c["type"] in (names.COMPLETE, names.FAILED) and c["status"] == "True"
        for c in status.get("conditions") or ()
    )
