"""Reconciles one trial at a time: observe, plan, execute."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..api import names
from ..api.meta.identity import ObjectKey
from ..api.spec.distribution import MAX_INSTANCES
from ..kube import errors
from ..lifecycle.actions import Action, Plan, RecordEnd
from ..lifecycle.node_loss import is_node_lost
from ..lifecycle.planner import end_reason, plan, plan_new_trial
from ..lifecycle.snapshot import Proposal
from ..settings import OperatorSettings
from ..telemetry import metrics
from .caches import Caches
from .executor import Executor
from .ingest_authority import IngestAuthority
from .job_event_poller import JobEventPoller
from .owner_resolver import OwnerResolver
from .queues import Queues, TrialKey
from .report_ingestor import ReportIngestor
from .slot_allocator import fill_slots
from .snapshot_builder import sweep_snapshot, trial_snapshot
from .start_turns import NO_TURN_NEEDED, StartTurns, Turn
from .state.pod_classification import pod_state
from .state.sweep_store import SweepStore
from .state.trial_state import TrialState
from .sweep_registry import SweepRegistry
from .trial_workload import Workload
from .unreadable_objects import unreadable_message

_KIND_RETRY = 2.0  # seconds until a trial whose kind is not listed yet is reconciled again


class TrialController:
    """Reconciles trials that have not ended, and those whose record is to be created.

    Args:
        registry: the registry of all sweeps.
        caches: the caches of records, Jobs and pods.
        queues: the controllers' queues.
        settings: the operator's settings.
        executor: carries out what the planner asks for.
        event_poller: reads events of Jobs and pods that do not start.
        owners: finds the trials of pods whose owners are not watched.
        reports: ingests reports.
        authority: the authority by which sidecars trust the ingest server.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        registry: SweepRegistry,
        caches: Caches,
        queues: Queues,
        settings: OperatorSettings,
        executor: Executor,
        event_poller: JobEventPoller,
        owners: OwnerResolver,
        reports: ReportIngestor,
        authority: IngestAuthority,
        clock: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._caches = caches
        self._queues = queues
        self._settings = settings
        self._executor = executor
        self._event_poller = event_poller
        self._owners = owners
        self._reports = reports
        self._authority = authority
        self._clock = clock
        self._turns = StartTurns(caches, lambda key: queues.trials.add(key))

    async def reconcile(self, trial: TrialKey) -> float | None:
        """Take the next steps for a trial.

        Args:
            trial: key of its sweep, and its index.

        Returns:
            Seconds until it is to be reconciled again; None to wait for an event.
        """
        key, index = trial
        await self._caches.synced(key.namespace)
        # Each action changes what is planned next: plan again until there is nothing to do.
        while (sweep := self._registry.reconcilable_sweep(key)) is not None:
            if not self._is_kind_listed(sweep):
                return _KIND_RETRY
            with metrics.RECONCILE_SECONDS.time():
                todo = await self._plan(sweep, index)
                if not todo.actions:
                    now = self._clock()
                    self._queues.requeue_status(sweep.state, now)
                    return None if todo.wake_at is None else max(0.0, todo.wake_at - now)
                try:
                    await self._execute(sweep, index, todo.actions)
                except errors.NotFound:
                    self._registry.mark_maybe_deleted(key)
                    self._queues.sweeps.add(key)
                    return None
            if index not in sweep.state.live:
                return None
        return None

    async def _plan(self, sweep: SweepStore, index: int) -> Plan:
        trial = sweep.state.live.get(index)
        if trial is None:
            return self._plan_new_trial(sweep, index)
        self._note_desired(sweep, trial)
        if sweep.state.spec.trial.manifest is not None:
            await self._owners.resolve(ObjectKey(sweep.state.namespace, trial.name))
        due = await self._event_poller.poll(sweep, trial, self._clock())
        self._reports.follow_log(sweep, trial)
        now = self._clock()
        workload = self._observe(sweep, trial, now)
        turn = self._start_turn(sweep, trial, workload, now)
        unread = (p for p in workload.current_pods if not self._reports.is_read(sweep.state, p))
        snap = trial_snapshot(
            trial,
            workload,
            frozenset(pod.uid for pod in unread),
            self._registry.curve_interval(),
            capacity_limited=sweep.state.slots.capacity_limited,
            turn=turn,
            is_urgent=sweep.state.is_best_urgent(trial),
            violation=sweep.state.stopping_violation(trial),
            rung_stop=sweep.state.rung_stop(trial) if workload.may_have_succeeded else None,
        )
        todo = plan(snap, sweep_snapshot(sweep.state, self._settings), now)
        times = [when for when in (todo.wake_at, due) if when is not None]
        return Plan(todo.actions, min(times, default=None))

    def _note_desired(self, sweep: SweepStore, trial: TrialState) -> None:
        """Note what a person wants of the trial; the slots are filled anew where that matters."""
        namespace = sweep.state.namespace
        record = self._caches.trials(namespace).get(namespace, trial.name)
        if record is None or record.uid != trial.uid:
            return
        if sweep.note_desired(trial, record.desired):
            self._queues.sweeps.add(sweep.state.identity.key)

    def _observe(self, sweep: SweepStore, trial: TrialState, now: float) -> Workload:
        """Update the state from the caches."""
        manifest = sweep.state.spec.trial.manifest
        workload = Workload.of(trial, sweep.state.namespace, self._caches, manifest)
        blocker = workload.start_blocker(trial, sweep.state.spec.trial.instance_count)
        sweep.trials.observe_workload(
            trial,
            job_exists=bool(workload.current_jobs),
            job_suspended=any(job.suspended for job in workload.current_jobs),
            blocker=blocker,
            trainer_end=workload.trainer_end,
            is_cut_off=self._authority.is_unknown_to(workload.authorities),
            since=workload.since,
            now=now,
            budget=workload.budget,
        )
        sweep.trials.observe_unreadable(
            trial,
            unreadable_message(workload.unreadable, sweep.state.namespace),
            is_there=bool(workload.current_jobs),
            now=now,
        )
        if sweep.state.spec.trial.has_several_pods:
            ranked = (p for p in workload.current_pods if 0 <= p.view.rank < MAX_INSTANCES)
            sweep.trials.observe_pod_states(trial, map(pod_state, ranked), now)
        if blocker is not None and blocker.waits:
            sweep.set_capacity_limited()
        return workload

    def _is_kind_listed(self, sweep: SweepStore) -> bool:
        """Return whether the objects of a sweep's kind were listed: a missing one is gone only then."""
        manifest = sweep.state.spec.trial.manifest
        if manifest is None:
            return True
        kind = self._caches.kinds.of(manifest.api_version, manifest.kind)
        return kind is not None and self._caches.kinds.is_listed(kind, sweep.state.namespace)

    def _start_turn(
        self, sweep: SweepStore, trial: TrialState, workload: Workload, now: float
    ) -> Turn:
        """Return whether a trial of several pods may be started now."""
        spec, key = sweep.state.spec, (sweep.state.identity.key, trial.index)
        if spec.trial.instance_count == 1 or spec.is_queued:
            return NO_TURN_NEEDED
        status, timeout = trial.status, self._settings.node_loss_timeout
        earlier = (pod.view for pod in workload.pods if pod.attempt != status.attempt)
        waits = (status.retry_at is not None and now < status.retry_at) or any(
            not pod.is_terminal and not is_node_lost(pod, now, timeout) for pod in earlier
        )
        if waits or trial.is_paused or status.stop is not None or trial.pending_stop is not None:
            self._turns.remove(key)
            return NO_TURN_NEEDED
        return self._turns.observe(key, has_job=bool(workload.current_jobs), now=now)

    def _plan_new_trial(self, sweep: SweepStore, index: int) -> Plan:
        """Return the record and the Job of a new trial, if it still has its slot."""
        reserved = sweep.state.slots.reserved
        if index not in reserved:
            return Plan(())
        snap = sweep_snapshot(sweep.state, self._settings)
        todo = plan_new_trial(Proposal(index, reserved[index]), snap, self._clock())
        if not todo.actions:
            self._cancel_reservation(sweep, index)
        return todo

    def _cancel_reservation(self, sweep: SweepStore, index: int) -> None:
        """Give up a reserved slot.

        The record may nevertheless exist, if an earlier request was not answered: then the trial is like
        any other.
        """
        identity = sweep.state.identity
        name = names.trial_name(identity.name, index)
        record = self._caches.trials(identity.namespace).get(identity.namespace, name)
        if record is not None and record.sweep_uid == identity.uid:
            sweep.admit(record)
            self._ingest_pods(sweep, index)
            self._queues.trials.add((identity.key, index))
        else:
            sweep.cancel_reservation(index)
        self._queues.sweeps.add(identity.key)

    def _ingest_pods(self, sweep: SweepStore, index: int) -> None:
        """Ingest what the pods show of a trial that has become live, if its record existed before."""
        trial = sweep.state.live.get(index)
        if trial is not None:
            self._reports.ingest_pods(sweep, trial)

    async def _execute(self, sweep: SweepStore, index: int, actions: Sequence[Action]) -> None:
        was_live = index in sweep.state.live
        end = next((a.phase for a in actions if isinstance(a, RecordEnd)), None)
        if end is not None:
            sweep.release_slot(index, end)
            fill_slots(sweep, self._settings, self._queues, self._clock())
        try:
            await self._executor.execute(sweep, actions)
        finally:
            sweep.settle_slot(index)
            has_ended, now = index not in sweep.state.live, self._clock()
            if not was_live:
                self._ingest_pods(sweep, index)
            if has_ended:
                self._turns.remove((sweep.state.identity.key, index))
            snap = sweep_snapshot(sweep.state, self._settings)
            ends_sweep = not sweep.state.is_ending and end_reason(snap, now) is not None
            is_paused = not has_ended and sweep.state.live[index].is_paused
            if has_ended or is_paused or ends_sweep:
                self._queues.sweeps.add(sweep.state.identity.key)
            self._queues.requeue_status(sweep.state, now)
