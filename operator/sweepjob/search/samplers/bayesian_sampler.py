"""Bayesian optimisation by a Gaussian process: the implementation of the sampler ``bayesian``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..gaussian_process.acquisition import LogExpectedImprovement
from ..gaussian_process.arrays import Array
from ..gaussian_process.configuration_cache import ConfigurationCache
from ..gaussian_process.encoding import Encoding
from ..gaussian_process.evidence import Evidence
from ..gaussian_process.failures import FailureModel
from ..gaussian_process.maximize import AcquisitionSearch
from ..gaussian_process.posterior import SurrogateModel
from ..gaussian_process.target_transforms import is_failure
from ..hashing import hash_bits, permuted_index
from ..sampler import Observation
from ..space import Assignment, Space, canonical
from .sobol import SobolSampler

# The model is fitted to at least this many trials with a score.
_MIN_OBSERVATIONS = 3
# Bounds of the number of initial points.
_MIN_INITIAL, _MAX_INITIAL = 5, 12
# A finite space of at most this many points is searched point by point.
_EXHAUSTIVE_SIZE = 2000
# Initial points that are tried before the rest of a finite space is listed.
_ATTEMPTS = 100


@dataclass(slots=True)
class BayesianSampler:
    """Bayesian optimisation for every expression and any nesting.

    The initial points are a scrambled Sobol sequence. Then, for each proposal, a Gaussian process is
    fitted to the trials that have ended. Pending trials count with their posterior means (Ginsbourger
    et al. 2010, kriging believer). The proposal is the candidate of highest expected improvement;
    candidates are drawn everywhere and near good trials. It is multiplied by the chance of success, which
    a second process learns from where trials failed. A trial that was stopped early counts with the
    score that ``ObservationHistory`` estimates. No configuration is proposed twice; a finite space is
    searched to its end.

    A proposal is a function of the seed, the index and the observations.

    Attributes:
        space: the search space.
        seed: the same seed and observations give the same proposal.
    """

    space: Space
    seed: int
    _encoding: Encoding = field(init=False)
    _configurations: ConfigurationCache = field(init=False)
    _surrogate: SurrogateModel = field(init=False)
    _failures: FailureModel = field(init=False)
    _sobol: SobolSampler = field(init=False)
    _size: int | None = field(init=False)
    _initial_count: int = field(init=False)

    uses_observations = True

    def __post_init__(self) -> None:
        self._encoding = Encoding(self.space)
        self._configurations = ConfigurationCache(self._encoding)
        self._surrogate = SurrogateModel(self._encoding)
        self._failures = FailureModel(self._encoding)
        self._sobol = SobolSampler(self.space, self.seed)
        self._size = self.space.size()
        self._initial_count = min(max(self._encoding.scales + 2, _MIN_INITIAL), _MAX_INITIAL)

    def propose(self, index: int, observations: Sequence[Observation] = ()) -> Assignment | None:
        """Return the configuration of a trial.

        Args:
            index: the trial's index, from 0.
            observations: trials of this sweep, and of others, which have no index. The model uses
                those as well; they may lie outside the space, and may be proposed again.

        Returns:
            the configuration; None when the space is exhausted.
        """
        own = [trial for trial in observations if trial.index is not None]
        proposed = {self._configurations.entry(trial.parameters).text for trial in own}
        ordered = sorted(observations, key=lambda trial: -1 if trial.index is None else trial.index)
        ended = self._configurations.entries(trial for trial in ordered if trial.ended)
        scores = np.array([_score(trial) for trial, _ in ended])
        failed = is_failure(scores)
        observed_count = (~failed).sum()
        if observed_count < _MIN_OBSERVATIONS or (
            index < self._initial_count and observed_count < self._initial_count
        ):
            return self._initial_proposal(index, proposed)
        pending = self._configurations.entries(trial for trial in ordered if not trial.ended)
        points = np.array([point for _, point in ended])
        pending_points = np.array([point for _, point in pending]).reshape(-1, points.shape[1])
        evidence = Evidence(points, scores, failed, pending_points)
        found = self._search(index, evidence, proposed)
        return self._initial_proposal(index, proposed) if found is None else found

    def _search(self, index: int, evidence: Evidence, proposed: set[str]) -> Assignment | None:
        encoding = self._encoding
        if not encoding.width:
            return None
        success = self._failures.infer(evidence.points, evidence.failed)
        points, scores = evidence.scored(encoding, success)
        posterior = self._surrogate.infer(points, scores, evidence.pending)
        generator = np.random.default_rng(hash_bits(f"{self.seed}/bayesian/{index}", 64))
        search = AcquisitionSearch(
            encoding,
            posterior.process,
            LogExpectedImprovement(posterior.best),
            generator,
            success,
        )
        if self._size is not None and self._size <= _EXHAUSTIVE_SIZE:
            return self._search_exhaustively(search, proposed)

        def is_new(point: Array) -> bool:
            return canonical(encoding.assignment(point)) not in proposed

        found = search.best(posterior.points, is_new)
        return None if found is None else encoding.assignment(found)

    def _search_exhaustively(
        self, search: AcquisitionSearch, proposed: set[str]
    ) -> Assignment | None:
        items = (self.space.item(rank) for rank in range(self._size or 0))
        left = [item for item in items if canonical(item) not in proposed]
        points = [point for item in left if (point := self._encoding.point(item)) is not None]
        if not points:
            return None
        return left[int(np.argmax(search.value(np.array(points))))]

    def _initial_proposal(self, index: int, proposed: set[str]) -> Assignment | None:
        """Return the next initial point, or the next of the points that are left of a finite space."""
        if self._size is None:
            return self._sobol.draw(index)
        for step in range(index, index + _ATTEMPTS):
            found = self._sobol.draw(step)
            if canonical(found) not in proposed:
                return found
        for position in range(self._size):
            found = self.space.item(permuted_index(self.seed, position, self._size))
            if canonical(found) not in proposed:
                return found
        return None


def _score(trial: Observation) -> float:
    """Return the score; minus infinity for a trial that failed or has no finite report."""
    score = trial.score
    return -math.inf if score is None or not math.isfinite(score) else score
