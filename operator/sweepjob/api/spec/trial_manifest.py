"""``spec.trial.manifest``: any object as a trial, and the conditions of its success and failure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...template.references import references
from ..names import GROUP
from ..parsing.problem import Problem
from ..parsing.reader import Reader
from .status_condition import ExpressionError, StatusCondition
from .trial_kind import FORBIDDEN_GROUPS

MANIFEST_KEYS = ("manifest", "successCondition", "failureCondition", "podTemplatePath")
# References to the trial itself, which only manifests have: a Job's pods have variables.
MANIFEST_REFERENCES = ("trial.name", "trial.attempt", "trial.object")
# Keys of ``spec.trial`` that describe a Job's pods, which a manifest has itself.
_REPLACED = ("template", "image", "command", "env", "resources")
_REPLACED_GROUP = ("instanceCount", "distribution", "topology")
_METADATA = ("labels", "annotations")
_MAX_TEMPLATES = 50
_STEP = re.compile(r"([^.\[\]]+)|\[(\d{1,4})\]")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class TrialManifest:
    """An object that is created for each attempt of a trial.

    Attributes:
        body: the manifest, with references that are not resolved.
        success, failure: its conditions; None for the usual ones (``object_status``).
        pod_templates: paths of all pod templates in it.
        reporting: the path of the pod template whose pods report; None if there is none.
    """

    body: Mapping[str, Any]
    success: StatusCondition | None
    failure: StatusCondition | None
    pod_templates: tuple[Path, ...]
    reporting: Path | None

    @property
    def api_version(self) -> str:
        """Group and version."""
        return str(self.body.get("apiVersion", ""))

    @property
    def kind(self) -> str:
        """The kind."""
        return str(self.body.get("kind", ""))

    @property
    def reporting_template(self) -> Mapping[str, Any] | None:
        """The pod template whose pods report; None if there is none."""
        if self.reporting is None:
            return None
        template: Mapping[str, Any] = at_path(self.body, self.reporting)
        return template


def parse_manifest(trial: Reader) -> TrialManifest | None:
    """Read ``manifest`` and the keys that belong to it; problems are added to the reader's.

    Args:
        trial: ``spec.trial``.

    Returns:
        None where trials are Jobs.
    """
    if "manifest" not in trial.data:
        for key in MANIFEST_KEYS[1:]:
            if key in trial.data:
                message = "belongs to trial.manifest, an object of another kind; remove it"
                trial.note(key, trial.data[key], message)
        return None
    for key in (*_REPLACED, *_REPLACED_GROUP):
        if key in trial.data:
            message = "cannot be set with trial.manifest, which has its own pods; put it there"
            trial.note(key, trial.data[key], message)
    reader = trial.child("manifest")
    reader.problems += _object_problems(reader)
    templates = tuple(find_pod_templates(reader.data))
    return TrialManifest(
        body=reader.data,
        success=_condition(trial, "successCondition"),
        failure=_condition(trial, "failureCondition"),
        pod_templates=templates,
        reporting=_reporting(trial, templates),
    )


def _object_problems(reader: Reader) -> Iterator[Problem]:
    """Yield what is wrong with the object itself."""
    for key in ("apiVersion", "kind"):
        value = reader.text(key)
        if references(value):
            yield Problem(reader.at(key), value, "may not contain references")
    version = str(reader.data.get("apiVersion", ""))
    group = version.rpartition("/")[0]
    if version and group in FORBIDDEN_GROUPS:
        yield Problem(reader.at("apiVersion"), version, "objects of this group cannot be trials")
    if (group, reader.data.get("kind")) == ("batch", "Job"):
        message = "use trial.template: trials are Jobs, and the operator makes them"
        yield Problem(reader.at("kind"), "Job", message)
    if "status" in reader.data:
        yield Problem(reader.at("status"), "...", "is written by the controller; remove it")
    if "metadata" in reader.data:
        yield from _metadata_problems(reader.child("metadata"))


def _metadata_problems(metadata: Reader) -> Iterator[Problem]:
    for key, value in metadata.data.items():
        if key not in _METADATA:
            message = "is set by the operator; only labels and annotations can be given"
            yield Problem(metadata.at(str(key)), value, message)
    for key in _METADATA:
        given = metadata.child(key) if key in metadata.data else None
        for name, value in {} if given is None else given.data.items():
            path = metadata.at(f"{key}[{name}]")
            if f"/{name}".rpartition("/")[0].endswith(GROUP):
                yield Problem(path, value, f"keys of {GROUP} are the operator's; choose another")
            if not isinstance(value, str):
                yield Problem(path, value, "must be a string; quote it")


def _condition(trial: Reader, key: str) -> StatusCondition | None:
    if key not in trial.data:
        return None
    text = trial.text(key)
    try:
        return StatusCondition.parse(text)
    except ExpressionError as error:
        trial.note(key, text, str(error))
        return None


def _reporting(trial: Reader, templates: Sequence[Path]) -> Path | None:
    """Return the path of the pod template whose pods report."""
    found = ", ".join(map(format_steps, templates[:5])) or "none"
    if "podTemplatePath" not in trial.data:
        if len(templates) > 1:
            message = (
                "is required, since the manifest has several pod templates: that of the pods that "
                f"report, one of {found}"
            )
            trial.note("podTemplatePath", None, message)
        return templates[0] if len(templates) == 1 else None
    text = trial.text("podTemplatePath")
    path = parse_steps(text)
    if path not in templates:
        message = f"is no pod template of the manifest; there are: {found}"
        trial.note("podTemplatePath", text, message)
        return None
    return path


def find_pod_templates(body: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the paths of all pod templates: objects with ``spec.containers``."""
    waiting: list[tuple[Path, Any]] = [((), body)]
    found = 0
    while waiting and found < _MAX_TEMPLATES:
        path, node = waiting.pop(0)
        if isinstance(node, Mapping):
            if path and _has_containers(node):
                found += 1
                yield path
                continue
            waiting += [((*path, str(key)), inner) for key, inner in node.items()]
        elif isinstance(node, list):
            waiting += [((*path, position), inner) for position, inner in enumerate(node)]


def _has_containers(node: Mapping[str, Any]) -> bool:
    spec = node.get("spec")
    listed = spec.get("containers") if isinstance(spec, Mapping) else None
    return isinstance(listed, list) and bool(listed) and all(isinstance(c, Mapping) for c in listed)


def parse_steps(text: str) -> Path:
    """Return the steps of a path such as ``spec.replicatedJobs[0].template``."""
    return tuple(
        name if name else int(position)
        for name, position in (match.groups() for match in _STEP.finditer(text))
    )


def format_steps(path: Path) -> str:
    """Return a path in the form that ``parse_steps`` reads."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def at_path(body: Any, path: Path) -> Any:
    """Return what is at a path of an object."""
    for step in path:
        body = body[step]
    return body
