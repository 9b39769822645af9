"""``spec.objective`` or ``spec.objectives``: the metrics, and whether more of each is better."""

from __future__ import annotations

from ...objective import Goal, Objective
from ...protocol import MAX_NAME, is_name
from ...search.outcomes import MAX_OBJECTIVES
from ..parsing.reader import Reader

_ONE, _SEVERAL = "objective", "objectives"
_NO_NAME = f"must be the name of a metric: at most {MAX_NAME} bytes without control characters"


def parse_objective(reader: Reader) -> Objective:
    """Read ``spec.objective``; problems are added to the reader's."""
    if "reference" in reader.data:
        message = "belongs to several objectives; remove it, or write objectives"
        reader.note("reference", reader.data["reference"], message)
    return parse_one_of_several(reader)


def parse_one_of_several(reader: Reader) -> Objective:
    """Read one of ``spec.objectives``; problems are added to the reader's."""
    reader.known(("goal", "primaryMetric", "reference"))
    goal = reader.word("goal", tuple(Goal))
    metric = reader.text("primaryMetric")
    reader.bounded("primaryMetric", metric, 250)
    reference = float(reader.number("reference")) if "reference" in reader.data else None
    return Objective(Goal(goal) if goal in tuple(Goal) else Goal.MAXIMIZE, metric, reference)


def parse_objectives(spec: Reader) -> tuple[Objective, ...]:
    """Read ``spec.objective``, or ``spec.objectives``; problems are added to the reader's.

    Args:
        spec: of the SweepJob.

    Returns:
        At least one.
    """
    if _SEVERAL not in spec.data:
        return (parse_objective(spec.child(_ONE)),)
    listed = spec.data[_SEVERAL]
    if _ONE in spec.data:
        message = "objective and objectives are alternatives; remove one of them"
        spec.note(_SEVERAL, listed, message)
    if not isinstance(listed, list):
        spec.note(_SEVERAL, listed, "must be a list of objectives: goal and primaryMetric of each")
        listed = []
    elif len(listed) < 2:
        spec.note(_SEVERAL, listed, "must be 2 at least; write a single one as objective")
    spec.bounded(_SEVERAL, listed, MAX_OBJECTIVES)
    found = [
        _one_of_several(spec, position, item)
        for position, item in enumerate(listed[:MAX_OBJECTIVES])
    ]
    _check_distinct(spec, found)
    return tuple(found) or (Objective(Goal.MAXIMIZE, ""),)


def _one_of_several(spec: Reader, position: int, item: object) -> Objective:
    reader = Reader(item, spec.at(f"{_SEVERAL}[{position}]"), spec.problems)
    objective = parse_one_of_several(reader)
    if objective.primary_metric and not is_name(objective.primary_metric):
        reader.note("primaryMetric", objective.primary_metric, _NO_NAME)
    return objective


def _check_distinct(spec: Reader, objectives: list[Objective]) -> None:
    names = [objective.primary_metric for objective in objectives]
    for position, name in enumerate(names):
        if name and name in names[:position]:
            path = f"{_SEVERAL}[{position}].primaryMetric"
            message = f"is the metric of {_SEVERAL}[{names.index(name)}] as well; remove one"
            spec.note(path, name, message)
