"""The project's own samplers under the bench's protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sweepjob.search.sampler import Observation
from sweepjob.search.samplers.registry import SamplerSpec
from sweepjob.search.space import Assignment

from .spaces import Parameter, space_of

Config = dict[str, Any]
ALGORITHMS = {
    "bayesian": SamplerSpec("bayesian"),
    "random": SamplerSpec("random"),
    "sobol": SamplerSpec("random", {"rule": "sobol"}),
}


class Ours:
    """A sampler of the project: keeps what an operator would have on record.

    Args:
        space: a list of parameters.
        sign: 1 to maximise, -1 to minimise.
    """

    def __init__(
        self,
        space: list[Parameter],
        seed: int,
        algorithm: str = "bayesian",
        sign: int = -1,
    ) -> None:
        parsed, self._shifts = space_of(space)
        self._sampler = ALGORITHMS[algorithm].build(parsed, seed)
        self._sign = sign
        self._trials: list[Observation] = []
        self._foreign: list[Observation] = []

    def ask(self, count: int) -> list[Config]:
        """The next configurations; fewer when the space is exhausted."""
        found = []
        for _ in range(count):
            index = len(self._trials)
            assignment = self._sampler.propose(index, [*self._foreign, *self._trials])
            if assignment is None:
                break
            self._trials.append(Observation(index, assignment, None, ended=False))
            found.append(self._shifted(assignment, 1))
        return found

    def tell(self, trials: Sequence[tuple[Config, float | None]]) -> None:
        """Values of configurations, asked for or not; None for a failed one."""
        for config, value in trials:
            assignment = self._shifted(config, -1)
            score = None if value is None else self._sign * value
            self._settle(assignment, score)

    def _settle(self, assignment: Assignment, score: float | None) -> None:
        for position, trial in enumerate(self._trials):
            if not trial.ended and trial.parameters == assignment:
                self._trials[position] = Observation(trial.index, assignment, score, ended=True)
                return
        self._foreign.append(Observation(None, assignment, score, ended=True))

    def _shifted(self, config: Config, sign: int) -> Config:
        return {
            name: value + sign * self._shifts[name]
            if name in self._shifts and isinstance(value, int)
            else value
            for name, value in config.items()
        }
