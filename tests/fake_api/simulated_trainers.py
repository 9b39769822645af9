"""What runs in a pod of the fake cluster: a trainer that reports, and a sidecar that pushes its reports as
the real one does: numbered, repeated until they are durable, with a termination message at the end."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

from sweepjob import protocol
from sweepjob.controllers.push_handler import PushHandler
from sweepjob.ingest.authentication import Caller
from sweepjob.ingest.push_response import PushResponse
from sweepjob.local.store import Body

_RETRY = 0.3  # seconds until a push that failed is tried again
_REMINDER = 2.0  # seconds between empty pushes while something is not durable yet
_FLUSH_TIMEOUT = 3.0  # seconds that the sidecar has for the rest when the trainer has ended


class SimulatedTrainers:
    """The trainers and sidecars of all pods.

    Args:
        chance: the source of all randomness.
        push_handler: returns the operator's, None while no operator runs.
        failure_probability: that a trainer fails.
        killed_sidecars: the number of pods, the first ones, whose sidecars are killed before they write a
            termination message.

    Where the sweep has checkpoints, a trainer goes on from the one in the trial's folder, which is up to two
    reports older than the last report.

    Attributes:
        made: the reports that were made, by trial and pod.
        steps: their steps, where the sweep has checkpoints.
        checkpoints: the step of the newest checkpoint, by trial.
        results: the last values of the other metrics that the sidecar was told to keep, by trial and pod.
        changes: how many reports were made and how many replies arrived.
    """

    def __init__(
        self,
        chance: random.Random,
        push_handler: Callable[[], PushHandler | None],
        failure_probability: float = 0.0,
        killed_sidecars: int = 0,
    ) -> None:
        self._chance = chance
        self._push_handler = push_handler
        self._failure_probability = failure_probability
        self._killed_sidecars = killed_sidecars
        self.made: dict[str, dict[str, list[float]]] = defaultdict(dict)
        self.steps: dict[str, list[int]] = defaultdict(list)  # by pod
        self.checkpoints: dict[str, int] = {}
        self._sidecars: dict[str, _Sidecar] = {}
        self.results: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
        self.changes = 0

    async def run(self, pod: Body) -> tuple[int, str]:
        """Run a pod; returns the trainer's exit code and the sidecar's termination message."""
        listed = pod["spec"]["containers"][0]["env"]
        environment = {e["name"]: e["value"] for e in listed if "value" in e}
        parameters = json.loads(environment["SWEEPJOB_PARAMETERS"])
        trial = environment["SWEEPJOB_TRIAL"]
        rank = environment.get("JOB_COMPLETION_INDEX", "0")
        if rank != "0":  # it reports as well, and its sidecar pushes nothing
            return await self._train(parameters, [], {}, (), []), ""
        steps = self.steps[pod["metadata"]["uid"]]
        first = None
        if "SWEEPJOB_CHECKPOINT" in environment:
            first = self.checkpoints.get(trial, 0)
            assert first == 0 or "SWEEPJOB_RESUMED" in environment or _is_replaced(environment)
        made = self.made[trial].setdefault(pod["metadata"]["uid"], [])
        names = _result_metrics(pod)
        results = self.results[trial].setdefault(pod["metadata"]["uid"], {})
        self._killed_sidecars -= 1
        is_killed = self._killed_sidecars >= 0
        sidecar = _Sidecar(pod, trial, made, steps, self._handle, names, results)
        if first is not None and not is_killed:
            self._sidecars[pod["metadata"]["uid"]] = sidecar
        pushing = asyncio.create_task(sidecar.run())
        try:
            code = await self._train(parameters, made, results, names, steps, trial, first)
            sidecar.finishing = True
            await asyncio.wait([pushing], timeout=_FLUSH_TIMEOUT)
        finally:
            pushing.cancel()
        return code, "" if is_killed else sidecar.termination_message()

    def termination_message(self, uid: str) -> str:
        """The termination message of a sidecar whose pod is deleted; empty where the tests do without."""
        sidecar = self._sidecars.get(uid)
        return "" if sidecar is None else sidecar.termination_message()

    def _handle(self, caller: Caller, push: protocol.Push) -> PushResponse | None:
        """The operator's answer to a push; None while no operator runs."""
        push_handler = self._push_handler()
        if push_handler is None:
            return None
        self.changes += 1
        return push_handler.handle(caller, push)

    async def _train(
        self,
        parameters: dict[str, float],
        made: list[float],
        results: dict[str, float],
        names: tuple[str, ...],
        steps: list[int],
        trial: str = "",
        first: int | None = None,
    ) -> int:
        """Train, from a checkpoint if ``first`` is the step of one; None without checkpoints."""
        fails = self._chance.random() < self._failure_probability
        reports = int(parameters["reports"])
        until = self._chance.randrange(reports) if fails else reports
        for n in range((first or 0) + 1, until + 1):
            await asyncio.sleep(self._chance.uniform(0.2, 1.0))
            made.append(round(parameters["level"] + n / 1000, 3))
            if first is not None:
                steps.append(n)
            if first is not None and n % 3 == 0:
                self.checkpoints[trial] = n
            self.changes += 1
            if names:  # a moment later, as a script that evaluates a second metric
                await asyncio.sleep(0.05)
                results.update((name, _result(name, parameters, n)) for name in names)
                self.changes += 1
        return 1 if fails else 0


