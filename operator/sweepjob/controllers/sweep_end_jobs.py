"""Creates the Job that completes the runs of an ended sweep on the user's own tracking server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..api import names
from ..api.meta.event import NewEvent
from ..api.phases import SweepPhase, TrialPhase
from ..api.status import SweepStatus
from ..api.sweeptrial.trial_record import TrialRecord
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..lifecycle.planner import STOPPED, SWEEP_TIMEOUT
from ..pareto.dominance import ordered
from ..protocol.tracked_sweep import SweepEnd
from ..search.samplers.random import RandomSampler
from ..search.space import Assignment
from ..template.references import value_text
from ..trial_pods.sidecar import SidecarSettings
from ..trial_pods.sweep_end_job import has_tracked_runs, sweep_end_job
from ..trial_pods.tracking import parameter_texts, tracked_sweep
from .caches import Caches
from .event_recorder import EventRecorder
from .namespace_constraint_reader import NamespaceConstraintReader
from .state.sweep_state import SweepState

_MOST_OF_FRONT = 2000  # trials that are marked: bounds the Job's environment
_MOST_OF_TAGS = 16_384  # characters of tags, for the same reason
_LETTERS = {
    TrialPhase.SUCCEEDED: "S",
    TrialPhase.EARLY_STOPPED: "E",
    TrialPhase.FAILED: "F",
    TrialPhase.CANCELED: "C",
}


class SweepEndJobs:
    """Creates one Job for each end of a sweep, before the end is in its status.

    The Job's name is deterministic, so a crash in between leads to a second try, not to a second Job.

    Args:
        api: the API server.
        caches: the cache of records.
        events: records events.
        limits: reads the LimitRanges and quotas of a namespace.
        sidecar: the operator's settings for sidecars.
    """

    def __init__(
        self,
        api: KubeClient,
        caches: Caches,
        events: EventRecorder,
        limits: NamespaceConstraintReader,
        sidecar: SidecarSettings,
    ) -> None:
        self._api = api
        self._caches = caches
        self._events = events
        self._limits = limits
        self._sidecar = sidecar

    async def create(self, state: SweepState, status: SweepStatus) -> None:
        """Create the Job, if the trials report to a server of the user's own.

        A refusal is an event: the sweep has ended all the same.

        Args:
            state: the sweep.
            status: its last status.

        Raises:
            ApiError: the API server did not answer.
        """
        if not state.slots.created:
            return
        try:
            assignment = _any_assignment(state)
            if not has_tracked_runs(state.spec, assignment):
                return
            limits = await self._limits.read(state.namespace)
            end = self._end(state, status)
            body = sweep_end_job(
                state.identity,
                *(state.spec, assignment, end, status.generation),
                *(self._sidecar, limits),
            )
            await self._api.create(resources.JOBS, state.namespace, body)
        except errors.AlreadyExists:
            pass
        except (errors.Refused, errors.Conflict, TypeError, KeyError, AttributeError) as error:
            text = f"the runs on the tracking server are not completed: {error}"
            about = (names.SWEEPJOB, state.namespace, state.name, state.identity.uid)
            self._events.emit(NewEvent(*about, names.REASON_RUNS_INCOMPLETE, text, warning=True))

    def _end(self, state: SweepState, status: SweepStatus) -> SweepEnd:
        identity, best = state.identity, status.best
        every = self._caches.records_of(identity.key)
        own = [record for record in every if record.sweep_uid == identity.uid]
        letters = {record.index: _LETTERS.get(record.phase, "-") for record in own}
        tags, untagged = _bounded_tags(own)
        several = state.criteria.has_several_objectives
        front = ordered(state.results.standings.front) if several else ()
        end = SweepEnd(
            sweep=tracked_sweep(identity, state.spec),
            status=_run_status(status),
            reason=status.reason if status.phase is SweepPhase.FAILED else "",
            metric=state.spec.objective.primary_metric,
            phases="".join(letters.get(n, "-") for n in range(max(letters, default=-1) + 1)),
            front=tuple(member.index for member in front[:_MOST_OF_FRONT]),
            front_size=len(front),
            trial_tags=tags,
            untagged=untagged,
        )
        if best is None:
            return end
        found = parameter_texts(best.assignment)
        return end.with_best(best.trial, value_text(best.value), found)


def _bounded_tags(records: Sequence[TrialRecord]) -> tuple[dict[str, Mapping[str, str]], int]:
    """Return the tags of trials by name, and how many trials are left out of them."""
    tagged = sorted((record for record in records if record.tags), key=lambda each: each.index)
    found: dict[str, Mapping[str, str]] = {}
    size = 0
    for record in tagged:
        size += len(record.name) + sum(len(key) + len(text) for key, text in record.tags.items())
        if size > _MOST_OF_TAGS:
            break
        found[record.name] = dict(record.tags)
    return found, len(tagged) - len(found)


def _any_assignment(state: SweepState) -> Assignment:
    if state.results.best is not None:
        return state.results.best.assignment
    proposed = RandomSampler(state.spec.space, state.seed).propose(0, [])
    assert proposed is not None, "a space has at least one point"
    return state.spec.with_first_budget(proposed)


def _run_status(status: SweepStatus) -> str:
    """Return MLflow's status of the parent run."""
    if status.phase is SweepPhase.COMPLETE:
        return "FINISHED"
    killed = (STOPPED, SWEEP_TIMEOUT, names.REASON_MAX_GPU_HOURS, names.REASON_MAX_COST)
    return "KILLED" if status.reason in killed else "FAILED"
