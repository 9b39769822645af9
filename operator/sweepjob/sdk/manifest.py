"""Converts a sweep in Python to the parts of a SweepJob object, and back."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..api import names
from ..loading.azure.metadata import annotation_names
from ..loading.azure.sweep import parameter_names
from ..loading.errors import LoadError
from ..loading.pod_settings import PodSettingError
from ..template.references import references, split_optional
from .arguments import ArgumentError, present
from .azure_resolution import Resolution
from .constraints import Constraint
from .data import Output
from .definition import SweepDefinition
from .distributions import group_spec, started_command
from .expression_parsing import expression_from_spec
from .expressions import SPEC_KEYS, Expression
from .limits import Objective, SweepJobLimits
from .notification import Notification, as_notification
from .object_arguments import objects_of
from .object_name import object_name
from .policies import EarlyTerminationPolicy, early_termination_policy, policy_from_spec
from .sampling_algorithms import GridSamplingAlgorithm, algorithm_from_spec
from .trial import TrialDefinition, argument_list
from .warm_start import build_warm_start, warm_start_arguments

NO_OBJECTIVE = (
    "objective: is required: set_objective(goal=..., primary_metric=...), or objectives=[...] for "
    "several"
)
if TYPE_CHECKING:
    from ..loading.code import CodeSnapshot

_TEXTS = {
    "display_name": "display-name",
    "experiment_name": "experiment-name",
    "description": "description",
}
_MAPS = ("tags", "properties")
_RANDOM = {"type": "random"}


def build_metadata(job: SweepDefinition, queue: str | None) -> dict[str, Any]:
    """Return ``metadata`` of the SweepJob object.

    Args:
        job: the sweep.
        queue: Kueue's queue.
    """
    labels = dict(job.labels) | ({names.QUEUE_LABEL: queue} if queue else {})
    notes = dict(job.annotations)
    for key, suffix in _TEXTS.items():
        if (text := getattr(job, key)) is not None:
            notes[f"{names.GROUP}/{suffix}"] = text
    for key in _MAPS:
        given = getattr(job, key) or {}
        notes |= {
            f"{key}.{names.GROUP}/{kept}": str(given[name])
            for name, kept in annotation_names(given).items()
        }
    name = (
        object_name(job.name)
        if job.name
        else object_name(job.display_name or job.experiment_name or "sweep")
    )
    maps = {k: v for k, v in (("labels", labels), ("annotations", notes)) if v}
    return {"name": name, **present(namespace=job.namespace), **maps}


def build_spec(job: SweepDefinition, azure: Resolution) -> dict[str, Any]:
    """Return ``spec`` of the SweepJob object.

    Args:
        job: the sweep.
        azure: what it takes from Azure.

    Raises:
        ArgumentError: a required part is missing, or two parts contradict each other.
    """
    if job.objective is None and not job.objectives:
        raise ArgumentError(NO_OBJECTIVE)
    space = {name: _as_expression(name, e).to_spec() for name, e in job.search_space.items()}
    spec: dict[str, Any] = {
        **_objectives(job),
        "samplingAlgorithm": _sampling(job, space),
        "searchSpace": space,
    }
    if job.early_termination is not None:
        spec["earlyTermination"] = _as_policy(job.early_termination).to_spec()
    spec["limits"] = job.limits.to_spec()
    parts = {
        "inputs": azure.inputs,
        "outputs": azure.outputs,
        "metrics": job.metrics and copy.deepcopy(job.metrics),
        "notifications": [entry.to_spec() for entry in map(as_notification, job.notifications)],
        "warmStart": build_warm_start(job.warm_start, job.warm_start_defaults),
        "initialPoints": copy.deepcopy(list(job.initial_points)),
    }
    spec |= {key: value for key, value in parts.items() if value}
    return (
        spec
        | present(suspend=job.suspend, stop=job.stop)
        | {"trial": _trial_spec(job.trial.replace_swept_inputs(job.swept), azure)}
    )


def _objectives(job: SweepDefinition) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if job.objective is not None:
        found["objective"] = job.objective.to_spec()
    # Entries of the lists may have been added or replaced since they were set.
    if objectives := objects_of(Objective, job.objectives, "objectives"):
        found["objectives"] = [entry.to_spec() for entry in objectives]
    if constraints := objects_of(Constraint, job.constraints, "constraints"):
        found["constraints"] = [entry.to_spec() for entry in constraints]
    return found


def _trial_spec(trial: TrialDefinition, azure: Resolution) -> dict[str, Any]:
    """Return ``spec.trial``: further keys, and the short form or a pod template.

    Raises:
        ArgumentError: two settings contradict each other.
    """
    spec = copy.deepcopy(trial.trial)
    spec |= group_spec(trial.instance_count, trial.distribution)
    env = [*spec.pop("env", ()), *trial.variables()]
    command = started_command(argument_list(trial.command), spec.get("distribution"))
    if azure.pod.is_needed:
        if "template" in spec:
            raise ArgumentError("template: has all of a pod; put volumes and the like into it")
        if "manifest" in spec:
            raise ArgumentError("manifest: has its own pods; put volumes and the like into it")
        command = _without_optional_parts(command, azure.inputs)
    try:
        made = azure.pod.trial(azure.image, command, env, azure.amounts)
    except PodSettingError as error:
        raise ArgumentError(str(error)) from None
    if azure.code is not None:
        # A loaded SweepJob gives its code a mount path, which other code keeps.
        kept = {k: v for k, v in (spec.get("code") or {}).items() if k == "mountPath"}
        spec["code"] = {**code_snapshot(azure.code).to_spec(), **kept}
    # In addition to a template they are an error, which the check of the whole sweep reports.
    return spec | made


def code_snapshot(folder: Path) -> CodeSnapshot:
    """Return a snapshot of a folder of code, as the folder is now.

    Raises:
        ArgumentError: the folder cannot be read, or has what a snapshot cannot contain.
    """
    from ..loading.code import snapshot

    try:
        return snapshot(folder)
    except LoadError as error:
        raise ArgumentError(f"code: {error}") from None


def _without_optional_parts(command: Any, inputs: Mapping[str, Any]) -> Any:
    """Return a command line without the optional parts whose inputs have no value."""
    if not isinstance(command, str):
        return command
    return "".join(
        text
        for text, optional in split_optional(command)
        if not optional
        or all(
            name.removeprefix("inputs.") in inputs
            for name in references(text)
            if name.startswith("inputs.")
        )
    )


def _sampling(job: SweepDefinition, space: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sampling algorithm; grid gets the order of the space, which Kubernetes does not keep."""
    spec = job.sampling_algorithm.to_spec()
    grid = job.sampling_algorithm
    if isinstance(grid, GridSamplingAlgorithm) and grid.order is None:
        order = list(parameter_names(space, ""))
        spec |= {"order": order} if len(order) > 1 else {}
    return spec


