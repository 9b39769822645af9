"""The operator's intake on one core: its own code, over the fake API server, with a sweep whose trials
all run. Prints the pods and the port as JSON; on SIGTERM, its processor seconds.

    python -m tests.bench.intake.server TRIALS CORE CERTIFICATE KEY LOOP
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import signal
import socket
import sys
import time
from typing import Any

import uvloop
from sweepjob.ingest.ingest_process import IngestProcess
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Body

from tests.fake_api.cluster import FakeCluster
from tests.fake_api.harness import NAMESPACE, RunningOperator
from tests.fake_api.transport import FaultProfile, FaultyTransport


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


async def train(pod: Body) -> tuple[int, str]:
    """For as long as the bench lasts."""
    await asyncio.Event().wait()
    return 0, ""


async def main() -> None:
    trials, core, certificate, key, _ = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    logging.getLogger("sweepjob").setLevel(logging.ERROR)
    server = MemoryApiServer(time.time, history_limit=100_000)
    FakeCluster(server, random.Random(1), time.time, train)
    path = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs"
    server.answer(Request("POST", path, {}, sweepjob(int(trials))))
    still = FaultProfile(random.Random(2), delay=(0.0, 0.0), lag=(0.0, 0.0))
    operator = RunningOperator(FaultyTransport(server, still), time.time)
    pods = await _running(server, int(trials))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = (
        sys.executable,
        "-m",
        "tests.bench.intake.unverified_tokens",
        certificate,
        key,
        str(port),
    )
    ingestion = IngestProcess(operator.push_handler, command)
    serving = asyncio.create_task(ingestion.run())
    await ingestion.listening.wait()
    print(json.dumps({"port": port, "pods": pods}), flush=True)
    done = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set)
    await done.wait()
    operator.kill()
    serving.cancel()
    await asyncio.wait([serving])


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
