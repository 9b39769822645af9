"""The sidecar's parts: the journal, the MLflow API over real HTTP, exactly-once delivery."""

from __future__ import annotations

import http.client
import json
import math
import random
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.sidecar.configuration import SidecarConfiguration
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.listener import listen
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.mlflow.api import MlflowApi
from sweepjob.sidecar.mlflow.database import Database
from sweepjob.sidecar.mlflow.handler import mlflow_handler
from sweepjob.sidecar.mlflow.report_selection import TrialRuns
from sweepjob.sidecar.pusher import Pusher
from sweepjob.sidecar.server import LocalServer
from sweepjob.sidecar.termination_message import TerminationMessage

from tests.waiting import wait_until

METRIC, TRIAL = "score", "sweep-1"


def store_at(path: Path) -> MetricStore:
    return MetricStore(Journal(path / "journal"), METRIC, TRIAL)


def values_of(store: MetricStore) -> list[float]:
    return list(store.batch(1).values)


def test_the_journal_restores_everything(tmp_path: Path) -> None:
    first = store_at(tmp_path)
    for n in range(5):
        first.add_report(METRIC, n / 2)
    first.add_report("loss", 1.0)
    first.record_early_exit()
    again = store_at(tmp_path)
    assert values_of(again) == [0, 0.5, 1, 1.5, 2]
    assert again.summary().metric_names == (METRIC, "loss")
    assert not again.may_exit_early


def test_a_truncated_line_of_the_journal_is_dropped(tmp_path: Path) -> None:
    first = store_at(tmp_path)
    first.add_report(METRIC, 1.0)
    with (tmp_path / "journal").open("ab") as file:
        file.write(b'{"value": 2.')
    again = store_at(tmp_path)
    again.add_report(METRIC, 3.0)
    assert values_of(store_at(tmp_path)) == [1.0, 3.0]


def test_the_termination_message_exists_whenever_the_sidecar_is_killed(tmp_path: Path) -> None:
    store, file = store_at(tmp_path), tmp_path / "termination-log"
    file.write_text("x" * 5000)
    words = TerminationMessage(file, store)
    words.write()
    words.start()
    found: set[int] = set()
    reports, deadline = 0, time.monotonic() + 60
    while len(found) < 5 and time.monotonic() < deadline:
        store.add_report(METRIC, reports / 1000)
        reports += 1
        summary = protocol.Summary.parse(file.read_text())
        assert summary is not None, "never half of them"
        found.add(summary.count)
    assert len(found) == 5, "they were written while it went on"
    words.write()
    summary = protocol.Summary.parse(file.read_text())
    assert summary is not None
    assert (summary.count, summary.high) == (reports, (reports - 1) / 1000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    store = store_at(tmp_path)
    database = Database()
    api = MlflowApi(database, TrialRuns(database, store, [TRIAL]), "/artifacts")
    serving = LocalServer(listen(0), mlflow_handler(api), store.changed)
    threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
    yield serving
    serving.shutdown()
    serving.server_close()


def call(server: LocalServer, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(*server.server_address[:2])
    raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
    connection.request(method, f"/api/2.0/mlflow/{path}", raw)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


def test_batches_are_ordered_by_step(server: LocalServer) -> None:
    metrics = [
        {"key": METRIC, "value": v, "timestamp": 0, "step": s}
        for v, s in ((3, 3), (1, 1), ("NaN", 2))
    ]
    assert call(server, "POST", "runs/log-batch", {"run_id": TRIAL, "metrics": metrics})[0] == 200
    _, history = call(server, "GET", f"metrics/get-history?run_id={TRIAL}&metric_key={METRIC}")
    assert [metric["value"] for metric in history["metrics"]] == [1, "NaN", 3]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "runs/log-inputs", {"run_id": TRIAL}),
        ("GET", "experiments/get-by-name?experiment_name=mine", None),
        ("POST", "experiments/search", {"max_results": 1}),
        ("POST", "runs/log-batch", {"run_id": TRIAL}),
    ],
)
def test_what_logging_scripts_call_is_answered(
    server: LocalServer, method: str, path: str, body: Any
) -> None:
    assert call(server, method, path, body)[0] == 200


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"run_id": "sweep-1", "key": "b", "value": "c"}'])
def test_malformed_requests_are_refused_without_effect(server: LocalServer, body: bytes) -> None:
    assert call(server, "POST", "runs/log-metric", body)[0] == 400
    assert call(server, "GET", f"runs/get?run_id={TRIAL}")[0] == 200


