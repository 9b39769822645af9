"""What the sidecar is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import protocol as wire


@dataclass(frozen=True, slots=True)
class Settings:
    """See the names in ``wire``."""

    operator_url: str
    operator_ca: str
    token_file: Path
    journal: Path
    metric: str
    namespace: str
    trial: str
    artifacts: str
    termination_log: Path
    source: str = wire.MLFLOW
    path: Path = Path("/nonexistent")
    forward_to: str = ""
    forward_insecure: bool = False
    stay: bool = False
    run_id: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Raises KeyError with the name of what is missing."""
        get, told = environment.get, wire.told(environment)
        return cls(
            operator_url=told[wire.OPERATOR],
            operator_ca=told.get(wire.CA, ""),
            token_file=Path(get(wire.ENV_TOKEN_FILE, "/var/run/secrets/sweepjob.dev/token")),
            journal=Path(get(wire.ENV_JOURNAL, "/var/lib/sweepjob/journal.jsonl")),
            metric=told[wire.METRIC],
            namespace=told[wire.NAMESPACE],
            trial=told[wire.TRIAL],
            artifacts=told.get(wire.ARTIFACTS, "/tmp/sweepjob-artifacts"),
            termination_log=Path(get(wire.ENV_TERMINATION_LOG, "/dev/termination-log")),
            source=told.get(wire.SOURCE, wire.MLFLOW),
            path=Path(told.get(wire.SOURCE_PATH, "/nonexistent")),
            forward_to=get(wire.ENV_FORWARD_TO, ""),
            forward_insecure=get(wire.ENV_FORWARD_INSECURE, "").lower() in ("1", "true"),
            stay=told.get(wire.STAY) == "true",
            run_id=get(wire.ENV_RUN_ID, ""),
        )
