"""``spec.trial.instanceCount``, ``distribution`` and ``topology``: trials of several pods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..parsing.reader import Reader

PYTORCH, TENSORFLOW, MPI, RAY = TYPES = ("pytorch", "tensorflow", "mpi", "ray")
# The variables of a trial list the host names of all its pods, and Linux limits a variable's length.
MAX_INSTANCES = 512
_MAX_PROCESSES = 1024
_KEYS = {
    PYTORCH: ("processCountPerInstance",),
    TENSORFLOW: ("workerCount", "parameterServerCount"),
    MPI: ("processCountPerInstance", "sshSecret", "sshFolder"),
    RAY: (
        *("port", "includeDashboard", "dashboardPort"),
        *("headNodeAdditionalArgs", "workerNodeAdditionalArgs"),
    ),
}
_SSH_FOLDER = "/home/mpiuser/.ssh"
_LABEL_KEY = re.compile(
    r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
)
_PARAMETER_SERVERS = (
    "parameter servers are not supported: all pods of a trial have the same variables, and TF_CONFIG can "
    "name the task of a worker only; use a strategy of workers, or set TF_CONFIG in the script from "
    "SWEEPJOB_RANK and SWEEPJOB_HOSTS"
)


@dataclass(frozen=True, slots=True)
class Distribution:
    """``spec.trial.distribution``: how the processes of a trial find each other.

    Attributes:
        type: one of ``TYPES``.
        processes: processes of each pod.
        ssh_secret: name of the Secret with the key pair of ``mpi``; empty without one.
        ssh_folder: where it is mounted.
        port: port of Ray's head.
        dashboard_port: port of Ray's dashboard; None without a dashboard.
        head_arguments, worker_arguments: further arguments of ``ray start``.
    """

    type: str
    processes: int = 1
    ssh_secret: str = ""
    ssh_folder: str = _SSH_FOLDER
    port: int = 6379
    dashboard_port: int | None = None
    head_arguments: str = ""
    worker_arguments: str = ""

    @property
    def has_launcher(self) -> bool:
        """Whether the operator starts the command through ``mpirun`` or ``ray``, as Azure does."""
        return self.type in (MPI, RAY)


@dataclass(frozen=True, slots=True)
class Topology:
    """``spec.trial.topology``: the pods of a trial run in one domain, such as a rack.

    Attributes:
        label: label of nodes; nodes with the same value are in one domain.
        is_required: the pods wait until they fit into one domain.
    """

    label: str
    is_required: bool


def parse_instance_count(reader: Reader) -> int:
    """Read ``instanceCount``; problems are added to the reader's."""
    return reader.integer("instanceCount", 1, least=1, most=MAX_INSTANCES)


def parse_distribution(trial: Reader, instances: int) -> Distribution | None:
    """Read ``distribution``; problems are added to the reader's.

    Args:
        trial: ``spec.trial``.
        instances: pods of a trial.
    """
    if "distribution" not in trial.data:
        return None
    reader = trial.child("distribution")
    kind = reader.word("type", TYPES)
    if kind not in TYPES:
        return None
    reader.known(("type", *_KEYS[kind]))
    if kind == TENSORFLOW:
        _check_tasks(reader, instances)
    has_dashboard = reader.flag("includeDashboard")
    port = reader.integer("dashboardPort", 8265, least=1024, most=65535)
    found = Distribution(
        type=kind,
        processes=reader.integer("processCountPerInstance", 1, least=1, most=_MAX_PROCESSES),
        ssh_secret=reader.text("sshSecret") if "sshSecret" in reader.data else "",
        ssh_folder=reader.text("sshFolder", _SSH_FOLDER),
        port=reader.integer("port", 6379, least=1024, most=65535),
        dashboard_port=port if has_dashboard else None,
        head_arguments=_arguments(reader, "headNodeAdditionalArgs"),
        worker_arguments=_arguments(reader, "workerNodeAdditionalArgs"),
    )
    if not found.ssh_folder.startswith("/"):
        reader.note("sshFolder", found.ssh_folder, "must be absolute: the Secret is mounted there")
    if kind == MPI and instances > 1 and not found.ssh_secret:
        message = (
            "is required with several pods: mpirun starts processes by ssh, and the operator may not "
            "create Secrets; create one with the keys ssh-privatekey and ssh-publickey, and name it"
        )
        reader.note("sshSecret", None, message)
    if found.has_launcher and not _has_command(trial.data):
        starter = "mpirun" if kind == MPI else "ray"
        path = "command" if "template" not in trial.data else "template.spec.containers"
        message = f"must have the trainer's command: with type {kind} it is started by {starter}"
        trial.note(path, None, message)
    return found


def _check_tasks(reader: Reader, instances: int) -> None:
    workers = reader.integer("workerCount", instances, least=1)
    if reader.integer("parameterServerCount", 0):
        reader.note("parameterServerCount", reader.data["parameterServerCount"], _PARAMETER_SERVERS)
    elif workers != instances:
        message = f"must be instanceCount, {instances}: each pod is one worker; remove it"
        reader.note("workerCount", workers, message)


def _arguments(reader: Reader, key: str) -> str:
    text = reader.text(key) if key in reader.data else ""
    if any(character in text for character in ";&|<>`$\n\"'\\()"):
        reader.note(key, text, "must be words without shell syntax, e.g. --num-cpus=4")
    return text


def _has_command(trial: Mapping[str, Any]) -> bool:
    template = trial.get("template")
    if template is None:
        return bool(trial.get("command"))
    spec = template.get("spec") if isinstance(template, Mapping) else None
    containers = spec.get("containers") if isinstance(spec, Mapping) else None
    listed = containers if isinstance(containers, list) else []
    listed = [container for container in listed if isinstance(container, Mapping)]
    named = next((c for c in listed if c.get("name") == "trainer"), listed[0] if listed else {})
    return bool(named.get("command"))


def parse_topology(trial: Reader, instances: int) -> Topology | None:
    """Read ``topology``; problems are added to the reader's.

    Args:
        trial: ``spec.trial``.
        instances: pods of a trial.
    """
    if "topology" not in trial.data:
        return None
    reader = trial.child("topology")
    reader.known(("required", "preferred"))
    given = [key for key in ("required", "preferred") if key in reader.data]
    if len(given) != 1:
        message = "must have either required or preferred: a label of nodes, such as their rack's"
        reader.note("", dict(reader.data), message)
        return None
    label = reader.text(given[0])
    if label and not _LABEL_KEY.fullmatch(label):
        reader.note(given[0], label, "must be the key of a label, e.g. topology.kubernetes.io/zone")
    if instances == 1:
        message = (
            "places the pods of a trial close to each other; it needs instanceCount of at least 2"
        )
        reader.note("", dict(reader.data), message)
    return Topology(label, given[0] == "required")
