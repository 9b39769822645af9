"""Optuna: TPE, CMA-ES, and its Gaussian process, which needs torch."""

from __future__ import annotations

from typing import Any

from .spaces import Config, Parameter, assemble, bell, rounded


class Optuna:
    """Optuna's samplers, with conditional parameters as its users write them."""

    def __init__(self, space: list[Parameter], seed: int, kind: str) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        samplers = {
            "tpe": lambda: optuna.samplers.TPESampler(
                seed=seed, multivariate=True, group=True, constant_liar=True
            ),
            "cmaes": lambda: optuna.samplers.CmaEsSampler(seed=seed),
            "gp": lambda: optuna.samplers.GPSampler(seed=seed),
        }
        self._space = space
        self._study = optuna.create_study(sampler=samplers[kind]())
        self._failed = optuna.trial.TrialState.FAIL
        self._asked: list[tuple[Config, Any]] = []

    def ask(self) -> Config:
        trial = self._study.ask()
        config = assemble(self._space, lambda name, p: self._suggest(trial, name, p))
        self._asked.append((config, trial))
        return config

    def _suggest(self, trial: Any, name: str, p: Parameter) -> Any:
        kind = p["type"]
        if kind == "choice":
            return trial.suggest_categorical(name, list(range(len(p["values"]))))
        if kind == "randint":
            return trial.suggest_int(name, p["min"], p["max"])
        if kind.endswith("normal"):
            return bell(p, trial.suggest_float(name, -3, 3))
        return rounded(p, trial.suggest_float(name, p["min"], p["max"], log="log" in kind))

    def tell(self, config: Config, value: float | None) -> None:
        position = next(n for n, (asked, _) in enumerate(self._asked) if asked == config)
        trial = self._asked.pop(position)[1]
        if value is None:
            self._study.tell(trial, state=self._failed)
        else:
            self._study.tell(trial, value)
