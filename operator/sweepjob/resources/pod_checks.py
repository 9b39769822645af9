"""Mistakes in the user's pod that Kubernetes would take and trials would stumble over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import wire
from ..domain.problem import Problem
from .metrics import Metrics
from .sidecar import TRACKING_URI

_RESERVED = "sweepjob-"


def check_pod(trial: Mapping[str, Any], metrics: Metrics) -> Iterator[Problem]:
    """Everything that is wrong with ``spec.trial``'s pod."""
    for path, container in _containers(trial):
        yield from _reserved(path, container)
        if metrics.source == wire.MLFLOW:
            yield from _tracking(path, container.get("env"))
    if metrics.source == wire.MLFLOW:
        yield from _tracking("spec.trial", trial.get("env"))
    pod = _pod(trial)
    for position, volume in enumerate(_dicts(pod.get("volumes"))):
        yield from _reserved(f"spec.trial.template.spec.volumes[{position}]", volume)


def _pod(trial: Mapping[str, Any]) -> Mapping[str, Any]:
    template = trial.get("template")
    pod = template.get("spec") if isinstance(template, Mapping) else None
    return pod if isinstance(pod, Mapping) else {}


def _containers(trial: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key in ("containers", "initContainers"):
        for position, container in enumerate(_dicts(_pod(trial).get(key))):
            yield f"spec.trial.template.spec.{key}[{position}]", container


def _dicts(listed: Any) -> Sequence[Mapping[str, Any]]:
    return [e for e in listed if isinstance(e, Mapping)] if isinstance(listed, list) else []


def _reserved(path: str, named: Mapping[str, Any]) -> Iterator[Problem]:
    name = named.get("name")
    if isinstance(name, str) and name.startswith(_RESERVED):
        remedy = f"names that begin with {_RESERVED} are the operator's; choose another"
        yield Problem(f"{path}.name", name, remedy)


def _tracking(path: str, env: Any) -> Iterator[Problem]:
    for position, entry in enumerate(_dicts(env)):
        value = entry.get("value")
        if entry.get("name") != TRACKING_URI or not isinstance(value, str):
            continue
        if not value.startswith(("http://", "https://", "${{")):
            remedy = (
                "must be the http or https address of a tracking server, to which everything is "
                "passed on; remove it for none, or choose another metrics.source"
            )
            yield Problem(f"{path}.env[{position}].value", value, remedy)
