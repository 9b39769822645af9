"""The user's own tracking server behind the sidecar: it gets everything, and what it took counts."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .sidecars import METRIC, Sidecar, raw, request


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Sidecar]:
    """A server with runs of its own: another sidecar's will do."""
    opened = Sidecar(tmp_path / "theirs")
    yield opened
    opened.close()


@pytest.fixture
def ours(tmp_path: Path, theirs: Sidecar) -> Iterator[Sidecar]:
    opened = Sidecar(tmp_path / "ours", theirs.url)
    yield opened
    opened.close()


def test_only_reports_that_the_users_server_accepted_count(theirs: Sidecar, ours: Sidecar) -> None:
    run = ours.create()
    nested = ours.create(run, name="fold")
    ours.log(run, 0.5, time=1)
    metric = {"run_id": run, "key": METRIC, "value": "much", "timestamp": 1, "step": 0}
    assert ours.call("POST", "runs/log-metric", metric)[0] == 400
    ours.log(nested, 9.0)
    two = [{**metric, "value": value, "step": value} for value in (2, 1)]
    ours.ask("POST", "runs/log-batch", {"run_id": run, "metrics": two})
    ours.ask("POST", "runs/update", {"run_id": run, "status": "FINISHED"})
    assert ours.values == theirs.values == [0.5, 1.0, 2.0]
    assert ours.store.runs_ended
    assert ours.call("GET", f"runs/get?run_id={run}")[1]["run"]["info"]["status"] == "FINISHED"


def test_repeated_reports_are_counted_once(ours: Sidecar) -> None:
    run = ours.create()
    for _ in range(2):
        for step, value in enumerate((0.25, 0.25, 0.5)):
            ours.log(run, value, step, time=7)
    assert ours.values == [0.25, 0.25, 0.5]


def test_an_earlier_run_is_loaded_from_the_server(theirs: Sidecar, ours: Sidecar) -> None:
    before = theirs.create()
    theirs.log(before, 0.1, time=1)
    nested = theirs.create(before, name="inner")
    ours.log(before, 0.5, time=2)
    ours.log(before, 0.1, time=1)  # sent again with a model, as MLflow 3 does
    ours.log(nested, 9.0)
    assert ours.values == [0.5]
    assert ours.seen == (METRIC,)


def test_a_run_nested_in_one_of_the_script_does_not_count(theirs: Sidecar, ours: Sidecar) -> None:
    parent = ours.create()
    elsewhere = theirs.create(parent, name="inner")  # by another process
    ours.log(elsewhere, 9.0)
    assert (ours.values, ours.seen) == ([], (f"{METRIC} (nested run inner)",))


def test_the_scripts_own_run_in_a_study_counts(ours: Sidecar) -> None:
    study = ours.create(fluent=False)
    ours.log(ours.create(study), 0.75)
    assert ours.values == [0.75]


def test_forwarding_survives_a_restart(tmp_path: Path, theirs: Sidecar) -> None:
    ours = Sidecar(tmp_path / "ours", theirs.url)
    run, nested = ours.create(), ""
    nested = ours.create(run)
    ours.log(run, 0.5, time=1)
    ours.close()
    ours = Sidecar(tmp_path / "ours", theirs.url)
    ours.log(run, 0.5, time=1)
    ours.log(nested, 9.0)
    ours.log(run, 0.75, time=2)
    assert ours.values == [0.5, 0.75]
    ours.close()


def test_reports_to_an_unreachable_server_do_not_count(tmp_path: Path) -> None:
    ours = Sidecar(tmp_path, "http://127.0.0.1:9")
    body = {"run_id": "r", "key": METRIC, "value": 0.5, "timestamp": 1, "step": 0}
    status, said = ours.call("POST", "runs/log-metric", body)
    assert status == 503  # the client tries again
    assert "cannot reach the tracking server" in said["message"]
    assert ours.values == []
    ours.close()


class _Echo(BaseHTTPRequestHandler):
    """Answers with what arrived, which a real server would not say."""

    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        body = b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = {
            "path": self.path,
            "headers": {key.lower(): value for key, value in self.headers.items()},
            "length": len(body),
            "run": {"info": {"run_id": "r1"}},
        }
        data = json.dumps(found).encode()
        packed = "/runs/" in self.path
        data = gzip.compress(data) if packed else data
        self.send_response(200)
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = _any

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def echo() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def passed_on(folder: Path, url: str, path: str, headers: bytes = b"", body: bytes = b"") -> Any:
    """What the server got of a PUT."""
    ours = Sidecar(folder, url)
    head = f"PUT {path} HTTP/1.1\r\nHost: x\r\n".encode("latin-1")
    answer = raw(ours.port, head + headers + b"\r\n" + body)
    ours.close()
    assert answer.startswith(b"HTTP/1.1 200"), answer
    head, _, content = answer.partition(b"\r\n\r\n")
    return json.loads(gzip.decompress(content) if b"Content-Encoding: gzip" in head else content)


