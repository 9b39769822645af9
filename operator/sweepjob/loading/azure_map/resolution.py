"""Resolves environments and data of Azure's files and programs by an Azure map."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .asset_names import is_local_path, step_output
from .azure_map import AzureMap, MissingEntry
from .entries import DataEntry

_WEB = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Environment:
    """What is known of an environment.

    Attributes:
        reference: its name, in any form of Azure's; empty for one without a name.
        image: its image; empty without one.
        packages: its conda file or build context, as a key of the map; empty without one.
    """

    reference: str = ""
    image: str = ""
    packages: str = ""

    @classmethod
    def of(cls, given: Any) -> Environment:
        """Return the environment of a file or a program: a reference, or its keys and values."""
        if not isinstance(given, Mapping):
            return cls(str(given))
        name, version = given.get("name"), given.get("version")
        conda, build = given.get("conda_file"), given.get("build")
        if isinstance(conda, Mapping):
            conda = conda.get("name") or "conda"
        if isinstance(build, Mapping):
            build = build.get("path") or "."
        if isinstance(conda, str):
            conda = conda.removeprefix("file:")
        reference = f"{name}:{version}" if name and version else str(name or "")
        return cls(reference, str(given.get("image") or ""), str(conda or build or ""))


@dataclass(frozen=True, slots=True)
class Resolved:
    """The image of an environment, or the value of data.

    Attributes:
        value: the image, the path or the address; empty if the map lacks the entry.
        entry: the entry of data; None for an image, or for an address that stays as it is.
        missing: the entry that the map lacks.
        message: what to do; empty if there is a value.
    """

    value: str = ""
    entry: DataEntry | None = None
    missing: MissingEntry | None = None
    message: str = ""


def resolve_environment(azure_map: AzureMap, given: Any) -> Resolved:
    """Return the image of an environment.

    An image to which a conda file or a build context adds packages is not enough: the map has to say
    which image has them.

    Args:
        azure_map: the map.
        given: the environment of a file or a program.
    """
    known = Environment.of(given)
    entry = azure_map.find_environment(known.reference, known.packages, known.image)
    if entry is not None:
        return Resolved(entry.image)
    if known.image and not known.packages:
        return Resolved(known.image)
    missing = azure_map.missing("environment", known.reference or known.packages or known.image)
    why = f"the image has to contain what {known.packages} adds; " if known.packages else ""
    return Resolved(missing=missing, message=f"{why}{missing}")


def resolve_data(azure_map: AzureMap, path: str, folder: str, local: bool) -> Resolved:
    """Return what the script gets for data: a path or an address.

    Args:
        azure_map: the map.
        path: the path of the data in a file or a program.
        folder: folder to which a path on this machine is relative.
        local: True for a sweep on this machine.
    """
    entry = azure_map.find_data(path)
    if local:
        return _resolve_on_this_machine(azure_map, path, folder, entry)
    if entry is not None and entry.value:
        return Resolved(entry.value, entry)
    if path.startswith(_WEB):
        return Resolved(path)
    missing = azure_map.missing("data", path)
    return Resolved(missing=missing, message=str(missing))


def _resolve_on_this_machine(
    azure_map: AzureMap, path: str, folder: str, entry: DataEntry | None
) -> Resolved:
    found = entry.local if entry else ""
    if not found and is_local_path(path):
        found = os.path.join(folder, path)
    if found:
        found = os.path.abspath(found)
        if os.path.exists(found):
            return Resolved(found, entry)
        return Resolved(message=f"there is no {found} on this machine")
    if entry is not None and entry.value.startswith(_WEB):
        return Resolved(entry.value)
    if path.startswith(_WEB):
        return Resolved(path)
    missing = azure_map.missing("data", path)
    example = MissingEntry(missing.section, missing.key, missing.map_name, "{local: PATH}")
    if producing_step(path):
        return Resolved(missing=missing, message=str(example))
    return Resolved(missing=missing, message=f"is not on this machine: {example}")


def producing_step(path: str) -> str:
    """Return the name of the step whose output a path is; empty for other data."""
    output = step_output(path)
    return "" if output is None else output[0].rpartition(".outputs.")[0]
