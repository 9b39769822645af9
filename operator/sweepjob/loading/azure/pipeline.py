"""Converts a sweep step of a pipeline to a sweep of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ..azure_map.asset_names import step_output
from .component_trial import convert_component_trial
from .conversion import Conversion, Section
from .inputs import convert_outputs, note_unused_outputs
from .metadata import annotate, annotate_map, initialize_manifest
from .old_keys import OF_THE_SERVICE
from .options_check import reject_command
from .pipeline_steps import SweepStep
from .pipeline_values import bind_input, flat_inputs, no_value
from .placement import convert_compute, convert_resources, note_settings_of_the_service
from .sweep import convert_search, finish_spec

_OUTPUT = re.compile(r"\s*\$\{\{\s*parent\.outputs\.([^}\s]+)\s*\}\}\s*")
_PARENT = re.compile(r"\$\{\{\s*parent\.[^}]*\}\}")
_WITHOUT_PARENT = re.compile(r"\$\{\{\s*((?:inputs|jobs)\.[^}\s]+)\s*\}\}")
# Azure's client accepts these keys of a step, which its schema does not have.
_STEP_TEXTS = ("name", "display_name", "description", "tags", "experiment_name")


def convert_step(
    conversion: Conversion,
    pipeline: Mapping[str, Any],
    step: SweepStep,
    name: str,
    converted: Collection[str],
) -> None:
    """Convert a sweep step.

    Args:
        conversion: receives the SweepJob, the notes and the errors.
        pipeline: the pipeline.
        step: the step.
        name: name of the SweepJob, if no option has one.
        converted: names of the steps that are converted at the same time.
    """
    conversion.problems += step.problems
    conversion.key_notes += step.notes
    conversion.old_paths |= step.old_paths
    whole = conversion.section(pipeline, "")
    top = conversion.section(step.data, step.path)
    _convert_metadata(conversion, whole, step.name, name)
    _note_other_steps(whole, step, converted)
    whole.reject_unknown_keys()
    top.read("type")
    convert_search(conversion, top)
    # The paths of the result's problems are those of the step.
    conversion.source_paths = {"spec": step.path, **conversion.source_paths}
    outputs = top.subsection("outputs")
    convert_outputs(
        conversion.section(
            {k: _output_place(v, pipeline) for k, v in outputs.data.items()}, outputs.path
        )
    )
    conversion.known_inputs |= dict.fromkeys(step.parent.names)
    given = _resolve_inputs(top, step)
    declared = step.declared
    around = None if declared is None else conversion.section(declared.data, declared.path)
    inputs, parts = convert_component_trial(conversion, top, given, outputs, around)
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


def _convert_metadata(conversion: Conversion, whole: Section, step: str, name: str) -> None:
    """Convert what a pipeline says of itself; add a note for what is lost."""
    texts = {key: whole.text(key) for key in ("name", "display_name", "experiment_name")}
    base = texts["name"] or texts["display_name"] or texts["experiment_name"]
    source = f"{base}-{step}" if base else None
    conversion.is_named = whole.data.get("name") is not None
    metadata = initialize_manifest(conversion, source, "name", name, name)
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
    if conversion.options.is_lazy:
        settings.ignore("default_datastore", "the map has the one of outputs: workspaceblobstore")
    else:
        conversion.datastore = settings.text("default_datastore")
    for key in map(str, settings.data):  # Azure's client accepts any setting
        if key not in ("default_compute", "default_datastore"):
            settings.ignore(key, "it is about the other steps of the pipeline")
    for key in OF_THE_SERVICE:
        whole.ignore(key, "Azure's service wrote it")
    whole.ignore("outputs", "outputs are folders of the sweep's trials")
    whole.ignore("component", "the sweep step alone is converted")


def _note_other_steps(whole: Section, step: SweepStep, converted: Collection[str]) -> None:
    """Add a note for the steps that are not converted, and for those that read the sweep's outputs."""
    jobs = whole.read("jobs", {})
    around = {name.split(".")[0] for name in converted}
    others = [str(name) for name in jobs if str(name) not in around]
    if others:
        message = "are other steps; they are not converted, and nothing runs them"
        whole.note("jobs", ", ".join(others), message)
    own = step.name.rpartition(".")[2]
    for name, job in step.parent.jobs.items():
        if name == own:
            continue
        inputs = job.get("inputs") if isinstance(job, Mapping) else None
        for key, value in (inputs if isinstance(inputs, Mapping) else {}).items():
            output = step_output(_path_of(value) or "")
            if output is not None and output[0].startswith(f"{own}.outputs."):
                sweep = whole.conversion.manifest["metadata"]["name"]
                message = (
                    "is what the best trial wrote, in Azure; after the sweep, kubectl sweepjob download "
                    f"{sweep} copies it"
                )
                base = step.path.removesuffix(own)
                whole.note(f"{base}{name}.inputs.{key}", _path_of(value), message)


def _resolve_inputs(top: Section, step: SweepStep) -> dict[str, Any]:
    """Return a step's inputs, with the values that they refer to."""
    inputs = top.subsection("inputs")
    supplied = top.conversion.options.inputs
    found: dict[str, Any] = {}
    for given, value in flat_inputs(inputs.data).items():
        whole = bind_input(value, step.parent)
        # A reference to a group of the pipeline's inputs is all of them.
        for name, bound in flat_inputs({given: whole}).items():
            if name not in supplied:
                bound = _checked(inputs, name, value, bind_input(bound, step.parent), step)
            if bound is not None or name in supplied:
                found[name] = bound
    return found


def _checked(inputs: Section, name: str, value: Any, bound: Any, step: SweepStep) -> Any:
    """Return an input; reject one that still refers to the pipeline, other than an output of a step."""
    text = _path_of(bound) or ""
    if output := step_output(text):
        producer = output[0].rpartition(".outputs.")[0]
        own = step_output(_path_of(value) or "")
        if own is not None and own[0].startswith(f"{step.name.rpartition('.')[2]}.outputs."):
            inputs.reject(name, value, "is an output of this step itself")
        elif producer not in step.parent.steps:
            listed = ", ".join(sorted(step.parent.steps))
            message = f"the pipeline has no step {producer}; there are: {listed}"
            inputs.reject(name, value, f"{message}; or give --input {name}=PATH")
        return bound if isinstance(bound, Mapping) else {"path": text}
    if reference := _WITHOUT_PARENT.search(text):
        message = f"is no reference in a step of a pipeline: write ${{{{parent.{reference[1]}}}}}"
        inputs.reject(name, value, message)
        return ""
    if reference := _PARENT.search(text):
        inputs.reject(name, value, no_value(reference, step.parent, name))
        return ""  # a value that needs no second message
    return bound


def _path_of(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("path", value.get("value"))
    return value if isinstance(value, str) else None


def _output_place(value: Any, pipeline: Mapping[str, Any]) -> Any:
    """Return an output of the step, or the pipeline's output that it is bound to."""
    reference = _OUTPUT.fullmatch(_path_of(value) or "")
    if reference is None:
        return value
    outputs = pipeline.get("outputs")
    found = outputs.get(reference[1]) if isinstance(outputs, Mapping) else None
    return found if isinstance(found, Mapping) else None
