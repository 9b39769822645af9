"""The best trial's parameters, ready for the next command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from ..domain.space import leaves
from .environment import parameter_variables
from .placeholders import text_of
from .views import SweepView, TrialView

Outputs = Mapping[str, str]


def _data(sweep: SweepView, trial: TrialView, outputs: Outputs) -> dict[str, Any]:
    data = {
        "trial": trial.name,
        "metric": sweep.metric,
        "value": sweep.best_value,
        "parameters": trial.record.assignment,
    }
    return {**data, "outputs": dict(outputs)} if outputs else data


def _json(sweep: SweepView, trial: TrialView, outputs: Outputs) -> str:
    return json.dumps(_data(sweep, trial, outputs), ensure_ascii=False, indent=2)


def _yaml(sweep: SweepView, trial: TrialView, outputs: Outputs) -> str:
    return yaml.safe_dump(_data(sweep, trial, outputs), sort_keys=False).rstrip()


def _env(sweep: SweepView, trial: TrialView, outputs: Outputs) -> str:
    variables = parameter_variables(trial.record.assignment)
    return "\n".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())


def _args(sweep: SweepView, trial: TrialView, outputs: Outputs) -> str:
    pairs = ((name, text_of(value)) for name, value in leaves(trial.record.assignment))
    return " ".join(f"--{name} {shlex.quote(value)}" for name, value in pairs)


# yaml, json: trial, value, parameters. env: lines for a shell, with the variables that a trial finds.
# args: --NAME VALUE, for a command line.
FORMS: Mapping[str, Callable[[SweepView, TrialView, Outputs], str]] = {
    "yaml": _yaml,
    "json": _json,
    "env": _env,
    "args": _args,
}
