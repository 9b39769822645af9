"""The state of a conversion: the SweepJob, notes for the user, and errors."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ...api.parsing.problem import InvalidSpec, Problem
from ...search.space import Scalar
from ..azure_map import AzureMap
from ..pod_settings import PodSettings

# Marks values that are not in the file and that the user must fill in.
PLACEHOLDER = "REPLACE-ME"
_NUMBER = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*")


@dataclass(frozen=True, slots=True)
class ConversionOptions:
    """What a file refers to but does not contain; None or empty if it was not given.

    Attributes:
        image: container image with the code.
        command: command for a v1 file, which has none.
        name: name of the SweepJob.
        namespace: namespace of the SweepJob.
        queue: Kueue's queue, in place of a compute target.
        gpus: GPUs of each trial.
        trials: number of trials, for files of other tools, which may have none.
        inputs: values of data inputs by name.
        outputs: paths of outputs by name.
        claim: PersistentVolumeClaim for the other outputs.
        azure_map: what the names of the workspace mean here.
        folder: folder of the file, to which its paths are relative.
        local: True for a sweep on this machine.
        is_lazy: True to record what the map is for in ``Conversion.azure`` instead of resolving it.
        read_yaml: reads another file that the file refers to; None if none can be read.
    """

    image: str | None = None
    command: str | None = None
    name: str | None = None
    namespace: str | None = None
    queue: str | None = None
    gpus: int | None = None
    trials: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    claim: str | None = None
    azure_map: AzureMap = field(default_factory=AzureMap)
    folder: str = "."
    local: bool = False
    is_lazy: bool = False
    read_yaml: Callable[[str], Any] | None = None


class ConversionError(InvalidSpec):
    """A sweep file cannot be converted; ``problems`` has every reason, with the paths of the file."""


@dataclass(slots=True)
class Conversion:
    """A conversion in progress, and its result.

    Attributes:
        options: what was given in addition to the file.
        manifest: the SweepJob object.
        notes: changes that the user should know, in the order of the file.
        problems: errors.
        warnings: settings that are valid but probably not intended.
        source_paths: paths in the file by path in the SweepJob, where more than the spelling differs.
        pod: settings of the trials' pods.
        amounts: resources of the trainer's container.
        queue: Kueue's queue of the trials.
        code: folder or file of the code, relative to the file; empty without one.
        group: keys of ``spec.trial`` for trials of several pods.
        parts: image, command and environment variables of the trial.
        swept: names of inputs that parameters of the search space replace.
        azure: what is not resolved, if the conversion is lazy: ``environment``, ``compute``,
            ``instance_type``, ``inputs`` and ``outputs``.
        output_places: where the file wants each output; None for the default datastore.
        datastore: the datastore of outputs without a place; None for Azure's default.
        known_inputs: names that ``--input`` can give a value.
        known_outputs: names that ``--output`` can give a path.
        old_paths: paths of the file by those that files of today have.
        key_notes: notes about keys that files of today do not have.
        is_named: the file, or an option, has the name of the sweep; Azure's client makes up another one
            each time that a file without it is submitted.
    """

    options: ConversionOptions
    manifest: dict[str, Any] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    source_paths: dict[str, str] = field(default_factory=dict)
    pod: PodSettings = field(default_factory=PodSettings)
    amounts: dict[str, Any] = field(default_factory=dict)
    queue: str = ""
    code: str = ""
    group: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    swept: frozenset[str] = frozenset()
    azure: dict[str, Any] = field(default_factory=dict)
    output_places: dict[str, str | None] = field(default_factory=dict)
    datastore: str | None = None
    known_inputs: dict[str, None] = field(default_factory=dict)
    known_outputs: dict[str, None] = field(default_factory=dict)
    old_paths: dict[str, str] = field(default_factory=dict)
    key_notes: list[Problem] = field(default_factory=list)
    is_named: bool = False

    def section(self, data: Any, path: str) -> Section:
        """Return a reader of an object of the file.

        Args:
            data: the object.
            path: its path in the file.
        """
        return Section(self, data, path)

    def old_path(self, path: str) -> str:
        """Return the path that the file has for one of today's files."""
        around, rest = path, ""
        while around not in self.old_paths and around:
            around = around[: max(around.rfind("."), around.rfind("["), 0)]
            rest = path[len(around) :]
        return f"{self.old_paths[around]}{rest}" if around else path


