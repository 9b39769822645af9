"""How large and how deep a spec may be, and what its texts may have: checked before anything else is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..template.references import Trail, written
from .problem import Problem

TEXT_LIMIT = 131_071  # bytes; Linux takes no longer argument or variable, its ending NUL counted
VALUE_LIMIT = 20_000  # characters of a text among values or inputs: a trial has all of them in one
NAME_LIMIT = 100  # characters of a name: of a parameter, an input
_KEY_LIMIT = 400  # characters of any other key; labels and annotations have 317 at most
_DEEPEST = 128
_REFERENCES = 1000  # in one text
_MOST = 20  # problems that are named
# What no argument and no variable can hold: NUL, and halves of pairs of surrogates.
_IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")


def shape_problems(spec: Any, path: str) -> list[Problem]:
    """What is too large, too deep or no text in a spec; the first few."""
    found = []
    for problem in _walk(spec, path):
        found.append(problem)
        if len(found) == _MOST:
            break
    return found


def _walk(spec: Any, path: str) -> Iterator[Problem]:
    waiting: list[tuple[Trail, Any, int]] = [((None, path), spec, 0)]
    while waiting:
        trail, node, depth = waiting.pop()
        if isinstance(node, str):
            if message := _of_text(node):
                yield Problem(written(trail), node[:100], message)
        elif depth > _DEEPEST:
            yield Problem(written(trail), "...", f"is nested deeper than {_DEEPEST} levels")
        elif isinstance(node, Mapping):
            for key in reversed(node):
                if len(str(key)) > _KEY_LIMIT or _IMPOSSIBLE.search(str(key)):
                    yield Problem(written(trail), str(key)[:100], "has a key that cannot be one")
                else:
                    waiting.append(((trail, f".{key}"), node[key], depth + 1))
        elif isinstance(node, list):
            for number in reversed(range(len(node))):
                waiting.append(((trail, number), node[number], depth + 1))


def _of_text(text: str) -> str:
    if found := _IMPOSSIBLE.search(text):
        return (
            f"has the character {found[0]!r}, which no argument and no variable can have; remove it"
        )
    if len(text) > TEXT_LIMIT or (not text.isascii() and len(text.encode()) > TEXT_LIMIT):
        return (
            f"is longer than the {TEXT_LIMIT} bytes that an argument may have; read it from a file"
        )
    if text.count("${{") > _REFERENCES:
        return f"has more than {_REFERENCES} references; read them from SWEEPJOB_PARAMETERS"
    return ""
