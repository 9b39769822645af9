"""When the events of an object that does not start are read again."""

from __future__ import annotations

from typing import Any, cast

import pytest
from sweepjob.controllers import job_event_poller
from sweepjob.controllers.job_event_poller import JobEventPoller


def test_of_many_objects_the_one_that_was_polled_longest_ago_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Were all forgotten, all of them would be due at once."""
    monkeypatch.setattr(job_event_poller, "_MOST_POLLED", 3)
    poller = JobEventPoller(*([cast("Any", None)] * 3))
    for now, uid in enumerate(["a", "b", "c", "a", "d"], 100):
        poller._note_polled(uid, float(now))
    assert poller._polled == {"c": 102.0, "a": 103.0, "d": 104.0}
    assert poller._due("a", 0.0, 10.0) == 163.0
    assert poller._due("b", 90.0, 10.0) == 100.0
