"""Converts ``trialTemplate`` to ``trial``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...api import names
from ..azure.conversion import Section
from .primary_container import move_first
from .references import References, note_unused, read_references, replaced
from .training_job import FAILED, SUCCEEDED, TrialPods, converter_of
from .trial_manifest import convert_manifest

_CONFIG_MAP = "is in the cluster: write the template (kubectl get configmap -o yaml) into trialSpec"
_CONDITION = (
    "a trial succeeds here when its container (of rank 0) exits with 0; only the default of the kind can "
    "be converted"
)


_REFUSED = {
    "PipelineRun": "a pipeline of Tekton's has pods of several tasks; write a Job that does its work",
    "Workflow": (
        "a workflow of Argo's has pods of several steps, with a container of Argo's own; write a Job "
        "that does its work"
    ),
}
_JOB_LABELS = "not carried over: the pod of a trial reports, and of several pods that of rank 0"
_MANIFEST_LABELS = (
    "not carried over: the administrator gives them as primaryPodLabels of the kind in trialKinds of the "
    "chart; of several such pods, rank 0 reports"
)


def convert_template(
    section: Section, parameters: Mapping[str, str], limits: dict[str, Any]
) -> dict[str, Any]:
    """Convert the template of the trials.

    Args:
        section: ``trialTemplate``.
        parameters: our names of the parameters by Katib's.
        limits: receive a limit of the trial's time.
    """
    conversion = section.conversion
    if section.read("configMap") is not None:
        section.reject("configMap", section.data["configMap"], _CONFIG_MAP)
        conversion.source_paths["spec.trial"] = section.at("configMap")
    source = section.read("trialSpec")
    if source is None and "configMap" not in section.data and section.data:
        section.reject("trialSpec", None, "is required: the Job of a trial")
        conversion.source_paths["spec.trial"] = section.at("trialSpec")
    resource = source if isinstance(source, Mapping) else {}
    kind = str(resource.get("kind"))
    is_manifest = bool(resource) and converter_of(resource) is None
    references = read_references(section, parameters, resource, is_manifest=is_manifest)
    container = section.text("primaryContainerName")
    if section.read("retain"):
        message = (
            "not carried over: Jobs and pods stay for a day after their end, and the records longer"
        )
        section.note("retain", section.data["retain"], message)
    labels = section.read("primaryPodLabels")
    for key, default in (("successCondition", SUCCEEDED), ("failureCondition", FAILED)):
        condition = section.text(key)
        if condition and not is_manifest and condition != default.get(kind):
            section.reject(key, condition, _CONDITION)
    if labels:
        section.note("primaryPodLabels", labels, _MANIFEST_LABELS if is_manifest else _JOB_LABELS)
    made: dict[str, Any] = {}
    if source is not None and not resource:
        section.reject("trialSpec", source, "must be an object with apiVersion, kind and spec")
    elif source is not None:
        job = conversion.section(source, section.at("trialSpec"))
        conversion.source_paths |= {"spec.trial": job.path, "spec.trial.manifest": job.path}
        if is_manifest:
            made = _manifest_of(section, job, references, container)
        else:
            trial = _convert_job(job, kind, limits, container)
            made = _pods_of(conversion.section({}, trial.path), trial, references, container)
        note_unused(section, references)
    section.reject_unknown_keys()
    return made


def _manifest_of(
    section: Section, job: Section, references: References, container: str | None
) -> dict[str, Any]:
    """Return ``spec.trial`` of a trial that is an object of another kind."""
    reason = _REFUSED.get(str(job.data.get("kind")))
    if reason is None:
        return convert_manifest(section, job, references, container)
    job.reject("kind", job.data.get("kind"), reason)
    # Nothing is made of it, so that nothing else is said of it.
    job.conversion.source_paths["spec.trial"] = job.at("kind")
    return {}


def _pods_of(
    section: Section, trial: TrialPods, references: References, container: str | None
) -> dict[str, Any]:
    """Return ``spec.trial`` of a trial that is a Job."""
    made: dict[str, Any] = {**trial.keys}
    made["template"] = replaced(section, trial.template, references)
    section.conversion.source_paths["spec.trial.template"] = trial.path
    if container:
        move_first(section, made["template"], container)
    return made


def _convert_job(
    job: Section, kind: str, limits: dict[str, Any], container: str | None
) -> TrialPods:
    job.read("kind")
    version = str(job.read("apiVersion"))
    found = converter_of(job.data)
    assert found is not None, "other kinds are manifests"
    versions, convert = found
    if version not in versions:
        job.reject("apiVersion", version, f"must be {' or '.join(versions)} for {kind}")
    _convert_metadata(job.subsection("metadata"))
    spec = job.subsection("spec")
    trial = convert(spec, limits, container)
    spec.reject_unknown_keys()
    job.ignore("status", "it belongs to another object")
    job.reject_unknown_keys()
    return trial


def _convert_metadata(section: Section) -> None:
    """Convert the metadata of the trial's object: queues are carried over."""
    labels = dict(section.subsection("labels").data)
    queue = {key: str(labels.pop(key)) for key in names.QUEUE_LABELS if key in labels}
    if queue:
        section.conversion.manifest["metadata"].setdefault("labels", {}).update(queue)
        section.note("labels", queue, "are labels of the SweepJob, for Kueue")
    annotations = section.read("annotations")
    for key, value in (("labels", labels), ("annotations", annotations)):
        if value:
            section.note(key, value, "not carried over: the operator writes the Job's metadata")
    for key in ("name", "generateName", "namespace"):
        section.ignore(key, "Katib replaces it, too")
    section.reject_unknown_keys()
