"""Which notifications a change of a sweep's status causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .. import names
from ..status import has_started
from .event_type import EventType
from .outbox import Outbox

# Seconds between two needs_attention for the same reason: on a busy cluster a sweep is short of capacity
# again and again.
ATTENTION_INTERVAL = 600.0
_Condition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event to notify: its type, and its condition if it is about one."""

    type: EventType
    condition: _Condition | None = None


def find_transitions(
    before: Mapping[str, Any], after: Mapping[str, Any], box: Outbox, ended_best: str, now: float
) -> tuple[list[Happened], Outbox]:
    """Return the events to notify, in order, and the outbox with them.

    Args:
        before: the status as it is recorded.
        after: the status that is about to be written.
        box: the recorded outbox.
        ended_best: the best trial if it has ended; empty otherwise. While it runs, every report may be a
            new best.
        now: seconds since the epoch.
    """
    found = []
    if has_started(after) and not has_started(before):
        found.append(Happened(EventType.STARTED))
    if ended_best and ended_best != box.best:
        found.append(Happened(EventType.NEW_BEST))
        box = replace(box, best=ended_best)
    was, is_now = _conditions(before), _conditions(after)
    found += _changes_of_suspended(was.get(names.SUSPENDED), is_now.get(names.SUSPENDED))
    ends = [
        Happened(event, is_now[kind])
        for kind, event in ((names.COMPLETE, EventType.COMPLETED), (names.FAILED, EventType.FAILED))
        if _holds(is_now.get(kind)) and not _holds(was.get(kind))
    ]
    over = any(_holds(is_now.get(kind)) for kind in (names.COMPLETE, names.FAILED))
    attention, box = _attention(is_now.get(names.DEGRADED), box, now, over=over)
    return [*found, *attention, *ends, *_refused(was, is_now)], box


def attention_due(status: Mapping[str, Any], box: Outbox) -> float | None:
    """Return when a notification of the condition Degraded is due that had to wait; None without one.

    Args:
        status: the status that was written.
        box: its outbox.
    """
    degraded = _conditions(status).get(names.DEGRADED)
    if degraded is None or not _holds(degraded) or box.attention == degraded["reason"]:
        return None
    last = box.attended.get(degraded["reason"])
    return None if last is None else last + ATTENTION_INTERVAL


def _changes_of_suspended(was: _Condition | None, now: _Condition | None) -> list[Happened]:
    if _holds(was) == _holds(now):
        return []
    return [Happened(EventType.SUSPENDED if _holds(now) else EventType.RESUMED, now)]


def _attention(
    degraded: _Condition | None, box: Outbox, now: float, *, over: bool
) -> tuple[list[Happened], Outbox]:
    """Return whether the sweep newly needs attention, or no longer does.

    Both are as in the outbox, not as in the status before: that may have changed within the interval.
    """
    if degraded is None or not _holds(degraded):
        if not box.attention:
            return [], box
        said = [] if over else [Happened(EventType.RECOVERED, degraded)]
        return said, replace(box, attention="")
    reason = degraded["reason"]
    last = box.attended.get(reason)
    if reason == box.attention or (last is not None and now < last + ATTENTION_INTERVAL):
        return [], box
    box = replace(box, attention=reason, attended={**box.attended, reason: now})
    return [Happened(EventType.NEEDS_ATTENTION, degraded)], box


def _refused(was: Mapping[str, _Condition], now: Mapping[str, _Condition]) -> list[Happened]:
    """Return whether this generation of the spec is newly refused."""
    generations = [
        found.get("observedGeneration")
        if found.get("status") == "False" and found.get("reason") == names.REASON_INVALID
        else None
        for found in (was.get(names.ACCEPTED, {}), now.get(names.ACCEPTED, {}))
    ]
    if generations[1] is None or generations[0] == generations[1]:
        return []
    return [Happened(EventType.REFUSED, now[names.ACCEPTED])]


def _conditions(status: Mapping[str, Any]) -> dict[str, _Condition]:
    return {c["type"]: c for c in status.get("conditions") or ()}


def _holds(condition: _Condition | None) -> bool:
    return condition is not None and condition.get("status") == "True"
