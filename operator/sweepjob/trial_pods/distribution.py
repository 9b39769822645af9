"""The processes of a trial: the variables by which they find each other, and what starts them.

Azure's variables have Azure's names, those of ``torchrun`` begin with ``PET_``. A variable with another
value in each pod comes from the annotation of the pod's rank, since all pods have one template.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..api import names
from ..api.spec.distribution import MPI, PYTORCH, RAY, TENSORFLOW, Distribution
from ..template import kubelet_expansion

Manifest = dict[str, Any]
_AZURE_PORT = 6105  # of AZ_BATCH_MASTER_NODE, whose port Azure's scripts do not use
TENSORFLOW_PORT = 2222
_SSH_PORT = "2222"
_HOSTFILE_FOLDER = "/etc/mpi"
RANK = "SWEEPJOB_RANK"
HOSTS = "SWEEPJOB_HOSTS"

# The words of the trainer's command are the script's arguments.
_RAY = """\
if [ "${SWEEPJOB_RANK:-0}" != 0 ]; then
  until ray start --address="$SWEEPJOB_RAY_HEAD" --block $SWEEPJOB_RAY_WORKER_ARGS; do sleep 1; done
  exit 0
fi
ray start --head $SWEEPJOB_RAY_HEAD_ARGS || exit 1
export RAY_ADDRESS=auto
"$@"
code=$?
ray stop
exit $code"""
# ssh passes no variables on: mpirun names those that all processes get, but for those of one pod.
_MPI = """\
if [ "${SWEEPJOB_RANK:-0}" != 0 ]; then
  exec /usr/sbin/sshd -D -e -p "$SWEEPJOB_SSH_PORT" -h "$SWEEPJOB_SSH_FOLDER/id_rsa" \\
    -o AuthorizedKeysFile="$SWEEPJOB_SSH_FOLDER/authorized_keys" \\
    -o StrictModes=no -o UsePAM=no -o PidFile=none
fi
passed=`awk 'BEGIN { for (name in ENVIRON) if (name ~ /^[A-Za-z_][A-Za-z0-9_]*$/ &&
  name !~ /^(HOSTNAME|HOME|PWD|OLDPWD|SHLVL|_|NODE_RANK|SWEEPJOB_RANK|JOB_COMPLETION_INDEX|OMPI_.*)$/)
  print "-x " name }'`
exec mpirun -n "$WORLD_SIZE" $passed "$@\""""
_SCRIPTS = {MPI: _MPI, RAY: _RAY}


def group_environment(
    distribution: Distribution | None, hosts: Sequence[str], port: int
) -> list[Manifest]:
    """Return the variables to add to the trainer, in an order in which they can refer to each other.

    Args:
        distribution: how the processes find each other; None where the user sees to that.
        hosts: host names of the pods by rank.
        port: port at which rank 0 awaits the others.
    """
    count, first = len(hosts), hosts[0]
    rank = (
        {"value": "0"}
        if count == 1
        else {
            "valueFrom": {
                "fieldRef": {"fieldPath": f"metadata.annotations['{names.COMPLETION_INDEX}']"}
            }
        }
    )
    variables = {
        "SWEEPJOB_INSTANCE_COUNT": str(count),
        HOSTS: ",".join(hosts),
        "MASTER_ADDR": first,
        "MASTER_PORT": str(port),
        "AZUREML_NODE_COUNT": str(count),
        "AZ_BATCH_MASTER_NODE": f"{first}:{_AZURE_PORT}",
        "AZ_BATCHAI_MPI_MASTER_NODE": first,
    }
    if distribution is not None:
        variables["WORLD_SIZE"] = str(count * distribution.processes)
        variables |= _VARIABLES[distribution.type](distribution, hosts, port)
    ranks = ["NODE_RANK"]
    if distribution is not None and distribution.type == PYTORCH:
        ranks.append("PET_NODE_RANK")
        # A launcher numbers several processes. A script that is started without one then fails at once.
        ranks += ["RANK"] if distribution.processes == 1 else []
    return [
        {"name": RANK, **rank},
        *({"name": name, "value": value} for name, value in variables.items()),
        *({"name": name, "value": f"$({RANK})"} for name in ranks),
    ]


