"""What a sampler that learns is told of a trial that has ended, by how it ended."""

from __future__ import annotations

from ..api.phases import TrialPhase
from ..early_stopping.curve import Curve
from ..early_stopping.extrapolation import CurveExtrapolation
from ..search.sampler import Observation
from ..search.space import Assignment


def learn(
    evidence: CurveExtrapolation,
    number: int,
    assignment: Assignment,
    curve: Curve,
    phase: TrialPhase,
) -> None:
    """Add a trial. A canceled one that reported nothing says nothing, like one that goes on; it is never
    proposed again.

    Args:
        number: its index; of another sweep's, one below zero.
    """
    index = number if number >= 0 else None
    score = None if curve.best is None else curve.score
    says_nothing = score is None and phase is TrialPhase.CANCELED
    if says_nothing and index is None:
        return
    seen = Observation(index, assignment, score, ended=not says_nothing)
    if phase is TrialPhase.SUCCEEDED:
        evidence.add_full(seen, number, curve)
    elif phase is TrialPhase.EARLY_STOPPED:
        evidence.add_stopped(seen, curve)
    else:
        evidence.add(seen)
