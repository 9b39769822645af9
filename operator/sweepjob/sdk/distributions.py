"""Trials of several pods: Azure's ``instance_count`` and ``distribution`` as keys of ``spec.trial``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api.spec.distribution import MAX_INSTANCES
from ..loading.azure.distribution import KEYS, camel, with_torchrun
from .arguments import ArgumentError, present

_OURS = ("ssh_secret", "ssh_folder")  # of mpi; not in Azure


def check_instance_count(count: Any, what: str) -> int | None:
    """Return the number of pods; None for one.

    Args:
        count: What was given.
        what: Name of the function that was called.

    Raises:
        ArgumentError: It is no number of pods.
    """
    if count is None:
        return None
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_INSTANCES:
        raise ArgumentError(
            f"{what}: instance_count={count!r}: must be from 1 to {MAX_INSTANCES}, the pods of a trial"
        )
    return count if count > 1 else None


def distribution_spec(given: Any, what: str = "command") -> dict[str, Any] | None:
    """Return ``spec.trial.distribution``.

    Args:
        given: An object such as ``PyTorchDistribution``, or a dict with Azure's keys.
        what: Name of the function that was called.

    Raises:
        ArgumentError: It is of no known type, or has an unknown key.
    """
    if given is None:
        return None
    is_dict = isinstance(given, Mapping)
    values = dict(given) if is_dict else {k: v for k, v in vars(given).items() if k[:1] != "_"}
    name = type(given).__name__.lower().removesuffix("distribution")
    kind = str(values.pop("type", None) or name).lower()
    if kind not in KEYS:
        known = ", ".join(KEYS)
        raise ArgumentError(f"{what}: distribution={given!r}: unknown type; known: {known}")
    values = present(**values)
    if "address" in values:
        raise ArgumentError(f"{what}: distribution: address: Ray's head is the pod of rank 0 here")
    allowed = {*KEYS[kind], *(_OURS if kind == "mpi" else ())}
    for key in values:
        if key not in allowed:
            listed = ", ".join(sorted(allowed))
            raise ArgumentError(f"{what}: distribution: {key}: unknown of {kind}; known: {listed}")
    if values.get("parameter_server_count") == 0:
        del values["parameter_server_count"]
    return {"type": kind, **{camel(key): value for key, value in values.items()}}


def group_spec(instance_count: Any, distribution: Any) -> dict[str, Any]:
    """Return the keys of ``spec.trial`` for trials of several pods.

    Args:
        instance_count: Pods of a trial; None for one.
        distribution: How their processes find each other; None where the script sees to that.
    """
    return present(
        instanceCount=check_instance_count(instance_count, "command"),
        distribution=distribution_spec(distribution),
    )


def started_command(command: Any, distribution: Mapping[str, Any] | None) -> Any:
    """Return the command, begun by torchrun where it starts several processes of a Python script.

    Args:
        command: The command of one process.
        distribution: ``spec.trial.distribution``.
    """
    given = distribution or {}
    if command and given.get("type") == "pytorch" and given.get("processCountPerInstance", 1) > 1:
        return with_torchrun(command) or command
    return command
