"""What is wrong with a value of an initial point, and the nearest remedy."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..space import Branch, Scalar
from ..space.membership import is_rounded

LARGEST = math.nextafter(math.inf, 0.0)
MOST_LISTED = 10  # values in a message


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that is not in the space.

    Attributes:
        path: where it is, below the point, such as ``.model.units``.
        value: the value.
        message: what is wrong, and the nearest remedy.
        word: what may be misspelled; empty where nothing is.
        known: the words that it may have been.
    """

    path: str
    value: Any
    message: str
    word: str = ""
    known: tuple[str, ...] = ()


def unlisted_value(listed: tuple[Scalar | Branch, ...], value: Any, path: str) -> Misfit:
    """Return what is wrong with a value that is not among those of a choice.

    Args:
        listed: the values of the choice, or the constants in the place of one.
        value: the value.
        path: of the value, below the point.
    """
    scalars = list(dict.fromkeys(json.dumps(v) for v in listed if not isinstance(v, Branch)))
    texts = [*scalars[:MOST_LISTED], *(["..."] if len(scalars) > MOST_LISTED else [])]
    if any(isinstance(v, Branch) for v in listed):
        texts.append("an object with parameters of one of its branches")
    message = f"is not in searchSpace{_nearest_listed(listed, value)}; must be {' or '.join(texts)}"
    words = tuple(v for v in listed if isinstance(v, str))
    return Misfit(path, value, message, value if isinstance(value, str) else "", words)


def _nearest_listed(listed: tuple[Scalar | Branch, ...], value: Any) -> str:
    """Return a clause with the value of a choice that is nearest to a number, or its text."""
    if isinstance(value, str) or is_number(value):
        for meant in _meant(listed, str(value).lower()):
            return f"; write {json.dumps(meant)}"
    numbers = [v for v in listed if is_number(v)]
    if not is_number(value) or len(numbers) < 2:
        return ""
    nearest = min(numbers, key=lambda number: abs(number - value))
    return f"; the nearest value is {json.dumps(nearest)}"


def _meant(listed: tuple[Scalar | Branch, ...], text: str) -> Iterator[Any]:
    """Yield values with this text, and branches that a constant with this text tells from others."""
    for one in listed:
        if not isinstance(one, Branch):
            if str(one).lower() == text:
                yield one
            continue
        for name, entry in one.entries.items():
            if isinstance(entry, Scalar) and str(entry).lower() == text:
                yield {name: entry}


def quotes_remedy(value: Any) -> str:
    """Return the remedy for a number in quotes; empty for another value."""
    try:
        is_quoted = isinstance(value, str) and math.isfinite(float(value))
    except ValueError:
        return ""
    return "; remove the quotes" if is_quoted else ""


def shortest_text(value: float) -> str:
    """Return the shortest form of a value that the parameter accepts: 0.1 for 0.10000000000000002."""
    shorter = float(f"{value:.12g}")
    is_shorter = isinstance(value, float) and is_rounded(shorter, value)
    return json.dumps(shorter if is_shorter else value)


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number, and no boolean."""
    is_numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return is_numeric and bool(-LARGEST <= value <= LARGEST)
