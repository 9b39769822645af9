"""A distribution with a policy and a sampler of its own, as a third party writes it.

Beside it, ``sweepjob_toy-1.0.dist-info`` is what an installer makes of::

    [project.entry-points."sweepjob.policies"]
    worst = "sweepjob_toy:POLICY"

    [project.entry-points."sweepjob.samplers"]
    shifted = "sweepjob_toy:SAMPLER"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sweepjob.early_stopping.policies.declaration import (
    SCHEDULE_PARAMETERS,
    PolicyDeclaration,
    interval_schedule,
)
from sweepjob.early_stopping.policy import EVERY_INTERVAL, Decision, Schedule, Statistic
from sweepjob.early_stopping.rankings import Rank
from sweepjob.objective import Goal
from sweepjob.plugins.parameters import Note, ParameterDeclaration
from sweepjob.search.sampler import Sampler
from sweepjob.search.samplers.declaration import SamplerDeclaration
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.space import Space


@dataclass(frozen=True, slots=True)
class WorstPolicy:
    """Stop the trial that ranks last.

    Attributes:
        least_trials: the number of other trials from which on the last one is stopped.
        schedule: when the policy is applied.
    """

    name: ClassVar[str] = "worst"
    reason: ClassVar[str] = "WorstOfAll"
    statistic: ClassVar[Statistic] = Statistic.BEST
    least_trials: int = 1
    schedule: Schedule = EVERY_INTERVAL

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        """Stop the trial when no other ranks below it."""
        if rank.other_count < self.least_trials or not rank.is_comparable:
            why = "has too few others to be compared with"
            return Decision.of(
                self, interval, rank, goal, stop=False, threshold=None, explanation=why
            )
        threshold = goal.reported(rank.other_score(0))
        stop = rank.worse_count == 0
        why = f"is {'' if stop else 'not '}the last; the last but one has {threshold:.6g}"
        return Decision.of(
            self, interval, rank, goal, stop=stop, threshold=threshold, explanation=why
        )


def _build_policy(values: Mapping[str, Any], note: Note) -> WorstPolicy:
    return WorstPolicy(values["leastTrials"], interval_schedule(values))


POLICY = PolicyDeclaration(
    name=WorstPolicy.name,
    reason=WorstPolicy.reason,
    summary="the last of all",
    build=_build_policy,
    parameters=(
        ParameterDeclaration(
            "leastTrials",
            "integer",
            "Minimum number of other trials before the last one is stopped.",
            required=True,
            minimum=1,
            maximum=100,
            remedy="2 is a good start",
        ),
        *SCHEDULE_PARAMETERS,
    ),
)


def _build_sampler(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
    return RandomSampler(space, seed + arguments["seedShift"])


SAMPLER = SamplerDeclaration(
    name="shifted",
    summary="independent draws of another seed",
    build=_build_sampler,
    parameters=(
        ParameterDeclaration("seedShift", "integer", "Added to the seed.", default=1, maximum=1000),
    ),
)
