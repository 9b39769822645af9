"""What a trial runs, as Azure's command nodes are: called with inputs, and swept."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..api.spec_warnings import unused_parameters
from ..loading.azure.command import with_double_braces
from ..template.references import Reference, replace_references
from .arguments import REASONS, ArgumentError, present, refuse, spelled
from .data import Output
from .expressions import Expression
from .pod import Placement
from .settings import Objective, SweepJobLimits

if TYPE_CHECKING:
    from .job import SweepJob


@dataclass
class Command:
    """What a trial runs. Made by :func:`command`; called with inputs, it is another one with those.

    Attributes:
        trial: further keys of a SweepJob's ``trial``, as they are: ``template``, ``env`` and the like.
    """

    command: str | list[str] | None = None
    image: str | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    environment_variables: dict[str, Any] = field(default_factory=dict)
    resources: dict[str, Any] = field(default_factory=dict)
    placement: Placement = field(default_factory=Placement)
    trial: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] | None = None
    queue: str | None = None
    timeout: int | None = None
    name: str | None = None
    display_name: str | None = None
    experiment_name: str | None = None
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)

    def __call__(self, **inputs: Any) -> Command:
        """The same with other inputs; expressions become parameters of a sweep.

        Raises:
            ArgumentError: there is no such input.
        """
        for name in inputs:
            if name not in self.inputs:
                listed = ", ".join(self.inputs) or "none"
                raise ArgumentError(f"{name}: the command has no such input; there are: {listed}")
        made = copy.deepcopy(self)
        made.inputs |= inputs
        return made

    def sweep(
        self,
        *,
        primary_metric: str,
        goal: str,
        sampling_algorithm: Any = "random",
        compute: Any = None,
        max_concurrent_trials: int | None = None,
        max_total_trials: int | None = None,
        timeout: int | None = None,
        trial_timeout: int | None = None,
        early_termination_policy: Any = None,
        search_space: Mapping[str, Any] | None = None,
        identity: Any = None,
        queue_settings: Any = None,
        job_tier: Any = None,
        priority: Any = None,
        queue: str | None = None,
        warm_start: Sequence[Any] = (),
    ) -> SweepJob:
        """A sweep over the inputs that are expressions, and those of ``search_space``.

        Args:
            queue: of Kueue's; the command's if it is not given.
            warm_start: finished sweeps, or their names, whose trials count in this one.
            others: as in Azure.

        Raises:
            ArgumentError: an argument cannot be right, or means nothing here; or no trial uses a
                parameter.
        """
        from .job import SweepJob

        away = present(compute=compute, identity=identity, queue_settings=queue_settings)
        refuse("sweep", away | present(job_tier=job_tier, priority=priority), REASONS)
        swept = {k: v for k, v in self.inputs.items() if isinstance(v, Expression)}
        job = SweepJob(
            trial=self,
            search_space={**swept, **(search_space or {})},
            objective=Objective(goal, primary_metric),
            sampling_algorithm=sampling_algorithm,
            limits=SweepJobLimits(
                max_concurrent_trials, max_total_trials, timeout, trial_timeout or self.timeout
            ),
            early_termination=early_termination_policy,
            inputs={k: v for k, v in self.inputs.items() if k not in swept},
            outputs=self.outputs,
            queue=queue or self.queue,
            warm_start=warm_start,
            **{key: getattr(self, key) for key in _DESCRIBED},
        )
        if unused := [*unused_parameters(*job.checked())]:
            raise ArgumentError("; ".join(map(spelled, unused)).replace("spec.", ""))
        job.validate()
        return job

    def over(self, swept: Collection[str]) -> Command:
        """With references to what is swept in place of those to inputs, as Azure does it."""

        def refer(reference: Reference) -> str:
            group, _, name = reference.name.partition(".")
            is_swept = group == "inputs" and name.split(".")[0] in swept
            return str(Reference(f"search_space.{name}") if is_swept else reference)

        def convert(node: Any) -> Any:
            if isinstance(node, str):
                return replace_references(with_double_braces(node), refer)
            if isinstance(node, Mapping):
                return {key: convert(value) for key, value in node.items()}
            return [convert(value) for value in node] if isinstance(node, list | tuple) else node

        return replace(
            self,
            command=convert(self.command),
            environment_variables=convert(self.environment_variables),
            trial=convert(self.trial),
        )

    def to_spec(self) -> dict[str, Any]:
        """``spec.trial`` of a SweepJob.

        Raises:
            ArgumentError: parts of it cannot stand together.
        """
        env = [
            {"name": name, "value": "" if value is None else str(value)}
            for name, value in self.environment_variables.items()
        ]
        spec = copy.deepcopy(self.trial)
        if self.placement.is_needed:
            if "template" in spec:
                raise ArgumentError("template: has all of a pod; put volumes and the like into it")
            template = self.placement.template(self.image or "", self.command, env, self.resources)
            return {**spec, "template": template}
        # Beside a template they are a mistake, which the whole sweep's check names.
        spec |= present(image=self.image, command=listed(self.command))
        if env:
            spec["env"] = [*spec.get("env", ()), *env]
        if self.resources:
            spec["resources"] = copy.deepcopy(self.resources)
        return spec


_DESCRIBED = ("name", "display_name", "experiment_name", "description", "tags", "properties")


def listed(command: str | Sequence[str] | None) -> str | list[str] | None:
    return command if command is None or isinstance(command, str) else list(command)
