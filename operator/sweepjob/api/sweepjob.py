"""A SweepJob object to a ``SweepSpec``, or every reason why it cannot be carried out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..early_stopping.policy import NoPolicy, Policy
from ..objective import Goal, Objective
from ..search.space import Space
from ..template.command import misplaced, syntax_error
from ..template.references import Reference, text_of
from .bounds import NAME_LIMIT, VALUE_LIMIT, shape_problems
from .early_termination import parse_policy
from .limits import COMPANION_GRACE, Limits
from .metrics import RETRY, Metrics, parse_metrics
from .names import QUEUE_LABELS, SWEEP_NAME_LIMIT
from .outputs import Output, parse_outputs
from .pod_checks import check_pod
from .problem import InvalidSpec, Problem
from .quantity import check_amounts
from .reader import Reader
from .references import possible, unresolved
from .sampling_algorithm import arrange, parse_algorithm
from .search_space import parse_space

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_MAX_TOTAL, _MAX_CONCURRENT = 100_000, 10_000
_LIMITS = (
    "maxTotalTrials",
    "maxConcurrentTrials",
    "timeout",
    "trialTimeout",
    "startTimeout",
    "maxFailedTrials",
)
_SHORT = ("image", "command", "env", "resources")
_COMPANIONS = "companionGracePeriodSeconds"
_SPEC_KEYS = (
    "objective",
    "samplingAlgorithm",
    "searchSpace",
    "earlyTermination",
    "limits",
    "suspend",
    "stop",
    "inputs",
    "outputs",
    "metrics",
    "warmStart",
    "trial",
)


@dataclass(frozen=True, slots=True)
class TrialTemplate:
    """``spec.trial``: what a trial runs. Either ``template`` or image, command, env, resources.

    Attributes:
        max_retries: new attempts after a failure.
        stop_grace: seconds between SIGTERM and SIGKILL for a trial that is stopped.
        companion_grace: seconds that other containers have when the trainer has ended.
    """

    template: Mapping[str, Any] | None
    image: str
    command: str | tuple[str, ...]
    env: tuple[Mapping[str, Any], ...]
    resources: Mapping[str, Any]
    max_retries: int
    stop_grace: int
    companion_grace: int = round(COMPANION_GRACE)


@dataclass(frozen=True, slots=True)
class SweepSpec:
    """A SweepJob's specification, understood and consistent.

    Attributes:
        sampler: type and rule, as in the registry of samplers.
        seed: None when the operator is to make one.
        queue: Kueue's labels, which the SweepJob passes on.
        warm_start: names of sweeps whose trials count here, too.
        log_base: of the logarithmic expressions.
    """

    objective: Objective
    space: Space
    sampler: tuple[str, str]
    seed: int | None
    policy: Policy
    limits: Limits
    suspend: bool
    stop: bool
    inputs: Mapping[str, Any]
    outputs: tuple[Output, ...]
    metrics: Metrics
    trial: TrialTemplate
    queue: Mapping[str, str] = field(default_factory=dict)
    warm_start: tuple[str, ...] = ()
    log_base: float = math.e


def parse_sweepjob(body: Mapping[str, Any]) -> SweepSpec:
    """Read a SweepJob.

    Raises:
        InvalidSpec: with every mistake, its path, the value found and what to do.
    """
    if problems := shape_problems(body.get("spec"), "spec"):
        raise InvalidSpec(problems)
    reader = Reader(body.get("spec"), "spec")
    reader.known(_SPEC_KEYS)
    given = "samplingAlgorithm" in reader.data
    algorithm = parse_algorithm(reader.child("samplingAlgorithm"), given=given)
    space = parse_space(reader.child("searchSpace"), algorithm.base)
    limits = parse_limits(reader.child("limits"))
    policed = "earlyTermination" in reader.data
    spec = SweepSpec(
        objective=parse_objective(reader.child("objective")),
        space=arrange(space, algorithm, reader),
        sampler=(algorithm.kind, algorithm.rule),
        seed=algorithm.seed,
        policy=parse_policy(reader.child("earlyTermination")) if policed else NoPolicy(),
        limits=limits,
        suspend=reader.flag("suspend"),
        stop=reader.flag("stop"),
        inputs=_inputs(reader.child("inputs")),
        outputs=parse_outputs(reader.child("outputs")),
        metrics=parse_metrics(reader.child("metrics")),
        trial=_trial(reader.child("trial")),
        queue=_queue(body.get("metadata")),
        warm_start=_warm_start(reader, body.get("metadata")),
        log_base=algorithm.base,
    )
    metadata = Reader(body.get("metadata"), "metadata", reader.problems)
    _check_name(reader, metadata.text("name"))
    _check_references(reader, spec)
    _check_retries(reader, spec)
    reader.problems += check_pod(reader.child("trial").data, spec.metrics)
    reader.finish()
    return spec


def _inputs(reader: Reader) -> Mapping[str, Any]:
    reader.bounded("", reader.data, 200)
    for name, value in reader.data.items():
        if len(str(name)) > NAME_LIMIT:
            reader.note(str(name), name, f"a name has {NAME_LIMIT} characters at most")
        reader.bounded(str(name), text_of(value), VALUE_LIMIT)
    return reader.data


def _queue(metadata: Any) -> dict[str, str]:
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    given = labels if isinstance(labels, Mapping) else {}
    return {key: str(given[key]) for key in QUEUE_LABELS if key in given}


def _warm_start(reader: Reader, metadata: Any) -> tuple[str, ...]:
    if "warmStart" not in reader.data:
        return ()
    warm = reader.child("warmStart")
    warm.known(("sweeps",))
    sweeps = warm.data.get("sweeps")
    if not isinstance(sweeps, list) or not all(isinstance(s, str) and s for s in sweeps):
        warm.note("sweeps", sweeps, "must be a list of names of finished sweeps")
        return ()
    warm.bounded("sweeps", sweeps, 20)
    own = metadata.get("name") if isinstance(metadata, Mapping) else None
    for position, name in enumerate(sweeps):
        if name in sweeps[:position]:
            warm.note(f"sweeps[{position}]", name, "is there twice; remove one")
        if len(name) > 63:
            warm.note(f"sweeps[{position}]", name, "no sweep has so long a name")
        if name == own:
            warm.note(f"sweeps[{position}]", name, "is this sweep itself; remove it")
    if not sweeps:
        warm.note("sweeps", sweeps, "must have at least one name; or remove warmStart")
    return tuple(sweeps)


def parse_objective(reader: Reader) -> Objective:
    """The objective below ``reader``; mistakes are noted there."""
    reader.known(("goal", "primaryMetric"))
    goal = reader.word("goal", tuple(Goal))
    metric = reader.text("primaryMetric")
    reader.bounded("primaryMetric", metric, 250)
    return Objective(Goal(goal) if goal in tuple(Goal) else Goal.MAXIMIZE, metric)


def parse_limits(reader: Reader) -> Limits:
    """The limits below ``reader``; mistakes are noted there."""
    reader.known(_LIMITS)
    total = reader.integer("maxTotalTrials", least=1, most=_MAX_TOTAL)
    at_most = max(1, min(total, _MAX_CONCURRENT))
    concurrent = reader.integer("maxConcurrentTrials", at_most, least=1, most=_MAX_CONCURRENT)
    return Limits(
        max_total_trials=total,
        max_concurrent_trials=concurrent,
        timeout=reader.optional_integer("timeout", 1),
        trial_timeout=reader.optional_integer("trialTimeout", 1),
        start_timeout=reader.optional_integer("startTimeout", 1),
        max_failed_trials=reader.optional_integer("maxFailedTrials"),
    )


def _trial(reader: Reader) -> TrialTemplate:
    reader.known((*_SHORT, "template", "maxRetries", "stopGracePeriodSeconds", _COMPANIONS))
    template = reader.data.get("template")
    short = [key for key in _SHORT if key in reader.data]
    if template is None:
        reader.bounded("image", reader.text("image"), 1000)
    elif short:
        reader.note(short[0], reader.data[short[0]], "give either template or the short form")
    elif not _containers(template):
        reader.note("template", "...", "must be a pod template with spec.containers")
    return TrialTemplate(
        template=template if isinstance(template, Mapping) else None,
        image=str(reader.data.get("image", "")),
        command=_command(reader),
        env=_env(reader),
        resources=_resources(reader.child("resources")),
        max_retries=reader.integer("maxRetries", 0, most=98),
        stop_grace=reader.integer("stopGracePeriodSeconds", 5, most=3600),
        companion_grace=reader.integer(_COMPANIONS, round(COMPANION_GRACE), least=5, most=86400),
    )


def _command(reader: Reader) -> str | tuple[str, ...]:
    command = reader.data.get("command", "")
    words = command if isinstance(command, list) else [command]
    if not all(isinstance(word, str) for word in words):
        reader.note("command", command, "must be a text or a list of texts; quote numbers")
    reader.bounded("command", words, 1000)
    if isinstance(command, list):
        return tuple(map(str, command))
    if isinstance(command, str) and (mistake := syntax_error(command)):
        reader.note("command", command, mistake)
    return str(command)


def _resources(reader: Reader) -> Mapping[str, Any]:
    check_amounts(reader)
    return reader.data


def _env(reader: Reader) -> tuple[Mapping[str, Any], ...]:
    env = reader.data.get("env", [])
    if not isinstance(env, list) or not all(isinstance(e, Mapping) and "name" in e for e in env):
        reader.note("env", env, "must be a list of variables, e.g. [{name: A, value: b}]")
        return ()
    for number, entry in enumerate(env):
        variable = Reader(entry, reader.at(f"env[{number}]"), reader.problems)
        variable.text("name")
        if not isinstance(entry.get("value", ""), str):
            variable.note("value", entry["value"], "must be a text; quote it")
    reader.bounded("env", env, 500)
    return tuple(env)


def _containers(template: Any) -> list[Any]:
    spec = template.get("spec") if isinstance(template, Mapping) else None
    found = spec.get("containers") if isinstance(spec, Mapping) else None
    listed = found if isinstance(found, list) else []
    return listed if all(isinstance(container, Mapping) for container in listed) else []


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
        message = "must have small letters, digits and - only: Jobs and pods are named after it"
        reader.problems.append(Problem("metadata.name", name, message))


def _check_references(reader: Reader, spec: SweepSpec) -> None:
    paths = {output.name: output.mount_path for output in spec.outputs}
    trial = reader.data.get("trial", {})
    wrong = [*unresolved(trial, spec.space, spec.inputs, paths)]
    for path, reference, remedy in wrong:
        reader.problems.append(Problem(f"spec.trial{path}", reference, remedy))
    if not wrong:
        known = possible(spec.space, spec.inputs, paths)
        for name, message in misplaced(spec.trial.command, lambda name: known.get(name, ())):
            problem = Problem("spec.trial.command", str(Reference(name)), message)
            reader.problems.append(problem)