class ForgetfulOperator(ThreadingHTTPServer):
    """A fake intake for faults that the real one does not produce on demand: it refuses, hangs up
    after it took a push, and forgets, at random, everything that is not durable."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.values: list[float] = []
        self.durable = 0
        self.faults = 0
        self.largest = protocol.MAX_BODY  # bytes of a push; more is answered with 413
        self.refused: list[int] = []
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _ForgetfulHandler)

    def take(self, push: protocol.Push) -> protocol.Reply | None:
        with self.lock:
            dice = self.chance.random()
            if dice < 0.15 and self.faults < 20:  # a crash: what was not durable is gone
                self.faults += 1
                del self.values[self.durable :]
                return None
            known = len(self.values) + 1 - push.first
            if known >= 0:
                self.values += push.values[known:]
            if dice > 0.6:
                self.durable = len(self.values)
            if 0.15 < dice < 0.3 and self.faults < 20:  # taken, but the answer is lost
                self.faults += 1
                return None
            return protocol.Reply(len(self.values) + 1, self.durable)


class _ForgetfulHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: ForgetfulOperator

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        large = len(data) > self.server.largest
        if large:
            self.server.refused.append(len(data))
        reply = None if large else self.server.take(protocol.Push.parse(data))
        body = json.dumps(reply.dump()).encode() if reply else b"no"
        self.send_response(200 if reply else 413 if large else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def pushing(folder: Path, seed: int) -> tuple[ForgetfulOperator, Pusher, MetricStore]:
    """An operator, a pusher that has begun, and what it pushes."""
    operator = ForgetfulOperator(seed)
    threading.Thread(target=operator.serve_forever, args=(0.01,), daemon=True).start()
    (folder / "token").write_text("t")
    configuration = SidecarConfiguration(
        operator_url=f"http://127.0.0.1:{operator.server_address[1]}",
        operator_ca="",
        token_file=folder / "token",
        journal=folder / "journal",
        metric=METRIC,
        namespace="team",
        trial=TRIAL,
        artifacts="",
        termination_log=folder / "log",
    )
    store = store_at(folder)
    pusher = Pusher(configuration, store)
    pusher.start()
    return operator, pusher, store


@pytest.mark.parametrize("seed", range(5))
def test_each_report_arrives_exactly_once_after_lost_responses(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweepjob.protocol.MAX_BATCH", 7)
    monkeypatch.setattr("sweepjob.sidecar.pusher._BACKOFF", (0.001, 0.01))
    monkeypatch.setattr("sweepjob.sidecar.pusher._DURABLE_INTERVAL", 0.01)
    operator, pusher, store = pushing(tmp_path, seed)
    sent = [math.sin(n) for n in range(300)]
    for value in sent:
        store.add_report(METRIC, value)
    wait_until(lambda: operator.durable == len(sent))
    pusher.finish(120)
    operator.shutdown()
    operator.server_close()
    assert operator.faults > 0
    assert operator.values == sent


@pytest.mark.parametrize("largest", [protocol.MAX_BODY, 20_000, 5_000])
def test_a_push_that_is_too_large_is_split(largest: int, tmp_path: Path) -> None:
    operator, pusher, store = pushing(tmp_path, 0)
    operator.largest, operator.faults = largest, 20
    for n in range(60):
        store.add_report(f"评估{n:02d}" + "问" * 246, 0.5)
    sent = [math.sin(n) for n in range(300)]
    for value in sent:
        store.add_report(METRIC, value)
    wait_until(lambda: len(operator.values) >= len(sent))
    pusher.finish(120)
    operator.shutdown()
    operator.server_close()
    assert operator.values == sent
    assert len(operator.refused) <= 6, "none was repeated as it was"
