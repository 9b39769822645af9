"""Reads an Azure map from a file or a ConfigMap."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...api.parsing.problem import InvalidSpec, Problem
from ...api.parsing.reader import Reader
from ..errors import LoadError
from ..yaml_text import InvalidYamlError, load_documents
from .asset_names import plain_path
from .azure_map import FILE_NAME, AzureMap
from .entries import (
    ComputeEntry,
    DataEntry,
    read_code,
    read_compute,
    read_data,
    read_environment,
    read_workspace,
)

MAP_VARIABLE = "SWEEPJOB_AZURE_MAP"
CONFIG_MAP = "configmap/"

_SECTIONS = (
    *("workspace", "compute", "instance_type", "environment"),
    *("data", "datastore", "code", "component"),
)

# Returns the ConfigMap object of a name in a namespace; the namespace is None for the context's.
ReadConfigMap = Callable[[str | None, str], Mapping[str, Any]]


class InvalidAzureMap(InvalidSpec):
    """An Azure map has errors; ``problems`` has all of them, with their paths in the map."""


def current_azure_map(read_config_map: ReadConfigMap | None = None) -> AzureMap:
    """Return the map of ``SWEEPJOB_AZURE_MAP``, or ``azure-map.yaml`` of the current folder.

    Args:
        read_config_map: reads a ConfigMap of the cluster.

    Returns:
        The map; an empty one if there is none.

    Raises:
        LoadError: it cannot be read.
        InvalidAzureMap: it has errors.
    """
    given = os.environ.get(MAP_VARIABLE)
    if given:
        return read_azure_map(given, read_config_map)
    return read_azure_map(FILE_NAME) if Path(FILE_NAME).is_file() else AzureMap()


def read_azure_map(source: str | Path, read_config_map: ReadConfigMap | None = None) -> AzureMap:
    """Read a map.

    Args:
        source: a file, or ``configmap/NAME`` or ``configmap/NAMESPACE/NAME`` with the file below the
            key ``azure-map.yaml``. A file may have the ConfigMap object as well.
        read_config_map: reads a ConfigMap of the cluster.

    Raises:
        LoadError: it cannot be read.
        InvalidAzureMap: it has errors.
    """
    name = str(source)
    if name.startswith(CONFIG_MAP):
        if read_config_map is None:
            raise LoadError(f"{name}: a ConfigMap cannot be read here; give a file")
        namespace, _, config_map = name.removeprefix(CONFIG_MAP).rpartition("/")
        return _from_config_map(read_config_map(namespace or None, config_map), name)
    try:
        text = Path(source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or "is not a text in UTF-8"
        raise LoadError(f"{name}: cannot be read: {cause}") from None
    document = _document(text, name)
    if isinstance(document, Mapping) and document.get("kind") == "ConfigMap":
        return _from_config_map(document, name)
    return parse_azure_map(document, name, str(Path(source).absolute().parent))


def parse_azure_map(document: Any, name: str, folder: str) -> AzureMap:
    """Parse a map.

    Args:
        document: its contents.
        name: its name, for messages.
        folder: folder to which its paths on this machine are relative.

    Raises:
        InvalidAzureMap: it has errors.
    """
    problems: list[Problem] = []
    top = Reader({} if document is None else document, "", problems)
    for key in top.data:
        if key not in _SECTIONS:
            remedy = f"unknown section; known: {', '.join(_SECTIONS)}"
            problems.append(Problem(str(key), top.data[key], remedy))
    sections = {key: Reader(top.data.get(key) or {}, key, problems) for key in _SECTIONS}
    azure_map = AzureMap(
        name=name,
        workspace=read_workspace(sections["workspace"]),
        computes=_computes(sections["compute"]),
        instance_types={
            key.lower(): entry for key, entry in _computes(sections["instance_type"]).items()
        },
        environments={
            key: read_environment(value, _entry(sections["environment"], key, value))
            for key, value in sections["environment"].data.items()
        },
        data=_places(sections["data"], folder),
        datastores=_places(sections["datastore"], folder),
        code={
            plain_path(key): read_code(value, _entry(sections["code"], key, value))
            for key, value in sections["code"].data.items()
        },
        components=_components(sections["component"], folder),
    )
    if problems:
        raise InvalidAzureMap([Problem(f"{name}: {p.path}", p.value, p.message) for p in problems])
    return azure_map


def _document(text: str, name: str) -> Any:
    try:
        documents = load_documents(text)
    except InvalidYamlError as error:
        raise LoadError(f"{name}: {error}") from None
    if len(documents) > 1:
        raise LoadError(f"{name}: has {len(documents)} documents; a map has one")
    return documents[0] if documents else None


def _from_config_map(found: Mapping[str, Any], name: str) -> AzureMap:
    text = (found.get("data") or {}).get(FILE_NAME)
    if not isinstance(text, str):
        raise LoadError(f"{name}: data has no key {FILE_NAME}")
    return parse_azure_map(_document(text, name), name, os.getcwd())


def _entry(section: Reader, key: str, value: Any) -> Reader:
    """Return a reader of an entry; an entry in its short form, a text, has no keys."""
    data = {} if isinstance(value, str) and value else value
    return Reader(data, section.at(key), section.problems)


def _computes(section: Reader) -> dict[str, ComputeEntry]:
    return {
        key: read_compute(Reader(value or {}, section.at(key), section.problems))
        for key, value in section.data.items()
    }


def _places(section: Reader, folder: str) -> dict[str, DataEntry]:
    return {
        key if "://" in key else plain_path(key): read_data(section.child(key), key, folder)
        for key in section.data
    }


def _components(section: Reader, folder: str) -> dict[str, str]:
    return {key: os.path.join(folder, section.text(key)) for key in section.data}