def _is_replaced(environment: dict[str, str]) -> bool:
    """Whether the pod may be another one of the first attempt, whose Job replaces a disrupted pod."""
    return environment["SWEEPJOB_ATTEMPT"] == "1"


def _result_metrics(pod: Body) -> tuple[str, ...]:
    sidecars = pod["spec"].get("initContainers") or ()
    variables = (e for container in sidecars for e in container.get("env") or ())
    told = next((e["value"] for e in variables if e["name"] == protocol.ENV_SETTINGS), "{}")
    return tuple(json.loads(json.loads(told).get(protocol.RESULT_METRICS, "[]")))


def _result(name: str, parameters: Mapping[str, float], report: int) -> float:
    """A metric that is worse the better the score is, or the number of reports for ``size``."""
    if name == "size":
        return float(parameters["reports"])
    return round(parameters["level"] * 10 + parameters["reports"] / 50 - report / 1000, 4)


class _Sidecar:
    def __init__(
        self,
        pod: Body,
        trial: str,
        made: list[float],
        steps: list[int],
        handle: Callable[[Caller, protocol.Push], PushResponse | None],
        names: tuple[str, ...],
        results: Mapping[str, float],
    ) -> None:
        meta = pod["metadata"]
        self._caller = Caller(meta["namespace"], meta["name"], meta["uid"])
        self._trial = trial
        self._made = made
        self._steps = steps
        self._handle = handle
        self._names, self._results = names, results
        self._reply = protocol.Reply(1, 0)
        self.finishing = False

    async def run(self) -> None:
        while self._reply.action != protocol.STOP and not self._is_done():
            first = self._reply.next
            values = tuple(self._made[first - 1 : first - 1 + protocol.MAX_BATCH])
            if values or self._reply.durable < len(self._made):
                await asyncio.sleep(0.01)
                steps = tuple(self._steps[first - 1 : first - 1 + protocol.MAX_BATCH])
                push = protocol.Push(self._caller.namespace, self._trial, first, values)
                await self._push(replace(push, results=self._last_results(), steps=steps))
            await asyncio.sleep(0.05 if values else _RETRY)

    def _is_done(self) -> bool:
        return self.finishing and self._reply.next > len(self._made)

    async def _push(self, push: protocol.Push) -> None:
        answer = self._handle(self._caller, push)
        if answer is None:
            return
        if answer.status == 410:
            self._reply = protocol.Reply(push.first, 0, protocol.STOP)
        elif answer.status == 200:
            self._reply = protocol.Reply.parse(answer.body.encode())
            if not push.values:
                await asyncio.sleep(_REMINDER)

    def termination_message(self) -> str:
        low, high = (f(self._made) if self._made else None for f in (min, max))
        count, made, steps = len(self._made), tuple(self._made), tuple(self._steps)
        summary = protocol.Summary(count, low, high, made, ("score",), steps=steps)
        return replace(summary, results=self._last_results()).dump()

    def _last_results(self) -> protocol.Results:
        return tuple(self._results.get(name) for name in self._names)
