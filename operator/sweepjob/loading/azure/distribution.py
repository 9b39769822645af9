"""Converts Azure's ``instance_count`` and ``distribution``, of files and of both Python clients."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...api.spec.distribution import MPI, PYTORCH, RAY, TENSORFLOW
from .conversion import PLACEHOLDER, Conversion, Section

# Azure's keys by type; those without an underscore are the same here.
KEYS: Mapping[str, tuple[str, ...]] = {
    PYTORCH: ("process_count_per_instance",),
    TENSORFLOW: ("worker_count", "parameter_server_count"),
    MPI: ("process_count_per_instance",),
    RAY: (
        *("port", "address", "include_dashboard", "dashboard_port"),
        *("head_node_additional_args", "worker_node_additional_args"),
    ),
}
_PYTHON = re.compile(r"python3?(?:\.\d+)?(?=\s)")
_TORCHRUN = "torchrun"
STARTED_BY_TORCHRUN = (
    "Azure starts this many processes in each pod; here torchrun does, and so the command begins with "
    "it"
)
START_YOURSELF = (
    "Azure starts this many processes in each pod; here the command has to, e.g. torchrun train.py, "
    "which reads the number from its environment"
)


def convert_distribution(section: Section) -> None:
    """Convert ``distribution`` into a key of ``spec.trial``.

    Args:
        section: the trial of the file.
    """
    if section.read("distribution") is None:
        return
    inner = section.subsection("distribution")
    kinds = {kind: kind for kind in KEYS}
    kind = inner.keyword("type", kinds)
    if kind is None:
        return
    found: dict[str, Any] = {"type": kind}
    for key in KEYS[kind]:
        value = inner.read(key)
        if value is not None and key == "address":
            inner.reject(key, value, "Ray's head is the pod of rank 0 here; remove it")
        elif value is not None:
            is_number = isinstance(value, str) and value.isdecimal()
            found[camel(key)] = int(value) if is_number else value
    inner.reject_unknown_keys()
    if found.get("parameterServerCount") == 0:
        del found["parameterServerCount"]
    section.conversion.source_paths["spec.trial.distribution"] = inner.path
    section.conversion.group["distribution"] = found


def start_processes(conversion: Conversion, command: Any, path: str) -> Any:
    """Return the command, begun by torchrun where Azure itself starts several processes.

    Args:
        conversion: has the distribution.
        command: the command of one process.
        path: path of the trial in the file.
    """
    group = conversion.group
    distribution = group.get("distribution") or {}
    if distribution.get("type") == MPI and "instanceCount" in group:
        distribution["sshSecret"] = PLACEHOLDER
        message = (
            "mpirun starts processes in other pods by ssh: create a Secret with the keys ssh-privatekey "
            f"and ssh-publickey, and put its name for {PLACEHOLDER} in trial.distribution.sshSecret"
        )
        conversion.section({}, path).note("distribution", MPI, message)
    count = distribution.get("processCountPerInstance", 1)
    if distribution.get("type") != PYTORCH or count == 1 or not command:
        return command
    made = with_torchrun(command)
    if made != command:
        said = START_YOURSELF if made is None else STARTED_BY_TORCHRUN
        section = conversion.section({}, path)
        section.note("distribution.process_count_per_instance", count, said)
    return command if made is None else made


def convert_instance_count(section: Section) -> None:
    """Convert ``instance_count`` of ``resources``.

    Args:
        section: ``resources``.
    """
    count = section.integer("instance_count")
    if count is None or count == 1:
        return
    section.conversion.group["instanceCount"] = count
    section.conversion.source_paths["spec.trial.instanceCount"] = section.at("instance_count")


def camel(key: str) -> str:
    """Return Azure's key as the key of a SweepJob."""
    head, *rest = key.split("_")
    return head + "".join(word.capitalize() for word in rest)


def with_torchrun(command: str | Sequence[str]) -> str | list[str] | None:
    """Return a command that starts several processes of a Python script.

    Args:
        command: the command of one process, as a text or as words.

    Returns:
        The command itself if it starts them already; None if it is no plain ``python SCRIPT``.
    """
    words = command.split() if isinstance(command, str) else list(command)
    starters = (_TORCHRUN, "accelerate", "deepspeed", "torch.distributed")
    if any(starter in word for word in words for starter in starters):
        return command if isinstance(command, str) else words
    is_python = len(words) > 1 and _PYTHON.match(f"{words[0]} ") is not None
    if not is_python or (words[1].startswith("-") and words[1] != "-m"):
        return None
    if isinstance(command, str):
        return _PYTHON.sub(_TORCHRUN, command.lstrip(), count=1)
    return [_TORCHRUN, *words[1:]]
