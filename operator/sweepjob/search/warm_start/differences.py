"""What differs between a search space and the trials that a sweep is warm-started from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..space import Scalar
from .fit import Fit

_MAX_LISTED = 10  # names in a message
_MAX_NAME = 60  # characters of one


@dataclass(slots=True)
class Differences:
    """How trials were made to fit, in numbers.

    Attributes:
        left_out: how many do not count, by reason.
        dropped: how many had a parameter that the space lacks, by name.
        filled: how many lack a parameter of the space, by name and the value that they got.
        outside: how many have a value that the space lacks, by name.
        unused: columns of a table that are neither a parameter nor a metric.
        note: how the text was read, where that is to be said.
    """

    left_out: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    filled: Counter[tuple[str, str]] = field(default_factory=Counter)
    outside: Counter[str] = field(default_factory=Counter)
    unused: tuple[str, ...] = ()
    note: str = ""

    def add(self, fitted: Fit) -> None:
        """Count a trial that was made to fit."""
        self.dropped.update(dict.fromkeys(fitted.dropped, 1))
        self.filled.update((name, _value(value)) for name, value in fitted.filled.items())
        self.outside.update(dict.fromkeys(fitted.outside, 1))

    @property
    def clauses(self) -> list[str]:
        """What is to be said of it, a clause for each kind of difference."""
        said = [self.note] if self.note else []
        if self.left_out:
            said.append(f"left out: {_listed(f'{n} {why}' for why, n in self.left_out.items())}")
        if self.dropped:
            said.append(
                f"dropped, since searchSpace lacks them: {_listed(map(_times, *_of(self.dropped)))}"
            )
        if self.filled:
            texts = (f"{_cut(name)}={v} in {_trials(n)}" for (name, v), n in self.filled.items())
            said.append(f"filled in: {_listed(texts)}")
        if self.outside:
            said.append(f"outside of searchSpace: {_listed(map(_times, *_of(self.outside)))}")
        if self.unused:
            said.append(f"columns that are not used: {_listed(map(_cut, self.unused))}")
        return said

    def __str__(self) -> str:
        """Return the differences in a line; empty without any."""
        return "; ".join(self.clauses)


def _of(counted: Counter[str]) -> tuple[list[str], list[int]]:
    return list(counted), list(counted.values())


def _times(name: str, count: int) -> str:
    return f"{_cut(name)} in {_trials(count)}"


def _trials(count: int) -> str:
    return "1 trial" if count == 1 else f"{count} trials"


def _value(value: Scalar) -> str:
    return _cut(value) if isinstance(value, str) else json.dumps(value)


def _cut(text: str) -> str:
    """Return a text of others for a message: printable, and not long."""
    shown = repr(text)[1:-1]
    return shown if len(shown) <= _MAX_NAME else f"{shown[: _MAX_NAME - 3]}..."


def _listed(texts: Iterable[str]) -> str:
    every = list(texts)
    more = len(every) - _MAX_LISTED
    return ", ".join([*every[:_MAX_LISTED], *([f"and {more} more"] if more > 0 else [])])
