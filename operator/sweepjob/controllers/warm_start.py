"""Finds and checks the earlier sweeps whose trials count for a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..api import names
from ..api.meta.identity import ObjectKey
from ..api.parsing.problem import InvalidSpec, Problem
from ..api.resources import SWEEPJOBS
from ..api.spec.sweep_spec import SweepSpec
from ..api.spec_parser import parse_sweepjob
from ..api.status import is_finished
from ..api.sweeptrial.trial_record import TrialRecord
from ..kube.client import KubeClient
from ..kube.errors import NotFound
from ..search.warm_start import any_within, incompatibility
from ..timestamps import parse_time
from .caches import Caches
from .fair_thread import FairThread
from .not_ready import NotReady

_SECOND = 1.0  # the resolution of times in a status


@dataclass(frozen=True, slots=True)
class Source:
    """An earlier sweep.

    Attributes:
        records: its trials that count; none if the sweep has been deleted since.
        counted: how many there were when the new sweep began.
    """

    name: str
    uid: str
    records: tuple[TrialRecord, ...]
    counted: int

    @property
    def lost(self) -> int:
        """How many of the trials that counted were deleted since."""
        return max(0, self.counted - len(self.records))


async def find_sources(
    api: KubeClient,
    caches: Caches,
    namespace: str,
    spec: SweepSpec,
    status: Mapping[str, Any],
    thread: FairThread,
) -> tuple[Source, ...]:
    """Find the sweeps that a spec names in ``spec.warmStart``.

    Those that the status already names were checked before. They count as long as they exist, with the
    trials that had ended when this sweep began, so that a restarted operator uses the same ones.

    Args:
        api: the API server.
        caches: the caches of records.
        namespace: the namespace of the sweep.
        spec: the spec of the sweep.
        status: the status of the sweep.
        thread: reads the specs of the others, which may be as large as their user likes.

    Raises:
        NotReady: one does not exist, or has not finished.
        InvalidSpec: one cannot be used for this sweep; the error has the reason.
        ApiError: a request failed.
    """
    known = {entry["sweep"]: entry for entry in status.get("warmStart") or ()}
    started = parse_time(status.get("startTime"))
    sources = []
    for position, name in enumerate(spec.warm_start):
        if name in known and started is not None:
            sources.append(_known_source(caches, namespace, known[name], started))
            continue
        body = await _finished(api, namespace, name)
        source = _source(caches, namespace, body)
        if problem := await thread.call(namespace, _problem, spec, body, source):
            path = f"spec.warmStart.sweeps[{position}]"
            raise InvalidSpec([Problem(path, name, problem)])
        sources.append(source)
    return tuple(sources)


def _known_source(
    caches: Caches, namespace: str, entry: Mapping[str, Any], started: float
) -> Source:
    name, uid = entry["sweep"], entry["uid"]
    records = tuple(
        record
        for record in _records(caches, namespace, name, uid)
        if record.ended is not None and record.ended < started + _SECOND
    )
    return Source(name, uid, records, entry["trials"])


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


def _source(caches: Caches, namespace: str, body: Mapping[str, Any]) -> Source:
    name, uid = body["metadata"]["name"], body["metadata"]["uid"]
    records = tuple(_records(caches, namespace, name, uid))
    # The ends of its trials were recorded before its own, but the cache may lag behind.
    if not all(record.phase.is_end for record in records):
        raise _not_finished(body)
    return Source(name, uid, records, len(records))


def _records(caches: Caches, namespace: str, name: str, uid: str) -> list[TrialRecord]:
    found = (r for r in caches.records_of(ObjectKey(namespace, name)) if r.sweep_uid == uid)
    return sorted(found, key=lambda record: record.index)


def _problem(spec: SweepSpec, body: Mapping[str, Any], source: Source) -> str:
    try:
        theirs = parse_sweepjob(body)
    except InvalidSpec as error:
        return f"cannot be read by this version: {error}; remove it from the list"
    found = incompatibility(spec.objective, spec.space, theirs.objective, theirs.space)
    if found:
        return found
    if spec.further_objectives and spec.criteria.objectives != theirs.criteria.objectives:
        return "it has other objectives, so its trials lack values; use sweeps with the same objectives"
    if spec.sampler.uses_observations and not any_within(
        spec.space, (r.assignment for r in source.records)
    ):
        return "none of its trials lies in this searchSpace; widen the ranges, or remove it"
    return ""
