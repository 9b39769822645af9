"""Sweeps in folders of this machine, read in place of a cluster's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..api import names
from ..api.parsing.suggestions import did_you_mean
from ..local.folder import CorruptFileError, FolderError, SweepFolder, has_ended, is_running
from ..read_model.trial_view import trials_of_source
from .errors import CommandError
from .kubectl_errors import NotFound

if TYPE_CHECKING:
    from ..api.sweeptrial.annotations import AnnotationChange

Body = Mapping[str, Any]


@dataclass(frozen=True)
class FolderSweeps:
    """Sweeps that ran, or run, with ``sweepjob run --local``.

    Attributes:
        root: the folder of one sweep, such as ``.sweepjob/NAME``; or a folder with several of them.
    """

    root: Path

    @property
    def is_one(self) -> bool:
        """Whether it is the folder of one sweep."""
        return (self.root / names.SWEEPJOBS).is_dir()

    def sweeps(self, *, all_namespaces: bool = False) -> list[Body]:
        """Return the SweepJobs; there are no namespaces here."""
        return [body for folder in self._folders() for body in self._sweeps_of(folder)]

    def sweep(self, name: str) -> Body:
        """Return a SweepJob.

        Raises:
            NotFound: there is none of the name.
        """
        every = self.sweeps()
        for body in every:
            if body["metadata"]["name"] == name:
                return body
        near = did_you_mean(name, [body["metadata"]["name"] for body in every])
        raise NotFound(f"there is no sweep {name} in {self.root}{near}")

    def trial(self, name: str) -> Body:
        """Return a SweepTrial.

        Raises:
            NotFound: there is none of the name.
        """
        every = [t for folder in self._folders() for t in _read(folder, names.SWEEPTRIALS)]
        for body in every:
            if body["metadata"]["name"] == name:
                return body
        near = did_you_mean(name, [body["metadata"]["name"] for body in every])
        raise NotFound(f"there is no trial {name} in {self.root}{near}")

    def annotate(self, trial: str, change: AnnotationChange) -> None:
        """Change the tags and the note of a trial.

        Raises:
            CommandError: its folder cannot be written.
        """
        from ..local.annotation_changes import change_annotations

        try:
            change_annotations(self.folder_of(self.trial(trial)["spec"]["sweep"]), trial, change)
        except FolderError as error:
            raise CommandError(str(error)) from None

    def trials(self, sweep: str) -> list[Body]:
        """Return the SweepTrials of a sweep."""
        every = (t for folder in self._folders() for t in _read(folder, names.SWEEPTRIALS))
        return [body for body in every if body["spec"]["sweep"] == sweep]

    def sweep_and_trials(self, name: str) -> tuple[Body, list[Body]]:
        """Return a SweepJob and its SweepTrials."""
        return self.sweep(name), self.trials(name)

    def warm_started_by(self, sweep: Body) -> list[Body]:
        """Return the SweepTrials of a warm start's source sweeps, whose folders are siblings."""
        found: list[Body] = []
        above = self.root.parent if self.is_one else self.root
        for source in (sweep.get("status") or {}).get("warmStart") or ():
            sibling = above / source["sweep"]
            if (sibling / names.SWEEPTRIALS).is_dir():
                found += trials_of_source(source, _read(sibling, names.SWEEPTRIALS))
        return found

    def folder_of(self, sweep: str) -> Path:
        """Return the folder of a sweep."""
        for folder in self._folders():
            if any(body["metadata"]["name"] == sweep for body in _read(folder, names.SWEEPJOBS)):
                return folder
        raise NotFound(f"there is no sweep {sweep} in {self.root}")

    def pods(self, trial: str) -> list[Body]:
        """Return the pods of a trial."""
        every = (p for folder in self._folders() for p in _read(folder, "pods"))
        return [
            p for p in every if (p["metadata"].get("labels") or {}).get(names.LABEL_TRIAL) == trial
        ]

    def pods_of_sweep(self, sweep: str) -> list[Body]:
        """Return the pods of all trials of a sweep."""
        return _read(self.folder_of(sweep), "pods")

    def empty_message(self) -> str:
        """Return the message for a folder without sweeps."""
        return f"no sweeps found in {self.root}; sweepjob run --local -f SWEEP.yaml runs one"

    def _folders(self) -> list[Path]:
        if self.is_one:
            return [self.root]
        if not self.root.is_dir():
            return []  # deleted since; a page goes on looking
        return sorted(p for p in self.root.iterdir() if (p / names.SWEEPJOBS).is_dir())

    def _sweeps_of(self, folder: Path) -> Iterator[Body]:
        for body in _read(folder, names.SWEEPJOBS):
            yield body if has_ended(body) or is_running(folder) else _interrupted(body, folder)


def _read(folder: Path, resource: str) -> list[Body]:
    try:
        return list(SweepFolder(folder).read(resource))
    except CorruptFileError as error:
        raise CommandError(str(error)) from None


def _interrupted(body: Body, folder: Path) -> Body:
    """Return a sweep that has not ended though no process runs it, with a condition that says so."""
    message = (
        f"this sweep was interrupted; to resume it with the file that it was started with, run: "
        f"sweepjob run --local -f SWEEP.yaml --folder {folder} --resume"
    )
    return degraded(body, "Interrupted", message)


def degraded(body: Body, reason: str, message: str) -> Body:
    """Return a sweep with the condition ``Degraded``, in the place of its own.

    Args:
        body: the SweepJob.
        reason: of the condition.
        message: of the condition.
    """
    status = dict(body.get("status") or {})
    condition = {
        "type": names.DEGRADED,
        "status": "True",
        "reason": reason,
        "message": message,
    }
    others = [c for c in status.get("conditions") or () if c["type"] != names.DEGRADED]
    return {**body, "status": {**status, "conditions": [*others, condition]}}
