"""Limits on the size, the depth and the strings of a spec, which are checked before anything else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...template.references import TreePath, format_path
from .problem import Problem

TEXT_LIMIT = 131_071  # bytes; of an argument or a variable on Linux, which ends in a NUL byte
VALUE_LIMIT = 20_000  # characters of a value or an input: a trial has all of them in one variable
NAME_LIMIT = 100  # characters of the name of a parameter or an input
_KEY_LIMIT = 400  # characters of any other key; keys of labels and annotations have at most 317
# Bytes of a Job as the API server writes it; of a pod of more than 1 MiB only the name is read.
JOB_LIMIT = 768 * 1024
_MAX_TRIAL_VALUES = 10_000  # objects, lists and other values in spec.trial
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
    trial = spec.get("trial") if isinstance(spec, Mapping) else None
    if _has_more_values(trial, _MAX_TRIAL_VALUES):
        message = f"has more than {_MAX_TRIAL_VALUES} values; read them from a ConfigMap"
        return [Problem(f"{path}.trial", "...", message)]
    for problem in _walk(spec, path):
        found.append(problem)
        if len(found) == _MAX_PROBLEMS:
            break
    return found


def written_size(body: Mapping[str, Any]) -> int:
    """Return the bytes of an object as the API server writes it: it escapes some characters."""
    text = json.dumps(body, default=str)
    return len(text) + 5 * sum(map(text.count, "<>&"))


def _has_more_values(root: Any, most: int) -> bool:
    waiting, count = [root], 0
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping | list):
            count += len(node)
            if count > most:
                return True
            waiting.extend(node.values() if isinstance(node, Mapping) else node)
    return False


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
