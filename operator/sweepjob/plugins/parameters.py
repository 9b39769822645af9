"""A parameter of a policy or a sampler: how it is read, checked, and described to the API server.

The API server's check of a SweepJob (the CRD's schema) and the operator's are made from the same
declaration, so that they cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sized
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

# Records a mistake: the key below the section, the value found there, and what to do.
Note = Callable[[str, object, str], None]
_NAME = re.compile(r"[a-z][A-Za-z0-9]{0,62}")
_INT64 = 2**63 - 1


class Section(Protocol):
    """The part of a SweepJob that contains the parameters; ``api.parsing.reader.Reader`` is one.

    Attributes:
        data: the keys and values as they are written.
        problems: the mistakes that were recorded, ``api.parsing.problem.Problem`` each.
    """

    data: Mapping[str, Any]
    problems: list[Any]

    def note(self, key: str, value: object, message: str) -> None:
        """Record a mistake; reading continues."""
        ...

    def number(self, key: str) -> float:
        """Return a finite number; a mistake is recorded, and gives 0."""
        ...

    def integer(self, key: str, default: None, least: int, most: int) -> int:
        """Return a whole number within bounds; a mistake is recorded, and gives ``least``."""
        ...

    def word(self, key: str, words: Collection[str]) -> str:
        """Return one of the given words; anything else is recorded as a mistake."""
        ...

    def text(self, key: str) -> str:
        """Return a text that is not empty; anything else is recorded as a mistake."""
        ...

    def bounded(self, key: str, value: Sized, most: int) -> None:
        """Record a mistake about a text, list or object that is larger than ``most``."""
        ...

    def flag(self, key: str) -> bool:
        """Return true or false; false when the key is absent."""
        ...


@dataclass(frozen=True, slots=True)
class ParameterDeclaration:
    """One key of ``earlyTermination`` or ``samplingAlgorithm``.

    Attributes:
        name: the key in YAML, in camelCase.
        type: the type in OpenAPI's words.
        description: one sentence for the CRD and the reference, with units.
        default: the value when the key is absent.
        required: whether the key must be present.
        minimum: the lowest number that is allowed; of integers 0 unless given.
        maximum: the highest number that is allowed.
        values: the words that are allowed, of a string.
        remedy: what to write instead, added to the message of any mistake.
        schema: what the OpenAPI schema has in addition.
        read_with: reads and checks a value of another form, from the section.
    """

    name: str
    type: Literal["integer", "number", "string", "boolean", "array", ""]
    description: str
    default: Any = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    remedy: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    read_with: Callable[[Section], Any] | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name == "type":
            raise ValueError(f"parameter {self.name!r}: must be a name in camelCase, not 'type'")
        if not self.description:
            raise ValueError(f"parameter {self.name}: needs a description")
        if self.type in ("array", "") and self.read_with is None:
            raise ValueError(f"parameter {self.name}: needs read_with to be read and checked")

    def read(self, section: Section) -> Any:
        """Return the value in a section; mistakes are recorded there.

        Args:
            section: the part of the SweepJob.

        Returns:
            the value; the default, or None without one, when the key is absent.
        """
        if self.name not in section.data and not self.required:
            return self.default
        before = len(section.problems)
        value = self._read(section)
        if self.remedy:
            section.problems[before:] = [
                replace(problem, message=f"{problem.message}; {self.remedy}")
                for problem in section.problems[before:]
            ]
        return value

    def _read(self, section: Section) -> Any:
        if self.read_with is not None:
            return self.read_with(section)
        if self.type == "integer":
            least = 0 if self.minimum is None else int(self.minimum)
            most = _INT64 if self.maximum is None else int(self.maximum)
            return section.integer(self.name, None, least, most)
        if self.type == "boolean":
            return section.flag(self.name)
        if self.type == "string":
            words = self.values
            return section.word(self.name, words) if words else section.text(self.name)
        return self._read_number(section)

    def _read_number(self, section: Section) -> float:
        before = len(section.problems)
        value = section.number(self.name)
        if len(section.problems) > before:
            return value
        if self.minimum is not None and value < self.minimum:
            section.note(self.name, value, f"must be {self.minimum:g} or more")
        if self.maximum is not None and value > self.maximum:
            section.note(self.name, value, f"must be at most {self.maximum:g}")
        return value

    def openapi(self, description: str) -> dict[str, Any]:
        """Return the parameter's schema in the CRD.

        Args:
            description: what the schema says about it.
        """
        made: dict[str, Any] = {"type": self.type} if self.type else {}
        if self.values:
            made["enum"] = list(self.values)
        if self.type in ("integer", "number"):
            least = 0 if self.minimum is None and self.type == "integer" else self.minimum
            bounds = {"minimum": least, "maximum": self.maximum}
            made |= {key: value for key, value in bounds.items() if value is not None}
        return {**made, **self.schema, "description": description}


def read_all(parameters: Iterable[ParameterDeclaration], section: Section) -> dict[str, Any]:
    """Return the values of all parameters by their names; mistakes are recorded at the section."""
    return {parameter.name: parameter.read(section) for parameter in parameters}
