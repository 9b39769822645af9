"""How many trials ended in a row without a new best value, by the order in which they ended."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass, field
from typing import NamedTuple

from ..api import names
from ..api.phases import TrialPhase
from ..pareto.dominance import Front, Member, Scores, with_member

_State = tuple[int, Front]  # the length of the row, and the front
_NO_RESULTS: _State = (0, ())
_KEPT_STATES = 64


class EndedResult(NamedTuple):
    """The result of an ended trial.

    The order of these is that of the ends. It depends on the records alone, so that a restarted operator
    finds the same row.

    Attributes:
        ended: whole seconds since the epoch, as recorded.
        trial: its number, which orders those of the same second.
        scores: by which it may be a new best: with one objective its best score, with several all of
            them; empty if it cannot be.
        lengthens: it makes the row longer if it is no new best.
        breaks: the row starts anew if it is a new best.
    """

    ended: int
    trial: int
    scores: Scores
    lengthens: bool
    breaks: bool

    @classmethod
    def of(
        cls, ended: float, index: int, scores: Scores, phase: TrialPhase, stop_reason: str
    ) -> EndedResult:
        """Return the result of a trial.

        Succeeded and early stopped trials lengthen the row, and those that used up their
        ``trialTimeout``: each was tried as long as it was allowed to be. Failed trials and those that
        were canceled otherwise say nothing about the search; ``maxFailedTrials`` limits the former. A
        new best breaks the row whatever the phase, since it is the sweep's best. That of a trial which
        was canceled because the row was long enough does not: the sweep has ended.

        Args:
            ended: seconds since the epoch.
            index: the trial's number.
            scores: by which it may be a new best; empty if it cannot be.
            phase: how it ended.
            stop_reason: why it was stopped; empty where it was not.
        """
        was_tried = phase in (TrialPhase.SUCCEEDED, TrialPhase.EARLY_STOPPED)
        lengthens = was_tried or stop_reason == names.REASON_TRIAL_TIMEOUT
        return cls(int(ended), index, scores, lengthens, stop_reason != names.REASON_NO_IMPROVEMENT)


@dataclass(slots=True)
class ImprovementRow:
    """The ended trials of a sweep since its last new best.

    With several objectives, a new best is a trial that no earlier one equals or dominates.

    A running trial whose value beats those of all ended trials is a new best when it ends. Until then
    there is no row: ending the sweep would cancel its best trial.
    """

    _results: list[EndedResult] = field(default_factory=list)  # ordered
    # The length of the row, and the front, by the number of results: for the last ones only, since fronts
    # can be large. A result that is added late makes those behind it invalid.
    _states: dict[int, _State] = field(default_factory=dict)
    _leading: float = -math.inf

    def add(self, result: EndedResult) -> None:
        """Add an ended trial, in any order."""
        position = bisect.bisect(self._results, result)
        self._results.insert(position, result)
        for count in [count for count in self._states if count > position]:
            del self._states[count]

    def note_running(self, score: float) -> None:
        """Note the score of a running trial that is not being stopped."""
        self._leading = max(self._leading, score)

    @property
    def length(self) -> int:
        """How many trials ended in a row without a new best."""
        length, front = self._state()
        return 0 if _is_beaten(front, self._leading) else length

    def is_beaten_by(self, score: float) -> bool:
        """Return whether a score of the only objective is better than those of all ended trials."""
        return _is_beaten(self._state()[1], score)

    def _state(self) -> _State:
        """Return the length of the row and the front after all results."""
        count = next(reversed(self._states), 0)
        state = self._states.get(count, _NO_RESULTS)
        for result in self._results[count:]:
            state, count = _extended(*state, result), count + 1
            self._states[count] = state
            if len(self._states) > _KEPT_STATES:
                del self._states[next(iter(self._states))]
        return state


def _is_beaten(front: Front, score: float) -> bool:
    return score > (front[0].scores[0] if front else -math.inf)


def _extended(length: int, front: Front, result: EndedResult) -> _State:
    """Return the length of the row and the front after one more result."""
    member = Member(result.scores, result.trial)
    if member.scores and all(known.scores != member.scores for known in front):
        extended = with_member(front, member)
        if extended is not front:
            return (0 if result.breaks else length + result.lengthens), extended
    return length + result.lengthens, front
