"""Answers a push whose sender is known: whether it counts, and for which trial."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from .. import protocol
from ..ingest.answer import Answer
from ..ingest.authentication import Caller
from ..trial_pods.pod_records import PodRecord
from .caches import Caches
from .report_ingestor import ReportIngestor

_log = logging.getLogger(__name__)


class PushHandler:
    """A push counts for a trial only if the pod that its token was made for is a pod of a Job of that
    trial, by owner, not by label.

    Args:
        leads: whether this operator acts; a standby takes no reports.
    """

    def __init__(
        self, reports: ReportIngestor, caches: Caches, leads: Callable[[], bool] = lambda: True
    ) -> None:
        self._reports = reports
        self._caches = caches
        self._leads = leads

    def answer(self, caller: Caller, push: protocol.Push) -> Answer:
        """Ingest a push, and say what is wanted next.

        Args:
            caller: by a token that has been checked.
        """
        try:
            return self._answer(caller, push)
        except Exception:  # noqa: BLE001 - one trial's fault must not end the ingestion for all
            _log.exception("push of pod %s/%s for %s", caller.namespace, caller.pod, push.trial)
            return Answer(500, "the operator failed on this push; its log says why")

    def _answer(self, caller: Caller, push: protocol.Push) -> Answer:
        if not self._leads():
            return Answer(503, "this operator does not lead; another one does")
        pod = self._caches.pod(caller.uid)
        if pod is None:
            # The watch may be a moment behind; the sidecar tries again.
            return Answer(503, f"pod {caller.pod} is not known yet")
        if pod.namespace != caller.namespace or push.namespace != pod.namespace:
            return Answer(403, "the token belongs to another namespace")
        if push.trial != pod.trial or not self._belongs(pod):
            return Answer(403, f"pod {caller.pod} is not a pod of trial {push.trial}")
        if not self._reports.is_current(pod):
            return Answer(410, f"trial {push.trial} goes on in another pod")
        reply = self._reports.take((pod.namespace, pod.sweep), push, pod.uid)
        if reply is None:
            return self._not_live(pod.namespace, push)
        return Answer(200, json.dumps(reply.dump()))

    def _belongs(self, pod: PodRecord) -> bool:
        record = self._caches.trials(pod.namespace).get(pod.namespace, pod.trial)
        return record is not None and self._caches.trial_uid_of(pod) == record.uid

    def _not_live(self, namespace: str, push: protocol.Push) -> Answer:
        """The trial has ended, or its sweep was not reconciled since the operator started."""
        record = self._caches.trials(namespace).get(namespace, push.trial)
        if record is not None and record.phase.is_end:
            end = push.first + len(push.values)
            return Answer(200, json.dumps(protocol.Reply(end, end - 1, protocol.STOP).dump()))
        return Answer(503, f"trial {push.trial} is not known yet")
