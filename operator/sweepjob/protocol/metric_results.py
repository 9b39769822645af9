"""The last values of the metrics whose values are results of a trial, besides the primary one.

They are sent without names, in the order of ``RESULT_METRICS``, so that a termination message has room
for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .float_json import decode, encode

MAX_RESULTS = 13  # three further objectives, and ten constraints
Results = tuple[float | None, ...]  # None: not reported yet


def dump_results(results: Iterable[float | None]) -> list[float | str | None]:
    """Return the JSON value in a push or a summary."""
    return [None if value is None else encode(value) for value in results]


def parse_results(data: Any) -> Results:
    """Read the JSON value; earlier sidecars send none.

    Raises:
        ValueError: it is not a list of numbers.
    """
    if data is None:
        return ()
    if not isinstance(data, list) or len(data) > MAX_RESULTS:
        raise ValueError(f"results: must be a list of at most {MAX_RESULTS} numbers")
    return tuple(None if value is None else decode(value) for value in data)
