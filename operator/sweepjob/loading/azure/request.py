"""Reads the body of a request to Azure's service, or of its answer, as a sweep file.

``az rest`` sends and prints such bodies, templates of resources contain them, and
``_to_rest_object()`` of Azure's clients makes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ...api.parsing.problem import Problem
from .conversion import Conversion, ConversionOptions
from .old_keys import in_current_keys
from .request_keys import JOB, RESOURCE, RequestKeys, plain
from .request_space import expression_of

# Path of the job that a schedule creates.
SCHEDULED = "properties.action.jobDefinition"
_ARGUMENT = "is read as {}, with --{} in the command, as the service of 2021 appended it"


def job_type(data: Any) -> str | None:
    """Return the kind of job of a body without what is around it; None if it is no body."""
    if not isinstance(data, Mapping):
        return None
    kinds = (value for key, value in data.items() if plain(key) == "jobtype")
    kind = next(kinds, None)
    return kind if isinstance(kind, str) else None


def request_bodies(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the bodies in a document, with the paths of their jobs; empty for the document itself.

    Args:
        data: a body, its properties alone, a list of bodies, one of the examples in the specification of
            the API, or a schedule.
    """
    if isinstance(data.get("jobType"), str):  # job_type is a key of the files of 2021
        yield "", data
    parameters, listed = data.get("parameters"), data.get("value")
    example = parameters.get("body") if isinstance(parameters, Mapping) else None
    found = [("properties", data), ("parameters.body.properties", example)]
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        found.append((f"value[{number}].properties", one))
    for path, body in found:
        if isinstance(body, Mapping) and job_type(body.get("properties")) is not None:
            yield path, body
    schedule = data.get("properties")
    action = schedule.get("action") if isinstance(schedule, Mapping) else None
    job = action.get("jobDefinition") if isinstance(action, Mapping) else None
    if job_type(job) is not None:
        yield SCHEDULED, {"properties": job}


