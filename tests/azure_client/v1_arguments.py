"""Lists the arguments of the methods of Azure's v1 client that are here as well, from its wheels.

The client needs an old Python, so its source is parsed instead of imported. Download the wheels first:
``pip download --no-deps --dest DIR azureml-core azureml-train-core azureml-pipeline-core
azureml-pipeline-steps azureml-widgets``, then ``python tests/azure_client/v1_arguments.py DIR``.
"""

from __future__ import annotations

import ast
import json
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent / "v1_arguments.json"
# Their default values that are neither None nor computed.
DEFAULTS = KEPT.with_name("v1_defaults.json")


def names(function: ast.FunctionDef, skipped: int) -> list[str]:
    """Return the arguments of a function; ``*`` before those without a position, and ``**``."""
    given = function.args
    found = [each.arg for each in (*given.posonlyargs, *given.args)][skipped:]
    found += ["*"] * bool(given.vararg or given.kwonlyargs)
    found += [each.arg for each in given.kwonlyargs]
    found += ["**"] * bool(given.kwarg)
    return [name for name in found if not name.startswith("_")]


def defaults(function: ast.FunctionDef, skipped: int) -> dict[str, object]:
    """Return the default values of a function by argument."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    pairs = list(zip(reversed(positional), reversed(given.defaults), strict=False))[::-1]
    pairs += [
        (one, value)
        for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True)
        if value
    ]
    found = {}
    for argument, value in pairs:
        if isinstance(value, ast.Constant) and value.value is not None:
            found[argument.arg] = value.value
    return {name: value for name, value in found.items() if not name.startswith("_")}


def methods(
    module: str, tree: ast.Module, of: Callable[[ast.FunctionDef, int], Any]
) -> Iterator[tuple[str, Any]]:
    """Yield the public functions and methods of a module with what a function says of them."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{module}.{node.name}", of(node, 0)
        is_public = isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        for method in node.body if is_public else ():
            if not isinstance(method, ast.FunctionDef):
                continue
            marks = {getattr(d, "id", getattr(d, "attr", "")) for d in method.decorator_list}
            if marks & {"property", "setter"}:
                continue
            if method.name == "__init__" or not method.name.startswith("_"):
                skipped = 0 if "staticmethod" in marks else 1
                yield f"{module}.{node.name}.{method.name}", of(method, skipped)


def is_here(path: str) -> bool:
    """Return whether a function or a method is here as well."""
    parts = path.split(".")
    for length in range(len(parts) - 1, 1, -1):
        try:
            found: object = import_module(".".join(("sweepjob", *parts[:length])))
        except ImportError:
            continue
        try:
            for part in parts[length:]:
                found = getattr(found, part)
        except (AttributeError, ImportError, RuntimeError, ValueError):  # it is refused
            return False
        return True
    return False


def main(folder: str) -> None:
    """Write the lists."""
    found: dict[str, list[str]] = {}
    values: dict[str, dict[str, object]] = {}
    for wheel in sorted(Path(folder).glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(".py") and "/_" not in name.replace("__init__", "init"):
                    module = name[:-3].replace("/", ".").removesuffix(".__init__")
                    tree = ast.parse(archive.read(name))
                    found |= dict(methods(module, tree, names))
                    values |= dict(methods(module, tree, defaults))
    here = [path for path in sorted(found) if found[path] and is_here(path)]
    write(KEPT, {path: found[path] for path in here})
    write(DEFAULTS, {path: values[path] for path in here if values[path]})


def write(file: Path, lists: Mapping[str, object]) -> None:
    """Write a line for each function."""
    lines = (f"{json.dumps(path)}: {json.dumps(of)}" for path, of in lists.items())
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1])
