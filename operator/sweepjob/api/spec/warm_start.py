"""``spec.warmStart``: earlier trials that the sampler learns from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...search.initial_points.misfit import Misfit
from ...search.initial_points.point import InitialPoint
from ...search.space import Space
from ..parsing.reader import Reader
from ..parsing.suggestions import did_you_mean

_MAX_SOURCES = 20  # of each kind
_NAME_LIMIT = 63
_KEY_LIMIT = 253  # characters of the name or of a key of a ConfigMap
_SWEEP_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_CONFIG_MAP_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_NO_NAME = "is no name of a Kubernetes object: lower-case letters, digits, -"


@dataclass(frozen=True, slots=True)
class ResultsReference:
    """Where results are.

    Attributes:
        config_map: name of the ConfigMap.
        key: its key.
    """

    config_map: str
    key: str

    def __str__(self) -> str:
        return f"{self.config_map}/{self.key}"


@dataclass(frozen=True, slots=True)
class WarmStart:
    """Where the earlier trials are.

    Attributes:
        sweeps: names of finished sweeps.
        results: texts with results.
        defaults: values of parameters that earlier trials did not have among theirs.
    """

    sweeps: tuple[str, ...] = ()
    results: tuple[ResultsReference, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.sweeps or self.results)


def parse_warm_start(spec: Reader, metadata: Any, space: Space) -> WarmStart:
    """Read ``spec.warmStart``; problems are added to the reader's.

    Args:
        spec: of the SweepJob.
        metadata: of the SweepJob, for its own name.
        space: its search space.
    """
    if "warmStart" not in spec.data:
        return WarmStart()
    reader = spec.child("warmStart")
    reader.known(("sweeps", "results", "defaults"))
    if "sweeps" not in reader.data and "results" not in reader.data:
        message = "needs sweeps (names of finished sweeps), or results (of a ConfigMap)"
        reader.note("", dict(reader.data), message)
    return WarmStart(
        _sweeps(reader, metadata),
        _results(reader),
        _defaults(spec, reader.child("defaults"), space),
    )


def _sweeps(reader: Reader, metadata: Any) -> tuple[str, ...]:
    if "sweeps" not in reader.data:
        return ()
    sweeps = reader.data["sweeps"]
    if not isinstance(sweeps, list) or not all(isinstance(s, str) and s for s in sweeps):
        reader.note("sweeps", sweeps, "must be a list of names of finished sweeps")
        return ()
    reader.bounded("sweeps", sweeps, _MAX_SOURCES)
    if not sweeps:
        reader.note("sweeps", sweeps, "must have at least one name; otherwise remove it")
    own_name = metadata.get("name") if isinstance(metadata, Mapping) else None
    found = sweeps[:_MAX_SOURCES]
    for position, name in enumerate(found):
        for remedy in _problems(name, found[:position], own_name):
            reader.note(f"sweeps[{position}]", name, remedy)
    return tuple(found)


def _problems(name: str, earlier: list[str], own_name: Any) -> list[str]:
    found = []
    if name in earlier:
        found.append("is listed twice; remove one")
    if len(name) > _NAME_LIMIT:
        found.append("is longer than the name of a sweep can be")
    if not _SWEEP_NAME.fullmatch(name):
        found.append(_NO_NAME)
    if name == own_name:
        found.append("is this sweep; a sweep cannot start from itself")
    return found


def _results(reader: Reader) -> tuple[ResultsReference, ...]:
    listed = reader.data.get("results", [])
    if not isinstance(listed, list) or (not listed and "results" in reader.data):
        message = "must be a list, such as [{configMap: {name: before, key: results.csv}}]"
        reader.note("results", listed, message)
        return ()
    reader.bounded("results", listed, _MAX_SOURCES)
    found: list[ResultsReference] = []
    for position, entry in enumerate(listed[:_MAX_SOURCES]):
        path = f"results[{position}]"
        at = Reader(entry, reader.at(path), reader.problems)
        at.known(("configMap",))
        source = at.child("configMap")
        source.known(("name", "key"))
        reference = ResultsReference(source.text("name"), source.text("key"))
        for key, text in (("name", reference.config_map), ("key", reference.key)):
            source.bounded(key, text, _KEY_LIMIT)
        if reference.config_map and not _CONFIG_MAP_NAME.fullmatch(reference.config_map):
            source.note("name", reference.config_map, f"{_NO_NAME} and .")
        if reference.key and not _KEY.fullmatch(reference.key):
            source.note("key", reference.key, "is no key: letters, digits, -, _ and .")
        if reference in found:
            reader.note(path, str(reference), "is listed twice; remove one")
        found.append(reference)
    return tuple(found)


def _defaults(spec: Reader, reader: Reader, space: Space) -> Mapping[str, Any]:
    """Return the values of ``defaults``, which must be in the search space."""
    if any(p.path.startswith(spec.at("searchSpace")) for p in spec.problems):
        return {}
    misfits: list[Misfit] = []
    InitialPoint.of(space, reader.data, misfits)
    for misfit in misfits:
        near = did_you_mean(misfit.word, misfit.known) if misfit.word else ""
        reader.note(misfit.path.removeprefix("."), misfit.value, f"{misfit.message}{near}")
    return {} if misfits else reader.data
