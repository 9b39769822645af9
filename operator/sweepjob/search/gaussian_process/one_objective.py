"""The model of a sweep with one objective and no constraint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .acquisition import LogExpectedImprovement
from .arrays import Array
from .configuration_cache import Trial
from .encoding import Encoding
from .evidence import Evidence
from .failures import FailureModel
from .posterior import SurrogateModel
from .utility import Inference, Told, Utility


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

    def told(self, ended: Sequence[Trial], pending: Sequence[Trial]) -> Told:
        """Return what follows from trials; see ``Model``."""
        evidence = Evidence.of(ended, pending, len(self.encoding.axes))
        return Told(evidence.informative, lambda generator: self._infer(evidence))

    def _infer(self, evidence: Evidence) -> Inference:
        success = self._failures.infer(evidence.points, evidence.failed)
        points, scores = evidence.scored(self.encoding, success)
        posterior = self._surrogate.infer(points, scores, evidence.pending)
        acquisition, process = LogExpectedImprovement(posterior.best), posterior.process

        def improvement(features: Array) -> Array:
            return acquisition.value(*process.predict(features))

        chances = () if success is None else (success,)
        return Inference(Utility(improvement, chances), posterior.points)
