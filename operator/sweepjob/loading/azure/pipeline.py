"""Converts the sweep steps of Azure's pipelines. A step becomes a sweep of its own."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...api.parsing.problem import Problem
from ...search.space import Scalar
from ..azure_map.asset_names import is_local_path, plain_path
from .component import component_inputs, read_component
from .conversion import Conversion, ConversionOptions, Section
from .inputs import convert_outputs, note_unused_outputs
from .metadata import annotate, annotate_map, initialize_manifest
from .options_check import reject_command, reject_unused_options
from .pipeline_values import bind_settings, bind_value, unbound_settings
from .placement import convert_compute, convert_resources, note_settings_of_the_service
from .sweep import convert_search, finish_spec
from .trial import convert_component

_PARENT = re.compile(r"\s*\$\{\{\s*parent\.(inputs|outputs|jobs)\.([^}]*?)\s*\}\}\s*")
_MAX_DEPTH = 20  # of pipelines in pipelines
MAX_STEPS = 1000  # sweep steps of a pipeline
# Azure's client accepts these keys of a step, which its schema does not have.
_STEP_TEXTS = ("name", "display_name", "description", "tags", "experiment_name")


@dataclass(frozen=True, slots=True)
class SweepStep:
    """A sweep step of a pipeline.

    Attributes:
        name: name of the step; ``OUTER.INNER`` in a pipeline inside of another.
        data: the step.
        path: its path in the file.
        parent: the pipeline's inputs by name.
        compute: the pipeline's default compute target.
        folder: folder to which the paths of the step are relative.
    """

    name: str
    data: Mapping[str, Any]
    path: str
    parent: Mapping[str, Any]
    compute: str | None
    folder: str


@dataclass(frozen=True, slots=True)
class UnreadStep:
    """A step that is, or may be, a pipeline with sweep steps, and cannot be read.

    Attributes:
        name: name of the step.
        problems: why not.
    """

    name: str
    problems: tuple[Problem, ...]


def sweep_steps(
    data: Mapping[str, Any], conversion: Conversion
) -> Iterator[SweepStep | UnreadStep]:
    """Yield the sweep steps of a pipeline and of the pipelines in it.

    Args:
        data: the pipeline.
        conversion: for reading other files.
    """
    limited = Conversion(_with_limit(conversion.options))
    yield from itertools.islice(_steps(data, limited, "", "", {}, None, 0), MAX_STEPS)


def _with_limit(options: ConversionOptions) -> ConversionOptions:
    """Return options by which a limited number of files is read: two that name a third twice are many."""
    read, numbers = options.read_yaml, itertools.count(1)
    if read is None:
        return options

    def read_limited(path: str) -> Any:
        if next(numbers) > MAX_STEPS:
            raise ValueError(
                f"{path}: is not read: the pipeline refers to more than {MAX_STEPS} files"
            )
        return read(path)

    return replace(options, read_yaml=read_limited)


def _steps(
    data: Mapping[str, Any],
    conversion: Conversion,
    prefix: str,
    path: str,
    given: Mapping[str, Any],
    compute: str | None,
    depth: int,
) -> Iterator[SweepStep | UnreadStep]:
    inputs = {**_values(data.get("inputs")), **given}
    settings = data.get("settings")
    default = settings.get("default_compute") if isinstance(settings, Mapping) else None
    compute = default or data.get("compute") or compute
    jobs = data.get("jobs")
    for name, job in (jobs if isinstance(jobs, Mapping) else {}).items():
        if not isinstance(job, Mapping):
            continue
        full, at = f"{prefix}{name}", f"{path}jobs.{name}"
        kind = str(job.get("type", "")).lower()
        if kind == "sweep" or (not kind and "search_space" in job):
            bound = bind_settings(job, inputs)
            default = bind_value(compute, inputs) if isinstance(compute, str) else compute
            if unbound := unbound_settings(bound, at):
                yield UnreadStep(full, unbound)
                continue
            yield SweepStep(full, bound, at, inputs, default, conversion.options.folder)
        elif kind in ("pipeline", ""):
            yield from _inner_steps(job, conversion, full, at, inputs, compute, depth + 1)


def _inner_steps(
    job: Mapping[str, Any],
    conversion: Conversion,
    name: str,
    path: str,
    parent: Mapping[str, Any],
    compute: str | None,
    depth: int,
) -> Iterator[SweepStep | UnreadStep]:
    """Yield the sweep steps of a step that is a pipeline, inline or in a file."""
    if depth > _MAX_DEPTH:
        text = f"pipelines are nested deeper than {_MAX_DEPTH} levels: one may contain itself"
        yield UnreadStep(name, (Problem(path, job.get("component"), text),))
        return
    given = {key: _parent_value(value, parent) for key, value in _values(job.get("inputs")).items()}
    if isinstance(job.get("jobs"), Mapping):
        yield from _steps(job, conversion, f"{name}.", f"{path}.", given, compute, depth)
        return
    quiet = Conversion(conversion.options)
    component = read_component(quiet.section(job, path), "component")
    if component is None and _may_have_sweeps(job):
        yield UnreadStep(name, tuple(quiet.problems))
    if component is not None and isinstance(component.section.data.get("jobs"), Mapping):
        inner = Conversion(replace(conversion.options, folder=component.folder))
        at = f"{component.section.path}:"
        yield from _steps(component.section.data, inner, f"{name}.", at, given, compute, depth)


def _may_have_sweeps(job: Mapping[str, Any]) -> bool:
    """Return whether a step is a pipeline, or a file of this machine that may be one."""
    component = job.get("component")
    if str(job.get("type", "")).lower() == "pipeline":
        return True
    return isinstance(component, str) and is_local_path(component)


def convert_step(
    conversion: Conversion, pipeline: Mapping[str, Any], step: SweepStep, stem: str
) -> None:
    """Convert a sweep step.

    Args:
        conversion: receives the SweepJob, the notes and the errors.
        pipeline: the pipeline.
        step: the step.
        stem: the SweepJob's name if the file has none.
    """
    whole = conversion.section(pipeline, "")
    top = conversion.section(step.data, step.path)
    _convert_metadata(conversion, whole, step.name, stem)
    top.read("type")
    convert_search(conversion, top)
    # The paths of the result's problems are those of the step.
    conversion.source_paths = {"spec": step.path, **conversion.source_paths}
    swept = top.subsection("search_space").data
    conversion.swept = frozenset(map(str, swept))
    outputs = top.subsection("outputs")
    convert_outputs(
        conversion.section(
            {k: _output_place(v, pipeline) for k, v in outputs.data.items()}, outputs.path
        )
    )
    given = _resolve_inputs(top, step)
    component = read_component(top, "trial")
    inputs: dict[str, Any] = {}
    parts: dict[str, Any] = {"image": "", "command": "", "env": []}
    if component is not None:
        section = component.section
        inputs = component_inputs(section, top, given, swept)
        _check_outputs(section, outputs)
        parts = convert_component(section, inputs)
        conversion.code = _relative(conversion, component.folder)
        section.reject_unknown_keys()
        known = [*_declared(section, "inputs"), *given]
        reject_unused_options(conversion, known, [*outputs.data, *_declared(section, "outputs")])
    convert_compute(top, "compute", step.compute)
    convert_resources(top, "resources")
    note_settings_of_the_service(top)
    top.read("comment")
    for key in _STEP_TEXTS:
        top.ignore(key, "a SweepJob has the texts of the pipeline, and the step's key in its name")
    annotate_map(top, "properties", conversion.manifest["metadata"])
    top.reject_unknown_keys()
    reject_command(conversion)
    note_unused_outputs(outputs, conversion.manifest["spec"].get("outputs", {}))
    finish_spec(conversion, inputs, parts, f"{step.path}.trial")


def _convert_metadata(conversion: Conversion, whole: Section, step: str, stem: str) -> None:
    """Convert what a pipeline says of itself; add a note for what is lost."""
    texts = {key: whole.text(key) for key in ("name", "display_name", "experiment_name")}
    base = texts["name"] or texts["display_name"] or texts["experiment_name"] or stem
    metadata = initialize_manifest(conversion, f"{base}-{step}", "name", stem)
    annotate(metadata, "sweepjob.dev/display-name", texts["display_name"])
    annotate(metadata, "sweepjob.dev/experiment-name", texts["experiment_name"])
    annotate(metadata, "sweepjob.dev/description", whole.text("description"))
    annotate_map(whole, "tags", metadata)
    annotate_map(whole, "properties", metadata)
    for key in ("type", "$schema", "inputs", "compute"):
        whole.read(key)
    note_settings_of_the_service(whole)
    settings = whole.subsection("settings")
    settings.read("default_compute")
    settings.ignore("default_datastore", "the map has the datastore of outputs: workspaceblobstore")
    for key in map(str, settings.data):  # Azure's client accepts any setting
        if key not in ("default_compute", "default_datastore"):
            settings.ignore(key, "it is about the other steps of the pipeline")
    whole.ignore("outputs", "outputs are folders of the sweep's trials")
    whole.ignore("component", "the sweep step alone is converted")
    _note_other_steps(whole, step)
    whole.reject_unknown_keys()


def _note_other_steps(whole: Section, step: str) -> None:
    jobs = whole.read("jobs", {})
    others = [name for name in jobs if name != step.split(".")[0]]
    if others:
        message = "are other steps; they are not converted, and nothing runs them"
        whole.note("jobs", ", ".join(map(str, others)), message)


def _resolve_inputs(top: Section, step: SweepStep) -> dict[str, Any]:
    """Return the step's inputs, with the values of the pipeline's inputs."""
    inputs = top.subsection("inputs")
    found: dict[str, Any] = {}
    for name in map(str, inputs.data):
        value = inputs.read(name)
        resolved = _parent_value(value, step.parent)
        reference = _PARENT.fullmatch(_path_of(resolved) or "")
        if reference is not None and name not in top.conversion.options.inputs:
            resolved = _of_other_step(inputs, name, reference, resolved)
        if resolved is not None or name in top.conversion.options.inputs:
            found[name] = resolved
    return found


def _of_other_step(inputs: Section, name: str, reference: re.Match[str], value: Any) -> Any:
    """Return the data that another step would have given, by the map; else reject the input."""
    if reference[1] == "jobs":
        key = plain_path(reference[2])
        entry = inputs.conversion.options.azure_map.find_data(key)
        if entry is not None:
            kind = {"type": value.get("type")} if isinstance(value, Mapping) else {}
            return {"path": key, **kind}
        missing = inputs.conversion.options.azure_map.missing("data", key)
        producer = key.split(".")[0]
        message = (
            f"is an output of the step {producer}: run that step, and give --input {name}=PATH, or "
            f"{missing}"
        )
    else:
        message = f"the pipeline gives it no value: --input {name}=VALUE"
    inputs.reject(name, value, message)
    # A value that needs no second message.
    return inputs.conversion.options.inputs.get(name, "")


def _parent_value(value: Any, parent: Mapping[str, Any]) -> Any:
    """Return a value, or that of the pipeline's input that it refers to."""
    reference = _PARENT.fullmatch(_path_of(value) or "")
    if reference is None or reference[1] != "inputs" or reference[2] not in parent:
        return value
    given = parent[reference[2]]
    if isinstance(value, Mapping) and isinstance(given, Mapping):
        return {**given, **{k: v for k, v in value.items() if k != "path"}}
    return given


