"""The identity of a trial's attempt, which is in its Job and its pod."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrialIdentity:
    """The attempt of a trial that a Job is created for.

    Attributes:
        namespace: the namespace of the sweep.
        sweep: name of the sweep.
        trial: name of the trial.
        uid: the uid of the SweepTrial.
        attempt: number of the attempt, from 1.
        folder: the trial's folder on the volume of each output.
        sweep_uid: uid of the sweep.
    """

    namespace: str
    sweep: str
    trial: str
    uid: str
    attempt: int
    folder: str
    sweep_uid: str = ""
