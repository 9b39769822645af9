"""Pushes reports to the operator, in a thread of its own, so that the trainer never waits."""

from __future__ import annotations

import http.client
import random
import ssl
import sys
import threading
import time
from dataclasses import replace
from urllib.parse import urlsplit

from .. import protocol
from .configuration import SidecarConfiguration
from .metric_store import MetricStore

_TIMEOUT = 10.0
_BACKOFF = (0.2, 10.0)  # seconds, first and longest
_MIN_BODY = 4096  # bytes of a push; names are cut, and values follow in the next one
_DURABLE_INTERVAL = (
    5.0  # seconds between pushes while the operator has reports that are not durable
)
_CURVES_INTERVAL = 5.0  # seconds between pushes with curves of other metrics, which decide nothing


class Pusher(threading.Thread):
    """Sends what the operator does not have, until it replies STOP or ``finish`` is called.

    Args:
        configuration: the sidecar's configuration.
        store: the reports.
    """

    def __init__(self, configuration: SidecarConfiguration, store: MetricStore) -> None:
        super().__init__(name="pusher", daemon=True)
        self._configuration = configuration
        self._store = store
        self._connection: http.client.HTTPConnection | None = None
        self._reply = protocol.Reply(next=1, durable=0)
        self._acknowledged: tuple[object, ...] = ((), ())  # names and notices
        self._sent_curves: dict[str, int] = {}  # numbers of reports, by metric
        self._curves_left = False  # some did not fit into the last push
        self._sent_results = repr(store.results)  # as text, since NaN is not equal to itself
        self._curves_sent_at = -_CURVES_INTERVAL
        self._replaced = self._stopped = False
        self._finishing = False
        self._backoff = 0.0
        self._max_body = (
            protocol.MAX_BODY
        )  # bytes of a push; lowered when a server or a proxy refuses one as too large

    def run(self) -> None:
        """Push in a loop; see ``Thread.run``."""
        while self._wait_for_work():
            try:
                self._push()
                self._backoff = 0.0
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._disconnect()
                self._resend_curves()  # an operator that has restarted may have none
                first, longest = _BACKOFF
                self._backoff = min(max(first, self._backoff * 2), longest)
                print(f"push failed, trying again: {error!r}", file=sys.stderr, flush=True)

    @property
    def has_stopped(self) -> bool:
        """Whether the operator replied that the trial is being ended."""
        return self._reply.action == protocol.STOP

    def finish(self, seconds: float) -> None:
        """Push the remaining reports, for at most ``seconds``; the termination message has the rest."""
        with self._store.changed:
            self._finishing = True
            self._resend_curves()
            self._backoff = 0.0
            self._store.changed.notify_all()
        self.join(seconds)

    def _wait_for_work(self) -> bool:
        """Wait until there is something to send; return False when nothing will follow."""
        changed = self._store.changed
        with changed:
            if self._backoff and self._finishing:
                changed.wait(_BACKOFF[0])
            elif self._backoff:
                changed.wait_for(lambda: self._finishing, self._backoff * random.uniform(0.5, 1))
            while not self._has_unsent():
                if self._finishing or self._reply.action == protocol.STOP:
                    return False
                is_durable = self._reply.durable >= self._store.count
                if not changed.wait(self._pause(is_durable=is_durable)) and not is_durable:
                    return True
            return True

    def _pause(self, *, is_durable: bool) -> float | None:
        """Return the seconds after which something is to be sent, whatever happens; None for none."""
        pauses = [] if is_durable else [_DURABLE_INTERVAL]
        if self._has_curves():
            due = self._curves_sent_at + _CURVES_INTERVAL - time.monotonic()
            pauses.append(max(0.0, due))
        return min(pauses, default=None)

    def _resend_curves(self) -> None:
        self._sent_curves, self._curves_left = {}, self._store.has_curves
        self._sent_results = repr(()) if self._store.has_results else repr(self._store.results)

    def _has_curves(self) -> bool:
        has_results = repr(self._store.results) != self._sent_results
        return self._curves_left or has_results or self._store.has_unsent_curves

    def _curves_due(self) -> bool:
        """Return whether curves are to be sent now: now and then, and at the end."""
        waited = time.monotonic() - self._curves_sent_at >= _CURVES_INTERVAL
        is_last = self._finishing or self._reply.action == protocol.STOP
        return self._has_curves() and (waited or is_last)

    def _has_unsent(self) -> bool:
        if self._reply.action == protocol.STOP:
            # The trial's last curves, once: then it has nothing to say until it is killed.
            return not self._replaced and not self._stopped and self._curves_due()
        if self._curves_due():
            return True
        unsent = self._reply.next <= self._store.count
        batch = self._store.batch(1)
        return unsent or (batch.metric_names, batch.notices) != self._acknowledged

    def _push(self) -> None:
        self._stopped = self._reply.action == protocol.STOP
        curves = self._next_curves()
        push = replace(
            self._store.batch(self._reply.next),
            namespace=self._configuration.namespace,
            curves=curves,
        )
        token = (
            self._configuration.token_file.read_text().strip()
        )  # read every time: the kubelet rotates it
        connection = self._connect()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", protocol.REPORTS_PATH, push.fit(self._max_body), headers)
        response = connection.getresponse()
        body = response.read()
        if response.status == 410:
            # The trial continues in another pod: the reports of this one no longer count.
            print(f"operator answered 410: {body[:200]!r}", file=sys.stderr, flush=True)
            self._reply, self._replaced = replace(self._reply, action=protocol.STOP), True
            return
        if response.status == 413 and self._max_body > _MIN_BODY:
            self._max_body = max(_MIN_BODY, self._max_body // 2)
            self._curves_left = self._store.has_curves
            print(f"push too large, trying {self._max_body} bytes", file=sys.stderr, flush=True)
            return
        if response.status != 200:
            raise OSError(f"operator answered {response.status}: {body[:200]!r}")
        self._reply = protocol.Reply.parse(body)
        self._acknowledged = (push.metric_names, push.notices)
        self._sent_curves |= {curve.name: curve.count for curve in curves}
        self._sent_results = repr(push.results)

    def _next_curves(self) -> tuple[protocol.MetricCurve, ...]:
        """Return the curves to push now; the rest follow in the next push."""
        if not self._curves_due():
            return ()
        unsent = self._store.unsent_curves(self._sent_curves)
        curves = protocol.fit_curves(unsent, self._max_body // 2)
        self._curves_left = len(curves) < len(unsent)
        if not self._curves_left:
            self._curves_sent_at = time.monotonic()
        return curves

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            url = urlsplit(self._configuration.operator_url)
            host = url.hostname or ""
            if url.scheme == "https":
                context = ssl.create_default_context(cadata=self._configuration.operator_ca or None)
                # Only one authority is trusted. The strict checks of its form add no protection, and
                # many private authorities fail them.
                context.verify_flags &= ~ssl.VERIFY_X509_STRICT
                self._connection = http.client.HTTPSConnection(
                    host, url.port, timeout=_TIMEOUT, context=context
                )
            else:
                self._connection = http.client.HTTPConnection(host, url.port, timeout=_TIMEOUT)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
