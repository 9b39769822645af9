"""Sidecars' servers for tests, and a client without any ideas of its own."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.listener import listen
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.mlflow.api import MlflowApi
from sweepjob.sidecar.mlflow.database import Database
from sweepjob.sidecar.mlflow.forwarding import forwarding_handler
from sweepjob.sidecar.mlflow.handler import mlflow_handler
from sweepjob.sidecar.mlflow.report_selection import TrialRuns
from sweepjob.sidecar.mlflow.sweep_runs.trial import TrialNesting
from sweepjob.sidecar.mlflow.upstream import Upstream
from sweepjob.sidecar.server import Handler, LocalServer

METRIC, TRIAL = "score", "sweep-1"
SOURCES = [{"key": "mlflow.source.name", "value": "train.py"}]  # what the fluent API sends


class Sidecar:
    """A server with its metric store, both from what a folder has.

    Args:
        upstream: the user's own server, for one that passes everything on.
        given: ids of runs, besides the trial's.
        nest: makes what nests the runs on the user's own server.
    """

    def __init__(
        self,
        folder: Path,
        upstream: str | Upstream = "",
        given: tuple[str, ...] = (),
        nest: Callable[[Upstream, Database], TrialNesting] | None = None,
    ) -> None:
        self.store = MetricStore(Journal(folder / "journal"), METRIC, TRIAL)
        self.database = Database(folder / "mlflow.sqlite")
        ids = () if upstream else (*given, TRIAL)
        trial = TrialRuns(self.database, self.store, ids)
        server = Upstream(upstream) if isinstance(upstream, str) else upstream
        self.nesting = None if nest is None else nest(server, self.database)
        handler = (
            forwarding_handler(server, self.database, trial, self.nesting)
            if upstream
            else mlflow_handler(MlflowApi(self.database, trial, "/artifacts"))
        )
        self._server = serve(handler, self.store)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        return self._server.connections

    @property
    def values(self) -> list[float]:
        return list(self.store.batch(1).values)

    @property
    def seen(self) -> tuple[str, ...]:
        return self.store.batch(1).metric_names

    def close(self) -> None:
        """End it; another one may then go on with the same folder."""
        if self.nesting is not None:
            self.nesting.cancel_timer()
        self._server.shutdown()
        self._server.server_close()
        self.database.close()

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and answer of one call."""
        return request(self.port, method, f"/api/2.0/mlflow/{path}", body)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of a call that succeeds."""
        status, answer = self.call(method, path, body)
        assert status == 200, answer
        return answer

    def create(self, parent: str = "", *, fluent: bool = True, name: str = "") -> str:
        """The id of a new run."""
        return str(self.created(parent, fluent=fluent, name=name)["info"]["run_id"])

    def created(self, parent: str = "", *, fluent: bool = True, name: str = "") -> Any:
        """A new run."""
        tags = [*SOURCES] if fluent else []
        if parent:
            tags.append({"key": "mlflow.parentRunId", "value": parent})
        return self.ask("POST", "runs/create", {"tags": tags, "run_name": name})["run"]

    def log(
        self, run: str, value: Any, step: int = 0, time: int = 0, key: str = METRIC, **more: Any
    ) -> None:
        """One value by ``log-metric``."""
        body = {"run_id": run, "key": key, "value": value, "step": step, "timestamp": time, **more}
        self.ask("POST", "runs/log-metric", body)


def serve(handler: type[Handler], store: MetricStore) -> LocalServer:
    server = LocalServer(listen(0), handler, store.changed)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def request(port: int, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request(method, path, raw)
    response = connection.getresponse()
    data = response.read()
    connection.close()
    try:
        return response.status, json.loads(data)
    except ValueError:
        return response.status, data.decode(errors="replace")


def raw(port: int, data: bytes) -> bytes:
    """What a server answers to these bytes, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=50) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while piece := connection.recv(65536):
            found += piece
        return found
