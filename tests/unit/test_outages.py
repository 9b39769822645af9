"""An API server that is out of order for minutes: it answers errors, etcd is full, it is busy, or nothing arrives."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.fake_api.harness import Scenario
from tests.fake_api.transport import Outage, OutageKind

from .scenarios import check, spec

pytestmark = pytest.mark.usefixtures("quiet_logs")

ALL = os.environ.get("SWEEPJOB_KILLS") == "all"
MINUTES = 4 * 60.0


def scenario(outages: tuple[Outage, ...], seed: int, **given: Any) -> Scenario:
    return Scenario(seed, spec(12, 3), faults={"outages": outages}, **given).run()


@pytest.mark.parametrize("kind", OutageKind)
@pytest.mark.parametrize("begin", [0.0, 0.5, 7.0, 20.0] if ALL else [0.5, 20.0])
def test_a_sweep_goes_on_after_an_outage_of_minutes(kind: OutageKind, begin: float) -> None:
    made = scenario((Outage(begin, begin + MINUTES, kind),), seed=int(begin))
    check(made)
    assert made.loop.time() < begin + MINUTES + 300, "it does not wait for long afterwards"


@pytest.mark.parametrize("kind", OutageKind)
def test_an_operator_that_is_restarted_in_an_outage(kind: OutageKind) -> None:
    """It is killed before, so that it starts in the outage, and again after it."""
    undisturbed = scenario((), seed=3)
    turns = undisturbed.kill_points[10], undisturbed.kill_points[-10]
    outage = Outage(3.0, 3.0 + MINUTES, kind)
    made = scenario((outage,), seed=3, kills=frozenset(turns), downtime=(1.0, 9.0))
    assert made.killed
    check(made)


@pytest.mark.parametrize("kind", OutageKind)
def test_outages_do_not_change_proposals(kind: OutageKind) -> None:
    """Which trial is stopped depends on when others report; what is tried does not."""
    outages = tuple(Outage(at, at + 45.0, kind) for at in (2.0, 60.0, 130.0))
    made, undisturbed = scenario(outages, seed=5), scenario((), seed=5)
    check(made)
    assert [d[0] for d in made.decisions()] == [d[0] for d in undisturbed.decisions()]
