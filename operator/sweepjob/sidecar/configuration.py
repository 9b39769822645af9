"""The sidecar's configuration, from its environment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from .. import protocol
from ..protocol.tracked_sweep import TrackedSweep, TrackedTrial
from .mlflow.sweep_runs.credentials import credentials
from .other_metrics import kept_names

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SidecarConfiguration:
    """The configuration of one sidecar.

    Attributes:
        operator_url: the URL of the ingest server.
        operator_ca: PEM that verifies its certificate; empty for the system's authorities.
        token_file: the pod's service-account token.
        journal: the sidecar's log on the pod's emptyDir.
        metric: the primary metric.
        namespace, trial: the pod's namespace and trial.
        artifacts: folder in the trainer's container for MLflow's artifacts.
        termination_log: the file that the kubelet reads the termination message from.
        source: one of ``protocol.SOURCES``.
        path: file or folder of a source that is read.
        forward_to: URL of the user's tracking server; empty without one.
        forward_insecure: does not verify that server's certificate.
        run_until_signal: no early exit; the sidecar waits for SIGTERM.
        run_id: the id of an MLflow run that the user chose; empty without one.
        rank: the number of the pod among those of its trial; the reports of rank 0 count.
        sweep, trial_run: what runs on the user's server show; None for Jobs of earlier operators.
        credentials: the header for that server; empty where only the script knows them.
        other_metrics: names of the other metrics to keep; None for the first ones.
        result_metrics: names of the other metrics whose last values are results of the trial.
    """

    operator_url: str
    operator_ca: str
    token_file: Path
    journal: Path
    metric: str
    namespace: str
    trial: str
    artifacts: str
    termination_log: Path
    source: str = protocol.MLFLOW
    path: Path = Path("/nonexistent")
    forward_to: str = ""
    forward_insecure: bool = False
    run_until_signal: bool = False
    run_id: str = ""
    rank: int = 0
    sweep: TrackedSweep | None = None
    trial_run: TrackedTrial | None = None
    credentials: Mapping[str, str] = field(default_factory=dict)
    other_metrics: Collection[str] | None = None
    result_metrics: Collection[str] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> SidecarConfiguration:
        """Read the configuration.

        Raises:
            KeyError: a required one is missing.
        """
        get, values = environment.get, protocol.parse_settings(environment)
        return cls(
            operator_url=values[protocol.OPERATOR_URL],
            operator_ca=values.get(protocol.OPERATOR_CA, ""),
            token_file=Path(get(protocol.ENV_TOKEN_FILE, "/var/run/secrets/sweepjob.dev/token")),
            journal=Path(get(protocol.ENV_JOURNAL, "/var/lib/sweepjob/journal.jsonl")),
            metric=values[protocol.PRIMARY_METRIC],
            namespace=values[protocol.NAMESPACE],
            trial=values[protocol.TRIAL],
            artifacts=values.get(protocol.ARTIFACTS, "/tmp/sweepjob-artifacts"),
            termination_log=Path(get(protocol.ENV_TERMINATION_LOG, "/dev/termination-log")),
            source=values.get(protocol.SOURCE, protocol.MLFLOW),
            path=Path(values.get(protocol.SOURCE_PATH, "/nonexistent")),
            forward_to=get(protocol.ENV_FORWARD_TO, ""),
            forward_insecure=get(protocol.ENV_FORWARD_INSECURE, "").lower() in ("1", "true"),
            run_until_signal=values.get(protocol.RUN_UNTIL_SIGNAL) == "true",
            run_id=get(protocol.ENV_RUN_ID, ""),
            rank=int(get(protocol.ENV_RANK, "") or 0),
            sweep=_parsed(TrackedSweep.parse, values.get(protocol.TRACKED_SWEEP)),
            trial_run=_parsed(TrackedTrial.parse, values.get(protocol.TRACKED_TRIAL)),
            credentials=credentials(environment, protocol.ENV_FORWARD_PREFIX),
            other_metrics=kept_names(values.get(protocol.OTHER_METRICS, "")),
            result_metrics=kept_names(values.get(protocol.RESULT_METRICS, "")) or (),
        )


def _parsed(parse: Callable[[str], T], text: str | None) -> T | None:
    return None if text is None else parse(text)
