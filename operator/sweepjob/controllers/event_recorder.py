"""Records Kubernetes events about sweeps and trials."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from ..api import names
from ..api.meta.event import NewEvent, event_manifest
from ..api.status import BestTrial, has_started
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.rate_limiter import Priority
from ..search.space import leaves
from ..template.references import value_text
from .state.sweep_state import SweepState
from .state.trial_state import TrialState

_log = logging.getLogger(__name__)


class EventRecorder:
    """Creates events in the background.

    Args:
        api: the API server.
        clock: seconds since the epoch.
    """

    def __init__(self, api: KubeClient, clock: Callable[[], float]) -> None:
        self._api = api
        self._clock = clock
        self._posting: set[asyncio.Task[None]] = set()

    def emit(self, said: NewEvent) -> None:
        """Create an event in the background: nothing waits for it."""
        task = asyncio.create_task(self._post(said))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    async def _post(self, said: NewEvent) -> None:
        body = event_manifest(said, self._clock())
        try:
            await self._api.create(resources.EVENTS, said.namespace, body, Priority.BEST_EFFORT)
        except errors.ApiError as error:
            # A missing permission is logged once, for all events.
            if not isinstance(error, errors.AlreadyExists | errors.NotPermitted):
                _log.info("event %s about %s: %s", said.reason, said.name, error)

    def of_trial(
        self, state: SweepState, trial: TrialState, reason: str, message: str, *, warning: bool
    ) -> None:
        """Record an event about a trial.

        Args:
            state: the state of the trial's sweep.
            trial: the trial.
            reason: one word.
            message: one sentence.
            warning: it is of the type Warning.
        """
        about = (names.SWEEPTRIAL, state.namespace, trial.name, trial.uid)
        self.emit(NewEvent(*about, reason, message, warning=warning))

    def best(self, state: SweepState, best: BestTrial) -> None:
        """Record that a sweep's best trial ended; while it runs, every report may be a new best."""
        metric, value = state.spec.objective.primary_metric, value_text(best.value)
        parameters = (f"{name}={value_text(value)}" for name, value in leaves(best.assignment))
        message = f"{best.trial} has the best {metric} so far, {value}, with {' '.join(parameters)}"
        about = (names.SWEEPJOB, state.namespace, state.name, state.identity.uid)
        self.emit(NewEvent(*about, names.REASON_NEW_BEST, message))

    def on_front(self, state: SweepState, trial: TrialState, size: int) -> None:
        """Record that no ended trial dominates one that has just ended.

        Args:
            state: the state of the trial's sweep.
            trial: the trial.
            size: number of trials on the Pareto front.
        """
        values = state.values_of(trial)
        shown = (
            f"{o.primary_metric} {values[o.primary_metric]:.6g}" for o in state.criteria.objectives
        )
        parameters = (f"{name}={value_text(value)}" for name, value in leaves(trial.assignment))
        message = (
            f"{trial.name} is on the Pareto front, which has {size} trials, with {', '.join(shown)}; "
            f"parameters {' '.join(parameters)}"
        )
        about = (names.SWEEPJOB, state.namespace, state.name, state.identity.uid)
        self.emit(NewEvent(*about, names.REASON_NEW_ON_FRONT, message))

    def sidecar_adjusted(self, state: SweepState, adjustment: str) -> None:
        """Record how the sidecar's resources were adjusted to the limits of the namespace."""
        about = (names.SWEEPJOB, state.namespace, state.name, state.identity.uid)
        text = f"the sidecar of the trials has {adjustment}; set metrics.sidecar.resources to change that"
        self.emit(NewEvent(*about, names.REASON_FITTED, text))

    def lost_sources(self, state: SweepState) -> None:
        """Record that trials of a warm start that counted for this sweep are lost."""
        about = (names.SWEEPJOB, state.namespace, state.name, state.identity.uid)
        for source in state.sources:
            if source.lost:
                kind = "ConfigMap" if source.digest else "sweep"
                text = (
                    f"{source.lost} of the {source.counted} warm-start trials of {kind} {source.name} "
                    f"{source.why_lost}; new proposals and decisions do not use them"
                )
                said = NewEvent(*about, names.REASON_WARM_START_LOST, text, warning=True)
                self.emit(said)

    def transitions(self, state: SweepState, before: Mapping[str, Any]) -> None:
        """Record what changed in the status of a sweep.

        Args:
            state: the state of the sweep, with the status that was just written.
            before: the status before.
        """
        about = (names.SWEEPJOB, state.namespace, state.name, state.identity.uid)
        if has_started(state.written.content) and not has_started(before):
            text = f"the first of {state.spec.limits.max_total_trials} trials is running"
            self.emit(NewEvent(*about, names.REASON_FIRST, text))
        old = {c["type"]: c for c in before.get("conditions") or ()}
        for condition in state.written.content.get("conditions") or ():
            was = old.get(condition["type"], {})
            changed = (was.get("status"), was.get("reason")) != ("True", condition["reason"])
            # Stalled repeats the reason of Failed or Accepted.
            if condition["status"] == "True" and changed and condition["type"] != names.STALLED:
                bad = condition["type"] in (names.FAILED, names.DEGRADED, names.UNDELIVERED)
                said = (condition["reason"], condition["message"])
                self.emit(NewEvent(*about, *said, warning=bad))
