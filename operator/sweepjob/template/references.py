"""``${{search_space.x}}``, ``${{inputs.x}}`` and ``${{outputs.x}}`` in a trial's template, and
``$[[...]]``, which is left out where one of those inside stands for nothing.

The scanners take time in proportion to the text, whatever it says: texts are a tenant's, and are read on
the operator's event loop.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..search.space import Assignment, leaves


@dataclass(frozen=True, slots=True)
class Reference:
    """A ``${{name}}`` in a text."""

    name: str

    def __str__(self) -> str:
        return f"${{{{{self.name}}}}}"


def text_of(value: Any) -> str:
    """A value as the trial sees it: texts as they are, floats in the shortest exact form, booleans
    as true and false, objects as JSON.
    """
    return value if isinstance(value, str) else json.dumps(value)


def pieces(text: str) -> list[str | Reference]:
    """The text in its order: what is written out, and references."""
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
    """The names of all references in a text."""
    return [piece.name for piece in pieces(text) if isinstance(piece, Reference)]


def replace_references(text: str, change: Callable[[Reference], str]) -> str:
    """The text with something else in place of each reference."""
    return "".join(p if isinstance(p, str) else change(p) for p in pieces(text))


def parts(text: str) -> list[tuple[str, bool]]:
    """The text in its order, in parts, and whether each is optional; those without their brackets."""
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


def has_optional(text: str) -> bool:
    """Whether something of the text may be left out."""
    return any(optional for _, optional in parts(text))


def settle_optional(text: str, known: Container[str]) -> str:
    """The text with every ``$[[...]]`` opened or left out."""
    return "".join(
        part
        for part, optional in parts(text)
        if not optional or all(name in known for name in references(part))
    )


def substitute(node: Any, values: Mapping[str, str]) -> Any:
    """A copy of a tree of dicts and lists with every reference in its texts replaced.

    Args:
        values: what each reference stands for.
    """
    if isinstance(node, str):
        kept = settle_optional(node, values)
        return replace_references(kept, lambda reference: values[reference.name])
    if isinstance(node, Mapping):
        return {key: substitute(value, values) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [substitute(value, values) for value in node]
    return node


def values(
    assignment: Assignment, inputs: Mapping[str, Any], outputs: Mapping[str, str]
) -> dict[str, str]:
    """What every reference of a trial stands for. A nested value has a reference for itself, as
    JSON, and one for each of its leaves.
    """
    found = {f"inputs.{name}": text_of(value) for name, value in inputs.items()}
    found |= {f"outputs.{name}": path for name, path in outputs.items()}
    for name, value in assignment.items():
        found[f"search_space.{name}"] = text_of(value)
    for name, value in leaves(assignment):
        found[f"search_space.{name}"] = text_of(value)
    return found


Trail = tuple[Any, str | int]  # a place in a tree: the one it is in, and the last step


def texts(node: Any) -> Iterator[tuple[Trail, str]]:
    """Place and text of every text in a tree of dicts and lists, in their order."""
    waiting: list[tuple[Trail, Any]] = [((None, ""), node)]
    while waiting:
        trail, found = waiting.pop()
        if isinstance(found, str):
            yield trail, found
        elif isinstance(found, Mapping):
            waiting += [((trail, f".{key}"), found[key]) for key in reversed(found)]
        elif isinstance(found, list | tuple):
            waiting += [((trail, n), found[n]) for n in reversed(range(len(found)))]


def written(trail: Trail) -> str:
    """A place as a path."""
    steps = []
    inside: Trail | None = trail
    while inside is not None:
        inside, step = inside
        steps.append(step if isinstance(step, str) else f"[{step}]")
    return "".join(reversed(steps))
