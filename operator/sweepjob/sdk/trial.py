"""What a trial runs: the data of a command, which corresponds to a command node of Azure's."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from ..loading.azure.command import with_double_braces
from ..loading.pod_settings import PodSettings
from ..template.references import Reference, replace_references
from .arguments import ArgumentError
from .attributes import KnownAttributes, NamedValues, unknown_attribute
from .azure_objects import values_of
from .data import Outputs, check_declared, check_inputs
from .displays import Displayed
from .distributions import check_instance_count
from .steps import Step, record_step

_SHORT_FORM = ("image", "command", "resources")
# Azure's settings of a command without a meaning on Kubernetes; what is set is said when it is submitted.
AZURE_SETTINGS = (
    *("identity", "services", "queue_settings", "docker_args", "locations", "job_tier"),
    *("priority", "is_deterministic", "parent_job_name", "additional_includes"),
    "max_instance_count",
)
_RESOURCES = {"limits", "requests", "claims"}


class _PodSetting:
    """An attribute of a command that is a setting of the pod."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, owner: TrialDefinition | None, kind: Any = None) -> Any:
        return self if owner is None else getattr(owner.placement, self._name)

    def __set__(self, owner: TrialDefinition, value: Any) -> None:
        owner.placement = replace(owner.placement, **{self._name: value})


@dataclass
class TrialDefinition(KnownAttributes, Step, Displayed):
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
        environment: Environment of Azure's: its name, or an ``Environment``.
        compute: Compute target of Azure's.
        code: Folder with the script; None if it is in the image.
        instance_type: Size of virtual machine of Azure's.
        instance_count: Nodes of a trial.
        distribution: How processes are started.
        azure: Azure's other settings by name.
        version: Version of a component.
        folder: Folder to which paths on this machine are relative.
    """

    command: str | list[str] | None = None
    image: str | None = None
    inputs: dict[str, Any] = field(default_factory=NamedValues)
    outputs: dict[str, Any] = field(default_factory=dict)
    environment_variables: dict[str, Any] = field(default_factory=dict)
    resources: dict[str, Any] = field(default_factory=dict)
    placement: PodSettings = field(default_factory=PodSettings)
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
    environment: Any = None
    compute: str | None = None
    code: Any = None
    instance_type: str | None = None
    instance_count: int | None = None
    distribution: Any = None
    azure: dict[str, Any] = field(default_factory=dict)
    version: str | None = None
    folder: str = "."

    _is_component = False

    shm_size = _PodSetting("shm_size")
    volumes = _PodSetting("volumes")
    node_selector = _PodSetting("node_selector")
    tolerations = _PodSetting("tolerations")
    service_account_name = _PodSetting("service_account_name")

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute, also one of Azure's.

        Raises:
            AttributeError: there is no such attribute; the message has the right name.
        """
        if name == "inputs":
            value = NamedValues(value or {})
        elif name == "outputs":
            value = Outputs(self, value or {})
        elif name in AZURE_SETTINGS:
            self.azure[name] = value
            return
        elif (
            name == "resources"
            and not set(value if isinstance(value, Mapping) else "-") <= _RESOURCES
        ):
            self.set_resources(**values_of(value))
            return
        elif name == "limits":
            self.timeout = None if value is None else values_of(value).get("timeout")
            return
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        """Return one of Azure's attributes.

        Raises:
            AttributeError: there is no such attribute.
        """
        if name.startswith("_") or "azure" not in vars(self):
            raise AttributeError(name)  # an object that is being copied
        if name in AZURE_SETTINGS:
            return self.azure.get(name)
        if name == "limits":
            return _TrialLimits(self)
        raise AttributeError(unknown_attribute(self, name), name=name, obj=self)

    def _display(self) -> tuple[str, str]:
        from .definition_display import command_rows, displayed

        return displayed(type(self).__name__, command_rows(self))

    def set_resources(
        self,
        *,
        instance_type: Any = None,
        instance_count: int | None = None,
        locations: Any = None,
        properties: Any = None,
        docker_args: Any = None,
        shm_size: str | None = None,
        max_instance_count: int | None = None,
    ) -> None:
        """Change resources; an argument that is None leaves its setting unchanged.

        Args:
            instance_type: Size of virtual machine, by the Azure map.
            instance_count: Pods of a trial.
            locations: Azure's regions; not used.
            properties: Settings of Azure's service; not used.
            docker_args: Options of Docker; ``--shm-size`` is converted.
            shm_size: Size of ``/dev/shm`` in Azure's notation (``8g``) or as a quantity (``8Gi``).
            max_instance_count: Pods of a trial at most; not used, with a warning: there are as many as
                asked for.

        Raises:
            ArgumentError: It is no number of pods.
        """
        if instance_count is not None:
            self.instance_count = check_instance_count(instance_count, "set_resources")
        if instance_type is not None:
            many = isinstance(instance_type, list | tuple)
            self.instance_type = instance_type[0] if many and instance_type else instance_type
        if shm_size is not None:
            self.placement = self.placement.with_shared_memory(shm_size)
        others = {"locations": locations, "properties": properties, "docker_args": docker_args}
        if max_instance_count != 1:
            others["max_instance_count"] = max_instance_count
        for name, value in others.items():
            if value is not None:
                self.azure["resources.properties" if name == "properties" else name] = value

    def set_limits(self, *, timeout: int | None = None) -> None:
        """Change the limits of a trial.

        Args:
            timeout: Seconds after which a trial is stopped; None leaves it unchanged.
        """
        if timeout is not None:
            self.timeout = timeout

    def set_queue_settings(self, *, job_tier: Any = None, priority: Any = None) -> None:
        """Set Azure's queue settings, which are not used.

        Args:
            job_tier: Azure's tier.
            priority: Azure's priority.
        """
        self.azure["queue_settings"] = {"job_tier": job_tier, "priority": priority}

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
        for name, value in inputs.items():
            check_declared(name, self.inputs[name], value)
        made = copy.deepcopy(self)
        made.inputs |= inputs
        check_inputs(made.inputs)
        record_step(made)
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

    @property
    def code_directory(self) -> Path | None:
        """Folder with the code on this machine; None if there is none."""
        if self.code is None:
            return None
        path = Path(self.folder, str(self.code))
        return path.parent if path.is_file() else path

    def variables(self) -> list[dict[str, str]]:
        """Return the environment variables as in a container."""
        return [
            {"name": name, "value": "" if value is None else str(value)}
            for name, value in self.environment_variables.items()
        ]

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


class _TrialLimits:
    """The limits of a command, which are attributes of the command itself."""

    _trial: TrialDefinition

    def __init__(self, trial: TrialDefinition) -> None:
        object.__setattr__(self, "_trial", trial)

    @property
    def timeout(self) -> int | None:
        """Seconds after which a trial is stopped."""
        found: int | None = self._trial.timeout
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "timeout":
            raise AttributeError(f"the limits of a command have no {name!r}; there is: timeout")
        self._trial.timeout = value


def argument_list(command: str | Sequence[str] | None) -> str | list[str] | None:
    """Return a command's words as a list; a command line stays a string."""
    return command if command is None or isinstance(command, str) else list(command)
