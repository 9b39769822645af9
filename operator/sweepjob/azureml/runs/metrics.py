"""The metrics of a trial by name."""

from __future__ import annotations

from typing import Any


class Metrics(dict[str, Any]):
    """Metrics by name. A name that is not there is an error that says where it may be."""

    def __missing__(self, name: str) -> Any:
        raise KeyError(
            f"{name}: not logged, or not kept: of metrics besides the primary one the record keeps those "
            "of metrics.also, or the first twenty, and ./outputs all that the script logs with Run.log; "
            f"there are: {', '.join(self) or 'none'}"
        )


def curve_metrics(metric: str, values: tuple[float, ...]) -> dict[str, Any]:
    """Return the reports of a metric: a value, or a list of several, as in Azure.

    Args:
        metric: Name of the metric.
        values: The reports.
    """
    if not values:
        return {}
    return {metric: values[0] if len(values) == 1 else list(values)}
