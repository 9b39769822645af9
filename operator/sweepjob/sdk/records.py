"""Where a sweep's records are: in a cluster, or in a folder of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class SweepError(Exception):
    """Something about a sweep could not be done; the text says what, and what to do."""


class NotFound(SweepError):
    """There is no such sweep, or none any more."""


class Conflict(SweepError):
    """Somebody else has changed it meanwhile, or has created it."""


class Records(Protocol):
    """The records of one sweep, as they are at the moment."""

    @property
    def name(self) -> str:
        """The SweepJob's name."""
        ...

    def sweep(self) -> Mapping[str, Any]:
        """The SweepJob.

        Raises:
            NotFound: there is none.
        """
        ...

    def trials(self) -> list[Mapping[str, Any]]:
        """Its SweepTrials."""
        ...

    def cancel(self) -> None:
        """End the sweep with what it has found."""
        ...

    def download(self, trial: str, output: str | None, path: str) -> list[str]:
        """Fetch a trial's outputs into a folder.

        Returns the folders that were made.
        """
        ...
