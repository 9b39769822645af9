"""A trial's record: whatever was written is read again, and what cannot be read is named."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.api.parsing.float_text import format_float, parse_float
from sweepjob.api.parsing.lenient_reader import LenientReader
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.curve_encoding import curve_patch, dump_curve, load_curve, parse_curve
from sweepjob.api.sweeptrial.serialization import dump_stop, parse_record, trial_manifest
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.api.sweeptrial.trial_record import TrialRecord
from sweepjob.early_stopping.curve import FULLY_KEPT, Curve
from sweepjob.objective import Goal
from sweepjob.timestamps import format_time, parse_time

from .mutation import json_values, mutate

DECIDED = "2026-01-01T00:00:00Z"


def body(index: int = 3, **status: Any) -> dict[str, Any]:
    made = trial_manifest("team", "sweep", "uid", index, {"lr": 0.1}, "random seed 1")
    made["metadata"] |= {"uid": f"trial-{index}", "resourceVersion": "7"}
    return {**made, "status": status}


def read(**status: Any) -> TrialRecord:
    return parse_record(json.loads(json.dumps(body(**status))))


@given(st.floats())
def test_every_number_round_trips(value: float) -> None:
    assert repr(parse_float(format_float(value))) == repr(value)


def test_a_missing_number() -> None:
    """As it is written, and as versions up to 0.2 wrote it."""
    assert parse_float(None) is None
    assert parse_float("") is None


number = st.none() | st.floats()
stops = st.builds(
    StopDecision,
    outcome=st.sampled_from([phase for phase in TrialPhase if phase.is_end]),
    reason=st.text(max_size=9),
    message=st.text(max_size=9),
    policy=st.sampled_from(["bandit", "asha"]),
    interval=st.integers(0, 10**6),
    value=number,
    threshold=number,
    comparators=st.integers(0, 10**5),
)


@given(stops)
def test_every_decision_round_trips(stop: StopDecision) -> None:
    record = read(phase="Stopping", stop=dump_stop(stop, DECIDED))
    assert repr(record.stop) == repr(stop)
    assert (record.problems, record.is_unmanaged) == ((), False)


@pytest.mark.parametrize("number", ["", "nan", "inf", "-inf", "1e+308"])
def test_decisions_of_earlier_versions(number: str) -> None:
    written = dump_stop(
        StopDecision(TrialPhase.EARLY_STOPPED, "Bandit", "m", policy="bandit"), DECIDED
    )
    record = read(phase="EarlyStopped", stop={**written, "value": number, "threshold": number})
    assert record.problems == ()
    assert record.stop is not None
    assert repr(record.stop.value) == ("None" if not number else repr(float(number)))


@given(
    values=st.lists(st.floats(), max_size=30),
    long=st.sampled_from([0, FULLY_KEPT, 3 * FULLY_KEPT]),
    goal=st.sampled_from(list(Goal)),
    carried=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_every_curve_round_trips(
    values: list[float], long: int, goal: Goal, carried: float | None
) -> None:
    curve = Curve(goal, previous_best=carried)
    for value in [*values, *[0.5] * long]:
        curve.append(value)
    record = read(curve=dump_curve(curve, "pod", 5))
    again = load_curve(record.curve, Curve(goal))
    assert record.problems == ()
    assert (repr(again), again.total) == (repr(curve), curve.total)
    assert (record.curve.pod, record.curve.log_time) == ("pod", 5)


def test_a_patch_replaces_a_longer_curve() -> None:
    long, short = Curve(Goal.MAXIMIZE), Curve(Goal.MAXIMIZE)
    for n in range(2 * FULLY_KEPT):
        long.append(float(n))
    short.append(math.nan)
    before = dump_curve(long, "first", 5)
    merged = {**before, **curve_patch(dump_curve(short, "second"))}
    kept = {key: value for key, value in merged.items() if value is not None}
    again = load_curve(parse_curve(LenientReader(kept, "curve")), Curve(Goal.MAXIMIZE))
    assert repr(again) == repr(short)


LONG = Curve(Goal.MAXIMIZE)
for n in range(1100):
    LONG.append(n / 7)
GOOD = dump_curve(LONG, "pod")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 3}, "status.curve.version: 3 is not one that this operator reads"),
        ({"version": 0}, "status.curve.version: 0"),
        ({"version": "two"}, "status.curve.version: 'two' is not an integer"),
        ({"values": "0.1 abc 0.2"}, "status.curve.values: 'abc' is not a number"),
        ({"values": 7}, "status.curve.values: 7 is not a string"),
        ({"values": " ".join(["1"] * 1001)}, "status.curve.values: '1 1"),
        ({"reports": -1}, "status.curve.reports: -1"),
        ({"best": "high"}, "status.curve.best: 'high' is not a number"),
        ({"last": None}, "status.curve.last: None is missing"),
        ({"sum": "0x1q5"}, "status.curve.sum: '0x1q5'"),
        ({"sum": "0x1p99999999999"}, "status.curve.sum: '0x1p99999999999'"),
        ({"later": {**GOOD["later"], "bests": "1 2"}}, "status.curve.later: "),
        ({"later": {**GOOD["later"], "intervals": "5"}}, "status.curve.later: "),
        ({"later": [1]}, "status.curve.later: [1] is not an object"),
        ({"logTime": "now"}, "status.curve.logTime: 'now'"),
    ],
)
def test_a_curve_that_cannot_be_read_is_named(change: dict[str, Any], said: str) -> None:
    record = read(phase="Succeeded", curve={**GOOD, **change})
    assert [problem for problem in record.problems if problem.startswith(said)], record.problems
    assert not record.curve.is_whole
    assert (record.is_unmanaged, record.phase) == (False, TrialPhase.SUCCEEDED)
    curve = load_curve(record.curve, Curve(Goal.MAXIMIZE))
    assert curve.values == []
    assert curve.best == (None if "best" in change else 1099 / 7)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"phase": "Asleep"}, "status.phase: 'Asleep' is not one of Pending, "),
        ({"phase": 4}, "status.phase: 4 is not a string"),
        ({"attempt": 0}, "status.attempt: 0 is not an integer from 1"),
        (
            {"stop": {"outcome": "Running"}},
            "status.stop.outcome: 'Running' is neither a final phase nor Paused",
        ),
        ({"stop": [1]}, "status.stop: [1] is not an object"),
    ],
)
def test_a_record_without_required_fields_is_unmanaged(status: dict[str, Any], said: str) -> None:
    record = read(**status)
    assert record.is_unmanaged
    assert record.problems[0].startswith(said)


def test_an_assignment_that_is_not_json_is_shown_by_its_leaves() -> None:
    odd = body()
    for text in ("{", "[1]", "[" * 100_000, ""):
        odd["spec"]["assignment"] = text
        record = parse_record(odd)
        assert (record.is_unmanaged, record.assignment) == (True, {"lr": "0.1"})


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"gpuSeconds": {"count": "many"}}, "status.gpuSeconds.count: 'many' is not a number"),
        ({"gpuSeconds": {"saved": "-1"}}, "status.gpuSeconds.saved: '-1' is not a finite number"),
        ({"gpuSeconds": {"byResource": {"a/gpu": "inf"}}}, "status.gpuSeconds.byResource.a/gpu"),
        ({"startTime": "yesterday"}, "status.startTime: 'yesterday' is not a timestamp"),
        ({"metricsSeen": [1]}, "status.metricsSeen: [1] is not a list of strings"),
        ({"executions": [{"endTime": 5}]}, "status.executions[0].endTime: 5"),
        ({"stop": {"outcome": "Failed", "value": "x"}}, "status.stop.value: 'x' is not a number"),
    ],
)
def test_unreadable_informational_fields_are_ignored(status: dict[str, Any], said: str) -> None:
    record = read(**status)
    assert not record.is_unmanaged
    assert record.problems[0].startswith(said)


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("spec", {"index": 10**30}),
        ("spec", {"index": -1}),
        ("spec", {"index": "3"}),
        ("spec", {"sweep": ""}),
        ("metadata", {"uid": None}),
        ("metadata", {"name": 5}),
    ],
)
def test_objects_of_other_kinds_are_no_record(part: str, change: dict[str, Any]) -> None:
    odd = body()
    odd[part] |= change
    with pytest.raises(ValueError, match="is not a record of a trial"):
        parse_record(odd)


FULL = body(
    phase="Stopping",
    attempt=2,
    failures=1,
    disruptions=1,
    retryAt=DECIDED,
    startTime=DECIDED,
    completionTime=DECIDED,
    job="sweep-3-2",
    reason="Bandit",
    message="m",
    metricsSeen=["loss"],
    executions=[{"attempt": 1, "pod": "p", "node": "n", "reason": "r", "endTime": DECIDED}],
    curve=GOOD,
    stop=dump_stop(
        StopDecision(TrialPhase.EARLY_STOPPED, "B", "m", "bandit", 3, 0.1, 0.2, 4), DECIDED
    ),
    gpuSeconds={"count": "1", "used": "5", "byResource": {"nvidia.com/gpu": "5"}, "saved": "2"},
)


@given(st.data())
def test_no_change_of_a_status_raises(data: st.DataObject) -> None:
    changed = {**FULL, "status": mutate(data, FULL["status"], 1)}
    record = parse_record(copy.deepcopy(changed))
    assert record.uid == FULL["metadata"]["uid"]
    load_curve(record.curve, Curve(Goal.MAXIMIZE))


@given(st.data())
def test_any_change_of_a_record_is_read_or_refused(data: st.DataObject) -> None:
    changed = mutate(data, FULL)
    try:
        record = parse_record(changed)
    except ValueError as error:
        assert "is not a record of a trial" in str(error)  # noqa: PT017 - any other outcome is fine, too
    else:
        assert record.name
        assert record.index >= 0


@given(json_values)
def test_a_time_is_read_or_missing(value: Any) -> None:
    found = parse_time(value)
    assert found is None or found > 0


@pytest.mark.parametrize(
    "text",
    ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "", "now", "2026-13-01T00:00:00Z", "2026"],
)
def test_invalid_times(text: str) -> None:
    assert parse_time(text) is None


def test_a_time_without_a_zone_is_in_utc() -> None:
    assert parse_time("2026-01-01T00:00:00") == parse_time("2026-01-01T00:00:00Z")
    assert format_time(parse_time("2026-01-01T02:00:00+02:00") or 0) == "2026-01-01T00:00:00Z"
