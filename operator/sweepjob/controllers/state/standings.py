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
    """The ended trials, and how they compare.

    Attributes:
        feasible: number of trials with all values that meet the constraints.
        infeasible: number of trials that violate one, whatever values they lack.
        incomplete: number of other trials that lack a value, which do not count.
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
        scores, found = outcome.complete_scores, self
        if outcome.lacking and succeeded:
            ranked = RankedTrial((-index,), index, outcome.values, outcome.lacking, reported)
            found = replace(self, lacking=_higher(self.lacking, ranked))
        if outcome.violation:
            ranked = RankedTrial((*outcome.closeness, -index), index, outcome.values)
            closest = _higher(self.closest, ranked)
            return replace(found, infeasible=self.infeasible + 1, closest=closest)
        if scores is None:
            return replace(found, incomplete=self.incomplete + 1)
        ranked = RankedTrial((*scores, -index), index, outcome.values)
        return replace(
            self,
            feasible=self.feasible + 1,
            front=with_member(self.front, Member(scores, index)),
            best=_higher(self.best, ranked),
        )


def _higher(known: RankedTrial | None, other: RankedTrial) -> RankedTrial:
    return other if known is None or other.rank > known.rank else known
