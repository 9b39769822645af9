"""The paused trials of a sweep: what lets them continue, what they count for, and what is said of them."""

from __future__ import annotations

from typing import Any, cast

import pytest
from sweepjob.api.meta.cause import Cause
from sweepjob.api.meta.identity import ObjectIdentity, ObjectKey
from sweepjob.api.phases import SweepPhase, TrialPhase
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.desired_state import DesiredState
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.api.sweeptrial.trial_record import TrialRecord
from sweepjob.controllers.gpu_savings import gpu_seconds_saved
from sweepjob.controllers.queues import Queues
from sweepjob.controllers.slot_allocator import fill_slots
from sweepjob.controllers.snapshot_builder import sweep_snapshot
from sweepjob.controllers.spec_admission import SpecAdmission
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.status_builder import build_status
from sweepjob.controllers.sweep_registry import SweepEntry, SweepRegistry
from sweepjob.early_stopping.evaluator import PolicyEvaluator
from sweepjob.early_stopping.policies.registry import POLICIES
from sweepjob.lifecycle.planner import is_over
from sweepjob.lifecycle.snapshot import Proposal

from tests.fake_api.harness import SETTINGS

from .builders import sweepjob

ASHA = {"type": "asha", "mode": "promote", "reductionFactor": 2}
PAUSE = {
    "outcome": "Paused",
    "reason": "Asha",
    "message": "asha paused it",
    "policy": "asha",
    "interval": 1,
}
BY_HAND = {"outcome": "Paused", "reason": "Paused", "message": "spec.paused is true"}


def record(index: int, value: float, paused: bool | None = None, **status: Any) -> TrialRecord:
    body = trial_manifest("team", "sweep", "u", index, {"lr": 0.1, "units": 16}, "random")
    body["metadata"] |= {"uid": f"trial-{index}", "resourceVersion": "1"}
    body["spec"] |= {} if paused is None else {"paused": paused}
    curve = {"version": 2, "pod": "p", "reports": 1, "values": repr(value)}
    body["status"] = {"phase": "Paused", "pause": PAUSE, "attempt": 2, "curve": curve, **status}
    return parse_record(body)


def store(*records: TrialRecord, total: int = 4, **spec: Any) -> SweepStore:
    given = {
        "outputs": {"state": {"volume": {"persistentVolumeClaim": {"claimName": "c"}}}},
        "trial": {"image": "i", "command": "c", "checkpoint": {"output": "state"}},
        "earlyTermination": ASHA,
        "limits": {"maxTotalTrials": total, "maxConcurrentTrials": 2},
        **spec,
    }
    sweep = SweepStore(
        ObjectIdentity("team", "sweep", "u"), parse_sweepjob(sweepjob(**given)), 1, 0.0, {}
    )
    sweep.load(records)
    return sweep


def test_a_restarted_operator_knows_what_lets_each_continue() -> None:
    sweep = store(
        record(0, 0.1),
        record(1, 0.2, paused=True),
        record(2, 0.3, paused=False),
        record(3, 0.4, pause=BY_HAND),
    )
    paused = sweep.state.paused
    assert (set(paused.by_policy), paused.held, paused.recalled) == ({0}, {1}, {2, 3})
    assert len(paused) == 4
    assert sweep_snapshot(sweep.state, SETTINGS).occupied == 0


def test_those_that_a_person_wants_come_first_and_then_the_policys_choice() -> None:
    sweep = store(record(0, 0.1), record(1, 0.9), record(2, 0.3, paused=False))
    granted = [sweep.grant_slot_to_paused(must_complete=False) for _ in range(3)]
    # Of three at the rung one is in the top.
    assert granted == [2, 1, None]
    assert sweep.state.live[2].resumption == Cause("Resumed", "a person continued it")
    assert sweep_snapshot(sweep.state, SETTINGS).occupied == 2


