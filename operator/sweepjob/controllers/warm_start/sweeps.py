"""Finds and checks the earlier sweeps whose trials count for a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...api import names
from ...api.meta.identity import ObjectKey
from ...api.parsing.problem import InvalidSpec, Problem
from ...api.resources import SWEEPJOBS
from ...api.spec.sweep_spec import SweepSpec
from ...api.spec_parser import parse_sweepjob
from ...api.status import is_finished
from ...api.sweeptrial.source_trial import SourceTrial
from ...api.sweeptrial.trial_record import TrialRecord
from ...kube.client import KubeClient
from ...kube.errors import NotFound
from ...search.warm_start import Differences, fit, parameter_names
from ...timestamps import parse_time
from ..caches import Caches
from ..fair_thread import FairThread
from ..not_ready import NotReady
from .source import Source

_SECOND = 1.0  # the resolution of times in a status


async def find_sweeps(
    api: KubeClient,
    caches: Caches,
    namespace: str,
    spec: SweepSpec,
    status: Mapping[str, Any],
    thread: FairThread,
) -> list[Source]:
    """Find the sweeps of ``spec.warmStart.sweeps``; see ``find_sources``."""
    known = {entry["sweep"]: entry for entry in status.get("warmStart") or ()}
    started = parse_time(status.get("startTime"))
    sources = []
    for position, name in enumerate(spec.warm_start.sweeps):
        if name in known and started is not None:
            uid, trials = known[name]["uid"], known[name]["trials"]
            records = _known_records(caches, namespace, name, uid, started)
            given = (spec, name, uid, records, trials)
            sources.append(await thread.call(namespace, _made_to_fit, *given))
            continue
        body = await _finished(api, namespace, name)
        uid, records = body["metadata"]["uid"], _ended_records(caches, namespace, body)
        given = (spec, name, uid, records, len(records))
        source = await thread.call(namespace, _made_to_fit, *given)
        if problem := await thread.call(namespace, _problem, spec, body, source):
            path = f"spec.warmStart.sweeps[{position}]"
            raise InvalidSpec([Problem(path, name, problem)])
        sources.append(source)
    return sources


def _known_records(
    caches: Caches, namespace: str, name: str, uid: str, started: float
) -> list[TrialRecord]:
    """Return the trials of a sweep that had ended when another one began."""
    return [
        record
        for record in _records(caches, namespace, name, uid)
        if record.ended is not None and record.ended < started + _SECOND
    ]


async def _finished(api: KubeClient, namespace: str, name: str) -> Mapping[str, Any]:
    try:
        body = await api.get(SWEEPJOBS, namespace, name)
    except NotFound:
        raise NotReady(
            names.REASON_WARM_START_PENDING,
            f"there is no sweep {name} in namespace {namespace}; correct spec.warmStart.sweeps, or "
            "create it: this sweep starts when that one has finished",
        ) from None
    if not is_finished(body.get("status") or {}):
        raise _not_finished(body)
    return body


def _not_finished(body: Mapping[str, Any]) -> NotReady:
    progress = (body.get("status") or {}).get("progress", "no")
    return NotReady(
        names.REASON_WARM_START_PENDING,
        f"sweep {body['metadata']['name']} has not finished: {progress} trials have ended; this "
        "sweep starts when that one has finished",
    )


def _ended_records(caches: Caches, namespace: str, body: Mapping[str, Any]) -> list[TrialRecord]:
    records = _records(caches, namespace, body["metadata"]["name"], body["metadata"]["uid"])
    # The ends of its trials were recorded before its own, but the cache may lag behind.
    if not all(record.phase.is_end for record in records):
        raise _not_finished(body)
    return records


def _records(caches: Caches, namespace: str, name: str, uid: str) -> list[TrialRecord]:
    found = (r for r in caches.records_of(ObjectKey(namespace, name)) if r.sweep_uid == uid)
    return sorted(found, key=lambda record: record.index)


def _made_to_fit(
    spec: SweepSpec, name: str, uid: str, records: Sequence[TrialRecord], counted: int
) -> Source:
    differences, trials = Differences(), []
    for record in records:
        fitted = fit(spec.space, record.assignment, spec.warm_start.defaults)
        differences.add(fitted)
        inside = not fitted.outside and not record.is_unmanaged
        parts = (fitted.assignment, record.phase, record.curve, record.values)
        trials.append(SourceTrial(*parts, inside, has_reports=not record.is_unmanaged))
    return Source(name, tuple(trials), counted, uid=uid, differences=str(differences))


def _problem(spec: SweepSpec, body: Mapping[str, Any], source: Source) -> str:
    try:
        theirs = parse_sweepjob(body)
    except InvalidSpec as error:
        return f"cannot be read by this version: {error}; remove it from the list"
    if theirs.objective != spec.objective:
        return (
            f"it was to {theirs.objective.goal.value} {theirs.objective.primary_metric}, and this one is "
            f"to {spec.objective.goal.value} {spec.objective.primary_metric}; use sweeps with the same "
            "objective"
        )
    here, there = parameter_names(spec.space), parameter_names(theirs.space)
    if not here & there:
        found = [f"it has no {name}" for name in sorted(here)]
        found += [f"it has {name}, which is not in searchSpace" for name in sorted(there)]
        return f"{'; '.join(found)}; use sweeps that share a parameter"
    if spec.further_objectives and spec.criteria.objectives != theirs.criteria.objectives:
        return "it has other objectives, so its trials lack values; use sweeps with the same objectives"
    if spec.sampler.uses_observations and not any(trial.is_inside for trial in source.trials):
        return "none of its trials lies in this searchSpace; widen the ranges, or remove it"
    return ""
