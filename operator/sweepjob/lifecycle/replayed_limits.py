"""When the limits of a sweep would have ended it, in a replay of recorded curves.

Each limit is judged for itself, on the replay without any: until the first one ends the sweep, nothing
differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..api.phases import TrialPhase
from ..early_stopping.replay import Outcome, Replay, ReplayedReport, Seconds
from ..objective import Goal
from .improvement_row import EndedResult, ImprovementRow


@dataclass(frozen=True, slots=True)
class LimitEnd:
    """How a sweep would have ended by a limit.

    Attributes:
        at: seconds since the start of the replay.
        ended: how many trials had ended by then.
        saved: seconds of trials that would not have been spent.
        share: the same as a share of all seconds of trials in the replay, 0 to 1.
        best_lost: whether the best value of the replay would not have been reached.
    """

    at: Seconds
    ended: int
    saved: Seconds
    share: float
    best_lost: bool


def end_by_target(replay: Replay, goal: Goal, target: float) -> LimitEnd | None:
    """Return how ``target`` would have ended the sweep; None if it was not reached.

    Trials that have reached it run to their end, the others are canceled.

    Args:
        replay: the replay.
        goal: which values are better.
        target: the value.
    """
    least = goal.score(target)
    reached = (r for r in replay.reports if goal.score(r.value) >= least)
    first = next(reached, None)
    if first is None:
        return None
    finishing = {
        r.trial for r in replay.reports if r.at == first.at and goal.score(r.value) >= least
    }
    return _end(replay, goal, first.at, finishing)


def end_by_row(replay: Replay, goal: Goal, number: int) -> LimitEnd | None:
    """Return how ``noImprovementTrials`` would have ended the sweep; None if no row was so long.

    Args:
        replay: the replay.
        goal: which values are better.
        number: how many trials end in a row without a new best value.
    """
    row, best, before = ImprovementRow(), dict[int, float](), None
    outcomes = {o.trial: o for o in replay.outcomes}
    for report in replay.reports:
        # Reports of the same moment are on record together.
        if before is not None and report.at > before and row.length >= number:
            return _end(replay, goal, before, set())
        score, before = goal.score(report.value), report.at
        best[report.trial] = max(best.get(report.trial, score), score)
        row.note_running(score)
        outcome = outcomes[report.trial]
        if report.number == outcome.reports and not _waits(outcome):
            phase = TrialPhase.SUCCEEDED if outcome.stopped is None else TrialPhase.EARLY_STOPPED
            scores, ended = (best[report.trial],), float(report.at)
            row.add(EndedResult.of(ended, report.trial, scores, phase, ""))
    return None


def end_by_usage(replay: Replay, goal: Goal, seconds: float) -> LimitEnd | None:
    """Return how a limit on usage would have ended the sweep; None if it was not reached.

    Args:
        replay: the replay.
        goal: which values are better.
        seconds: of trials, all together, after which the limit is reached.
    """
    left, before, running = Fraction(seconds), Fraction(0), 0
    for at, change in _starts_and_ends(replay.reports):
        used = running * (Fraction(at) - before)
        if running and used >= left:
            return _end(replay, goal, before + left / running, set())
        left, before, running = left - used, Fraction(at), running + change
    return None


def _starts_and_ends(reports: Sequence[ReplayedReport]) -> Iterator[tuple[Seconds, int]]:
    """Yield each time at which one more trial runs, or one less, in order."""
    changes = [(r.at - r.seconds, 1) for r in reports] + [(r.at, -1) for r in reports]
    yield from sorted(changes)


def _end(replay: Replay, goal: Goal, at: Seconds, finishing: set[int]) -> LimitEnd:
    def counts(report: ReplayedReport) -> bool:
        return report.at <= at or report.trial in finishing

    spent = sum(_seconds_until(r, at, is_whole=r.trial in finishing) for r in replay.reports)
    total = sum(r.seconds for r in replay.reports)
    ended = sum(not _waits(o) and (o.ended or 0) <= at for o in replay.outcomes)
    share = float(1 - Fraction(spent) / Fraction(total)) if total else 0.0
    lost = _best(replay, goal, counts) < _best(replay, goal, lambda _: True)
    return LimitEnd(at, ended, total - spent, share, lost)


def _waits(outcome: Outcome) -> bool:
    """Return whether a trial was paused and never continued: it ended with the sweep."""
    return outcome.stopped is not None and outcome.stopped.pause


def _seconds_until(report: ReplayedReport, at: Seconds, *, is_whole: bool) -> Seconds:
    """Return how much of the time before a report had passed."""
    if is_whole or report.at <= at:
        return report.seconds
    return max(0, at - (report.at - report.seconds))


def _best(replay: Replay, goal: Goal, counts: Callable[[ReplayedReport], bool]) -> float:
    scores = (goal.score(r.value) for r in replay.reports if counts(r))
    return max(scores, default=float("-inf"))
