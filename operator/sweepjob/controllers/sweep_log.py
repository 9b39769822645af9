"""Logs what happens to sweeps, one line each. Values of specs may be secret and are not logged."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from ..api import names
from ..api.phases import TrialPhase
from ..api.status import has_started
from ..api.sweeptrial.stop_decision import StopDecision
from ..telemetry.log_format import fields
from .state.sweep_state import SweepState
from .state.trial_state import TrialState

_log = logging.getLogger(__name__)
_PATH = re.compile(r"\b(?:spec|metadata)(?:\.\w+|\[\d+\])+")
_MOST_PATHS = 5


def log_refused(namespace: str, sweep: str, reason: str, message: str) -> None:
    """Log that a spec is not accepted: the paths of its mistakes, without the values.

    Args:
        namespace: the namespace of the sweep.
        sweep: name of the sweep.
        reason: one word.
        message: names the paths.
    """
    paths = ",".join(list(dict.fromkeys(_PATH.findall(message[:10_000])))[:_MOST_PATHS])
    what = "sweep waits" if reason != names.REASON_INVALID else "sweep refused"
    extra = fields(namespace=namespace, sweep=sweep, reason=reason, paths=paths)
    _log.warning(what, extra=extra)


def log_other_operator(state: SweepState, url: str) -> None:
    """Log that another operator creates Jobs for a sweep.

    Args:
        state: the state of the sweep.
        url: where the other operator takes reports.
    """
    extra = fields(namespace=state.namespace, sweep=state.name, reason=names.REASON_OTHER_OPERATOR)
    _log.error("another operator manages the sweep as well: %s", url, extra=extra)


def log_deleted(namespace: str, sweep: str) -> None:
    """Log that a sweep was deleted before its end."""
    _log.info("sweep deleted", extra=fields(namespace=namespace, sweep=sweep))


def log_stopped(state: SweepState, trial: TrialState, stop: StopDecision) -> None:
    """Log the decision to stop a trial.

    Args:
        state: the state of the trial's sweep.
        trial: the trial.
        stop: the decision.
    """
    values = {"policy": stop.policy, "interval": stop.interval, "value": stop.value}
    values["threshold"] = stop.threshold
    _log.info("trial stopped", extra=_of_trial(state, trial, stop.reason, **values))


def log_attempt_ended(state: SweepState, trial: TrialState, reason: str) -> None:
    """Log that an attempt ended without ending the trial.

    Args:
        state: the state of the trial's sweep.
        trial: the trial.
        reason: why the attempt ended.
    """
    extra = _of_trial(state, trial, reason, attempt=trial.status.attempt)
    _log.info("trial starts again", extra=extra)


def log_paused(state: SweepState, trial: TrialState, reason: str) -> None:
    """Log that a trial is paused, before that enters its state.

    Args:
        state: the state of the trial's sweep.
        trial: the trial.
        reason: why.
    """
    extra = _of_trial(state, trial, reason, attempt=trial.status.attempt)
    _log.info("trial paused", extra=extra)


def log_resumed(state: SweepState, trial: TrialState, reason: str) -> None:
    """Log that a paused trial continues.

    Args:
        state: the state of the trial's sweep.
        trial: the trial.
        reason: why.
    """
    extra = _of_trial(state, trial, reason, attempt=trial.status.attempt)
    _log.info("trial continues", extra=extra)


def log_trial_ended(state: SweepState, trial: TrialState, phase: TrialPhase, reason: str) -> None:
    """Log the end of a trial: a failure at level INFO, others at DEBUG.

    Args:
        state: the state of the trial's sweep.
        trial: the trial.
        phase: the phase that it ended in.
        reason: why it ended.
    """
    level = logging.INFO if phase is TrialPhase.FAILED else logging.DEBUG
    _log.log(level, "trial ended", extra=_of_trial(state, trial, reason, outcome=phase.value))


def log_transitions(state: SweepState, before: Mapping[str, Any]) -> None:
    """Log what changed in the status of a sweep.

    Args:
        state: the state of the sweep, with the status that was just written.
        before: the status before.
    """
    if has_started(state.written.content) and not has_started(before):
        _log.info("first trial started", extra=_of_sweep(state))
    was, now = _conditions(before), _conditions(state.written.content)
    for kind, (holds, reason) in now.items():
        if (holds, reason) == was.get(kind, (False, reason)):
            continue
        _log_condition(state, kind, reason, holds=holds)


def _log_condition(state: SweepState, kind: str, reason: str, *, holds: bool) -> None:
    match kind, holds:
        case names.ACCEPTED, True:
            extra = _of_sweep(state, trials=state.spec.limits.max_total_trials)
            _log.info("sweep accepted", extra=extra)
        case names.ACCEPTED, False:
            log_refused(state.namespace, state.name, reason, state.findings.rejection)
        case ((names.COMPLETE | names.FAILED), True):
            _log_ended(state, kind, reason)
        case names.SUSPENDED, _:
            _log.info("sweep suspended" if holds else "sweep resumed", extra=_of_sweep(state))
        case names.DEGRADED, True:
            _log.warning("sweep degraded", extra=_of_sweep(state, reason=reason))
        case names.DEGRADED, False:
            _log.info("sweep healthy again", extra=_of_sweep(state))


def _log_ended(state: SweepState, kind: str, reason: str) -> None:
    best: dict[str, Any] = {}
    if state.results.best is not None:
        best = {"best": state.results.best.trial, "value": state.results.best.value}
    if state.criteria.has_several_objectives:
        best = {"front": len(state.results.standings.front)}
    counts = {phase.value: count for phase, count in state.results.ended.items() if count}
    extra = _of_sweep(state, reason=reason, outcome=kind, **best, **counts)
    _log.info("sweep ended", extra=extra)


def _conditions(status: Mapping[str, Any]) -> dict[str, tuple[bool, str]]:
    """Return the status and the reason of each condition, by its type."""
    conditions = status.get("conditions") or ()
    return {c["type"]: (c["status"] == "True", c["reason"]) for c in conditions}


def _of_sweep(state: SweepState, **more: object) -> dict[str, dict[str, object]]:
    return fields(namespace=state.namespace, sweep=state.name, **more)


def _of_trial(
    state: SweepState, trial: TrialState, reason: str, **more: object
) -> dict[str, dict[str, object]]:
    about = {"namespace": state.namespace, "sweep": state.name, "trial": trial.name}
    return fields(**about, reason=reason, **more)
