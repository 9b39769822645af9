"""Bayesian optimisation by a Gaussian process: the implementation of the sampler ``bayesian``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..gaussian_process.arrays import Array
from ..gaussian_process.configuration_cache import ConfigurationCache
from ..gaussian_process.encoding import Encoding
from ..gaussian_process.maximize import AcquisitionSearch
from ..gaussian_process.one_objective import OneObjectiveModel
from ..gaussian_process.several_outcomes import SeveralOutcomesModel
from ..gaussian_process.utility import Model, TrainingData
from ..hashing import hash_bits, permuted_index
from ..outcomes import SINGLE_OBJECTIVE, Outcomes
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

    With several objectives, the improvement is the gain in the volume that trials dominate. With
    constraints, it is over feasible trials, and multiplied by the chance to be feasible.

    A proposal is a function of the seed, the index and the observations.

    Attributes:
        space: the search space.
        seed: the same seed and observations give the same proposal.
        outcomes: the objectives and constraints of the sweep.
    """

    space: Space
    seed: int
    outcomes: Outcomes = SINGLE_OBJECTIVE
    _encoding: Encoding = field(init=False)
    _configurations: ConfigurationCache = field(init=False)
    _model: Model = field(init=False)
    _sobol: SobolSampler = field(init=False)
    _size: int | None = field(init=False)
    _initial_count: int = field(init=False)

    uses_observations = True

    def __post_init__(self) -> None:
        self._encoding = Encoding(self.space)
        self._configurations = ConfigurationCache(self._encoding)
        several = SeveralOutcomesModel(self._encoding, self.outcomes)
        self._model = OneObjectiveModel(self._encoding) if self.outcomes.is_single else several
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
        pending = self._configurations.entries(trial for trial in ordered if not trial.ended)
        training_data = self._model.training_data(ended, pending)
        if training_data.informative < _MIN_OBSERVATIONS or (
            index < self._initial_count and training_data.informative < self._initial_count
        ):
            return self._initial_proposal(index, proposed)
        found = self._search(index, training_data, proposed)
        return self._initial_proposal(index, proposed) if found is None else found

    def _search(
        self, index: int, training_data: TrainingData, proposed: set[str]
    ) -> Assignment | None:
        encoding = self._encoding
        if not encoding.width:
            return None
        generator = np.random.default_rng(hash_bits(f"{self.seed}/bayesian/{index}", 64))
        inference = training_data.infer(generator)
        if inference is None:
            return None
        search = AcquisitionSearch(encoding, inference.utility, generator)
        if self._size is not None and self._size <= _EXHAUSTIVE_SIZE:
            return self._search_exhaustively(search, proposed)

        def is_new(point: Array) -> bool:
            return canonical(encoding.assignment(point)) not in proposed

        found = search.best(inference.incumbents, is_new)
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
