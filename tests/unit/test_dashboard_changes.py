"""Versions of a sweep's document."""

from __future__ import annotations

import asyncio

from sweepjob.dashboard.change_log import ChangeLog


def test_a_trial_has_changed_since_any_version_before_its_last_change() -> None:
    log = ChangeLog()
    log.record_trial(0)
    first = log.version
    log.record()
    log.record_trial(1)
    assert not log.has_changed(0, first)
    assert log.has_changed(0, first - 1)
    assert log.has_changed(1, first)
    assert not log.has_changed(1, log.version)


def test_a_trial_without_a_recorded_change_is_new() -> None:
    log = ChangeLog()
    assert log.has_changed(7, log.version - 1)


def test_a_trial_is_deleted_until_it_is_added_again() -> None:
    log = ChangeLog()
    log.record_trial(0)
    before = log.version
    log.record_deletion(0)
    assert log.deleted(before) == [0]
    assert log.deleted(log.version) == []
    log.record_trial(0)
    assert log.deleted(before) == []
    assert log.has_changed(0, before)


async def test_waiting_ends_at_the_next_change() -> None:
    log = ChangeLog()
    waits = [asyncio.create_task(log.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    log.record_deletion(3)
    await asyncio.wait_for(asyncio.gather(*waits), 120)
    assert log.deleted(0) == [3]
