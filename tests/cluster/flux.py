"""Flux on the cluster: source-controller and kustomize-controller from the pinned modules.

They run as processes of the first node, like the control plane, so they end with it.
"""

from __future__ import annotations

import signal
import time

from . import build, certificates, components, git, namespaces
from .console import step
from .layout import Cluster
from .target import Target

NAMESPACE = "flux-system"
# The name by which the API server's audit log knows what they write.
USER = "flux"
_MODULES = "github.com/fluxcd"
_STORAGE = "127.0.0.1:9790"
# They share the addresses of the node with each other.
_SOURCE_FLAGS = ("--health-addr=127.0.0.1:9441", "--metrics-addr=127.0.0.1:8081")
_KUSTOMIZE_FLAGS = ("--health-addr=127.0.0.1:9442", "--metrics-addr=127.0.0.1:8082")


def install(target: Target) -> git.Repository:
    """Start Flux, and a Git server beside it.

    Returns:
        A new repository that Flux can reach.
    """
    cluster = target.built_in
    assert cluster is not None, "only the built-in cluster gets a Flux of ours"
    build.flux()
    with step("starting Flux", "5 s"):
        for controller in ("source-controller", "kustomize-controller"):
            crds = build.source("flux", f"{_MODULES}/{controller}") / "config" / "crd" / "bases"
            target.kubectl("apply", "--server-side", "-f", str(crds))
        target.kubectl(
            "apply",
            "-f",
            "-",
            stdin=f"{{apiVersion: v1, kind: Namespace, metadata: {{name: {NAMESPACE}}}}}",
        )
        repository = git.serve(cluster)
        certificates.issue(cluster.pki, [certificates.Identity(USER, USER, "system:masters")])
        _start(cluster, "source-controller", *_source_flags(cluster))
        _start(cluster, "kustomize-controller", *_KUSTOMIZE_FLAGS)
    return repository


def uninstall(target: Target) -> None:
    """Delete what Flux keeps on the cluster, and end it."""
    assert target.built_in is not None
    for kind in (
        "kustomizations.kustomize.toolkit.fluxcd.io",
        "gitrepositories.source.toolkit.fluxcd.io",
    ):
        target.kubectl("-n", NAMESPACE, "delete", kind, "--all", "--timeout=120s")
    for controller in ("kustomize-controller", "source-controller"):
        namespaces.send(target.built_in.node(1), signal.SIGKILL, controller)


def restart_kustomize_controller(target: Target, *flags: str) -> None:
    """End kustomize-controller, and start it with other flags."""
    assert target.built_in is not None
    node = target.built_in.node(1)
    namespaces.send(node, signal.SIGKILL, "kustomize-controller")
    while namespaces.processes(node, "kustomize-controller"):
        time.sleep(0.1)
    _start(target.built_in, "kustomize-controller", *_KUSTOMIZE_FLAGS, *flags)


def _source_flags(cluster: Cluster) -> tuple[str, ...]:
    storage = cluster.folder / "flux"
    storage.mkdir(exist_ok=True)
    served = (f"--storage-addr={_STORAGE}", f"--storage-adv-addr={_STORAGE}")
    return (f"--storage-path={storage}", *served, *_SOURCE_FLAGS)


def _start(cluster: Cluster, name: str, *flags: str) -> None:
    folder = cluster.folder / "tmp"
    folder.mkdir(exist_ok=True)
    variables = {
        "KUBECONFIG": components.kubeconfig_of(cluster, USER),
        "RUNTIME_NAMESPACE": NAMESPACE,
        "TMPDIR": str(folder),
    }
    namespaces.start(cluster.node(1), name, [f"{build.flux()}/{name}", *flags], variables)
