"""The model of a sweep with one objective and no constraint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .acquisition import LogExpectedImprovement
from .arrays import Array
from .configuration_cache import Trial
from .encoding import Encoding
from .failures import FailureModel
from .observed_trials import ObservedTrials
from .posterior import SurrogateModel
from .utility import Inference, TrainingData, Utility


@dataclass(slots=True)
class OneObjectiveModel:
    """Infers the expected improvement, times the chance of success.

    Attributes:
        encoding: the encoding of the space.
    """

    encoding: Encoding
    _surrogate: SurrogateModel = field(init=False)
    _failures: FailureModel = field(init=False)

    def __post_init__(self) -> None:
        self._surrogate = SurrogateModel(self.encoding)
        self._failures = FailureModel(self.encoding)

    def training_data(self, ended: Sequence[Trial], pending: Sequence[Trial]) -> TrainingData:
        """Return what the model learns from trials; see ``Model``."""
        observed = ObservedTrials.of(ended, pending, len(self.encoding.axes))
        return TrainingData(observed.informative, lambda generator: self._infer(observed))

    def _infer(self, observed: ObservedTrials) -> Inference:
        success = self._failures.infer(observed.points, observed.failed)
        points, scores = observed.scored(self.encoding, success)
        posterior = self._surrogate.infer(points, scores, observed.pending)
        acquisition, process = LogExpectedImprovement(posterior.best), posterior.process

        def improvement(features: Array) -> Array:
            return acquisition.value(*process.predict(features))

        chances = () if success is None else (success,)
        return Inference(Utility(improvement, chances), posterior.points)
