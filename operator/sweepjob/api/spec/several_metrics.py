"""What a spec with several objectives, or with constraints, cannot have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...objective import Objective
from ...pareto.feasibility import Constraint
from ...search.outcomes import Outcomes
from ...search.samplers.registry import SAMPLERS, SamplerSpec
from ..parsing.reader import Reader

_ONE_METRIC = "compares the values of one metric; remove it, or objectives"
_INFEASIBLE = (
    "would compare feasible trials with infeasible ones; remove it, or add stopTrials: true to each "
    "constraint, which ends infeasible trials as soon as they are known"
)


def check_several_metrics(
    spec: Reader,
    objectives: Sequence[Objective],
    constraints: Sequence[Constraint],
    sampler: SamplerSpec,
) -> None:
    """Add a problem for each part of a spec that has no meaning with several objectives, or constraints.

    Args:
        spec: of the SweepJob.
        objectives: its objectives.
        constraints: its constraints.
        sampler: its sampler.
    """
    outcomes = Outcomes(len(objectives), len(constraints))
    if outcomes.is_single:
        return
    if outcomes.objectives > 1:
        limits = spec.data.get("limits")
        _refuse(spec, "earlyTermination", spec.data.get("earlyTermination"), _ONE_METRIC)
        _refuse(spec, "limits.target", _value(limits, "target"), _ONE_METRIC)
    elif not all(constraint.stops_trials for constraint in constraints):
        _refuse(spec, "earlyTermination", spec.data.get("earlyTermination"), _INFEASIBLE)
    if not sampler.declaration.supports(outcomes):
        others = [each.name for each in SAMPLERS.declarations() if each.supports(outcomes)]
        message = f"searches for one objective without constraints; use {' or '.join(others)}"
        spec.note("samplingAlgorithm.type", sampler.name, message)
    _check_pattern(spec)


def _refuse(spec: Reader, path: str, value: object, message: str) -> None:
    if value is not None:
        spec.note(path, value, message)


def _value(section: object, key: str) -> object:
    return section.get(key) if isinstance(section, Mapping) else None


def _check_pattern(spec: Reader) -> None:
    pattern = _value(spec.data.get("metrics"), "pattern")
    if isinstance(pattern, str) and "(?P<value>" in pattern and "(?P<name>" not in pattern:
        message = (
            "needs a group (?P<name>...): without one it finds the first metric only, and this sweep "
            "needs several"
        )
        spec.note("metrics.pattern", pattern, message)
