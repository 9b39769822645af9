"""The rejected alternative: one process of a random weighting of the objectives, a new one each time.

Source: Knowles (2006), ParEGO, the augmented Tchebycheff function.
"""

from __future__ import annotations

import numpy as np
from sweepjob.search.gaussian_process import several_outcomes
from sweepjob.search.gaussian_process.acquisition import LogExpectedImprovement
from sweepjob.search.gaussian_process.posterior import SurrogateModel
from sweepjob.search.gaussian_process.results import Results
from sweepjob.search.gaussian_process.utility import Inference, Utility

_AUGMENTED = 0.05


class ScalarisedModel(several_outcomes.SeveralOutcomesModel):
    """Everything as in the sampler, but for the improvement with several objectives."""

    def _infer(self, results: Results, generator: np.random.Generator) -> Inference | None:
        rows = results.feasible
        if self.outcomes.objectives == 1 or rows.sum() < 3:
            return super()._infer(results, generator)
        success = self._failures.infer(results.points, results.failed)
        feasibility = self._feasibility(results)
        scores = self._scored(results, success)
        low, high = scores[rows].min(0), scores[rows].max(0)
        unit = (scores - low) / np.where(high > low, high - low, 1.0)
        weights = generator.dirichlet(np.ones(scores.shape[1]))
        mixed = (weights * unit).min(1) + _AUGMENTED * (weights * unit).sum(1)
        known = ~np.isnan(mixed)
        model = SurrogateModel(self.encoding)
        posterior = model.infer(results.points[known], mixed[known], results.pending)
        front = self._valid(results, feasibility)
        means, deviations = posterior.process.predict(self.encoding.features(front))
        top = int(means.argmax())
        acquisition = LogExpectedImprovement(float(means[top] + deviations[top]))
        chances = [*feasibility, *([] if success is None else [success])]
        utility = Utility(
            lambda features: acquisition.value(*posterior.process.predict(features)), chances
        )
        return Inference(utility, front[np.argsort(-means, kind="stable")])
