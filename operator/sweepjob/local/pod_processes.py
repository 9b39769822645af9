"""A trial's pod as processes: what its containers would be on this machine."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import protocol
from ..api import names
from ..template import kubelet_expansion
from ..trial_pods.accelerators import requested
from ..trial_pods.job import trainer_of
from .store import Body

_PACKAGE = str(Path(__file__).parents[2])


@dataclass(frozen=True)
class LocalPod:
    """A pod's two processes.

    Attributes:
        command, environment: of the trainer, without what it inherits.
        sidecar: environment of the sidecar; None when there is none.
        port: of the sidecar, 0 where it does not listen.
        grace: seconds that it has between SIGTERM and SIGKILL.
        folder: for what belongs to this pod.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    sidecar: dict[str, str] | None
    port: int
    grace: int
    folder: Path

    @property
    def last_words(self) -> Path:
        return self.folder / "last-words"

    @property
    def token(self) -> Path:
        return self.folder / "token"


def gpus_of(body: Body) -> int:
    """How many GPUs a pod's trainer wants."""
    return round(sum(requested(body["spec"]).values()))


def local_pod(body: Body, root: Path, url: str, shell: Mapping[str, str]) -> LocalPod:
    """The pod of a Job as it runs here.

    Args:
        shell: what stands for variables that come from elsewhere in a cluster.

    Paths of volumes become folders below ``root``, and the sidecar's port one that is free.
    """
    spec, name = body["spec"], body["metadata"]["name"]
    folder = root / "pods" / name
    trainer = trainer_of(spec)
    sidecar = next(
        (c for c in spec.get("initContainers") or [] if c["name"] == names.SIDECAR), None
    )
    told = {} if sidecar is None else json.loads(_environment(sidecar, {})[protocol.ENV_TOLD])
    told[protocol.OPERATOR] = url  # the one in the Job may be of an earlier start
    told[protocol.STAY] = "true"  # the node tells it when the trainer has ended
    places = _places(trainer, root, folder)
    if port := int(told.get(protocol.SOURCE_PORT, 0)):
        own = _free_port()
        places[f"127.0.0.1:{port}"] = f"127.0.0.1:{own}"
        told[protocol.SOURCE_PORT] = str(own)
        port = own
    if protocol.SOURCE_PATH in told:
        told[protocol.SOURCE_PATH] = told[protocol.SOURCE_PATH].replace(
            names.METRICS_FOLDER, _shared(trainer, sidecar, places), 1
        )
    if protocol.ARTIFACTS in told:
        told[protocol.ARTIFACTS] = _moved(told[protocol.ARTIFACTS], places)
    environment = {k: _moved(v, places) for k, v in _environment(trainer, shell).items()}
    words = [*(trainer.get("command") or []), *(trainer.get("args") or [])]
    return LocalPod(
        name=name,
        command=[kubelet_expansion.expand(_moved(word, places), environment) for word in words],
        environment=environment,
        sidecar=None if sidecar is None else _sidecar(sidecar, told, folder),
        port=port,
        grace=int(spec.get("terminationGracePeriodSeconds", 30)),
        folder=folder,
    )


def _environment(container: Mapping[str, Any], shell: Mapping[str, str]) -> dict[str, str]:
    """Variables, each with those before it, as the kubelet expands them; what would come from elsewhere
    in the cluster is this shell's.
    """
    found: dict[str, str] = {}
    for entry in container.get("env") or []:
        if "value" in entry:
            found[entry["name"]] = kubelet_expansion.expand(str(entry["value"]), found)
        elif entry["name"] in shell:
            found[entry["name"]] = shell[entry["name"]]
    return found


def _places(trainer: Mapping[str, Any], root: Path, folder: Path) -> dict[str, str]:
    """Where the folders are that the operator has mounted."""
    places = {}
    for mount in trainer.get("volumeMounts") or []:
        if mount["name"] == names.VOLUME_METRICS:
            places[mount["mountPath"]] = str(folder / "metrics")
        elif mount["name"].startswith("sweepjob-output-"):
            output = mount["name"].removeprefix("sweepjob-output-")
            places[mount["mountPath"]] = str(root / "outputs" / output / mount["subPath"])
    for place in places.values():
        Path(place).mkdir(parents=True, exist_ok=True)
    return places


def _shared(
    trainer: Mapping[str, Any], sidecar: Mapping[str, Any] | None, places: Mapping[str, str]
) -> str:
    """The folder that the sidecar reads, which is a mount of the trainer's."""
    mounts = (sidecar or {}).get("volumeMounts") or []
    read = next(m for m in mounts if m["mountPath"] == names.METRICS_FOLDER)
    same = ("name", "subPath", "subPathExpr")
    own = next(m for m in trainer["volumeMounts"] if all(m.get(k) == read.get(k) for k in same))
    path: str = own["mountPath"]
    return places.get(path, path)


def _moved(text: str, places: Mapping[str, str]) -> str:
    """A text with everything that is elsewhere here, in one go: a place may have another's name in it."""
    if not places:
        return text
    there = "|".join(map(re.escape, sorted(places, key=len, reverse=True)))
    return re.sub(rf"(?<![\w-])({there})(?![\w-])", lambda found: places[found[0]], text)


def _sidecar(container: Mapping[str, Any], told: Mapping[str, str], folder: Path) -> dict[str, str]:
    return {
        **_environment(container, {}),
        protocol.ENV_TOLD: json.dumps(told),
        protocol.ENV_TOKEN_FILE: str(folder / "token"),
        protocol.ENV_JOURNAL: str(folder / "journal.jsonl"),
        protocol.ENV_TERMINATION_LOG: str(folder / "last-words"),
        "PYTHONPATH": _PACKAGE,
        "PATH": "/usr/bin:/bin",
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
