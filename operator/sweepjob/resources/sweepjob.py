"""A SweepJob object to a ``SweepSpec``, or every reason why it cannot be carried out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.limits import Limits
from ..domain.objective import Goal, Objective
from ..domain.problem import Problem
from ..domain.sampling import SAMPLERS
from ..domain.space import Space
from ..domain.stopping import (
    BanditPolicy,
    NoPolicy,
    Policy,
    Schedule,
    TruncationSelectionPolicy,
)
from .names import JOB_NAME_LIMIT, job_name, trial_name
from .placeholders import unresolved
from .reading import Reader
from .search_space import parse_space

_NOT_YET = "this version of the operator has {available}; {value} comes with a later one"
_SPEC_KEYS = (
    "objective",
    "samplingAlgorithm",
    "searchSpace",
    "earlyTermination",
    "limits",
    "suspend",
    "inputs",
    "metrics",
    "trial",
)


@dataclass(frozen=True, slots=True)
class TrialTemplate:
    """``spec.trial``: what a trial runs. Either ``template`` or image, command, env, resources.

    Attributes:
        max_retries: new attempts after a failure.
        stop_grace: seconds between SIGTERM and SIGKILL for a trial that is stopped.
    """

    template: Mapping[str, Any] | None
    image: str
    command: str | tuple[str, ...]
    env: tuple[Mapping[str, Any], ...]
    resources: Mapping[str, Any]
    max_retries: int
    stop_grace: int


@dataclass(frozen=True, slots=True)
class SweepSpec:
    """A SweepJob's specification, understood and consistent."""

    objective: Objective
    space: Space
    sampler: tuple[str, str]
    seed: int | None
    policy: Policy
    limits: Limits
    suspend: bool
    inputs: Mapping[str, Any]
    trial: TrialTemplate


def parse_sweepjob(body: Mapping[str, Any]) -> SweepSpec:
    """Read a SweepJob.

    Raises:
        InvalidSpec: with every mistake, its path, the value found and what to do.
    """
    reader = Reader(body.get("spec"), "spec")
    reader.known(_SPEC_KEYS)
    kind, rule, seed, base = _sampler(reader.child("samplingAlgorithm"))
    limits = _limits(reader.child("limits"))
    metrics = reader.child("metrics")
    source = metrics.word("source", _SOURCES, "mlflow")
    if source in _SOURCES and source != "mlflow":
        metrics.note("source", source, _NOT_YET.format(available="mlflow", value=source))
    spec = SweepSpec(
        objective=_objective(reader.child("objective")),
        space=parse_space(reader.child("searchSpace"), base),
        sampler=(kind, rule),
        seed=seed,
        policy=_policy(reader),
        limits=limits,
        suspend=reader.data.get("suspend") is True,
        inputs=reader.child("inputs").data,
        trial=_trial(reader.child("trial")),
    )
    _check_name(reader, str(body["metadata"]["name"]), limits)
    _check_references(reader, spec)
    reader.finish()
    return spec


_SOURCES = ("mlflow", "pushgateway", "file", "tensorboard", "logs")
_ALGORITHMS = ("random", "grid", "bayesian")
_POLICIES = ("bandit", "median_stopping", "truncation_selection", "asha")


def _objective(reader: Reader) -> Objective:
    goal = reader.word("goal", tuple(Goal))
    return Objective(
        Goal(goal) if goal in tuple(Goal) else Goal.MAXIMIZE, reader.text("primaryMetric")
    )


def _sampler(reader: Reader) -> tuple[str, str, int | None, float]:
    kind = reader.word("type", _ALGORITHMS, "random")
    rule = reader.word("rule", ("random", "sobol"), "random")
    if kind in _ALGORITHMS and (kind, rule) not in SAMPLERS:
        available = ", ".join(k if k == r else f"{k} with rule {r}" for k, r in SAMPLERS)
        wanted = f"rule {rule}" if kind == "random" else f"type {kind}"
        reader.note("type", kind, _NOT_YET.format(available=available, value=wanted))
    logbase = reader.data.get("logbase", "e")
    base = math.e if logbase == "e" else logbase
    if not isinstance(base, int | float) or isinstance(base, bool) or base <= 0 or base == 1:
        reader.note("logbase", logbase, 'must be "e" or a number above 0 other than 1')
        base = math.e
    return kind, rule, reader.optional_integer("seed"), base


