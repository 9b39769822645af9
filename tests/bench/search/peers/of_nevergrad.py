"""Nevergrad."""

from __future__ import annotations

from typing import Any

from .spaces import Config, Parameter, flat, of_numbers

FAILED = 1e30  # it has no word for a failed trial


class Nevergrad:
    """Nevergrad's own choice of optimiser for the space and the budget."""

    def __init__(self, space: list[Parameter], seed: int, kind: str) -> None:
        import nevergrad as ng

        parts = {name: self._part(ng, p) for name, p in flat(space)}
        instrumentation = ng.p.Dict(**parts)
        instrumentation.random_state.seed(seed)
        self._space = space
        self._optimizer = ng.optimizers.NGOpt(instrumentation, budget=100, num_workers=4)
        self._asked: list[tuple[Config, Any]] = []

    @staticmethod
    def _part(ng: Any, p: Parameter) -> Any:
        kind = p["type"]
        if kind == "choice":
            return ng.p.Choice(list(range(len(p["values"]))))
        if kind == "randint":
            return ng.p.Scalar(lower=p["min"], upper=p["max"]).set_integer_casting()
        if kind.endswith("normal"):
            return ng.p.Scalar(init=0.0).set_mutation(sigma=1.0)
        if "log" in kind:
            return ng.p.Log(lower=p["min"], upper=p["max"])
        return ng.p.Scalar(lower=p["min"], upper=p["max"])

    def ask(self) -> Config:
        candidate = self._optimizer.ask()
        values = candidate.value
        config = of_numbers(self._space, values)
        self._asked.append((config, candidate))
        return config

    def tell(self, config: Config, value: float | None) -> None:
        position = next(n for n, (asked, _) in enumerate(self._asked) if asked == config)
        self._optimizer.tell(self._asked.pop(position)[1], FAILED if value is None else value)
