"""``sweepjob doctor``: checks what a sweep needs, and names the remedy for each problem."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..api import names
from ..render.table import print_output
from ..version import __version__
from .errors import CommandError
from .kubectl import Kubectl, add_cluster_flags
from .operator_versions import CHART, LABEL, installed_operators, skew

_OLDEST_KUBERNETES = 29  # the minor version in which native sidecars are on by default
_IMAGE_VOLUMES = 33
_CRDS = tuple(f"{plural}.{names.GROUP}" for plural in (names.SWEEPJOBS, names.SWEEPTRIALS))
_GPU_RESOURCES = ("nvidia.com/gpu", "amd.com/gpu", "gpu.intel.com/i915", "habana.ai/gaudi")
# What users need: verb and resource, and what for.
_PERMISSIONS = (
    ("create", _CRDS[0], "sweeps cannot be submitted"),
    ("get", _CRDS[1], "trials cannot be shown"),
    ("create", "configmaps", "submit --code cannot upload code"),
    ("patch", "configmaps", "code that is uploaded stays when its sweep is deleted"),
    ("get", "pods/log", "logs shows the recorded last lines only"),
    ("create", "pods", "download cannot read outputs"),
    ("create", "pods/exec", "download cannot read outputs"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check.

    Attributes:
        mark: ``ok``, ``warning`` or ``error``.
        subject: what was checked.
        text: what was found.
        remedy: what to do; empty if all is well.
    """

    mark: str
    subject: str
    text: str
    remedy: str = ""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "doctor",
        help="check the client, the cluster and the operator",
        description="Check the client, the cluster, the CRDs, the operator and its version, your "
        "permissions, images, storage classes and GPU nodes, and name the remedy for each problem. "
        "Nothing is changed. Exit code 1 if something keeps sweeps from running.",
    )
    add_cluster_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    errors = 0
    for finding in findings(Kubectl.of(args)):
        remedy = f"\n           {finding.remedy}" if finding.remedy else ""
        print_output(f"{f'{finding.mark}:':9}{finding.subject}: {finding.text}{remedy}")
        errors += finding.mark == "error"
    return 1 if errors else 0


def findings(cluster: Kubectl) -> Iterator[Finding]:
    """Yield the results of all checks; without a cluster only those that need none.

    Args:
        cluster: the cluster.
    """
    yield Finding("ok", "client", f"sweepjob {__version__}")
    try:
        version = json.loads(cluster.run("version", "-o", "json"))
    except CommandError as error:
        remedy = "sweeps run without a cluster by: sweepjob run --local -f SWEEP.yaml"
        yield Finding("error", "cluster", str(error), remedy)
        return
    yield from _version(version)
    checks: tuple[Callable[[Kubectl], Iterator[Finding]], ...] = (
        *(_crds, _operator, _permissions, _images, _storage, _gpus),
    )
    for check in checks:
        try:
            yield from check(cluster)
        except CommandError as error:
            subject = check.__name__.strip("_")
            yield Finding("warning", subject, f"cannot be checked: {error}")


def _version(version: Mapping[str, Any]) -> Iterator[Finding]:
    server = version.get("serverVersion") or {}
    text = server.get("gitVersion", "unknown")
    minor = int("".join(filter(str.isdigit, str(server.get("minor", "0")))) or 0)
    client = (version.get("clientVersion") or {}).get("gitVersion", "unknown")
    if minor < _OLDEST_KUBERNETES:
        remedy = f"upgrade it: native sidecars need Kubernetes 1.{_OLDEST_KUBERNETES} or later"
        yield Finding("error", "cluster", f"Kubernetes {text}", remedy)
        return
    volumes = "" if minor >= _IMAGE_VOLUMES else "; trial.code.image needs 1.33 or later"
    yield Finding("ok", "cluster", f"Kubernetes {text}, kubectl {client}{volumes}")


def _crds(cluster: Kubectl) -> Iterator[Finding]:
    text = cluster.run("get", "crd", *_CRDS, "--ignore-not-found", "-o", "json")
    found = json.loads(text) if text.strip() else {}
    items = found.get("items", [found] if found else [])
    present = {crd["metadata"]["name"]: crd for crd in items}
    for name in _CRDS:
        if name not in present:
            yield Finding(
                "error", "CRDs", f"{name} is not installed", f"install the chart: {CHART}"
            )
            continue
        trial = _trial_schema(present[name])
        if name == _CRDS[0] and "code" not in trial:
            remedy = f"upgrade them with the chart, or: kubectl apply -k crds; then {CHART}"
            yield Finding(
                "warning", "CRDs", f"{name} is older than this client: no trial.code", remedy
            )
        else:
            yield Finding("ok", "CRDs", name)


