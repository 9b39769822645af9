"""Finds out whether several processes print the metric: ``[rank0]: acc=1`` and ``[rank1]: acc=1``."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..api.messages.metric_pattern import pattern_before, pattern_behind
from .samples import printable

# PyTorch and torchrun --tee, Open MPI's --tag-output, Ray, and scripts of their own. Not a number alone,
# which may be the iteration of xgboost.
_PROCESS = re.compile(
    rb"(?<=\[)(?P<rank>rank(?:: )?(?P<a>\d{1,6}))(?=\])"
    rb"|(?<![\w.-])(?P<local>(?:global|local)_?rank[\"']?\s?[ =:#]{0,2}(?P<b>\d{1,6}))(?![\w.])"
    rb"|(?<=\[)(?P<torchrun>default(?P<c>\d{1,6}))(?=\]:)"
    rb"|(?P<mpi>\[\d{1,6},(?P<d>\d{1,6})\]<std(?:out|err|diag)>)"
    rb"|(?P<ray>\((?:\w{1,100} )?pid=(?P<e>\d{1,9}))"
    # A rank may be another one, of a matrix or of LoRA.
    rb"|(?<![\w.-])(?P<some_rank>rank[\"']?\s?[ =:#]{0,2}(?P<f>\d{1,6}))(?![\w.%])"
    rb"|(?:^|[\[(])(?P<place>(?:gpu|cuda|worker|process|proc)[ :#=_-]{0,2}(?P<g>\d{1,6}))"
    rb"(?=[\])]| ?[:|])",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    rb"(?<![\w.-])(?P<behind>(?:global_?|local_?)?rank[\"']?\s?[=:]\s?(?P<h>\d{1,6}))(?![\w.%])",
    re.IGNORECASE,
)
# Forms that processes have, and others as well: one of several processes has the number 0.
_PERHAPS = ("some_rank", "place", "behind")
_BEFORE = 300  # bytes before a value in which its process is searched, and behind it


class _Process(NamedTuple):
    """What a line says about the process that printed it.

    Attributes:
        number: rank or process id.
        kind: the form of the label.
        label: the label.
    """

    number: int
    kind: str
    label: str


class ProcessLabels:
    """The processes whose values of the primary metric count.

    Args:
        metric: the primary metric.
    """

    def __init__(self, metric: str) -> None:
        self._metric = metric
        self._lowest: dict[str, _Process] = {}
        self._lines: dict[str, bytes] = {}  # a line of each of these
        self._several: set[str] = set()  # the forms of labels that had two numbers

    def add(self, text: bytes, start: int) -> str:
        """Add a value; returns why the values are those of several processes, or an empty text.

        Args:
            text: the line.
            start: where the name of the metric begins.
        """
        process = _process(text, start)
        if process is None:
            return ""
        kind = process.kind
        lowest = self._lowest.setdefault(kind, process)
        if process.number != lowest.number:
            self._several.add(kind)
        if process <= lowest:
            self._lowest[kind], self._lines[kind] = process, text
        lowest = self._lowest[kind]
        is_told = kind in self._several and (kind not in _PERHAPS or lowest.number == 0)
        return self._message(lowest, text) if is_told else ""

    def _message(self, kept: _Process, text: bytes) -> str:
        remedy = "Print it in one process, e.g. if rank == 0"
        if kept.kind != "ray":
            if kept.kind == "behind":
                pattern = pattern_before(kept.label, self._metric)
            else:
                pattern = pattern_behind(
                    kept.label, self._metric, printable(self._lines[kept.kind])
                )
            remedy += f", or set metrics.pattern to select one: '{pattern}'"
        return (
            f"several processes of the trial print '{self._metric}', and the values of all count, such "
            f"as '{printable(text)}'. {remedy}"
        )


def _process(text: bytes, start: int) -> _Process | None:
    """Return the last label before a value, or else the first behind it; None without one."""
    found = [*_PROCESS.finditer(text[max(0, start - _BEFORE) : start])]
    match = found[-1] if found else _BEHIND.search(text[start : start + _BEFORE])
    if match is None:
        return None
    [(kind, label), (_, number)] = [(k, v) for k, v in match.groupdict().items() if v is not None]
    return _Process(int(number), kind, label.decode(errors="replace"))
