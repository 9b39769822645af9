"""hyperopt."""

from __future__ import annotations

import math
from typing import Any

from .spaces import Config, Parameter, assemble, bell, flat, rounded


class Hyperopt:
    """hyperopt's TPE, the one that Katib runs."""

    def __init__(self, space: list[Parameter], seed: int, kind: str) -> None:
        import hyperopt
        import numpy as np

        self._hyperopt = hyperopt
        self._space = space
        self._generator = np.random.default_rng(seed)
        expressions = {name: self._expression(hyperopt.hp, name, p) for name, p in flat(space)}
        self._domain = hyperopt.base.Domain(lambda _: 0.0, expressions)
        self._trials = hyperopt.Trials()
        self._asked: list[tuple[Config, Any]] = []

    @staticmethod
    def _expression(hp: Any, name: str, p: Parameter) -> Any:
        kind = p["type"]
        if kind == "choice":
            return hp.choice(name, list(range(len(p["values"]))))
        if kind == "randint":
            return hp.quniform(name, p["min"] - 0.499, p["max"] + 0.499, 1)
        if kind.endswith("normal"):
            return hp.normal(name, 0, 1)
        if "log" in kind:
            return hp.loguniform(name, math.log(p["min"]), math.log(p["max"]))
        return hp.uniform(name, p["min"], p["max"])

    def ask(self) -> Config:
        (number,) = self._trials.new_trial_ids(1)
        self._trials.refresh()
        seed = int(self._generator.integers(2**31 - 1))
        (document,) = self._hyperopt.tpe.suggest([number], self._domain, self._trials, seed)
        self._trials.insert_trial_doc(document)
        self._trials.refresh()
        values = {name: found[0] for name, found in document["misc"]["vals"].items() if found}

        def value_of(name: str, p: Parameter) -> Any:
            if p["type"] == "choice":
                return int(values[name])
            if p["type"] == "randint":
                return round(values[name])
            if p["type"].endswith("normal"):
                return bell(p, values[name])
            return rounded(p, float(values[name]))

        config = assemble(self._space, value_of)
        self._asked.append((config, number))
        return config

    def tell(self, config: Config, value: float | None) -> None:
        position = next(n for n, (asked, _) in enumerate(self._asked) if asked == config)
        number = self._asked.pop(position)[1]
        for document in self._trials._dynamic_trials:
            if document["tid"] == number:
                document["state"] = self._hyperopt.JOB_STATE_DONE
                failed = {"status": self._hyperopt.STATUS_FAIL}
                ok = {"status": self._hyperopt.STATUS_OK, "loss": value}
                document["result"] = failed if value is None else ok
        self._trials.refresh()
