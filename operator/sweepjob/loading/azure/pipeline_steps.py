"""Finds the sweep steps of a pipeline and of the pipelines in it."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...api.parsing.problem import Problem
from ...api.parsing.suggestions import nearest
from ...search.space import Scalar
from ..azure_map.asset_names import is_local_path
from .component import read_component
from .conversion import Conversion, ConversionOptions, Section
from .old_keys import is_sweep_step, step_with_current_keys
from .pipeline_values import (
    Parent,
    bind_input,
    bind_settings,
    bind_value,
    names_of_inputs,
    unbound_settings,
)
from .sweep_component import sweep_of_component

_MAX_DEPTH = 20  # of pipelines in pipelines
MAX_STEPS = 1000  # sweep steps of a pipeline
_OTHER_TYPES = (  # of Azure's steps, which are not converted
    *("command", "parallel", "spark", "automl", "data_transfer", "import", "finetuning"),
    *("do_while", "if_else", "parallel_for"),
)


@dataclass(frozen=True, slots=True)
class SweepStep:
    """A sweep step of a pipeline.

    Attributes:
        name: name of the step; ``OUTER.INNER`` in a pipeline inside of another.
        data: the step, whose settings have the values of the pipeline.
        path: its path in the file.
        parent: what its inputs can refer to.
        compute: the pipeline's default compute target.
        folder: folder to which the paths of the step are relative.
        problems: settings whose values the pipeline does not have.
        notes: keys that files of today do not have.
        old_paths: paths of the file by those that files of today have.
        declared: the inputs that the step's component declares, if that is a sweep; else None.
    """

    name: str
    data: Mapping[str, Any]
    path: str
    parent: Parent
    compute: str | None
    folder: str
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    old_paths: Mapping[str, str] = field(default_factory=dict)
    declared: Section | None = None


@dataclass(frozen=True, slots=True)
class UnreadStep:
    """A step that is, or may be, a sweep or a pipeline with sweep steps, and cannot be read.

    Attributes:
        name: name of the step.
        problems: why not.
        is_pipeline: False if it may be any kind of step; True also for what is meant to be a sweep.
    """

    name: str
    problems: tuple[Problem, ...]
    is_pipeline: bool = True


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
    compute: Any,
    depth: int,
    around: Collection[str] = (),
) -> Iterator[SweepStep | UnreadStep]:
    jobs = data.get("jobs")
    jobs = jobs if isinstance(jobs, Mapping) else {}
    names = names_of_inputs(data.get("inputs"), jobs)
    # A flag can give an input of the step, or of the pipeline.
    flags = {k: v for k, v in conversion.options.inputs.items() if k in names}
    values = {**_values(data.get("inputs")), **given, **flags}
    parent = Parent(values, jobs, names, {*around, *map(str, jobs)})
    settings = data.get("settings")
    default = settings.get("default_compute") if isinstance(settings, Mapping) else None
    compute = default or data.get("compute") or compute
    for name, job in jobs.items():
        if not isinstance(job, Mapping):
            continue
        full, at = f"{prefix}{name}", f"{path}jobs.{name}"
        kind = str(job.get("type", "")).lower()
        if is_sweep_step(job) and not _has_component_only(job):
            target = bind_value(compute, parent)
            yield _sweep_step(job, parent, full, at, target, conversion.options.folder)
        elif is_sweep_step(job) or kind in ("pipeline", ""):
            yield from _inner_steps(job, conversion, full, at, parent, compute, depth + 1)
        elif meant := meant_type(job, kind):
            text = f"is no type of a step; did you mean {meant}?"
            yield UnreadStep(full, (Problem(f"{at}.type", job["type"], text),))


def meant_type(job: Mapping[str, Any], kind: str) -> str:
    """Return sweep or pipeline for a job of a misspelled type; empty for one of another type.

    Args:
        job: the job, or the step.
        kind: its type in lower case.
    """
    if kind in _OTHER_TYPES:
        return ""
    if "search_space" in job:
        return "sweep"
    if isinstance(job.get("jobs"), Mapping):
        return "pipeline"
    near = nearest(kind, ("sweep", "pipeline", *_OTHER_TYPES))
    return near if near in ("sweep", "pipeline") else ""


def _sweep_step(
    job: Mapping[str, Any], parent: Parent, name: str, path: str, compute: Any, folder: str
) -> SweepStep:
    keys = Conversion(ConversionOptions())
    bound = bind_settings(step_with_current_keys(job, keys), parent)
    problems = unbound_settings(bound, path, parent)
    if compute is not None and not isinstance(compute, str):
        problems += (Problem("compute", compute, "must be the name of a compute target"),)
        compute = None
    old_paths = {f"{path}.{new}": f"{path}.{old}" for new, old in keys.old_paths.items()}
    problems += _below(path, keys.problems)
    notes = _below(path, keys.key_notes)
    return SweepStep(name, bound, path, parent, compute, folder, problems, notes, old_paths)


def _below(path: str, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return problems with paths below another one."""
    return tuple(Problem(f"{path}.{p.path}", p.value, p.message) for p in problems)