def _policy(parent: Reader) -> Policy:
    if "earlyTermination" not in parent.data:
        return NoPolicy()
    reader = parent.child("earlyTermination")
    kind = reader.word("type", _POLICIES)
    # Azure's clients send 0 for an interval that was not given; it means every one.
    interval = max(1, reader.integer("evaluationInterval", 1))
    schedule = Schedule(interval, reader.integer("delayEvaluation", 0))
    if kind == "bandit":
        return _bandit(reader, schedule)
    if kind == "truncation_selection":
        percentage = reader.integer("truncationPercentage", least=1)
        if percentage > 99:
            reader.note("truncationPercentage", percentage, "must be 1 to 99")
        return TruncationSelectionPolicy(percentage, schedule)
    if kind in _POLICIES:
        available = "bandit and truncation_selection"
        reader.note("type", kind, _NOT_YET.format(available=available, value=kind))
    return NoPolicy()


def _bandit(reader: Reader, schedule: Schedule) -> Policy:
    slacks = {
        key: reader.number(key) for key in ("slackFactor", "slackAmount") if key in reader.data
    }
    if len(slacks) != 1:
        reader.note("", dict(slacks), "bandit takes exactly one of slackFactor and slackAmount")
    for key, value in slacks.items():
        if value < 0:
            reader.note(key, value, "must be 0 or more")
    return BanditPolicy(slacks.get("slackFactor"), slacks.get("slackAmount"), schedule)


def _limits(reader: Reader) -> Limits:
    total = reader.integer("maxTotalTrials", least=1)
    return Limits(
        max_total_trials=total,
        max_concurrent_trials=reader.integer("maxConcurrentTrials", total or 1, least=1),
        timeout=reader.optional_integer("timeout", 1),
        trial_timeout=reader.optional_integer("trialTimeout", 1),
        max_failed_trials=reader.optional_integer("maxFailedTrials"),
    )


def _trial(reader: Reader) -> TrialTemplate:
    template = reader.data.get("template")
    short = [k for k in ("image", "command", "env", "resources") if k in reader.data]
    if template is None:
        reader.text("image")
    elif short:
        reader.note(short[0], reader.data[short[0]], "give either template or the short form")
    elif not _containers(template):
        reader.note("template", "...", "must be a pod template with spec.containers")
    command = reader.data.get("command", "")
    words = command if isinstance(command, list) else [command]
    if not all(isinstance(word, str) for word in words):
        reader.note("command", command, "must be a text or a list of texts; quote numbers")
    return TrialTemplate(
        template=template,
        image=str(reader.data.get("image", "")),
        command=tuple(map(str, command)) if isinstance(command, list) else str(command),
        env=tuple(reader.data.get("env", ())),
        resources=reader.data.get("resources", {}),
        max_retries=reader.integer("maxRetries", 0),
        stop_grace=reader.integer("stopGracePeriodSeconds", 5),
    )


def _containers(template: Any) -> list[Any]:
    spec = template.get("spec") if isinstance(template, Mapping) else None
    found = spec.get("containers") if isinstance(spec, Mapping) else None
    return found if isinstance(found, list) else []


def _check_name(reader: Reader, name: str, limits: Limits) -> None:
    longest = job_name(trial_name(name, limits.max_total_trials - 1), 99)
    if len(longest) > JOB_NAME_LIMIT:
        spare = len(name) - (len(longest) - JOB_NAME_LIMIT)
        reader.problems.append(
            Problem("metadata.name", name, f"too long for its trials' Jobs: at most {spare}")
        )
    if "." in name:
        reader.problems.append(
            Problem(
                "metadata.name", name, "must not contain a dot: Jobs and pods are named after it"
            )
        )


def _check_references(reader: Reader, spec: SweepSpec) -> None:
    for path, reference, remedy in unresolved(
        reader.data.get("trial", {}), spec.space, spec.inputs
    ):
        reader.problems.append(Problem(f"spec.trial{path}", reference, remedy))
