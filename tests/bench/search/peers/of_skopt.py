"""scikit-optimize's Gaussian process, Katib's bayesianoptimization."""

from __future__ import annotations

import copy
from typing import Any

from .spaces import Config, Parameter, flat, of_numbers


class ScikitOptimize:
    """Its defaults: Matern kernel, a portfolio of three acquisitions, ten random points to start with;
    pending trials by the constant liar, as its own parallel asks."""

    def __init__(self, space: list[Parameter], seed: int, kind: str) -> None:
        import skopt

        self._space = space
        self._names = [name for name, _ in flat(space)]
        dimensions = [self._dimension(skopt.space, p) for _, p in flat(space)]
        self._optimizer = skopt.Optimizer(dimensions, base_estimator="GP", random_state=seed)
        self._asked: list[tuple[Config, list[Any]]] = []
        self._told: list[tuple[list[Any], float]] = []  # since the last ask, and not learnt yet

    @staticmethod
    def _dimension(space: Any, p: Parameter) -> Any:
        kind = p["type"]
        if kind == "choice":
            return space.Categorical([str(n) for n in range(len(p["values"]))])
        if kind == "randint":
            return space.Integer(p["min"], p["max"])
        if kind.endswith("normal"):
            return space.Real(-3.0, 3.0)
        prior = "log-uniform" if "log" in kind else "uniform"
        return space.Real(float(p["min"]), float(p["max"]), prior=prior)

    def ask(self) -> Config:
        self._learn()
        point = self._pending().ask()
        values = dict(zip(self._names, point, strict=True))
        config = of_numbers(self._space, values)
        self._asked.append((config, point))
        return config

    def _learn(self) -> None:
        """Fit once to all that was told: its own ``tell`` would after each, and its time would not count
        as the ask's."""
        if self._told:
            points, values = zip(*self._told, strict=True)
            self._optimizer.tell(list(points), list(values))
            self._told.clear()

    def _pending(self) -> Any:
        """The optimiser told the lowest value there is for every trial that still runs.

        Its own ``copy`` would fit the model again before it is told anything.
        """
        if not self._asked:
            return self._optimizer
        lying = copy.deepcopy(self._optimizer)
        lying.rng.seed(self._optimizer.rng.randint(2**31 - 1))
        lie = min(self._optimizer.yi, default=0.0)
        lying.tell([point for _, point in self._asked], [lie] * len(self._asked))
        return lying

    def tell(self, config: Config, value: float | None) -> None:
        position = next(n for n, (asked, _) in enumerate(self._asked) if asked == config)
        point = self._asked.pop(position)[1]
        known = [*self._optimizer.yi, *(told for _, told in self._told)]
        self._told.append((point, max(known, default=0.0) if value is None else value))
