"""``load_component``: components of commands from YAML files, and functions of them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ...loading.errors import LoadError
from ...loading.sweep_files import read_documents
from ...training.unused_arguments import level_of_the_program
from ..arguments import ArgumentError
from ..azure_objects import Environment
from ..command import command
from ..data import Input, Output, Outputs
from ..job import Command, SweepWarning
from ..overrides import overridden
from ..steps import Step, record_step

_SETTINGS = (
    *("command", "environment", "distribution", "name", "display_name", "description", "tags"),
    *("properties", "version", "code", "is_deterministic"),
)
_IGNORED = ("$schema", "type", "id", "auto_delete_setting", "queue_settings")


class OtherStep(Step):
    """A step of a pipeline that is no command. It is not run; its outputs can be named."""

    def __init__(self, name: str, given: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        self.name, self.given = name, dict(given)
        self.outputs = Outputs(self, outputs)
        self.compute: Any = None


class OtherComponent:
    """A component that is no command, such as a pipeline or a parallel job.

    Attributes:
        name: name.
        type: Azure's type.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.name, self.type = str(data.get("name") or "step"), data.get("type")
        self._outputs = {name: None for name in data.get("outputs") or {}}

    def __call__(self, **inputs: Any) -> OtherStep:
        """Return a step.

        Args:
            inputs: inputs by name.
        """
        made = OtherStep(self.name, inputs, self._outputs)
        record_step(made)
        return made


def load_component(
    source: str | Path | Mapping[str, Any] | None = None,
    *,
    client: Any = None,
    name: str | None = None,
    version: str | None = None,
    relative_origin: str | None = None,
    params_override: Any = None,
    path: str | Path | None = None,
) -> Any:
    """Load a component.

    Args:
        source: A YAML file, or its contents.
        client: The workspace of a registered component.
        name: Name of a registered component.
        version: Version of a registered component.
        relative_origin: Folder to which the paths in ``source`` are relative; its own by default.
        params_override: Changes of the file: a list of dicts with dotted keys.
        path: ``source`` by its name before Azure's client was released.

    Returns:
        A command whose inputs are those of the component. Call it with values and expressions.

    Raises:
        ArgumentError: The file cannot be read, or is no component.
    """
    source = path if source is None else source
    if source is None:
        if client is None or name is None:
            raise ArgumentError("load_component: source: is required: the component's file")
        return client.components.get(name, version)
    data, folder = _contents(source)
    data = overridden(data, params_override)
    return make_component(data, relative_origin or folder)


def _contents(source: Any) -> tuple[dict[str, Any], str]:
    if isinstance(source, Mapping):
        return dict(source), "."
    try:
        documents = read_documents(str(source))
    except LoadError as error:
        raise ArgumentError(str(error)) from None
    if len(documents) != 1 or not isinstance(documents[0], Mapping):
        raise ArgumentError(f"{source}: must have one object with keys and values")
    return dict(documents[0]), str(Path(source).parent)


def make_component(data: Mapping[str, Any], folder: str) -> Any:
    """Return the command of a component's contents.

    Args:
        data: the contents.
        folder: folder to which its paths are relative.

    Raises:
        ArgumentError: a value is invalid.
    """
    kind = str(data.get("type", "command")).lower()
    if "search_space" in data:
        raise ArgumentError(
            f"load_component: type: {data.get('type')}: the component is a sweep; load_job(FILE, "
            "inputs={NAME: VALUE}) returns it"
        )
    if kind != "command":
        return OtherComponent(data)
    known = (*_SETTINGS, *_IGNORED, "inputs", "outputs", "resources", "additional_includes")
    for key in data:
        if key not in known:
            close = get_close_matches(str(key), known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            warnings.warn(
                f"component: {key}: unknown key; ignored, as by Azure's client{hint}",
                SweepWarning,
                stacklevel=level_of_the_program(),
            )
    given = {key: data[key] for key in _SETTINGS if data.get(key) is not None}
    if isinstance(given.get("environment"), Mapping):
        given["environment"] = _environment(given["environment"])
    made: Command = command(
        **given,
        inputs={name: _declaration(value) for name, value in (data.get("inputs") or {}).items()},
        outputs={name: _declared_output(v) for name, v in (data.get("outputs") or {}).items()},
    )
    made.folder = folder
    made._is_component = True  # its name is not that of a sweep
    for key in ("additional_includes", "queue_settings"):
        if data.get(key):
            made.azure[key] = data[key]
    if data.get("resources"):
        made.set_resources(**data["resources"])
    return made


def _environment(given: Mapping[str, Any]) -> Environment:
    return Environment(**given)


def _declaration(value: Any) -> Any:
    return Input(**value) if isinstance(value, Mapping) else value


def _declared_output(value: Any) -> Output:
    return Output(**(value or {}))
