"""Access to the objects of a sweep, which are on a cluster or in a folder of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..api.sweeptrial.annotations import AnnotationChange


class SweepError(Exception):
    """An operation on a sweep failed. The message has the cause and a remedy."""


class NotFound(SweepError):
    """There is no such object."""


class Conflict(SweepError):
    """The object was changed or created by another client meanwhile."""


class SweepObjects(Protocol):
    """The current objects of one sweep."""

    @property
    def name(self) -> str:
        """Name of the SweepJob."""
        ...

    @property
    def namespace(self) -> str:
        """Namespace of the SweepJob; empty on this machine."""
        ...

    @property
    def page_command(self) -> str:
        """The command that opens the sweep's page."""
        ...

    def sweep(self) -> Mapping[str, Any]:
        """Return the SweepJob object.

        Raises:
            NotFound: there is no such sweep.
        """
        ...

    def trials(self) -> list[Mapping[str, Any]]:
        """Return its SweepTrial objects."""
        ...

    def cancel(self) -> None:
        """Stop the sweep (``spec.stop``)."""
        ...

    def change_trial(self, trial: str, change: Mapping[str, Any]) -> None:
        """Change what a person wants of a trial: ``paused`` and ``stop`` of its SweepTrial.

        Args:
            trial: name of the trial.
            change: values by key; None removes a key.

        Raises:
            SweepError: there is no such trial, or it cannot be changed.
        """
        ...

    def annotate(self, trial: str, change: AnnotationChange) -> None:
        """Change the tags and the note of a trial.

        Args:
            trial: name of the trial.
            change: a change that was checked.

        Raises:
            SweepError: there is no such trial, or it cannot be changed.
        """
        ...

    def download(self, trial: str, output: str | None, path: str) -> list[str]:
        """Download a trial's outputs.

        Args:
            trial: name of the trial.
            output: name of one output; None for all.
            path: folder on this machine.

        Returns:
            The folders that were written.
        """
        ...
