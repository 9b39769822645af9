"""Reads keys that sweep files had before Azure's CLI v2 was released; public files still have them.

There were three generations: ``job_type: Sweep`` with ``spec:`` (spring of 2021), ``type: sweep_job``
with ``algorithm:`` (summer of 2021), and ``type: sweep`` with ``code.local_path`` (autumn of 2021).
"""

from __future__ import annotations

import copy
import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...api.parsing.problem import Problem
from .conversion import Conversion, ConversionOptions

_READ = "is read as {}; Azure's client of today refuses it"
_TYPES = {"file": "uri_file", "folder": "uri_folder", "data": None, "uri": None}
_POLICIES = {"median": "median_stopping", "truncation": "truncation_selection"}
_PREVIEW_TYPES = ("sweep_job", "sweepjob")
_STEP_KEYS = {"component", "type", "inputs", "outputs"}
# Of a component that is a sweep.
SWEEP_COMPONENTS = ("sweepcomponent", "sweep_component")
SWEEP_TYPES = ("sweep", *_PREVIEW_TYPES, *SWEEP_COMPONENTS)
# Keys of a file, and where the files of today have them.
_MOVED: Sequence[tuple[str, str]] = (
    ("algorithm", "sampling_algorithm"),
    ("max_total_trials", "limits.max_total_trials"),
    ("max_total_runs", "limits.max_total_trials"),
    ("limits.max_total_runs", "limits.max_total_trials"),
    ("max_concurrent_trials", "limits.max_concurrent_trials"),
    ("max_concurrent_runs", "limits.max_concurrent_trials"),
    ("limits.max_concurrent_runs", "limits.max_concurrent_trials"),
    ("trial.compute.target", "compute"),
    ("trial.compute.instance_count", "resources.instance_count"),
    ("trial.compute.node_count", "resources.instance_count"),
    ("trial.compute.instance_type", "resources.instance_type"),
    ("trial.compute.location", "resources.locations"),
    ("trial.compute.properties", "resources.properties"),
    ("trial.compute", "compute"),
    ("trial.limits.timeout", "limits.trial_timeout"),
    ("trial.environment.docker.image", "trial.environment.image"),
    ("trial.environment.docker.build.dockerfile", "trial.environment.build.dockerfile_path"),
    ("trial.environment.docker.build.context", "trial.environment.build.path"),
    ("trial.environment.local_path", "trial.environment.build.path"),
    ("trial.distribution.process_count", "trial.distribution.process_count_per_instance"),
)
_MINUTES = (
    *("timeout_minutes", "max_duration_minutes", "limits.max_duration_minutes"),
    "limits.timeout_minutes",
)
_EMPTIED = tuple(
    f"trial.{key}" for key in ("compute", "limits", "inputs", "outputs", "environment.docker")
)
_IGNORED = {
    "output": "outputs are folders of the sweep's trials",
    "interaction_endpoints": "kubectl port-forward reaches a pod",
    "trial.type": "a trial is a command",
}

# What az ml job show prints, and a file that someone has written has not.
OF_THE_SERVICE = (
    *("creation_context", "id", "log_files", "metadata", "parameters", "resourceGroup", "status"),
    "studio_url",
)
WRITTEN = "not carried over: Azure's service wrote it"


def is_preview(data: Mapping[str, Any]) -> bool:
    """Return whether a file is a sweep of the previews of 2021."""
    kind = str(data.get("type") or data.get("job_type") or "").lower()
    is_old = kind in _PREVIEW_TYPES or (kind == "sweep" and data.get("type") is None)
    return is_old or (not kind and {"algorithm", "search_space", "trial"} <= data.keys())


def is_sweep_step(job: Mapping[str, Any]) -> bool:
    """Return whether a step of a pipeline, or a component, is a sweep.

    Args:
        job: the step, or the contents of a component.
    """
    kind = str(job.get("type") or job.get("job_type") or "").lower()
    return kind in SWEEP_TYPES or (not kind and "search_space" in job)


def step_with_current_keys(job: Mapping[str, Any], conversion: Conversion) -> Mapping[str, Any]:
    """Return a sweep step with the keys of today; its component keeps its own.

    Args:
        job: the step.
        conversion: receives the notes and the old paths, relative to the step.
    """
    file = _File(copy.deepcopy(dict(job)), conversion)
    if is_preview(job) or str(job.get("type")).lower() in SWEEP_COMPONENTS:
        _change_preview(file)
    file.drop_all(OF_THE_SERVICE, WRITTEN)
    trial = file.get("trial")
    # A trial that names its component, as another kind of step does.
    if isinstance(trial, Mapping) and "component" in trial and set(trial) <= _STEP_KEYS:
        for group in ("inputs", "outputs"):
            for name in file.names(f"trial.{group}"):
                file.change(f"trial.{group}.{name}", f"{group}.{name}")
        file.change("trial.component", "trial")
    for old, new in _MOVED:
        file.change(old, new)
    _change_timeouts_and_expressions(file)
    for name in file.names("inputs"):
        _change_input(file, name)
    _change_code(file)
    for emptied in ("trial.compute", "trial.limits", "trial.environment.docker"):
        file.drop_empty(emptied)
    return file.data


def _change_timeouts_and_expressions(file: _File) -> None:
    for old in _MINUTES:
        file.change(old, "limits.timeout", _seconds)
    for old in ("policy_type", "spec"):
        file.change(f"early_termination.{old}", "early_termination.type", _policy)
    for name in file.names("search_space"):
        file.change(f"search_space.{name}.spec", f"search_space.{name}.type")