@pytest.mark.parametrize(
    ("curve", "is_said"),
    [
        ({"reports": 1}, False),  # it may count from 0, which counts as no step
        ({"reports": 2}, True),
        ({"reports": 2, "step": 1}, False),
        ({"reports": 0}, False),
    ],
    ids=str,
)
def test_reports_without_steps_are_said_to_count_again(
    curve: dict[str, int], is_said: bool
) -> None:
    known = {"version": 2, "pod": "p", "values": " ".join(["0.1"] * curve["reports"]), **curve}
    sweep = store(record(0, 0.1, paused=False, curve=known))
    assert sweep.state.live[0].reports.curve.count == curve["reports"]
    assert sweep.grant_slot_to_paused(must_complete=False) == 0
    resumption = sweep.state.live[0].resumption
    assert resumption is not None
    assert ("its reports have no step" in resumption.message) is is_said


@pytest.mark.parametrize(
    "policy",
    [{**ASHA, "gracePeriod": 4}, {**ASHA, "type": "hyperband", "gracePeriod": 4, "maxReports": 16}],
    ids=lambda policy: policy["type"],
)
def test_a_trial_that_is_at_no_rung_of_a_changed_policy_continues(policy: dict[str, Any]) -> None:
    """They were paused at their first report, and the first rung is at four now."""
    sweep = store(record(0, 0.1), record(1, 0.9), earlyTermination=policy)
    granted = [sweep.grant_slot_to_paused(must_complete=False) for _ in range(3)]
    assert granted == [0, 1, None]
    found = sweep.state.live[0].resumption
    assert found is not None
    assert found.message == (
        f"{policy['type']} continued it: it has reached no rung of the policy, which was changed after it "
        "was paused"
    )


def test_a_rebuilt_state_keeps_the_slots_that_are_not_on_record_yet() -> None:
    """A record is requested, and so is that a trial continues, while the policy is changed."""
    records = [record(0, 0.1), record(1, 0.9)]
    before = store(*records)
    before.reserve_slot(Proposal(2, {"lr": 0.5, "units": 16}))
    before.reserve_slot(Proposal(3, {"lr": 0.25, "units": 16}))
    assert before.grant_slot_to_paused(must_complete=False) == 1
    written = record(2, 0.1, phase="Running", pause=None, attempt=1)
    after = store(*records, written, earlyTermination={**ASHA, "reductionFactor": 3})
    entry = SweepEntry({})
    entry.activate(before, 1)
    entry.activate(after, 2)
    assert (entry.sweep, entry.observed_generation) == (after, 2)
    assert after.state.slots.reserved == {3: {"lr": 0.25, "units": 16}}
    assert after.state.live[1].resumption == before.state.live[1].resumption
    assert set(after.state.paused.by_policy) == {0}
    assert sweep_snapshot(after.state, SETTINGS).occupied == 3


def test_a_rebuilt_state_keeps_a_slot_that_came_on_record_after_the_record_was_read() -> None:
    """The policy is changed, and the request is answered between the reading and the activation."""
    records = [record(0, 0.1), record(1, 0.9)]
    before, after = store(*records), store(*records)
    assert before.grant_slot_to_paused(must_complete=False) == 1
    before.record_resume(before.state.live[1], "Resumed")
    entry = SweepEntry({})
    entry.activate(before, 1)
    entry.activate(after, 2)
    trial = after.state.live[1]
    assert (trial.status.phase, trial.status.reason) == (TrialPhase.PENDING, "Resumed")
    assert set(after.state.paused.by_policy) == {0}
    assert sweep_snapshot(after.state, SETTINGS).occupied == 1


@pytest.mark.parametrize("uid", ["u", "another"])
def test_a_forgotten_state_leaves_its_slots_to_the_next_one_of_the_same_sweep(uid: str) -> None:
    before, after = store(), store()
    before.reserve_slot(Proposal(0, {"lr": 0.5, "units": 16}))
    after.state.identity = ObjectIdentity("team", "sweep", uid)
    entry = SweepEntry({})
    entry.activate(before, 1)
    entry.reset()
    assert entry.sweep is None
    entry.activate(after, 2)
    assert set(after.state.slots.reserved) == ({0} if uid == "u" else set())


