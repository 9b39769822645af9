"""Checks arguments where they are given, and names the alternative to unsupported ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..api.parsing.problem import Problem
from ..api.parsing.reader import Reader
from ..loading.azure.convert import AZURE_KEYS
from .examples import example_of

_OTHER_KEYS = {  # that Azure does not have
    "initialPoints": "initial_points",
    "warmStart.defaults": "warm_start_defaults",
    "warmStart": "warm_start",
    "maxFailedTrials": "max_failed_trials",
    "startTimeout": "start_timeout",
    "noImprovementTrials": "no_improvement_trials",
    "maxGpuHours": "max_gpu_hours",
    "maxCost": "max_cost",
}
_PYTHON_KEYS = AZURE_KEYS | _OTHER_KEYS
_KEYS = re.compile(r"\b(" + "|".join(map(re.escape, _PYTHON_KEYS)) + r")\b")


class ArgumentError(ValueError):
    """An argument is invalid. The message has its name, its value and a remedy."""


def check(what: str, data: Mapping[str, Any], read: Callable[[Reader], object]) -> None:
    """Check a part of a spec with the operator's own reader.

    Args:
        what: name of the class or function that was called, e.g. ``Uniform``.
        data: the part of the spec.
        read: the operator's function that reads it.

    Raises:
        ArgumentError: the part has errors; the message lists all, with Python's names.
    """
    reader = Reader({key: _own_number(value) for key, value in data.items()}, what)
    read(reader)
    if reader.problems:
        raise ArgumentError("; ".join(map(python_message, reader.problems)) + example_of(what))


def _own_number(value: Any) -> Any:
    """Return a scalar of numpy as Python's number, which is what a SweepJob gets."""
    is_scalar = hasattr(value, "item") and getattr(value, "ndim", None) == 0
    return value.item() if is_scalar else value


def python_message(problem: Problem) -> str:
    """Return a problem's message with the names that arguments have in Python."""
    path = _KEYS.sub(_in_python, problem.path)
    message = _KEYS.sub(_in_python, problem.message)
    return str(Problem(path, problem.value, message))


def _in_python(match: re.Match[str]) -> str:
    # Azure's files call it environment_variables; a pod's env keeps its name.
    return _PYTHON_KEYS[match[1]] if match[1] != "env" else match[1]


def camel_case(name: str) -> str:
    """Return a name in Python as the key in YAML.

    >>> camel_case("evaluation_interval")
    'evaluationInterval'
    """
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def snake_case(name: str) -> str:
    """Return a key in YAML as the name in Python.

    >>> snake_case("evaluationInterval")
    'evaluation_interval'
    """
    return re.sub(r"(?<=.)([A-Z])", r"_\1", name).lower()


def refuse(what: str, given: Mapping[str, Any], reasons: Mapping[str, str]) -> None:
    """Refuse arguments that have no meaning on Kubernetes.

    Args:
        what: name of the class or function that was called.
        given: its arguments; None counts as not given.
        reasons: what to give instead, by argument.

    Raises:
        ArgumentError: one of ``reasons`` was given.
    """
    for name, reason in reasons.items():
        if given.get(name) is not None:
            raise ArgumentError(f"{what}: {name}={given[name]!r}: {reason}")


def present(**values: Any) -> dict[str, Any]:
    """Return the keyword arguments that are not None."""
    return {name: value for name, value in values.items() if value is not None}


# Azure's arguments without a meaning on Kubernetes, and their alternatives.
UNSUPPORTED = {
    "environment": "Azure environments are not supported; give image=, a container image",
    "compute": "the cluster schedules trials; give queue= (a Kueue queue) or node_selector=",
    "instance_type": "give gpus=, resources= or node_selector=",
    "locations": "give node_selector=",
    "docker_args": "give template=, a pod template",
    "identity": "give service_account_name=",
    "services": "services are not supported; kubectl port-forward reaches a pod",
    "job_tier": "give queue=, a Kueue queue",
    "queue_settings": "give queue=, a Kueue queue",
    "priority": "give template= with spec.priorityClassName",
    "component": "give the command itself",
}


def reject_unknown_keys(
    spec: Mapping[str, Any], keys: Mapping[str, str], path: str
) -> Mapping[str, Any]:
    """Return a part of a SweepJob, if it has no other keys.

    Args:
        spec: the part.
        keys: the keys it may have.
        path: the path of the part, for the message.

    Raises:
        ArgumentError: there is another key.
    """
    for key in spec:
        if key not in keys:
            listed = ", ".join(sorted(keys))
            raise ArgumentError(f"{path}.{key}: {spec[key]!r}: unknown key; known: {listed}")
    return spec
