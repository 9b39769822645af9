"""A sweep's specification as typed values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...early_stopping.policy import BudgetPolicy, PausingPolicy, Policy
from ...objective import Objective
from ...pareto.feasibility import Constraint
from ...search.initial_points import InitialPoint
from ...search.outcomes import Outcomes
from ...search.samplers.registry import SamplerSpec
from ...search.space import Assignment, Space
from ..criteria import Criteria
from ..names import QUEUE_LABEL
from .code import Code
from .distribution import Distribution, Topology
from .limits import COMPANION_GRACE, Limits
from .metrics import Metrics
from .notifications import NotificationTarget
from .outputs import Output
from .trial_manifest import TrialManifest, format_steps
from .warm_start import WarmStart


@dataclass(frozen=True, slots=True)
class TrialTemplate:
    """``spec.trial``: what a trial runs: ``template``, ``manifest``, or image, command, env, resources.

    Attributes:
        template: a pod template; None for the short form. Of a manifest, that of the pods that report;
            None if it has none.
        image: the image in the short form; empty with a template.
        command: a shell command or an argument vector; references are not resolved yet.
        env: variables, as in a container.
        resources: requests and limits, as in a container.
        max_retries: maximum number of new attempts after failures.
        stop_grace: seconds between SIGTERM and SIGKILL of a trial that is stopped.
        do_not_disrupt: whether the nodes of its pods are to stay.
        companion_grace: seconds that the other containers may run after the trainer.
        code: code that is not in the image; None without any.
        instance_count: pods of a trial.
        distribution: how the processes of a trial find each other; None where the user sees to that.
        topology: where the pods of a trial run together; None for anywhere.
        manifest: an object of another kind, which makes the pods; None for a Job.
        checkpoint: name of the output with the checkpoint from which a trial can go on; None where
            trials cannot.
    """

    template: Mapping[str, Any] | None
    image: str
    command: str | tuple[str, ...]
    env: tuple[Mapping[str, Any], ...]
    resources: Mapping[str, Any]
    max_retries: int
    stop_grace: int
    companion_grace: int = round(COMPANION_GRACE)
    do_not_disrupt: bool = False
    code: Code | None = None
    instance_count: int = 1
    distribution: Distribution | None = None
    topology: Topology | None = None
    manifest: TrialManifest | None = None
    checkpoint: str | None = None

    @property
    def has_several_pods(self) -> bool:
        """Whether a trial has, or may have, more than one pod at a time."""
        return self.instance_count > 1 or self.manifest is not None

    @property
    def deletion_propagation(self) -> str:
        """How the Job or the object of an attempt is deleted.

        With Foreground, a Job is gone when its pods are. An object of another kind would stay until then,
        and its controller might make again what the garbage collector has just deleted: Kubeflow Trainer
        makes the JobSet of a TrainJob again, which starts new pods.
        """
        return "Foreground" if self.manifest is None else "Background"

    @property
    def template_path(self) -> str:
        """The path of ``template`` in the spec."""
        manifest = self.manifest
        if manifest is None or manifest.reporting is None:
            return "spec.trial.template"
        return f"spec.trial.manifest.{format_steps(manifest.reporting)}"


@dataclass(frozen=True, slots=True)
class SweepSpec:
    """A valid specification of a SweepJob.

    Attributes:
        objective: metric and goal; of several objectives, the first one.
        space: the search space.
        sampler: the sampler and its arguments.
        seed: None: the operator draws one.
        policy: early termination; ``NoPolicy`` without one.
        limits: numbers of trials and times.
        suspend: starts no new trials.
        stop: cancels the sweep.
        inputs: values of ``${{inputs.x}}`` by name.
        outputs: folders on the user's volumes.
        metrics: how trials report.
        trial: what a trial runs.
        queue: Kueue's labels, which the Jobs inherit.
        warm_start: earlier trials that the sampler learns from.
        initial_points: configurations that are tried first.
        log_base: base of the logarithmic expressions.
        description: what the spec says of the search, in short texts.
        notifications: who is notified of what happens.
        further_objectives: the others of several objectives.
        constraints: bounds on metrics.
        policy_pauses: whether early termination pauses trials.
        budget_policy: early termination, if it gives the script a budget; None otherwise.
    """

    objective: Objective
    space: Space
    sampler: SamplerSpec
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
    warm_start: WarmStart = field(default_factory=WarmStart)
    initial_points: tuple[InitialPoint, ...] = ()
    log_base: float = math.e
    description: Mapping[str, str] = field(default_factory=dict)
    notifications: tuple[NotificationTarget, ...] = ()
    further_objectives: tuple[Objective, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    policy_pauses: bool = field(init=False, repr=False, compare=False)
    budget_policy: BudgetPolicy | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Once, and not at each use: every report needs them several times, and finding out whether an
        # object implements a protocol takes up to a millisecond.
        policy = self.policy
        has_budget = isinstance(policy, BudgetPolicy) and bool(policy.budget_parameter)
        object.__setattr__(self, "policy_pauses", isinstance(policy, PausingPolicy))
        object.__setattr__(self, "budget_policy", policy if has_budget else None)

    @property
    def criteria(self) -> Criteria:
        """By what the trials are compared."""
        return Criteria((self.objective, *self.further_objectives), self.constraints)

    @property
    def outcomes(self) -> Outcomes:
        """What a sampler has to know of objectives and constraints."""
        objectives = self.criteria.objectives
        references = tuple(objective.reference_score for objective in objectives)
        has_any = len(objectives) > 1 and any(score is not None for score in references)
        return Outcomes(len(objectives), len(self.constraints), references if has_any else ())

    @property
    def budget_parameter(self) -> str:
        """The parameter that gives the script its budget; empty without one."""
        return "" if self.budget_policy is None else self.budget_policy.budget_parameter

    def with_first_budget(self, assignment: Assignment) -> Assignment:
        """Return the parameters with the smallest budget, as any execution needs one.

        Args:
            assignment: the parameters of a trial.
        """
        policy = self.budget_policy
        if policy is None:
            return assignment
        return {**assignment, policy.budget_parameter: policy.next_budget(0, 0)}

    @property
    def is_queued(self) -> bool:
        """Whether Kueue admits the Jobs, each with all of its pods at once."""
        return QUEUE_LABEL in self.queue
