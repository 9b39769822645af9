"""Tests the SDK's errors with a server that answers as the API server does."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.sdk.client import SweepClient
from sweepjob.sdk.sweep_objects import NotFound, SweepError
from sweepjob.sdk.wait import wait

STATUS_404 = {"kind": "Status", "code": 404, "message": 'sweepjobs.sweepjob.dev "x" not found'}


class _Server(http.server.ThreadingHTTPServer):
    """Gives every request the same answer."""

    answer: tuple[int, str, str]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        status, kind, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(server: _Server, tmp_path: Path) -> Iterator[SweepClient]:
    address = f"http://127.0.0.1:{server.server_address[1]}"
    named = {"name": "c", "cluster": {"server": address}}
    context = {"name": "c", "context": {"cluster": "c", "user": "c", "namespace": "team"}}
    config = {"kind": "Config", "clusters": [named], "contexts": [context], "current-context": "c"}
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump({**config, "users": [{"name": "c", "user": {}}]}))
    client = SweepClient(kubeconfig=file)
    yield client
    client.api.api_client.rest_client.pool_manager.clear()


def test_no_such_sweep(client: SweepClient, server: _Server) -> None:
    server.answer = (404, "application/json", json.dumps(STATUS_404))
    with pytest.raises(NotFound, match=r'"x" not found \(in namespace team\)'):
        client.jobs.get("x")


def test_no_crd(client: SweepClient, server: _Server) -> None:
    server.answer = (404, "text/plain", "404 page not found\n")
    with pytest.raises(SweepError, match="not installed in this cluster: helm install") as caught:
        client.jobs.get("x")
    assert not isinstance(caught.value, NotFound), "then create_or_update would try to create it"


def test_no_operator_is_a_warning_while_waiting(client: SweepClient, server: _Server) -> None:
    meta = {"namespace": "team", "name": "x", "creationTimestamp": "2026-01-01T00:00:00Z"}
    objective = {"goal": "maximize", "primaryMetric": "m"}
    spec = {"objective": objective, "limits": {"maxTotalTrials": 3}}
    server.answer = (200, "application/json", json.dumps({"metadata": meta, "spec": spec}))
    began = time.monotonic()
    with (
        pytest.warns(UserWarning, match="OperatorMissing: no operator") as warned,
        pytest.raises(TimeoutError),
    ):
        wait(client.jobs.get("x"), 1.5)
    assert len(warned) == 1
    assert time.monotonic() - began < 120, "it does not wait for an operator"
