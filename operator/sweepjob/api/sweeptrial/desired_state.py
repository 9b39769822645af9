"""What a person wants of one trial: ``spec.paused`` and ``spec.stop`` of its SweepTrial."""

from __future__ import annotations

from dataclasses import dataclass

from ..parsing.lenient_reader import LenientReader


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What a person wants of a trial. The operator only reads it.

    Attributes:
        paused: True: it is paused, and stays so. False: it runs, and no policy pauses it. None: the
            policy decides.
        stop: it is canceled.
    """

    paused: bool | None = None
    stop: bool = False


UNDECIDED = DesiredState()


def parse_desired_state(spec: LenientReader) -> DesiredState:
    """Read the desired state from the spec of a SweepTrial. Values of other types count as none."""
    paused = spec.data.get("paused")
    return DesiredState(paused if isinstance(paused, bool) else None, spec.data.get("stop") is True)
