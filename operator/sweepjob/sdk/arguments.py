"""Arguments that cannot be right: said where they are given, with what to give instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..api.problem import Problem
from ..api.reader import Reader
from ..loading.azure.convert import SPELLING

_KEYS = re.compile(r"\b(" + "|".join(map(re.escape, SPELLING)) + r")\b")


class ArgumentError(ValueError):
    """An argument that cannot be right. The text has its name, the value found and what to do."""


def check(what: str, data: Mapping[str, Any], read: Callable[[Reader], object]) -> None:
    """Have a part of a sweep read as the operator reads it.

    Args:
        what: whose arguments these are, e.g. ``Uniform``.

    Raises:
        ArgumentError: with every mistake, in Python's words.
    """
    reader = Reader(data, what)
    read(reader)
    if reader.problems:
        raise ArgumentError("; ".join(map(spelled, reader.problems)))


def spelled(problem: Problem) -> str:
    """A problem with the names that arguments have in Python."""
    path = _KEYS.sub(_in_python, problem.path)
    message = _KEYS.sub(_in_python, problem.message)
    return str(Problem(path, problem.value, message))


def _in_python(match: re.Match[str]) -> str:
    # env is environment_variables in Azure's words, and env in a pod's.
    return SPELLING[match[1]] if match[1] != "env" else match[1]


def refuse(what: str, given: Mapping[str, Any], reasons: Mapping[str, str]) -> None:
    """Raise for arguments that mean nothing on Kubernetes, where they were given.

    Args:
        reasons: what to give instead, by argument.
    """
    for name, reason in reasons.items():
        if given.get(name) is not None:
            raise ArgumentError(f"{what}: {name}={given[name]!r}: {reason}")


def present(**values: Any) -> dict[str, Any]:
    """The keyword arguments that are not None."""
    return {name: value for name, value in values.items() if value is not None}


# What Azure has and Kubernetes has otherwise.
REASONS = {
    "environment": "environments of Azure's are not here; give image=, a container image",
    "code": "nothing uploads code; put it into the image",
    "compute": "trials run where the cluster puts them; give queue= (of Kueue's) or node_selector=",
    "distribution": "a trial is one pod; start its processes in the command, e.g. with torchrun",
    "instance_type": "give gpus=, resources= or node_selector=",
    "locations": "give node_selector=",
    "docker_args": "give template=, a pod template",
    "identity": "give service_account_name=",
    "services": "there are none; kubectl port-forward reaches a pod",
    "job_tier": "give queue=, a queue of Kueue's",
    "queue_settings": "give queue=, a queue of Kueue's",
    "priority": "give template= with spec.priorityClassName",
    "component": "give the command itself",
}