class Section:
    """An object of an Azure file. ``reject_unknown_keys`` reports each key that has not been read."""

    def __init__(self, conversion: Conversion, data: Any, path: str) -> None:
        self.conversion = conversion
        self.path = path
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        self._unread = dict.fromkeys(self.data)
        self._known: dict[str, None] = {}
        self._is_object = isinstance(data, Mapping)
        if not self._is_object:
            self.reject("", data, "must be an object with keys and values")

    def at(self, key: str) -> str:
        """Return the path of a key, which YAML may read as a number; of the section for an empty one."""
        return ".".join(str(part) for part in (self.path, key) if part != "")

    def note(self, key: str, value: object, message: str) -> None:
        """Add a note.

        Args:
            key: the key; empty for the section itself.
            value: its value.
            message: how it was converted.
        """
        self.conversion.notes.append(Problem(self.at(key), value, message))

    def reject(self, key: str, value: object, message: str) -> None:
        """Add an error.

        Args:
            key: the key; empty for the section itself.
            value: its value.
            message: what is wrong, and the remedy.
        """
        # What is missing in something that is no object, or is rejected, needs no second message.
        is_known = any(problem.path == self.at(key) for problem in self.conversion.problems)
        if not is_known and (self._is_object or not key):
            self.conversion.problems.append(Problem(self.at(key), value, message))

    def read(self, key: str, default: Any = None) -> Any:
        """Read a key's value; null counts as absent, as in Azure's client."""
        self._unread.pop(key, None)
        self._known[key] = None
        value = self.data.get(key)
        return default if value is None else value

    @property
    def unread(self) -> tuple[str, ...]:
        """The keys that have not been read."""
        return tuple(self._unread)

    def section(self, key: str) -> Section:
        """Return a section without keys at the path of a key, for messages."""
        return Section(self.conversion, {}, self.at(key))

    def subsection(self, key: str) -> Section:
        """Read an object; an empty one if it is absent."""
        return Section(self.conversion, self.read(key, {}), self.at(key))

    def text(self, key: str) -> str | None:
        """Read a string; numbers and booleans are converted. None if it is absent or rejected."""
        value = self.read(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, Scalar):
            return str(value)
        self.reject(key, value, "must be a text")
        return None

    def required_text(self, key: str, remedy: str) -> str:
        """Read a string, and reject an absent or empty one."""
        value = self.text(key)
        if not value:
            self.reject(key, value, f"is required: {remedy}")
        return value or ""

    def keyword(self, key: str, words: Mapping[str, str], default: str | None = None) -> str | None:
        """Read a keyword in any case, and translate it.

        Args:
            key: the key.
            words: translations by keyword.
            default: the keyword if the key is absent; None if the key is required.

        Returns:
            The translation; None if the value is rejected.
        """
        value = self.read(key, default)
        if isinstance(value, str) and value.lower() in words:
            return words[value.lower()]
        problem = "is required" if value is None else "unknown"
        self.reject(key, value, f"{problem}; known: {', '.join(dict.fromkeys(words))}")
        return None

    def number(self, key: str) -> float | None:
        """Read a number, which may be quoted, as in Azure. None if it is absent or rejected."""
        value = self.read(key)
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            self.note(key, value, "is a text in YAML; read as a number")
            value = int(value) if value.strip("-+ ").isdecimal() else float(value)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            self.reject(key, value, "must be a finite number")
            return None
        return value

    def integer(self, key: str) -> int | None:
        """Read an integer; fractions are cut off, as in Azure. None if it is absent or rejected."""
        value = self.number(key)
        if value is None:
            return None
        if value != int(value):
            self.note(key, value, f"is no integer; {int(value)} is used")
        return int(value)

    def ignore(self, key: str, reason: str) -> None:
        """Read a key without converting it, and add a note."""
        self._known[key] = None
        if key in self.data:
            self.note(key, self.read(key), f"not carried over: {reason}")

    def reject_unknown_keys(self) -> None:
        """Reject the keys that have not been read. Azure's client refuses them, too."""
        for key in self._unread:
            close = get_close_matches(str(key), self._known, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            self.reject(str(key), self.data[key], f"unknown key{hint}")


def _finite(value: float) -> bool:
    return -math.nextafter(math.inf, 0.0) <= value <= math.nextafter(math.inf, 0.0)
