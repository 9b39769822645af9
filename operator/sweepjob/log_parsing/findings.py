"""Problems of a log besides its reports, and the messages about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .. import protocol
from ..api import names
from ..api.meta.cause import Cause


@dataclass(frozen=True, slots=True)
class LogFindings:
    """Findings about the log of one pod.

    Attributes:
        samples: lines to quote where no report was found.
        unreadable_values: number of values of the metric that begin like a number but are not one.
        unreadable_sample: the first of them.
        skipped_lines, skipped_bytes: what was not read because the log grew too fast.
        error: why the log could not be read to its end; empty when it was.
        ambiguity: why the metric's name stands for several metrics; empty when it does not.
    """

    samples: tuple[str, ...] = ()
    unreadable_values: int = 0
    unreadable_sample: str = ""
    skipped_lines: int = 0
    skipped_bytes: int = 0
    error: str = ""
    ambiguity: str = ""


def log_incomplete_reasons(found: LogFindings, metric: str) -> Iterator[Cause]:
    """Yield the cause of each finding that means missing reports, or others than those that are meant.

    Args:
        found: the findings about the log.
        metric: the primary metric.
    """
    if found.error:
        yield Cause(
            names.REASON_LOG_UNREADABLE,
            f"its log could not be read to the end: {found.error}. Reports may be missing",
        )
    if found.skipped_lines:
        yield Cause(
            names.REASON_LOG_TOO_FAST,
            f"its log grows faster than the operator reads it: {found.skipped_lines} lines "
            f"({_megabytes(found.skipped_bytes)}) were skipped, and reports in them are missing. Print "
            f"'{metric}' once per epoch and print less otherwise, or use another metrics.source",
        )
    if found.unreadable_values:
        yield Cause(
            names.REASON_VALUE_UNREADABLE,
            f"its log has a value of '{metric}' that is not a number: '{found.unreadable_sample}'"
            f"{_more(found.unreadable_values)}. Print it like {metric}=1234.5",
        )
    if found.ambiguity:
        yield Cause(protocol.AMBIGUOUS_METRIC, found.ambiguity)


def _more(count: int) -> str:
    return "" if count == 1 else f" and {count - 1} times more"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size} bytes"
