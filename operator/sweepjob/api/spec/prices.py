"""``limits.prices``: what an hour of a resource costs."""

from __future__ import annotations

from collections.abc import Mapping

from ..parsing.problem import InvalidSpec, Problem
from ..parsing.reader import Reader

_MOST = 20
_HIGHEST = 1e12  # so that sums of costs stay finite
_HOUR = 3600.0
_BUILT_IN = ("cpu", "memory", "ephemeral-storage")


def parse_prices(reader: Reader) -> Mapping[str, float]:
    """Read prices by resource name; problems are added to the reader's.

    Args:
        reader: of the prices.
    """
    reader.bounded("", reader.data, _MOST)
    prices = {}
    for name in map(str, reader.data):
        if name not in _BUILT_IN and "/" not in name:
            known = ", ".join(_BUILT_IN)
            reader.note(
                name, name, f"is no resource; known: {known}, and names like nvidia.com/gpu"
            )
            continue
        prices[name] = float(reader.number(name))
        if prices[name] < 0:
            reader.note(name, reader.data[name], "must be at least 0")
        if prices[name] > _HIGHEST:
            reader.note(name, reader.data[name], f"must be at most {_HIGHEST:.0f}")
    return prices


def cost_rate(amounts: Mapping[str, float], prices: Mapping[str, float]) -> float:
    """Return what resources cost a second.

    Args:
        amounts: by resource name; memory and storage in GiB.
        prices: of an hour of one unit, by resource name.
    """
    return sum(price * amounts.get(name, 0.0) for name, price in prices.items()) / _HOUR


def check_prices(max_cost: float | None, prices: Mapping[str, float]) -> None:
    """Check that something has a price where costs are limited.

    Args:
        max_cost: ``limits.maxCost``; None without a limit.
        prices: those of the sweep and of the operator.

    Raises:
        InvalidSpec: nothing has.
    """
    if max_cost is not None and not any(prices.values()):
        remedy = "nothing has a price: set spec.limits.prices, or the value prices of the chart"
        raise InvalidSpec([Problem("spec.limits.maxCost", max_cost, remedy)])
