"""Pushes reports to the operator, in a thread of its own: the trainer never waits for it."""

from __future__ import annotations

import http.client
import random
import ssl
import sys
import threading
from dataclasses import replace
from urllib.parse import urlsplit

from .. import protocol
from .configuration import Settings
from .metric_store import MetricStore

_TIMEOUT = 10.0
_BACKOFF = (0.2, 10.0)  # seconds, first and longest
_LEAST_ROOM = 4096  # bytes of a push; names are cut and values wait for the next one
_UNTIL_DURABLE = 5.0  # seconds between reminders while the operator has something only in memory


class Pusher(threading.Thread):
    """Sends what the operator has not got, until it is told to stop or ``finish`` is called."""

    def __init__(self, settings: Settings, recorder: MetricStore) -> None:
        super().__init__(name="pusher", daemon=True)
        self._settings = settings
        self._recorder = recorder
        self._connection: http.client.HTTPConnection | None = None
        self._reply = protocol.Reply(next=1, durable=0)
        self._told: tuple[object, ...] = ((), ())  # names and notices
        self._finishing = False
        self._backoff = 0.0
        self._room = protocol.MAX_BODY  # bytes of a push; less after it was too large for somebody

    def run(self) -> None:
        while self._wait_for_work():
            try:
                self._push()
                self._backoff = 0.0
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._disconnect()
                first, longest = _BACKOFF
                self._backoff = min(max(first, self._backoff * 2), longest)
                print(f"push failed, trying again: {error!r}", file=sys.stderr, flush=True)

    def finish(self, seconds: float) -> None:
        """Send what is left, for at most so long; the termination message has it otherwise."""
        with self._recorder.changed:
            self._finishing = True
            self._backoff = 0.0
            self._recorder.changed.notify_all()
        self.join(seconds)

    def _wait_for_work(self) -> bool:
        """Block until there is something to send; False when there will not be any more."""
        changed = self._recorder.changed
        with changed:
            if self._backoff and self._finishing:
                changed.wait(_BACKOFF[0])
            elif self._backoff:
                changed.wait_for(lambda: self._finishing, self._backoff * random.uniform(0.5, 1))
            while not self._has_news():
                if self._finishing or self._reply.action == protocol.STOP:
                    return False
                if self._reply.durable >= self._recorder.count:
                    changed.wait()
                elif not changed.wait(_UNTIL_DURABLE):
                    return True
            return True

    def _has_news(self) -> bool:
        if self._reply.action == protocol.STOP:
            return False
        unsent = self._reply.next <= self._recorder.count
        batch = self._recorder.batch(1)
        return unsent or (batch.seen, batch.notices) != self._told

    def _push(self) -> None:
        push = replace(self._recorder.batch(self._reply.next), namespace=self._settings.namespace)
        token = self._settings.token_file.read_text().strip()  # it is rotated: read it every time
        connection = self._connect()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", protocol.REPORTS_PATH, push.fit(self._room), headers)
        response = connection.getresponse()
        body = response.read()
        if response.status == 410:
            # The trial goes on in another pod: nobody wants what this one still has to say.
            print(f"operator answered 410: {body[:200]!r}", file=sys.stderr, flush=True)
            self._reply = replace(self._reply, action=protocol.STOP)
            return
        if response.status == 413 and self._room > _LEAST_ROOM:
            self._room = max(_LEAST_ROOM, self._room // 2)
            print(f"push too large, trying {self._room} bytes", file=sys.stderr, flush=True)
            return
        if response.status != 200:
            raise OSError(f"operator answered {response.status}: {body[:200]!r}")
        self._reply = protocol.Reply.parse(body)
        self._told = (push.seen, push.notices)

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            url = urlsplit(self._settings.operator_url)
            host = url.hostname or ""
            if url.scheme == "https":
                context = ssl.create_default_context(cadata=self._settings.operator_ca or None)
                # Exactly one authority is trusted here, so the strict form checks, which many a
                # home-made authority fails, would protect from nothing.
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
