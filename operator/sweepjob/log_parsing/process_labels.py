"""Finds out whether several processes print the metric: ``[rank0]: acc=1`` and ``[rank1]: acc=1``."""

from __future__ import annotations

import re
from typing import NamedTuple

from .samples import printable

# PyTorch and torchrun --tee, scripts of their own, Open MPI's --tag-output, Ray. Not a number alone,
# which may be the iteration of xgboost.
_PROCESS = re.compile(
    rb"(?<![\w.-])(?:(?:global_?|local_?)?rank|default)[ =:#]{0,2}(?P<rank>\d{1,6})(?![\w.])"
    rb"|\[\d{1,6},(?P<mpi>\d{1,6})\]<std"
    rb"|\((?:\w{1,100} )?pid=(?P<pid>\d{1,9})",
    re.IGNORECASE,
)
_BEFORE = 300  # bytes before a value in which its process is searched


class _Process(NamedTuple):
    """What a line says about the process that printed it.

    Attributes:
        kind: the form of the label.
        number: rank or process id.
        label: the label.
    """

    kind: str
    number: int
    label: str


class ProcessLabels:
    """The processes whose values of the primary metric count.

    Args:
        metric: the primary metric.
    """

    def __init__(self, metric: str) -> None:
        self._metric = metric
        self._first: _Process | None = None

    def add(self, text: bytes, start: int) -> str:
        """Add a value; returns why the values are those of several processes, or an empty text.

        Args:
            text: the line.
            start: where the name of the metric begins.
        """
        process = _process(text[max(0, start - _BEFORE) : start])
        if process is None:
            return ""
        self._first = self._first or process
        is_another = process.kind == self._first.kind and process.number != self._first.number
        return self._message(min(self._first, process), text) if is_another else ""

    def _message(self, kept: _Process, text: bytes) -> str:
        remedy = "Print it in one process, e.g. if rank == 0"
        if kept.kind != "pid":
            label = re.escape(kept.label) + r"\b" * kept.label[-1].isdigit()
            pattern = f"{label}.*?{re.escape(self._metric)}[=: ]+(?P<value>[-+.\\w]+)"
            remedy += f", or set metrics.pattern to select one: '{pattern}'"
        return (
            f"several processes of the trial print '{self._metric}', and the values of all count, such "
            f"as '{printable(text)}'. {remedy}"
        )


def _process(before: bytes) -> _Process | None:
    """Return the last label before a value; None without one."""
    found = [*_PROCESS.finditer(before)]
    if not found:
        return None
    kind = found[-1].lastgroup or ""
    return _Process(kind, int(found[-1][kind]), found[-1][0].decode(errors="replace"))
