"""Reads ``.runconfig`` files of Azure's v1 client and CLI."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...training.unused_arguments import level_of_the_program
from .._attributes import CheckedAttributes
from ..exceptions import UserErrorException
from .conda_dependencies import CondaDependencies, conda_dependencies
from .environment import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATA = (
    "is not read: give the data as arguments: "
    "arguments=[..., dataset.as_named_input(NAME).as_mount()]"
)
_REFUSED = {
    "dataReferences": _DATA,
    "data": _DATA,
    "outputData": "is not read: give OutputFileDatasetConfig as an argument",
}
# Azure's client writes these sections into each file, with settings of other kinds of runs.
_OTHER_RUNS = {
    *("spark", "hdi", "paralleltask", "prepareEnvironment"),
    *("environment.spark", "environment.databricks", "environment.r"),
}


def read_run_configuration(path: str, name: str | None, made: Any) -> None:
    """Set a configuration to that of a file.

    Args:
        path: The file, or the folder that has it.
        name: Name of the configuration, for a folder.
        made: A new ``RunConfiguration``.

    Raises:
        UserErrorException: There is no such file, or it is no configuration.
    """
    import yaml

    file = next((f for f in _candidates(Path(path), name) if f.is_file()), None)
    if file is None:
        raise UserErrorException(f"RunConfiguration.load: {path}: no such file")
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(found, Mapping):
        raise UserErrorException(f"RunConfiguration.load: {file}: is no run configuration")
    for key, remedy in _REFUSED.items():
        if _says_something(found.get(key)):
            raise UserErrorException(f"RunConfiguration.load: {file}: {key}: {remedy}")
    made.environment = Environment("environment")
    _Reader(file).read(found, made)


@dataclass(frozen=True)
class _Reader:
    """Assigns the settings of a file. Attributes say themselves what they do not use.

    Attributes:
        file: The file.
    """

    file: Path

    def read(self, found: Mapping[str, Any], made: Any, path: str = "") -> None:
        """Assign settings to the attributes of their names; a warning names those that are not read."""
        known = [name for name in vars(made) if not name.startswith("_")]
        known += ["environment_variables"] * hasattr(made, "environment_variables")
        for key, value in found.items():
            name = _attribute(str(key))
            if not _says_something(value) or f"{path}{key}" in _OTHER_RUNS:
                continue
            if name in known:
                self._assign(made, name, value, f"{path}{key}")
            else:
                self._warn(f"{path}{key}", name, known)

    def _assign(self, made: Any, name: str, value: Any, path: str) -> None:
        before = getattr(made, name)
        if isinstance(before, CheckedAttributes):
            if isinstance(value, str) and name == "environment":
                value = {"name": value}
            if not isinstance(value, Mapping):
                raise UserErrorException(
                    f"RunConfiguration.load: {self.file}: {path}: {value!r}: must be a mapping"
                )
            self.read(value, before, f"{path}.")
        elif isinstance(before, CondaDependencies):
            made.conda_dependencies = conda_dependencies(value)
        elif name == "environment_variables":
            made.environment_variables = {key: str(text) for key, text in value.items()}
        else:
            is_number = isinstance(before, int) and isinstance(value, str) and value.isdigit()
            setattr(made, name, int(value) if is_number else value)

    def _warn(self, path: str, name: str, known: list[str]) -> None:
        close = get_close_matches(name, known, 1)
        hint = f"; did you mean {_key(close[0])}?" if close else ""
        warnings.warn(
            f"RunConfiguration.load: {self.file}: {path}: is not read{hint}",
            stacklevel=level_of_the_program(),
        )


def _candidates(path: Path, name: str | None) -> Iterator[Path]:
    yield path
    for folder in (path / ".azureml", path / "aml_config", path):
        yield folder / f"{name}.runconfig"


def _attribute(key: str) -> str:
    """Return the attribute of a key of a file: ``node_count`` of ``nodeCount``."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda found: f"_{found[0]}", key).lower()


def _key(attribute: str) -> str:
    return re.sub(r"_(.)", lambda found: found[1].upper(), attribute)


def _says_something(value: Any) -> bool:
    """Return whether a value is another than Azure's client writes for what is not set."""
    if isinstance(value, Mapping):
        return any(_says_something(each) for each in value.values())
    return value is not None and value != "" and value != []
