"""Inputs and outputs of a command: data that trials read, and folders that they write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..loading.azure.literals import bound_problems, outside_of
from ..loading.azure_map import DataEntry
from ..search.space import Scalar
from .arguments import ArgumentError, present
from .attributes import KnownAttributes, NamedValues
from .expressions import Expression, to_plain


@dataclass
class Input(KnownAttributes):
    """Data that a script reads, or the declaration of an input of a component.

    The script gets the path of the data in the container, or its address; nothing is downloaded.

    Args:
        type: Azure's type: of data (``uri_folder``, ``uri_file``, ``mltable``, ``mlflow_model``), or of a
            literal (``number``, ``integer``, ``boolean``, ``string``).
        path: An ``http`` or ``https`` URL; an absolute path in the container (on a volume, see
            ``command(volumes=...)``); or data of Azure's that the Azure map has.
        mode: Azure's mode; data is mounted read-only.
        path_on_compute: Azure's; the map has the mount path.
        default: Value of a literal that is not given.
        min: Smallest value of a literal.
        max: Largest value of a literal.
        optional: True if the input may be left out.
        description: Description.
        enum: Values of a literal.
        datastore: Azure's; the path names it.
        intellectual_property: Azure's; not used.
    """

    type: str = "uri_folder"
    path: Any = None
    mode: str | None = None
    path_on_compute: str | None = None
    default: Any = None
    min: Any = None
    max: Any = None
    optional: bool | None = None
    description: str | None = None
    enum: Any = None
    datastore: str | None = None
    intellectual_property: Any = None


@dataclass
class Output(KnownAttributes):
    """A folder for each trial on a volume. All attempts of a trial share it.

    Args:
        type: Azure's type; an output is a folder.
        path: A path on a datastore that the Azure map has; the folders of trials are below it.
        mode: Azure's mode; an output is mounted.
        claim: Name of a PersistentVolumeClaim in the namespace.
        volume: Any other volume source of a pod. Give either ``claim`` or ``volume``; neither if the
            Azure map has the datastore.
        mount_path: Mount path in the container; ``/outputs/NAME`` by default.
        sub_path: Folder on the volume that contains the folders of sweeps and trials. Outputs on one
            volume without it have a folder each, by their names.
        name: Azure's; nothing is registered.
        version: Azure's; nothing is registered.
        description: Description.
    """

    type: Any = None
    path: Any = None
    mode: Any = None
    claim: str | None = None
    volume: Mapping[str, Any] | None = None
    mount_path: str | None = None
    sub_path: str | None = None
    name: str | None = None
    version: str | None = None
    description: str | None = None

    def to_spec(self, store: DataEntry | None) -> dict[str, Any] | None:
        """Return the output as an entry of ``spec.outputs``.

        Args:
            store: Where the Azure map puts it; None if it has no entry.

        Returns:
            The entry; None if the volume is not known.
        """
        details = present(mountPath=self.mount_path, subPath=self.sub_path or None)
        if self.claim is not None:
            return {"volume": {"persistentVolumeClaim": {"claimName": self.claim}}, **details}
        if self.volume is not None:
            return {"volume": dict(self.volume), **details}
        if store is None or not store.volume:
            return None
        sub_path = "/".join(filter(None, (store.path, self.sub_path)))
        return {
            "volume": dict(store.volume),
            **details,
            **({"subPath": sub_path} if sub_path else {}),
        }

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Output:
        """Return the output of an entry of ``spec.outputs``."""
        return cls(
            volume=spec.get("volume"),
            mount_path=spec.get("mountPath"),
            # Not None: outputs of an object may share a folder, and stay so.
            sub_path=spec.get("subPath", ""),
        )


class StepOutput:
    """An output of another step of a pipeline, as the input of a step.

    Args:
        node: the step.
        name: name of the output.
    """

    def __init__(self, node: Any, name: str) -> None:
        self.node, self.name = node, name

    def __deepcopy__(self, memo: Any) -> StepOutput:
        return self  # the step stays the same when its reader is copied

    @property
    def key(self) -> str:
        """Key of the data in the Azure map: ``STEP.outputs.NAME``."""
        return f"{self.node.step_name}.outputs.{self.name}"


class Outputs(NamedValues):
    """The outputs of a step by name. One that is read can be the input of another step."""

    def __init__(self, owner: Any, outputs: Mapping[str, Any]) -> None:
        super().__init__({name: _output(value) for name, value in outputs.items()})
        object.__setattr__(self, "_owner", owner)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, _output(value))

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        found._source = StepOutput(self.__dict__["_owner"], name)
        return found

    def __reduce__(self) -> Any:
        return Outputs, (self.__dict__["_owner"], dict(self))


def _output(value: Any) -> Output:
    if value is None or isinstance(value, Mapping):
        return Output(**(value or {}))
    if isinstance(value, str):
        return Output(path=value)
    if not isinstance(value, Output):
        raise ArgumentError(f"outputs: {value!r}: must be an Output")
    return value


def check_inputs(inputs: Mapping[str, Any]) -> None:
    """Check the kinds of inputs.

    Args:
        inputs: Values and expressions by input name; None leaves an optional input out.

    Raises:
        ArgumentError: A value is not a number, string, boolean, :class:`Input` or expression; or the
            bounds of an input are no numbers, or its ``enum`` is no list.
    """
    for name, value in inputs.items():
        given = value if isinstance(value, Input | Output) else to_plain(value)
        kinds = (Expression, Input, Output, Scalar)
        is_data = isinstance(given, Mapping) and ("path" in given or "type" in given)
        if not (given is None or isinstance(given, kinds) or is_data):
            raise ArgumentError(
                f"inputs[{name!r}]: {value!r}: must be a number, a text, an Input or an expression"
            )
        declared = vars(given) if isinstance(given, Input) else given
        if isinstance(declared, Mapping):
            _check_bounds(name, declared)


def _check_bounds(name: str, declared: Mapping[str, Any]) -> None:
    for key, message in bound_problems(declared).items():
        raise ArgumentError(f"inputs[{name!r}].{key}: {declared[key]!r}: {message}")


def check_declared(name: str, declared: Any, value: Any) -> None:
    """Check a value against the bounds and the values that an input of a component has.

    Args:
        name: Name of the input.
        declared: The input as the component has it.
        value: Its value.

    Raises:
        ArgumentError: The value is outside of them, or they are no numbers.
    """
    if not isinstance(declared, Input) or value is None:
        return
    _check_bounds(name, vars(declared))
    if message := outside_of(vars(declared), value):
        raise ArgumentError(f"inputs[{name!r}]: {value!r}: {message}")
