"""Converts ``spec.initialPoints``: configurations that are tried before the sampler's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...search.initial_points.misfit import Misfit
from ...search.initial_points.point import InitialPoint
from ...search.initial_points.reservations import reserve
from ...search.space import Choice, Space, canonical
from ..parsing.reader import Reader
from ..parsing.suggestions import did_you_mean

MOST_POINTS = 200
# Points times distributions and values of the search space, all of which each point is compared with:
# at most, some tenths of a second.
_MOST_COMPARISONS = 200_000
_KEY = "initialPoints"
_MOST_PROBLEMS = 100  # after which no further points are read


def parse_initial_points(
    spec: Reader, space: Space, max_total_trials: int
) -> tuple[InitialPoint, ...]:
    """Read ``spec.initialPoints``; problems are added to the reader's.

    Args:
        spec: of the SweepJob.
        space: its search space; points are not compared with it if it has problems.
        max_total_trials: number of its trials.

    Returns:
        The points; none without ``initialPoints``.
    """
    listed = spec.data.get(_KEY, [])
    if not isinstance(listed, list):
        spec.note(_KEY, listed, "must be a list of points: values by parameter")
        return ()
    spec.bounded(_KEY, listed, MOST_POINTS)
    _check_number(spec, len(listed), max_total_trials)
    is_usable = not any(p.path.startswith(spec.at("searchSpace")) for p in spec.problems)
    if is_usable and not _can_be_compared(spec, len(listed[:MOST_POINTS]), space):
        return ()
    found, before = dict[int, InitialPoint](), len(spec.problems)
    for position, values in enumerate(listed[:MOST_POINTS]):
        if len(spec.problems) - before > _MOST_PROBLEMS:
            break
        if _is_object(spec, position, values) and is_usable:
            point = _point(spec, position, values, space)
            found.update({} if point is None else {position: point})
    _check_distinct(spec, found)
    return tuple(found.values())


def _check_number(spec: Reader, count: int, max_total_trials: int) -> None:
    is_limit_wrong = any(p.path == spec.at("limits.maxTotalTrials") for p in spec.problems)
    if count > max_total_trials and not is_limit_wrong:
        message = (
            f"are more points than limits.maxTotalTrials ({max_total_trials}); raise it to {count}, "
            "or remove points"
        )
        spec.note(_KEY, f"{count} points", message)


def _can_be_compared(spec: Reader, count: int, space: Space) -> bool:
    """Return whether there are few enough points for a space of this size; add a problem if not."""
    breadth = sum(
        len(expression.values) if isinstance(expression, Choice) else 1
        for _, expression in space.expressions()
    )
    most = _MOST_COMPARISONS // max(breadth, 1)
    if count > most:
        message = (
            f"are too many for a searchSpace with {breadth} distributions and values of choices; give at "
            f"most {most}"
        )
        spec.note(_KEY, f"{count} points", message)
    return count <= most


def _is_object(spec: Reader, position: int, values: Any) -> bool:
    if not isinstance(values, Mapping):
        message = "must be an object with values by parameter, such as {lr: 0.1}"
        spec.note(f"{_KEY}[{position}]", values, message)
    elif not values:
        message = "has no values; give at least one, or remove the point"
        spec.note(f"{_KEY}[{position}]", values, message)
    return isinstance(values, Mapping) and bool(values)


def _point(
    spec: Reader, position: int, values: Mapping[str, Any], space: Space
) -> InitialPoint | None:
    key = f"{_KEY}[{position}]"
    misfits: list[Misfit] = []
    point = InitialPoint.of(space, values, misfits)
    for misfit in misfits[:_MOST_PROBLEMS]:
        near = did_you_mean(misfit.word, misfit.known) if misfit.word else ""
        spec.note(f"{key}{misfit.path}", misfit.value, f"{misfit.message}{near}")
    return None if misfits else point


def _check_distinct(spec: Reader, points: Mapping[int, InitialPoint]) -> None:
    """Add a problem for each point that cannot have a configuration of its own."""
    first: dict[str, int] = {}
    for position, point in points.items():
        known, entries = point.configuration, point.space.parameters.entries
        text = (
            repr([(name, entries[name]) for name in sorted(point.values)])
            if known is None
            else canonical(known)
        )
        if text in first:
            message = f"is the same point as {_KEY}[{first[text]}]; remove one"
            spec.note(f"{_KEY}[{position}]", dict(point.values), message)
        first.setdefault(text, position)
    if len(first) < len(points):
        return
    positions = [*points]
    for number in reserve([*points.values()], seed=0).unplaced:
        point = points[positions[number]]
        message = (
            f"has only {point.space.size()} configurations, and the other points need all of them; "
            "remove one of these points"
        )
        spec.note(f"{_KEY}[{positions[number]}]", dict(point.values), message)
