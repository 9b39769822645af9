"""Fits the parameters of an earlier trial into a search space that may differ from its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..space import Assignment, Branch, Choice, Expression, Scalar, Space
from .values import listed_value, numeric_value

_LARGE = 1_000_000  # weight of a branch whose constants differ


@dataclass(slots=True)
class Fit:
    """A trial in the terms of a search space.

    Attributes:
        assignment: a value for each parameter of the space; one that is outside stays as it is.
        shared: names of the parameters that the trial has, dotted.
        dropped: names of its parameters that the space does not have.
        filled: values of the parameters that it lacks.
        outside: names of the parameters whose value the space does not have.
    """

    assignment: Assignment = field(default_factory=dict)
    shared: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    filled: dict[str, Scalar] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)

    def _add(self, part: Fit) -> None:
        self.shared += part.shared
        self.dropped += part.dropped
        self.filled |= part.filled
        self.outside += part.outside


def fit(space: Space, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> Fit:
    """Return a trial's parameters as a configuration of a space.

    A parameter that the trial lacks gets its value of ``defaults``. Without one it gets the middle of its
    distribution; a choice gets its first value. It is the same value for every trial: a value that varied
    would look like evidence that the parameter has no effect.

    Args:
        space: the search space.
        values: values by parameter; those of a branch in an object, or under dotted names. Numbers may be
            texts, as in CSV.
        defaults: what trials had for parameters that were not among theirs.
    """
    found = Fit()
    found.assignment = _branch(space.parameters, _nested(space, values), defaults, "", found)
    return found


def parameter_names(space: Space) -> set[str]:
    """Return the dotted names of all parameters and constants, in every branch of every choice."""
    return set(_names(space.parameters, ""))


def _names(branch: Branch, prefix: str) -> Iterator[str]:
    for name, entry in branch.entries.items():
        yield f"{prefix}{name}"
        for value in entry.values if isinstance(entry, Choice) else ():
            if isinstance(value, Branch):
                yield from _names(value, f"{prefix}{name}.")


def _nested(space: Space, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with an object in the place of each group of dotted names."""
    nested: dict[str, Any] = {}
    for name, value in _with_branches(space, values):
        *parents, last = [name] if name in space.parameters.entries else name.split(".")
        node = nested
        for parent in parents:
            below = node.get(parent)
            node[parent] = dict(below) if isinstance(below, Mapping) else {}
            node = node[parent]
        node.setdefault(last, value)
    return nested


def _with_branches(space: Space, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield values under dotted names, also of trials whose program knows no branches, as Optuna's.

    A name that only branches have, and in a single place, means that place. The value of a choice of
    branches means the branch that has it as a constant of the choice's name.
    """
    entries = space.parameters.entries
    flat = [name for name in values if "." not in name]
    places: dict[str, list[str]] = {}
    if any(name not in entries or _has_branches(entries[name]) for name in flat):
        for dotted in parameter_names(space):
            places.setdefault(dotted.rpartition(".")[2], []).append(dotted)
    for name, value in values.items():
        found = [place for place in places.get(name, ()) if place not in entries]
        inner = [place for place in found if f"{place}.{name}" not in found]  # the constant itself
        is_branch = name not in entries or not isinstance(value, Mapping)
        is_moved = len(inner) == 1 and is_branch and "." not in name
        yield (inner[0] if is_moved else name), value


def _has_branches(entry: Scalar | Expression) -> bool:
    return isinstance(entry, Choice) and any(isinstance(v, Branch) for v in entry.values)


def _branch(
    branch: Branch, values: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str, found: Fit
) -> Assignment:
    found.dropped += [f"{prefix}{name}" for name in values if name not in branch.entries]
    return {
        name: _entry(entry, values.get(name), defaults.get(name), f"{prefix}{name}", found)
        for name, entry in branch.entries.items()
    }


def _entry(entry: Scalar | Expression, value: Any, default: Any, name: str, found: Fit) -> Any:
    """Return the value of one parameter; an object of a branch gets the rest of the branch."""
    if isinstance(entry, Choice) and isinstance(value, Mapping):
        return _chosen(entry, value, default, name, found)
    if value is None:
        return _missing(entry, default, name, found)
    found.shared.append(name)
    if isinstance(entry, Choice):
        fitted = listed_value(entry.values, value)
    elif isinstance(entry, Scalar):
        fitted = listed_value((entry,), value)
    else:
        fitted = numeric_value(entry, value)
    if fitted is None:
        found.outside.append(name)
        return value
    return fitted


def _missing(entry: Scalar | Expression, default: Any, name: str, found: Fit) -> Any:
    if isinstance(entry, Scalar):  # the space has no other value
        return entry
    if default is not None:
        given = Fit()
        value = _entry(entry, default, None, name, given)
        found.filled |= {name: value} if isinstance(value, Scalar) else given.filled
        if not isinstance(value, Scalar):
            found.filled[name] = "as in defaults"
        return value
    if not isinstance(entry, Choice):
        found.filled[name] = entry.quantile(0.5)
        return found.filled[name]
    first = entry.values[0]
    if not isinstance(first, Branch):
        found.filled[name] = first
        return first
    found.filled[name] = "its first branch"
    return _branch(first, {}, {}, f"{name}.", found)


def _chosen(choice: Choice, values: Mapping[str, Any], default: Any, name: str, found: Fit) -> Any:
    """Return the values of the branch that is meant: constants say so first, then names."""
    below = default if isinstance(default, Mapping) else {}
    best: tuple[int, Fit, Assignment] | None = None
    for branch in choice.values:
        if not isinstance(branch, Branch):
            continue
        part = Fit()
        assignment = _branch(branch, values, below, f"{name}.", part)
        distance = len(part.dropped) + len(part.filled) + len(part.outside)
        distance += _LARGE * _different_constants(branch, f"{name}.", part)
        if best is None or distance < best[0]:
            best = distance, part, assignment
    if best is None:
        found.shared.append(name)
        found.outside.append(name)
        return dict(values)
    found._add(best[1])
    return best[2]


def _different_constants(branch: Branch, prefix: str, part: Fit) -> int:
    constants = {f"{prefix}{n}" for n, entry in branch.entries.items() if isinstance(entry, Scalar)}
    return len(constants.intersection(part.outside))
