"""Optuna: TPE, CMA-ES, and its Gaussian process, which needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .spaces import Config, Parameter, assemble, bell, rounded

_CONSTRAINTS = "constraints"


class Optuna:
    """Optuna's samplers, with conditional parameters as its users write them."""

    def __init__(
        self,
        space: list[Parameter],
        seed: int,
        kind: str,
        objectives: int = 1,
        constraints: int = 0,
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        limits = {"constraints_func": _constraints} if constraints else {}
        samplers = {
            "tpe": lambda: optuna.samplers.TPESampler(
                seed=seed, multivariate=True, group=True, constant_liar=True, **limits
            ),
            "cmaes": lambda: optuna.samplers.CmaEsSampler(seed=seed),
            "gp": lambda: optuna.samplers.GPSampler(seed=seed, **limits),
            # Its population is 50 by default: with 100 trials nothing but two generations.
            "nsgaii": lambda: optuna.samplers.NSGAIISampler(
                seed=seed, population_size=20, **limits
            ),
        }
        self._space = space
        self._study = optuna.create_study(
            sampler=samplers[kind](), directions=["minimize"] * objectives
        )
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
        trial = self._pop(config)
        if value is None:
            self._study.tell(trial, state=self._failed)
        else:
            self._study.tell(trial, value)

    def tell_several(
        self, config: Config, values: Sequence[float], constraints: Sequence[float]
    ) -> None:
        trial = self._pop(config)
        trial.set_user_attr(_CONSTRAINTS, list(constraints))
        self._study.tell(trial, list(values))

    def _pop(self, config: Config) -> Any:
        position = next(n for n, (asked, _) in enumerate(self._asked) if asked == config)
        return self._asked.pop(position)[1]


def _constraints(trial: Any) -> Sequence[float]:
    found: Sequence[float] = trial.user_attrs[_CONSTRAINTS]
    return found
