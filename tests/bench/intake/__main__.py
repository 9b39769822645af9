"""How many reports a second the intake takes on one core: TLS, cached authentication, a median policy that
judges each of them, and the writes of curves to a fake API server included.

    make bench-intake
    make bench-intake ARGS="--trials 500 --rates 10 20 40"

Each trial makes reports at a rate, and pushes what it has as soon as the push before was answered, as the
sidecar does. The intake has one core, whoever pushes another.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import ssl
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweepjob import protocol

from tests.bench.control_plane.costs import cpu_seconds, memory
from tests.cluster import certificates
from tests.fake_api.harness import NAMESPACE

_SERVER_CORE, _CLIENT_CORE = 0, 1


@dataclass
class Trial:
    """One trial and its sidecar, with little of an HTTP client, so that it costs little.

    Attributes:
        taken: reports that the intake has.
        waits: seconds that each push took.
        reconnected: how often the intake closed the connection, as it does when a request takes too long to arrive.
    """

    pod: dict[str, str]
    port: int
    tls: ssl.SSLContext
    taken: int = 0
    waits: list[float] = field(default_factory=list)
    reconnected: int = 0

    async def connect(self) -> None:
        self._token = _token(self.pod)
        await self._open()
        await self._push(0)

    async def _open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.tls
        )

    async def report(self, rate: float, seconds: float) -> None:
        started, before = time.monotonic(), self.taken
        while (now := time.monotonic() - started) < seconds:
            made = before + int(now * rate)
            if made == self.taken:
                await asyncio.sleep((made + 1 - before) / rate - now)
                continue
            sent = time.monotonic()
            try:
                await self._push(made)
            except (OSError, asyncio.IncompleteReadError):
                self.reconnected += 1
                await self._open()
                continue
            self.waits.append(time.monotonic() - sent)

    async def _push(self, made: int) -> None:
        last = min(made, self.taken + protocol.MAX_BATCH)
        values = tuple(n / 1000 for n in range(self.taken + 1, last + 1))
        push = protocol.Push(NAMESPACE, self.pod["trial"], self.taken + 1, values, ("score",))
        body = push.dump()
        head = f"POST {protocol.REPORTS_PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._token}\r\n"
        self._writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        status = int(answer.split(b" ", 2)[1])
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        content = await self._reader.readexactly(length)
        if status == 200:
            self.taken = protocol.Reply.parse(content).next - 1
        else:
            assert status in (429, 503), content
            await asyncio.sleep(0.2)


def _token(pod: dict[str, str]) -> str:
    claims = json.dumps({"aud": [protocol.AUDIENCE], "pod": pod, "padding": "x" * 700})
    return f"head.{base64.urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.signature"


async def measure(trials: list[Trial], pid: int, rate: float, seconds: float) -> None:
    before, cpu = sum(t.taken for t in trials), cpu_seconds(pid)
    for trial in trials:
        trial.waits.clear()
        trial.reconnected = 0
    started = time.monotonic()
    await asyncio.gather(*(t.report(rate, seconds) for t in trials))
    took = time.monotonic() - started
    taken = sum(t.taken for t in trials) - before
    waits = sorted(wait for t in trials for wait in t.waits)
    share = (cpu_seconds(pid) - cpu) / took
    print(
        f"{rate * len(trials):>10.0f} {taken / took:>10.0f} {len(waits) / took:>10.0f} "
        f"{statistics.median(waits) * 1000:>8.1f} ms {waits[int(0.99 * len(waits))] * 1000:>8.1f} ms "
        f"{100 * share:>6.0f} % {sum(t.reconnected for t in trials):>10}",
        flush=True,
    )


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--rates", type=float, nargs="+", default=[1, 5, 10, 20, 40])
    parser.add_argument("--seconds", type=float, default=15)
    loops = ("uvloop", "asyncio")
    parser.add_argument("--loop", choices=loops, default=loops[0], help="the operator's is uvloop")
    args = parser.parse_args()
    os.sched_setaffinity(0, {_CLIENT_CORE})
    with tempfile.TemporaryDirectory() as folder:
        pki = Path(folder)
        certificates.issue(pki, [certificates.Identity("intake", "intake", hosts=("127.0.0.1",))])
        pair = (str(pki / "intake.crt"), str(pki / "intake.key"))
        command = [sys.executable, "-m", "tests.bench.intake.server", str(args.trials)]
        command += [str(_SERVER_CORE), *pair, args.loop]
        server = await asyncio.create_subprocess_exec(*command, stdout=PIPE, limit=1 << 22)
        try:
            assert server.stdout is not None
            told: dict[str, Any] = json.loads(await server.stdout.readline())
            tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
            trials = [Trial(pod, told["port"], tls) for pod in told["pods"]]
            for trial in trials:
                await trial.connect()
            print(f"{args.trials} trials; reports and pushes a second")
            print("   offered      taken     pushes  push, p50         p99   core  reconnected")
            for rate in args.rates:
                await measure(trials, server.pid, rate, args.seconds)
            print(f"its memory: {memory(server.pid)[1]:.0f} MiB at most")
        finally:
            server.terminate()
            await server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
