"""The message about a trial that never reported the primary metric, for each source of reports."""

from __future__ import annotations

from collections.abc import Sequence

from ... import protocol
from ..parsing.suggestions import closest
from ..spec.metrics import Metrics
from .metric_pattern import pattern_for_lines

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
    return (
        f"{missing} It reported nothing at all. {_how(metric, metrics)}. If it prints the metric, set "
        "metrics.source to logs."
    )


def _names(metric: str, seen: Sequence[str]) -> str:
    """Return the names that were reported, with the one that was probably meant."""
    listed = ", ".join(seen[:_MAX_LISTED])
    if len(seen) > _MAX_LISTED:
        listed += f" and {len(seen) - _MAX_LISTED} more"
    close = closest(metric, seen)
    which = f"'{close}', which is close," if close else "one of these"
    return f"{listed}. Create the sweep with {which} as primaryMetric"


def _how(metric: str, metrics: Metrics) -> str:
    """Return how to report, for the source."""
    if metrics.source == protocol.PUSHGATEWAY:
        place, default = (
            "to the address that SWEEPJOB_PUSHGATEWAY names",
            f"localhost:{metrics.port}",
        )
        return f"Push '{metric}' {place} ({_in_a_pod(default)})"
    if metrics.source == protocol.FILE:
        line = f'{{"{metric}": 0.5}}'
        place = "to the file that SWEEPJOB_METRICS_PATH names"
        return f"Append lines like {line} {place} ({_in_a_pod(metrics.path)})"
    if metrics.source == protocol.TENSORBOARD:
        place = "to event files below the folder that SWEEPJOB_METRICS_PATH names"
        return f"Write the scalar '{metric}' {place} ({_in_a_pod(metrics.path)})"
    if metrics.source == protocol.WANDB:
        return (
            f"Log '{metric}' with wandb.log; a nested name has dots. The client writes below the folder "
            f"of WANDB_DIR ({_in_a_pod(metrics.path)}), unless wandb.init has mode='disabled' or a dir"
        )
    return (
        f"Log '{metric}' with MLflow to the server that MLFLOW_TRACKING_URI names; a script that calls "
        "set_tracking_uri logs elsewhere"
    )


def _in_a_pod(place: str) -> str:
    """Return the words for a place that is another one outside of a pod."""
    return f"in a pod {place}"


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
        pattern = pattern_for_lines(metric, samples)
        found.append(
            f"A report is a line with '{metric}=0.5' or '{metric}: 0.5' in it; set "
            "metrics.pattern for any other form" + f", here '{pattern}'" * bool(pattern) + "."
        )
    return found
