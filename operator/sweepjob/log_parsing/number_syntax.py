"""Finds names and numbers in a log: ``name=value`` in the forms that scripts print.

An RE2 expression finds the separator and the number, in time linear in the text. What follows decides
whether the number ends where the expression ends: one that continues in an unknown form (``1,234.5``,
``12:30``, ``0x1F``) is not a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ..api.spec.metrics import compiled
from .other_numbers import is_bar_or_file, is_in_range, is_place

if TYPE_CHECKING:
    import re2

_NAME_CHARACTER = r"\p{L}\p{M}\p{N}_./@-"
# The escapes are those of a line within a JSON string.
_LEAD = rf"(?:\\[nrt]|[^{_NAME_CHARACTER}]-*|^-*)"
_NAME = rf"(?P<name>[\p{{L}}_][{_NAME_CHARACTER}]*)"
# Spaces of any script, and the marks that are written with Chinese and Japanese characters.
_SPACES = r"[\s\p{Zs}]*"
_SEPARATOR = rf"[\"'`\])}}*\\]{{0,4}}{_SPACES}(?:=>|:=|[=:＝：]){_SPACES}"
# What may enclose a value: quotes, brackets, the types of numpy, PyTorch, TensorFlow and JAX.
_TYPE = (
    r"(?:[A-Za-z_]\w*\.){0,2}(?:float\w*|bfloat16|u?int\d*|double|half|longdouble|[Tt]ensor|[Aa]rray"
    r"|DeviceArray|ndarray|Parameter|EagerTensor|Decimal)\("
)
_OPENED = rf"(?P<opened>(?:[\"'`\\*\[(]|<tf\.Tensor[^>]{{0,80}}numpy=|{_TYPE}){{0,5}})"
_MINUS = "\u2212"
_NUMBER = (
    rf"(?P<value>[-+{_MINUS}]?"
    r"(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|(?i:nan|inf(?:inity)?)))"
)
# After a number in brackets: they close, or keyword arguments follow, e.g. ``, device='cuda:0')``.
_CLOSED = r"[\"'`\\]{0,2}\s*(?:(?:,\s*)?[\])]|,\s*[\p{L}_]\w*\s*=)"

_WORD = (
    "_+=^×·⋅∙…⁄#"  # besides letters and digits: the number continues, or is part of something else
)
_JOINT = ".-/"  # the same, when a letter or a digit follows
_MARKS = ",:'’(*，：．٫٬"  # the same, when a digit follows
# The first digits of a number whose thousands are separated by spaces: ``1 234,5``, ``1 234 567``.
_FIRST_GROUP = re.compile(rf"[-+{_MINUS}]?\d{{1,3}}")
_OTHER_GROUPS = re.compile(r"(?: \d{3})+[.,]\d|(?: \d{3}){2,}(?!\d)")
# A mean and its deviation, as xgboost.cv prints them: ``0.61234+0.00321``.
_DEVIATION = re.compile(r"\+\d{1,20}\.\d{1,20}(?:[eE][-+]?\d{1,3})?(?![\w.+*/^-])")
# A change, ``0.90 -> 0.93``: nobody can tell which of both is meant. A number with a unit, an integer in
# front of a word, and a part of something else are none: ``12.3s``, ``3 episodes``, ``3/10``.
_ENDED = r"(?![\w/]|[.:]\w)"
_CHANGE = re.compile(
    r"\s{0,3}(?:-{1,2}>|=>|[→➜⟶])\s{0,3}[-+]?"
    rf"(?:(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?{_ENDED}|\d+{_ENDED}(?! ?[A-Za-z]))"
)
_AMBIGUOUS = (b"%", b".", b"-", b"/", b"_")  # behind a number that may be no value
_LOOKAHEAD = 40  # bytes after a number that decide whether it has ended
_LONGEST = 400  # bytes of a number; the largest float has 309 digits
_NAMES = 100  # names per line
_TRIES = 50  # occurrences of the metric's name that are tried, from the end of the line


class Number(NamedTuple):
    """A number after a metric's name.

    Attributes:
        text: the number, as far as it was recognized.
        whole: the number ends there; otherwise it continues in an unknown form.
        start, end: byte offsets of the beginning of the name and of the end of the number.
    """

    text: str
    whole: bool
    start: int
    end: int


def metric_numbers(metric: bytes, text: bytes) -> Iterator[Number]:
    """Yield the numbers after a metric's name, the last one first.

    Args:
        metric: may have any characters.
        text: a line.
    """
    expression, opened, value = _value_expression()
    end = len(text)
    for _ in range(_TRIES):
        start = text.rfind(metric, 0, end)
        if start < 0:
            return
        end = start
        if not _begins_a_name(text[max(0, start - _LOOKAHEAD) : start].decode(errors="replace")):
            continue
        match = expression.match(text, start + len(metric))
        if match is None:
            continue
        name, after = slice(start, start + len(metric)), match.end(value)
        if not _is_no_value(text, name, match.start(value), after):
            yield _number(text, match[opened], match[value], start, after)


def named_numbers(text: bytes) -> Iterator[tuple[str, Number]]:
    """Yield names of the usual characters with the numbers after them, in their order."""
    expression, name, opened, value = _named_expression()
    for match in islice(expression.finditer(text), _NAMES):
        where = (match.start(name), match.end(value))
        if _is_no_value(text, slice(*match.span(name)), match.start(value), where[1]):
            continue
        number = _number(text, match[opened], match[value], *where)
        yield match[name].decode(errors="replace"), number


def compile_expressions() -> None:
    """Compile all expressions, which takes some time at the first use."""
    _value_expression()
    _named_expression()
    compiled(_CLOSED)


@lru_cache(maxsize=1)
def _value_expression() -> tuple[re2._Regexp, int, int]:
    expression = compiled((_SEPARATOR + _OPENED + _NUMBER).encode())
    group = expression.groupindex
    return expression, group[b"opened"], group[b"value"]


@lru_cache(maxsize=1)
def _named_expression() -> tuple[re2._Regexp, int, int, int]:
    expression = compiled((_LEAD + _NAME + _SEPARATOR + _OPENED + _NUMBER).encode())
    group = expression.groupindex
    return expression, group[b"name"], group[b"opened"], group[b"value"]


def _number(text: bytes, opened: bytes, value: bytes, start: int, end: int) -> Number:
    rest, number = text[end : end + _LOOKAHEAD].decode(errors="replace"), value.decode()
    whole = len(value) <= _LONGEST and _is_whole(opened.decode(errors="replace"), rest)
    is_first_group = bool(_FIRST_GROUP.fullmatch(number) and _OTHER_GROUPS.match(rest))
    return Number(number.replace(_MINUS, "-"), whole and not is_first_group, start, end)


def _is_no_value(text: bytes, name: slice, start: int, end: int) -> bool:
    """Return whether what was found is a word like ``nano``, or a number of something else.

    Args:
        text: the line.
        name: where the name is.
        start: where the number begins.
        end: where it ends.
    """
    value = text[start:end]
    if value.isalpha():
        return text[end : end + 1].isalpha()
    if is_in_range(text, name.stop, start, end) or is_place(text, name, start, end):
        return True
    if text[end : end + 1] not in _AMBIGUOUS and not value.endswith(b"."):
        return False
    return is_bar_or_file(value, text[end : end + _LOOKAHEAD].decode(errors="replace"))


def _begins_a_name(before: str) -> bool:
    """Return whether a name can begin after this text: ``best_acc`` and ``val/acc`` are not ``acc``."""
    if before.endswith(("\\n", "\\r", "\\t")):
        return True
    last = before.rstrip("-")[-1:]
    return not (last.isalnum() or (last and last in "_./@"))


def _is_whole(opened: str, rest: str) -> bool:
    """Return whether a number ends where it was found to.

    Args:
        opened: what encloses the value.
        rest: what follows the number.
    """
    if opened.startswith("<"):
        return rest.startswith(">")
    if "(" in opened or "[" in opened:
        return compiled(_CLOSED).match(rest) is not None
    padded = rest + "   "
    first, second, third = padded[0], padded[1], padded[2]
    if rest.startswith(("+/-", "+-")) or _DEVIATION.match(rest):
        return True
    if first.isalnum() or first in _WORD or _CHANGE.match(rest):
        return False
    if first in _JOINT:
        return not (second.isalnum() or second in "._")
    if first in _MARKS or (first.isspace() and not first.isascii()) or first == "\ufffd":
        return not (second.isdigit() or (second == "." and third.isdigit()))
    return True
