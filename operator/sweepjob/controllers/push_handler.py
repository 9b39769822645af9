"""Answers pushes of sidecars whose identity was checked."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from .. import protocol
from ..api.meta.identity import ObjectKey
from ..ingest.authentication import Caller
from ..ingest.push_response import PushResponse
from ..trial_pods.cached_objects import CachedPod
from .caches import Caches
from .report_ingestor import ReportIngestor

_log = logging.getLogger(__name__)


class PushHandler:
    """Decides whether a push counts, and for which trial.

    It counts if the pod of the token belongs to a Job of that trial, by owner reference, not by label.

    Args:
        reports: ingests reports.
        caches: the caches of records, Jobs and pods.
        leads: whether this operator is the leader; a standby ingests nothing.
    """

    def __init__(
        self, reports: ReportIngestor, caches: Caches, leads: Callable[[], bool] = lambda: True
    ) -> None:
        self._reports = reports
        self._caches = caches
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
        if not self._reports.is_current(pod):
            return PushResponse(410, f"trial {push.trial} runs in another pod now")
        reply = self._reports.ingest_push(ObjectKey(pod.namespace, pod.sweep), push, pod.uid)
        if reply is None:
            return self._not_live(pod.namespace, push)
        return PushResponse(200, json.dumps(reply.dump()))

    def _belongs(self, pod: CachedPod) -> bool:
        record = self._caches.trials(pod.namespace).get(pod.namespace, pod.trial)
        return record is not None and self._caches.trial_uid_of(pod) == record.uid

    def _not_live(self, namespace: str, push: protocol.Push) -> PushResponse:
        """Answer a push of a trial that is not live: it has ended, or is not loaded yet."""
        record = self._caches.trials(namespace).get(namespace, push.trial)
        if record is not None and record.phase.is_end:
            end = push.first + len(push.values)
            return PushResponse(200, json.dumps(protocol.Reply(end, end - 1, protocol.STOP).dump()))
        return PushResponse(503, f"trial {push.trial} is not known yet")
