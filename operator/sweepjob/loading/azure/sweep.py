"""Converts Azure's v2 sweep YAML (Azure semantics, "Sweep job YAML, v2")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...api import names
from ...api.parsing.durations import seconds_of
from ...template.references import references
from ..azure_map import DataEntry
from ..azure_map.output_folders import kept_folders, separate_folders
from .command import with_double_braces
from .component_trial import convert_component_trial
from .conversion import Conversion, Section
from .early_termination import V2_NAMES, convert_policy
from .inputs import convert_inputs, convert_outputs, note_unused_outputs
from .metadata import annotate, annotate_map, initialize_manifest, label_queue
from .options_check import reject_command
from .placement import convert_compute, convert_resources, note_settings_of_the_service
from .search_space import convert_space
from .trial import build_trial, convert_trial

GOALS = {"maximize": "maximize", "minimize": "minimize"}
_DEFAULT_TRIALS = 1000  # Azure's, where the file has no limit
_MIN_TIMEOUT = 60  # seconds; Azure raises shorter timeouts to this


def convert_sweep(
    conversion: Conversion, data: Mapping[str, Any], stem: str, *, declared: Any = None
) -> None:
    """Convert a file.

    Args:
        conversion: receives the SweepJob, the notes and the errors.
        data: the contents of the file.
        stem: the SweepJob's name if the file has none.
        declared: the inputs that a component which is a sweep declares, whose trial is a component as
            well; None for a job.
    """
    top = conversion.section(data, "")
    if top.read("type") is None:
        top.note("type", None, "is absent; sweep is assumed")
    top.ignore("$schema", "it says what the file is")
    display = top.text("display_name")
    experiment = top.text("experiment_name")
    name = top.text("name")
    # Sweeps of one experiment are different sweeps.
    of_experiment = f"{experiment}-{stem}" if experiment and experiment != stem else experiment
    conversion.is_named = name is not None
    metadata = initialize_manifest(conversion, name or display or of_experiment, "name", stem)
    annotate(metadata, f"{names.GROUP}/display-name", display)
    annotate(metadata, f"{names.GROUP}/experiment-name", experiment)
    annotate(metadata, f"{names.GROUP}/description", top.text("description"))
    annotate_map(top, "tags", metadata)
    annotate_map(top, "properties", metadata)
    convert_search(conversion, top)
    outputs = top.subsection("outputs")
    convert_outputs(outputs)
    given = top.subsection("inputs")
    if isinstance(top.data.get("trial"), str) or declared is not None:
        if declared is None:
            message = (
                "Azure's client takes a component in a step of a pipeline only; converted as there"
            )
            top.note("trial", top.data["trial"], message)
        raw = {str(name): given.read(name) for name in given.data}
        around = None if declared is None else conversion.section(declared, given.path)
        inputs, parts = convert_component_trial(conversion, top, raw, outputs, around)
    else:
        inputs = convert_inputs(given)
        parts = _convert_trial(conversion, top.subsection("trial"), inputs)
    conversion.known_inputs |= dict.fromkeys(map(str, given.data))
    conversion.known_outputs |= dict.fromkeys(map(str, outputs.data))
    convert_compute(top, "compute")
    note_settings_of_the_service(top)
    convert_resources(top, "resources")
    top.reject_unknown_keys()
    note_unused_outputs(outputs, conversion.manifest["spec"].get("outputs", {}))
    reject_command(conversion)
    finish_spec(conversion, inputs, parts, "trial")


def _convert_trial(
    conversion: Conversion, trial: Section, inputs: Mapping[str, Any]
) -> dict[str, Any]:
    """Convert a trial that is no component."""
    conversion.known_outputs |= dict.fromkeys(outputs_in(trial))
    parts = convert_trial(trial, inputs)
    trial.reject_unknown_keys()
    return parts


def convert_search(conversion: Conversion, top: Section) -> None:
    """Convert objective, sampling, search space, policy and limits to the manifest's new spec.

    Args:
        conversion: receives the spec.
        top: the sweep, or the sweep step of a pipeline.
    """
    spec: dict[str, Any] = {}
    conversion.manifest["spec"] = spec
    spec["objective"] = _objective(top.subsection("objective"))
    spec["samplingAlgorithm"] = _algorithm(top)
    spec["searchSpace"] = convert_space(top.subsection("search_space"), "spec.searchSpace")
    record_grid_order(top, "search_space", spec)
    convert_policy(top, "early_termination", V2_NAMES, spec)
    spec["limits"] = _limits(top.subsection("limits"))


def finish_spec(
    conversion: Conversion, inputs: Mapping[str, Any], parts: Mapping[str, Any], path: str
) -> None:
    """Write inputs and trial into the spec, and the queue into the metadata.

    Args:
        conversion: has what was read.
        inputs: the inputs.
        parts: image, command and environment variables of the trial.
        path: path of the trial in the file.
    """
    spec = conversion.manifest["spec"]
    outputs = spec.pop("outputs", {})
    separate_folders(outputs)
    outputs |= _kept_folders(conversion, outputs)
    if inputs:
        spec["inputs"] = dict(inputs)
    if outputs:
        spec["outputs"] = outputs
    spec["trial"] = build_trial(conversion, parts, path)
    label_queue(conversion)


def _kept_folders(conversion: Conversion, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return entries that keep ``./outputs`` and ``./logs`` of the code, and add a note."""
    options = conversion.options
    if options.local or options.is_lazy:
        return {}
    code = names.CODE_FOLDER if conversion.code else conversion.pod.working_directory
    store = options.azure_map.find_datastore(conversion.datastore)
    if options.claim is not None:
        store = DataEntry("", {"persistentVolumeClaim": {"claimName": options.claim}})
    kept = kept_folders(outputs, store, code or "")
    if kept:
        folders = " and ".join(f"./{name}" for name in kept)
        message = f"the {folders} of each trial are kept on the volume of the outputs, as in Azure"
        conversion.section({}, "outputs").note("", None, message)
    return kept


