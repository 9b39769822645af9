"""The bayesian sampler: a model of the objective says what to try next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..gaussian_process.acquisition import LogExpectedImprovement
from ..gaussian_process.arrays import Array
from ..gaussian_process.configuration_cache import ConfigurationCache
from ..gaussian_process.encoding import Encoding
from ..gaussian_process.maximize import Search
from ..gaussian_process.posterior import Model
from ..hashing import bits, permuted
from ..sampler import Observation
from ..space import Assignment, Space, canonical
from .sobol import SobolSampler

# The model needs so many trials with a value.
_FEWEST = 3
_FEWEST_START, _LONGEST_START = 5, 12
# A finite space of so many points is searched point by point.
_SMALL = 2000
# In a space that is nearly exhausted, the start tries so many points before it lists what is left.
_PATIENCE = 100


@dataclass(slots=True)
class BayesianSampler:
    """Search by a Gaussian process, for every expression and any nesting.

    It begins with a scrambled Sobol sequence. Then, for each proposal, a Gaussian process is fitted
    to the trials that ended; pending ones are taken to give what it expects of them (Ginsbourger et
    al. 2010, kriging believer); and the next is the candidate of highest expected improvement, of
    many anywhere and near good trials. A failed trial counts as the worst there was, one that was
    stopped early as what ``CurveExtrapolation`` estimates. Nothing is proposed twice; a finite space
    is exhausted.

    A proposal is a function of the seed, the index and the observations.
    """

    space: Space
    seed: int
    _encoding: Encoding = field(init=False)
    _ledger: ConfigurationCache = field(init=False)
    _model: Model = field(init=False)
    _design: SobolSampler = field(init=False)
    _size: int | None = field(init=False)
    _start: int = field(init=False)

    uses_observations = True

    def __post_init__(self) -> None:
        self._encoding = Encoding(self.space)
        self._ledger = ConfigurationCache(self._encoding)
        self._model = Model(self._encoding)
        self._design = SobolSampler(self.space, self.seed)
        self._size = self.space.size()
        self._start = min(max(self._encoding.scales + 2, _FEWEST_START), _LONGEST_START)

    def propose(self, index: int, observations: Sequence[Observation] = ()) -> Assignment | None:
        """The assignment of trial ``index``, None when the space is exhausted.

        Trials without an index are of other sweeps: they are learnt from, may be of another space,
        and may be proposed again.
        """
        own = [trial for trial in observations if trial.index is not None]
        taken = {self._ledger.entry(trial.parameters).text for trial in own}
        ordered = sorted(observations, key=lambda trial: -1 if trial.index is None else trial.index)
        ended = self._ledger.entries(trial for trial in ordered if trial.ended)
        scores = np.array([_score(trial) for trial, _ in ended])
        learnt = np.isfinite(scores).sum()
        if learnt < _FEWEST or (index < self._start and learnt < self._start):
            return self._of_design(index, taken)
        pending = self._ledger.entries(trial for trial in ordered if not trial.ended)
        points = np.array([point for _, point in ended])
        waiting = np.array([point for _, point in pending]).reshape(-1, points.shape[1])
        found = self._search(index, points, scores, waiting, taken)
        return self._of_design(index, taken) if found is None else found

    def _search(
        self, index: int, points: Array, scores: Array, pending: Array, taken: set[str]
    ) -> Assignment | None:
        encoding = self._encoding
        if not encoding.width:
            return None
        belief = self._model.believe(points, scores, pending)
        generator = np.random.default_rng(bits(f"{self.seed}/bayesian/{index}", 64))
        search = Search(encoding, belief.process, LogExpectedImprovement(belief.best), generator)
        if self._size is not None and self._size <= _SMALL:
            return self._best_of_all(search, taken)

        def is_new(point: Array) -> bool:
            return canonical(encoding.assignment(point)) not in taken

        found = search.best(belief.points, is_new)
        return None if found is None else encoding.assignment(found)

    def _best_of_all(self, search: Search, taken: set[str]) -> Assignment | None:
        items = (self.space.item(rank) for rank in range(self._size or 0))
        left = [item for item in items if canonical(item) not in taken]
        points = [point for item in left if (point := self._encoding.point(item)) is not None]
        if not points:
            return None
        return left[int(np.argmax(search.value(np.array(points))))]

    def _of_design(self, index: int, taken: set[str]) -> Assignment | None:
        """The next point of the start, or of a random order of what is left of a finite space."""
        if self._size is None:
            return self._design.draw(index)
        for step in range(index, index + _PATIENCE):
            found = self._design.draw(step)
            if canonical(found) not in taken:
                return found
        for position in range(self._size):
            found = self.space.item(permuted(self.seed, position, self._size))
            if canonical(found) not in taken:
                return found
        return None


def _score(trial: Observation) -> float:
    """Minus infinity for a trial that failed, or reported nothing finite."""
    score = trial.score
    return -math.inf if score is None or not math.isfinite(score) else score
