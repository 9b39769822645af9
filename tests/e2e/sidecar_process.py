"""The sidecar as a process of its own, without a cluster, and plain MLflow servers beside it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweepjob import protocol

from tests.cluster import layout

from .environments import environment

TRIAL = "sweep-4"


@dataclass
class Process:
    """A running sidecar.

    Attributes:
        folder: for everything that it writes.
    """

    folder: Path
    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def train(self, python: Path, script: str, **env: str) -> str:
        """What a script printed, with an MLflow client in the environment that a trial has."""
        given = {"MLFLOW_RUN_ID": TRIAL, "MLFLOW_EXPERIMENT_NAME": "sweep", **env}
        return train(python, script, self.url, **given)

    def termination_message(self) -> Any:
        """Its termination message, after it was told to go or has gone."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=3)  # it leaves by itself when the runs are closed
        if self.process.poll() is None:
            self.process.terminate()
        assert self.process.wait(timeout=60) == 0
        return json.loads((self.folder / "termination-log").read_text())


@contextlib.contextmanager
def sidecar(folder: Path, **env: str) -> Iterator[Process]:
    """A sidecar that nobody listens to: its last words have to carry everything.

    Args:
        env: more of its environment.
    """
    port = free_port()
    told = {
        protocol.OPERATOR_URL: "http://127.0.0.1:9",
        protocol.SOURCE_PORT: str(port),
        protocol.PRIMARY_METRIC: "score",
        protocol.NAMESPACE: "team",
        protocol.TRIAL: TRIAL,
        protocol.ARTIFACTS: str(folder / "artifacts"),
    }
    (folder / "token").write_text("token")
    process = subprocess.Popen(
        [sys.executable, "-m", "sweepjob.sidecar"],
        env={
            **os.environ,
            "PYTHONPATH": str(layout.PROJECT / "operator"),
            protocol.ENV_SETTINGS: json.dumps(told),
            protocol.ENV_TOKEN_FILE: str(folder / "token"),
            protocol.ENV_JOURNAL: str(folder / "journal"),
            protocol.ENV_TERMINATION_LOG: str(folder / "termination-log"),
            **env,
        },
    )
    try:
        await_port(port)
        yield Process(folder, process, port)
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def plain_server(folder: Path) -> Iterator[str]:
    """The address of a real MLflow server, of version 2."""
    port = free_port()
    binaries = environment("clients-server") / "bin"
    process = subprocess.Popen(
        [
            *(str(binaries / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port)),
            *("--backend-store-uri", f"file://{folder}/runs", "--workers", "1"),
            *("--serve-artifacts", "--artifacts-destination", str(folder / "served")),
        ],
        env={**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"},
        start_new_session=True,
    )
    try:
        await_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def train(python: Path, script: str, uri: str, **env: str) -> str:
    """What a script printed; it must have ended well."""
    trainer = subprocess.run(
        [str(python), "-c", script],
        env={
            **os.environ,
            "MLFLOW_TRACKING_URI": uri,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_ALLOW_FILE_STORE": "true",
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert trainer.returncode == 0, trainer.stderr
    return trainer.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"nothing answers on port {port}"
            time.sleep(0.1)
