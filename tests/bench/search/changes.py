"""Changes of problems, to see what a sampler is worth beyond the instances that it was tuned on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from .problems import Config, Problem
from .score import reference
from .spaces import Parameter

_MOVABLE = ("uniform", "loguniform")
# Of the whole way from a typical random configuration to the optimum, as a standard deviation.
_NOISE = 0.1
_VALUES = 11  # of a number that are listed


def diverging(problem: Problem, seed: int) -> Problem:
    """The same optimum, but what is worse than a typical random configuration explodes, as losses do."""
    typical = reference(problem.name)
    scale = typical - problem.optimum

    def value(config: Config) -> float:
        excess = (problem.value(config) - typical) / scale
        return typical + scale * (excess if excess < 0 else math.expm1(min(20 * excess, 200)))

    return replace(problem, value=value)


def moved(problem: Problem, seed: int) -> Problem:
    """The same landscape, elsewhere by up to a tenth of each number's width: another one each seed."""
    generator = np.random.default_rng([seed, 11])
    ways = {
        p["name"]: (p, generator.uniform(-0.1, 0.1)) for p in problem.space if p["type"] in _MOVABLE
    }

    def value(config: Config) -> float:
        return problem.value({**config, **{n: _beside(config[n], *way) for n, way in ways.items()}})

    return replace(problem, value=value)


def noisy(problem: Problem, seed: int) -> Problem:
    """The same, observed with noise."""
    scale = reference(problem.name) - problem.optimum
    return replace(problem, noise=max(problem.noise, _NOISE * scale))


def listed(problem: Problem, seed: int) -> Problem:
    """The same, but of each number a few values are listed, as people write a choice; none of them is to be
    moved after that."""
    return replace(problem, space=[_listed(p) for p in problem.space])


# Bad outcomes are huge, the optimum is elsewhere with every seed, there is noise, or numbers are listed.
CHANGES = {"diverging": diverging, "moved": moved, "noisy": noisy, "listed": listed}


def _listed(parameter: Parameter) -> Parameter:
    if parameter["type"] not in _MOVABLE:
        return parameter
    spaced = np.geomspace if parameter["type"] == "loguniform" else np.linspace
    values = spaced(parameter["min"], parameter["max"], _VALUES).tolist()
    return {"name": parameter["name"], "type": "choice", "values": values}


def _beside(value: float, parameter: Parameter, share: float) -> float:
    low, high = parameter["min"], parameter["max"]
    if parameter["type"] == "loguniform":
        return float(value * (high / low) ** share)
    return float(value + share * (high - low))
