"""Pushes of the victim's trials. Runs in the sidecar of a trial, which has a token, the CA and Python.

Reads a JSON object from its standard input: ``seconds``, ``rate`` and ``first`` of the pushes of its own
trial, and ``judged``: trials of another sweep with their tokens. Each of those reports a bad value
once, spread over the time; the first of them has reported a good one before. Prints how long each push
took until it was accepted, how many tries failed by reason, and when each bad value was sent.
"""

from __future__ import annotations

import collections
import http.client
import json
import os
import ssl
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

_RETRY = 0.1  # seconds after a push that failed
_TIMEOUT = 30.0


class Client:
    """A sidecar's connection: kept open, and opened again after an error."""

    def __init__(self, token: str, trial: str) -> None:
        self._told = json.loads(os.environ["SWEEPJOB_SIDECAR"])
        self._token, self._trial = token, trial
        self._connection: http.client.HTTPSConnection | None = None
        self.failed: collections.Counter[str] = collections.Counter()

    def push(self, first: int, *values: float) -> float:
        """Push until it is accepted; return the seconds that it took."""
        body = {"namespace": self._told["namespace"], "trial": self._trial, "first": first}
        data = json.dumps({**body, "values": values, "seen": ["score"]}).encode()
        begun = time.monotonic()
        while not self._try(data):
            time.sleep(_RETRY)
        return time.monotonic() - begun

    def _try(self, data: bytes) -> bool:
        try:
            self._connection = self._connection or self._connect()
            headers = {"Authorization": f"Bearer {self._token}"}
            self._connection.request("POST", "/v1/reports", data, headers)
            answer = self._connection.getresponse()
            answer.read()
            if answer.status == 200:
                return True
            self.failed[str(answer.status)] += 1
        except (OSError, http.client.HTTPException) as error:
            self.failed[type(error).__name__] += 1
            if self._connection is not None:
                self._connection.close()
            self._connection = None
        return False

    def _connect(self) -> http.client.HTTPSConnection:
        url = urlsplit(self._told["operatorUrl"])
        context = ssl.create_default_context(cadata=self._told["operatorCa"])
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return http.client.HTTPSConnection(
            url.hostname or "", url.port, context=context, timeout=_TIMEOUT
        )


def judge(clients: list[Client], seconds: float, sent: list[float]) -> None:
    """Let each trial report a bad value, one after the other."""
    good, *bad = clients
    good.push(1, 1.0)
    for client in bad:
        client.push(1)  # opens the connection, and has the token reviewed
    for client in bad:
        time.sleep(seconds / len(bad))
        sent.append(time.time())
        client.push(1, 0.1)


def main() -> None:
    plan: dict[str, Any] = json.loads(sys.stdin.readline())
    with open("/var/run/secrets/sweepjob.dev/token") as file:
        own = Client(file.read().strip(), json.loads(os.environ["SWEEPJOB_SIDECAR"])["trial"])
    judged = [Client(token, trial) for trial, token in plan["judged"]]
    sent: list[float] = []
    judging = threading.Thread(target=judge, args=(judged, plan["seconds"], sent))
    judging.start()
    pushes: list[float] = []
    first, until = plan["first"], time.monotonic() + plan["seconds"]
    while time.monotonic() < until:
        pushes.append(own.push(first + len(pushes), 0.5))
        time.sleep(max(0.0, 1 / plan["rate"] - pushes[-1]))
    judging.join()
    failed = sum((client.failed for client in [own, *judged]), collections.Counter[str]())
    print(json.dumps({"pushes": pushes, "failed": failed, "sent": sent}))


if __name__ == "__main__":
    main()
