"""HEBO: heteroscedastic evolutionary Bayesian optimisation."""

from __future__ import annotations

from typing import Any

from .spaces import Config, Parameter, flat, of_numbers


def _find_duplicates_by_hash() -> None:
    """Let pymoo, HEBO's search, find the same duplicates as its own: it compares every pair of a population in
    Python, two fifths of the time of a suggestion."""
    from pymoo.core.mixed import MixedVariableDuplicateElimination

    def values(individual: Any) -> tuple[Any, ...]:
        return tuple(value for _, value in sorted(individual.X.items()))

    def mark(self: Any, population: Any, other: Any, is_duplicate: Any) -> Any:
        seen = {values(individual) for individual in other} if other is not None else set()
        for position in reversed(range(len(population))):
            found = values(population[position])
            is_duplicate[position] = found in seen
            if other is None:
                seen.add(found)
        return is_duplicate

    MixedVariableDuplicateElimination._do = mark


class Hebo:
    """Its defaults, and its own batches: several suggestions at once are of one Pareto front of three
    acquisitions. It has no word for pending trials; failed ones it leaves out."""

    def __init__(self, space: list[Parameter], seed: int, kind: str) -> None:
        import numpy as np
        import torch
        from hebo.design_space.design_space import DesignSpace
        from hebo.optimizers.hebo import HEBO

        _find_duplicates_by_hash()
        np.random.seed(seed)  # of its own choice from the front, and of the evolution
        torch.manual_seed(seed)
        self._space = space
        parts = [{"name": name, **self._part(p)} for name, p in flat(space)]
        self._optimizer = HEBO(DesignSpace().parse(parts), scramble_seed=seed)
        self._asked: list[tuple[Config, Any]] = []

    @staticmethod
    def _part(p: Parameter) -> Parameter:
        kind = p["type"]
        if kind == "choice":
            return {"type": "cat", "categories": list(range(len(p["values"])))}
        if kind == "randint":
            return {"type": "int", "lb": p["min"], "ub": p["max"]}
        if kind.endswith("normal"):
            return {"type": "num", "lb": -3.0, "ub": 3.0}
        return {"type": "pow" if "log" in kind else "num", "lb": p["min"], "ub": p["max"]}

    def batch(self, count: int) -> list[Config]:
        suggested = self._optimizer.suggest(count)
        configs = []
        for position in range(count):
            row = suggested.iloc[[position]]
            configs.append(of_numbers(self._space, row.iloc[0].to_dict()))
            self._asked.append((configs[-1], row))
        return configs

    def tell(self, config: Config, value: float | None) -> None:
        import numpy as np

        position = next(n for n, (asked, _) in enumerate(self._asked) if asked == config)
        row = self._asked.pop(position)[1]
        self._optimizer.observe(row, np.array([[np.nan if value is None else value]]))
