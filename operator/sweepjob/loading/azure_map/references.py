"""Finds the names of an Azure workspace in sweep files, scripts and notebooks."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .asset_names import is_address, split_datastore_uri
from .azure_map import DEFAULT_DATASTORE, AzureMap
from .resolution import Environment

# Arguments of Azure's clients, v2 and v1, by section of the map.
_ARGUMENTS = {
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
_DATA = re.compile(
    r"(azureml:(?!//registries)|wasbs?://|abfss?://|adl://|https?://.*\.blob\.core\.)"
)
_GETTERS = {
    ("compute", "get"): "compute",
    ("environments", "get"): "environment",
    ("data", "get"): "data",
    ("components", "get"): "component",
    ("Environment", "get"): "environment",
    ("Dataset", "get_by_name"): "data",
    ("Datastore", "get"): "datastore",
}
_MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)


@dataclass
class FoundNames:
    """The names of a workspace, by section of the map, in the order in which they were found."""

    sections: dict[str, dict[str, None]] = field(default_factory=dict)

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
    if isinstance(data, list):
        for value in data:
            names_in_document(value, found)
    if not isinstance(data, Mapping):
        return
    for key, value in data.items():
        section = _ARGUMENTS.get(str(key))
        if section == "environment" and isinstance(value, str | Mapping):
            found.add_environment(value)
        elif section is not None and isinstance(value, str):
            found.add(section, value)
        elif key in ("trial", "component") and isinstance(value, str) and _is_asset(value):
            found.add("component", value)
        elif key == "path" and isinstance(value, str) and not value.startswith("${{"):
            found.add("data", value)
        elif key == "outputs" and isinstance(value, Mapping) and value and "trial" in data:
            found.add("datastore", DEFAULT_DATASTORE)
            names_in_document(value, found)
        else:
            names_in_document(value, found)


def names_in_notebook(text: str, found: FoundNames) -> None:
    """Add the names in the code cells of a notebook.

    Raises:
        ValueError: it is no notebook, or a cell is not Python.
    """
    cells = json.loads(text).get("cells", [])
    sources = ["".join(c.get("source", [])) for c in cells if c.get("cell_type") == "code"]
    # A cell that begins with %% is no Python.
    program = "\n".join(text for text in sources if not text.lstrip().startswith("%%"))
    names_in_program(_MAGIC.sub("", program), found)


def names_in_program(text: str, found: FoundNames) -> None:
    """Add the names in a Python program: literal arguments, and variables that have a literal.

    Raises:
        ValueError: it is not Python.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from None
    constants = dict(_constants(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            _in_call(node, constants, found)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _DATA.match(node.value) and is_address(node.value):
                found.add("data", node.value)
        elif isinstance(node, ast.Assign):
            _in_assignment(node, constants, found)


def _constants(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                    yield target.id, node.value.value


def _text(node: ast.expr | None, constants: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return constants.get(node.id) if isinstance(node, ast.Name) else None


def _in_call(node: ast.Call, constants: Mapping[str, str], found: FoundNames) -> None:
    name = _name(node.func)
    given = {k.arg: _text(k.value, constants) for k in node.keywords if k.arg}
    for argument, value in given.items():
        section = _ARGUMENTS.get(argument)
        if value is None or section is None:
            continue
        if section == "environment":
            found.add_environment(value)
        elif not (argument == "size" and name[-1] != "AmlCompute"):
            found.add(section, value)
    if name[-1] in ("Input", "Data") and given.get("path"):
        found.add("data", str(given["path"]))
    if name[-1] == "Environment" and name[-2:-1] != ["Environment"]:
        found.add_environment(given)
    if (
        name[-1] in ("Output",)
        or "outputs" in given
        or any(k.arg == "outputs" for k in node.keywords)
    ):
        found.add("datastore", DEFAULT_DATASTORE)
    section = _GETTERS.get((name[-2] if len(name) > 1 else "", name[-1]))
    arguments = [_text(argument, constants) for argument in node.args]
    value = given.get("name") or next(filter(None, arguments), None)
    if section is not None and value is not None:
        found.add(section, value)


def _in_assignment(node: ast.Assign, constants: Mapping[str, str], found: FoundNames) -> None:
    value = _text(node.value, constants)
    for target in node.targets:
        if isinstance(target, ast.Attribute) and value is not None:
            section = _ARGUMENTS.get(target.attr)
            if section == "environment":
                found.add_environment(value)
            elif section is not None:
                found.add(section, value)


def _name(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Attribute):
        return [*_name(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else [""]


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
