"""Formats the best trial's parameters for another program."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

from ..read_model.ranking import outcome_of
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..search.space import leaves
from ..template.references import value_text
from ..trial_pods.environment import parameter_variables

Outputs = Mapping[str, str]


def _data(sweep: SweepView, trial: TrialView, outputs: Outputs) -> dict[str, Any]:
    data: dict[str, Any] = {"trial": trial.name}
    if not sweep.criteria.has_several_objectives:
        data |= {"metric": sweep.metric, "value": sweep.best_value}
    if not sweep.criteria.is_plain:
        data["values"] = dict(outcome_of(trial, sweep.criteria).values)
    data["parameters"] = trial.record.parameters
    return {**data, "outputs": dict(outputs)} if outputs else data


def front_data(sweep: SweepView, front: Sequence[TrialView]) -> list[dict[str, Any]]:
    """Return trial, values and parameters of each trial on a Pareto front."""
    return [_data(sweep, trial, {}) for trial in front]


def _json(sweep: SweepView, trial: TrialView, outputs: Outputs) -> str:
    return json.dumps(_data(sweep, trial, outputs), indent=2)


def _yaml(sweep: SweepView, trial: TrialView, outputs: Outputs) -> str:
    return yaml.safe_dump(_data(sweep, trial, outputs), sort_keys=False).rstrip()


def _env(sweep: SweepView, trial: TrialView, outputs: Outputs) -> str:
    variables = parameter_variables(trial.record.parameters)
    return "\n".join(f"{name}={shell_quote(value)}" for name, value in variables.items())


def _args(sweep: SweepView, trial: TrialView, outputs: Outputs) -> str:
    pairs = ((name, value_text(value)) for name, value in leaves(trial.record.parameters))
    # --NAME=VALUE in one word, since argparse takes a separate word such as -1e-05 for an option.
    return " ".join(f"{shell_quote(f'--{name}')}={shell_quote(value)}" for name, value in pairs)


def shell_quote(text: str) -> str:
    """Quote a word for a shell.

    A word with control characters is written as ``$'...'``, which bash, zsh and ksh read back unchanged.
    ``shlex.quote`` would leave the characters in, and a terminal would act on them.
    """
    if text.isprintable():
        return shlex.quote(text)
    escaped = (c if c.isprintable() and c not in "\\'" else _escaped(c) for c in text)
    return f"$'{''.join(escaped)}'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    return "".join(f"\\{byte:03o}" for byte in character.encode())


# yaml, json: trial, value and parameters. env: shell assignments of the variables that a trial gets.
# args: --NAME=VALUE for a command line.
FORMATTERS: Mapping[str, Callable[[SweepView, TrialView, Outputs], str]] = {
    "yaml": _yaml,
    "json": _json,
    "env": _env,
    "args": _args,
}
