"""How ended trials compare by several objectives or constraints: values only, without the trials.

Each trial is added once, when its end is recorded. The result does not depend on the order, so that an
operator that has restarted has the same one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...api.criteria import Outcome, TrialValues
from ...pareto.dominance import Front, Member, with_member


@dataclass(frozen=True, slots=True)
class RankedTrial:
    """A trial that is kept as an example.

    Attributes:
        rank: orders trials; the highest counts.
        index: the trial's index.
        values: its values by metric.
        lacking: metrics without a finite value.
        reported: names of all metrics that it reported, if it lacks one.
    """

    rank: tuple[float, ...]
    index: int
    values: TrialValues
    lacking: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standings:
    """What is known of the ended trials.

    Attributes:
        feasible: number of trials with all values that meet the constraints.
        infeasible: number of trials with all values that violate one.
        incomplete: number of trials that lack a value, which do not count.
        front: the Pareto front of the feasible trials.
        best: the best feasible trial in the first objective.
        closest: the infeasible trial that violates the constraints least.
        lacking: the first succeeded trial that lacks a value.
    """

    feasible: int = 0
    infeasible: int = 0
    incomplete: int = 0
    front: Front = ()
    best: RankedTrial | None = None
    closest: RankedTrial | None = None
    lacking: RankedTrial | None = None

    def with_trial(
        self, index: int, outcome: Outcome, reported: tuple[str, ...] = (), *, succeeded: bool
    ) -> Standings:
        """Return the standings with one more trial.

        Args:
            index: the trial's index.
            outcome: how it compares.
            reported: names of all metrics that it reported.
            succeeded: it ran to its end, so that a value that it lacks is missing for good.
        """
        scores = outcome.complete_scores
        if scores is None:
            rank = (-index,)
            lacking = RankedTrial(rank, index, outcome.values, outcome.lacking, reported)
            kept = _higher(self.lacking, lacking) if succeeded else self.lacking
            return replace(self, incomplete=self.incomplete + 1, lacking=kept)
        assert outcome.violation is not None
        if outcome.violation > 0.0:
            ranked = RankedTrial((-outcome.violation, *scores, -index), index, outcome.values)
            closest = _higher(self.closest, ranked)
            return replace(self, infeasible=self.infeasible + 1, closest=closest)
        ranked = RankedTrial((*scores, -index), index, outcome.values)
        return replace(
            self,
            feasible=self.feasible + 1,
            front=with_member(self.front, Member(scores, index)),
            best=_higher(self.best, ranked),
        )


def _higher(known: RankedTrial | None, other: RankedTrial) -> RankedTrial:
    return other if known is None or other.rank > known.rank else known