def _trial_schema(crd: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of ``spec.trial`` of a CRD."""
    node: Any = crd["spec"]["versions"][0].get("schema", {}).get("openAPIV3Schema", {})
    for key in ("spec", "trial"):
        node = (node.get("properties") or {}).get(key) or {}
    fields: Mapping[str, Any] = node.get("properties") or {}
    return fields


def _operator(cluster: Kubectl) -> Iterator[Finding]:
    found = installed_operators(cluster)
    if not found:
        yield Finding("error", "operator", "no Deployment of it was found", f"install it: {CHART}")
    for operator in found:
        deployment = operator.deployment
        ready = (deployment.get("status") or {}).get("readyReplicas", 0)
        wanted = deployment["spec"].get("replicas", 1)
        if not ready:
            remedy = f"kubectl -n {operator.namespace} describe pods -l {LABEL}; and its logs"
            text = f"{operator.where}: 0 of {wanted} pods are ready"
            yield Finding("error", "operator", text, remedy)
        if difference := skew(operator):
            yield Finding("warning", "operator", difference.text, difference.remedy)
        elif ready:
            text = f"{operator.where} {operator.version}: {ready} of {wanted} pods are ready"
            yield Finding("ok", "operator", text)


def _permissions(cluster: Kubectl) -> Iterator[Finding]:
    namespace = cluster.namespace()
    lacking = 0
    for verb, resource, loss in _PERMISSIONS:
        answer = cluster.answer("auth", "can-i", verb, resource)
        if answer != "yes":
            lacking += 1
            remedy = "ask an administrator for the role edit in this namespace"
            text = f"you may not {verb} {resource} in namespace {namespace}: {loss}"
            yield Finding("warning", "permissions", text, remedy)
    if not lacking:
        yield Finding("ok", "permissions", f"all that commands need in namespace {namespace}")


def _images(cluster: Kubectl) -> Iterator[Finding]:
    """Yield a finding about images that a pod of the namespace or the operator cannot pull."""
    pods = cluster.get("pods")["items"]
    found = 0
    for pod in pods:
        status = pod.get("status") or {}
        every = [
            *(status.get("initContainerStatuses") or []),
            *(status.get("containerStatuses") or []),
        ]
        for container in every:
            waiting = (container.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") in ("ErrImagePull", "ImagePullBackOff", "InvalidImageName"):
                found += 1
                name, why = pod["metadata"]["name"], waiting.get("message", "")
                text = f"{container['image']} (pod {name}): {why}"
                remedy = "correct its name, push it, or set imagePullSecrets in trial.template"
                yield Finding("error", "images", text, remedy)
    if not found:
        yield Finding(
            "ok", "images", f"no pod of namespace {cluster.namespace()} waits for an image"
        )


def _storage(cluster: Kubectl) -> Iterator[Finding]:
    classes = cluster.get("storageclasses")["items"]
    key = "storageclass.kubernetes.io/is-default-class"
    default = [
        c["metadata"]["name"]
        for c in classes
        if (c["metadata"].get("annotations") or {}).get(key) == "true"
    ]
    if default:
        yield Finding("ok", "storage", f"default storage class {', '.join(default)}")
        return
    listed = ", ".join(c["metadata"]["name"] for c in classes) or "none"
    remedy = (
        "name one in each PersistentVolumeClaim (storageClassName); only spec.outputs needs claims"
    )
    yield Finding("warning", "storage", f"no default storage class; there are: {listed}", remedy)


def _gpus(cluster: Kubectl) -> Iterator[Finding]:
    nodes = cluster.get("nodes")["items"]
    amounts: dict[str, int] = {}
    for node in nodes:
        for resource in _GPU_RESOURCES:
            count = ((node.get("status") or {}).get("allocatable") or {}).get(resource, "0")
            amounts[resource] = amounts.get(resource, 0) + int(count)
    there = [f"{count} {resource}" for resource, count in amounts.items() if count]
    if there:
        yield Finding("ok", "GPUs", f"{', '.join(there)} on {len(nodes)} nodes")
        return
    remedy = "trials that request GPUs wait, others run; NVIDIA's GPUs need its device plugin"
    yield Finding("warning", "GPUs", f"none of {len(nodes)} nodes offers any", remedy)
