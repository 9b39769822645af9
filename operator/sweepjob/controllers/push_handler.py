"""Ingests pushes of sidecars whose identity was checked, and responds to them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from .. import protocol
from ..api.meta.identity import ObjectKey
from ..ingest.authentication import Caller
from ..ingest.push_response import PushResponse
from ..telemetry import metrics
from ..trial_pods.cached_objects import CachedPod
from .caches import Caches
from .queues import Queues
from .state.sweep_store import SweepStore
from .state.trial_state import TrialState
from .sweep_registry import SweepRegistry

_log = logging.getLogger(__name__)


class PushHandler:
    """Decides whether a push counts, and for which trial, and ingests its reports.

    It counts if the pod of the token belongs to a Job of that trial, by owner reference, not by label.

    Args:
        registry: the registry of all sweeps.
        caches: the caches of records, Jobs and pods.
        queues: the controllers' queues.
        clock: seconds since the epoch.
        leads: whether this operator is the leader; a standby ingests nothing.
    """

    def __init__(
        self,
        registry: SweepRegistry,
        caches: Caches,
        queues: Queues,
        clock: Callable[[], float],
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self._registry = registry
        self._caches = caches
        self._queues = queues
        self._clock = clock
        self._leads = leads

    def handle(self, caller: Caller, push: protocol.Push) -> PushResponse:
        """Ingest a push.

        Args:
            caller: the pod of a token that was checked.
            push: its reports.

        Returns:
            The HTTP answer: 200 with a ``protocol.Reply``; 403 if the pod may not make the push; 410
            if another pod has replaced it; 503 if it may be tried again; 500 if the operator failed.
        """
        try:
            return self._answer(caller, push)
        except Exception:  # noqa: BLE001 - one trial's fault must not end the ingestion for all
            _log.exception("push of pod %s/%s for %s", caller.namespace, caller.pod, push.trial)
            return PushResponse(500, "the operator failed on this push; its log says why")

    def _answer(self, caller: Caller, push: protocol.Push) -> PushResponse:
        if not self._leads():
            return PushResponse(503, "this operator is not the leader; try another replica")
        pod = self._caches.pod(caller.uid)
        if pod is None:
            # The watch may be a moment behind; the sidecar tries again.
            return PushResponse(503, f"pod {caller.pod} is not known yet")
        if pod.namespace != caller.namespace or push.namespace != pod.namespace:
            return PushResponse(403, "the token belongs to another namespace")
        if push.trial != pod.trial or not self._belongs(pod):
            return PushResponse(403, f"pod {caller.pod} is not a pod of trial {push.trial}")
        sweep = self._registry.sweep(ObjectKey(pod.namespace, pod.sweep))
        trial = None if sweep is None else sweep.state.trial(push.trial)
        if sweep is None or trial is None:
            return self._not_live(pod.namespace, push)
        if not self._is_current(pod, trial):
            return PushResponse(410, f"trial {push.trial} runs in another pod now")
        reply = self._ingest(sweep, trial, push, pod.uid)
        return PushResponse(200, json.dumps(reply.dump()))

    def _belongs(self, pod: CachedPod) -> bool:
        record = self._caches.trials(pod.namespace).get(pod.namespace, pod.trial)
        return record is not None and self._caches.trial_uid_of(pod) == record.uid

    def _is_current(self, pod: CachedPod, trial: TrialState) -> bool:
        """Return whether the pod's reports count: not those of a lost or a replaced pod."""
        newest = self._caches.newest_pod(ObjectKey(pod.namespace, pod.trial), trial.uid)
        is_newest = newest is not None and newest.uid == pod.uid
        return pod.attempt == trial.status.attempt and is_newest

    def _ingest(
        self, sweep: SweepStore, trial: TrialState, push: protocol.Push, pod: str
    ) -> protocol.Reply:
        """Ingest the reports of a pod, by uid; return what its sidecar is to do."""
        now = self._clock()
        if trial.reports.pod != pod:
            sweep.switch_pod(trial, pod, now)
        before = trial.reports.curve.count
        decided = sweep.ingest_push(trial, push, now)
        source = sweep.state.spec.metrics.source
        metrics.REPORTS.labels(source).inc(trial.reports.curve.count - before)
        self._queues.requeue_reporting(sweep.state, trial, now, decided=decided)
        # A decision that is not recorded is lost in a crash: then the sidecar has to send all again.
        # The sidecar of a trial that is paused reports to its end: the curve goes on from there.
        stop = trial.status.stop
        action = protocol.CONTINUE if stop is None or stop.pauses else protocol.STOP
        return protocol.Reply(trial.reports.received + 1, trial.writes.reports, action)

    def _not_live(self, namespace: str, push: protocol.Push) -> PushResponse:
        """Answer a push of a trial that is not live: it has ended, or is not loaded yet."""
        record = self._caches.trials(namespace).get(namespace, push.trial)
        if record is not None and record.phase.is_end:
            end = push.first + len(push.values)
            return PushResponse(200, json.dumps(protocol.Reply(end, end - 1, protocol.STOP).dump()))
        return PushResponse(503, f"trial {push.trial} is not known yet")
