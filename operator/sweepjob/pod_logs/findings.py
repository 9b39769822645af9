"""What was found about a log beside the reports in it, and what of it somebody has to be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..api import names


@dataclass(frozen=True, slots=True)
class LogFindings:
    """Of one pod's log.

    Attributes:
        samples: lines to quote where no report was found.
        unread: how many times something stood in the place of the metric's value that begins like a
            number and is none.
        unread_sample: the first of those.
        skipped_lines, skipped_bytes: what was not looked at because the log came too fast.
        error: why the log could not be read to its end; empty when it was.
    """

    samples: tuple[str, ...] = ()
    unread: int = 0
    unread_sample: str = ""
    skipped_lines: int = 0
    skipped_bytes: int = 0
    error: str = ""


def reasons_for_doubt(found: LogFindings, metric: str) -> Iterator[tuple[str, str]]:
    """Why reports may be missing: reason and sentence of each."""
    if found.error:
        yield (
            names.REASON_LOG_UNREADABLE,
            f"its log could not be read to the end: {found.error}. Reports may be missing",
        )
    if found.skipped_lines:
        yield (
            names.REASON_LOG_TOO_FAST,
            f"its log grows faster than it is read: {found.skipped_lines} lines "
            f"({_megabytes(found.skipped_bytes)}) were skipped, and reports in them are missing. Print "
            f"'{metric}' once an epoch and less of the rest, or report by another metrics.source",
        )
    if found.unread:
        yield (
            names.REASON_VALUE_UNREADABLE,
            f"its log has no number in the place of a value of '{metric}': '{found.unread_sample}'"
            f"{_more(found.unread)}. Print it like {metric}=1234.5",
        )


def _more(count: int) -> str:
    return "" if count == 1 else f" and {count - 1} times more"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size} bytes"
