"""Trials that cannot start, over the fake API server."""

from __future__ import annotations

import asyncio
from typing import Any

from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer, StatusError, parse_path
from sweepjob.local.store import Body
from sweepjob.timestamps import format_time

from tests.fake_api.harness import EPOCH, NAMESPACE

LIMITS = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}


CORE = f"/api/v1/namespaces/{NAMESPACE}"


class CountingServer(MemoryApiServer):
    """A fake that counts the requests for a kind of object, and may refuse them."""

    refused: tuple[str, ...] = ()

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.asked: list[Request] = []

    def answer(self, request: Request) -> tuple[int, Body]:
        self.asked.append(request)
        if request.method == "GET" and parse_path(request.path).resource in self.refused:
            return 403, StatusError(403, "Forbidden", "cannot list resource").body
        return super().answer(request)

    def lists_of(self, resource: str) -> int:
        return sum(
            r.method == "GET" and parse_path(r.path).resource == resource for r in self.asked
        )


def warn(server: MemoryApiServer, uid: str, reason: str, message: str, when: float) -> None:
    """An event as kubelets and controllers write it."""
    body: Body = {
        "metadata": {"generateName": "e-", "namespace": NAMESPACE},
        "involvedObject": {"uid": uid},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": format_time(when),
    }
    assert server.answer(Request("POST", f"{CORE}/events", {}, body))[0] == 201


def now() -> float:
    return EPOCH + asyncio.get_running_loop().time()


def waiting_trial(**container: Any) -> dict[str, Any]:
    """A trial whose pod no node takes, until the test says otherwise."""
    own = {"name": "trainer", "image": "x", **container}
    return {"template": {"spec": {"schedulerName": "nobody", "containers": [own]}}}
