"""Sidecars that nest a trial's runs on the user's own tracking server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sweepjob.protocol.tracked_sweep import TrackedSweep, TrackedTrial
from sweepjob.sidecar.mlflow.database import Database
from sweepjob.sidecar.mlflow.sweep_runs.client import TrackingClient
from sweepjob.sidecar.mlflow.sweep_runs.trial import TrialNesting
from sweepjob.sidecar.mlflow.upstream import Upstream

from .sidecars import Sidecar

SWEEP = TrackedSweep(
    "uid-1", "digits", "team", {"search_space.lr": "uniform", "objective.goal": "maximize"}
)


def nest(
    name: str, attempt: int = 1, rank: int = 0
) -> Callable[[Upstream, Database], TrialNesting]:
    trial = TrackedTrial(name, attempt, {"lr": "0.5", "bs": "16"})
    return lambda upstream, database: TrialNesting(
        TrackingClient(upstream), database, SWEEP, trial, rank
    )


def pod(
    folder: Path, upstream: str | Upstream, name: str, attempt: int = 1, rank: int = 0
) -> Sidecar:
    return Sidecar(folder, upstream, nest=nest(name, attempt, rank))
