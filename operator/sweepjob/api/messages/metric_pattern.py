"""Patterns that messages suggest for ``metrics.pattern``.

A pattern finds the value behind the whole name, ``loss`` but not ``nll_loss``, and no part of a number.
RE2 has no assertions about what is around a match, so that the pattern contains what is around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..spec.metrics import compiled

# What is not within a name, and what begins a line.
_BEGINS = r"(?:^|[^\w.@/-])"
_NUMBER = r"(?P<value>[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan|inf))"
_WORD_VALUE = r"(?P<value>[-+.\w]+)"
_ENDS = r"[,.:;]?(?:[^\w.,:/-]|$)"
_BETWEEN = r"[^\w@/.-][^\w@/]*?"
# Between a name and its value where they are found without a pattern: quotes, ``=``, ``tensor(``.
_USUAL = r"[^\w=:]{0,6}(?:=>|:=|[=:])[^\w.+-]*(?:[A-Za-z_][\w.]*\()?"
# Words that stand between a name and its value, and no others, which may come with another number.
_WORDS = re.compile(
    r"avg|average|equals|is|macro|mean|micro|now|percent|percentage|reached|result|score|value|was|weighted",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\w@/.-]\W*([A-Za-z]\w*)")
_COUNTED = re.compile(rb"\d+ [A-Za-z]")  # ``3 epochs``


def pattern_for_lines(metric: str, lines: Sequence[str]) -> str:
    """Return a pattern that finds the metric's value in lines that have another form; empty without one.

    Args:
        metric: the metric.
        lines: lines of a log, with control characters escaped.
    """
    lines = [line.replace("\\t", "\t") for line in lines]
    for between in (_BETWEEN, *_words(metric, lines), rf"{_BETWEEN}\d+/\d+{_BETWEEN}"):
        pattern = f"{_BEGINS}{_escaped(metric)}{between}{_NUMBER}{_ENDS}"
        if _fits(pattern, lines):
            return _quoted(pattern)
    return ""


def _fits(pattern: str, lines: Sequence[str]) -> bool:
    """Return whether a pattern finds numbers in some lines, one in each, and none that counts things."""
    expression = compiled(pattern.encode())
    value = expression.groupindex[b"value"]
    has_found = False
    for line in (text.encode(errors="replace") for text in lines):
        found = [*expression.finditer(line)]
        if len(found) > 1 or any(_COUNTED.match(line, match.start(value)) for match in found):
            return False
        has_found |= bool(found)
    return has_found


def pattern_behind(label: str, metric: str, line: str) -> str:
    """Return a pattern for the values of a metric behind a label, ``val`` or ``rank0``.

    Args:
        label: a word; a number may follow it, unless it ends with one.
        metric: the metric.
        line: a line with both. The pattern is a short one if that finds the same value there.
    """
    suffix = "" if label[-1:].isdigit() else r"(?:[_ ]?\d{1,3})?"
    before = rf"{_BEGINS}{_escaped(label)}{suffix}[^\w./-](?:.*?[^\w.@/-])??"
    exact = f"{before}{_escaped(metric)}{_USUAL}{_NUMBER}{_ENDS}"
    short = rf"(?:^|[\s[(]){_escaped(label)}\b.*?\s{_escaped(metric)}[=: ]+{_WORD_VALUE}(?:,?\s|$)"
    return _quoted(short if _found(short, line) == _found(exact, line) != [] else exact)


def _found(pattern: str, line: str) -> list[bytes]:
    """Return the values that a pattern finds in a line."""
    expression = compiled(pattern.encode())
    value = expression.groupindex[b"value"]
    return [found[value] for found in expression.finditer(line.encode(errors="replace"))]


def pattern_before(label: str, metric: str) -> str:
    """Return a pattern for the values of a metric in front of a label.

    Args:
        label: a text that ends with a digit.
        metric: the metric.
    """
    name = f"{_BEGINS}{_escaped(metric)}{_USUAL}{_NUMBER}{_ENDS}"
    return _quoted(rf"{name}(?:.*[^\w.-])?{_escaped(label)}(?:[^\w.]|$)")


def _words(metric: str, lines: Sequence[str]) -> list[str]:
    """Return what may be between a name and its value, with a word that the lines have there."""
    found = []
    for line in lines:
        for begin in re.finditer(rf"(?<![\w.@/-]){re.escape(metric)}", line):
            word = _WORD.match(line, begin.end())
            if word and _WORDS.fullmatch(word[1]):
                found.append(rf"{_BETWEEN}{word[1]}{_BETWEEN}")
    return list(dict.fromkeys(found))


def _escaped(text: str) -> str:
    return re.escape(text).replace("\\ ", " ")


def _quoted(pattern: str) -> str:
    """Return a pattern as it is in single quotes of YAML."""
    return pattern.replace("'", "''")
