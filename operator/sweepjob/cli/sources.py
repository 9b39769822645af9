"""Where a command finds its sweep: on the cluster, or in a folder of this machine."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from .errors import CommandError
from .folder_names import is_folder
from .kubectl import Kubectl

if TYPE_CHECKING:
    from ..api.sweeptrial.annotations import AnnotationChange


class SweepSource(Protocol):
    """Sweeps and their trials, to be read."""

    def sweeps(self, *, all_namespaces: bool = False) -> list[Mapping[str, Any]]:
        """Return the SweepJobs."""

    def sweep(self, name: str) -> Mapping[str, Any]:
        """Return a SweepJob."""

    def trial(self, name: str) -> Mapping[str, Any]:
        """Return a SweepTrial."""

    def trials(self, sweep: str) -> list[Mapping[str, Any]]:
        """Return the SweepTrials of a sweep."""

    def sweep_and_trials(self, name: str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
        """Return a SweepJob and its SweepTrials."""

    def warm_started_by(self, sweep: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the SweepTrials of the sources of a sweep's warm start."""

    def pods(self, trial: str) -> list[Mapping[str, Any]]:
        """Return the pods of a trial that exist."""

    def pods_of_sweep(self, sweep: str) -> list[Mapping[str, Any]]:
        """Return the pods of all trials of a sweep that exist."""

    def annotate(self, trial: str, change: AnnotationChange) -> None:
        """Change the tags and the note of a trial."""

    def empty_message(self) -> str:
        """Return the message for a source without sweeps."""


def open_source(args: argparse.Namespace) -> tuple[SweepSource, str | None]:
    """Return where the sweep of a command line is, and the name of the sweep or the trial.

    ``.sweepjob/NAME`` is the sweep of that folder, ``.sweepjob/NAME/TRIAL`` a trial of it, and
    ``.sweepjob`` stands for all sweeps in it.

    Args:
        args: the command line, with ``name`` and the flags of the cluster.

    Raises:
        CommandError: there is no such folder, or a flag of the cluster is given with a folder.
    """
    if args.name is None or not is_folder(args.name):
        return Kubectl.of(args), args.name
    from pathlib import Path

    from .folder_sweeps import FolderSweeps

    if flags := Kubectl.of(args).flags:
        raise CommandError(
            f"{args.name} is a folder, but {flags[0]} applies to a cluster; remove one"
        )
    path = Path(args.name).expanduser()
    for root, trial in ((path, None), (path.parent, path.name)):
        folder = FolderSweeps(root)
        if folder.is_one:
            sweeps = folder.sweeps()
            if not sweeps:
                break
            return folder, trial or sweeps[0]["metadata"]["name"]
    if path.is_dir():
        return FolderSweeps(path), None
    raise CommandError(
        f"{args.name}: there is no such folder; sweepjob run --local creates .sweepjob/NAME"
    )


def required_source(args: argparse.Namespace) -> tuple[SweepSource, str]:
    """Return the same for a command that is about one sweep.

    Args:
        args: the command line.

    Raises:
        CommandError: the folder has several sweeps, or none.
    """
    source, name = open_source(args)
    if name is None:
        listed = ", ".join(f"{args.name}/{b['metadata']['name']}" for b in source.sweeps()[:5])
        raise CommandError(
            f"{args.name} is not the folder of a single sweep; choose one: {listed or 'none'}"
        )
    return source, name
