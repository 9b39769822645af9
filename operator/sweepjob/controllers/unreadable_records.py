"""The message about trials whose records cannot be read in full."""

from __future__ import annotations

from collections.abc import Sequence

from ..api import names
from ..api.meta.cause import Cause
from ..api.sweeptrial.trial_record import TrialRecord

_NAMED = 3  # trials, the others are counted


def unreadable_cause(records: Sequence[TrialRecord]) -> Cause:
    """Name the trials, the fields that cannot be read, the consequence, and the remedy."""
    said = [_sentence(record) for record in records[:_NAMED]]
    more = len(records) - len(said)
    others = [f"{more} more trials have the same problem."] if more > 0 else []
    return Cause(names.REASON_UNREADABLE, " ".join([*said, *others]))


def _sentence(record: TrialRecord) -> str:
    return f"trial {record.name}: {'; '.join(record.problems)}. {_consequence(record)}"


def _consequence(record: TrialRecord) -> str:
    again = (
        "Use the operator version that wrote it, or delete the record to run the trial again: "
        f"kubectl delete sweeptrial {record.name} -n {record.namespace}."
    )
    if record.is_unmanaged:
        return f"This trial is not managed and does not count. {again}"
    if record.curve.is_whole:
        return "Those fields are ignored; the rest of the record counts."
    if record.phase.is_end:
        return f"It counts as {record.phase.value}, without its reports. {again}"
    return "Its reports are requested again, and the record is rewritten."
