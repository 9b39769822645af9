"""Carries out the planner's actions: one or two requests each, whose results enter the state."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence

from ..kube import resources
from ..kube.client import KubeClient
from ..lifecycle import actions as act
from ..trial_pods.pod_parsing import is_active_pod
from .caches import Caches
from .job_creator import JobCreator
from .log_tails import LogTails
from .state.sweep_store import SweepStore
from .state.trial_state import TrialState
from .trial_status_writer import TrialStatusWriter


class Executor:
    """Executes actions.

    Each action is safe to repeat: after a crash between a request and its response, the planner returns
    the same action again.

    Args:
        api: the API server.
        caches: the caches of Jobs and of objects of other kinds.
        job_creator: creates records and Jobs.
        status_writer: writes the status of SweepTrials.
        log_tails: keeps the ends of logs.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: KubeClient,
        caches: Caches,
        job_creator: JobCreator,
        status_writer: TrialStatusWriter,
        log_tails: LogTails,
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._caches = caches
        self._job_creator = job_creator
        self._status_writer = status_writer
        self._log_tails = log_tails
        self._clock = clock

    async def execute(self, sweep: SweepStore, actions: Sequence[act.Action]) -> None:
        """Execute the actions of one trial in order.

        Args:
            sweep: the trial's sweep.
            actions: the actions for one trial; those after an error are skipped.

        Raises:
            ApiError: a request failed.
        """
        for kind, group in itertools.groupby(actions, key=type):
            if kind is act.DeletePod:
                # The pods of a trial end together.
                await asyncio.gather(*(self._execute(sweep, action) for action in group))
                continue
            for action in group:
                await self._execute(sweep, action)

    async def _execute(self, sweep: SweepStore, action: act.Action) -> None:
        if isinstance(action, act.CreateTrial):
            await self._job_creator.create_trial(sweep, action)
            return
        trial = sweep.state.live.get(action.trial)
        if trial is not None and not await self._is_done(sweep, trial, action):
            await self._execute_trial_action(sweep, trial, action)

    async def _is_done(self, sweep: SweepStore, trial: TrialState, action: act.TrialAction) -> bool:
        """Return whether the record already shows the action's effect.

        It was written, and the answer was lost. The record counts, and is not written again.
        """
        record = self._status_writer.last_seen(sweep.state, trial)
        if record is None:
            return False
        if record.phase.is_end:
            await self._status_writer.adopt_end(sweep, trial, record)
            return True
        if isinstance(action, act.RecordStop) and record.stop is not None:
            self._status_writer.adopt_stop(sweep, trial, record.stop)
            return True
        # The record of a new trial may already have existed, and be past its first attempt.
        status = trial.status
        return isinstance(action, act.CreateJob) and (
            status.job_created or action.attempt != status.attempt
        )

    async def _execute_trial_action(
        self, sweep: SweepStore, trial: TrialState, action: act.TrialAction
    ) -> None:
        match action:
            case act.CreateJob():
                await self._job_creator.create_job(sweep, trial, action)
            case act.RecordStop():
                self._log_tails.follow_stopped(sweep, trial)
                await self._status_writer.record_stop(sweep, trial, action)
            case act.DeletePod():
                await self._delete_pod(sweep, trial, action)
            case act.DeleteJob():
                await self._delete_job(sweep, trial, action)
            case act.RecordRetry():
                await self._status_writer.record_attempt(sweep, trial, action)
            case act.RecordPause():
                await self._status_writer.record_pause(sweep, trial, action)
            case act.RecordResume():
                await self._status_writer.record_resume(sweep, trial, action)
            case act.RecordProgress():
                await self._status_writer.record_progress(sweep, trial, action)
            case act.RecordEnd():
                await self._log_tails.wait_briefly(sweep, trial)
                await self._status_writer.record_end(sweep, trial, action)

    async def _delete_pod(
        self, sweep: SweepStore, trial: TrialState, action: act.DeletePod
    ) -> None:
        grace = sweep.state.spec.trial.stop_grace
        target = (sweep.state.namespace, action.pod, action.uid)
        deleted = await self._api.delete(resources.PODS, *target, grace=grace)
        was_running = deleted is not None and is_active_pod(deleted)
        sweep.trials.mark_pod_deleted(trial, action.uid, was_running=was_running)

    async def _delete_job(
        self, sweep: SweepStore, trial: TrialState, action: act.DeleteJob
    ) -> None:
        target = (sweep.state.namespace, action.job, action.uid)
        spec = sweep.state.spec.trial
        resource = self._caches.workload_resource(spec.manifest)
        propagation = spec.deletion_propagation
        deleted = await self._api.delete(resource, *target, propagation=propagation)
        stays = deleted is not None and propagation == "Foreground"
        sweep.trials.mark_job_deleted(trial, action.uid, action.pods, stays_until_pods_end=stays)
