"""Early termination: which trial to stop, at which report. One policy a file."""

from .bandit import BanditPolicy
from .interface import Decision, NoPolicy, Policy, Schedule
from .standings import Rank, Standings
from .truncation import TruncationSelectionPolicy

__all__ = [
    "BanditPolicy",
    "Decision",
    "NoPolicy",
    "Policy",
    "Rank",
    "Schedule",
    "Standings",
    "TruncationSelectionPolicy",
]