def file_of_request(conversion: Conversion, body: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the sweep file that a body stands for.

    Args:
        conversion: receives the notes, the problems, and the paths of the body.
        body: the job, or the object with its name and its properties.
        path: path of the job in the document.
    """
    reader = _Reader(conversion)
    if not path:
        # Some clients print the name and the properties of a job in one object.
        around = {key: body[key] for key in ("id", "name", "systemData") if key in body}
        job = {key: value for key, value in body.items() if key not in (*around, "type")}
    else:
        around, job = dict(body), body["properties"]
        del around["properties"]
    outside = path.removesuffix("properties").rstrip(".")
    file = reader.read(RESOURCE, around, outside, "")
    file |= reader.read(JOB, job, path, "")
    file["type"] = "sweep"
    if isinstance(file.get("name"), str):
        file["name"] = file["name"].rpartition("/")[2]
    _append_arguments(file, reader.arguments)
    _move_bindings(file, conversion)
    return file


def in_file_keys(document: Any) -> Any:
    """Return a document with the keys of today's sweep files: a request, or a file of any age."""
    found = list(request_bodies(document)) if isinstance(document, Mapping) else []
    if not found:
        return in_current_keys(document)
    path, body = found[0]
    return in_current_keys(file_of_request(Conversion(ConversionOptions()), body, path))


def _append_arguments(file: Mapping[str, Any], arguments: Mapping[str, str]) -> None:
    trial = file.get("trial")
    if not arguments or not isinstance(trial, dict) or not isinstance(trial.get("command"), str):
        return
    words = (f"--{argument} ${{{{search_space.{name}}}}}" for name, argument in arguments.items())
    trial["command"] = " ".join((trial["command"].strip(), *words))


def _move_bindings(file: dict[str, Any], conversion: Conversion) -> None:
    """Move inputs and outputs from the trial, where requests of 2021 have them, to the sweep."""
    trial = file.get("trial")
    for group in ("inputs", "outputs"):
        moved = trial.pop(group, None) if isinstance(trial, dict) else None
        if moved is None:
            continue
        file[group] = moved
        prefix = f"trial.{group}"
        conversion.old_paths |= {
            new.removeprefix("trial."): old
            for new, old in conversion.old_paths.items()
            if new == prefix or new.startswith(f"{prefix}.")
        }


class _Reader:
    """Reads objects of a body, and records where each key comes from."""

    def __init__(self, conversion: Conversion) -> None:
        self._conversion = conversion
        self.arguments: dict[str, str] = {}

    def read(
        self, keys: RequestKeys, data: Mapping[str, Any], old: str, new: str
    ) -> dict[str, Any]:
        """Return an object with the keys of a file.

        Args:
            keys: the keys that it may have.
            data: the object.
            old: its path in the document.
            new: its path in a file.
        """
        if keys.of_each is not None:
            return self._read_each(keys.of_each, data, old, new)
        if keys.is_space:
            return self._read_space(data, old, new)
        self._record_paths(keys, old, new)
        made: dict[str, Any] = {}
        for key, value in data.items():
            found, where = keys.find(key), _at(old, key)
            if found is None:
                self._reject_unknown(keys, str(key), value, where, new)
            elif not found[1]:
                self._drop(value, where, keys.dropped[found[0]])
            elif value is not None and value != {}:
                path = _at(new, found[1])
                self._conversion.old_paths[path] = where
                self._set(made, found[1], self._value(keys, found[0], value, (where, path)))
        return made

    def _record_paths(self, keys: RequestKeys, old: str, new: str) -> None:
        """Record where keys that may be absent would be; those that are there are recorded later."""
        for key, path in keys.paths:
            if key in keys.inner:
                self._record_paths(keys.inner[key], _at(old, key), _at(new, path))
        for key, path in keys.paths:
            self._conversion.old_paths.setdefault(_at(new, path), _at(old, key))

    def _value(self, keys: RequestKeys, key: str, value: Any, at: tuple[str, str]) -> Any:
        inner = keys.inner.get(key)
        if inner is not None and isinstance(value, Mapping):
            return self.read(inner, value, *at)
        return keys.values[key](value) if key in keys.values else value

    def _set(self, made: dict[str, Any], path: str, value: Any) -> None:
        around, _, last = path.rpartition(".")
        node = made.setdefault(around, {}) if around else made
        if isinstance(node, dict):
            old = node.get(last)
            are_objects = isinstance(old, dict) and isinstance(value, dict)
            node[last] = old | value if are_objects else value

    def _read_each(
        self, keys: RequestKeys, data: Mapping[str, Any], old: str, new: str
    ) -> dict[str, Any]:
        made = {}
        for name, value in data.items():
            where, path = _at(old, name), _at(new, name)
            self._conversion.old_paths[path] = where
            made[name] = (
                self.read(keys, value, where, path) if isinstance(value, Mapping) else value
            )
        return made

    def _read_space(self, data: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in data.items():
            ours, where = str(name), _at(old, name)
            if ours.startswith("-"):
                argument = ours.lstrip("-")
                ours = argument.replace("-", "_")
                self.arguments[ours] = argument
                self.note(where, name, _ARGUMENT.format(f"search_space.{ours}", argument))
            made[ours] = expression_of(self._conversion, value, where, _at(new, ours))
        return made

    def note(self, where: str, value: Any, message: str) -> None:
        """Add a note with the path of the document."""
        self._conversion.key_notes.append(Problem(where, value, message))

    def _drop(self, value: Any, where: str, reason: str) -> None:
        if reason and value not in (None, False, "", {}, []):
            self.note(where, value, reason)

    def _reject_unknown(
        self, keys: RequestKeys, key: str, value: Any, where: str, new: str
    ) -> None:
        close = get_close_matches(key, keys.names, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        path = _at(new, key)
        self._conversion.old_paths[path] = where
        self._conversion.problems.append(Problem(path, value, f"unknown key{hint}"))


def _at(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)
