"""Whose Job something is made for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrialIdentity:
    """Whose Job it is.

    Attributes:
        uid: of the trial's record.
        folder: the trial's own on every output's volume.
    """

    namespace: str
    sweep: str
    trial: str
    uid: str
    attempt: int
    folder: str
