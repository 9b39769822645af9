"""Converts a trial's pod to the processes that run on this machine."""

from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import protocol
from ..api import names
from ..template import kubelet_expansion
from ..trial_pods.accelerators import requested
from ..trial_pods.code import HOME as CODE_HOME
from ..trial_pods.distribution import HOSTS, TENSORFLOW_PORT
from ..trial_pods.sidecar import RUN_ID
from ..trial_pods.tracking import FORWARDED
from ..trial_pods.user_pod import trainer_of
from ..trial_pods.wandb import FILE as WANDB_FILE
from ..trial_pods.wandb import FOLDER as WANDB_FOLDER
from .code import LocalCode, code_of
from .store import Body, owner_of

_PACKAGE = str(Path(__file__).parents[2])


@dataclass(frozen=True)
class LocalPod:
    """The two processes of a pod.

    Attributes:
        name: name of the pod.
        command: command of the trainer.
        environment: environment variables of the trainer, without those that it inherits.
        sidecar: environment variables of the sidecar; None without a sidecar.
        port: port of the sidecar; 0 if it does not listen.
        grace: seconds between SIGTERM and SIGKILL.
        folder: folder for the files of this pod.
        code: its code; None without any.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    sidecar: dict[str, str] | None
    port: int
    grace: int
    folder: Path
    code: LocalCode | None = None

    @property
    def termination_log(self) -> Path:
        """File of the sidecar's termination message."""
        return self.folder / "termination-log"

    @property
    def code_folder(self) -> Path:
        """Folder of this pod's copy of the code."""
        return self.folder / "code"

    @property
    def token(self) -> Path:
        """File of the sidecar's token."""
        return self.folder / "token"


class GroupPorts:
    """Free ports for the processes of each attempt, whose pods have no addresses of their own here."""

    def __init__(self) -> None:
        self._ports: dict[str, list[int]] = {}

    def master(self, job: str) -> int:
        """Return the port at which rank 0 awaits the others.

        Args:
            job: uid of the attempt's Job.
        """
        return self._of(job, 1)[0]

    def addresses(self, job: str, hosts: list[str]) -> dict[str, str]:
        """Return the addresses on this machine of host names, with and without TensorFlow's port.

        Args:
            job: uid of the attempt's Job.
            hosts: host names of its pods by rank.
        """
        ports = self._of(job, len(hosts) + 1)[1:]
        found = dict.fromkeys(hosts, "127.0.0.1")
        named = zip(hosts, ports, strict=False)
        return found | {f"{h}:{TENSORFLOW_PORT}": f"127.0.0.1:{port}" for h, port in named}

    def _of(self, job: str, count: int) -> list[int]:
        ports = self._ports.setdefault(job, [])
        while len(ports) < count:
            ports.append(_free_port())
        return ports


def gpus_of(body: Body) -> int:
    """Return the number of GPUs that a pod requests."""
    return round(sum(requested(body["spec"]).values()))


def local_pod(
    body: Body, root: Path, url: str, shell: Mapping[str, str], ports: GroupPorts
) -> LocalPod:
    """Return the processes of a pod.

    Mount paths of volumes are replaced by folders below ``root``, and the sidecar's port by a free one.

    Args:
        body: the pod.
        root: folder of the sweep.
        url: address of the ingest server.
        shell: values of variables that a cluster would take from Secrets and other objects.
        ports: ports of the trial's processes.
    """
    spec, name = body["spec"], body["metadata"]["name"]
    folder = root / "pods" / name
    trainer = trainer_of(spec)
    sidecar = next(
        (c for c in spec.get("initContainers") or [] if c["name"] == names.SIDECAR), None
    )
    paths = _mount_folders(trainer, root, folder)
    annotations = body["metadata"].get("annotations") or {}
    if names.ANNOTATION_WANDB in annotations:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WANDB_FILE).write_text(annotations[names.ANNOTATION_WANDB])
        paths[WANDB_FOLDER] = str(folder)
    code = code_of(spec, paths)
    sidecar_environment, port = None, 0
    if sidecar is not None:
        configuration, port = _sidecar_configuration(sidecar, trainer, paths, url)
        sidecar_environment = _sidecar_environment(sidecar, configuration, folder, shell)
    given = _environment(trainer, shell, annotations)
    if HOSTS in given:
        paths |= ports.addresses(owner_of(body), given[HOSTS].split(","))
    if code is not None:
        paths[code.mount_path] = str(folder / "code")
    environment = {k: _translate_paths(v, paths) for k, v in given.items()}
    if code is not None and environment.get("HOME") == CODE_HOME:
        del environment["HOME"]  # that of a pod, whose user has none; here it is the caller's
    if HOSTS in given:
        master = str(ports.master(owner_of(body)))
        environment |= {k: master for k in ("MASTER_PORT", "PET_MASTER_PORT") if k in environment}
    words = [*(trainer.get("command") or []), *(trainer.get("args") or [])]
    if names.LABEL_TRACKED_SWEEP in (body["metadata"].get("labels") or {}):
        # A program of ours, which the sidecar's image has on a cluster.
        words[0], environment["PYTHONPATH"] = sys.executable, _PACKAGE
    return LocalPod(
        name=name,
        command=_expand_command(words, paths, environment),
        environment=environment,
        sidecar=sidecar_environment,
        port=port,
        grace=int(spec.get("terminationGracePeriodSeconds", 30)),
        folder=folder,
        code=code,
    )