def _path_of(value: Any) -> str | None:
    path = value.get("path") if isinstance(value, Mapping) else value
    return path if isinstance(path, str) else None


def _values(inputs: Any) -> dict[str, Any]:
    """Return inputs by name; an input that a component only declares has its default, if any."""
    found: dict[str, Any] = {}
    for name, value in (inputs if isinstance(inputs, Mapping) else {}).items():
        if isinstance(value, Mapping) and "path" not in value and "value" not in value:
            if value.get("default") is not None:
                found[str(name)] = value["default"]
        elif isinstance(value, Scalar | Mapping):
            found[str(name)] = value
    return found


def _output_place(value: Any, pipeline: Mapping[str, Any]) -> Any:
    """Return an output of the step, or the pipeline's output that it is bound to."""
    path = _path_of(value) or ""
    reference = _PARENT.fullmatch(path)
    if reference is None:
        return value
    outputs = pipeline.get("outputs")
    found = outputs.get(reference[2]) if isinstance(outputs, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _check_outputs(component: Section, outputs: Section) -> None:
    declared = component.subsection("outputs")
    for name in map(str, declared.data):
        value = declared.read(name)
        if isinstance(value, Mapping):
            inner = declared.conversion.section(value, declared.at(name))
            for key in ("type", "description", "mode"):
                inner.read(key)
            inner.reject_unknown_keys()
    for name in outputs.data:
        if declared.data and name not in declared.data:
            listed = ", ".join(map(str, declared.data))
            message = f"the component has no such output; there are: {listed}"
            outputs.reject(str(name), outputs.data[name], message)


def _declared(component: Section, key: str) -> list[str]:
    found = component.data.get(key)
    return list(map(str, found)) if isinstance(found, Mapping) else []


def _relative(conversion: Conversion, folder: str) -> str:
    if not conversion.code:
        return ""
    path = os.path.join(os.path.relpath(folder, conversion.options.folder), conversion.code)
    return plain_path(path)
