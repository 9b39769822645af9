"""How many trials auto lets continue at a rung, whatever else the sweep has seen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.desired_state import DesiredState
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.api.sweeptrial.source_trial import SourceTrial
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.api.sweeptrial.trial_record import TrialRecord
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.warm_start import Source
from sweepjob.early_stopping.policy import Decision, Resumption
from sweepjob.local.api_server import MemoryApiServer

from tests.fake_api.harness import quiet

from .builders import sweepjob
from .sweep_controllers import change, start

PAUSE = {
    "outcome": "Paused",
    "reason": "Auto",
    "message": "auto paused it",
    "policy": "auto",
    "interval": 1,
}
LONG = [0.58 - 0.3 / n for n in range(1, 82)]


def record(
    index: int, values: Iterable[float], phase: str = "Running", policy: str = "auto", **more: Any
) -> TrialRecord:
    """A trial that was created while a policy that pauses trials was in force; "" for none."""
    body = trial_manifest("team", "sweep", "u", index, {"lr": 0.1, "units": 16}, "random", policy)
    body["metadata"] |= {"uid": f"trial-{index}", "resourceVersion": "1"}
    body["spec"] |= {} if "paused" not in more else {"paused": more.pop("paused")}
    made = list(values)
    text = " ".join(map(repr, made))
    curve = {"version": 2, "pod": "p", "reports": len(made), "values": text}
    pause = {"pause": PAUSE} if phase == "Paused" else {}
    body["status"] = {"phase": phase, "attempt": 1, "curve": curve, **pause, **more}
    return parse_record(body)


def store(records: Iterable[TrialRecord] = (), sources: tuple[Source, ...] = ()) -> SweepStore:
    given = {
        "outputs": {"state": {"volume": {"persistentVolumeClaim": {"claimName": "c"}}}},
        "trial": {"image": "i", "command": "c", "checkpoint": {"output": "state"}},
        "earlyTermination": {"type": "auto"},
        "limits": {"maxTotalTrials": 500, "maxConcurrentTrials": 2},
    }
    identity, spec = ObjectIdentity("team", "sweep", "u"), parse_sweepjob(sweepjob(**given))
    made = SweepStore(identity, spec, 1, 0.0, {}, sources)
    made.load(records)
    return made


def no_scouts(first: int, count: int) -> list[int]:
    return [n for n in range(first, first + 2 * count) if n % 4 != 3][:count]


def report(sweep: SweepStore, index: int, value: float) -> Decision:
    """The decision about a new trial at its first report."""
    trial = sweep.admit(record(index, []))
    assert trial is not None
    trial.reports.curve.append(value)
    decision = sweep.state.evaluator.evaluate(index, trial.reports.curve)
    assert decision is not None
    if decision.pause:
        pause = StopDecision(TrialPhase.PAUSED, "Auto", decision.message, "auto", 1)
        sweep.trials.record_stop(trial, pause, TrialPhase.STOPPING, 1.0)
        sweep.record_pause(trial, 2, 0, pause, 1.0)
    return decision


def continued(sweep: SweepStore, first: int, count: int) -> int:
    """How many of some trials, each better than all before, continue at the first rung."""
    found = [report(sweep, n, 0.9 + n / 1000) for n in no_scouts(first, count)]
    return sum(not decision.pause for decision in found)


def before_auto(count: int = 40) -> list[TrialRecord]:
    """Trials that ran to their ends before the policy was in force."""
    return [record(n, LONG, "Succeeded", policy="") for n in range(count)]


def test_trials_of_other_sweeps_take_no_place() -> None:
    trials = (SourceTrial(r.assignment, r.phase, r.curve, r.values) for r in before_auto())
    sources = (Source("before", tuple(trials), 40, uid="uid"),)
    sweep = store(sources=sources)
    assert continued(sweep, 0, 30) == continued(store(), 0, 30) == 10


@pytest.mark.parametrize("phase", ["Succeeded", "Running"])
def test_trials_from_before_the_policy_take_no_place(phase: str) -> None:
    old = [record(n, LONG, phase, policy="") for n in range(40)]
    assert continued(store(old), 40, 30) == 10


def test_a_paused_trial_of_before_is_decided_on() -> None:
    """An earlier version of the operator paused it, and said so in its record."""
    old = [record(n, [0.5 + n / 100], "Paused", policy="") for n in no_scouts(0, 6)]
    sweep = store(old)
    granted = [sweep.grant_slot_to_paused(must_complete=False) for _ in range(3)]
    assert granted == [6, 5, None]


def test_a_restarted_operator_counts_the_same() -> None:
    """Some ran before the policy, some wait, one has continued and reported, one has not yet."""
    sweep = store(before_auto())
    new = no_scouts(40, 9)
    values = {n: 0.9 - n / 1000 for n in new}
    decisions = {n: report(sweep, n, values[n]) for n in new}
    assert [n for n in new if not decisions[n].pause] == []
    assert sweep.grant_slot_to_paused(must_complete=False) == 40
    assert sweep.grant_slot_to_paused(must_complete=False) == 41
    executions = [
        {"attempt": 1, "reason": "Auto", "message": "", "endTime": "2026-01-01T00:00:00Z"}
    ]
    rebuilt = [
        record(n, [values[n]] * (2 if n == 40 else 1), attempt=2, executions=executions)
        if n in (40, 41)
        else record(n, [values[n]], "Paused")
        for n in new
    ]
    after = store([*before_auto(), *rebuilt])
    assert after.grant_slot_to_paused(must_complete=False) == 42
    assert after.grant_slot_to_paused(must_complete=False) is None
    assert sweep.grant_slot_to_paused(must_complete=False) == 42
    assert sweep.grant_slot_to_paused(must_complete=False) is None
    assert report(after, 60, 0.95) == report(sweep, 60, 0.95)


def choices(sweep: SweepStore) -> list[int]:
    found = []
    while (index := sweep.grant_slot_to_paused(must_complete=False)) is not None:
        found.append(index)
    return found


def chosen(sweep: SweepStore) -> Resumption:
    found = sweep.state.evaluator.choose(sweep.state.paused.by_policy, must_complete=False)
    assert found is not None
    return found


STOPPING = {"stop": PAUSE}


@pytest.mark.parametrize(
    ("phase", "more"),
    [
        ("Failed", {}),
        ("Canceled", {}),
        ("EarlyStopped", {}),
        ("Paused", {"paused": True}),
        ("Stopping", STOPPING),
    ],
    ids=str,
)
def test_trials_that_do_not_run_have_not_continued(phase: str, more: dict[str, Any]) -> None:
    numbers = no_scouts(0, 30)
    others = [record(n, [0.9], phase, **more) for n in numbers[:10]]
    waiting = [record(n, [0.5 - n / 1000], "Paused") for n in numbers[10:]]
    sweep = store([*others, *waiting])
    assert chosen(sweep).message.endswith(
        "10 of 30 trials at this rung may continue (1/3), and 0 have already"
    )
    assert choices(sweep) == numbers[10:20]


@pytest.mark.parametrize("phase", ["Failed", "Canceled", "EarlyStopped"])
def test_trials_that_have_ended_at_a_rung_take_no_place(phase: str) -> None:
    numbers = no_scouts(0, 8)
    ended = [record(n, [0.9], phase) for n in numbers[:4]]
    waiting = [record(n, [0.1], "Paused") for n in numbers[4:]]
    decision = report(store([*ended, *waiting]), 12, 0.5)
    assert not decision.pause
    assert "3 of 9 trials at this rung may continue (1/3), and 0 have already" in decision.message


def test_a_trial_that_made_a_report_until_its_pod_had_ended_waits() -> None:
    numbers = no_scouts(0, 6)
    sweep = store(record(n, [0.5 - n / 100, 0.5], "Paused") for n in numbers)
    assert choices(sweep) == numbers[:2]


def test_a_trial_that_a_person_continued_takes_no_place() -> None:
    numbers = no_scouts(0, 9)
    sweep = store(record(n, [0.5 - n / 100], "Paused") for n in numbers)
    for n in numbers[6:]:
        sweep.note_desired(sweep.state.live[n], DesiredState(paused=False))
    assert choices(sweep) == [*numbers[6:], *numbers[:2]]
    again = [record(n, [0.5 - n / 100], "Paused") for n in numbers[:6]]
    again += [record(n, [0.1, 0.2], "Running", paused=False) for n in numbers[6:]]
    assert choices(store(again)) == numbers[:2]


@pytest.mark.virtual_time
async def test_a_record_names_the_policy_that_may_pause_its_trial() -> None:
    """The policy is in force from the fifth trial on."""
    with quiet():
        server, operator = start(
            MemoryApiServer,
            outputs={"state": {"volume": {"persistentVolumeClaim": {"claimName": "c"}}}},
            trial={"image": "train", "command": "train", "checkpoint": {"output": "state"}},
        )
        await asyncio.sleep(200)
        limits = {"maxTotalTrials": 8, "maxConcurrentTrials": 2}
        change(server, earlyTermination=None, suspend=True)
        await asyncio.sleep(1)
        change(server, earlyTermination={"type": "auto"}, limits=limits, suspend=False)
        await asyncio.sleep(200)
        operator.kill()
    records = server.store.all("sweeptrials")
    named = {
        body["spec"]["index"]: body["metadata"].get("annotations") for body in records.values()
    }
    expected = {"sweepjob.dev/pausing-policy": "auto"}
    assert named == dict.fromkeys(range(4)) | dict.fromkeys(range(4, 8), expected)
