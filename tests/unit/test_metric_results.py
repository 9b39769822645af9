"""The last values of metrics that are results of a trial, in the sidecar: none is lost by a kill at any
moment, and the operator gets the newest ones."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.protocol.metric_results import parse_results
from sweepjob.sidecar import pusher as pushing
from sweepjob.sidecar.configuration import SidecarConfiguration
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.pusher import Pusher
from sweepjob.sidecar.sources.json_lines import JsonLines
from sweepjob.sidecar.termination_message import TerminationMessage

from .push_receiver import Operator

NAMES = ("latency", "size")


def store_at(folder: Path) -> MetricStore:
    return MetricStore(Journal(folder / "journal"), "score", "sweep-1", results=NAMES)


def test_a_restarted_sidecar_has_the_last_values(tmp_path: Path) -> None:
    store = store_at(tmp_path)
    assert store.results == (None, None)
    for value in (3.0, math.nan, 2.0):
        store.add_report("latency", value)
    store.add_report("loss", 9.0)
    assert store_at(tmp_path).results == (2.0, None)
    store.add_report("size", -math.inf)
    again = store_at(tmp_path)
    assert again.results == (2.0, -math.inf)
    assert again.batch(1).results == again.summary().results == (2.0, -math.inf)
    other = MetricStore(Journal(tmp_path / "journal"), "score", "sweep-1")
    assert other.results == (), "another specification of them"


def test_a_value_that_does_not_change_is_written_once(tmp_path: Path) -> None:
    """The journal shares the disk of the pod with others."""
    store = store_at(tmp_path)
    for _ in range(1000):
        store.add_report("size", 12.0)
        store.add_report("latency", math.nan)
    assert len((tmp_path / "journal").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    "source_order", [["score", "latency", "size"], ["latency", "score", "size"]]
)
def test_a_line_of_a_file_counts_in_full_wherever_the_sidecar_is_killed(
    tmp_path: Path, source_order: list[str]
) -> None:
    lines = [{name: float(n) + k for k, name in enumerate(source_order)} for n in range(3)]
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_text("".join(json.dumps(line) + "\n" for line in lines))
    whole = store_at(tmp_path / "whole")
    JsonLines(metrics, whole).read(last=True)
    entries = (tmp_path / "whole" / "journal").read_text().splitlines(keepends=True)
    for kept in range(len(entries) + 1):
        folder = tmp_path / f"killed-{kept}"
        folder.mkdir()
        (folder / "journal").write_text("".join(entries[:kept]))
        store = store_at(folder)
        JsonLines(metrics, store).read(last=True)
        assert store.results == whole.results, f"killed after {kept} entries"
        assert store.batch(1).values == whole.batch(1).values


def test_the_termination_message_follows_a_value_without_a_report(tmp_path: Path) -> None:
    store, file = store_at(tmp_path), tmp_path / "termination-log"
    message = TerminationMessage(file, store)
    message.write()
    assert not message._is_outdated()
    store.add_report("latency", math.nan)
    assert message._is_outdated()
    message.write()
    assert not message._is_outdated(), "NaN is not equal to itself"
    summary = protocol.Summary.parse(file.read_text())
    assert summary is not None
    assert math.isnan(summary.results[0] or 0.0)
    assert summary.results[1] is None


def started(operator: Operator, store: MetricStore, folder: Path) -> Pusher:
    token = folder / "token"
    token.write_text("t")
    port = operator.server.server_address[1]
    made = Pusher(
        SidecarConfiguration(
            *(
                f"http://127.0.0.1:{port}",
                "",
                token,
                folder / "journal",
                "score",
                "team",
                "sweep-1",
            ),
            *("/artifacts", folder / "log"),
        ),
        store,
    )
    made.start()
    return made


def test_the_operator_gets_the_newest_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushing, "_CURVES_INTERVAL", 0.2)
    operator, store = Operator(), store_at(tmp_path)
    sending = started(operator, store, tmp_path)
    store.add_report("score", 0.5)
    operator.wait(lambda: operator.pushes)
    store.add_report("latency", 3.0)
    operator.wait(lambda: operator.pushes[-1].results == (3.0, None))
    before = len(operator.pushes)
    for n in range(200):
        store.add_report("latency", float(n))
    operator.wait(lambda: operator.pushes[-1].results == (199.0, None))
    assert len(operator.pushes) - before < 10, "they are collected"
    operator.statuses = [500]
    store.add_report("size", 4.0)
    operator.wait(lambda: operator.pushes[-1].results == (199.0, 4.0))
    pushed = len(operator.pushes)
    sending.finish(5.0)
    assert len(operator.pushes) > pushed, "once more at the end, for an operator that has restarted"
    assert operator.pushes[-1].results == (199.0, 4.0)
    operator.server.shutdown()


def test_a_trial_without_such_metrics_sends_nothing_more(tmp_path: Path) -> None:
    operator = Operator()
    store = MetricStore(Journal(tmp_path / "journal"), "score", "sweep-1")
    sending = started(operator, store, tmp_path)
    store.add_report("score", 0.5)
    operator.wait(lambda: operator.pushes)
    sending.finish(5.0)
    assert len(operator.pushes) == 1
    assert b"results" not in operator.pushes[0].dump()
    operator.server.shutdown()


@pytest.mark.parametrize("data", [{}, 3, "1", [[]], [True], [0.5] * 14])
def test_what_is_no_list_of_numbers_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_results(data)


def test_earlier_sidecars_send_none() -> None:
    body = json.loads(protocol.Push("team", "sweep-1", 1, (0.5,)).dump())
    assert "results" not in body
    assert protocol.Push.parse(json.dumps(body).encode()).results == ()
