"""The cluster that the demo and the tests use, with the operator installed as a user would do it.

By default the built-in one with images from the working tree. With ``SWEEPJOB_KUBECONFIG`` set, that
cluster, with the images that ``SWEEPJOB_IMAGE_OPERATOR``, ``_SIDECAR`` and ``_TRAINER`` name.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import build, images, layout, lifecycle, packages, reader
from .components import Options
from .console import ClusterError, run, step

SYSTEM = "sweepjob-system"
RELEASE = "sweepjob"
CHART = layout.PROJECT / "helm" / "sweepjob"
# The chart of the last release.
PREVIOUS_CHART = layout.PROJECT / "tests" / "data" / "charts" / "sweepjob-0.1.0.tgz"


@dataclass(frozen=True, slots=True)
class Target:
    """A cluster and the programs to talk to it.

    Attributes:
        built_in: None for a cluster of the user's.
        images: references by name: operator, sidecar, trainer.
    """

    kubeconfig: Path
    kubectl_program: str
    helm_program: str
    images: dict[str, str]
    built_in: layout.Cluster | None

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        command = [self.kubectl_program, f"--kubeconfig={self.kubeconfig}", *arguments]
        return run(command, stdin=stdin)

    def get(self, *arguments: str) -> Any:
        """What ``kubectl get -o json`` says."""
        path = reader.request_path(arguments)
        # A user's kubeconfig may name any way to log in.
        if path is not None and self.kubeconfig.is_relative_to(layout.cache()):
            return reader.read(self.kubeconfig, path)
        return self.kubectl_get(*arguments)

    def kubectl_get(self, *arguments: str) -> Any:
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def helm(self, *arguments: str) -> str:
        return run([self.helm_program, f"--kubeconfig={self.kubeconfig}", *arguments])


def prepare(*, nodes: int = 1, gpus: int = 4) -> Target:
    """A cluster that is up and has the project's images."""
    foreign = os.environ.get("SWEEPJOB_KUBECONFIG")
    if foreign:
        return _users_cluster(Path(foreign).expanduser())
    cluster = layout.current()
    packages.require_machine()
    packages.require_packages()
    ready = {name: images.built(image) for name, image in images.ALL.items()}
    archives = [image.file for image in ready.values()]
    lifecycle.up(cluster, Options(gpus=gpus), nodes, archives)
    for archive in archives:  # a cluster that was up before may have older ones
        lifecycle.load_image(cluster, archive)
    references = {name: image.reference for name, image in ready.items()}
    binaries = build.kubernetes()
    return Target(
        cluster.kubeconfig, str(binaries / "kubectl"), str(binaries / "helm"), references, cluster
    )


def _users_cluster(kubeconfig: Path) -> Target:
    if not kubeconfig.is_file():
        raise ClusterError(f"SWEEPJOB_KUBECONFIG names '{kubeconfig}', and file not found")
    variables = {name: f"SWEEPJOB_IMAGE_{name.upper()}" for name in images.ALL}
    absent = [v for v in variables.values() if v not in os.environ]
    if absent:
        raise ClusterError(
            "with SWEEPJOB_KUBECONFIG the images must be where that cluster can pull them. Build each "
            "with 'docker build -t REGISTRY/NAME:TAG -f images/NAME/Dockerfile .', push it (or load it: "
            "'kind load docker-image', 'minikube image load'), and set "
            f"{', '.join(f'{v}=REGISTRY/NAME:TAG' for v in absent)}"
        )
    programs = {name: shutil.which(name) for name in ("kubectl", "helm")}
    lacking = [name for name, path in programs.items() if path is None]
    if lacking:
        raise ClusterError(f"not on the PATH: {', '.join(lacking)}; install them")
    references = {name: os.environ[variable] for name, variable in variables.items()}
    return Target(kubeconfig, str(programs["kubectl"]), str(programs["helm"]), references, None)


def install(target: Target, *more: str, chart: Path = CHART) -> None:
    """``helm upgrade --install`` of a chart, that of the working tree, until the operator is ready."""
    values = []
    for key, name in (("image", "operator"), ("sidecar.image", "sidecar")):
        repository, _, tag = target.images[name].rpartition(":")
        values += ["--set-string", f"{key}.repository={repository},{key}.tag={tag}"]
    if target.built_in is not None:
        # Other nodes are there to be lost.
        values += ["--set", r"nodeSelector.kubernetes\.io/hostname=node-1"]
    with step("installing the operator with Helm", "10 s"):
        target.helm(
            *("upgrade", "--install", RELEASE, str(chart)),
            *("--namespace", SYSTEM, "--create-namespace", "--wait", "--timeout", "120s"),
            # The tests do not wait for a minute where less shows the same. A kubelet that could not tell
            # the API server, which has just been killed, tries again after ten seconds, and once more.
            *("--set", "nodePatienceSeconds=20"),
            *values,
            *more,
        )


def make_namespace(target: Target, name: str) -> None:
    """A namespace in which the restricted Pod Security standard is enforced."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    target.kubectl("apply", "-f", "-", stdin=json.dumps(body))
