"""Records of trials, and the slots of a sweep."""

from __future__ import annotations

from dataclasses import replace

from ....api.phases import TrialPhase
from ....api.sweeptrial.trial_record import TrialRecord
from ....early_stopping.policy import Policy
from ....lifecycle.snapshot import Proposal
from ....lifecycle.workload import StartBlocker
from ....protocol import MetricCurves
from ..sweep_state import SweepState
from ..trial_state import TrialState
from .base import SweepTransitions

_MOST_TRIALS = 100_000  # of a sweep, by the CRD


class SlotTransitions(SweepTransitions):
    """Which indices have a record, and which slots are free."""

    def admit(self, record: TrialRecord) -> TrialState | None:
        """Add a SweepTrial to the live trials.

        Returns:
            The trial; None when too little of the record can be read to act on it, or its index belongs
            to another trial. The index is then taken, and the record is left alone.
        """
        index, slots = record.index, self.state.slots
        is_taken = index < slots.next_index and index not in slots.skipped
        if is_taken or index >= _MOST_TRIALS:
            other = (
                f"spec.index: {index} is out of range, or belongs to another trial of this sweep"
            )
            record = replace(record, problems=(*record.problems, other), is_unmanaged=True)
        self.note_unreadable(record)
        if is_taken or index >= _MOST_TRIALS:
            return None
        if record.is_unmanaged:
            self._mark_index_used(index)
            return None
        return self.add_trial(record)

    def note_unreadable(self, record: TrialRecord) -> None:
        """Remember a record with fields that cannot be read; forget it when all can be read again."""
        self.state.unreadable.pop(record.name, None)
        if record.problems:
            self.state.unreadable[record.name] = record

    def add_trial(self, record: TrialRecord) -> TrialState:
        """Add a trial whose record can be acted on.

        Raises:
            ValueError: a live trial has the index.
        """
        spec = self.state.spec
        other_metrics = MetricCurves(spec.metrics.also, spec.objective.primary_metric)
        trial = self.trials.add(record, self.state.evaluator.new_curve(), other_metrics)
        self._mark_index_used(record.index)
        self.state.paused.place(trial)
        if not _is_decided_on(record, spec.policy):
            self.state.evaluator.note_not_decided_on(record.index)
        return trial

    def _mark_index_used(self, index: int) -> None:
        slots = self.state.slots
        slots.reserved.pop(index, None)
        slots.skipped.update(range(slots.next_index, index))
        slots.skipped.discard(index)
        slots.next_index = max(slots.next_index, index + 1)

    def reserve_slot(self, proposal: Proposal) -> None:
        """Reserve a slot and an index for a trial whose record is created next.

        Raises:
            ValueError: the index has a record or a reservation.
        """
        index = proposal.index
        if not self._is_free(index):
            raise ValueError(f"index {index} is taken")
        self.state.slots.reserved[index] = proposal.assignment

    def keep_slots(self, before: SweepState) -> None:
        """Keep the slots that were given before the state was rebuilt, and are not on record yet.

        The requests that record them may be under way. Without their slots, others would be given away
        for the same capacity.

        Args:
            before: the state of the same sweep before.
        """
        for index, assignment in before.slots.reserved.items():
            if self._is_free(index):
                self.state.slots.reserved[index] = assignment
        for index, earlier in before.live.items():
            trial = self.state.live.get(index)
            if trial is not None and trial.uid == earlier.uid and trial.is_paused:
                self._keep_resumption(trial, earlier)

    def _keep_resumption(self, trial: TrialState, earlier: TrialState) -> None:
        """Keep the slot of a paused trial that was to continue, or was recorded to meanwhile."""
        status = earlier.status
        if earlier.resumption is not None:
            self.trials.grant_slot(trial, earlier.resumption)
        elif not earlier.is_paused and status.attempt == trial.status.attempt:
            self.trials.record_resume(trial, status.reason)
        self.state.paused.place(trial)

    def _is_free(self, index: int) -> bool:
        """Return whether an index has neither a record nor a reservation."""
        slots = self.state.slots
        has_record = index < slots.next_index and index not in slots.skipped
        return not has_record and index not in slots.reserved

    def cancel_reservation(self, index: int) -> None:
        """Free the slot of an index for which no record will be created.

        Raises:
            ValueError: the index is not reserved.
        """
        if self.state.slots.reserved.pop(index, None) is None:
            raise ValueError(f"index {index} is not reserved")

    def release_slot(self, index: int, phase: TrialPhase) -> None:
        """Release the slot of an ended trial, for reuse while its end is being recorded.

        Raises:
            ValueError: the trial is not live, or the phase is not final.
        """
        if index not in self.state.live or not phase.is_end:
            raise ValueError(f"trial {index} does not end as {phase}")
        self.state.slots.releasing[index] = phase

    def settle_slot(self, index: int) -> None:
        """Undo ``release_slot`` after the attempt to record the end: the record decides."""
        self.state.slots.releasing.pop(index, None)

    def set_unmanaged(self, number: int) -> None:
        """Set the number of running trials whose records cannot be acted on."""
        self.state.slots.unmanaged = number

    def set_capacity_limited(self) -> None:
        """Reuse each slot only after its pod has terminated, since a trial had to wait for capacity."""
        self.state.slots.capacity_limited = True

    def block_records(self, blocker: StartBlocker) -> None:
        """Note that the record of a new trial was refused."""
        self.state.slots.record_blocker = blocker

    def unblock_records(self) -> None:
        """Note that the record of a new trial was created."""
        self.state.slots.record_blocker = None


def _is_decided_on(record: TrialRecord, policy: Policy) -> bool:
    """Return whether a trial continues only as the policy lets it.

    Not one of before the policy was in force, unless it has paused it since; nor one that a person wants
    to run.
    """
    if record.desired.paused is False:
        return False
    was_paused = any(execution.reason == policy.reason for execution in record.executions)
    return record.pausing_policy == policy.name or record.pause is not None or was_paused
