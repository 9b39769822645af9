"""What trainers that print without pause do to everybody else on the operator's event loop.

    make bench-logs
    make bench-logs ARGS="--streams 10 --seconds 20"

One process floods: each stream is a log of `acc=1 acc=2 loss=0.3 val_acc=0.5` lines, as an API server
hands it on. The other reads them with the operator's own code into a sweep with a policy, on uvloop, and
answers small requests meanwhile, as the intake answers the pushes of other namespaces. Printed are how
long those waited, and how long the loop was held at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import uvloop
from aiohttp import web
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.ingest.log_readers.log_readers import LogReaders
from sweepjob.kube.client import KubeClient
from sweepjob.kube.http_transport import Endpoint, HttpTransport
from sweepjob.log_parsing.log_parser import LogParser

_LINE = b" acc=1 acc=2 loss=0.3 val_acc=0.5\n"
_ALIKE = 200  # lines with the same time


async def flood() -> None:
    """The other process: serves logs, and asks at the port that it is told on its standard input."""

    async def log(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                seconds, rest = divmod(time.time_ns(), 10**9)
                stamp = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:09}Z"
                await response.write((stamp.encode() + _LINE) * _ALIKE)
        return response

    application = web.Application()
    application.router.add_get("/{any:.*}", log)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    port, seconds = json.loads(await asyncio.to_thread(sys.stdin.readline))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waits, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        asked = time.monotonic()
        writer.write(b"?\n")
        await reader.readline()
        waits.append(time.monotonic() - asked)
        await asyncio.sleep(0.02)
    print(json.dumps(waits), flush=True)


def _state(streams: int) -> SweepStore:
    body: dict[str, Any] = {
        "metadata": {"namespace": "bench", "name": "s", "uid": "u", "generation": 1},
        "spec": {
            "objective": {"goal": "maximize", "primaryMetric": "val_acc"},
            "samplingAlgorithm": {"type": "random", "seed": 1},
            "searchSpace": {"x": {"type": "uniform", "minValue": 0, "maxValue": 1}},
            "limits": {"maxTotalTrials": max(1, streams)},
            "earlyTermination": {"type": "median_stopping"},
            "metrics": {"source": "logs"},
            "trial": {"image": "train", "command": "train"},
        },
    }
    sweep = SweepStore(ObjectIdentity("bench", "s", "u"), parse_sweepjob(body), 1, 0.0, {})
    for index in range(streams):
        trial = trial_manifest("bench", "s", "u", index, {"x": 0.5}, "")
        trial["metadata"] |= {"uid": f"u{index}", "resourceVersion": "1"}
        sweep.add_trial(parse_record(trial))
    return sweep


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)


async def _measure_pauses(pauses: list[float]) -> None:
    while True:
        before = time.monotonic()
        await asyncio.sleep(0.002)
        pauses.append(time.monotonic() - before - 0.002)


def _read_logs(api: KubeClient, sweep: SweepStore) -> LogReaders:
    running = SimpleNamespace(is_terminal=False)
    pods = {
        f"pod-{t.index}": SimpleNamespace(
            namespace="bench", name=f"pod-{t.index}", uid=f"pod-{t.index}", trainer="trainer",
            trainer_ended=False, view=running, trial=t,
        )
        for t in sweep.state.live.values()
    }  # fmt: skip

    def report(pod: Any, found: list[tuple[str, float]], where: Any) -> None:
        sweep.ingest_log_line(pod.trial, found, where, time.time())

    current: Any = pods.get
    readers = LogReaders(api, current, report, lambda pod: None)
    for pod in pods.values():
        known: Any = pod
        readers.follow(known, LogParser("val_acc"), 0)
    return readers


@contextlib.asynccontextmanager
async def _flooding() -> AsyncIterator[asyncio.subprocess.Process]:
    command = (sys.executable, "-m", "tests.bench.log_flood", "--flood")
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=1 << 24)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def measure(streams: int, seconds: float) -> None:
    async with _flooding() as process:
        assert process.stdout is not None
        assert process.stdin is not None
        url = f"http://127.0.0.1:{int(await process.stdout.readline())}"
        api = KubeClient(HttpTransport(Endpoint(url)))
        sweep = _state(streams)
        readers = _read_logs(api, sweep)
        server = await asyncio.start_server(_answer, "127.0.0.1", 0)
        pauses: list[float] = []
        ticking = asyncio.create_task(_measure_pauses(pauses))
        port = server.sockets[0].getsockname()[1]
        process.stdin.write(json.dumps([port, seconds]).encode() + b"\n")
        waits = sorted(json.loads(await process.stdout.readline()))
        ticking.cancel()
        count = sum(trial.reports.curve.count for trial in sweep.state.live.values())
        print(
            f"{streams:>7} {count / seconds:>9.0f} {statistics.median(waits) * 1e3:>9.1f} ms "
            f"{waits[int(0.99 * len(waits))] * 1e3:>8.1f} ms {waits[-1] * 1e3:>8.1f} ms "
            f"{max(pauses) * 1e3:>8.1f} ms",
            flush=True,
        )
        for index in range(streams):
            readers.forget(f"pod-{index}")
        server.close()
        await api.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--streams", type=int, nargs="+", default=[0, 1, 10])
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--flood", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.flood:
        await flood()
        return
    print("streams   reports  answer, p50       p99      worst   longest pause")
    for streams in args.streams:
        await measure(streams, args.seconds)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
