"""Aggregates over the trials of a sweep: counts, the best trial, and what the ended ones used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ...api.phases import TrialPhase
from ...api.status import BestTrial
from ...lifecycle.improvement_row import ImprovementRow
from ...lifecycle.snapshot import RecordedBest
from .standings import Standings


@dataclass(slots=True)
class Results:
    """Aggregates over trials.

    Attributes:
        ended: number of ended trials by phase.
        best: the best trial so far, live ones included.
        best_rank: score and negative index of ``best``; the highest wins.
        recorded_best: the best value on record, that of live trials included.
        improvement_row: the ended trials since the last new best.
        standings: the ended trials compared by several objectives or constraints.
        gpu_used, gpu_saved: GPU-seconds of ended trials; saved is an estimate.
        cost: what ended trials cost.
        gpu_uncertain: GPU-seconds that trials ended by ``limits.maxGpuHours`` may have used besides.
        full_lengths: numbers of reports of succeeded trials, sorted.
    """

    ended: Counter[TrialPhase] = field(default_factory=Counter)
    best: BestTrial | None = None
    best_rank: tuple[float, int] | None = None
    recorded_best: RecordedBest | None = None
    improvement_row: ImprovementRow = field(default_factory=ImprovementRow)
    standings: Standings = field(default_factory=Standings)
    gpu_used: float = 0.0
    gpu_saved: float = 0.0
    cost: float = 0.0
    gpu_uncertain: float = 0.0
    full_lengths: list[int] = field(default_factory=list)
