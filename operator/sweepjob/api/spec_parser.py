"""Parses a SweepJob object into a ``SweepSpec``, or reports everything that is wrong with it.

The CRD also checks what a structural schema and CEL can express, so that ``kubectl apply`` refuses it.
The checks here repeat those, because the Python SDK and ``run --local`` have no API server. They add
checks across fields and of free-form parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..early_stopping.policy import NoPolicy
from ..template.command import misplaced_references
from ..template.references import Reference, value_text
from .names import QUEUE_LABELS, SWEEP_NAME_LIMIT
from .parsing.problem import InvalidSpec, Problem
from .parsing.reader import Reader
from .parsing.size_limits import NAME_LIMIT, VALUE_LIMIT, size_problems
from .spec.budget import budget_problems, budget_references
from .spec.checkpoint import checkpoint_problems, with_policy
from .spec.code import code_problems
from .spec.constraints import parse_constraints
from .spec.initial_points import parse_initial_points
from .spec.limits import parse_limits
from .spec.metrics import RETRY, parse_metrics
from .spec.notifications import parse_notifications
from .spec.objective import parse_objectives
from .spec.outputs import parse_outputs
from .spec.sampling_algorithm import DEFAULT_ALGORITHM, parse_algorithm, prepare_space
from .spec.search_space import parse_space
from .spec.several_metrics import check_several_metrics
from .spec.sweep_description import describe_sweep
from .spec.sweep_spec import SweepSpec
from .spec.trial_manifest import MANIFEST_REFERENCES
from .spec.trial_template import parse_trial
from .spec.warm_start import parse_warm_start
from .validation.manifest import manifest_problems
from .validation.pod_template import group_problems, pod_problems
from .validation.template_references import possible_values, unresolved_references

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SPEC_KEYS = (
    "objective",
    "objectives",
    "constraints",
    "samplingAlgorithm",
    "searchSpace",
    "earlyTermination",
    "limits",
    "suspend",
    "stop",
    "inputs",
    "outputs",
    "metrics",
    "notifications",
    "warmStart",
    "initialPoints",
    "trial",
)


def parse_sweepjob(body: Mapping[str, Any]) -> SweepSpec:
    """Parse a SweepJob object.

    Args:
        body: the object, as YAML or the API server has it.

    Raises:
        InvalidSpec: lists every problem with its path, the value found and the remedy.
    """
    if problems := size_problems(body.get("spec"), "spec"):
        raise InvalidSpec(problems)
    reader = Reader(body.get("spec"), "spec")
    reader.known(_SPEC_KEYS)
    algorithm = parse_algorithm(reader.child("samplingAlgorithm", {"type": DEFAULT_ALGORITHM}))
    space = parse_space(reader.child("searchSpace"), algorithm.log_base)
    limits = parse_limits(reader.child("limits"))
    space = prepare_space(space, algorithm, reader)
    objective, *further = parse_objectives(reader)
    constraints = parse_constraints(reader)
    check_several_metrics(reader, (objective, *further), constraints, algorithm.sampler)
    spec = SweepSpec(
        objective=objective,
        further_objectives=tuple(further),
        constraints=constraints,
        space=space,
        sampler=algorithm.sampler,
        seed=algorithm.seed,
        policy=NoPolicy(),
        limits=limits,
        suspend=reader.flag("suspend"),
        stop=reader.flag("stop"),
        inputs=_inputs(reader.child("inputs")),
        outputs=parse_outputs(reader.child("outputs")),
        metrics=parse_metrics(reader.child("metrics")),
        trial=parse_trial(reader.child("trial")),
        queue=_queue(body.get("metadata")),
        warm_start=parse_warm_start(reader, body.get("metadata"), space),
        initial_points=parse_initial_points(reader, space, limits.max_total_trials),
        log_base=algorithm.log_base,
        notifications=parse_notifications(reader.data.get("notifications", []), reader),
    )
    if "earlyTermination" in reader.data:
        spec = with_policy(spec, reader.child("earlyTermination"))
    metadata = Reader(body.get("metadata"), "metadata", reader.problems)
    _check_name(reader, metadata.text("name"))
    _check_references(reader, spec)
    reader.problems += budget_problems(spec, reader.child("trial").data)
    _check_retries(reader, spec)
    reader.problems += checkpoint_problems(spec)
    _check_template(reader, spec)
    reader.finish()
    return replace(spec, description=describe_sweep(reader.data))


def _check_template(reader: Reader, spec: SweepSpec) -> None:
    """Check the pod template, or the manifest, with the settings that add something to its pods."""
    trial = reader.child("trial").data
    if spec.trial.manifest is not None:
        reader.problems += manifest_problems(spec)
        trial = {**trial, "template": spec.trial.template or {}}
    found = [*pod_problems(trial, spec.metrics)]
    found += code_problems(spec.trial.code, spec.outputs, trial)
    reader.problems += (p.below("spec.trial.template", spec.trial.template_path) for p in found)
    if spec.trial.instance_count > 1:
        reader.problems += group_problems(trial, spec.metrics, spec.outputs)


def _inputs(reader: Reader) -> Mapping[str, Any]:
    reader.bounded("", reader.data, 200)
    for name, value in reader.data.items():
        if len(str(name)) > NAME_LIMIT:
            reader.note(str(name), name, f"a name may have at most {NAME_LIMIT} characters")
        reader.bounded(str(name), value_text(value), VALUE_LIMIT)
    return reader.data


def _queue(metadata: Any) -> dict[str, str]:
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    given = labels if isinstance(labels, Mapping) else {}
    return {key: str(given[key]) for key in QUEUE_LABELS if key in given}


def _check_retries(reader: Reader, spec: SweepSpec) -> None:
    if spec.metrics.on_incomplete == RETRY and spec.trial.max_retries == 0:
        message = "needs trial.maxRetries of at least 1: such an attempt counts as failed"
        reader.problems.append(Problem("spec.metrics.onIncomplete", RETRY, message))


def _check_name(reader: Reader, name: str) -> None:
    if len(name) > SWEEP_NAME_LIMIT:
        most = f"may have at most {SWEEP_NAME_LIMIT} characters"
        message = f"{most}: trials, Jobs and pods are named after it"
        reader.problems.append(Problem("metadata.name", name, message))
    elif name and not _DNS_LABEL.fullmatch(name):
        message = (
            "must consist of lower-case letters, digits and -: Jobs and pods are named after it"
        )
        reader.problems.append(Problem("metadata.name", name, message))


def _check_references(reader: Reader, spec: SweepSpec) -> None:
    paths = {output.name: output.mount_path for output in spec.outputs}
    trial = reader.data.get("trial", {})
    own = () if spec.trial.manifest is None else MANIFEST_REFERENCES
    own = (*own, *budget_references(spec))
    wrong = [*unresolved_references(trial, spec.space, spec.inputs, paths, own)]
    for path, reference, remedy in wrong:
        reader.problems.append(Problem(f"spec.trial{path}", reference, remedy))
    if not wrong:
        known = possible_values(spec.space, spec.inputs, paths)
        known |= {name: ["1"] for name in budget_references(spec)}
        for name, message in misplaced_references(
            spec.trial.command, lambda name: known.get(name, ())
        ):
            problem = Problem("spec.trial.command", str(Reference(name)), message)
            reader.problems.append(problem)
