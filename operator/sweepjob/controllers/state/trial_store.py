"""The live trials of a sweep, and every change of their state.

Nothing else assigns to a field of ``TrialState``; other modules only read it. Each method here, and in
``trial_transitions``, is one transition. It raises ``ValueError`` when its precondition does not hold,
which is an error of the caller.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...api.sweeptrial.trial_record import TrialRecord
from ...early_stopping.curve import Curve
from .trial_loading import trial_state
from .trial_state import TrialState
from .trial_transitions.precondition import require
from .trial_transitions.reports import ReportTransitions
from .trial_transitions.requests import RequestTransitions
from .trial_transitions.workload import WorkloadTransitions


class TrialStore(RequestTransitions, WorkloadTransitions, ReportTransitions):
    """Trials that have not ended, of one sweep.

    Attributes:
        live: the trials by index, for reading.
    """

    def __init__(self) -> None:
        self._live: dict[int, TrialState] = {}
        self.live: Mapping[int, TrialState] = self._live

    def add(self, record: TrialRecord, empty: Curve) -> TrialState:
        """Add a trial from its SweepTrial.

        Args:
            record: the SweepTrial.
            empty: a curve without reports, as the sweep's policy needs it.

        Raises:
            ValueError: the index is taken.
        """
        require(record.index not in self._live, f"trial {record.index} is live already")
        trial = trial_state(record, empty)
        self._live[record.index] = trial
        return trial

    def remove(self, trial: TrialState) -> None:
        """Forget a trial whose end is recorded."""
        self._live.pop(trial.index, None)
