"""Carries out the planner's actions: one or two requests each, and their result into memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..kube import resources
from ..kube.client import KubeClient
from ..lifecycle import actions as act
from ..trial_pods.pod_parsing import is_active_pod
from .job_creator import JobCreator
from .sweep_store import SweepState
from .trial_status_writer import TrialStatusWriter
from .trial_store import TrialState


class Executor:
    """Every action is safe to repeat: a crash after the request and before its answer changes
    nothing about what the planner asks for next.

    Args:
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        api: KubeClient,
        launcher: JobCreator,
        recorder: TrialStatusWriter,
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._launcher = launcher
        self._recorder = recorder
        self._clock = clock

    async def execute(self, state: SweepState, actions: Sequence[act.Action]) -> None:
        """The actions of one trial, in order, as far as they go."""
        for action in actions:
            if isinstance(action, act.CreateTrial):
                await self._launcher.create(state, action)
                continue
            trial = state.live.get(action.trial)
            if trial is not None and not self._is_done(state, trial, action):
                await self._do(state, trial, action)

    def _is_done(self, state: SweepState, trial: TrialState, action: act.TrialAction) -> bool:
        """Whether the record says already what the action is for: it was written, and its answer never
        came. What is on record counts, and is not written again.
        """
        known = self._recorder.known(state, trial)
        if known is None:
            return False
        if known.phase.is_end:
            state.end(trial, known.phase, known.gpu_saved)
            return True
        if isinstance(action, act.RecordStop) and known.stop is not None:
            trial.stop, trial.stopped, trial.phase = known.stop, self._clock(), known.phase
            return True
        # The record of a new trial may have been there already, and further than a new one is.
        return isinstance(action, act.LaunchJob) and (
            trial.launched or action.attempt != trial.attempt
        )

    async def _do(self, state: SweepState, trial: TrialState, action: act.TrialAction) -> None:
        match action:
            case act.LaunchJob():
                await self._launcher.launch(state, trial, action)
            case act.RecordStop():
                await self._recorder.stop(state, trial, action)
            case act.DeletePod():
                grace = state.spec.trial.stop_grace
                target = (state.namespace, action.pod, action.uid)
                was = await self._api.delete(resources.PODS, *target, grace=grace)
                trial.deleted.add(action.uid)
                if was is not None and is_active_pod(was):
                    trial.undisturbed.add(action.uid)
            case act.DeleteJob():
                target = (state.namespace, action.job, action.uid)
                was = await self._api.delete(resources.JOBS, *target, propagation="Foreground")
                trial.deleted.add(action.uid)
                trial.job_deleted = was is not None
                trial.last.update(trial.undisturbed.intersection(action.pods))
            case act.RecordRetry():
                await self._recorder.retry(state, trial, action)
            case act.RecordProgress():
                await self._recorder.progress(state, trial, action)
            case act.RecordEnd():
                await self._recorder.end(state, trial, action)
