"""Reports in the lines of a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import islice

from ..api.metrics import compiled
from .numbers import Number, last_numbers, other_numbers
from .samples import LogSamples, quoted

# What Azure's Run.log prints outside of Azure: the name in one line, the value in the next.
_AZURE = b"Attempted to log scalar metric "
# Colours, cursor moves, titles. Linear in the text: no run can contain the escape that it begins with.
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Za-z])")
_OVERLAP = 1024  # bytes of a line that comes in parts that are looked at again with the next part
_MATCHES = 500  # of a pattern in a line
_CURIOUS = 1000  # lines, once the metric is found, in which other names are looked for
_NAMES = 50  # other names that are looked for
_NANO = 10**9


@lru_cache(maxsize=64)
def _seconds(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp())


def nanoseconds(timestamp: str) -> int:
    """Since the epoch, of a timestamp with up to nine digits behind the point.

    Raises:
        ValueError: it is none.
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


class LogLines:
    """Finds reports, line after line.

    Args:
        metric: the primary metric; a pattern without names finds its values.
        pattern: of RE2, with groups value and maybe name; empty for the usual forms.

    Attributes:
        unread: how many times something stood in the place of the metric's value that begins like a
            number and is none.
        unread_sample: the first of those, with the name.
        news: grows when there is more to tell of what was found beside reports.
    """

    def __init__(self, metric: str, pattern: str = "") -> None:
        self._metric = metric
        self._key = metric.encode(errors="replace")
        self._pattern = compiled(pattern.encode()) if pattern else None
        self._samples = LogSamples(self._key)
        self._announced: str | None = None
        self._found: dict[str, float] = {}
        self._rest = b""
        self._reported = False
        self._curious = _CURIOUS
        self._names: set[str] = set()
        self.unread = 0
        self.news = 0
        self.unread_sample = ""

    @property
    def samples(self) -> tuple[str, ...]:
        """Lines to quote where no report was found."""
        return self._samples.lines

    def read(self, line: str, *, ends: bool = True) -> list[tuple[str, float]]:
        """Names and values in the next line. Of a name that is in it more than once the last value
        counts: a progress bar is one line that is written again and again.

        Args:
            ends: False for a part of a long line; what is found is returned with its last part.
        """
        part = line.encode(errors="replace").replace(b"\b", b"")
        text = self._rest + _ESCAPES.sub(b"", part)
        begins = not self._rest
        before, overwritten, text = (text.rstrip() if ends else text).rpartition(b"\r")
        if overwritten and not text:  # of a part whose next one may be the end of the line
            text = before.rpartition(b"\r")[2] + overwritten
        elif overwritten:
            self._found.clear()
            begins = True
        self._look_at(text, ends=ends, begins=begins)
        if not ends:
            self._rest = text[-_OVERLAP:]
            return []
        found, self._found, self._rest = list(self._found.items()), {}, b""
        return found

    def _look_at(self, text: bytes, *, ends: bool, begins: bool) -> None:
        announced, self._announced = self._announced, None
        # The end of a part comes again with the next one, and tells more then.
        until = len(text) if ends else len(text) - _OVERLAP // 2
        if announced is not None:
            self._add(announced, text.strip().decode(errors="replace"))
        elif self._pattern is not None:
            self._match(text, until)
        elif begins and text.startswith(_AZURE):
            name = text.removeprefix(_AZURE).rstrip().removesuffix(b":")
            self._announced = name.decode(errors="replace")
        else:
            self._look_for_others(text, until)
            self._look_for_metric(text, until, begins=begins)
        if not self._reported and self._samples.add(text):
            self.news += 1

    def _look_for_metric(self, text: bytes, until: int, *, begins: bool) -> None:
        for number in last_numbers(self._key, text):
            if number.end > until or (number.start == 0 and not begins):
                continue
            if number.whole:
                self._add(self._metric, number.text)
                return
            self._note_unread(text, number)

    def _look_for_others(self, text: bytes, until: int) -> None:
        if self._curious <= 0 or len(self._names) >= _NAMES:
            return
        self._curious -= self._reported
        for name, number in other_numbers(text):
            if number.whole and number.end <= until:
                self._names.add(name)
                self._add(name, number.text)

    def _match(self, text: bytes, until: int) -> None:
        """Find what the sweep's own pattern describes."""
        for name, number in self._matches(text):
            if number.end <= until and not self._add(name, number.text) and name == self._metric:
                self._note_unread(text, number)

    def _matches(self, text: bytes) -> Iterator[tuple[str, Number]]:
        assert self._pattern is not None
        group = self._pattern.groupindex
        value, named = group[b"value"], group.get(b"name")
        for count, match in enumerate(islice(self._pattern.finditer(text), _MATCHES + 1)):
            name = (match[named] if named else None) or self._key
            # The last one would count, and is beyond what is looked at.
            text_of = b"" if count == _MATCHES else match[value] or b""
            where = (match.start(), match.end(value))
            yield (
                name.decode(errors="replace"),
                Number(text_of.decode(errors="replace"), True, *where),
            )

    def _add(self, name: str, text: str) -> bool:
        try:
            self._found[name] = float(text)
        except ValueError:
            return False
        self._reported |= name == self._metric
        return True

    def _note_unread(self, text: bytes, number: Number) -> None:
        self.unread += 1
        self.news += self.unread & (self.unread - 1) == 0  # with every doubling
        if not self.unread_sample:
            self.unread_sample = quoted(text[number.start : number.end + 12])
