"""The metrics besides the primary one that are found in a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .number_syntax import metric_numbers, named_numbers

_NEW_NAME_LINES = 1000  # lines after the first report in which new names are looked for
_NAMES = 50  # names that are found in every line


class OtherNames:
    """Finds names of the usual characters in the first lines, and known ones in all lines.

    To look for new names takes much longer than to find known ones. A name that was found only once gives
    way to others: scripts also print settings like metrics.

    Args:
        known: names, of any characters, that are found from the first line on.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        # How often each was found; those that were given count as found often.
        self._counts = dict.fromkeys(known, 2)
        self._keys = {name: name.encode(errors="replace") for name in self._counts}
        self._budget = _NEW_NAME_LINES

    def find(
        self, text: bytes, until: int, *, begins: bool, has_report: bool
    ) -> Iterator[tuple[str, str]]:
        """Yield names and numbers in a line; of a name that occurs twice, the last number counts.

        Args:
            text: the line, or a part of it.
            until: numbers that end behind this byte belong to the next part.
            begins: the text is the beginning of a line.
            has_report: a report of the primary metric was found before.
        """
        found = set()
        if self._budget > 0:
            self._budget -= has_report
            for name, number in named_numbers(text):
                if number.whole and number.end <= until and self._has_room_for(name):
                    self._counts[name] = self._counts.get(name, 0) + 1
                    self._keys.setdefault(name, name.encode(errors="replace"))
                    found.add(name)
                    yield name, number.text
        for name, key in self._keys.items():
            if key in text and name not in found and self._counts[name] > 1:
                for number in metric_numbers(key, text):
                    is_part = number.end > until or (number.start == 0 and not begins)
                    if number.whole and not is_part:
                        yield name, number.text
                        break

    def _has_room_for(self, name: str) -> bool:
        if name in self._counts or len(self._counts) < _NAMES:
            return True
        once = next((other for other, count in self._counts.items() if count == 1), None)
        if once is not None:
            del self._counts[once], self._keys[once]
        return once is not None
