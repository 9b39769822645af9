"""What a trial runs: the data of a command, which corresponds to a command node of Azure's."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from ..loading.azure.command import with_double_braces
from ..template.references import Reference, replace_references
from .arguments import ArgumentError, present
from .data import Output
from .pod import Placement

_SHORT_FORM = ("image", "command", "resources")


@dataclass
class TrialDefinition:
    """What a trial runs.

    Attributes:
        command: Command line, or its words.
        image: Container image.
        inputs: Constants and expressions by input name.
        outputs: Output folders by name.
        environment_variables: Environment variables of the container.
        resources: Resources of the container, with ``limits`` and ``requests``.
        placement: Settings of the pod.
        trial: Further keys of ``spec.trial``, unchanged, such as ``template`` and ``env``.
        metrics: How the script reports (``spec.metrics``).
        queue: Kueue's queue.
        timeout: Seconds after which a trial is stopped.
        name: Name of the SweepJob object.
        display_name: Display name of the sweep.
        experiment_name: Experiment name of the sweep.
        description: Description of the sweep.
        tags: Tags of the sweep.
        properties: Properties of the sweep.
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

    def __call__(self, **inputs: Any) -> Self:
        """Return a copy with other inputs. Inputs that are expressions become parameters of a sweep.

        Args:
            inputs: Constants and expressions by input name.

        Raises:
            ArgumentError: The command has no input of that name.
        """
        for name in inputs:
            if name not in self.inputs:
                known = ", ".join(self.inputs) or "none"
                raise ArgumentError(f"{name}: the command has no such input; there are: {known}")
        made = copy.deepcopy(self)
        made.inputs |= inputs
        return made

    def replace_swept_inputs(self, swept: Collection[str]) -> Self:
        """Return a copy that refers to parameters instead of the inputs that they replace, as in Azure.

        Args:
            swept: Names of these inputs.
        """

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
        """Return ``spec.trial`` of a SweepJob object.

        Raises:
            ArgumentError: Two settings contradict each other.
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
        # In addition to a template they are an error, which the check of the whole sweep reports.
        spec |= present(image=self.image, command=argument_list(self.command))
        if env:
            spec["env"] = [*spec.get("env", ()), *env]
        if self.resources:
            spec["resources"] = copy.deepcopy(self.resources)
        return spec

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Self:
        """Return the trial of ``spec.trial``.

        Environment variables stay in ``trial["env"]``, since some have more than a value.
        """
        return cls(
            command=copy.deepcopy(spec.get("command")),
            image=spec.get("image"),
            resources=copy.deepcopy(dict(spec.get("resources") or {})),
            trial={k: copy.deepcopy(v) for k, v in spec.items() if k not in _SHORT_FORM},
        )


def argument_list(command: str | Sequence[str] | None) -> str | list[str] | None:
    """Return a command's words as a list; a command line stays a string."""
    return command if command is None or isinstance(command, str) else list(command)
