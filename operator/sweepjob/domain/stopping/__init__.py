"""Early termination: which trial to stop, at which report. One policy a file."""

from .asha import AshaPolicy, Rungs
from .bandit import BanditPolicy
from .interface import Decision, Measure, NoPolicy, Policy, Schedule, Timetable
from .median import MedianStoppingPolicy
from .standings import Rank, Standings
from .tracker import Tracker
from .truncation import TruncationSelectionPolicy

__all__ = [
    "AshaPolicy",
    "BanditPolicy",
    "Decision",
    "Measure",
    "MedianStoppingPolicy",
    "NoPolicy",
    "Policy",
    "Rank",
    "Rungs",
    "Schedule",
    "Standings",
    "Timetable",
    "Tracker",
    "TruncationSelectionPolicy",
]
