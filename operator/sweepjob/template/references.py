"""References in a trial's template: ``${{search_space.x}}``, ``${{inputs.x}}`` and ``${{outputs.x}}``.

An optional part, ``$[[...]]``, is left out where a reference inside it has no value.

The scanners take time linear in the text, whatever it contains: tenants write the texts, and the operator
reads them on its event loop.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..search.space import Assignment, leaves


@dataclass(frozen=True, slots=True)
class Reference:
    """A ``${{name}}`` in a text.

    Attributes:
        name: the name without the braces, e.g. ``search_space.lr``.
    """

    name: str

    def __str__(self) -> str:
        return f"${{{{{self.name}}}}}"


def value_text(value: Any) -> str:
    """Format a value for a trial: strings as they are, everything else as JSON.

    Floats have their shortest exact form; booleans are true and false.
    """
    if isinstance(value, str):
        return value
    # As json.dumps would, which takes twenty times as long: a space may have 20,000 values.
    return str(value) if type(value) is int else json.dumps(value)


def split_references(text: str) -> list[str | Reference]:
    """Split a text into literal text and references, in their order."""
    found: list[str | Reference] = []
    done = stop = 0
    start = text.find("${{")
    while start >= 0:
        if stop < start + 3:
            stop = text.find("}", start + 3)
        if stop < 0:
            break
        if not text.startswith("}}", stop):
            start = text.find("${{", start + 1)
            continue
        if start > done:
            found.append(text[done:start])
        found.append(Reference(text[start + 3 : stop].strip()))
        done = stop + 2
        start = text.find("${{", done)
    if done < len(text):
        found.append(text[done:])
    return found


def references(text: str) -> list[str]:
    """Return the names of all references in a text, in their order."""
    return [piece.name for piece in split_references(text) if isinstance(piece, Reference)]


def replace_references(text: str, change: Callable[[Reference], str]) -> str:
    """Replace each reference of a text by what ``change`` returns for it."""
    return "".join(p if isinstance(p, str) else change(p) for p in split_references(text))


def split_optional(text: str) -> list[tuple[str, bool]]:
    """Split a text into parts, each with whether it is optional; brackets are removed."""
    found = []
    done = 0
    while (start := text.find("$[[", done)) >= 0:
        stop = text.find("]]", start + 3)
        if stop < 0:
            break
        found += [(text[done:start], False), (text[start + 3 : stop], True)]
        done = stop + 2
    found.append((text[done:], False))
    return [(part, optional) for part, optional in found if part or optional]


def has_optional_parts(text: str) -> bool:
    """Return whether a text has an optional part."""
    return any(optional for _, optional in split_optional(text))


def resolve_optional(text: str, known: Container[str]) -> str:
    """Keep the optional parts of a text whose references are all known, and drop the others."""
    return "".join(
        part
        for part, optional in split_optional(text)
        if not optional or all(name in known for name in references(part))
    )


def substitute(node: Any, values: Mapping[str, str]) -> Any:
    """Copy a tree of dicts and lists, with every reference in its strings replaced.

    Args:
        node: the tree.
        values: the values of the references, by name.
    """
    if isinstance(node, str):
        kept = resolve_optional(node, values)
        return replace_references(kept, lambda reference: values[reference.name])
    if isinstance(node, Mapping):
        return {key: substitute(value, values) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [substitute(value, values) for value in node]
    return node


def reference_values(
    assignment: Assignment, inputs: Mapping[str, Any], outputs: Mapping[str, str]
) -> dict[str, str]:
    """Return the values of a trial's references, by name.

    A nested value has a reference of its own, as JSON, and one for each of its leaves.

    Args:
        assignment: the trial's parameters.
        inputs: ``spec.inputs``.
        outputs: paths of the outputs in the container, by name.
    """
    found = {f"inputs.{name}": value_text(value) for name, value in inputs.items()}
    found |= {f"outputs.{name}": path for name, path in outputs.items()}
    for name, value in assignment.items():
        found[f"search_space.{name}"] = value_text(value)
    for name, value in leaves(assignment):
        found[f"search_space.{name}"] = value_text(value)
    return found


TreePath = tuple[Any, str | int]  # a path in a tree: the parent's path, and the last step


def iter_texts(node: Any) -> Iterator[tuple[TreePath, str]]:
    """Yield the path and the text of every string in a tree of dicts and lists, in their order."""
    waiting: list[tuple[TreePath, Any]] = [((None, ""), node)]
    while waiting:
        tree_path, found = waiting.pop()
        if isinstance(found, str):
            yield tree_path, found
        elif isinstance(found, Mapping):
            waiting += [((tree_path, f".{key}"), found[key]) for key in reversed(found)]
        elif isinstance(found, list | tuple):
            waiting += [((tree_path, n), found[n]) for n in reversed(range(len(found)))]


def format_path(tree_path: TreePath) -> str:
    """Format a path, e.g. ``.containers[0].args``."""
    steps = []
    inside: TreePath | None = tree_path
    while inside is not None:
        inside, step = inside
        steps.append(step if isinstance(step, str) else f"[{step}]")
    return "".join(reversed(steps))
