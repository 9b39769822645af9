"""How the processes of an ``Estimator`` are started, from four arguments that Azure has for it."""

from __future__ import annotations

import copy
from typing import Any

from ...sdk.arguments import ArgumentError
from ..core.runconfig import MpiConfiguration, PyTorchConfiguration, TensorflowConfiguration

_TORCH, _PARAMETER_SERVER = ("nccl", "gloo"), "ps"
_BACKENDS = ("mpi", *_TORCH, _PARAMETER_SERVER)


def estimator_processes(
    distributed_training: Any, backend: str | None, node_count: int, process_count_per_node: int
) -> Any:
    """Return how the processes are started; None for one process.

    Args:
        distributed_training: Azure's configuration; None without one.
        backend: Name of the way to start them: ``mpi``, ``nccl``, ``gloo`` or ``ps``.
        node_count: Nodes of a trial.
        process_count_per_node: Processes of a node.

    Raises:
        ArgumentError: Two of the arguments contradict each other, or the backend is unknown.
    """
    kind = (backend or "").lower()
    if kind and kind not in _BACKENDS:
        raise ArgumentError(
            f"distributed_backend={backend!r}: must be one of {', '.join(_BACKENDS)}"
        )
    if distributed_training is None:
        return _by_backend(kind, node_count, process_count_per_node)
    if kind:
        raise ArgumentError(
            f"distributed_backend={backend!r}: distributed_training={distributed_training!r} says how "
            "the processes are started; give one of them"
        )
    found = copy.copy(distributed_training)
    if isinstance(found, MpiConfiguration):
        _fill(found, "process_count_per_node", process_count_per_node)
    elif isinstance(found, PyTorchConfiguration):
        count = node_count if node_count > 1 else found.node_count or 1
        all_processes = process_count_per_node * count if process_count_per_node > 1 else 1
        _fill(found, "process_count", all_processes)
    elif isinstance(found, TensorflowConfiguration):
        _fill(found, "worker_count", node_count)
        return found
    _fill(found, "node_count", node_count)
    return found


def _by_backend(kind: str, nodes: int, count: int) -> Any:
    if kind in _TORCH:
        return PyTorchConfiguration(kind.capitalize(), count * nodes, nodes)
    if kind == _PARAMETER_SERVER:
        return TensorflowConfiguration(nodes, 1)
    return None if (count, nodes) == (1, 1) else MpiConfiguration(count, nodes)


def _fill(processes: Any, name: str, count: int) -> None:
    """Set a number of the configuration that the program has given to the estimator.

    Raises:
        ArgumentError: The configuration has another number.
    """
    own = getattr(processes, name, None) or 1
    if count > 1 and own not in (1, count):
        raise ArgumentError(
            f"distributed_training: {type(processes).__name__}({name}={own}): node_count and "
            f"process_count_per_node of the estimator make {name}={count}; give one of them"
        )
    if count > 1:
        setattr(processes, name, count)
