"""``${{search_space.x}}`` and ``${{inputs.x}}`` in a trial's template."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..domain.space import Assignment, Branch, Choice, Space, leaves

PLACEHOLDER = re.compile(r"\$\{\{\s*([^}]*?)\s*\}\}")


def text_of(value: Any) -> str:
    """A value as the trial sees it: texts as they are, floats in the shortest exact form, booleans
    as true and false, objects as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def substitute(node: Any, resolve: Callable[[str], str]) -> Any:
    """A copy of a tree of dicts and lists with every placeholder in its texts replaced."""
    if isinstance(node, str):
        return PLACEHOLDER.sub(lambda match: resolve(match[1]), node)
    if isinstance(node, Mapping):
        return {key: substitute(value, resolve) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [substitute(value, resolve) for value in node]
    return node


def values(assignment: Assignment, inputs: Mapping[str, Any]) -> dict[str, str]:
    """What every reference of a trial stands for. A nested value has a reference for itself, as
    JSON, and one for each of its leaves."""
    found = {f"inputs.{name}": text_of(value) for name, value in inputs.items()}
    for name, value in assignment.items():
        found[f"search_space.{name}"] = text_of(value)
    for name, value in leaves(assignment):
        found[f"search_space.{name}"] = text_of(value)
    return found


def unresolved(
    template: Any, space: Space, inputs: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Path, reference and remedy of every placeholder that no trial, or not every trial, resolves."""
    always, sometimes = _references(space.parameters, "search_space.")
    known = always | {f"inputs.{name}" for name in inputs}
    for path, text in _texts(template, ""):
        for reference in PLACEHOLDER.findall(text):
            if reference in sometimes - known:
                remedy = "only some branches of the choice have it; pass the whole branch instead"
                yield path, f"${{{{{reference}}}}}", remedy
            elif reference not in known:
                listed = ", ".join(sorted(known)) or "none"
                yield path, f"${{{{{reference}}}}}", f"refers to nothing; there are: {listed}"


def _references(branch: Branch, prefix: str) -> tuple[set[str], set[str]]:
    """References that every assignment has, and all that some assignment has."""
    always, some = set(), set()
    for name, entry in branch.entries.items():
        reference = f"{prefix}{name}"
        always.add(reference)
        if isinstance(entry, Choice):
            below = [
                _references(v, f"{reference}.") if isinstance(v, Branch) else (set(), set())
                for v in entry.values
            ]
            always |= set.intersection(*(a for a, _ in below)) if below else set()
            some |= set.union(set(), *(s for _, s in below))
    return always, always | some


def _texts(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _texts(value, f"{path}.{key}")
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from _texts(value, f"{path}[{position}]")
