"""Nodes that kwok pretends to run, for scale: their pods become Running and end without a process."""

from __future__ import annotations

import json
from pathlib import Path

from . import build, components, layout, namespaces
from .console import run
from .layout import Cluster
from .lifecycle import kubectl

# Pods with this annotation run until it is changed.
_NOT_RUNNING = """\
    - key: '.metadata.annotations["sweepjob.dev/trainer"]'
      operator: NotIn
      values: [runs]
"""
_SELECTOR = "kwok.x-k8s.io/node=fake"
_PORT = 10247  # where the simulated kubelets answer
# What every simulated trainer has printed.
_LOG = "2000-01-01T00:00:00.000000001Z stdout F score=1\n"


def _stage_files() -> list[Path]:
    """The behaviours of nodes and pods that come with the kwok module itself, which is downloaded when it
    is missing: a cached binary does not need it."""
    download = ["go", "mod", "download", "-json", "sigs.k8s.io/kwok"]
    module = json.loads(run(download, cwd=layout.MODULES / "kwok"))
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


def _logs(file: Path) -> str:
    """That every pod's log is a file."""
    spec = {"logs": [{"logsFile": str(file), "follow": False}]}
    kind = {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "ClusterLogs"}
    return json.dumps({**kind, "metadata": {"name": "printed"}, "spec": spec})


def _start(cluster: Cluster) -> None:
    """kwok on the first node: behaviours of nodes and pods, and kubelets to read logs from."""
    node, pki = cluster.node(1), cluster.pki
    printed = cluster.folder / "kwok-printed.log"
    printed.write_text(_LOG)
    config = cluster.folder / "kwok.yaml"
    config.write_text("\n---\n".join([*map(_stage, _stage_files()), _logs(printed)]))
    command = [
        str(build.kwok() / "kwok"),
        f"--kubeconfig={components.kubeconfig_of(cluster, 'kwok')}",
        f"--config={config}",
        f"--manage-nodes-with-annotation-selector={_SELECTOR}",
        f"--node-ip={node.address}",
        f"--node-port={_PORT}",
        f"--tls-cert-file={pki}/serving-{node.name}.crt",
        f"--tls-private-key-file={pki}/serving-{node.name}.key",
    ]
    namespaces.start(node, "kwok", command)


def join(cluster: Cluster, count: int, gpus: int = 8) -> None:
    """Start kwok and register ``count`` simulated nodes, tainted so that only pods
    that tolerate ``kwok.x-k8s.io/node`` go there."""
    if not namespaces.processes(cluster.node(1), "kwok"):
        _start(cluster)
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
