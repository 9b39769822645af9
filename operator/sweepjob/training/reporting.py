"""Reports a metric to the ``metrics.source`` of the sweep."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path

from .environment import TrialEnvironment
from .event_files import scalar_event
from .wandb_files import HEADER, history_frames

_TIMEOUT = 30  # seconds
_PROXYLESS = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the sidecar is local
_lock = threading.Lock()


class Reporter:
    """Reports metrics.

    Args:
        environment: The trial.
    """

    def __init__(self, environment: TrialEnvironment) -> None:
        self._environment = environment
        self._variables = environment.variables
        self._step = 0
        self._event_file: Path | None = None

    def report(self, name: str, value: float, step: int | None = None) -> None:
        """Report a value of a metric. A report that fails is said on the standard error.

        Args:
            name: Name of the metric.
            value: The value.
            step: Step, which the sources other than the log keep.
        """
        send = {
            "mlflow": self._to_mlflow,
            "pushgateway": self._to_gateway,
            "file": self._to_file,
            "tensorboard": self._to_event_file,
            "wandb": self._to_wandb,
        }.get(self._environment.source, self._to_log)
        with _lock:
            self._step += 1
            try:
                send(name, float(value), self._counted() if step is None else int(step))
            except (OSError, HTTPException, KeyError) as error:
                print_message(f"{name}={value!r} was not reported: {type(error).__name__}: {error}")

    def _counted(self) -> int:
        """Return the step of a report without one.

        It is 0, which counts as none, in a trial that goes on from checkpoints: the number of a report
        begins at 1 in each execution and would be taken for a step that was reported before.
        """
        return 0 if "SWEEPJOB_CHECKPOINT" in self._variables else self._step

    def _to_log(self, name: str, value: float, step: int) -> None:
        # The two lines of Azure's own client outside of Azure. The name may contain any character.
        write_line(f"Attempted to log scalar metric {name}:\n{value!r}")

    def _to_mlflow(self, name: str, value: float, step: int) -> None:
        body = {
            "run_id": self._variables["MLFLOW_RUN_ID"],
            "key": name,
            "value": value,
            "timestamp": int(time.time() * 1000),
            "step": step,
        }
        url = self._variables["MLFLOW_TRACKING_URI"].rstrip("/") + "/api/2.0/mlflow/runs/log-metric"
        _post(url, json.dumps(body).encode(), "application/json")

    def _to_gateway(self, name: str, value: float, step: int) -> None:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        url = f"http://{self._variables['SWEEPJOB_PUSHGATEWAY']}/metrics/job/sweep"
        _post(url, f'{{"{quoted}"}} {value!r}\n'.encode(), "text/plain")

    def _to_file(self, name: str, value: float, step: int) -> None:
        with open(self._variables["SWEEPJOB_METRICS_PATH"], "a", encoding="utf-8") as file:
            file.write(json.dumps({name: value, "step": step}) + "\n")

    def _to_event_file(self, name: str, value: float, step: int) -> None:
        if self._event_file is None:
            folder = Path(self._variables["SWEEPJOB_METRICS_PATH"])
            folder.mkdir(parents=True, exist_ok=True)
            self._event_file = folder / f"events.out.tfevents.{int(time.time())}.run.{os.getpid()}"
        with open(self._event_file, "ab") as file:
            file.write(scalar_event(name, value, step, time.time()))

    def _to_wandb(self, name: str, value: float, step: int) -> None:
        if self._event_file is None:
            moment = time.strftime("%Y%m%d_%H%M%S")
            root = Path(self._variables["SWEEPJOB_METRICS_PATH"]) / "wandb"
            folder = root / f"offline-run-{moment}-{os.getpid()}"
            folder.mkdir(parents=True, exist_ok=True)
            self._event_file = folder / f"run-{os.getpid()}.wandb"
            self._event_file.write_bytes(HEADER)
        with open(self._event_file, "ab") as file:
            file.write(history_frames(name, value, step, file.tell()))


def _post(url: str, body: bytes, kind: str) -> None:
    request = urllib.request.Request(url, body, {"Content-Type": kind}, method="POST")
    with _PROXYLESS.open(request, timeout=_TIMEOUT) as answer:
        answer.read()


def write_line(text: str) -> None:
    """Write lines to the standard output in one piece, so that other threads' lines do not come between.

    Args:
        text: The lines.
    """
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_message(text: str) -> None:
    """Print a message for the user to the standard error.

    Args:
        text: The sentence.
    """
    sys.stderr.write(f"sweepjob: {text}\n")
    sys.stderr.flush()
