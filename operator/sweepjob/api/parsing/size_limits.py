"""Limits on the size, the depth and the strings of a spec, which are checked before anything else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...template.references import TreePath, format_path
from .problem import Problem

TEXT_LIMIT = 131_071  # bytes; of an argument or a variable on Linux, which ends in a NUL byte
VALUE_LIMIT = 20_000  # characters of a value or an input: a trial has all of them in one variable
NAME_LIMIT = 100  # characters of the name of a parameter or an input
_KEY_LIMIT = 400  # characters of any other key; keys of labels and annotations have at most 317
_MAX_DEPTH = 128
_MAX_REFERENCES = 1000  # in one string
_MAX_PROBLEMS = 20  # that are reported
# Characters that no argument and no variable can have: NUL and lone surrogates.
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")


def size_problems(spec: Any, path: str) -> list[Problem]:
    """Return the first problems of a spec's size, depth and strings.

    Args:
        spec: the spec, of any type.
        path: the path of the spec, e.g. ``spec``.
    """
    found = []
    for problem in _walk(spec, path):
        found.append(problem)
        if len(found) == _MAX_PROBLEMS:
            break
    return found


def _walk(spec: Any, path: str) -> Iterator[Problem]:
    waiting: list[tuple[TreePath, Any, int]] = [((None, path), spec, 0)]
    while waiting:
        tree_path, node, depth = waiting.pop()
        if isinstance(node, str):
            if message := _text_problem(node):
                yield Problem(format_path(tree_path), node[:100], message)
        elif depth > _MAX_DEPTH:
            yield Problem(
                format_path(tree_path), "...", f"is nested deeper than {_MAX_DEPTH} levels"
            )
        elif isinstance(node, Mapping):
            for key in reversed(node):
                if len(str(key)) > _KEY_LIMIT or _FORBIDDEN.search(str(key)):
                    yield Problem(
                        format_path(tree_path), str(key)[:100], "has a key that cannot be one"
                    )
                else:
                    waiting.append(((tree_path, f".{key}"), node[key], depth + 1))
        elif isinstance(node, list):
            for number in reversed(range(len(node))):
                waiting.append(((tree_path, number), node[number], depth + 1))


def _text_problem(text: str) -> str:
    if found := _FORBIDDEN.search(text):
        return (
            f"has the character {found[0]!r}, which no argument and no variable can have; remove it"
        )
    if len(text) > TEXT_LIMIT or (not text.isascii() and len(text.encode()) > TEXT_LIMIT):
        return (
            f"is longer than the {TEXT_LIMIT} bytes that an argument may have; read it from a file"
        )
    if text.count("${{") > _MAX_REFERENCES:
        return f"has more than {_MAX_REFERENCES} references; read them from SWEEPJOB_PARAMETERS"
    return ""
