"""Users with kubectl, at random: they delete Jobs and pods, suspend the sweep, resume it, and stop it in the
end. They tag trials and note things about them. Where trials have checkpoints, they pause and resume them."""

from __future__ import annotations

import asyncio
import random

from sweepjob.api import names
from sweepjob.api.sweeptrial.annotations import AnnotationChange
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Key

_GROUPS = {"jobs": "/apis/batch/v1", "pods": "/api/v1"}
_SWEEPJOBS = "/apis/sweepjob.dev/v1alpha1"


class UserActions:
    """Acts at random moments, without faults of the connection.

    Args:
        server: the API server.
        chance: the source of all randomness.
        sweep: namespace and name.
        pause: the longest time between two acts, in seconds.
        timeout: seconds until the sweep is stopped.

    Attributes:
        acts: how many the server carried out.
        tags: the newest tag and note of each trial.
    """

    def __init__(
        self,
        server: MemoryApiServer,
        chance: random.Random,
        sweep: Key,
        pause: float,
        timeout: float,
    ) -> None:
        self._server = server
        self._chance = chance
        self._sweep = sweep
        self._pause = pause
        self._timeout = timeout
        self.acts = 0
        self.tags: dict[Key, str] = {}

    async def run(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                while True:
                    await asyncio.sleep(self._chance.uniform(0.0, self._pause))
                    self._act()
        except TimeoutError:
            self._change(stop=True)

    def _act(self) -> None:
        kinds = ("jobs", "jobs", "pods", "suspend", "tag")
        sweep = self._server.store.get("sweepjobs", self._sweep)
        if sweep is not None and "checkpoint" in sweep["spec"]["trial"]:
            kinds = ("jobs", "pods", "suspend", "tag", *("trial",) * 6)
        kind = self._chance.choice(kinds)
        if kind == "trial":
            self._pause_or_resume()
            return
        if kind == "tag":
            self._tag()
            return
        if kind == "suspend":
            self._change(suspend=self._chance.random() < 0.3)
            return
        found = sorted(self._server.store.all(kind))
        if found:
            self._delete(kind, self._chance.choice(found))

    def _pause_or_resume(self) -> None:
        found = sorted(self._server.store.all("sweeptrials"))
        if not found:
            return
        namespace, name = self._chance.choice(found)
        wish = self._chance.choice((True, True, False, None))
        path = f"{_SWEEPJOBS}/namespaces/{namespace}/sweeptrials/{name}"
        body = {"spec": {"paused": wish}}
        self.acts += self._server.answer(Request("PATCH", path, {}, body))[0] == 200

    def _tag(self) -> None:
        found = sorted(self._server.store.all("sweeptrials"))
        if not found:
            return
        key, value = self._chance.choice(found), str(self._chance.randrange(100))
        change = AnnotationChange({"seen": value}, f"seen {value}")
        path = f"{_SWEEPJOBS}/namespaces/{key[0]}/sweeptrials/{key[1]}"
        done, _ = self._server.answer(Request("PATCH", path, {}, {"metadata": change.metadata()}))
        assert done == 200
        self.acts += 1
        self.tags[key] = value

    def check_tags(self) -> None:
        """Check that every trial has the tag and the note that it was given last."""
        for key, value in self.tags.items():
            meta = self._server.store.all("sweeptrials")[key]["metadata"]
            assert meta["labels"][f"{names.LABEL_TAG}seen"] == value
            assert meta["annotations"][names.ANNOTATION_NOTE] == f"seen {value}"

    def _delete(self, kind: str, key: Key) -> None:
        """As kubectl does: a Job in the background, unless it is told otherwise."""
        options = {"propagationPolicy": self._chance.choice(("Background", "Foreground"))}
        path = f"{_GROUPS[kind]}/namespaces/{key[0]}/{kind}/{key[1]}"
        given = options if kind == "jobs" else {}
        self.acts += self._server.answer(Request("DELETE", path, {}, given))[0] == 200

    def _change(self, **spec: bool) -> None:
        namespace, name = self._sweep
        path = f"{_SWEEPJOBS}/namespaces/{namespace}/sweepjobs/{name}"
        self.acts += self._server.answer(Request("PATCH", path, {}, {"spec": spec}))[0] == 200
