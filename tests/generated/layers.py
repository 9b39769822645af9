"""The table of layers on the architecture page, from the configuration of import-linter."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from tests.syntax_trees import syntax_tree

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "operator"
_BLOCK = re.compile(r"(<!-- layers: begin -->\n).*?(<!-- layers: end -->)", re.DOTALL)


def layers() -> list[list[str]]:
    """Returns the packages of each layer, from the highest to the lowest.

    Raises:
        LookupError: pyproject.toml has no contract of type ``layers`` for the whole package.
    """
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    found = [c for c in settings["contracts"] if c["type"] == "layers" and not c.get("containers")]
    if not found:
        raise LookupError("no contract of type layers in pyproject.toml")
    # Further contracts may order the modules within one package.
    contract = max(found, key=lambda contract: len(contract["layers"]))
    rows = []
    for layer in contract["layers"]:
        # "a | b" and "a : b" are siblings; parentheses mark a layer that need not exist.
        names = layer["modules"] if isinstance(layer, dict) else re.split(r"[|:]", layer)
        rows.append([name.strip(" ()") for name in names])
    return rows


def with_layers(page: str) -> str:
    """Returns the architecture page with its table of layers replaced."""
    lines = ["| Layer | Package | Contents |", "| --- | --- | --- |"]
    for number, names in enumerate(layers(), 1):
        lines += [f"| {number} | `{name.partition('.')[2]}` | {_summary(name)} |" for name in names]
    table = "\n".join(["", *lines, "", ""])
    text, count = _BLOCK.subn(lambda match: match[1] + table + match[2], page)
    if count != 1:
        raise LookupError(f"{count} blocks of layers on the page, expected one")
    return text


def _summary(module: str) -> str:
    """Returns the first paragraph of the docstring of a module or a package."""
    path = SOURCES / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(syntax_tree(file.read_text())) or ""
    return " ".join(text.partition("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")
