"""The model of a sweep with several objectives or with constraints."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..outcomes import Outcomes
from .acquisition import LogExpectedImprovement
from .arrays import Array
from .configuration_cache import Trial
from .encoding import Encoding
from .expected_hypervolume import LogExpectedHypervolumeImprovement
from .failures import FailureModel, SuccessProbability
from .feasibility import ConstraintModel, FeasibilityProbability, total_violation
from .joint_posterior import JointPosterior
from .kernel import quick_sum_of_each
from .observed_trials import EVEN
from .pareto import dominators, spread_out
from .posterior import SurrogateModel
from .results import Results
from .target_transforms import candidate_warps, no_warp
from .utility import Chance, Inference, TrainingData, Utility

# An objective is modelled from this many scores on.
_LEAST_SCORES = 3
# Points of the front that an improvement is over, by the number of objectives: bounds its cost.
_MOST_OF_FRONT = {2: 100, 3: 60, 4: 40}
# The share of proposals for a far reference, likewise; see ``JointPosterior.reference``.
_FAR = {2: 1.0, 3: 0.25, 4: 0.25}


@dataclass(slots=True)
class SeveralOutcomesModel:
    """A process for each objective and for each constraint, independent of one another.

    With one objective, the improvement is over the best feasible trial. With several, it is the gain in
    hypervolume.

    Attributes:
        encoding: the encoding of the space.
        outcomes: the objectives and constraints.
    """

    encoding: Encoding
    outcomes: Outcomes
    _surrogates: list[SurrogateModel] = field(init=False)
    _constraints: list[ConstraintModel] = field(init=False)
    _failures: FailureModel = field(init=False)

    def __post_init__(self) -> None:
        encoding, outcomes = self.encoding, self.outcomes
        # Volumes are products of distances, which a power transform would change.
        transforms = no_warp if outcomes.objectives > 1 else candidate_warps
        self._surrogates = [
            SurrogateModel(encoding, transforms, quick_sum_of_each)
            for _ in range(outcomes.objectives)
        ]
        self._constraints = [ConstraintModel(encoding) for _ in range(outcomes.constraints)]
        self._failures = FailureModel(encoding)

    def training_data(self, ended: Sequence[Trial], pending: Sequence[Trial]) -> TrainingData:
        """Return what the model learns from trials; see ``Model``."""
        results = Results.of(self.outcomes, ended, pending, len(self.encoding.axes))
        return TrainingData(results.informative, lambda generator: self._infer(results, generator))

    def _infer(self, results: Results, generator: np.random.Generator) -> Inference | None:
        """Return the utility of configurations; None if there is too little data.

        Args:
            results: of all trials.
            generator: orders the points of the front, which are all equally good.
        """
        success = self._failures.infer(results.points, results.failed)
        feasibility = self._feasibility(results)
        chances: list[Chance] = [*feasibility, *([] if success is None else [success])]
        standing = _standing(results)
        good = results.points[np.argsort(-standing, kind="stable")]
        posterior = self._posterior(results, success, standing)
        if posterior is None:
            return Inference(Utility(None, chances), good) if chances else None
        points = self._valid(results, feasibility)
        outcomes, deviations = posterior.predict(self.encoding.features(points))
        worse_than = dominators(outcomes)
        best = worse_than == 0
        # Raised by one standard deviation, as the incumbent of one objective; see ``Posterior``.
        front = outcomes[best] + deviations[best]
        reference = self._reference(posterior, front, generator)
        improvement = self._improvement(posterior, front, reference)
        is_behind = ~(outcomes > reference).all(axis=1)
        order = np.lexsort((generator.random(len(points)), worse_than, is_behind))
        return Inference(Utility(improvement, chances), np.concatenate([points[order], good]))

    def _feasibility(self, results: Results) -> list[FeasibilityProbability]:
        found = []
        for number, model in enumerate(self._constraints):
            known, running = results.constraints[:, number], results.pending_constraints[:, number]
            points = np.concatenate([results.points, results.pending])
            values = np.concatenate([known, running])
            reported, missing = ~np.isnan(values), np.isnan(running)
            chance = model.infer(points[reported], values[reported], results.pending[missing])
            found += [] if chance is None else [chance]
        return found

    def _posterior(
        self, results: Results, success: SuccessProbability | None, standing: Array
    ) -> JointPosterior | None:
        """Return the posterior of the objectives; None before there is anything to improve on."""
        if not results.feasible.any():
            return None
        scores, posteriors = self._scored(results, success), []
        for surrogate, column in zip(self._surrogates, scores.T, strict=True):
            rows = ~np.isnan(column)
            if rows.sum() < _LEAST_SCORES:
                return None
            posteriors.append(
                surrogate.condition(
                    results.points[rows], column[rows], results.pending, standing[rows]
                )
            )
        return JointPosterior(posteriors)

    def _scored(self, results: Results, success: SuccessProbability | None) -> Array:
        """Return the scores: the worst where failure is likely, as ``ObservedTrials.scored`` does."""
        scores = results.scores
        if success is None:
            return scores
        likely = success.log(self.encoding.features(results.points)) < EVEN
        missing = (results.failed & likely)[:, None] & np.isnan(scores)
        return np.where(missing, np.nanmin(scores, axis=0), scores)

    def _valid(self, results: Results, feasibility: Sequence[FeasibilityProbability]) -> Array:
        """Return the points of feasible trials, and of pending ones that are likely to be feasible."""
        chance = np.zeros(len(results.pending))
        features = self.encoding.features(results.pending)
        for constraint in feasibility:
            chance += constraint.log(features)
        return np.concatenate([results.points[results.feasible], results.pending[chance >= EVEN]])

    def _reference(
        self, posterior: JointPosterior, front: Array, generator: np.random.Generator
    ) -> Array:
        if self.outcomes.objectives == 1:
            return np.full(1, -math.inf)
        is_far = bool(generator.random() < _FAR[self.outcomes.objectives])
        return posterior.reference(self.outcomes.references, front, is_far=is_far)

    def _improvement(
        self, posterior: JointPosterior, front: Array, reference: Array
    ) -> Callable[[Array], Array]:
        """Return the logarithm of the expected improvement over outcomes, as a function of features."""
        if self.outcomes.objectives == 1:
            single = LogExpectedImprovement(float(front.max()))
            process = posterior.objectives[0].process
            return lambda features: single.value(*process.predict(features))
        ahead = front[(front > reference).all(axis=1)]
        kept = spread_out(ahead, _MOST_OF_FRONT[self.outcomes.objectives])
        several = LogExpectedHypervolumeImprovement(kept, reference)
        return lambda features: several.value(*posterior.predict(features))


def _standing(results: Results) -> Array:
    """Return a number for each trial, larger the better it is: feasible ones first; shape (n,)."""
    count, feasible = len(results.points), results.feasible
    violation = total_violation(results.constraints)
    # Infeasible trials by how far they are from being feasible, those of which nothing is known last.
    violation[~feasible & (violation == 0)] = math.inf
    standing = -count - np.argsort(np.argsort(violation, kind="stable")).astype(float)
    standing[feasible] = -dominators(results.scores[feasible]).astype(float)
    return standing
