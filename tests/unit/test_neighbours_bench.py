"""The parts of ``make bench-neighbours`` that need no cluster."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.ingest.authentication import is_plausible_token

from tests.bench.neighbours import attacks, busy
from tests.bench.neighbours.attacker import made_up_token
from tests.bench.neighbours.operator_metrics import OperatorObserver, scrape
from tests.bench.neighbours.victim import Victim

TARGET: Any = SimpleNamespace(images={"trainer": "trainer:1", "operator": "operator:1"})


def test_made_up_tokens_are_worth_a_review() -> None:
    assert is_plausible_token(made_up_token(), time.time())
    assert made_up_token() != made_up_token()


@pytest.mark.parametrize(
    "body",
    [
        attacks._flood(TARGET),
        busy.sweepjob("busy", 200),
        Victim(TARGET, TARGET, "bench-victim", 9)._reporting(),
        Victim(TARGET, TARGET, "bench-victim", 9)._judging(),
    ],
    ids=lambda body: body["metadata"]["name"],
)
def test_its_sweeps_are_valid(body: dict[str, Any]) -> None:
    assert parse_sweepjob(body)


def test_the_longest_pause_is_that_of_the_measurement() -> None:
    registry = CollectorRegistry()
    delays = Histogram(
        "sweepjob_operator_loop_delay_seconds", "", buckets=(0.01, 0.1, 1), registry=registry
    )
    pushes = Counter("sweepjob_pushes", "", ["code"], registry=registry)

    def kubectl(*_: str) -> str:
        return generate_latest(registry).decode()

    observer = OperatorObserver(SimpleNamespace(kubectl=kubectl))  # type: ignore[arg-type] # a fake target
    delays.observe(0.5)  # before
    observer.readings.append(scrape(observer.target))
    delays.observe(0.05)
    pushes.labels("200").inc(2)
    pushes.labels("401").inc(3)
    observer.readings.append(scrape(observer.target))
    assert observer.longest_pause == "< 100 ms"
    assert observer.grown("sweepjob_pushes_total") == 5
    delays.observe(5)
    observer.readings.append(scrape(observer.target))
    assert observer.longest_pause == "> 10 s"