def with_current_keys(data: Mapping[str, Any], conversion: Conversion) -> Mapping[str, Any]:
    """Return a sweep file with the keys of today, and add a note for each that was another one.

    Args:
        data: the file.
        conversion: receives the notes, and the old paths for the paths of problems.
    """
    file = _File(copy.deepcopy(dict(data)), conversion)
    file.drop_all(OF_THE_SERVICE, WRITTEN)
    if is_preview(data):
        _change_preview(file)
    for old, new in _MOVED:
        file.change(old, new)
    _change_timeouts_and_expressions(file)
    for group in ("inputs", "outputs"):
        for name in file.names(f"trial.{group}"):
            file.change(f"trial.{group}.{name}", f"{group}.{name}")
    for name in file.names("inputs"):
        _change_input(file, name)
    _change_code(file)
    for emptied in _EMPTIED:
        file.drop_empty(emptied)
    return file.data


def in_current_keys(document: Any) -> Any:
    """Return a sweep file, or a pipeline, with the keys of today; any other document as it is."""
    if not isinstance(document, Mapping):
        return document
    unsaid = Conversion(ConversionOptions())
    if isinstance(document.get("jobs"), Mapping):
        jobs = {
            name: step_with_current_keys(job, unsaid)
            if isinstance(job, Mapping) and is_sweep_step(job)
            else job
            for name, job in document["jobs"].items()
        }
        return {**document, "jobs": jobs}
    return with_current_keys(document, unsaid) if "search_space" in document else document


def _change_preview(file: _File) -> None:
    """Change what only the previews of 2021 had."""
    file.change("job_type" if "job_type" in file.data else "type", "type", lambda _: "sweep")
    for key, reason in _IGNORED.items():
        file.drop(key, f"not carried over: {reason}")
    message = "not carried over: finished trials take part in the ranking"
    file.drop("early_termination.exclude_finished_jobs", message)


class _File:
    """A file whose keys are changed. Names with dots are no parts of a path here."""

    def __init__(self, data: dict[str, Any], conversion: Conversion) -> None:
        self.data, self._conversion = data, conversion

    def get(self, path: str) -> Any:
        """Return the value at a path; None without one."""
        node: Any = self.data
        for part in path.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        return node

    def names(self, path: str) -> list[str]:
        """Return the keys of the object at a path that are texts without dots."""
        node = self.get(path)
        names = node if isinstance(node, Mapping) else ()
        return [name for name in names if isinstance(name, str) and "." not in name]

    def change(self, old: str, new: str, made: Callable[[Any], Any] | None = None) -> None:
        """Move a value, unless it is absent or an object with keys that move on their own."""
        value = self.get(old)
        if value is None or (old == "trial.compute" and isinstance(value, Mapping)):
            return
        self._remove(old)
        is_inner = old.startswith(f"{new}.")  # which takes the place of the object around it
        if not is_inner and self.get(new) not in (None, {}):
            message = f"is there twice, as {new} as well; remove one of them"
            self._conversion.problems.append(Problem(old, value, message))
        found = value if made is None else made(value)
        self._set(new, found)
        where = self._conversion.old_path(old)
        self._conversion.old_paths[new] = where
        shown = new if found == value and old != new else f"{new}: {found}"
        self._conversion.key_notes.append(Problem(where, value, _READ.format(shown)))

    def drop(self, path: str, message: str) -> None:
        """Remove a value, with a note."""
        value = self.get(path)
        if value is not None:
            self._remove(path)
            self._conversion.key_notes.append(Problem(path, value, message))

    def drop_all(self, keys: Sequence[str], message: str) -> None:
        """Remove the values of keys, with a note for each, also empty ones."""
        for key in keys:
            if key in self.data:
                value = self.data.pop(key)
                self._conversion.key_notes.append(Problem(key, value, message))

    def drop_empty(self, path: str) -> None:
        """Remove an object whose keys have moved."""
        if self.get(path) == {}:
            self._remove(path)

    def _remove(self, path: str) -> None:
        around, _, last = path.rpartition(".")
        node = self.get(around) if around else self.data
        del node[last]

    def _set(self, path: str, value: Any) -> None:
        node = self.data
        *around, last = path.split(".")
        for part in around:
            if not isinstance(node.get(part), dict):
                node[part] = {}
            node = node[part]
        node[last] = value


def _seconds(minutes: Any) -> Any:
    """Return the seconds of a number of minutes; anything else as it is, to be refused."""
    is_number = isinstance(minutes, int | float) and not isinstance(minutes, bool)
    return minutes * 60 if is_number else minutes


def _policy(name: Any) -> Any:
    return _POLICIES.get(str(name).lower(), name)


def _change_input(file: _File, name: str) -> None:
    """Move ``data``, ``file`` or ``folder`` of an input to ``path``."""
    at = f"inputs.{name}"
    value = file.get(at)
    # As in requests to Azure's service.
    if isinstance(value, Mapping) and "job_input_type" in value:
        file.change(f"{at}.job_input_type", f"{at}.type")
    if not isinstance(value, Mapping) or "path" in value:
        return
    for old, kind in _TYPES.items():
        given = value.get(old)
        inner = "path" if isinstance(given, Mapping) and "path" in given else ""
        if isinstance(given, str) or inner:
            file.change(f"{at}.{old}.{inner}".rstrip("."), f"{at}.path")
            file.drop_empty(f"{at}.{old}")
            found = file.get(at)
            if kind and "type" not in found:
                found["type"] = kind
            return


def _change_code(file: _File) -> None:
    """Move a folder of code to ``trial.code``; a file is in its folder."""
    code = file.get("trial.code")
    if isinstance(code, Mapping):
        for old in ("local_path", "directory", "path"):
            if isinstance(code.get(old), str) and len(code) == 1:
                file.change(f"trial.code.{old}", "trial.code")
                return
        if isinstance(code.get("file"), str) and len(code) == 1:
            file.change("trial.code.file", "trial.code", posixpath.dirname)
