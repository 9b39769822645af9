"""Problems of a specification, each with its path, its value and the remedy."""

from __future__ import annotations

from dataclasses import dataclass

_MAX_LISTED = 100  # problems in a message


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem.

    Attributes:
        path: the path in the object, e.g. ``spec.limits.timeout``.
        value: what was found there.
        message: what is wrong, and the remedy.
    """

    path: str
    value: object
    message: str

    def below(self, before: str, now: str) -> Problem:
        """Return the problem with another beginning of its path.

        Args:
            before: the beginning to replace; a path without it stays.
            now: the new one.
        """
        if self.path != before and not self.path.startswith((f"{before}.", f"{before}[")):
            return self
        return Problem(now + self.path.removeprefix(before), self.value, self.message)

    def __str__(self) -> str:
        shown = repr(self.value[:100] if isinstance(self.value, str) else self.value)
        if len(shown) > 80:
            shown = f"{shown[:77]}..."
        return f"{self.path}: {shown}: {self.message}"


class InvalidSpec(ValueError):
    """The specification is invalid.

    Args:
        problems: all that were found.
    """

    def __init__(self, problems: list[Problem]) -> None:
        said = "; ".join(map(str, problems[:_MAX_LISTED]))
        more = len(problems) - _MAX_LISTED
        super().__init__(f"{said}; and {more} more" if more > 0 else said)
        self.problems = problems
