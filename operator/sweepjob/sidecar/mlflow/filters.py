"""MLflow's filter strings: ``metrics.loss < 0.1 AND tags.team = 'vision'``.

Written by hand: MLflow's parser needs packages, and the sidecar has the standard library only.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from .errors import invalid

# Returns the value of (kind, key) of an item that is searched; None when it has none. Kinds are those of
# KINDS.
Lookup = Callable[[str, str], Any]

KINDS = {
    **dict.fromkeys(("metric", "metrics"), "metric"),
    **dict.fromkeys(("param", "params", "parameter", "parameters"), "param"),
    **dict.fromkeys(("tag", "tags"), "tag"),
    **dict.fromkeys(("attribute", "attributes", "attr", "run"), "attribute"),
    **dict.fromkeys(("dataset", "datasets"), "dataset"),
}
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^'])*'|"(?:[^"])*")
      | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])
      | (?P<operator><=|>=|!=|=|<|>)
      | (?P<bracket>[(),])
      | (?P<word>[^\s<>=!(),'"`]*(?:(?:`[^`]*`|"[^"]*"|'[^']*')[^\s<>=!(),'"`]*)*)
    )""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "LIKE": lambda found, pattern: _like(found, pattern, 0),
    "ILIKE": lambda found, pattern: _like(found, pattern, re.IGNORECASE),
    "IN": lambda found, listed: found in listed,
    "NOT IN": lambda found, listed: found not in listed,
}
_OF_NUMBERS = ("=", "!=", "<", "<=", ">", ">=")
_OF_TEXTS = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN")
_LONGEST = 10_000  # characters of a filter


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a filter, which joins them by AND.

    Attributes:
        kind: the kind of the field, e.g. ``metric``.
        key: the key of the field, e.g. ``loss``.
        operator: e.g. ``<=`` or ``IS NULL``.
        value: the value to compare with; None for ``IS NULL`` and ``IS NOT NULL``.
    """

    kind: str
    key: str
    operator: str
    value: Any = None

    def holds(self, lookup: Lookup) -> bool:
        """Return whether the comparison is true for an item."""
        found = lookup(self.kind, self.key)
        if self.operator == "IS NULL":
            return found is None
        if self.operator == "IS NOT NULL":
            return found is not None
        if isinstance(found, list):
            return any(_COMPARE[self.operator](each, self.value) for each in found)
        return found is not None and _COMPARE[self.operator](found, self.value)