def _expand_command(
    words: Sequence[str], paths: Mapping[str, str], environment: Mapping[str, str]
) -> list[str]:
    """Return a command with local paths, and with the variables that the kubelet would expand."""
    return [
        kubelet_expansion.expand_variables(_translate_paths(word, paths), environment)
        for word in words
    ]


def _sidecar_configuration(
    sidecar: Mapping[str, Any], trainer: Mapping[str, Any], paths: dict[str, str], url: str
) -> tuple[dict[str, str], int]:
    """Return the sidecar's configuration on this machine, and its port, which is added to ``paths``."""
    configuration: dict[str, str] = json.loads(_environment(sidecar, {}, {})[protocol.ENV_SETTINGS])
    # That of the Job may be from an earlier run of the program.
    configuration[protocol.OPERATOR_URL] = url
    # The node terminates it when the trainer has ended.
    configuration[protocol.RUN_UNTIL_SIGNAL] = "true"
    port = int(configuration.get(protocol.SOURCE_PORT, 0))
    if port:
        free_port = _free_port()
        paths[f"127.0.0.1:{port}"] = f"127.0.0.1:{free_port}"
        configuration[protocol.SOURCE_PORT] = str(free_port)
        port = free_port
    if protocol.SOURCE_PATH in configuration:
        configuration[protocol.SOURCE_PATH] = configuration[protocol.SOURCE_PATH].replace(
            names.METRICS_FOLDER, _metrics_folder(trainer, sidecar, paths), 1
        )
    if protocol.ARTIFACTS in configuration:
        artifacts = configuration[protocol.ARTIFACTS]
        configuration[protocol.ARTIFACTS] = _translate_paths(artifacts, paths)
    return configuration, port


def _environment(
    container: Mapping[str, Any], shell: Mapping[str, str], annotations: Mapping[str, str]
) -> dict[str, str]:
    """Return a container's environment variables, expanded as by the kubelet.

    Variables without a value, which a cluster takes from other objects, have that of ``shell``. The rank
    of the pod comes from its annotations.
    """
    found: dict[str, str] = {}
    for entry in container.get("env") or []:
        field = ((entry.get("valueFrom") or {}).get("fieldRef") or {}).get("fieldPath", "")
        if "value" in entry:
            found[entry["name"]] = kubelet_expansion.expand_variables(str(entry["value"]), found)
        elif field == f"metadata.annotations['{names.COMPLETION_INDEX}']":
            found[entry["name"]] = annotations.get(names.COMPLETION_INDEX, "0")
        elif entry["name"] in shell:
            found[entry["name"]] = shell[entry["name"]]
    return found


def _mount_folders(trainer: Mapping[str, Any], root: Path, folder: Path) -> dict[str, str]:
    """Create the folders of the operator's mounts, and return them by mount path."""
    paths = {}
    for mount in trainer.get("volumeMounts") or []:
        if mount["name"] == names.VOLUME_METRICS:
            paths[mount["mountPath"]] = str(folder / "metrics")
        elif mount["name"].startswith("sweepjob-output-"):
            output = mount["name"].removeprefix("sweepjob-output-")
            paths[mount["mountPath"]] = str(root / "outputs" / output / mount["subPath"])
    for path in paths.values():
        Path(path).mkdir(parents=True, exist_ok=True)
    return paths


def _metrics_folder(
    trainer: Mapping[str, Any], sidecar: Mapping[str, Any], paths: Mapping[str, str]
) -> str:
    """Return the folder of the metrics volume, which the trainer mounts as well."""
    mounts = sidecar.get("volumeMounts") or []
    source = next(m for m in mounts if m["mountPath"] == names.METRICS_FOLDER)
    keys = ("name", "subPath", "subPathExpr")
    mount = next(m for m in trainer["volumeMounts"] if all(m.get(k) == source.get(k) for k in keys))
    path: str = mount["mountPath"]
    return paths.get(path, path)


def _translate_paths(text: str, paths: Mapping[str, str]) -> str:
    """Replace all paths in one pass, since a replacement may contain another path."""
    if not paths:
        return text
    pattern = "|".join(map(re.escape, sorted(paths, key=len, reverse=True)))
    return re.sub(rf"(?<![\w-])({pattern})(?![\w-])", lambda match: paths[match[0]], text)


def _sidecar_environment(
    container: Mapping[str, Any],
    configuration: Mapping[str, str],
    folder: Path,
    shell: Mapping[str, str],
) -> dict[str, str]:
    renamed = {**FORWARDED, RUN_ID: protocol.ENV_RUN_ID}
    forwarded = {new: shell[name] for name, new in renamed.items() if name in shell}
    return {
        **_environment(container, {**shell, **forwarded}, {}),
        protocol.ENV_SETTINGS: json.dumps(configuration),
        protocol.ENV_TOKEN_FILE: str(folder / "token"),
        protocol.ENV_JOURNAL: str(folder / "journal.jsonl"),
        protocol.ENV_TERMINATION_LOG: str(folder / "termination-log"),
        "PYTHONPATH": _PACKAGE,
        "PATH": "/usr/bin:/bin",
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
