"""The operator's intake on one core: its own code, over the fake API server, with a sweep whose trials
all run. Prints the pods and the port as JSON; on SIGTERM, its processor seconds.

    python -m tests.bench.intake.server TRIALS CORE CERTIFICATE KEY LOOP
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import random
import signal
import ssl
import sys
import time
from typing import Any

import uvloop
from aiohttp import web
from sweepjob import wire
from sweepjob.local.api import MemoryApiServer, Request
from sweepjob.local.store import Body

from tests.fake_api.cluster import FakeCluster
from tests.fake_api.harness import NAMESPACE, Operator
from tests.fake_api.transport import FakeClient, Weather


def sweepjob(trials: int) -> Body:
    spec = {
        "objective": {"goal": "maximize", "primaryMetric": "score"},
        "samplingAlgorithm": {"type": "random", "seed": 1},
        "searchSpace": {"x": {"type": "uniform", "minValue": 0, "maxValue": 1}},
        "limits": {"maxTotalTrials": trials, "maxConcurrentTrials": trials},
        "earlyTermination": {"type": "median_stopping"},
        "trial": {"image": "train", "command": "train"},
    }
    kind = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
    return {**kind, "metadata": {"name": "bench"}, "spec": spec}


class ReviewingServer(MemoryApiServer):
    """A fake: believes what a token says of itself."""

    def answer(self, request: Request) -> tuple[int, Body]:
        if not request.path.endswith("/tokenreviews"):
            return super().answer(request)
        assert request.body is not None
        claims = request.body["spec"]["token"].split(".")[1]
        pod = json.loads(base64.urlsafe_b64decode(claims + "==="))["pod"]
        extra = {f"authentication.kubernetes.io/pod-{key}": [pod[key]] for key in ("name", "uid")}
        user = {"username": f"system:serviceaccount:{NAMESPACE}:default", "extra": extra}
        status = {"authenticated": True, "audiences": [wire.AUDIENCE], "user": user}
        return 201, {"status": status}


async def train(pod: Body) -> tuple[int, str]:
    """For as long as the bench lasts."""
    await asyncio.Event().wait()
    return 0, ""


async def main() -> None:
    trials, core, certificate, key, _ = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    logging.getLogger("sweepjob").setLevel(logging.ERROR)
    server = ReviewingServer(time.time, kept=100_000)
    FakeCluster(server, random.Random(1), time.time, train)
    path = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs"
    server.answer(Request("POST", path, {}, sweepjob(int(trials))))
    still = Weather(random.Random(2), delay=(0.0, 0.0), lag=(0.0, 0.0))
    operator = Operator(FakeClient(server, still), time.time)
    pods = await _running(server, int(trials))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    runner = web.AppRunner(operator.intake.application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls, backlog=1024)
    await site.start()
    port = runner.addresses[0][1]
    print(json.dumps({"port": port, "pods": pods}), flush=True)
    done = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set)
    await done.wait()
    operator.kill()
    await runner.cleanup()


async def _running(server: MemoryApiServer, trials: int) -> list[dict[str, Any]]:
    while True:
        await asyncio.sleep(0.5)
        pods = list(server.store.all("pods").values())
        if sum(pod["status"].get("phase") == "Running" for pod in pods) == trials:
            await asyncio.sleep(2.0)  # until the records say so, too
            metas = [pod["metadata"] for pod in pods]
            return [
                {"name": m["name"], "uid": m["uid"], "trial": m["labels"]["sweepjob.dev/trial"]}
                for m in metas
            ]


if __name__ == "__main__":
    loops = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}
    with asyncio.Runner(loop_factory=loops[sys.argv[-1]]) as runner:
        runner.run(main())
