"""Filters, sorts and pages items for answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from .conversions import whole
from .errors import invalid
from .filters import Comparison, Lookup, Searchable

Item = TypeVar("Item")


def matching(
    items: Iterable[Item], wanted: Sequence[Comparison], lookup: Callable[[Item], Lookup]
) -> list[Item]:
    """Return the items for which all comparisons are true.

    Args:
        items: the items to filter.
        wanted: the comparisons.
        lookup: returns the fields of an item.
    """
    return [item for item in items if all(each.holds(lookup(item)) for each in wanted)]


def ordered(
    items: list[Item],
    orders: Sequence[str],
    searchable: Searchable,
    lookup: Callable[[Item], Lookup],
) -> list[Item]:
    """Sort items; those without a value come last.

    Args:
        items: the items to sort.
        orders: such as ``metrics.loss DESC``; the first one has precedence.
        searchable: the fields of the items.
        lookup: returns the fields of an item.
    """
    for order in reversed(orders):
        words = order.rsplit(None, 1)
        direction = words[-1].upper() if len(words) > 1 else ""
        name = words[0] if direction in ("ASC", "DESC") else order.strip()
        kind, key = searchable.identify(name)
        falling = direction == "DESC"
        values = [(lookup(item)(kind, key), item) for item in items]
        there = [pair for pair in values if pair[0] is not None and not _is_nan(pair[0])]
        there.sort(key=lambda pair: pair[0], reverse=falling)
        odd = [pair for pair in values if _is_nan(pair[0])]
        rest = [pair for pair in values if pair[0] is None]
        items = [item for _, item in (*there, *odd, *rest)]
    return items


def page(items: Sequence[Item], body: dict[str, Any], usual: int) -> tuple[Sequence[Item], str]:
    """Return one page of items, and the token of the next one, empty at the end.

    Args:
        items: all of them.
        body: the request, with ``page_token`` and ``max_results``.
        usual: number of items on a page by default.
    """
    first, count = page_bounds(body, usual)
    more = first + count < len(items)
    return items[first : first + count], str(first + count) if more else ""


def page_bounds(body: dict[str, Any], usual: int) -> tuple[int, int]:
    """Return the number of the first item of the page that a request asks for, and its size.

    Args:
        body: the request, with ``page_token`` and ``max_results``.
        usual: number of items on a page by default.

    Raises:
        MlflowError: there is no such page.
    """
    try:
        first, count = whole(body, "page_token"), whole(body, "max_results", usual)
    except ValueError as error:
        raise invalid(f"not a page: {error}") from error
    if first < 0 or count < 1:
        raise invalid("max_results must be 1 at least, and page_token that of an answer")
    return first, count


def listed(value: Any) -> list[Any]:
    """Return a field that may be repeated as a list; in a query string, a single one is not a list."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
