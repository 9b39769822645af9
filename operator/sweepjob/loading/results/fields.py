"""Reads single fields of results: numbers, states, and names with the prefixes of their programs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ...api.phases import TrialPhase
from .result import ResultsError, Wanted, shown

# Before names of parameters: our exports of JSON to a table, Optuna, MLflow, Weights & Biases, Ray Tune.
PARAMETER_PREFIXES = ("parameters.", "params_", "params.", "param.", "config.", "config/")
METRIC_PREFIXES = ("results.", "metrics.", "metric.", "values_", "user_attrs_", "summary.")
_PHASES = {
    **{phase.value.lower(): phase for phase in TrialPhase},
    # Optuna
    "complete": TrialPhase.SUCCEEDED,
    "pruned": TrialPhase.EARLY_STOPPED,
    "fail": TrialPhase.FAILED,
    "waiting": TrialPhase.PENDING,
    # MLflow, Weights & Biases, Azure Machine Learning, Ray, SageMaker, NNI; without underscores
    **dict.fromkeys(("finished", "completed", "terminated"), TrialPhase.SUCCEEDED),
    **dict.fromkeys(("crashed", "error", "notresponding"), TrialPhase.FAILED),
    **dict.fromkeys(
        ("killed", "cancelled", "preempted", "stopped", "usercanceled", "syscanceled"),
        TrialPhase.CANCELED,
    ),
    **dict.fromkeys(("scheduled", "notstarted", "unknown"), TrialPhase.PENDING),
    **dict.fromkeys(
        ("inprogress", "starting", "provisioning", "preparing", "finalizing", "restoring"),
        TrialPhase.RUNNING,
    ),
    **dict.fromkeys(("cancelrequested", "preempting"), TrialPhase.STOPPING),
}
_NO_NUMBER = ("", "nan", "none", "null", "unavailable", "inf", "-inf", "infinity", "-infinity")


def phase_of(state: Any, where: str) -> TrialPhase:
    """Return the phase of a state of any program; of none, a trial has succeeded.

    Raises:
        ResultsError: the state is unknown.
    """
    if state is None or state == "":
        return TrialPhase.SUCCEEDED
    word = str(state).rpartition(".")[2].lower().replace("_", "")  # TrialState.COMPLETE
    if word not in _PHASES:
        raise ResultsError(
            f"{where}: state {shown(state)}: is unknown; write Succeeded, EarlyStopped, Failed, Canceled "
            "or Running"
        )
    return _PHASES[word]


def finite(value: Any, where: str, name: str) -> float | None:
    """Return a finite number, of a text as well; None for a value that a trial did not report.

    Raises:
        ResultsError: it is neither a number nor the absence of one.
    """
    if value is None or (isinstance(value, str) and value.strip().lower() in _NO_NUMBER):
        return None
    try:
        is_number = not isinstance(value, bool) and "_" not in str(value)  # 1_0 is Python's only
        number = float(value) if is_number else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None:
        raise ResultsError(f"{where}: {shown(name)}: {shown(value)}: must be a number")
    return number if math.isfinite(number) else None


def parameter_of(name: str, wanted: Wanted) -> str:
    """Return the parameter of the search space that a name of another program means.

    Other programs allow other characters in names; ``convert`` replaces them by underscores.

    Args:
        name: the name, without a prefix.
        wanted: what is looked for.
    """
    if name in wanted.parameters:
        return name
    ours = re.sub(r"[^A-Za-z0-9_.]", "_", name)
    below = re.sub(r"[^A-Za-z0-9_.]", "_", name.replace("/", "."))  # of Ray Tune: model/units
    for candidate in (ours, ours.lstrip("_"), f"_{ours}", below):
        if candidate in wanted.parameters:
            return candidate
    is_of_branch = any(one.endswith(f".{ours}") for one in wanted.parameters)
    return ours if is_of_branch else name


def without_prefix(name: str, prefixes: tuple[str, ...]) -> str | None:
    """Return a name without its prefix; None if it has none of them."""
    for prefix in prefixes:
        if name.startswith(prefix) and len(name) > len(prefix):
            return name[len(prefix) :]
    return None


def check_objective(where: str, row: Mapping[str, Any], wanted: Wanted) -> None:
    """Check the metric and the goal that our export names.

    Raises:
        ResultsError: they are not those of the sweep.
    """
    for name, meant in (("metric", wanted.metrics[0]), ("goal", wanted.goal.value)):
        if row.get(name) not in (None, "", meant):
            raise ResultsError(
                f"{where}: {name} {shown(row[name])}: this sweep has {meant}; export a sweep with the "
                "same objective"
            )


def child(one: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object below a key; an empty one if there is none."""
    value = one.get(key)
    return value if isinstance(value, Mapping) else {}
