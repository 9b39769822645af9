"""Finds out whether one name in a log is that of several metrics: ``train acc: 1``, ``val acc: 0.8``."""

from __future__ import annotations

import re

from ..api.messages.metric_pattern import pattern_behind
from .number_syntax import Number
from .process_labels import ProcessLabels
from .repeated_lines import RepeatedLines
from .samples import printable

# The words that name a part of the data, by their group; only whole words, with a number at most.
_GROUPS = {
    "train": ("train", "training", "fit"),
    "validation": ("validation", "valid", "val", "dev"),
    "evaluation": ("evaluation", "eval"),
    "test": ("test", "testing", "holdout"),
}
_GROUP_OF = {word.encode(): group for group, words in _GROUPS.items() for word in words}
_WORD = re.compile(
    rb"(?<![\w./-])(" + b"|".join(_GROUP_OF) + rb")(?:[_ ]?\d{1,3})?(?![\w./-])", re.IGNORECASE
)
_BEFORE = 300  # bytes before a value in which its label is searched
# What is printed beside a value of the metric, under the same name: ``acc: 0.8 (best acc: 0.9)``. Not
# "target", "goal" or "baseline", which may name what is measured: ``source acc: 0.9, target acc: 0.7``.
_SUMMARIES = (
    "best",
    "highest",
    "lowest",
    "max",
    "maximum",
    "min",
    "minimum",
    "avg",
    "average",
    "mean",
) + ("running", "smoothed", "ema", "prev", "previous", "old")
# Optuna's: ``Trial 3 finished with value: 0.8 ... Best is trial 1 with value: 0.9``.
_BEST_TRIAL = "best is trial [0-9]{1,9} with"
_SUMMARY = re.compile(
    rb"(?<![\w./-])(?:" + "|".join((*_SUMMARIES, _BEST_TRIAL)).encode() + rb")[ :('\"*]{1,4}$",
    re.IGNORECASE,
)
_SUMMARY_ENDS = frozenset(word[-3:].encode() for word in (*_SUMMARIES, _BEST_TRIAL))  # to be quick
_SUMMARY_BEFORE = 40  # bytes before a name in which such a word is searched


def chosen_number(text: bytes, found: list[Number]) -> Number:
    """Return the value of a line that counts: the last one that is no summary of others.

    Args:
        text: the line.
        found: the values of one name, the last one first; at least one.
    """
    return next((number for number in found if not _is_summary(text, number)), found[0])


def _is_summary(text: bytes, number: Number) -> bool:
    before = text[max(0, number.start - _SUMMARY_BEFORE) : number.start]
    if before.rstrip(b" :('\"*")[-3:].lower() not in _SUMMARY_ENDS:
        return False
    return _SUMMARY.search(before) is not None


class Labels:
    """The labels of the primary metric's values.

    Args:
        metric: the primary metric.
    """

    def __init__(self, metric: str) -> None:
        self._metric = metric
        self._reported: dict[str, str] = {}  # the first label of each group, of values that count
        self._seen: dict[str, str] = {}  # the same, of all values
        self._lines: dict[str, bytes] = {}  # the first line of each of these
        self._summary = b""  # a line with nothing but a summary, after a value that is none
        self._has_plain = False
        self._processes = ProcessLabels(metric)
        self._repeated = RepeatedLines()
        self.ambiguity = ""

    def add(self, text: bytes, counts: Number, others: list[Number]) -> bool:
        """Add the values of a line; returns whether they make the name ambiguous.

        Args:
            text: the line.
            counts: the value that counts.
            others: the other values of the name in the line, which do not.
        """
        if self.ambiguity:
            return False
        self._add_summary(text, counts)
        self.ambiguity = self.ambiguity or self._processes.add(text, counts.start)
        if times := self._repeated.add(text, counts.start):
            self.ambiguity = self.ambiguity or self._repeated_message(text, times)
        if self.ambiguity:
            return True
        for number in (counts, *others):
            label = _label(text, number)
            if label is not None:
                group = _GROUP_OF[label.lower().encode()]
                self._seen.setdefault(group, label)
                self._lines.setdefault(group, text)
                if number is counts:
                    self._reported.setdefault(group, label)
        if len(self._reported) > 1:
            self.ambiguity = self._message(f"all of them count, such as '{printable(text)}'")
        elif list(self._reported) == ["train"] and len(self._seen) > 1:
            used = self._reported["train"]
            self.ambiguity = self._message(f"the last one in a line counts, that of '{used}'")
        return bool(self.ambiguity)

    def _add_summary(self, text: bytes, counts: Number) -> None:
        """Note a line with the best value so far only; one at the end of the training does no harm."""
        if _is_summary(text, counts):
            self._summary = text if self._has_plain else b""
        elif self._summary:
            self.ambiguity = (
                f"its log has values of '{self._metric}' and, in other lines, summaries of them under "
                f"the same name; all of them count, such as '{printable(self._summary)}'. Print "
                f"best_{self._metric}=0.5, as one word"
            )
        else:
            self._has_plain = True

    def _repeated_message(self, text: bytes, times: int) -> str:
        return (
            f"its log has each line with '{self._metric}' {times} times, and each of them counts, such "
            f"as '{printable(text)}'. Remove a handler of the logger, or print in one process only"
        )

    def _message(self, effect: str) -> str:
        labels = " and of ".join(f"'{label}'" for label in self._seen.values())
        group, meant = next((seen for seen in self._seen.items() if seen[0] != "train"), ("", ""))
        pattern = pattern_behind(meant, self._metric, printable(self._lines.get(group, b"")))
        return (
            f"its log has values of '{self._metric}' of {labels}; {effect}. Set metrics.pattern to "
            f"select one, e.g. '{pattern}', or print {meant}_{self._metric}=0.5"
        )


def _label(text: bytes, number: Number) -> str | None:
    """Return the last word before a name that names a part of the data; None without one."""
    found = _WORD.findall(text[max(0, number.start - _BEFORE) : number.start])
    return found[-1].decode() if found else None
