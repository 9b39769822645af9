"""``spec.objective``: the primary metric, and whether more of it is better."""

from __future__ import annotations

from ...objective import Goal, Objective
from ..parsing.reader import Reader


def parse_objective(reader: Reader) -> Objective:
    """Read ``spec.objective``; problems are added to the reader's."""
    reader.known(("goal", "primaryMetric"))
    goal = reader.word("goal", tuple(Goal))
    metric = reader.text("primaryMetric")
    reader.bounded("primaryMetric", metric, 250)
    return Objective(Goal(goal) if goal in tuple(Goal) else Goal.MAXIMIZE, metric)
