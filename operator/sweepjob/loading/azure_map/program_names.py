"""Finds the names of an Azure workspace in scripts and notebooks."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from .asset_names import is_address
from .azure_map import DEFAULT_DATASTORE
from .literals import constants_of, text_of
from .references import ARGUMENTS, FoundNames

_DATA = re.compile(
    r"(azureml:(?!//registries)|wasbs?://|abfss?://|adl://|https?://.*\.blob\.core\.)"
)
# Collections of a workspace, v2 and v1: X.get(NAME), X[NAME], NAME in X.
_COLLECTIONS = {
    "compute": "compute",
    "compute_targets": "compute",
    "environments": "environment",
    "data": "data",
    "datasets": "data",
    "datastores": "datastore",
    "components": "component",
}
_GETTERS = {
    ("Environment", "get"): "environment",
    ("Environment", "from_conda_specification"): "environment",
    ("Environment", "from_docker_build_context"): "environment",
    ("Environment", "from_docker_image"): "environment",
    ("Environment", "from_dockerfile"): "environment",
    ("Environment", "from_existing_conda_environment"): "environment",
    ("Environment", "from_pip_requirements"): "environment",
    ("Dataset", "get_by_name"): "data",
    ("Datastore", "get"): "datastore",
    ("Datastore", "register_azure_blob_container"): "datastore",
    ("Datastore", "register_azure_data_lake_gen2"): "datastore",
    ("Datastore", "register_azure_file_share"): "datastore",
    ("ComputeTarget", "create"): "compute",
}
_CONSTRUCTORS = {"ComputeTarget": "compute", "AmlCompute": "compute", "Datastore": "datastore"}
_NAME_ARGUMENTS = ("name", "datastore_name")
_MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)


def names_in_notebook(text: str, found: FoundNames, file: str = "notebook") -> None:
    """Add the names in the code cells of a notebook.

    Args:
        text: the notebook.
        found: receives the names, and the cells that are not Python.
        file: the notebook's name, for messages.

    Raises:
        ValueError: it is no notebook, or no cell is Python.
    """
    cells = json.loads(text).get("cells", [])
    sources = ["".join(c.get("source", [])) for c in cells if c.get("cell_type") == "code"]
    program, wrong = [], []
    for number, source in enumerate(sources, 1):
        if source.lstrip().startswith("%%"):
            continue  # no Python, or the content of a file
        try:
            program.append(_python(source))
        except SyntaxError as error:
            wrong.append(f"code cell {number}, line {error.lineno}: {error.msg}")
    if wrong and not program:
        raise ValueError(wrong[0])
    found.skipped += [f"{file}: {message}; this cell was not read" for message in wrong]
    _names_in(ast.parse("\n".join(program)), found)


def _python(cell: str) -> str:
    """Return a cell without the lines for IPython, unless it is Python as it is.

    Raises:
        SyntaxError: it is not Python.
    """
    try:
        ast.parse(cell)
    except SyntaxError:
        cell = _MAGIC.sub(r"\1pass", cell)
        ast.parse(cell)
    return cell


def names_in_program(text: str, found: FoundNames) -> None:
    """Add the names in a Python program: literals, and variables that have one.

    Raises:
        ValueError: it is not Python.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from None
    _names_in(tree, found)


def _names_in(tree: ast.Module, found: FoundNames) -> None:
    constants = constants_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            _in_call(node, constants, found)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _DATA.match(node.value) and is_address(node.value):
                found.add("data", node.value)
        elif isinstance(node, ast.Assign):
            _in_assignment(node, constants, found)
        elif isinstance(node, ast.Subscript):
            _in_collection(node.value, text_of(node.slice, constants), found)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            _in_collection(node.comparators[0], text_of(node.left, constants), found)


def _in_call(node: ast.Call, constants: Mapping[str, str], found: FoundNames) -> None:
    name = _name(node.func)
    given = {k.arg: text_of(k.value, constants) for k in node.keywords if k.arg}
    _in_arguments(name[-1], given, found)
    if name[-1] in ("Input", "Data") and given.get("path"):
        found.add("data", str(given["path"]))
    if name[-1] in ("Output", "get_default_datastore") or "outputs" in given:
        found.add("datastore", DEFAULT_DATASTORE)
    literals = filter(None, (text_of(argument, constants) for argument in node.args))
    named = next(filter(None, (given.get(key) for key in _NAME_ARGUMENTS)), None)
    value = named or next(literals, None)
    if name[-1] == "Environment" and name[-2:-1] != ["Environment"]:
        found.add_environment({**given, "name": value})
        return
    section = _GETTERS.get((name[-2] if len(name) > 1 else "", name[-1]))
    if section is None and name[-1] == "get" and len(name) > 1:
        section = _COLLECTIONS.get(name[-2])
    section = section or _CONSTRUCTORS.get(name[-1])
    if section is not None and value is not None:
        found.add(section, value)


def _in_arguments(function: str, given: Mapping[str, Any], found: FoundNames) -> None:
    for argument, value in given.items():
        section = ARGUMENTS.get(argument)
        if value is None or section is None:
            continue
        if section == "environment":
            found.add_environment(value)
        elif not (argument == "size" and function != "AmlCompute"):
            found.add(section, value)


def _in_collection(node: ast.expr, value: str | None, found: FoundNames) -> None:
    name = _name(node.func if isinstance(node, ast.Call) else node)
    if name[-1] == "keys":
        name = name[:-1]
    section = _COLLECTIONS.get(name[-1]) if len(name) > 1 else None
    if section is not None and value is not None:
        found.add(section, value)


def _in_assignment(node: ast.Assign, constants: Mapping[str, str], found: FoundNames) -> None:
    value = text_of(node.value, constants)
    for target in node.targets:
        if isinstance(target, ast.Attribute) and value is not None:
            section = ARGUMENTS.get(target.attr)
            if section == "environment":
                found.add_environment(value)
            elif section is not None:
                found.add(section, value)


def _name(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Attribute):
        return [*_name(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else [""]
