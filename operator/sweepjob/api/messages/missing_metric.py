"""The message about a trial that never reported the primary metric, for each source of reports."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from ... import protocol
from ..spec.metrics import Metrics

_MAX_LISTED = 20  # names


def missing_metric_message(
    trial: str,
    metric: str,
    metrics: Metrics,
    seen: Sequence[str],
    samples: Sequence[str],
    incomplete_reasons: Sequence[str],
) -> str:
    """Return what the trial reported instead, and the remedy.

    Args:
        trial: name of the trial.
        metric: the primary metric.
        metrics: how the trial reports.
        seen: names of other metrics that it reported.
        samples: lines of its log, where that is the source.
        incomplete_reasons: why reports may be missing, as far as is known.
    """
    missing = f"trial {trial} never reported the primary metric '{metric}'."
    if metrics.source == protocol.LOGS:
        return " ".join([missing, *_of_log(metric, metrics, seen, samples, incomplete_reasons)])
    if seen:
        return f"{missing} It reported {_names(metric, seen)}, or let the script log '{metric}'."
    return f"{missing} It reported nothing at all. {_how(metric, metrics)}."


def _names(metric: str, seen: Sequence[str]) -> str:
    """Return the names that were reported, with the one that was probably meant."""
    listed = ", ".join(seen[:_MAX_LISTED])
    if len(seen) > _MAX_LISTED:
        listed += f" and {len(seen) - _MAX_LISTED} more"
    close = difflib.get_close_matches(metric, seen, n=1)
    which = f"'{close[0]}', which is close," if close else "one of these"
    return f"{listed}. Create the sweep with {which} as primaryMetric"


def _how(metric: str, metrics: Metrics) -> str:
    """Return how to report, for the source."""
    if metrics.source == protocol.PUSHGATEWAY:
        return f"Push '{metric}' to localhost:{metrics.port}, which SWEEPJOB_PUSHGATEWAY names"
    if metrics.source == protocol.FILE:
        line = f'{{"{metric}": 0.5}}'
        return f"Append lines like {line} to {metrics.path}, which SWEEPJOB_METRICS_PATH names"
    if metrics.source == protocol.TENSORBOARD:
        return (
            f"Write the scalar '{metric}' to event files below {metrics.path}, which "
            "SWEEPJOB_METRICS_PATH names"
        )
    return f"Log '{metric}' with MLflow to the tracking URI that the trial is given"


def _of_log(
    metric: str,
    metrics: Metrics,
    seen: Sequence[str],
    samples: Sequence[str],
    incomplete_reasons: Sequence[str],
) -> list[str]:
    found = [f"{reason[0].upper()}{reason[1:]}." for reason in incomplete_reasons]
    if incomplete_reasons and not samples:
        return found
    if seen:
        found.append(f"Its log has numbers for {_names(metric, seen)}, or print '{metric}'.")
    if samples:
        lines = "; ".join(f"'{line}'" for line in samples)
        found.append(f"Lines of the log: {lines}.")
    else:
        found.append("Its log has no line with a number.")
    if metrics.pattern:
        found.append(f"metrics.pattern is '{metrics.pattern}'; without it, {metric}=0.5 would do.")
    else:
        found.append(
            f"A report is a line with '{metric}=0.5' or '{metric}: 0.5' in it; for any other form there "
            "is metrics.pattern."
        )
    return found
