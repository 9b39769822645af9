"""A trial of a warm start: of another sweep, or of another tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...search.space import Assignment
from ..phases import TrialPhase
from .stored_curve import StoredCurve


@dataclass(frozen=True, slots=True)
class SourceTrial:
    """An earlier trial, in the terms of the search space of the new sweep.

    Attributes:
        assignment: its parameters.
        phase: how it ended.
        curve: its reports.
        values: its values of the metrics of objectives and constraints.
        is_inside: whether all its values are in the search space; the sampler learns of no others.
        has_reports: whether the curve has its reports; policies compare with no others.
    """

    assignment: Assignment
    phase: TrialPhase
    curve: StoredCurve
    values: Mapping[str, float]
    is_inside: bool = True
    has_reports: bool = True
