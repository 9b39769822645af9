"""Finds problems of the user's pod that Kubernetes accepts and that break trials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ... import protocol
from ..names import TRACKING_URI
from ..parsing.problem import Problem
from ..spec.metrics import Metrics
from ..spec.outputs import Output
from .reserved_names import find_reserved_names, mappings_in


def group_problems(
    trial: Mapping[str, Any], metrics: Metrics, outputs: Sequence[Output]
) -> Iterator[Problem]:
    """Yield what keeps the pods of a trial from finding each other, or mixes up their reports.

    Args:
        trial: ``spec.trial`` of trials with several pods.
        metrics: how trials report.
        outputs: the outputs of the sweep.
    """
    pod, path = _pod(trial), "spec.trial.template.spec"
    for key in ("hostname", "subdomain"):
        if key in pod:
            remedy = "is set by the operator: the pods of a trial find each other by it; remove it"
            yield Problem(f"{path}.{key}", pod[key], remedy)
    if pod.get("dnsPolicy") == "Default":
        remedy = "must be ClusterFirst: the pods of a trial find each other by the cluster's DNS"
        yield Problem(f"{path}.dnsPolicy", "Default", remedy)
    if pod.get("setHostnameAsFQDN"):
        remedy = (
            "must be false: with the domain of their Service, the names of pods are longer than the 64 "
            "characters that the kubelet allows as host name"
        )
        yield Problem(f"{path}.setHostnameAsFQDN", True, remedy)
    for output in outputs:
        inside = f"{metrics.folder}/".startswith(f"{output.mount_path}/")
        if metrics.path and inside:
            remedy = (
                f"is in output {output.name}, which all pods of a trial write to, and only those of rank "
                "0 count; choose a folder outside of the outputs"
            )
            yield Problem("spec.metrics.path", metrics.path, remedy)


def pod_problems(trial: Mapping[str, Any], metrics: Metrics) -> Iterator[Problem]:
    """Yield the problems of the pod in ``spec.trial``.

    Args:
        trial: ``spec.trial``.
        metrics: how trials report.
    """
    for path, container in _containers(trial):
        if metrics.source == protocol.MLFLOW:
            yield from _tracking_uri_problems(path, container.get("env"))
    if metrics.source == protocol.MLFLOW:
        yield from _tracking_uri_problems("spec.trial", trial.get("env"))
    if metrics.source == protocol.WANDB:
        listed = [(path, container.get("env")) for path, container in _containers(trial)]
        for path, env in (*listed, ("spec.trial", trial.get("env"))):
            yield from _wandb_problems(path, env, metrics.path)
    # Names that come from references are checked in the rendered pod.
    for path, name, remedy in find_reserved_names(_pod(trial)):
        yield Problem(f"spec.trial.template.spec.{path}", name, remedy)


def _pod(trial: Mapping[str, Any]) -> Mapping[str, Any]:
    template = trial.get("template")
    pod = template.get("spec") if isinstance(template, Mapping) else None
    return pod if isinstance(pod, Mapping) else {}


def _containers(trial: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key in ("containers", "initContainers"):
        for position, container in enumerate(mappings_in(_pod(trial).get(key))):
            yield f"spec.trial.template.spec.{key}[{position}]", container


def _wandb_problems(path: str, env: Any, folder: str) -> Iterator[Problem]:
    """Yield the variables by which the client of W&B writes nothing that the sidecar reads."""
    for position, entry in enumerate(mappings_in(env)):
        name, value = entry.get("name"), entry.get("value")
        where = f"{path}.env[{position}].value"
        if name == "WANDB_MODE" and value == "disabled":
            remedy = "makes wandb.log do nothing; remove it, or set offline or online"
            yield Problem(where, value, remedy)
        if name == "WANDB_DIR" and not f"{value}/".startswith(f"{folder}/"):
            remedy = (
                f"is not below metrics.path, {folder}, which the sidecar reads; remove one of them"
            )
            yield Problem(where, value, remedy)


def _tracking_uri_problems(path: str, env: Any) -> Iterator[Problem]:
    for position, entry in enumerate(mappings_in(env)):
        value = entry.get("value")
        if entry.get("name") != TRACKING_URI or not isinstance(value, str):
            continue
        if not value.startswith(("http://", "https://", "${{")):
            remedy = (
                "must be the http or https address of a tracking server, to which all requests are "
                "forwarded; remove it to use none, or choose another metrics.source"
            )
            yield Problem(f"{path}.env[{position}].value", value, remedy)
