"""Sidecars of pods that nobody runs, speaking the real protocol with real tokens of those pods.

Runs in the cluster, in a pod with the operator's image. For every running pod of the namespace's
sweeps on a simulated node it makes reports at a rate, pushes them as a sidecar would until all are
durable, and then lets the pod end. Prints, at the end, how often each push was answered by what.

    python -m simulated_sidecars NAMESPACE TRIALS REPORTS RATE PAUSE PATIENT

TRIALS pods are expected; each makes REPORTS reports, RATE a second, and pushes at most every PAUSE
seconds (0: whenever there is something). A PATIENT one (1) leaves when all is on record, since it has
no last words for an operator that is killed; another (0) when all has been taken, as a real one.
"""

from __future__ import annotations

import asyncio
import collections
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from sweepjob import protocol
from sweepjob.kube import errors, resources
from sweepjob.kube.client import KubeClient
from sweepjob.kube.connection import connect
from sweepjob.kube.transport import Request

DONE = "sweepjob.dev/trainer"


def value(n: int) -> float:
    """The n-th report, from 1."""
    return round(n / 1000, 3)


class SimulatedSidecar:
    """One pod's trainer and sidecar.

    Args:
        rate: reports a second.
        pause: shortest seconds from push to push.
        patient: whether it stays until all is on record.
    """

    def __init__(
        self,
        api: KubeClient,
        pod: dict[str, Any],
        reports: int,
        rate: float,
        pause: float,
        patient: bool,
    ) -> None:
        meta = pod["metadata"]
        self._api = api
        self._namespace, self._pod, self._uid = meta["namespace"], meta["name"], meta["uid"]
        self._trial = meta["labels"]["sweepjob.dev/trial"]
        self._reports, self._rate, self._pause = reports, rate, pause
        self._patient = patient
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
        reply = protocol.Reply(1, 0)
        while (reply.durable if self._patient else reply.next - 1) < self._reports:
            if reply.next > self._made and self._made < self._reports:
                await asyncio.sleep(1 / self._rate)
                continue
            last = min(self._made, reply.next - 1 + protocol.MAX_BATCH)
            values = tuple(value(n) for n in range(reply.next, last + 1))
            push = protocol.Push(self._namespace, self._trial, reply.next, values, ("score",))
            try:
                reply = await self._push(session, push)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                self.answers[type(error).__name__] += 1
                await asyncio.sleep(1.0)
                continue
            # When all is told, a reminder until it is durable.
            await asyncio.sleep(self._pause if values else max(1.0, self._pause))

    async def _push(self, session: aiohttp.ClientSession, push: protocol.Push) -> protocol.Reply:
        url = os.environ["INTAKE_URL"] + protocol.REPORTS_PATH
        async with session.post(url, data=push.dump(), timeout=aiohttp.ClientTimeout(10)) as answer:
            body = await answer.read()
            if answer.status != 200:
                raise OSError(f"{answer.status}: {body!r}")
            self.answers["200"] += 1
            return protocol.Reply.parse(body)

    async def _token(self) -> str:
        bound = {"kind": "Pod", "apiVersion": "v1", "name": self._pod, "uid": self._uid}
        wanted = {
            "audiences": [protocol.AUDIENCE],
            "expirationSeconds": 3600,
            "boundObjectRef": bound,
        }
        path = f"/api/v1/namespaces/{self._namespace}/serviceaccounts/default/token"
        made = await self._api.request(Request("POST", path, {}, {"spec": wanted}))
        return str(made["status"]["token"])

    async def _end(self) -> None:
        body = {"metadata": {"annotations": {DONE: "done"}}}
        path = resources.PODS.path(self._namespace, self._pod)
        await self._api.request(
            Request("PATCH", path, {}, body, content_type="application/merge-patch+json")
        )


async def pods(api: KubeClient, namespace: str) -> AsyncIterator[dict[str, Any]]:
    """The pods of trials as they are and as they change."""
    selector = "sweepjob.dev/sweep"
    while True:
        try:
            token = "first"
            while token:
                page = await api.list_page(
                    resources.PODS, namespace, selector, token.removeprefix("first")
                )
                for pod in page["items"]:
                    yield pod
                token = page["metadata"].get("continue", "")
            version = page["metadata"]["resourceVersion"]
            async for event in api.watch(resources.PODS, namespace, selector, version):
                yield event["object"]
        except errors.ApiError:
            await asyncio.sleep(0.5)


async def main() -> None:
    namespace = sys.argv[1]
    trials, reports = int(sys.argv[2]), int(sys.argv[3])
    rate, pause, patient = float(sys.argv[4]), float(sys.argv[5]), sys.argv[6] == "1"
    api = await connect(strict_tls=True)
    known: set[str] = set()
    answers: collections.Counter[str] = collections.Counter()
    async with asyncio.TaskGroup() as group:

        async def play(sidecar: SimulatedSidecar) -> None:
            await sidecar.run()
            answers.update(sidecar.answers)

        async for pod in pods(api, namespace):
            uid, phase = pod["metadata"].get("uid"), pod.get("status", {}).get("phase")
            on = pod.get("spec", {}).get("nodeName", "")
            if uid not in known and phase == "Running" and on.startswith("simulated"):
                known.add(uid)
                group.create_task(play(SimulatedSidecar(api, pod, reports, rate, pause, patient)))
            if len(known) == trials:
                break
    print(json.dumps(answers), flush=True)
    await api.close()


if __name__ == "__main__":
    asyncio.run(main())
