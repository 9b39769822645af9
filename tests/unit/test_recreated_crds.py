"""CRDs that are deleted and created again in mid-sweep, seen by our own caches: what was is forgotten, and
what comes runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.fake_api.access_rules import AccessRules
from tests.fake_api.harness import NAMESPACE, RunningOperator, Scenario
from tests.fake_api.transport import FaultyTransport

from .scenarios import spec

pytestmark = pytest.mark.usefixtures("quiet_logs")


@dataclass
class Renewed(Scenario):
    """CRDs go, with all their objects, and come back after a while.

    Args:
        gone: the resources of these CRDs.
        away: seconds until they are back.
    """

    gone: tuple[str, ...] = ()
    away: float = 30.0
    problems: list[str] = field(default_factory=list)

    def _start(self) -> None:
        self.access_rules = AccessRules()
        client = FaultyTransport(self.server, self.fault_profile, self.access_rules)
        self.operator = RunningOperator(client, self._clock)

    async def _wait_for_end(self) -> None:
        await asyncio.sleep(8.0)
        first = self.sweep["metadata"]["uid"]
        assert self.trials, "it is in the middle"
        self.server.store.observers.remove(self.invariants.check)  # records go now
        for resource in self.gone:
            for key in list(self.server.store.all(resource)):
                self.server.store.remove(resource, key)
            self.access_rules.close(resource)
        await asyncio.sleep(self.away)
        assert self.operator is not None
        self.problems = self.operator.controller.caches.problems(frozenset())
        for resource in self.gone:
            self.access_rules.open(resource)
        if "sweepjobs" in self.gone:
            assert (NAMESPACE, "sweep") not in self.operator.controller.versions()
            self._apply()
            assert self.sweep["metadata"]["uid"] != first
        await asyncio.sleep(5.0)
        assert not self.operator.controller.caches.problems(frozenset()), "it sees again"
        await super()._wait_for_end()


@pytest.mark.parametrize("away", [0.5, 30.0, 600.0])
@pytest.mark.parametrize(
    "gone", [("sweepjobs", "sweeptrials"), ("sweeptrials",), ("sweepjobs",)], ids="+".join
)
def test_a_sweep_created_after_the_crds_return_runs(gone: tuple[str, ...], away: float) -> None:
    scenario = Renewed(3, spec(6, 2), gone=gone, away=away)
    scenario.run()
    status = scenario.sweep["status"]
    assert status["phase"] == "Complete"
    owner = scenario.sweep["metadata"]["uid"]
    assert len(scenario.trials) == 6
    assert {t["metadata"]["ownerReferences"][0]["uid"] for t in scenario.trials} == {owner}
    assert all(t["status"]["phase"] in ("Succeeded", "EarlyStopped") for t in scenario.trials)
    if "sweeptrials" in gone and away > 5:
        assert len(scenario.problems) == 1
        assert "CRD sweeptrials.sweepjob.dev is missing. Install" in scenario.problems[0]
