"""Finds reports in the lines of a log."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache

from ..api.spec.metrics import compiled
from .keras_bars import KerasBars
from .labels import Labels, chosen_number
from .number_syntax import Number, metric_numbers
from .other_names import OtherNames
from .progress_bars import ProgressBars
from .samples import LogSamples, printable
from .wrapped_values import WrappedValues

# Azure's Run.log prints this outside of Azure: the name in one line, the value in the next.
_AZURE = b"Attempted to log scalar metric "
# Colours, cursor moves, titles. Linear in the text: no match can contain the escape that begins it.
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Za-z])")
_OVERLAP = 1024  # bytes of a part of a long line that are scanned again with the next part
_MATCHES = 500  # matches of a pattern in one line
_MATCHING_SECONDS = 0.01  # of the processor, for further matches of a pattern in one line
# Bytes of a line times instructions of a pattern's program. RE2's time is linear in the text, but a
# pattern like ``.{0,1000}x`` takes 50 microseconds a byte. 64 KiB for usual patterns, 4 KiB for one with
# ``\p{L}``, which has 2,500 instructions.
_MOST_WORK = 10_000_000
_NANO = 10**9


@lru_cache(maxsize=64)
def _seconds(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp())


def nanoseconds(timestamp: str) -> int:
    """Return nanoseconds since the epoch of a timestamp with up to nine fractional digits.

    Raises:
        ValueError: it is not a timestamp.
        OverflowError: it is out of range.
    """
    whole, point, rest = timestamp[:40].partition(".")
    if not point:
        return _seconds(whole) * _NANO
    zone = rest.lstrip("0123456789")
    digits = rest[: len(rest) - len(zone)]
    if not digits:
        raise ValueError(timestamp[:40])
    return _seconds(whole + zone) * _NANO + int(digits[:9].ljust(9, "0"))


class LogParser:
    """Finds the reports of a log, line by line.

    Args:
        metric: the primary metric; a pattern without names finds its values.
        pattern: an RE2 pattern with a group ``value`` and optionally ``name``; empty for the usual forms.
        clock: seconds of the processor's time, which bounds the matches of a pattern in one line.
        others: other metrics whose values are found in every line.

    Attributes:
        unreadable_values: number of values of the metric that begin like a number but are not one.
        unreadable_sample: the first of them, with the name.
        changes: grows whenever the findings change.
    """

    def __init__(
        self,
        metric: str,
        pattern: str = "",
        clock: Callable[[], float] = lambda: 0.0,
        others: Iterable[str] = (),
    ) -> None:
        self._clock = clock
        self._metric = metric
        self._key = metric.encode(errors="replace")
        self._pattern = compiled(pattern.encode()) if pattern else None
        self._samples = LogSamples(self._key)
        self._labels = Labels(metric)
        self._azure_name: str | None = None
        self._values_by_name: dict[str, float] = {}
        self._partial_line = b""
        self._reported = False
        known = tuple(others)
        self._others = OtherNames(known)
        self._wrapped = WrappedValues((metric, *known))
        self._bars = ProgressBars()
        self._keras_bars = KerasBars()
        self.unreadable_values = 0
        self.changes = 0
        self.unreadable_sample = ""

    @property
    def samples(self) -> tuple[str, ...]:
        """Lines to quote where no report was found."""
        return self._samples.lines

    @property
    def ambiguity(self) -> str:
        """Why the name of the metric stands for several ones; empty when it does not."""
        return self._labels.ambiguity

    def read(self, line: str, *, ends: bool = True) -> list[tuple[str, float]]:
        """Return the names and values in the next line.

        If a name occurs more than once, the last value counts: a progress bar rewrites one line. A bar
        that is drawn again behind a message has no new values, and one of Keras that is not full none.
        With a pattern, the bars of Keras are lines like all others.

        Args:
            line: the line, or a part of a long one.
            ends: False for a part that is not the last; its values are returned with the last part.
        """
        part = line.encode(errors="replace").replace(b"\b", b"")
        text = self._partial_line + _ESCAPES.sub(b"", part)
        begins = not self._partial_line
        before, overwritten, text = (text.rstrip() if ends else text).rpartition(b"\r")
        if overwritten and not text:  # the next part may be the end of the line
            text = before.rpartition(b"\r")[2] + overwritten
        elif overwritten:
            self._values_by_name.clear()
            begins = True
        is_usual = self._pattern is None
        if is_usual and ends and begins and self._keras_bars.is_unfinished(text):
            self._add_sample(text)
        else:
            self._scan(text, ends=ends, begins=begins)
        if ends:
            self._drop_repeated(text)
        if not ends:
            self._partial_line = text[-_OVERLAP:]
            return []
        found, self._values_by_name, self._partial_line = (
            list(self._values_by_name.items()),
            {},
            b"",
        )
        return found

    def _drop_repeated(self, text: bytes) -> None:
        """Drop the values of a progress bar that is drawn again."""
        if self._bars.is_redrawn(text):
            self._values_by_name.clear()
        if self._pattern is not None:  # the user has said what counts
            return
        for name in self._keras_bars.repeated(text, self._values_by_name):
            del self._values_by_name[name]

    def discard_partial_line(self) -> None:
        """Discard the parts of a line whose last part did not arrive."""
        self._values_by_name, self._partial_line = {}, b""

    def _scan(self, text: bytes, *, ends: bool, begins: bool) -> None:
        azure_name, self._azure_name = self._azure_name, None
        # The end of a part is scanned again with the next part, which completes it.
        until = len(text) if ends else len(text) - _OVERLAP // 2
        if azure_name is not None:
            self._add(azure_name, text.strip().decode(errors="replace"))
        elif self._pattern is not None:
            self._match(text, until)
        elif begins and text.startswith(_AZURE):
            name = text.removeprefix(_AZURE).rstrip().removesuffix(b":")
            self._azure_name = name.decode(errors="replace")
        else:
            for other in self._others.find(text, until, begins=begins, has_report=self._reported):
                self._add(*other)
            self._find_wrapped(text if begins else b"")
            self._find_metric(text, until, begins=begins)
            if begins and ends:
                self._wrapped.begin(text, self._values_by_name)
        self._add_sample(text)

    def _add_sample(self, text: bytes) -> None:
        if not self._reported and self._samples.add(text):
            self.changes += 1

    def _find_wrapped(self, text: bytes) -> None:
        """Find the value of a name with which the line before ended."""
        name, joined = self._wrapped.join(text)
        if name == self._metric:
            self._find_metric(joined, len(joined), begins=True)
        elif name:
            numbers = metric_numbers(name.encode(errors="replace"), joined)
            self._add(name, next((number.text for number in numbers if number.whole), ""))

    def _find_metric(self, text: bytes, until: int, *, begins: bool) -> None:
        found: list[Number] = []
        for number in metric_numbers(self._key, text):
            if number.end > until or (number.start == 0 and not begins):
                continue
            if number.whole:
                found.append(number)
            elif not found:
                self._note_unreadable(text, number)
        if found:
            counts = chosen_number(text, found)
            self._add(self._metric, counts.text)
            others = [number for number in found if number is not counts]
            self.changes += self._labels.add(text, counts, others)

    def _match(self, text: bytes, until: int) -> None:
        """Find the values that the sweep's own pattern matches."""
        for name, number in self._matches(text):
            if number.end <= until and not self._add(name, number.text) and name == self._metric:
                self._note_unreadable(text, number)

    def _matches(self, text: bytes) -> Iterator[tuple[str, Number]]:
        assert self._pattern is not None
        group = self._pattern.groupindex
        value, named = group[b"value"], group.get(b"name")
        if len(text) * self._pattern.programsize > _MOST_WORK:
            yield self._metric, Number("", False, 0, 0)
            return
        until = self._clock() + _MATCHING_SECONDS
        for count, match in enumerate(self._pattern.finditer(text)):
            name = (match[named] if named else None) or self._key
            # The last match would count, but it is beyond the limit.
            is_beyond = count == _MATCHES or self._clock() > until
            text_of = b"" if is_beyond else match[value] or b""
            where = (match.start(), match.end(value))
            yield (
                name.decode(errors="replace"),
                Number(text_of.decode(errors="replace"), True, *where),
            )
            if is_beyond:
                return

    def _add(self, name: str, text: str) -> bool:
        try:
            self._values_by_name[name] = float(text)
        except ValueError:
            return False
        self._reported |= name == self._metric
        return True

    def _note_unreadable(self, text: bytes, number: Number) -> None:
        self.unreadable_values += 1
        self.changes += (
            self.unreadable_values & (self.unreadable_values - 1) == 0
        )  # at every doubling
        if not self.unreadable_sample:
            self.unreadable_sample = printable(text[number.start : number.end + 12])
