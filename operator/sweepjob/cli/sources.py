"""Where a command finds its sweep: on the cluster, or in a folder of this machine."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ..api import names
from .errors import CommandError
from .kubectl import Kubectl

_KINDS = ("sweepjob", "sweeptrial")


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

    def warm_started_by(self, sweep: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the SweepTrials of the sources of a sweep's warm start."""

    def pods(self, trial: str) -> list[Mapping[str, Any]]:
        """Return the pods of a trial that exist."""

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
    from .folder_sweeps import FolderSweeps

    if flags := Kubectl.of(args).flags:
        raise CommandError(f"{args.name} is a folder, and {flags[0]} is of a cluster; remove one")
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
        raise CommandError(f"{args.name} is no folder of one sweep; choose one: {listed or 'none'}")
    return source, name


def is_folder(name: str) -> bool:
    """Return whether a name is that of a folder, not of an object of the cluster."""
    kind, slash, _ = name.partition("/")
    if name.startswith((".", "/", "~")):
        return True
    return bool(slash) and kind not in _KINDS


def local_hint(name: str) -> str:
    """Return where a sweep of this name ran on this machine; empty where none did."""
    folder = Path(".sweepjob") / name
    if (folder / names.SWEEPJOBS).is_dir():
        return f"; a sweep of this name ran on this machine: {folder}"
    sweep = name.rpartition("-")[0]
    if sweep and (Path(".sweepjob") / sweep / names.SWEEPTRIALS / f"{name}.json").exists():
        return f"; a trial of this name ran on this machine: .sweepjob/{sweep}/{name}"
    return ""
