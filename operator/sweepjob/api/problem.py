"""What is wrong with a specification, in a form that a person can act on."""

from __future__ import annotations

from dataclasses import dataclass

_MOST = 100  # that a text names


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the path in the object, the value found there, what is wrong and what to do."""

    path: str
    value: object
    message: str

    def __str__(self) -> str:
        shown = repr(self.value[:100] if isinstance(self.value, str) else self.value)
        if len(shown) > 80:
            shown = f"{shown[:77]}..."
        return f"{self.path}: {shown}: {self.message}"


class InvalidSpec(ValueError):
    """A specification that cannot be carried out; ``problems`` lists every reason found."""

    def __init__(self, problems: list[Problem]) -> None:
        said = "; ".join(map(str, problems[:_MOST]))
        more = len(problems) - _MOST
        super().__init__(f"{said}; and {more} more" if more > 0 else said)
        self.problems = problems
