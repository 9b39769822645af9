"""Warnings about values after an option that argparse takes for another option.

``--shift -0.5`` is read as it is meant; ``--shift -1e-05`` and ``--activation -`` end the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, zip_longest
from typing import Any

from ...search.space import Branch, Choice, Scalar
from ...search.space.expressions import Expression
from ...template.references import Reference, split_references, value_text
from ..parsing.problem import Problem

_OPTION = re.compile(r"--?[A-Za-z][\w.-]*")
_OPTION_BEFORE = re.compile(r"(?:^|\s)(--?[A-Za-z][\w.-]*)[ \t]+[\"']?$")
_ENDS_WORD = re.compile(r"[\"']?(?:\s|$)")
# What argparse reads as a value: no word with a hyphen, but negative numbers without an exponent.
_NEGATIVE_NUMBER = re.compile(r"-\d+|-\d*\.\d+")
_SAMPLES = 200  # values of a range that are tried: one in so many is worth a warning


def option_like_values(
    path: str, command: str | Sequence[str], entries: Mapping[str, Scalar | Expression]
) -> Iterator[Problem]:
    """Yield a warning for each parameter whose values may be taken for options.

    Args:
        path: of the command in the SweepJob.
        command: a text, or an argument vector.
        entries: the search space by name.
    """
    separate = _after_options(command) if isinstance(command, str) else _in_words(command)
    for option, name in dict(separate).items():
        group, _, parameter = name.partition(".")
        entry = entries.get(parameter) if group == "search_space" else None
        value = None if entry is None else _option_like(entry)
        if value is not None:
            message = (
                f"may be {value}, which Python's argparse takes for an option; write "
                f"{option}={Reference(name)}"
            )
            yield Problem(path, f"{option} {Reference(name)}", message)


def _after_options(command: str) -> Iterator[tuple[str, str]]:
    """Yield the options of a text that are followed by a reference in a word of its own."""
    before = ""
    parts = split_references(command)
    for part, after in zip_longest(parts, parts[1:], fillvalue=""):
        if isinstance(part, str):
            before = part
            continue
        option = _OPTION_BEFORE.search(before[-200:])
        before = ""
        if option and (not isinstance(after, str) or _ENDS_WORD.match(after)):
            yield option[1], part.name


def _in_words(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the same of an argument vector."""
    for option, word in pairwise(words):
        parts = split_references(word)
        if len(parts) == 1 and isinstance(parts[0], Reference) and _OPTION.fullmatch(option):
            yield option, parts[0].name


def _option_like(entry: Scalar | Expression) -> str | None:
    """Return a value of a parameter that argparse takes for an option; None without one."""
    texts = (value_text(value) for value in _values(entry))
    return next((t for t in texts if t[:1] == "-" and not _NEGATIVE_NUMBER.fullmatch(t)), None)


def _values(entry: Any) -> Iterator[Any]:
    if isinstance(entry, Choice):
        yield from (value for value in entry.values if not isinstance(value, Branch))
    elif hasattr(entry, "quantile"):
        yield from (entry.quantile((n + 0.5) / _SAMPLES) for n in range(_SAMPLES))
    else:
        yield entry
