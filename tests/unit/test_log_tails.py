"""The last lines of each attempt's log: read beside everything else, bounded, and on the record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from sweepjob.api.sweeptrial.log_tail import KEPT, LogTail, dump_log_tails, parse_log_tails
from sweepjob.controllers.log_tails import LogTails, _Lines
from sweepjob.local.api_server import merge
from sweepjob.trial_pods.pod_parsing import parse_pod

from tests.fake_api.harness import Scenario

from .pods import pod
from .scenarios import HEAVY_FAULTS, check, spec


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


@pytest.mark.parametrize(("sampler", "most"), [("random", 2), ("bayesian", 3)])
def test_the_record_of_an_end_has_the_log_unless_a_sampler_waits_for_it(
    sampler: str, most: int
) -> None:
    """The writes: that the trial runs, its end, and its log where that is a write of its own."""
    space = {
        "level": {"type": "uniform", "minValue": 0, "maxValue": 1},
        "reports": {"type": "choice", "values": [1]},
    }
    given = {"searchSpace": space, "samplingAlgorithm": {"type": sampler, "seed": 1}}
    story = Scenario(3, {**spec(6, 2), **given}).run()
    assert all(texts(trial) for trial in story.trials)
    assert story.requests["PATCH", "sweeptrials"] == most * 6


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


class Flood:
    """In place of the API server: the log of a trainer that prints without pause."""

    def __init__(self, lines: int) -> None:
        self.lines = lines

    async def read_log_tail(self, *_: object, follow: bool) -> AsyncIterator[str]:
        for n in range(self.lines):
            yield f"line {n}"


async def _turns_during(lines: int) -> int:
    """Follow the log of a stopped trial; return how many turns another task had meanwhile."""
    made = LogTails(Flood(lines), cast("Any", None), *([cast("Any", None)] * 2), lambda: 0.0)  # type: ignore[arg-type] # only the log is read
    reading = asyncio.create_task(made._follow(parse_pod(pod({"phase": "Running"})), 60.0))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    assert (await reading).text.endswith(f"line {lines - 1}")
    return turns


def test_a_script_that_prints_without_pause_does_not_hold_the_loop() -> None:
    """A stopped trial may go on for as long as its grace period, which its user chooses."""
    assert asyncio.run(_turns_during(30_000)) > 10, "all lines were read in one turn"


def test_a_log_that_goes_on_says_that_later_lines_are_not_kept() -> None:
    async def read() -> LogTail:
        class Endless(Flood):
            async def read_log_tail(self, *_: object, follow: bool) -> AsyncIterator[str]:
                yield "line"
                await asyncio.Event().wait()

        made = LogTails(Endless(1), cast("Any", None), *([cast("Any", None)] * 2), lambda: 0.0)  # type: ignore[arg-type] # only the log is read
        return await made._follow(parse_pod(pod({"phase": "Running"})), 0.1)

    tail = asyncio.run(read())
    assert tail.text == "line"
    assert "what was printed later is not kept" in tail.problem


@pytest.mark.parametrize(("length", "is_whole"), [(70_000, True), (90_000, False)])
def test_lines_that_are_too_long_to_be_read_to_the_end_say_so(length: int, is_whole: bool) -> None:
    class Long(Flood):
        async def read_log_tail(self, *_: object, follow: bool) -> AsyncIterator[str]:
            for n in range(self.lines):
                yield f"{'x' * length} {n}"

    async def read() -> LogTail:
        made = LogTails(Long(50), cast("Any", None), *([cast("Any", None)] * 2), lambda: 0.0)  # type: ignore[arg-type] # only the log is read
        return await made._try(parse_pod(pod({"phase": "Running"})))

    tail = asyncio.run(read())
    assert tail.text.endswith(" 49") is is_whole
    assert tail.problem == (
        "" if is_whole else "its last 50 lines have more than 4 MB; what follows is not kept"
    )


def test_a_pod_that_is_gone_is_forgotten_whether_its_log_is_still_read_or_not() -> None:
    async def forgotten() -> None:
        made = LogTails(*([cast("Any", None)] * 4), lambda: 0.0)
        for seconds in (0.0, 0.01):
            made._tasks["uid"] = asyncio.create_task(asyncio.sleep(seconds))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            made.forget("uid")
            await asyncio.sleep(0.02)
            assert not made._tasks

    asyncio.run(forgotten())
