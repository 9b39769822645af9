"""Slots of a sweep: the indices of its trials, and which of them are about to start or to end."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count, islice

from ...api.phases import TrialPhase
from ...lifecycle.workload import StartBlocker
from ...search.space import Assignment


@dataclass(slots=True)
class Slots:
    """Indices and slots of trials.

    Attributes:
        next_index: one above the highest index that has a record.
        skipped: lower indices without a record: it was refused, or somebody deleted it.
        reserved: assignments of trials whose record is about to be created, by index.
        releasing: how live trials ended, by index, while their end is about to be recorded; their slots
            may already be reused.
        unmanaged: slots of running trials whose records cannot be acted on.
        capacity_limited: a trial had to wait for capacity, so a slot is reused only after its pod has
            terminated. Kept until the operator restarts.
        record_blocker: why the record of the next trial could not be created; None when it could.
    """

    next_index: int = 0
    skipped: set[int] = field(default_factory=set)
    reserved: dict[int, Assignment] = field(default_factory=dict)
    releasing: dict[int, TrialPhase] = field(default_factory=dict)
    unmanaged: int = 0
    capacity_limited: bool = False
    record_blocker: StartBlocker | None = None

    @property
    def created(self) -> int:
        """How many trials have a record."""
        return self.next_index - len(self.skipped)

    def free_indices(self, number: int) -> list[int]:
        """Return the ``number`` lowest indices without a record or a reservation."""
        candidates = chain(sorted(self.skipped), count(self.next_index))
        return list(islice((n for n in candidates if n not in self.reserved), number))