def _has_component_only(job: Mapping[str, Any]) -> bool:
    """Return whether a sweep step is a component that is a sweep, with inputs for it."""
    return job.get("component") is not None and "search_space" not in job


def _inner_steps(
    job: Mapping[str, Any],
    conversion: Conversion,
    name: str,
    path: str,
    parent: Parent,
    compute: Any,
    depth: int,
) -> Iterator[SweepStep | UnreadStep]:
    """Yield the sweep steps of a step that is a pipeline, inline or in a file."""
    if depth > _MAX_DEPTH:
        text = f"pipelines are nested deeper than {_MAX_DEPTH} levels: one may contain itself"
        yield UnreadStep(name, (Problem(path, job.get("component"), text),))
        return
    given = {key: bind_input(value, parent) for key, value in _values(job.get("inputs")).items()}
    if isinstance(job.get("jobs"), Mapping):
        at, around = f"{path}.", parent.steps
        yield from _steps(job, conversion, f"{name}.", at, given, compute, depth, around)
        return
    quiet = Conversion(conversion.options)
    component = read_component(quiet.section(job, path), "component")
    is_pipeline = str(job.get("type", "")).lower() == "pipeline" or is_sweep_step(job)
    if component is None and (is_pipeline or _is_file(job.get("component"))):
        yield UnreadStep(name, tuple(quiet.problems), is_pipeline)
    if component is not None and is_sweep_step(component.section.data):
        whole = sweep_of_component(component.section.data, job)
        target = bind_value(compute, parent)
        found = _sweep_step(whole, parent, name, path, target, component.folder)
        yield _with_paths_of_component(found, component.section, job)
    elif component is not None and is_sweep_step(job):
        text = "is no component that is a sweep: it has no search_space; give it as trial"
        problem = Problem(f"{path}.component", job.get("component"), text)
        yield UnreadStep(name, (problem,))
    elif component is not None and isinstance(component.section.data.get("jobs"), Mapping):
        inner = Conversion(replace(conversion.options, folder=component.folder))
        at = f"{component.section.path}:"
        pipeline, around = component.section.data, parent.steps
        yield from _steps(pipeline, inner, f"{name}.", at, given, compute, depth, around)


def _with_paths_of_component(
    step: SweepStep, component: Section, job: Mapping[str, Any]
) -> SweepStep:
    """Return a step with the paths of its component's file, but for what the step itself gives.

    Args:
        step: the step.
        component: the component, which is a sweep.
        job: the step as the pipeline has it.
    """
    moved = {
        f"{step.path}.{key}": component.at(str(key))
        for key in component.data
        if key not in (*job, "inputs", "outputs")
    }
    given = job.get("outputs")
    for name in component.subsection("outputs").data:
        if not isinstance(given, Mapping) or name not in given:
            moved[f"{step.path}.outputs.{name}"] = f"{component.at('outputs')}.{name}"
    declared = component.subsection("inputs")
    paths = Conversion(ConversionOptions(), old_paths=moved)

    def located(problems: Sequence[Problem]) -> tuple[Problem, ...]:
        return tuple(Problem(paths.old_path(p.path), p.value, p.message) for p in problems)

    return replace(
        step,
        problems=located(step.problems) + tuple(component.conversion.problems),
        notes=located(step.notes),
        old_paths=moved | {new: paths.old_path(old) for new, old in step.old_paths.items()},
        declared=declared,
    )


def _is_file(component: Any) -> bool:
    return isinstance(component, str) and is_local_path(component)


def _values(inputs: Any) -> dict[str, Any]:
    """Return inputs by name; an input that a component only declares has its default, if any."""
    found: dict[str, Any] = {}
    for name, value in (inputs if isinstance(inputs, Mapping) else {}).items():
        is_group = isinstance(value, Mapping) and str(value.get("type", "")).lower() == "group"
        if isinstance(value, Mapping) and not is_group and not {"path", "value"} & value.keys():
            if value.get("default") is not None:
                found[str(name)] = value["default"]
        elif isinstance(value, Scalar | Mapping):
            found[str(name)] = value
    return found
