"""The outbox as a value, and what a change of a status announces."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sweepjob.api.notifications.content import notification_data
from sweepjob.api.notifications.event_type import EventType
from sweepjob.api.notifications.outbox import Delivery, Outbox, dump_outbox, load_outbox
from sweepjob.api.notifications.transitions import Happened, attention_due, find_transitions
from sweepjob.controllers.notification_outbox import OutboxInput, with_notifications
from sweepjob.notifications.receivers import Receiver
from sweepjob.notifications.subscriptions import Subscription

ALL = frozenset(EventType)
WANTED = {"a": ALL, "ends": frozenset([EventType.COMPLETED])}


def added(*kinds: str) -> list[tuple[EventType, str, str, str]]:
    return [(EventType(kind), "2026-11-30T09:00:00Z", "sweep", "{}") for kind in kinds]


def status(**conditions: str) -> dict[str, Any]:
    """Conditions by type: their reason, or False."""
    return {
        "conditions": [
            {"type": kind, "status": str(bool(reason)), "reason": reason or "None", "message": "m"}
            for kind, reason in conditions.items()
        ]
    }


def types(found: list[Happened]) -> list[str]:
    return [happened.type.value for happened in found]


def test_it_survives_being_written_and_read() -> None:
    box = Outbox().with_receivers(WANTED).appended(added("started", "completed"), WANTED)
    box = box.acknowledged({"a": Delivery(1, frozenset([1]), "why")}, WANTED)
    assert load_outbox(json.loads(json.dumps(dump_outbox(box)))) == box
    assert [s.lost for s in box.receivers] == [1, 0]


def test_what_every_receiver_has_leaves_it() -> None:
    box = Outbox().with_receivers(WANTED).appended(added("started", "completed"), WANTED)
    box = box.acknowledged({"a": Delivery(2)}, WANTED)
    assert [n.type for n in box.pending] == [EventType.COMPLETED]
    assert box.acknowledged({"ends": Delivery(2)}, WANTED).pending == ()


def test_a_new_receiver_gets_what_happens_from_now_on() -> None:
    box = Outbox().with_receivers({"a": ALL}).appended(added("started"), {"a": ALL})
    box = box.with_receivers({"a": ALL, "b": ALL})
    assert box.next_for("a", 0, ALL) is not None
    assert box.next_for("b", 0, ALL) is None
    assert box.with_receivers({"b": ALL}).pending == ()


@pytest.mark.parametrize(
    "found",
    [None, [], {}, {"pending": 3, "receivers": [3, {}]}, {"pending": [{"type": "x"}, {}]}]
    + [{"sequence": "x", "attended": [], "best": 3}],
)
def test_anything_can_be_read(found: Any) -> None:
    box = load_outbox(found)
    assert box is None or box.pending == ()


def test_attention_is_announced_once_and_not_too_often() -> None:
    bad, good = status(Degraded="Unschedulable"), status(Degraded="")
    found, box = find_transitions(good, bad, Outbox(), "", 1000.0)
    assert types(found) == ["needs_attention"]
    found, box = find_transitions(bad, bad, box, "", 1001.0)
    assert types(found) == []
    found, box = find_transitions(bad, good, box, "", 1002.0)
    assert types(found) == ["recovered"]
    found, box = find_transitions(good, bad, box, "", 1003.0)
    assert types(found) == []
    assert attention_due(bad, box) == 1600.0
    found, box = find_transitions(bad, bad, box, "", 1600.0)
    assert types(found) == ["needs_attention"]
    other = status(Degraded="ImageCannotBePulled")
    found, box = find_transitions(bad, other, box, "", 1601.0)
    assert types(found) == ["needs_attention"]
    ended = {**status(Degraded="", Complete="AllTrialsEnded")}
    found, box = find_transitions(other, ended, box, "sweep-1", 1602.0)
    assert types(found) == ["new_best", "completed"]
    assert types(find_transitions(ended, ended, box, "sweep-1", 1603.0)[0]) == []


def test_large_parameters_are_left_out_and_the_content_says_so() -> None:
    best = {"trial": "t", "value": "1", "parameters": {"p": "x" * 9000}, "warning": None}
    data = json.loads(notification_data(Happened(EventType.NEW_BEST), {"best": best}, {}))
    assert data["best"] == {"trial": "t", "value": "1", "omitted": ["parameters"]}


def test_a_crd_that_drops_the_outbox_is_said() -> None:
    given = OutboxInput(
        "sweep", {}, {"a": Subscription(Receiver("a", "u"))}, {}, "", 0.0, is_crd_outdated=True
    )
    after = with_notifications(given, {}, status(Accepted="Accepted"))
    assert after["conditions"][-1]["type"] == "NotificationsUndelivered"
    assert after["conditions"][-1]["reason"] == "CrdOutdated"


def test_what_was_so_before_there_was_a_receiver_is_no_news() -> None:
    before = {**status(Degraded=""), "best": {"trial": "t-1"}}
    given = OutboxInput("s", {}, {"a": Subscription(Receiver("a", "u"))}, {}, "t-1", 0.0)
    assert with_notifications(given, before, before)["notifications"]["pending"] == []
