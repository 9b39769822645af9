"""The outbox of a sweep: the notifications that not every receiver has got, in ``status.notifications``.

It is written together with the change that a notification is about, so that neither is recorded without
the other. Its size is bounded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...timestamps import format_time, parse_time
from .event_type import EventType

MAX_PENDING = 30  # notifications; of more, the first new_best is dropped, or else the oldest
_FAILURE_LIMIT = 300  # characters


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification.

    Attributes:
        sequence: its number in the sweep, from 1 on.
        type: what it is about.
        time: when the status was written, as a timestamp.
        subject: name of the trial, for a new best; otherwise of the sweep.
        data: further content, as JSON.
    """

    sequence: int
    type: EventType
    time: str
    subject: str
    data: str


@dataclass(frozen=True, slots=True)
class ReceiverState:
    """How far a receiver is.

    Attributes:
        id: its name, or the host and a hash of its URL.
        through: every notification up to this sequence number is delivered, not wanted, or lost.
        lost: number of notifications that were given up.
        failure: why the last attempts to deliver the next one failed; empty if they did not.
    """

    id: str
    through: int
    lost: int = 0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Deliveries to a receiver that the status may not contain yet.

    Attributes:
        through: as in ``ReceiverState``.
        given_up: sequence numbers of notifications that were given up.
        failure: as in ``ReceiverState``.
    """

    through: int = 0
    given_up: frozenset[int] = frozenset()
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Outbox:
    """The outbox of a sweep.

    Attributes:
        sequence: the number of the newest notification; 0 before the first.
        best: the trial of the newest notification of a new best; empty before.
        attention: the reason of the newest ``needs_attention``; empty before, and after ``recovered``.
        attended: when ``needs_attention`` was last notified, in seconds since the epoch, by reason.
        pending: notifications that not every receiver has got.
        receivers: how far each receiver is.
    """

    sequence: int = 0
    best: str = ""
    attention: str = ""
    attended: Mapping[str, float] = field(default_factory=dict)
    pending: tuple[Notification, ...] = ()
    receivers: tuple[ReceiverState, ...] = ()

    def with_receivers(self, wanted: Mapping[str, Collection[EventType]]) -> Outbox:
        """Return the outbox for the current receivers. New ones get what happens from now on.

        Args:
            wanted: the events of each receiver, by its id.
        """
        known = {state.id: state for state in self.receivers}
        states = [known.get(name) or ReceiverState(name, self.sequence) for name in wanted]
        return replace(self, receivers=tuple(states))._pruned(wanted)

    def acknowledged(
        self, deliveries: Mapping[str, Delivery], wanted: Mapping[str, Collection[EventType]]
    ) -> Outbox:
        """Return the outbox without what every receiver has got.

        Args:
            deliveries: what was delivered, by the receiver's id.
            wanted: the events of each receiver, by its id.
        """
        states = (_advanced(state, deliveries.get(state.id)) for state in self.receivers)
        return replace(self, receivers=tuple(states))._pruned(wanted)

    def appended(
        self,
        added: Sequence[tuple[EventType, str, str, str]],
        wanted: Mapping[str, Collection[EventType]],
    ) -> Outbox:
        """Return the outbox with further notifications.

        Args:
            added: type, time, subject and data of each, in their order.
            wanted: the events of each receiver, by its id.
        """
        numbered = (Notification(self.sequence + 1 + n, *each) for n, each in enumerate(added))
        box = replace(
            self,
            sequence=self.sequence + len(added),
            pending=(*self.pending, *numbered),
        )._pruned(wanted)
        while len(box.pending) > MAX_PENDING:
            box = box._without_one(wanted)
        return box

    def _pruned(self, wanted: Mapping[str, Collection[EventType]]) -> Outbox:
        """Return the outbox without notifications that no receiver waits for."""
        kept = tuple(
            note
            for note in self.pending
            if any(_waits(state, note, wanted) for state in self.receivers)
        )
        return replace(self, pending=kept)

    def _without_one(self, wanted: Mapping[str, Collection[EventType]]) -> Outbox:
        """Drop a notification, and count it for the receivers that wait for it."""
        bests = (note for note in self.pending if note.type is EventType.NEW_BEST)
        victim = next(bests, self.pending[0])
        states = tuple(
            replace(state, lost=state.lost + 1) if _waits(state, victim, wanted) else state
            for state in self.receivers
        )
        kept = tuple(note for note in self.pending if note is not victim)
        return replace(self, pending=kept, receivers=states)

    def next_for(
        self, receiver: str, through: int, wanted: Collection[EventType]
    ) -> Notification | None:
        """Return the next notification for a receiver; None if all of its notifications were delivered.

        Args:
            receiver: the receiver's id.
            through: the sequence number of its last notification that is known to be delivered.
            wanted: the events that it wants.
        """
        state = next((s for s in self.receivers if s.id == receiver), None)
        if state is None:
            return None
        done = max(through, state.through)
        return next((n for n in self.pending if n.sequence > done and n.type in wanted), None)


def _advanced(state: ReceiverState, delivery: Delivery | None) -> ReceiverState:
    if delivery is None:
        return state
    lost = sum(number > state.through for number in delivery.given_up)
    return ReceiverState(
        state.id,
        max(state.through, delivery.through),
        state.lost + lost,
        delivery.failure[:_FAILURE_LIMIT],
    )


def _waits(
    state: ReceiverState, note: Notification, wanted: Mapping[str, Collection[EventType]]
) -> bool:
    return note.sequence > state.through and note.type in wanted.get(state.id, ())


def dump_outbox(box: Outbox) -> dict[str, Any]:
    """Return ``status.notifications``, always with the same keys: a merge patch replaces all of it."""
    return {
        "sequence": box.sequence,
        "best": box.best,
        "attention": box.attention,
        "attended": {reason: format_time(when) for reason, when in box.attended.items()},
        "pending": [
            {
                "sequence": note.sequence,
                "type": note.type.value,
                "time": note.time,
                "subject": note.subject,
                "data": note.data,
            }
            for note in box.pending
        ],
        "receivers": [
            {"id": s.id, "through": s.through, "lost": s.lost, "failure": s.failure}
            for s in box.receivers
        ],
    }


def load_outbox(found: Any) -> Outbox | None:
    """Return the outbox of a status; None without one. An entry that cannot be read is left out.

    Args:
        found: ``status.notifications``, of any type.
    """
    if not isinstance(found, Mapping):
        return None
    return Outbox(
        sequence=_number(found.get("sequence")),
        best=str(found.get("best") or ""),
        attention=str(found.get("attention") or ""),
        attended=_times(found.get("attended")),
        pending=tuple(filter(None, map(_notification, _objects(found, "pending")))),
        receivers=tuple(
            ReceiverState(
                str(item.get("id") or ""),
                _number(item.get("through")),
                _number(item.get("lost")),
                str(item.get("failure") or ""),
            )
            for item in _objects(found, "receivers")
        ),
    )


def _times(found: Any) -> dict[str, float]:
    times = found.items() if isinstance(found, Mapping) else ()
    return {str(reason): parse_time(when) or 0.0 for reason, when in times}


def _objects(found: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    listed = found.get(key)
    return (
        [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
    )


def _notification(item: Mapping[str, Any]) -> Notification | None:
    kind = item.get("type")
    if kind not in tuple(EventType):
        return None
    texts = (str(item.get(key) or "") for key in ("time", "subject", "data"))
    return Notification(_number(item.get("sequence")), EventType(kind), *texts)


def _number(found: Any) -> int:
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0
