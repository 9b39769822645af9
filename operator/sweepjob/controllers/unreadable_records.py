"""What is said of trials whose records cannot be read in full."""

from __future__ import annotations

from collections.abc import Sequence

from ..api import names
from ..api.trial_record import TrialRecord
from ..lifecycle.observed import StartBlocker

_NAMED = 3  # trials, the others are counted


def unreadable_trouble(records: Sequence[TrialRecord]) -> StartBlocker:
    """The trouble that names the trials, what of their records cannot be read, what that means, and the
    remedy.
    """
    said = [_sentence(record) for record in records[:_NAMED]]
    more = len(records) - len(said)
    others = [f"So it is with {more} further trials."] if more > 0 else []
    return StartBlocker(names.REASON_UNREADABLE, " ".join([*said, *others]))


def _sentence(record: TrialRecord) -> str:
    return f"trial {record.name}: {'; '.join(record.problems)}. {_consequence(record)}"


def _consequence(record: TrialRecord) -> str:
    again = (
        "An operator of the version that wrote it may read it; or delete the record, and the trial is "
        f"run again: kubectl delete sweeptrial {record.name} -n {record.namespace}."
    )
    if record.is_held:
        return f"Nothing is done about this trial, and it counts for nothing. {again}"
    if record.curve.is_whole:
        return "What that stands for is left out of its accounts; all else of it counts."
    if record.phase.is_end:
        return f"It counts as {record.phase.value}, without its reports. {again}"
    return "Its reports are asked for again, and the record is written anew with them."