@dataclass(frozen=True, slots=True)
class Searchable:
    """The fields of a kind of item that can be searched.

    Attributes:
        texts, numbers: names of its attributes.
        kinds: its other kinds of fields.
    """

    texts: Collection[str]
    numbers: Collection[str]
    kinds: Collection[str] = ("tag",)

    def parse(self, text: str) -> list[Comparison]:
        """Read a filter.

        Raises:
            MlflowError: it is malformed, or has unknown fields.
        """
        if len(text) > _LONGEST:
            raise invalid(f"a filter may have {_LONGEST} characters at most")
        tokens = _tokens(text)
        found = []
        while tokens:
            found.append(self._comparison(tokens, text))
            if tokens and not _is_word(tokens.pop(0), "AND"):
                raise invalid(f"comparisons are joined by AND, and by nothing else: {text!r}")
            elif not tokens and text.rstrip().upper().endswith(" AND"):
                raise invalid(f"nothing follows AND: {text!r}")
        return found

    def identify(self, name: str) -> tuple[str, str]:
        """Return kind and key of a name such as ``metrics.loss``.

        Raises:
            MlflowError: there is no such field.
        """
        first, dot, rest = name.partition(".")
        kind = KINDS.get(first.strip("`"), "") if dot else "attribute"
        key = _bare(rest if dot else first)
        if kind != "attribute" and kind not in self.kinds:
            raise invalid(f"'{first}' cannot be searched for; what can: {', '.join(self.kinds)}")
        if kind == "attribute" and key not in (*self.texts, *self.numbers):
            known = ", ".join(sorted((*self.texts, *self.numbers)))
            raise invalid(f"there is no attribute '{key}' to search for; there are {known}")
        return kind, key

    def is_number(self, kind: str, key: str) -> bool:
        """Return whether a field is a number; all others are strings."""
        return kind == "metric" or (kind == "attribute" and key in self.numbers)

    def _comparison(self, tokens: list[tuple[str, str]], text: str) -> Comparison:
        sort, name = tokens.pop(0)
        if sort != "word":
            raise invalid(f"a comparison begins with a name, not with {name}: {text!r}")
        kind, key = self.identify(name)
        comparison = _operator(tokens, text)
        if comparison.startswith("IS"):
            return Comparison(kind, key, comparison)
        allowed = _OF_NUMBERS if self.is_number(kind, key) else _OF_TEXTS
        if comparison not in allowed:
            raise invalid(f"'{name}' is compared by one of {', '.join(allowed)}: {text!r}")
        if comparison in ("IN", "NOT IN"):
            return Comparison(kind, key, comparison, _listed(tokens, text))
        sort, value = tokens.pop(0) if tokens else ("", "nothing")
        if self.is_number(kind, key):
            if sort != "number":
                raise invalid(f"'{name}' is compared with a number, not with {value}: {text!r}")
            return Comparison(kind, key, comparison, float(value))
        if sort != "text":
            raise invalid(f"'{name}' is compared with a quoted text, not with {value}: {text!r}")
        return Comparison(kind, key, comparison, value[1:-1])


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.end() == position or match.lastgroup is None:
            raise invalid(f"not a filter from character {position + 1} on: {text!r}")
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


def _operator(tokens: list[tuple[str, str]], text: str) -> str:
    words = [value.upper() for _, value in tokens[:3]]
    for length in (3, 2, 1):
        joined = " ".join(words[:length])
        if len(words) >= length and joined in (*_COMPARE, "IS NULL", "IS NOT NULL"):
            del tokens[:length]
            return joined
    raise invalid(f"not a comparison: {' '.join(words) or 'nothing'} in {text!r}")


def _listed(tokens: list[tuple[str, str]], text: str) -> list[str]:
    values = []
    expected = "("
    while tokens:
        if tokens.pop(0)[1] != expected or not tokens:
            break
        sort, value = tokens.pop(0)
        if sort != "text":
            break
        values.append(value[1:-1])
        if tokens and tokens[0][1] == ")":
            tokens.pop(0)
            return values
        expected = ","
    raise invalid(f"IN is followed by quoted texts in brackets: {text!r}")


def _bare(key: str) -> str:
    """Return a key without its quotes, which one with spaces needs."""
    quoted = len(key) >= 2 and key[0] == key[-1] and key[0] in "`'\""
    return key[1:-1] if quoted else key


def _is_word(token: tuple[str, str], word: str) -> bool:
    return token[0] == "word" and token[1].upper() == word


def _like(found: Any, pattern: str, flags: int) -> bool:
    """Match as SQL's LIKE: ``%`` matches any text, ``_`` any character.

    The texts between two ``%`` are searched from left to right. A single expression with many ``.*``
    would try all divisions of the text.
    """
    first, *others = (_compiled(part, flags) for part in pattern.split("%"))
    text = str(found)
    if not others:
        return first.fullmatch(text) is not None
    match = first.match(text)
    for part in others[:-1]:
        match = match and part.search(text, match.end())
    if match is None:
        return False
    last = pattern.rpartition("%")[2]
    return len(text) - len(last) >= match.end() and (
        others[-1].fullmatch(text, len(text) - len(last)) is not None
    )


def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    letters = ("." if letter == "_" else re.escape(letter) for letter in pattern)
    return re.compile("".join(letters), flags | re.DOTALL)
