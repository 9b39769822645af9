"""``spec.constraints``: bounds on metrics."""

from __future__ import annotations

from collections.abc import Sequence

from ...pareto.feasibility import Constraint
from ...protocol import MAX_NAME, is_name
from ..parsing.reader import Reader

MOST_CONSTRAINTS = 10
_KEY = "constraints"


def parse_constraints(spec: Reader) -> tuple[Constraint, ...]:
    """Read ``spec.constraints``; problems are added to the reader's.

    Args:
        spec: of the SweepJob.
    """
    listed = spec.data.get(_KEY, [])
    if not isinstance(listed, list):
        message = "must be a list of constraints, such as [{metric: size_mb, max: 50}]"
        spec.note(_KEY, listed, message)
        return ()
    spec.bounded(_KEY, listed, MOST_CONSTRAINTS)
    found = [
        parse_constraint(Reader(item, spec.at(f"{_KEY}[{position}]"), spec.problems))
        for position, item in enumerate(listed[:MOST_CONSTRAINTS])
    ]
    _check_together(spec, found)
    return tuple(constraint for constraint in found if constraint is not None)


def parse_constraint(reader: Reader) -> Constraint | None:
    """Read one constraint; None if it is invalid. Problems are added to the reader's."""
    before = len(reader.problems)
    reader.known(("metric", "max", "min", "stopTrials"))
    metric = reader.text("metric")
    if metric and not is_name(metric):
        message = (
            f"must be the name of a metric: at most {MAX_NAME} bytes without control characters"
        )
        reader.note("metric", metric, message)
    given = [key for key in ("max", "min") if key in reader.data]
    if len(given) != 1:
        message = (
            "needs exactly one of max, the largest allowed value of the metric, and min, the smallest; "
            "write two constraints for a range"
        )
        reader.note("", dict(reader.data), message)
        return None
    bound, stops = float(reader.number(given[0])), reader.flag("stopTrials")
    found = Constraint(metric, bound, given == ["max"], stops)
    return found if len(reader.problems) == before else None


def _check_together(spec: Reader, found: Sequence[Constraint | None]) -> None:
    """Add a problem for each constraint that repeats or contradicts an earlier one."""
    first: dict[tuple[str, bool], tuple[int, Constraint]] = {}
    for position, constraint in enumerate(found):
        if constraint is None:
            continue
        own = (constraint.metric, constraint.is_maximum)
        opposite = (constraint.metric, not constraint.is_maximum)
        path = f"{_KEY}[{position}]"
        if own in first:
            message = f"bounds the same side of the metric as {_KEY}[{first[own][0]}]; remove one"
            spec.note(path, constraint.metric, message)
        elif opposite in first and not constraint.allows(first[opposite][1].bound):
            message = (
                f"no value meets {constraint} and {first[opposite][1]} of {_KEY}[{first[opposite][0]}]; "
                "exchange the two bounds"
            )
            spec.note(path, constraint.bound, message)
        first.setdefault(own, (position, constraint))
