"""Looks at every change of a sweep's objects while the operator and its cluster are being maltreated, by
watches of its own, and at what is left at the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sweepjob.api.resources import SWEEPTRIALS
from sweepjob.kube import resources
from sweepjob.kube.client import KubeClient
from sweepjob.kube.connection import connect
from sweepjob.kube.informer import Informer
from sweepjob.local.store import Body, Change

from tests.cluster.console import ClusterError
from tests.fake_api.invariants import Invariants

from .sweeps import Sweeps, values_on_record

_WATCHED = (SWEEPTRIALS, resources.JOBS, resources.PODS)


@dataclass(frozen=True)
class Seen:
    """An object as it was."""

    body: Body
    namespace: str
    name: str
    uid: str
    version: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Seen:
        meta = body["metadata"]
        return cls(
            dict(body), meta["namespace"], meta["name"], meta["uid"], meta["resourceVersion"]
        )


class _Cache(Informer[Seen]):
    """Knows when it takes in a list, one object after the other: until then it shows new ones beside
    old ones that are over, which never were together."""

    lists = False

    async def _relist(self) -> str:
        self.lists = True
        try:
            return await super()._relist()
        finally:
            self.lists = False


@dataclass
class Audit:
    """The invariants of the crash tests, checked on the real cluster.

    Args:
        concurrent: trials that may run at a time.
    """

    sweeps: Sweeps
    name: str
    concurrent: int
    _caches: dict[str, Informer[Seen]] = field(default_factory=dict)

    @contextlib.contextmanager
    def running(self) -> Iterator[Audit]:
        self.invariants = Invariants(self, self.concurrent)
        stop = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._watch(stop)), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join(20)

    async def _watch(self, stop: threading.Event) -> None:
        path = str(self.sweeps.target.kubeconfig)
        api = await connect(strict_tls=True, kubeconfig=path)
        watches = [asyncio.create_task(self._informer(api, r).run()) for r in _WATCHED]
        await asyncio.to_thread(stop.wait)
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        await api.close()

    def _informer(self, api: KubeClient, resource: resources.Resource) -> Informer[Seen]:
        def changed(old: Seen | None, new: Seen | None) -> None:
            bodies = (None if one is None else one.body for one in (old, new))
            change = Change(0, 0.0, resource.plural, *bodies)
            if not (made.lists and resource is resources.PODS):
                self.invariants.check(change)

        selector = f"sweepjob.dev/sweep={self.name}"
        space = self.sweeps.namespace
        made = _Cache(api, resource, Seen.of, changed, space, selector)
        self._caches[resource.plural] = made
        return made

    def get(self, resource: str, key: tuple[str, str]) -> Body | None:
        """The object as it is on record at this moment: watches of two kinds are not in step."""
        while True:
            try:
                body: Body = self.sweeps.get(resource, key[1])
            except ClusterError as error:
                if "NotFound" in str(error):
                    return None
            else:
                return body

    def all(self, resource: str) -> dict[tuple[str, str], Body]:
        return {key: seen.body for key, seen in self._caches[resource].records.items()}

    def check(self, total: int, reports: int) -> None:
        """What has to hold at the end of a sweep whose n-th report is the level + n / 1000."""
        if self.invariants.problem:
            raise self.invariants.problem
        trials = self.sweeps.trials(self.name)
        assert [t["spec"]["index"] for t in trials] == list(range(total))
        assert len({t["spec"]["assignment"] for t in trials}) == total
        ended = self.sweeps.sweep(self.name)["status"]["trials"]
        assert ended["succeeded"] + ended["earlyStopped"] == ended["created"] == total, ended
        for trial in trials:
            values = values_on_record(trial)
            level = json.loads(trial["spec"]["assignment"])["level"]
            # A report that is lost or counted twice shows.
            assert values == [round(level + n / 1000, 3) for n in range(1, len(values) + 1)]
            if trial["status"]["phase"] == "Succeeded":
                assert len(values) == reports
