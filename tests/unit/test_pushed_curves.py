"""Curves of other metrics on their way from the sidecar to the operator: when they are sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sweepjob import protocol
from sweepjob.sidecar import pusher
from sweepjob.sidecar.configuration import SidecarConfiguration
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.pusher import Pusher

from .push_receiver import Operator


@pytest.fixture
def operator() -> Iterator[Operator]:
    made = Operator()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def store(tmp_path: Path) -> MetricStore:
    return MetricStore(Journal(tmp_path / "journal"), "score", "sweep-0")


@pytest.fixture
def started(operator: Operator, store: MetricStore, tmp_path: Path) -> Iterator[Pusher]:
    (tmp_path / "token").write_text("t")
    url = f"http://127.0.0.1:{operator.server.server_address[1]}"
    paths = {"token_file": tmp_path / "token", "journal": tmp_path, "termination_log": tmp_path}
    configuration = SidecarConfiguration(
        operator_url=url,
        operator_ca="",
        metric="score",
        namespace="team",
        trial="sweep-0",
        artifacts="",
        **paths,
    )
    made = Pusher(configuration, store)
    made.start()
    yield made
    made.finish(120)


def test_they_are_sent_now_and_then_and_at_the_end(
    operator: Operator, store: MetricStore, started: Pusher
) -> None:
    store.add_report("loss", 1.0)
    operator.wait(lambda: operator.curves() == [[("loss", 1)]])
    for n in range(100):
        store.add_report("loss", n)
        store.add_report("score", n)
    operator.wait(lambda: sum(len(p.values) for p in operator.pushes) == 100)
    assert operator.curves() == [[("loss", 1)]]  # the interval has not passed
    started.finish(120)
    assert operator.curves() == [[("loss", 1)], [("loss", 101)]]


def test_the_interval(
    operator: Operator, store: MetricStore, started: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pusher, "_CURVES_INTERVAL", 0.2)
    began = time.monotonic()
    for n in range(30):
        store.add_report("loss", n)
        time.sleep(0.02)
    operator.wait(lambda: operator.curves()[-1:] == [[("loss", 30)]])
    passed = time.monotonic() - began
    assert 2 <= len(operator.curves()) <= 2 + passed / 0.2


def test_a_trial_without_others_makes_no_further_push(
    operator: Operator, store: MetricStore, started: Pusher
) -> None:
    store.add_report("score", 1.0)
    operator.wait(lambda: len(operator.pushes) == 1)
    started.finish(120)
    assert len(operator.pushes) == 1


def test_a_stopped_trial_sends_the_last_ones_once(
    operator: Operator, store: MetricStore, started: Pusher
) -> None:
    store.add_report("loss", 1.0)
    operator.wait(lambda: len(operator.curves()) == 1)
    store.add_report("loss", 2.0)
    operator.action = protocol.STOP
    store.add_report("score", 1.0)
    started.join(120)
    assert not started.is_alive()
    assert operator.curves() == [[("loss", 1)], [("loss", 2)]]


def test_an_operator_that_failed_gets_all_of_them_again(
    operator: Operator, store: MetricStore, started: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pusher, "_CURVES_INTERVAL", 0.05)
    store.add_report("loss", 1.0)
    operator.wait(lambda: len(operator.curves()) == 1)
    operator.statuses = [503]
    store.add_report("lr", 1.0)
    operator.wait(lambda: operator.curves()[-1:] == [[("loss", 1), ("lr", 1)]])


def test_those_that_do_not_fit_follow(
    operator: Operator, store: MetricStore, started: Pusher
) -> None:
    operator.statuses = [413, 413, 413, 413]
    for n in range(20):
        for value in range(60):
            store.add_report(f"metric {n} " + "ö" * 100, value + 1 / 3)
    store.add_report("score", 1.0)
    started.finish(10)
    sent = {name: count for push in operator.curves() for name, count in push}
    assert list(sent.values()) == [60] * 20
    assert max(map(len, operator.curves())) < 5
