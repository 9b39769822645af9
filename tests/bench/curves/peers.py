"""Optuna's samplers with its pruners, under the bench's protocol."""

from __future__ import annotations

from typing import Any

from ..search.spaces import Parameter

PEERS = {
    "optuna-tpe": ("tpe", ("none", "median", "halving", "hyperband")),
    "optuna-random": ("random", ("halving", "hyperband")),
}


class OptunaSweep:
    """A study; a trial whose pruner says so is stopped."""

    def __init__(
        self,
        space: list[Parameter],
        goal: str,
        seed: int,
        max_reports: int,
        sampler: str,
        pruner: str,
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        samplers, pruners = optuna.samplers, optuna.pruners
        made = {
            "tpe": lambda: samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True),
            "random": lambda: samplers.RandomSampler(seed=seed),
        }
        prune = {
            "none": pruners.NopPruner,
            "median": pruners.MedianPruner,
            "halving": pruners.SuccessiveHalvingPruner,
            "hyperband": lambda: pruners.HyperbandPruner(min_resource=1, max_resource=max_reports),
        }
        self._study = optuna.create_study(
            sampler=made[sampler](), pruner=prune[pruner](), direction=goal, study_name=f"s{seed}"
        )
        self._space = space
        self._trials: dict[int, Any] = {}
        self._made: dict[int, list[float]] = {}
        self._states = optuna.trial.TrialState
        self._best = max if goal == "maximize" else min

    def next(self, now: float) -> dict[str, Any]:
        trial = self._study.ask()
        self._trials[trial.number], self._made[trial.number] = trial, []
        return {
            "trial": trial.number,
            "config": {p["name"]: _suggest(trial, p) for p in self._space},
        }

    def report(self, trial: int, value: float, now: float) -> str:
        made, found = self._made[trial], self._trials[trial]
        made.append(value)
        found.report(value, len(made))
        if not found.should_prune():
            return "continue"
        self._study.tell(found, state=self._states.PRUNED)
        return "stop"

    def end(self, trial: int, now: float) -> None:
        self._study.tell(self._trials[trial], self._best(self._made[trial]))


def _suggest(trial: Any, p: Parameter) -> Any:
    kind, name = p["type"], p["name"]
    if kind == "choice":
        return trial.suggest_categorical(name, p["values"])
    if kind == "randint":
        return trial.suggest_int(name, p["min"], p["max"])
    if "q" in p:
        found = trial.suggest_float(name, p["min"], p["max"], log="log" in kind)
        return round(found / p["q"]) * p["q"]
    return trial.suggest_float(name, p["min"], p["max"], log="log" in kind)
