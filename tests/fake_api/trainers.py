"""What runs in a pod of the fake cluster: a trainer that reports, and a sidecar that pushes as the real
one does: numbered, again and again until it is durable, with last words for an operator that was away."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Callable

from sweepjob import protocol
from sweepjob.controllers.push_handler import PushHandler
from sweepjob.ingest.authentication import Caller
from sweepjob.local.store import Body

_AGAIN = 0.3  # seconds until a push that failed is tried again
_REMINDER = 2.0  # seconds between pushes of nothing while something is not durable yet
_FAREWELL = 3.0  # seconds that the sidecar has for what is left when the trainer has ended


class Trainers:
    """All of them.

    Args:
        intake: the operator's, while there is one.
        made: reports by trial and pod, as they were made: the truth to compare with.
        failing: probability that a trainer fails.
        muted: so many pods, the first, have sidecars that are killed in the end, before any last words.
    """

    def __init__(
        self,
        chance: random.Random,
        intake: Callable[[], PushHandler | None],
        failing: float = 0.0,
        muted: int = 0,
    ) -> None:
        self._chance = chance
        self._intake = intake
        self._failing = failing
        self._muted = muted
        self.made: dict[str, dict[str, list[float]]] = defaultdict(dict)

    async def run(self, pod: Body) -> tuple[int, str]:
        """A pod's life, from its start to the exit code and the sidecar's last words."""
        environment = {e["name"]: e["value"] for e in pod["spec"]["containers"][0]["env"]}
        parameters = json.loads(environment["SWEEPJOB_PARAMETERS"])
        trial = environment["SWEEPJOB_TRIAL"]
        made = self.made[trial].setdefault(pod["metadata"]["uid"], [])
        self._muted -= 1
        muted = self._muted >= 0
        sidecar = _Sidecar(pod, trial, made, self._intake)
        pushing = asyncio.create_task(sidecar.run())
        try:
            code = await self._train(parameters, made)
            sidecar.finishing = True
            await asyncio.wait([pushing], timeout=_FAREWELL)
        finally:
            pushing.cancel()
        return code, "" if muted else sidecar.last_words()

    async def _train(self, parameters: dict[str, float], made: list[float]) -> int:
        fails = self._chance.random() < self._failing
        reports = int(parameters["reports"])
        until = self._chance.randrange(reports) if fails else reports
        for n in range(1, until + 1):
            await asyncio.sleep(self._chance.uniform(0.2, 1.0))
            made.append(round(parameters["level"] + n / 1000, 3))
        return 1 if fails else 0


class _Sidecar:
    def __init__(
        self, pod: Body, trial: str, made: list[float], intake: Callable[[], PushHandler | None]
    ) -> None:
        meta = pod["metadata"]
        self._caller = Caller(meta["namespace"], meta["name"], meta["uid"])
        self._trial = trial
        self._made = made
        self._intake = intake
        self._reply = protocol.Reply(1, 0)
        self.finishing = False

    async def run(self) -> None:
        while self._reply.action != protocol.STOP and not self._is_done():
            first = self._reply.next
            values = tuple(self._made[first - 1 : first - 1 + protocol.MAX_BATCH])
            if values or self._reply.durable < len(self._made):
                await asyncio.sleep(0.01)
                await self._push(protocol.Push(self._caller.namespace, self._trial, first, values))
            await asyncio.sleep(0.05 if values else _AGAIN)

    def _is_done(self) -> bool:
        return self.finishing and self._reply.next > len(self._made)

    async def _push(self, push: protocol.Push) -> None:
        intake = self._intake()
        if intake is None:
            return
        answer = intake.answer(self._caller, push)
        if answer.status == 410:
            self._reply = protocol.Reply(push.first, 0, protocol.STOP)
        elif answer.status == 200:
            self._reply = protocol.Reply.parse(answer.body.encode())
            if not push.values:
                await asyncio.sleep(_REMINDER)

    def last_words(self) -> str:
        low, high = (f(self._made) if self._made else None for f in (min, max))
        summary = protocol.Summary(len(self._made), low, high, tuple(self._made), ("score",))
        return summary.dump()
