"""Converts Optuna's enqueued trials, which wait with fixed parameters, to initial points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..api.parsing.reader import Reader
from ..api.spec.initial_points import MOST_POINTS
from ..api.spec.search_space import parse_space
from ..search.initial_points import InitialPoint
from ..search.initial_points.misfit import Misfit
from .azure.conversion import Section
from .optuna_space import StudySpace

_FIXED = "fixed_params"  # Optuna's name of them in a trial's system attributes


def is_enqueued(trial: Any) -> bool:
    """Return whether a trial of Optuna's waits to be run."""
    return bool(trial.state.name == "WAITING")


def convert_enqueued(
    top: Section,
    trials: Sequence[Any],
    space: StudySpace,
    most: int,
) -> list[dict[str, Any]]:
    """Return the initial points of the trials that wait; notes what cannot be tried.

    Args:
        top: the section that takes the notes.
        trials: Optuna's trials.
        space: the search space that the study became.
        most: number of trials of the sweep.
    """
    parsed = parse_space(Reader(space.space, "spec.searchSpace"))
    points: list[dict[str, Any]] = []
    for trial in filter(is_enqueued, trials):
        path = f"trials[{trial.number}].fixed_params"
        fixed = {**trial.params, **trial.system_attrs.get(_FIXED, {})}
        unknown = [name for name in fixed if name not in space.places]
        for name in unknown:
            message = "not carried over: no trial has suggested this parameter yet"
            top.note(f"{path}.{name}", fixed[name], message)
        point = space.assignment(fixed)
        misfits: list[Misfit] = []
        InitialPoint.of(parsed, point, misfits)
        for misfit in misfits:
            top.note(f"{path}{misfit.path}", misfit.value, f"{misfit.message}: not carried over")
        # A wrong value of a branch takes the whole branch with it.
        wrong = {misfit.path.removeprefix(".").partition(".")[0] for misfit in misfits}
        point = {name: value for name, value in point.items() if name not in wrong}
        if problem := _problem(point, points, min(most, MOST_POINTS)):
            top.note(path, fixed, f"not carried over: {problem}")
        else:
            points.append(point)
    return points


def _problem(point: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]], most: int) -> str:
    if not point:
        return "the trial fixes no parameter of the search space"
    if point in earlier:
        return "another enqueued trial is the same"
    return f"the sweep has {most} trials; --trials gives more" if len(earlier) == most else ""
