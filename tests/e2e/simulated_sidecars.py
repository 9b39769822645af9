"""Sidecars of pods that nobody runs, speaking the real protocol with real tokens of those pods.

Runs in the cluster, in a pod with the operator's image. For every running pod of a sweep on a
simulated node it makes reports at a rate, pushes them as a sidecar would until all are durable, and
then lets the pod end. Prints, at the end, how often each push was answered by what.

    python -m simulated_sidecars NAMESPACE SWEEP TRIALS REPORTS RATE
"""

from __future__ import annotations

import asyncio
import collections
import json
import os
import ssl
import sys
from typing import Any

import aiohttp
from sweepjob import wire
from sweepjob.controller import errors, gateway

DONE = "sweepjob.dev/trainer"


def value(n: int) -> float:
    """The n-th report, from 1."""
    return round(n / 1000, 3)


class SimulatedSidecar:
    """One pod's trainer and sidecar.

    Args:
        rate: reports a second.
    """

    def __init__(
        self, api: gateway.Gateway, pod: dict[str, Any], reports: int, rate: float
    ) -> None:
        meta = pod["metadata"]
        self._api = api
        self._namespace, self._pod, self._uid = meta["namespace"], meta["name"], meta["uid"]
        self._trial = meta["labels"]["sweepjob.dev/trial"]
        self._reports, self._rate = reports, rate
        self._made = 0
        self.answers: collections.Counter[str] = collections.Counter()

    async def run(self) -> None:
        token = await self._token()
        context = ssl.create_default_context(cadata=os.environ["INTAKE_CA"])
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        connector = aiohttp.TCPConnector(ssl=context, limit=1, keepalive_timeout=110)
        headers = {"Authorization": f"Bearer {token}"}
        training = asyncio.create_task(self._train())
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
            await self._push_all(session)
        await training
        await self._end()

    async def _train(self) -> None:
        for _ in range(self._reports):
            self._made += 1
            await asyncio.sleep(1 / self._rate)

    async def _push_all(self, session: aiohttp.ClientSession) -> None:
        reply = wire.Reply(1, 0)
        while reply.durable < self._reports:
            if reply.next > self._made and self._made < self._reports:
                await asyncio.sleep(1 / self._rate)
                continue
            last = min(self._made, reply.next - 1 + wire.MAX_BATCH)
            values = tuple(value(n) for n in range(reply.next, last + 1))
            push = wire.Push(self._namespace, self._trial, reply.next, values, ("score",))
            try:
                reply = await self._push(session, push)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                self.answers[type(error).__name__] += 1
                await asyncio.sleep(1.0)
                continue
            if not values:
                await asyncio.sleep(1.0)  # all is told; a reminder until it is durable

    async def _push(self, session: aiohttp.ClientSession, push: wire.Push) -> wire.Reply:
        url = os.environ["INTAKE_URL"] + wire.REPORTS_PATH
        async with session.post(url, data=push.dump(), timeout=aiohttp.ClientTimeout(10)) as answer:
            body = await answer.read()
            if answer.status != 200:
                raise OSError(f"{answer.status}: {body!r}")
            self.answers["200"] += 1
            return wire.Reply.parse(body)

    async def _token(self) -> str:
        bound = {"kind": "Pod", "apiVersion": "v1", "name": self._pod, "uid": self._uid}
        wanted = {"audiences": [wire.AUDIENCE], "expirationSeconds": 3600, "boundObjectRef": bound}
        path = f"/api/v1/namespaces/{self._namespace}/serviceaccounts/default/token"
        made = await self._api._request("POST", path, body={"spec": wanted})
        return str(made["status"]["token"])

    async def _end(self) -> None:
        body = {"metadata": {"annotations": {DONE: "done"}}}
        path = gateway.PODS.path(self._namespace, self._pod)
        await self._api._request(
            "PATCH", path, body=body, content_type="application/merge-patch+json"
        )


async def main() -> None:
    namespace, sweep = sys.argv[1:3]
    trials, reports, rate = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
    api = await gateway.connect(strict_tls=True)
    running: dict[str, tuple[SimulatedSidecar, asyncio.Task[None]]] = {}
    while len(running) < trials:
        try:
            page = await api.list_page(gateway.PODS, namespace, f"sweepjob.dev/sweep={sweep}", "")
        except errors.ApiError:
            page = {"items": []}
        for pod in page["items"]:
            on = pod["spec"].get("nodeName", "")
            uid = pod["metadata"]["uid"]
            if uid in running or not on.startswith("simulated") or "status" not in pod:
                continue
            if pod["status"].get("phase") == "Running":
                sidecar = SimulatedSidecar(api, pod, reports, rate)
                running[uid] = (sidecar, asyncio.create_task(sidecar.run()))
        await asyncio.sleep(0.5)
    await asyncio.gather(*(task for _, task in running.values()))
    answers = sum((sidecar.answers for sidecar, _ in running.values()), collections.Counter())
    print(json.dumps(answers), flush=True)
    await api.close()


if __name__ == "__main__":
    asyncio.run(main())
