"""Where trials of a warm start are from."""

from __future__ import annotations

from dataclasses import dataclass

from ...api.sweeptrial.source_trial import SourceTrial


@dataclass(frozen=True, slots=True)
class Source:
    """An earlier sweep, or a text with results in a ConfigMap.

    Attributes:
        name: the name of the sweep, or of the ConfigMap and its key.
        trials: its trials that count; none if it is gone, or has changed.
        counted: how many there were when the new sweep began.
        uid: the uid of the sweep; empty for a ConfigMap.
        digest: SHA-256 of the text; empty for a sweep.
        differences: how the trials were made to fit; empty if they fit as they are.
        why_lost: what happened to those that are lost.
    """

    name: str
    trials: tuple[SourceTrial, ...]
    counted: int
    uid: str = ""
    digest: str = ""
    differences: str = ""
    why_lost: str = "were deleted"

    @property
    def lost(self) -> int:
        """How many of the trials that counted are not there any more."""
        return max(0, self.counted - len(self.trials))

    def __str__(self) -> str:
        """Return what the sweep starts with, in words."""
        about = f" ({self.differences})" if self.differences else ""
        where = f"ConfigMap {self.name}" if self.digest else self.name
        return f"{self.counted} trials of {where}{about}"
