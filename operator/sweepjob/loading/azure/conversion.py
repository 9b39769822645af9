"""What becomes of an Azure file: a SweepJob, notes for a person, or reasons for a refusal."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...api.problem import InvalidSpec, Problem
from ...search.space import Scalar

# Marks what the file cannot say and a person has to.
PLACEHOLDER = "REPLACE-ME"
_NUMBER = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*")


@dataclass(frozen=True, slots=True)
class ConversionInputs:
    """What an Azure file refers to and does not contain; None or empty where nobody said.

    Attributes:
        image: container image with the code.
        command: of a v1 file, which has none.
        name, namespace: of the SweepJob.
        queue: Kueue's queue, in place of a compute target.
        gpus: of each trial.
        inputs: values of data inputs, by name.
        outputs: paths of outputs, by name.
        claim: a PersistentVolumeClaim for the others.
    """

    image: str | None = None
    command: str | None = None
    name: str | None = None
    namespace: str | None = None
    queue: str | None = None
    gpus: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    claim: str | None = None


class Refused(InvalidSpec):
    """A file that cannot be converted; ``problems`` has every reason, with Azure's paths."""


@dataclass(slots=True)
class Conversion:
    """A conversion in progress, and its result.

    Attributes:
        manifest: the SweepJob.
        notes: what a person should know of the conversion, in the order of the file.
        problems: reasons for a refusal.
        warnings: what is allowed and probably not meant.
        origins: path in the SweepJob to path in the file, where more than the spelling differs.
    """

    supplies: ConversionInputs
    manifest: dict[str, Any] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)

    def section(self, data: Any, path: str) -> Section:
        """One object of the file, for reading key by key."""
        return Section(self, data, path)


class Section:
    """One object of an Azure file. Every key has to be taken, or ``finish`` refuses it."""

    def __init__(self, conversion: Conversion, data: Any, path: str) -> None:
        self.conversion = conversion
        self.path = path
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        self._left = dict.fromkeys(self.data)
        if not isinstance(data, Mapping):
            self.refuse("", data, "must be an object with keys and values")

    def at(self, key: str) -> str:
        """The path of a key; of the section itself for an empty one."""
        return ".".join(part for part in (self.path, key) if part)

    def note(self, key: str, value: object, message: str) -> None:
        self.conversion.notes.append(Problem(self.at(key), value, message))

    def refuse(self, key: str, value: object, message: str) -> None:
        self.conversion.problems.append(Problem(self.at(key), value, message))

    def take(self, key: str, default: Any = None) -> Any:
        """A key's value; null counts as absent, as in Azure's client."""
        self._left.pop(key, None)
        value = self.data.get(key)
        return default if value is None else value

    def child(self, key: str) -> Section:
        return Section(self.conversion, self.take(key, {}), self.at(key))

    def text(self, key: str) -> str | None:
        value = self.take(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, Scalar):
            return str(value)
        self.refuse(key, value, "must be a text")
        return None

    def required_text(self, key: str, remedy: str) -> str:
        value = self.text(key)
        if not value and not any(p.path == self.at(key) for p in self.conversion.problems):
            self.refuse(key, value, f"is required: {remedy}")
        return value or ""

    def word(self, key: str, words: Mapping[str, str], default: str | None = None) -> str | None:
        """One of the words in any case, translated; None when it is refused."""
        value = self.take(key, default)
        if isinstance(value, str) and value.lower() in words:
            return words[value.lower()]
        problem = "is required" if value is None else "unknown"
        self.refuse(key, value, f"{problem}; known: {', '.join(dict.fromkeys(words))}")
        return None

    def number(self, key: str) -> float | None:
        """A number; Azure takes numbers in quotes, too. None when absent or refused."""
        value = self.take(key)
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            self.note(key, value, "is a number in quotes; taken as a number, as Azure does")
            value = int(value) if value.strip("-+ ").isdecimal() else float(value)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            self.refuse(key, value, "must be a finite number")
            return None
        return value

    def whole(self, key: str) -> int | None:
        """A whole number; None when absent or refused."""
        value = self.number(key)
        if value is None:
            return None
        if value != int(value):
            self.note(key, value, f"is not whole; Azure takes {int(value)}, so does this")
        return int(value)

    def dismiss(self, key: str, reason: str) -> None:
        """Leave a key out, saying so."""
        if key in self.data:
            self.note(key, self.take(key), f"not carried over: {reason}")

    def finish(self) -> None:
        """Refuse what nobody took."""
        for key in self._left:
            self.refuse(key, self.data[key], "unknown key; Azure refuses it, too")


def _finite(value: float) -> bool:
    return -math.nextafter(math.inf, 0.0) <= value <= math.nextafter(math.inf, 0.0)
