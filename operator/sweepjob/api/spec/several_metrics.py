"""What a spec with several objectives, or with constraints, cannot have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...objective import Objective
from ...pareto.feasibility import Constraint
from ...search.outcomes import Outcomes
from ...search.samplers.registry import SAMPLERS, SamplerSpec
from ..parsing.reader import Reader


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
    _check_comparisons(spec, has_several=outcomes.objectives > 1)
    if not sampler.declaration.supports(outcomes):
        others = [each.name for each in SAMPLERS.declarations() if each.supports(outcomes)]
        message = f"searches for one objective without constraints; use {' or '.join(others)}"
        spec.note("samplingAlgorithm.type", sampler.name, message)
    _check_pattern(spec)


def _check_comparisons(spec: Reader, *, has_several: bool) -> None:
    """Add a problem for each part that compares the values of one metric."""
    key, why = "constraints", "does not know which trials are feasible"
    if has_several:
        key, why = "objectives", "compares the values of one metric"
    limits = spec.data.get("limits")
    given = {
        "earlyTermination": spec.data.get("earlyTermination"),
        **{f"limits.{name}": _value(limits, name) for name in ("target", "noImprovementTrials")},
    }
    for path, value in given.items():
        if value is not None:
            spec.note(path, value, f"{why}; remove it, or {key}")


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
