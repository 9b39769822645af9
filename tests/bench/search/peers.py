"""Other people's samplers under the bench's protocol. Runs in an environment of its own, which has the
peer's package and nothing of this project: python peers.py optuna-tpe
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

Config = dict[str, Any]
Parameter = dict[str, Any]
FAILED = 1e30  # for peers that have no word for a failed trial


def flat(space: list[Parameter], prefix: str = "") -> Iterator[tuple[str, Parameter]]:
    """Every parameter by its dotted name, nested ones as if they were always live."""
    for parameter in space:
        name = f"{prefix}{parameter['name']}"
        yield name, parameter
        for position, value in enumerate(parameter.get("values", ())):
            if isinstance(value, dict):
                nested = [{**v, "name": n} for n, v in value.items() if isinstance(v, dict)]
                yield from flat(nested, f"{name}.{position}.")


def assemble(
    space: list[Parameter], value_of: Callable[[str, Parameter], Any], prefix: str = ""
) -> Config:
    """The configuration of flat values; of a choice, ``value_of`` gives the position."""
    config = {}
    for parameter in space:
        name = f"{prefix}{parameter['name']}"
        found = value_of(name, parameter)
        if parameter["type"] == "choice":
            chosen = parameter["values"][int(found)]
            if isinstance(chosen, dict):
                nested = [{**v, "name": n} for n, v in chosen.items() if isinstance(v, dict)]
                live = assemble(nested, value_of, f"{name}.{int(found)}.")
                chosen = {n: live.get(n, v) for n, v in chosen.items()}
            found = chosen
        config[parameter["name"]] = found
    return config


def rounded(parameter: Parameter, value: float) -> Any:
    """A number on the lattice of a q-form, inside its bounds."""
    q = parameter.get("q")
    if not q:
        return value
    multiple = round(value / q)
    if "min" in parameter:
        multiple = min(
            max(multiple, math.ceil(parameter["min"] / q)), math.floor(parameter["max"] / q)
        )
    return int(multiple * q) if q == int(q) else multiple * q


def bell(parameter: Parameter, deviations: float) -> Any:
    """A value of a normal or lognormal parameter, so many standard deviations from its mean."""
    place = parameter["mu"] + parameter["sigma"] * deviations
    return rounded(parameter, math.exp(place) if "log" in parameter["type"] else place)


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

        def value_of(name: str, p: Parameter) -> Any:
            if p["type"] in ("choice", "randint"):
                return int(values[name])
            if p["type"].endswith("normal"):
                return bell(p, _plain(values[name]))
            return rounded(p, _plain(values[name]))

        config = assemble(self._space, value_of)
        self._asked.append((config, candidate))
        return config

    def tell(self, config: Config, value: float | None) -> None:
        position = next(n for n, (asked, _) in enumerate(self._asked) if asked == config)
        self._optimizer.tell(self._asked.pop(position)[1], FAILED if value is None else value)


def _plain(value: Any) -> float:
    """A number, which some parameters give as an array of one."""
    return float(getattr(value, "item", lambda: value)())


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


PEERS: dict[str, Callable[[list[Parameter], int], Any]] = {
    "optuna-tpe": lambda space, seed: Optuna(space, seed, "tpe"),
    "optuna-cmaes": lambda space, seed: Optuna(space, seed, "cmaes"),
    "optuna-gp": lambda space, seed: Optuna(space, seed, "gp"),
    "nevergrad": lambda space, seed: Nevergrad(space, seed, ""),
    "hyperopt-tpe": lambda space, seed: Hyperopt(space, seed, ""),
}


def answer(
    make: Callable[..., Any], state: dict[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    if request["op"] == "init":
        state["peer"] = make(request["space"], request["seed"])
        return {"ok": True, "protocol": 1, "name": sys.argv[1]}
    if request["op"] == "ask":
        return {"ok": True, "configs": [state["peer"].ask() for _ in range(request["n"])]}
    for trial in request.get("trials", ()):
        state["peer"].tell(trial["config"], trial["value"])
    return {"ok": True}


def main() -> None:
    warnings.filterwarnings("ignore")
    make, state, output = PEERS[sys.argv[1]], dict[str, Any](), sys.stdout
    for line in sys.stdin:
        began = time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            try:
                reply = answer(make, state, json.loads(line))
            except Exception as error:  # noqa: BLE001 - any failure is an answer
                reply = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        reply["ms"] = (time.perf_counter() - began) * 1e3
        output.write(json.dumps(reply) + "\n")
        output.flush()


if __name__ == "__main__":
    main()
