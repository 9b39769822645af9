"""How the processes of a trial are started: by ``mpirun``, or by ``torch.distributed.run``."""

from __future__ import annotations

from typing import Any

from ...sdk.azure_objects import MpiDistribution, PyTorchDistribution, TensorFlowDistribution
from .runconfig import (
    MpiConfiguration,
    ParallelTaskConfiguration,
    PyTorchConfiguration,
    TensorflowConfiguration,
)

_TORCHRUN = ["-m", "torch.distributed.run"]


class UnsupportedProcesses(ValueError):
    """The processes cannot be started. The message has the argument to change."""


def launcher(python: str, distribution: Any) -> list[str]:
    """Return the words that start a script with Python.

    Args:
        python: The interpreter.
        distribution: Azure's ``distributed_job_config``; None for one process.

    Raises:
        UnsupportedProcesses: They are of an unknown kind.
    """
    if distribution is None:
        return [python]
    several = _node_count(distribution) > 1
    if isinstance(distribution, MpiConfiguration):
        count = distribution.process_count_per_node or 1
        # On several nodes the operator starts the command by mpirun.
        return [python] if several or count == 1 else ["mpirun", "-n", str(count), python]
    if isinstance(distribution, PyTorchConfiguration):
        # On several nodes torchrun reads the numbers from its environment.
        count = distribution.process_count or 1
        return [python, *_TORCHRUN, *([] if several else ["--nproc_per_node", str(count)])]
    return [python]


def pod_arguments(distribution: Any) -> dict[str, Any]:
    """Return the arguments of :func:`sweepjob.command` for the pods of a trial; none for one pod.

    Args:
        distribution: Azure's ``distributed_job_config``; None for one process.

    Raises:
        UnsupportedProcesses: They are of an unknown kind, or cannot be divided among the nodes.
    """
    nodes = 1 if distribution is None else _node_count(distribution)
    if nodes == 1:
        return {}
    if isinstance(distribution, MpiConfiguration):
        if not distribution.ssh_secret:
            raise UnsupportedProcesses(
                f"MpiConfiguration: node_count={nodes}: mpirun reaches other nodes by ssh; give "
                "MpiConfiguration(..., ssh_secret=SECRET) with the keys ssh-privatekey and "
                "ssh-publickey"
            )
        made: Any = MpiDistribution(
            process_count_per_instance=distribution.process_count_per_node or 1,
            ssh_secret=distribution.ssh_secret,
        )
    elif isinstance(distribution, PyTorchConfiguration):
        count = distribution.process_count or nodes
        if count % nodes:
            raise UnsupportedProcesses(
                f"PyTorchConfiguration: process_count={count}: must be a multiple of "
                f"node_count={nodes}"
            )
        made = PyTorchDistribution(process_count_per_instance=count // nodes)
    else:
        made = TensorFlowDistribution(parameter_server_count=0)
    return {"instance_count": nodes, "distribution": made}


def _node_count(distribution: Any) -> int:
    """Return the number of nodes.

    Raises:
        UnsupportedProcesses: The processes are of an unknown kind.
    """
    if isinstance(distribution, MpiConfiguration | PyTorchConfiguration):
        return distribution.node_count or 1
    if isinstance(distribution, TensorflowConfiguration):
        if distribution.parameter_server_count:
            raise UnsupportedProcesses(
                "TensorflowConfiguration: parameter_server_count="
                f"{distribution.parameter_server_count}: parameter servers are not supported; use "
                "workers and tf.distribute.MultiWorkerMirroredStrategy"
            )
        return distribution.worker_count or 1
    if isinstance(distribution, ParallelTaskConfiguration):
        raise UnsupportedProcesses(
            "ParallelTaskConfiguration: is not supported; start the processes in the script"
        )
    raise UnsupportedProcesses(
        f"distributed_job_config: {distribution!r}: must be MpiConfiguration, PyTorchConfiguration or "
        "TensorflowConfiguration"
    )
