"""Nodes that kwok pretends to run, for scale: their pods become Running and end without a process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from . import build, layout, pidfile
from .console import ClusterError, run
from .layout import Cluster
from .lifecycle import kubectl

# Pods with this annotation run until it is changed.
_NOT_RUNNING = """\
    - key: '.metadata.annotations["sweepjob.dev/trainer"]'
      operator: NotIn
      values: [runs]
"""
_SELECTOR = "kwok.x-k8s.io/node=fake"


def _stage_files() -> list[Path]:
    """The behaviours of nodes and pods that come with the kwok module itself."""
    module = json.loads(
        run(["go", "list", "-m", "-json", "sigs.k8s.io/kwok"], cwd=layout.MODULES / "kwok")
    )
    stages = Path(module["Dir"]) / "kustomize" / "stage"
    return [f for kind in ("node/fast", "node/heartbeat", "pod/fast") for f in _in(stages / kind)]


def _in(folder: Path) -> list[Path]:
    return [f for f in sorted(folder.glob("*.yaml")) if f.name != "kustomization.yaml"]


def _stage(file: Path) -> str:
    """A behaviour; pods of Jobs end at once, unless they say that their trainer runs."""
    text = file.read_text()
    if file.name == "pod-complete.yaml":
        text = text.replace("    matchExpressions:\n", f"    matchExpressions:\n{_NOT_RUNNING}")
    return text


def join(cluster: Cluster, count: int, gpus: int = 8) -> None:
    """Start kwok on the host and register ``count`` simulated nodes, tainted so that only pods
    that tolerate ``kwok.x-k8s.io/node`` go there."""
    program = build.kwok() / "kwok"
    pid_file = cluster.folder / "kwok.pid"
    if pidfile.read(pid_file) is None:
        stages = cluster.folder / "kwok-stages.yaml"
        stages.write_text("\n---\n".join(map(_stage, _stage_files())))
        with (cluster.logs / "kwok.log").open("ab") as log:
            process = subprocess.Popen(
                [str(program), f"--kubeconfig={cluster.kubeconfig}", f"--config={stages}"]
                + [f"--manage-nodes-with-annotation-selector={_SELECTOR}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        pidfile.write(pid_file, process.pid)
        if process.poll() is not None:
            raise ClusterError(f"kwok did not start; see {cluster.logs}/kwok.log")
    nodes = [_node(f"simulated-{number}", gpus) for number in range(1, count + 1)]
    document = json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes})
    kubectl(cluster, "apply", "-f", "-", stdin=document)
    selector = "--for=condition=Ready"
    kubectl(cluster, "wait", selector, "node", "-l", "type=kwok", "--timeout=60s")


def _node(name: str, gpus: int) -> dict[str, object]:
    resources = {"cpu": "64", "memory": "512Gi", "pods": "1000", "nvidia.com/gpu": str(gpus)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"type": "kwok", "kubernetes.io/hostname": name},
        },
        "spec": {
            "taints": [{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}],
        },
        "status": {"capacity": resources, "allocatable": resources},
    }
