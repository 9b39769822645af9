"""Finds out whether one name in a log is that of several metrics: ``train acc: 1``, ``val acc: 0.8``."""

from __future__ import annotations

import re

from .number_syntax import Number
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


class Labels:
    """The labels of the primary metric's values.

    Args:
        metric: the primary metric.
    """

    def __init__(self, metric: str) -> None:
        self._metric = metric
        self._reported: dict[str, str] = {}  # the first label of each group, of values that count
        self._seen: dict[str, str] = {}  # the same, of all values
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
        for number in (counts, *others):
            label = _label(text, number)
            if label is not None:
                group = _GROUP_OF[label.lower().encode()]
                self._seen.setdefault(group, label)
                if number is counts:
                    self._reported.setdefault(group, label)
        if len(self._reported) > 1:
            self.ambiguity = self._message(f"all of them count, such as '{printable(text)}'")
        elif list(self._reported) == ["train"] and len(self._seen) > 1:
            used = self._reported["train"]
            self.ambiguity = self._message(f"the last one in a line counts, that of '{used}'")
        return bool(self.ambiguity)

    def _message(self, effect: str) -> str:
        labels = " and of ".join(f"'{label}'" for label in self._seen.values())
        meant = next((label for group, label in self._seen.items() if group != "train"), "")
        pattern = f"{meant}.*?{re.escape(self._metric)}[=: ]+(?P<value>[-+.\\w]+)"
        return (
            f"its log has values of '{self._metric}' of {labels}; {effect}. Set metrics.pattern to "
            f"select one, e.g. '{pattern}', or print {meant}_{self._metric}=0.5"
        )


def _label(text: bytes, number: Number) -> str | None:
    """Return the last word before a name that names a part of the data; None without one."""
    found = _WORD.findall(text[max(0, number.start - _BEFORE) : number.start])
    return found[-1].decode() if found else None
