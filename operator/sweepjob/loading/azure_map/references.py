"""Finds the names of an Azure workspace in sweep files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .asset_names import is_address, split_datastore_uri, step_output
from .azure_map import DEFAULT_DATASTORE, AzureMap
from .resolution import Environment

# Arguments of Azure's clients, v2 and v1, by section of the map.
ARGUMENTS = {
    "compute": "compute",
    "compute_target": "compute",
    "default_compute": "compute",
    "default_compute_target": "compute",
    "instance_type": "instance_type",
    "size": "instance_type",
    "vm_size": "instance_type",
    "environment": "environment",
    "environment_definition": "environment",
    "code": "code",
    "source_directory": "code",
    "datastore": "datastore",
    "default_datastore": "datastore",
}


@dataclass
class FoundNames:
    """The names of a workspace.

    Attributes:
        sections: the names by section of the map, in the order in which they were found.
        skipped: what could not be read: a name that only the running program knows, or a cell of a
            notebook that is not Python.
    """

    sections: dict[str, dict[str, None]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def add(self, section: str, reference: str) -> None:
        """Add a name.

        Args:
            section: section of the map.
            reference: the name as the file or the program has it.
        """
        if not reference or "${{" in reference or reference.startswith("<"):
            return
        if section == "data" and (split := split_datastore_uri(reference)):
            section, reference = "datastore", split[0]
        if section == "data" and is_address(reference):
            key = _container(reference)
        else:
            key = AzureMap().missing(section, reference).key
        self.sections.setdefault(section, {})[key] = None

    def add_environment(self, given: Any) -> None:
        """Add an environment, unless it is an image with nothing added."""
        known = Environment.of(given)
        if known.reference or known.packages:
            self.add("environment", known.reference or known.packages)


def names_in_document(data: Any, found: FoundNames) -> None:
    """Add the names in a sweep, a pipeline or a component.

    Args:
        data: the contents of a YAML document.
        found: receives the names.
    """
    for value in data if isinstance(data, list) else ():
        names_in_document(value, found)
    if not isinstance(data, Mapping):
        return
    if _is_sweep(data):
        _outputs_of_steps(data.get("inputs"), found)
    for key, value in data.items():
        _in_entry(str(key), value, data, found)


def _in_entry(key: str, value: Any, around: Mapping[str, Any], found: FoundNames) -> None:
    section = ARGUMENTS.get(key)
    if section == "environment" and isinstance(value, str | Mapping):
        found.add_environment(value)
    elif section is not None and isinstance(value, str):
        found.add(section, value)
    elif key in ("trial", "component") and isinstance(value, str) and _is_asset(value):
        found.add("component", value)
    elif key == "path" and isinstance(value, str) and not value.startswith("${{"):
        found.add("data", value)
    elif key == "outputs" and isinstance(value, Mapping) and value and "trial" in around:
        found.add("datastore", DEFAULT_DATASTORE)
        names_in_document(value, found)
    else:
        names_in_document(value, found)


def _is_sweep(step: Mapping[str, Any]) -> bool:
    return str(step.get("type", "sweep")).lower() == "sweep" and "search_space" in step


def _outputs_of_steps(inputs: Any, found: FoundNames) -> None:
    """Add the outputs of other steps that a sweep step of a pipeline gets as inputs."""
    for value in inputs.values() if isinstance(inputs, Mapping) else ():
        text = value.get("path") if isinstance(value, Mapping) else value
        if isinstance(text, str) and (output := step_output(text)):
            found.add("data", output[0])


def _is_asset(value: str) -> bool:
    return value.startswith("azureml:")


def _container(address: str) -> str:
    """Return the part of an address that names the container, for one entry for all that is in it."""
    scheme, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    if scheme in ("http", "https"):
        container = path.partition("/")[0]
        return f"{scheme}://{host}/{container}"
    return f"{scheme}://{host}"