async def test_the_forgotten_state_of_a_finished_sweep_is_freed() -> None:
    """No other one follows it."""
    status = {
        "observedGeneration": 1,
        "conditions": [{"type": "Complete", "status": "True", "reason": "AllTrialsEnded"}],
        "phase": "Complete",
    }
    entry = SweepEntry({"metadata": {"generation": 1}, "status": status})
    entry.activate(store(), 1)
    entry.reset()
    admission = SpecAdmission(*([cast("Any", None)] * 8), {})
    assert not await admission.admit(ObjectKey("team", "sweep"), entry)
    assert entry.observed_generation == 1
    assert entry.earlier is None


def test_trials_that_wait_end_one_after_the_other_without_another_choice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise the end of a sweep takes as many choices among all that wait as trials wait."""
    end = {"phase": "Succeeded", "pause": None, "completionTime": "2026-01-01T00:00:00Z"}
    sweep = store(record(0, 0.9, **end), record(1, 0.2), record(2, 0.1), total=3)
    queues = Queues(SweepRegistry(SETTINGS))

    async def reconcile(_: Any) -> None:
        """Nothing is reconciled here."""

    queues.connect(reconcile, reconcile, reconcile)
    fill_slots(sweep, SETTINGS, queues, 1e10)
    assert sweep.state.paused.are_ending
    assert queues.trials.depth == 2
    asked = []
    choose = PolicyEvaluator.choose
    monkeypatch.setattr(
        PolicyEvaluator, "choose", lambda *a, **k: asked.append(a) or choose(*a, **k)
    )
    fill_slots(sweep, SETTINGS, queues, 1e10)
    assert asked == []
    sweep.note_desired(sweep.state.live[2], DesiredState(paused=False))
    fill_slots(sweep, SETTINGS, queues, 1e10)
    assert sweep.state.live[2].resumption is not None, "a person may still let one continue"


def test_a_wish_moves_a_paused_trial() -> None:
    sweep = store(record(0, 0.1))
    trial = sweep.state.live[0]
    assert sweep.note_desired(trial, DesiredState(paused=True))
    assert sweep.state.paused.held == {0}
    assert not sweep.note_desired(trial, DesiredState(paused=True)), "nothing is new"
    assert sweep.note_desired(trial, DesiredState())
    assert set(sweep.state.paused.by_policy) == {0}


def test_a_sweep_that_waits_for_a_person_says_for_what() -> None:
    sweep = store(*(record(n, 0.1, paused=True) for n in range(7)), total=7)
    snap = sweep_snapshot(sweep.state, SETTINGS)
    assert not is_over(snap, 1.0)
    status = build_status(sweep.state, snap, 1, 1.0)
    assert (status.phase, status.reason, status.paused, status.queued) == (
        SweepPhase.BLOCKED,
        "TrialsPaused",
        7,
        0,
    )
    [complete] = [c for c in status.conditions if c.kind == "Complete"]
    assert "sweep-0, sweep-1, sweep-2, sweep-3, sweep-4 and 2 more" in complete.message
    assert "kubectl sweepjob resume TRIAL" in complete.message


def test_a_paused_trial_shows_the_sampler_what_it_reached() -> None:
    sweep = store(record(0, 0.7), samplingAlgorithm={"type": "bayesian"})
    [seen] = sweep.state.observations()
    assert (seen.score, seen.ended) == (0.7, True)
    sweep.grant_slot_to_paused(must_complete=True)
    [seen] = sweep.state.observations()
    assert (seen.score, seen.ended) == (None, False), "it may still improve"


def test_a_sweep_whose_policy_is_replaced_continues_its_paused_trials() -> None:
    sweep = store(record(0, 0.1), record(1, 0.9), earlyTermination=None)
    assert sweep.grant_slot_to_paused(must_complete=False) == 0
    assert "not in force any more" in sweep.state.live[0].resumption.message  # type: ignore[union-attr] # None fails the test


def test_a_choice_of_a_plugin_that_fails_continues_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = store(record(0, 0.1), record(1, 0.9))

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("of another's code")

    monkeypatch.setattr(POLICIES, "distribution_of", lambda name: "other-policies 1.0")
    monkeypatch.setattr(PolicyEvaluator, "choose", fail)
    assert sweep.grant_slot_to_paused(must_complete=False) is None
    said = sweep.state.findings.policy_failure
    assert said == (
        "policy asha of other-policies 1.0 failed and continues no paused trial: "
        'RuntimeError("of another\'s code")'
    )


def test_the_time_in_which_a_trial_was_paused_saves_nothing() -> None:
    """It ran 100 s of a GPU for its 10 reports; a complete trial makes 30."""
    values = " ".join(map(str, range(10)))
    curve = {"version": 2, "pod": "p", "reports": 10, "values": values}
    stop = {
        "outcome": "EarlyStopped",
        "reason": "Asha",
        "message": "m",
        "policy": "asha",
        "interval": 10,
    }
    used = {"count": "1", "byResource": {"nvidia.com/gpu": "100"}}
    ended = record(
        0,
        0.0,
        phase="Stopping",
        stop=stop,
        curve=curve,
        gpuSeconds=used,
        startTime="2026-01-01T00:00:00Z",
    )
    sweep = store(ended)
    sweep.state.results.full_lengths.append(30)
    trial = sweep.state.live[0]
    assert trial.status.started is not None
    much_later = trial.status.started + 100_000
    assert gpu_seconds_saved(sweep.state, trial, much_later) == pytest.approx(200)


def test_records_of_earlier_versions_are_read() -> None:
    body = trial_manifest("team", "sweep", "u", 0, {"lr": 0.1, "units": 16}, "random")
    body["metadata"] |= {"uid": "trial-0", "resourceVersion": "1"}
    body["status"] = {
        "phase": "Running",
        "curve": {"version": 2, "pod": "p", "reports": 2, "values": "1 2"},
    }
    sweep = store(parse_record(body))
    trial = sweep.state.live[0]
    assert (trial.reports.received, trial.reports.curve.count) == (2, 2)
    assert trial.status.phase is TrialPhase.RUNNING
    assert trial.desired == DesiredState()


HELD = {
    "pod": "pod-1",
    "gpus": {"nvidia.com/gpu": "2.0"},
    "costPerSecond": "0.5",
    "startTime": "2026-01-01T00:00:00Z",
    "endTime": "2026-01-01T00:00:30Z",
}


def test_what_a_pod_used_until_the_decision_is_known_though_nobody_saw_its_end() -> None:
    stop = {**PAUSE, "decidedAt": "2026-01-01T00:00:30Z"}
    sweep = store(record(0, 0.1, phase="Stopping", pause=None, stop=stop, attempt=1, held=[HELD]))
    trial = sweep.state.live[0]
    assert trial.status.stop is not None
    assert trial.usage.gpu_seconds == {"nvidia.com/gpu": 60.0}
    assert sweep.state.live_usage.gpu.ended == 60.0
    assert trial.usage.gpu_count == 2.0
    sweep.record_pause(trial, 2, 0, trial.status.stop, 1000.0)
    assert trial.usage.gpu_seconds == {"nvidia.com/gpu": 60.0}, "a paused trial uses nothing"
    assert trial.usage.cost.ended == pytest.approx(15.5)


def test_unreadable_parts_of_what_was_held_are_said() -> None:
    odd = record(0, 0.1, held=[{**HELD, "gpus": {"nvidia.com/gpu": "many"}}])
    assert "status.held[0].gpus" in odd.problems[0]
    assert not odd.is_unmanaged
