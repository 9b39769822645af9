"""What the sidecar is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import protocol


@dataclass(frozen=True, slots=True)
class Settings:
    """See the names in ``protocol``."""

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
    stay: bool = False
    run_id: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Raises KeyError with the name of what is missing."""
        get, told = environment.get, protocol.told(environment)
        return cls(
            operator_url=told[protocol.OPERATOR],
            operator_ca=told.get(protocol.CA, ""),
            token_file=Path(get(protocol.ENV_TOKEN_FILE, "/var/run/secrets/sweepjob.dev/token")),
            journal=Path(get(protocol.ENV_JOURNAL, "/var/lib/sweepjob/journal.jsonl")),
            metric=told[protocol.METRIC],
            namespace=told[protocol.NAMESPACE],
            trial=told[protocol.TRIAL],
            artifacts=told.get(protocol.ARTIFACTS, "/tmp/sweepjob-artifacts"),
            termination_log=Path(get(protocol.ENV_TERMINATION_LOG, "/dev/termination-log")),
            source=told.get(protocol.SOURCE, protocol.MLFLOW),
            path=Path(told.get(protocol.SOURCE_PATH, "/nonexistent")),
            forward_to=get(protocol.ENV_FORWARD_TO, ""),
            forward_insecure=get(protocol.ENV_FORWARD_INSECURE, "").lower() in ("1", "true"),
            stay=told.get(protocol.STAY) == "true",
            run_id=get(protocol.ENV_RUN_ID, ""),
        )
