"""Calls to the sidecar that no MLflow client makes: each has an answer, and a refused one changes nothing."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sweepjob.sidecar import server
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.mlflow.api import MlflowApi
from sweepjob.sidecar.mlflow.database import Database
from sweepjob.sidecar.mlflow.errors import MALFORMED, MlflowError
from sweepjob.sidecar.mlflow.report_selection import TrialRuns
from sweepjob.sidecar.termination_message import TerminationMessage

from tests.cluster.layout import PROJECT
from tests.waiting import wait_until

from .sidecars import METRIC, TRIAL, Sidecar, raw, request

LARGE = 2**63  # one more than 64 bits hold
MEBIBYTE = 1024 * 1024
MEMORY = 64 * MEBIBYTE  # the sidecar's container has no more


@pytest.fixture
def sidecar(tmp_path: Path) -> Iterator[Sidecar]:
    opened = Sidecar(tmp_path)
    yield opened
    opened.close()


def metric(**changes: Any) -> dict[str, Any]:
    return {"run_id": TRIAL, "key": METRIC, "value": 0.5, "step": 1, "timestamp": 1, **changes}


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


MALFORMED_CALLS = {
    "step": ("POST runs/log-metric", json.dumps(metric(step=LARGE))),
    "negative step": ("POST runs/log-metric", json.dumps(metric(step=-LARGE - 1))),
    "infinite step": ("POST runs/log-metric", json.dumps(metric(step=float("inf")))),
    "time": ("POST runs/log-metric", json.dumps(metric(timestamp=10**40))),
    "NaN as time": ("POST runs/log-metric", json.dumps(metric(timestamp=float("nan")))),
    "half a pair in a key": ("POST runs/log-metric", json.dumps(metric(key="\udc00"))),
    "half a pair in a model": ("POST runs/log-metric", json.dumps(metric(model_id="\ud800"))),
    "half a pair in a param": (
        "POST runs/log-batch",
        json.dumps({"run_id": TRIAL, "params": [{"key": "p", "value": "\ud800"}]}),
    ),
    "half a pair in a name": ("POST registered-models/create", json.dumps({"name": "\udfff"})),
    "value": ("POST runs/log-metric", json.dumps(metric(value="0x1p3"))),
    "value of 5,000 digits": (
        "POST runs/log-metric",
        json.dumps(metric()).replace("0.5", "9" * 5000),
    ),
    "end of a run": ("POST runs/update", json.dumps({"run_id": TRIAL, "end_time": LARGE})),
    "start of a run": ("POST runs/create", json.dumps({"start_time": float("-inf")})),
    "size of a page": ("POST runs/search", json.dumps({"max_results": float("inf")})),
    "page": ("POST runs/search", json.dumps({"page_token": str(LARGE)})),
    "page of a history": (f"GET metrics/get-history?run_id={TRIAL}&metric_key=x&page_token=-1", ""),
    "size of a history": (
        f"GET metrics/get-history?run_id={TRIAL}&metric_key=x&max_results=-9",
        "",
    ),
    "large page": (f"GET metrics/get-history?run_id={TRIAL}&metric_key=x&page_token={LARGE}", ""),
    "model nested deeply": (
        "POST runs/log-model",
        json.dumps({"run_id": TRIAL, "model_json": deep(50_000)}),
    ),
    "model with many values": (
        "POST runs/log-model",
        json.dumps({"run_id": TRIAL, "model_json": f"[{'[],' * 200_000}1]"}),
    ),
    "body nested deeply": (
        "POST runs/log-inputs",
        f'{{"run_id":"{TRIAL}","models":{deep(90_000)}}}',
    ),
    "a list of bytes": ("POST logged-models/search", json.dumps({"order_by": [3]})),
    "filter that does not end": ("POST runs/search", json.dumps({"filter": "tags.a LIKE 'x"})),
    "many values": (
        "POST runs/log-inputs",
        f'{{"run_id":"{TRIAL}","models":[{"[]," * 200_000}1]}}',
    ),
}


@pytest.mark.parametrize("name", MALFORMED_CALLS)
def test_a_malformed_call_is_refused_and_changes_nothing(
    sidecar: Sidecar, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    call, body = MALFORMED_CALLS[name]
    method, path = call.split(" ", 1)
    for _ in range(2):
        status, answer = sidecar.call(method, path, body.encode("utf-8", "surrogatepass") or None)
        assert status in (400, 413), answer
        assert answer["error_code"] == "INVALID_PARAMETER_VALUE"
    assert sidecar.values == []
    assert sidecar.ask("GET", f"runs/get?run_id={TRIAL}")["run"]["data"]["metrics"] == []
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("levels", range(900, 1000, 7))
def test_nesting_at_the_edge_has_an_answer(sidecar: Sidecar, levels: int) -> None:
    body = f'{{"run_id":"{TRIAL}","models":{deep(levels)}}}'
    head = f"POST /api/2.0/mlflow/runs/log-inputs HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    assert raw(sidecar.port, (head + body).encode()).startswith((b"HTTP/1.1 200", b"HTTP/1.1 400"))
    stored = raw(sidecar.port, b"GET /api/2.0/mlflow/runs/get?run_id=sweep-1 HTTP/1.0\r\n\r\n")
    assert stored.startswith((b"HTTP/1.1 200", b"HTTP/1.1 400"))
    sidecar.log(TRIAL, 0.25)
    assert sidecar.values == [0.25]


@pytest.mark.parametrize("target", ["http://[::/api", "//[x/api/2.0/mlflow/runs/get", "/\x7f[::"])
def test_a_target_that_is_no_url_is_refused(sidecar: Sidecar, target: str) -> None:
    answer = raw(sidecar.port, f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501"))


@pytest.mark.parametrize(
    "second",
    [
        metric(step=2, key="\ud800"),
        metric(step=LARGE),
        metric(step=2, value="much"),
        metric(step=2, model_id="\ud800"),
        "no metric",
    ],
)
def test_a_refused_batch_reports_nothing_however_often_it_is_sent(
    sidecar: Sidecar, second: Any
) -> None:
    batch = {"run_id": TRIAL, "metrics": [metric(), second]}
    for _ in range(3):
        assert sidecar.call("POST", "runs/log-batch", batch)[0] == 400
    assert sidecar.values == []
    sidecar.ask("POST", "runs/log-batch", {"run_id": TRIAL, "metrics": [metric()]})
    assert sidecar.values == [0.5]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from([TRIAL, METRIC, "0", "tr-1", "a\0b", "\ud800", "../../etc", "' OR 1=1 --"])
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["key", "value", "step", "name", "dataset"]), inner)
    ),
    max_leaves=12,
)
FIELDS = (
    *("run_id", "key", "value", "step", "timestamp", "metrics", "params", "tags", "models", "id"),
    *("name", "version", "source", "stages", "stage", "alias", "filter", "order_by", "page_token"),
    *("max_results", "status", "end_time", "new_name", "trace", "datasets", "model_json", "path"),
    *("metric_key", "run_name", "experiment_name", "archive_existing_versions", "timestamp_ms"),
)


@given(
    calls=st.lists(
        st.tuples(
            st.integers(0, 10_000),
            st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8),
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_call_is_answered_or_refused(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[int, dict[str, Any]]]
) -> None:
    """Whatever a call has in its fields, also after calls that stored odd documents."""
    journal = tmp_path_factory.getbasetemp() / "journal"
    journal.unlink(missing_ok=True)
    store = MetricStore(Journal(journal), METRIC, TRIAL)
    database = Database()
    api = MlflowApi(database, TrialRuns(database, store, (TRIAL,)), "/artifacts")
    routes = sorted([*api._exact, *(pattern.pattern for pattern, _ in api._patterns)])
    for number, fields in calls:
        route = routes[number % len(routes)].replace("(?P<id>[^/]+)", "tr-1")
        method, path = route.replace("(?P<key>[^/]+)", "a").split(" ", 1)
        before = len(store.batch(1).values)
        body = {"run_id": TRIAL, "name": "m", "version": "1", "id": "tr-1", **fields}
        try:
            json.dumps(api.answer(method, path, body))
        except (MlflowError, *MALFORMED):
            assert len(store.batch(1).values) == before
    database.close()


TAG = '{"run_id":"sweep-1","tags":[{"key":"a","value":"'
# Beginning, middle, end and size of a body, and the answer. A letter beyond U+FFFF makes each letter of a
# text take four bytes of memory, one beyond U+00FF two.
LARGE_BODIES: dict[str, tuple[str, str, str, int, int]] = {
    "lists": ('{"run_id":"sweep-1","metrics":[', "[],", "1]}", 4, 413),
    "metrics": ('{"run_id":"sweep-1","metrics":[', '{"key":"score","value":1},', "{}]}", 4, 413),
    "text": (TAG, "x", '"}]}', 4, 200),
    "commas in a text": (TAG, ",", '"}]}', 4, 200),
    "quotes in a text": (TAG, '\\"[', '"}]}', 4, 200),
    "text without an end": (TAG, '\\",', "", 4, 400),
    "texts": ('{"run_id":"sweep-1","metrics":[', '"",', '""]}', 4, 413),
    "texts without commas": ('{"run_id":"sweep-1","metrics":[,', '""', '""]}', 4, 400),
    "wide text": (f"{TAG}\u4e00", "x", '"}]}', 4, 200),
    "wider text": (f"{TAG}\U0001f600", "x", '"}]}', 4, 413),
    "less of it": (f"{TAG}\U0001f600", "x", '"}]}', 1, 200),
    "escapes": (TAG + "\\ud83d\\ude00", "x", '"}]}', 4, 413),
}


def allocator() -> dict[str, str]:
    """How glibc allocates memory in the sidecar's image."""
    words = (PROJECT / "images/sidecar/Dockerfile").read_text().split()
    return dict(word.split("=") for word in words if word.startswith("MALLOC_"))