def _pytorch(distribution: Distribution, hosts: Sequence[str], port: int) -> dict[str, str]:
    single = {"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "1"} if distribution.processes == 1 else {}
    return {
        "PET_NNODES": str(len(hosts)),
        "PET_NPROC_PER_NODE": str(distribution.processes),
        "PET_MASTER_ADDR": hosts[0],
        "PET_MASTER_PORT": str(port),
        **single,
    }


def _tensorflow(distribution: Distribution, hosts: Sequence[str], port: int) -> dict[str, str]:
    workers = [f"{host}:{TENSORFLOW_PORT}" for host in hosts]
    cluster = json.dumps({"worker": workers})
    task = f'{{"type": "worker", "index": $({RANK})}}'
    return {"TF_CONFIG": f'{{"cluster": {cluster}, "task": {task}}}'}


def _mpi(distribution: Distribution, hosts: Sequence[str], port: int) -> dict[str, str]:
    # As root, mpirun otherwise refuses to start anything.
    allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    if len(hosts) == 1:
        return {**allowed, "OMPI_MCA_rmaps_base_oversubscribe": "1"}
    options = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectionAttempts=60"
    return {
        **allowed,
        "SWEEPJOB_SSH_PORT": _SSH_PORT,
        "SWEEPJOB_SSH_FOLDER": distribution.ssh_folder,
        "OMPI_MCA_orte_default_hostfile": f"{_HOSTFILE_FOLDER}/hostfile",
        "OMPI_MCA_orte_keep_fqdn_hostnames": "true",
        "OMPI_MCA_plm_rsh_args": f"-p {_SSH_PORT} {options}",
    }


def _ray(distribution: Distribution, hosts: Sequence[str], port: int) -> dict[str, str]:
    head = [f"--port={distribution.port}", "--include-dashboard=false"]
    if distribution.dashboard_port is not None:
        head[1:] = [
            "--include-dashboard=true",
            "--dashboard-host=0.0.0.0",
            f"--dashboard-port={distribution.dashboard_port}",
        ]
    return {
        "SWEEPJOB_RAY_HEAD": f"{hosts[0]}:{distribution.port}",
        "SWEEPJOB_RAY_HEAD_ARGS": " ".join([*head, *distribution.head_arguments.split()]),
        "SWEEPJOB_RAY_WORKER_ARGS": distribution.worker_arguments,
    }


_VARIABLES = {PYTORCH: _pytorch, TENSORFLOW: _tensorflow, MPI: _mpi, RAY: _ray}


def listening_ports(distribution: Distribution | None, instances: int) -> list[int]:
    """Return the ports at which pods of a trial await each other, but for that of rank 0.

    Args:
        distribution: how the processes find each other; None where the user sees to that.
        instances: number of pods.
    """
    if distribution is None or instances == 1:
        return []
    dashboard = [] if distribution.dashboard_port is None else [distribution.dashboard_port]
    ports = {
        TENSORFLOW: [TENSORFLOW_PORT],
        MPI: [int(_SSH_PORT)],
        RAY: [distribution.port, *dashboard],
    }
    return ports.get(distribution.type, [])


def add_environment(trainer: Manifest, added: Sequence[Manifest]) -> None:
    """Put variables in front of the trainer's own, so that these can refer to them.

    Args:
        trainer: the container; changed. Variables that it has take precedence.
        added: the variables.
    """
    env = trainer.get("env") or []
    present = {entry.get("name") for entry in env}
    trainer["env"] = [*(entry for entry in added if entry["name"] not in present), *env]


def add_launcher(
    template: Manifest, trainer: Manifest, distribution: Distribution, hosts: Sequence[str]
) -> None:
    """Start the trainer's command by ``mpirun`` or ``ray`` on rank 0, as Azure does.

    Args:
        template: the pod template; changed.
        trainer: its trainer; changed.
        distribution: ``mpi`` or ``ray``.
        hosts: host names of the pods by rank.
    """
    words = [*(trainer.get("command") or []), *(trainer.pop("args", None) or [])]
    script = kubelet_expansion.escape_text(_SCRIPTS[distribution.type])
    trainer["command"] = ["/bin/sh", "-c", script, "sweepjob", *words]
    if distribution.type == MPI and len(hosts) > 1:
        _add_hostfile(template, trainer, distribution, hosts)


def _add_hostfile(
    template: Manifest, trainer: Manifest, distribution: Distribution, hosts: Sequence[str]
) -> None:
    """Mount the hostfile, from an annotation of the pod, and the user's keys.

    No other object is needed, and so no right to create any.
    """
    pod, meta = template["spec"], template.setdefault("metadata", {})
    lines = "".join(f"{host} slots={distribution.processes}\n" for host in hosts)
    meta["annotations"] = {**meta.get("annotations", {}), names.ANNOTATION_HOSTFILE: lines}
    field = {"fieldPath": f"metadata.annotations['{names.ANNOTATION_HOSTFILE}']"}
    items = [
        {"key": "ssh-privatekey", "path": "id_rsa"},
        {"key": "ssh-publickey", "path": "id_rsa.pub"},
        {"key": "ssh-publickey", "path": "authorized_keys"},
    ]
    security = pod.setdefault("securityContext", {})
    user = (trainer.get("securityContext") or {}).get("runAsUser", security.get("runAsUser"))
    if user != 0:
        security.setdefault("fsGroup", 65532)
    # ssh refuses a key that others can read only where the file belongs to its own user.
    mode = 0o400 if user == 0 else 0o440
    pod["volumes"] = [
        *pod.get("volumes", []),
        {
            "name": names.VOLUME_HOSTFILE,
            "downwardAPI": {"items": [{"path": "hostfile", "fieldRef": field}]},
        },
        {
            "name": names.VOLUME_SSH,
            "secret": {"secretName": distribution.ssh_secret, "defaultMode": mode, "items": items},
        },
    ]
    trainer["volumeMounts"] = [
        *(trainer.get("volumeMounts") or []),
        {"name": names.VOLUME_HOSTFILE, "mountPath": _HOSTFILE_FOLDER, "readOnly": True},
        {"name": names.VOLUME_SSH, "mountPath": distribution.ssh_folder, "readOnly": True},
    ]
