"""One run of a sampler on a problem, in one of three modes, and the regret as it goes."""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from .problems import Problem

BUDGET = 100
MODES = ("seq", "batch", "async")
Config = dict[str, Any]


class Searcher(Protocol):
    """A sampler under the protocol: asked for configurations, told values (minimised)."""

    def ask(self, count: int) -> list[Config]: ...

    def tell(self, trials: Sequence[tuple[Config, float | None]]) -> None: ...


@dataclass
class Run:
    """The noiseless value of the best observed so far, after each evaluation; and the time per ask."""

    incumbents: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class Recorder:
    """Evaluates, and keeps the incumbent."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self._problem = problem
        self._noise = np.random.default_rng([seed, 99])
        self._best = math.inf
        self._value = math.inf
        self.run = Run()

    def observe(self, config: Config) -> float:
        value = self._problem.value(config)
        observed = value + self._problem.noise * float(self._noise.normal())
        if observed < self._best:
            self._best, self._value = observed, value
        self.run.incumbents.append(self._value)
        return observed

    def ask(self, searcher: Searcher, count: int) -> list[Config]:
        began = time.perf_counter()
        configs = searcher.ask(count)
        self.run.seconds += [(time.perf_counter() - began) / count] * count
        return configs


def run(searcher: Searcher, problem: Problem, seed: int, mode: str, budget: int = BUDGET) -> Run:
    """A run of ``budget`` evaluations."""
    recorder = Recorder(problem, seed)
    if mode == "async":
        _asynchronously(searcher, recorder, seed, budget)
    else:
        size = 4 if mode == "batch" else 1
        for _ in range(0, budget, size):
            configs = recorder.ask(searcher, size)
            searcher.tell([(config, recorder.observe(config)) for config in configs])
    return recorder.run


def _asynchronously(searcher: Searcher, recorder: Recorder, seed: int, budget: int) -> None:
    """Four workers with unequal run times."""
    durations = np.random.default_rng([seed, 7]).uniform(0.5, 1.5, budget).tolist()
    working: list[tuple[float, int, Config]] = []
    for number in range(4):
        heapq.heappush(working, (durations[number], number, recorder.ask(searcher, 1)[0]))
    for number in range(4, budget + 4):
        now, _, config = heapq.heappop(working)
        searcher.tell([(config, recorder.observe(config))])
        if number < budget:
            asked = recorder.ask(searcher, 1)[0]
            heapq.heappush(working, (now + durations[number], number, asked))