@pytest.mark.parametrize("name", LARGE_BODIES)
def test_large_bodies_at_a_time_fit_into_the_memory(tmp_path: Path, name: str) -> None:
    """Eight processes of a script send the largest bodies at once."""
    script = (
        "import sys; from pathlib import Path; from tests.unit.sidecars import Sidecar\n"
        "print(Sidecar(Path(sys.argv[1])).port, flush=True)\n"
        "sys.stdin.readline()\n"
        "print([line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line][0])\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    path = {"PYTHONPATH": f"{PROJECT}:{PROJECT / 'operator'}", **allocator()}
    with subprocess.Popen(command, env=path, **pipes) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        head, item, end, size, status = LARGE_BODIES[name]
        body = (head + item * ((size * MEBIBYTE - 200) // len(item)) + end).encode()
        statuses: list[int] = []

        def send() -> None:
            statuses.append(request(port, "POST", "/api/2.0/mlflow/runs/log-batch", body)[0])

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        peak, _ = process.communicate("\n")
    assert set(statuses) == {status}
    assert int(peak) * 1024 < MEMORY


def test_a_large_body_that_never_ends_keeps_nobody_else_waiting(sidecar: Sidecar) -> None:
    head = b"POST /api/2.0/mlflow/runs/log-batch HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            opened = socket.create_connection(("127.0.0.1", sidecar.port), timeout=50)
            stack.enter_context(opened).sendall(head + b"fffff\r\n" + b"[" * 1000)
        sidecar.log(TRIAL, 0.75)
    assert sidecar.values == [0.75]


def test_a_large_body_that_stops_gives_way(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_BODY_PAUSE", 0.2)
    head = b"POST /api/2.0/mlflow/runs/log-batch HTTP/1.1\r\nContent-Length: 999999\r\n\r\n"
    with socket.create_connection(("127.0.0.1", sidecar.port), timeout=50) as opened:
        opened.sendall(head)
        body = {"run_id": TRIAL, "metrics": [metric()], "note": "x" * 300_000}
        sidecar.ask("POST", "runs/log-batch", body)
    assert sidecar.values == [0.5]


def test_connections_are_limited(sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_MAX_CONNECTIONS", 5)
    with contextlib.ExitStack() as stack:
        opened = [
            stack.enter_context(socket.create_connection(("127.0.0.1", sidecar.port), timeout=50))
            for _ in range(8)
        ]
        for connection in opened[5:]:
            assert connection.recv(1) == b"", "closed at once"
        for connection in opened[:5]:
            connection.sendall(b"GET /health HTTP/1.1\r\n\r\n")
            assert connection.recv(1) == b"H"
    wait_until(lambda: sidecar.connections == 0)
    sidecar.log(TRIAL, 0.5)


def test_many_runs_traces_and_tags(sidecar: Sidecar) -> None:
    for number in range(60):
        sidecar.create(name=f"run-{number}")
        sidecar.ask("POST", "traces", {"experiment_id": "0", "timestamp_ms": number})
        tag = {"key": f"t{number}", "value": "x" * 10_000}
        sidecar.ask("POST", "experiments/set-experiment-tag", tag)
    found = sidecar.ask("POST", "runs/search", {"experiment_ids": ["0"], "max_results": 40})
    assert (len(found["runs"]), found["next_page_token"]) == (40, "40")
    assert sidecar.ask("POST", "traces", {})["trace_info"]["request_id"] == "tr-61"


def test_the_termination_message_is_written_again_after_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a file descriptor, say: the script opened too many connections."""
    monkeypatch.setattr("sweepjob.sidecar.termination_message._RETRY", 0.01)
    store = MetricStore(Journal(tmp_path / "journal"), METRIC, TRIAL)
    folder = tmp_path / "missing"
    message = TerminationMessage(folder / "log", store)
    message.start()
    store.add_report(METRIC, 0.5)
    wait_until(lambda: "the termination message: " in capfd.readouterr().err)
    folder.mkdir()
    log = folder / "log"
    wait_until(lambda: log.exists() and '"count":1' in log.read_text(), "it is not written")
