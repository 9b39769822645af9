"""Converts a trial that is an object of another kind, such as a TrainJob, to ``trial.manifest``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...api import names
from ...api.spec.trial_manifest import Path, at_path, find_pod_templates, format_steps
from ..azure.conversion import Section
from .primary_container import move_first
from .references import References, replaced

_WORD = r'[^"\'\\]+'
# The two forms of GJSON paths that Katib's examples and documentation have.
_CONDITION = re.compile(rf'status\.conditions\.#\(type=="({_WORD})"\)#\|#\(status=="({_WORD})"\)#')
_FIELD = re.compile(rf'(status(?:\.[A-Za-z]\w*)*)\.\[@this\]\.#\(([A-Za-z]\w*)=="({_WORD})"\)#')
_FIRST_ROLES = {"Master", "Chief", "Launcher"}  # of the training operator, whose log Katib reads
_EXPRESSION = (
    "is a GJSON path that has no counterpart here; leave it out and write a CEL expression over status "
    "into trial.{}"
)
_LISTED = "is trial.manifest: the administrator lists its kind in trialKinds of the chart"
_LABELED = {
    "TrainJob": (
        ", with podLabel jobset.sigs.k8s.io/jobset-name and primaryPodLabels "
        "{jobset.sigs.k8s.io/replicatedjob-name: node}, and JobSet as well"
    )
}
_NO_CONTAINERS = (
    "not carried over: the manifest has no pod template; of the pods of its controller the container "
    f"{names.TRAINER}, or else the first one, is the trainer, whose log has the metric"
)
_LABEL = ", with the label by which its controller marks the pods of an object (podLabel)"


def convert_manifest(
    template: Section, job: Section, references: References, container: str | None
) -> dict[str, Any]:
    """Convert the object of a trial.

    Args:
        template: ``trialTemplate``.
        job: ``trialSpec``.
        references: what the parameters of the template mean.
        container: ``primaryContainerName``.

    Returns:
        Keys of ``spec.trial``.
    """
    manifest: dict[str, Any] = {}
    for key in ("apiVersion", "kind"):
        manifest[key] = job.text(key) or ""
        if not manifest[key]:
            job.reject(key, None, "is required: what the object of a trial is")
    metadata = _convert_metadata(job.subsection("metadata"))
    if metadata:
        manifest["metadata"] = replaced(job.section("metadata"), metadata, references)
    job.ignore("status", "it belongs to another object")
    for key in list(job.unread):
        manifest[str(key)] = replaced(job.section(str(key)), job.read(str(key)), references)
    made: dict[str, Any] = {"manifest": manifest}
    for key in ("successCondition", "failureCondition"):
        if (condition := _convert_condition(template, key)) is not None:
            made[key] = condition
    templates, kind = tuple(find_pod_templates(manifest)), manifest["kind"]
    job.note("kind", kind, _LISTED + ("" if templates else _LABELED.get(kind, _LABEL)))
    path = _pod_template(job, templates, manifest, container)
    if container:
        _make_trainer(template, job, manifest, path, container)
    if path is not None and len(templates) > 1:
        made["podTemplatePath"] = format_steps(path)
    return made


def _convert_metadata(section: Section) -> dict[str, Any]:
    """Return labels and annotations of the object; a queue becomes a label of the SweepJob."""
    labels = dict(section.subsection("labels").data)
    queue = {key: str(labels.pop(key)) for key in names.QUEUE_LABELS if key in labels}
    if queue:
        section.conversion.manifest["metadata"].setdefault("labels", {}).update(queue)
        section.note("labels", queue, "are labels of the SweepJob, for Kueue")
    for key in ("name", "generateName", "namespace"):
        section.ignore(key, "Katib replaces it, too")
    given = {"labels": labels, "annotations": section.read("annotations")}
    section.reject_unknown_keys()
    return {key: value for key, value in given.items() if value}


def _convert_condition(template: Section, key: str) -> str | None:
    """Return a condition as a CEL expression; None for the usual conditions."""
    text = template.text(key)
    if text is None:
        return None
    if found := _CONDITION.fullmatch(text):
        kind, status = found.groups()
        return f"status.conditions.exists(c, c.type == '{kind}' && c.status == '{status}')"
    if found := _FIELD.fullmatch(text):
        return "{}.{} == '{}'".format(*found.groups())
    template.reject(key, text, _EXPRESSION.format(key))
    return None


def _pod_template(
    job: Section, paths: tuple[Path, ...], manifest: Mapping[str, Any], container: str | None
) -> Path | None:
    """Return the path of the pods that report; None without one, or where it is rejected."""
    if len(paths) < 2:
        return paths[0] if paths else None
    has = [p for p in paths if container in _containers(at_path(manifest, p))]
    for chosen in (has, [p for p in has if _FIRST_ROLES.intersection(map(str, p))]):
        if len(chosen) == 1:
            return chosen[0]
    shown = ", ".join(map(format_steps, paths[:5]))
    message = (
        f"has several pod templates ({shown}), and primaryContainerName must be the name of a container "
        "in just one of them, or in one of the role Master, Chief or Launcher: its pods report"
    )
    job.reject("spec", "...", message)
    return None


def _make_trainer(
    template: Section, job: Section, manifest: dict[str, Any], path: Path | None, container: str
) -> None:
    """Make the primary container the trainer of the pods that report."""
    if path is not None:
        where = job.conversion.section({}, job.at(format_steps(path)))
        move_first(where, at_path(manifest, path), container)
    elif not any(find_pod_templates(manifest)):
        template.note("primaryContainerName", container, _NO_CONTAINERS)


def _containers(template: Mapping[str, Any]) -> list[Any]:
    return [container.get("name") for container in template["spec"]["containers"]]