def _as_expression(name: str, given: Any) -> Expression:
    if isinstance(given, Expression):
        return given
    if isinstance(given, Mapping):  # Azure's client takes the keys of its files as well
        given = {SPEC_KEYS.get(key, key): value for key, value in given.items()}
    return expression_from_spec(given, f"search_space.{name}")


def _as_policy(given: Any) -> EarlyTerminationPolicy:
    if isinstance(given, str):  # Azure's client takes the name of a policy, or its keys, as well
        given = early_termination_policy(given)
    if isinstance(given, Mapping):
        arguments = {str(key): value for key, value in given.items() if key != "type"}
        given = early_termination_policy(str(given.get("type", "")), **arguments)
    if not isinstance(given, EarlyTerminationPolicy):
        raise ArgumentError(
            f"early_termination: {given!r}: must be a policy, e.g. MedianStoppingPolicy()"
        )
    return given


def _metadata_arguments(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments in an object's metadata; labels and annotations without those in others."""
    labels, notes = dict(meta.get("labels") or {}), dict(meta.get("annotations") or {})
    found: dict[str, Any] = {"queue": labels.pop(names.QUEUE_LABEL, None)}
    for key, suffix in _TEXTS.items():
        found[key] = notes.pop(f"{names.GROUP}/{suffix}", None)
    for key in _MAPS:
        prefix = f"{key}.{names.GROUP}/"
        found[key] = {
            n.removeprefix(prefix): notes.pop(n) for n in [*notes] if n.startswith(prefix)
        }
    return found | {"labels": labels, "annotations": notes, "namespace": meta.get("namespace")}


def definition_arguments(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a :class:`SweepDefinition`, but for the trial, from a SweepJob object.

    Args:
        manifest: a valid SweepJob object.
    """
    meta, spec = manifest["metadata"], manifest["spec"]
    policy = spec.get("earlyTermination")
    outputs = spec.get("outputs") or {}
    space = spec["searchSpace"]
    return {
        "name": meta["name"],
        **_metadata_arguments(meta),
        "limits": SweepJobLimits.from_spec(spec["limits"]),
        "sampling_algorithm": algorithm_from_spec(spec.get("samplingAlgorithm") or _RANDOM),
        "search_space": {n: expression_from_spec(e, f"searchSpace.{n}") for n, e in space.items()},
        "objective": Objective.from_spec(spec["objective"]) if "objective" in spec else None,
        "objectives": [Objective.from_spec(o) for o in spec.get("objectives") or ()],
        "constraints": [Constraint.from_spec(c) for c in spec.get("constraints") or ()],
        "early_termination": None if policy is None else policy_from_spec(policy),
        "inputs": spec.get("inputs") or {},
        "outputs": {name: Output.from_spec(output) for name, output in outputs.items()},
        "metrics": spec.get("metrics"),
        **copy.deepcopy(warm_start_arguments(spec)),
        "initial_points": copy.deepcopy(spec.get("initialPoints") or ()),
        "notifications": [Notification.from_spec(n) for n in spec.get("notifications") or ()],
        "suspend": spec.get("suspend"),
        "stop": spec.get("stop"),
    }
