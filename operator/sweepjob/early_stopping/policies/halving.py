"""Decisions of successive halving at one rung: a trial that is not in its top is stopped or paused."""

from __future__ import annotations

import math
from collections.abc import Callable

from ...objective import Goal
from ..policy import Decision, Policy
from ..rankings import Rank
from .brackets import Brackets
from .rungs import Rungs


def decide_to_stop(policy: Policy, rungs: Rungs, interval: int, rank: Rank, goal: Goal) -> Decision:
    """Return the decision that stops a trial outside the rung's top.

    Args:
        policy: the policy that decides.
        rungs: its rungs.
        interval: one of the rungs.
        rank: the trial among those that reached it.
        goal: which values are better.
    """
    count = rank.other_count + 1
    top = rungs.top_size(count)
    stop = top > 0 and rank.worse_count < count - top and rank.is_comparable
    if top == 0:
        why = f"is {rungs.describe_start(count, 'decisions')}"
        return Decision.of(
            policy, interval, rank, goal, stop=False, threshold=None, explanation=why
        )
    threshold = goal.reported(rank.other_score(rank.other_count - top))
    why = f"is {'not ' if stop else ''}in {rungs.describe_top(count)}"
    if stop:
        why += f"; the last of these has {threshold:.6g}"
    return Decision.of(
        policy, interval, rank, goal, stop=stop, threshold=threshold, explanation=why
    )


def decide_to_pause(
    policy: Policy, rungs: Rungs, interval: int, rank: Rank, goal: Goal
) -> Decision:
    """Return the decision that pauses a trial outside the rung's top, the first ones included.

    Args:
        policy: the policy that decides.
        rungs: its rungs.
        interval: one of the rungs.
        rank: the trial among those that reached it.
        goal: which values are better.
    """
    count = rank.other_count + 1
    top = rungs.top_size(count)
    in_top = math.isfinite(rank.score) and rank.worse_count >= count - top
    if top == 0:
        threshold, why = None, f"is {rungs.describe_start(count, 'promotions')}"
    else:
        threshold = goal.reported(rank.other_score(rank.other_count - top))
        why = f"is {'' if in_top else 'not '}in {rungs.describe_top(count)}"
    if top and not in_top:
        why += f"; the last of these has {threshold:.6g}"
    return Decision.of(
        policy,
        interval,
        rank,
        goal,
        stop=False,
        # With a budget, an execution in the top has ended as well.
        pause=not in_top or _has_budget(policy),
        threshold=threshold,
        explanation=why,
    )


def decide_in_bracket(
    policy: Policy,
    brackets: Brackets,
    interval: int,
    rank: Rank,
    goal: Goal,
    decide: Callable[[Policy, Rungs, int, Rank, Goal], Decision],
) -> Decision:
    """Return the decision about a trial among those of its bracket.

    Args:
        policy: the policy that decides.
        brackets: its brackets.
        interval: the number of the trial's newest report.
        rank: the trial among all that made as many.
        goal: which values are better.
        decide: decides at a rung: ``decide_to_stop`` or ``decide_to_pause``.
    """
    trial, rankings = rank.trial, rank.rankings
    rungs = None if trial is None else brackets.rungs_of(brackets.of(trial))
    if trial is None or rankings is None or rungs is None or not rungs.applies(interval):
        # Where an execution with a budget has ended, the trial is paused all the same.
        changed = "is at no rung of the policy, which was changed meanwhile"
        why = changed if _has_budget(policy) else brackets.why_not_compared(trial)
        return Decision.of(
            policy,
            interval,
            rank,
            goal,
            stop=False,
            pause=_has_budget(policy),
            threshold=None,
            explanation=why,
        )
    return decide(policy, rungs, interval, brackets.rank(trial, interval, rank, rankings), goal)


def _has_budget(policy: Policy) -> bool:
    return bool(getattr(policy, "budget_parameter", ""))