@pytest.mark.parametrize("count", [1, 5, 200])
def test_chunks_are_forwarded_at_once(tmp_path: Path, echo: int, count: int) -> None:
    body = b"3e8\r\n" + b"x" * 1000 + b"\r\n"
    got = passed_on(
        tmp_path,
        f"http://127.0.0.1:{echo}",
        "/api/2.0/mlflow-artifacts/artifacts/0/a/artifacts/big.bin",
        b"Transfer-Encoding: chunked\r\n",
        body * count + b"0\r\n\r\n",
    )
    assert got["length"] == 1000 * count
    assert got["headers"]["transfer-encoding"] == "chunked"


@pytest.mark.parametrize(
    "call", ["runs/log-inputs", "runs/log-model", "logged-models", "traces", "runs/set-terminated"]
)
def test_what_is_not_recorded_may_have_any_size(tmp_path: Path, echo: int, call: str) -> None:
    """The user's server decides."""
    body = b'{"models":[' + b"[]," * 3_000_000 + b"1]}"
    head = b"Content-Length: %d\r\n" % len(body)
    path = f"/api/2.0/mlflow/{call}"
    got = passed_on(tmp_path, f"http://127.0.0.1:{echo}", path, head, body)
    assert got["length"] == len(body)


def test_a_truncated_response_is_not_complete(tmp_path: Path, echo: int) -> None:
    ours = Sidecar(tmp_path, f"http://127.0.0.1:{echo}")
    head = b"PUT /api/2.0/mlflow-artifacts/artifacts/x HTTP/1.1\r\nHost: x\r\n"
    for framing in (
        b"Content-Length: 50\r\n\r\nhalf",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nha",
    ):
        assert raw(ours.port, head + framing).startswith(b"HTTP/1.1 400")
    ours.close()


@pytest.mark.parametrize(
    ("userinfo", "headers", "sent"),
    [
        ("me:secret@", b"", "Basic bWU6c2VjcmV0"),
        ("me%40corp:p%3A%2F%25w%C3%BC@", b"", "Basic bWVAY29ycDpwOi8ld8O8"),
        ("me@", b"", "Basic bWU6"),
        ("me:secret@", b"authorization: Bearer own\r\n", "Bearer own"),
        ("", b"Authorization: Basic abc\r\n", "Basic abc"),
        ("", b"", None),
    ],
)
def test_credentials_in_the_url_are_used(
    tmp_path: Path, echo: int, userinfo: str, headers: bytes, sent: str | None
) -> None:
    url = f"http://{userinfo}127.0.0.1:{echo}"
    got = passed_on(tmp_path, url, "/api/2.0/mlflow-artifacts/artifacts/x", headers)
    assert got["headers"].get("authorization") == sent


@pytest.mark.parametrize("url", ["http://me:se/cret@host", "http://[::1", "http://", "secret:x@h"])
def test_an_invalid_url_is_reported_without_its_password(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = Sidecar(tmp_path, url)
    status, answer = ours.call("POST", "runs/create", {})
    ours.close()
    assert status == 503
    assert "MLFLOW_TRACKING_URI is not the address of a server" in answer["message"]
    assert "cret" not in answer["message"] + capsys.readouterr().err


@pytest.mark.parametrize(
    "path",
    [
        "/api/2.0/mlflow-artifacts/artifacts/a%20b%2Fc%C3%BC.txt?x=1&x=%20&y",
        "/get-artifact?path=a%2Fb+c&run_uuid=1",
        "/a//b/../c;d",
    ],
)
def test_paths_are_forwarded_unchanged(tmp_path: Path, echo: int, path: str) -> None:
    url = f"http://127.0.0.1:{echo}/prefix/"
    assert passed_on(tmp_path, url, path)["path"] == f"/prefix{path}"


def test_bytes_in_a_path_that_http_does_not_allow_are_encoded(tmp_path: Path, echo: int) -> None:
    got = passed_on(tmp_path, f"http://127.0.0.1:{echo}", "/ü".encode().decode("latin-1"))
    assert got["path"] == "/%C3%BC"


def test_a_compressed_response_is_read(tmp_path: Path, echo: int) -> None:
    """A proxy before the user's server may pack what it answers."""
    ours = Sidecar(tmp_path, f"http://127.0.0.1:{echo}")
    request(ours.port, "POST", "/api/2.0/mlflow/runs/create", {"tags": []})
    child = [{"key": "mlflow.parentRunId", "value": "r1"}]
    body = {"run_id": "r2", "tags": child}
    request(ours.port, "POST", "/api/2.0/mlflow/runs/log-batch", body)
    body = {"run_id": "r1", "key": METRIC, "value": 0.5, "timestamp": 1, "step": 0}
    request(ours.port, "POST", "/api/2.0/mlflow/runs/log-metric", body)
    assert ours.values == [0.5]
    ours.close()