def outputs_in(trial: Section) -> list[str]:
    """Return the names of the outputs that a trial's command refers to."""
    command = trial.data.get("command")
    names = references(with_double_braces(command)) if isinstance(command, str) else []
    return [name.removeprefix("outputs.") for name in names if name.startswith("outputs.")]


def _objective(section: Section) -> dict[str, Any]:
    objective = {
        "goal": section.keyword("goal", GOALS),
        "primaryMetric": section.required_text("primary_metric", "the metric as it is logged"),
    }
    section.reject_unknown_keys()
    return objective


def _algorithm(top: Section) -> dict[str, Any]:
    key = "sampling_algorithm"
    value = top.data.get(key)
    kinds = {kind: kind for kind in ("random", "grid", "bayesian")}
    if value is None:
        top.note(key, None, "is absent; random, as in Azure's Python client")
    if value is None or isinstance(value, str):
        return {"type": top.keyword(key, kinds, "random")}
    section = top.subsection(key)
    algorithm: dict[str, Any] = {"type": section.keyword("type", kinds)}
    if algorithm["type"] == "random":
        if section.read("rule") is not None:
            algorithm["rule"] = section.keyword("rule", {"random": "random", "sobol": "sobol"})
        if (seed := section.integer("seed")) is not None:
            algorithm["seed"] = seed
        if section.data.get("logbase") == "e":
            algorithm["logbase"] = section.read("logbase")
        elif (base := section.number("logbase")) is not None:
            algorithm["logbase"] = base
    section.reject_unknown_keys()
    return algorithm


def _seconds(section: Section, key: str) -> int | None:
    """Read a duration; one in ISO 8601, as in answers of Azure's service, is refused with its seconds."""
    seconds = seconds_of(section.data.get(key))
    if seconds is not None:
        section.reject(key, section.read(key), f"write it in seconds: {key}: {seconds}")
        return None
    return section.integer(key)


def record_grid_order(section: Section, key: str, spec: dict[str, Any]) -> None:
    """Write the order of the parameters into the spec of a grid, since Kubernetes does not keep it.

    Args:
        section: the section that has the search space.
        key: key of the search space.
        spec: the spec of the SweepJob.
    """
    section.conversion.source_paths["spec.samplingAlgorithm.order"] = section.at(key)
    order = list(parameter_names(spec["searchSpace"], ""))
    if spec["samplingAlgorithm"].get("type") == "grid" and len(order) > 1:
        spec["samplingAlgorithm"]["order"] = order
        message = "the order of the file is kept in samplingAlgorithm.order: Kubernetes sorts keys"
        section.note(key, order, message)


def parameter_names(expressions: Mapping[str, Any], prefix: str) -> dict[str, None]:
    """Return the dotted names of all parameters, as keys in order; nested ones follow their choice.

    Args:
        expressions: expressions by parameter name.
        prefix: prefix of the names.
    """
    found: dict[str, None] = {}
    for name, expression in expressions.items():
        if not isinstance(expression, Mapping):
            continue
        found[f"{prefix}{name}"] = None
        for value in expression.get("values") or ():
            if isinstance(value, Mapping):
                found |= parameter_names(value, f"{prefix}{name}.")
    return found


def _limits(section: Section) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    total = section.integer("max_total_trials")
    if total is None and section.data.get("max_total_trials") is None:
        section.note("max_total_trials", None, f"is absent; {_DEFAULT_TRIALS}, Azure's default")
        total = _DEFAULT_TRIALS
    limits["maxTotalTrials"] = total
    concurrent = section.integer("max_concurrent_trials")
    if concurrent is not None:
        limits["maxConcurrentTrials"] = concurrent
    for theirs, ours in (("timeout", "timeout"), ("trial_timeout", "trialTimeout")):
        seconds = _seconds(section, theirs)
        if seconds == 0:
            section.note(theirs, 0, "Azure's client does not send 0; left out, so there is none")
        elif seconds is not None:
            limits[ours] = seconds
            if 0 < seconds < _MIN_TIMEOUT:
                section.note(theirs, seconds, "taken exactly; Azure would make it 60 s")
    if section.data.get("timeout") is None:
        section.note("timeout", None, "is absent; Azure would cancel the sweep after 60 days")
    section.reject_unknown_keys()
    return limits
