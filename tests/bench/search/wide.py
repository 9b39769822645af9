"""Problems of many parameters: twenty that all matter, and a hundred of which five do."""

from __future__ import annotations

from .problems import Problem, ackley, box, levy, moved, rosenbrock, styblinski, vector

LEVY_OFFSET = moved(11, 20, 20)
FEW = (7, 23, 41, 68, 90)  # of a hundred, those that matter
FEW_OFFSET = moved(13, len(FEW), 20)


def _levy(config: dict[str, float]) -> float:
    return levy(vector(config, 20) - LEVY_OFFSET)


def _styblinski(config: dict[str, float]) -> float:
    return styblinski(vector(config, 20))


def _rosenbrock(config: dict[str, float]) -> float:
    return rosenbrock(vector(config, 20))


def _few(config: dict[str, float]) -> float:
    return ackley(vector(config, 100)[list(FEW)] - FEW_OFFSET)


WIDE = (
    Problem("levy-20", "continuous", box(20, -10, 10), _levy),
    Problem("styblinski-20", "continuous", box(20, -5, 5), _styblinski),
    Problem("rosenbrock-20", "continuous", box(20, -2, 2), _rosenbrock),
    Problem("ackley, 5 of 100", "continuous", box(100, -10, 10), _few),
)
