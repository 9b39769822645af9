"""The last lines of each attempt's log: read beside everything else, bounded, and on the record."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob.api.sweeptrial.log_tail import KEPT, LogTail, dump_log_tails, parse_log_tails
from sweepjob.controllers.log_tails import _Lines
from sweepjob.local.api_server import merge

from tests.fake_api.harness import Scenario

from .scenarios import HEAVY_FAULTS, check
from .test_crash_everywhere import spec


def texts(trial: dict[str, Any]) -> dict[int, str]:
    return {attempt: tail.text for attempt, tail in parse_log_tails(trial).items()}


def test_every_attempt_that_ran_leaves_its_last_lines() -> None:
    story = Scenario(
        3,
        {**spec(8, 3), "trial": {**spec(8, 3)["trial"], "maxRetries": 2}},
        failure_probability=0.3,
    ).run()
    phases = {trial["status"]["phase"] for trial in story.trials}
    assert "Succeeded" in phases
    for trial in story.trials:
        found = texts(trial)
        ran = trial["status"].get("startTime")
        assert not ran or trial["status"]["attempt"] in found, trial["status"]
        # A pod that was deleted before its log was read has none, and the record says so.
        assert all(
            tail.text == "epoch 1\nthe end" or tail.problem
            for tail in parse_log_tails(trial).values()
        )
    assert any(len(texts(trial)) > 1 for trial in story.trials), "no trial had two attempts"


@pytest.mark.parametrize("seed", range(3))
def test_faults_and_kills_break_nothing(seed: int) -> None:
    faults = {"request_lost": 0.05, "response_lost": 0.02, "refused": 0.05, "broken": 0.05}
    story = Scenario(seed, spec(6, 3), frozenset({300 + 40 * seed}), faults).run()
    assert story.sweep["status"]["phase"] in ("Complete", "Failed")


@pytest.mark.parametrize(
    ("seed", "kills"),
    [
        (198, (3754, 383, 2714, 79, 186, 1703)),
        (394, (2906, 3683, 90, 571, 1126, 230, 1451, 2746, 115, 3075, 666, 2331, 70)),
    ],
)
def test_an_error_replaces_no_lines_after_a_restart(seed: int, kills: tuple[int, ...]) -> None:
    """The log was on record, and its pod gone, when the operator that started read it again."""
    given = {"faults": HEAVY_FAULTS, "failure_probability": 0.1, "eviction_probability": 0.1}
    capacity = (None, 3, 2)[seed % 3]
    story = Scenario(seed, spec(8, 3), frozenset(kills), **given, node_capacity=capacity)
    check(story.run())  # an end never changes


def test_what_is_kept_is_bounded_and_plain() -> None:
    lines = _Lines()
    for n in range(100_000):
        lines.add(f"\x1b[31mstep {n}\x1b[0m\r")
    lines.add("x" * 100_000)

    class Pod:
        name = "pod"

    tail = lines.tail(Pod(), "")  # type: ignore[arg-type] # its name is read
    assert len(tail.text) <= 4096
    assert "\x1b" not in tail.text
    lines = _Lines()
    for n in range(60):
        lines.add(f"line {n}")
    assert lines.tail(Pod(), "").text.splitlines() == [f"line {n}" for n in range(10, 60)]  # type: ignore[arg-type] # its name is read


def test_the_oldest_attempts_make_room() -> None:
    status: dict[str, Any] = {}
    for attempt in range(1, 9):
        tail = LogTail(f"pod-{attempt}", f"text {attempt}")
        status = merge(status, {"logs": dump_log_tails({attempt: tail})})
    assert [*texts({"status": status})] == [*range(9 - KEPT, 9)]


@pytest.mark.parametrize("logs", [None, [], "x", {"1": "x"}, {"a": {}}, {"1": {"text": 5}}])
def test_strange_records_are_read(logs: Any) -> None:
    assert all(
        isinstance(tail, LogTail) for tail in parse_log_tails({"status": {"logs": logs}}).values()
    )
