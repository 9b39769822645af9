"""The project's own samplers under the bench's protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sweepjob.search.outcomes import SINGLE_OBJECTIVE, Outcomes
from sweepjob.search.sampler import Observation
from sweepjob.search.samplers.registry import SamplerSpec

from .spaces import Parameter, space_of

Config = dict[str, Any]
# Values of objectives, and of constraints; None is missing.
Results = tuple[tuple[float | None, ...], tuple[float | None, ...]]
ALGORITHMS = {
    "bayesian": SamplerSpec("bayesian"),
    "random": SamplerSpec("random"),
    "sobol": SamplerSpec("random", {"rule": "sobol"}),
}


class Ours:
    """A sampler of the project: keeps what an operator would have on record.

    Args:
        space: a list of parameters.
        sign: 1 to maximise, -1 to minimise; with several objectives, one for each.
        outcomes: the objectives and constraints.
    """

    def __init__(
        self,
        space: list[Parameter],
        seed: int,
        algorithm: str = "bayesian",
        sign: int | Sequence[int] = -1,
        outcomes: Outcomes = SINGLE_OBJECTIVE,
    ) -> None:
        parsed, self._shifts = space_of(space)
        self._sampler = ALGORITHMS[algorithm].build(parsed, seed, outcomes)
        self._signs = [sign] * outcomes.objectives if isinstance(sign, int) else sign
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
        self.tell_several([(config, ((value,), ())) for config, value in trials])

    def tell_several(self, trials: Sequence[tuple[Config, Results]]) -> None:
        """Values of objectives and of constraints; a failed trial needs no values."""
        for config, (values, constraints) in trials:
            told = values or (None,) * len(self._signs)
            scores = tuple(
                None if value is None else sign * value
                for sign, value in zip(self._signs, told, strict=True)
            )
            score, several = (scores[0], ()) if len(scores) == 1 else (None, scores)
            assignment = self._shifted(config, -1)
            self._settle(Observation(None, assignment, score, True, several, constraints))

    def _settle(self, told: Observation) -> None:
        for position, trial in enumerate(self._trials):
            if not trial.ended and trial.parameters == told.parameters:
                self._trials[position] = replace(told, index=trial.index)
                return
        self._foreign.append(told)

    def _shifted(self, config: Config, sign: int) -> Config:
        return {
            name: value + sign * self._shifts[name]
            if name in self._shifts and isinstance(value, int)
            else value
            for name, value in config.items()
        }
