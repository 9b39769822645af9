"""A result that may be incomplete is never called healthy: of a sidecar that was killed, of a file that could
not be read, of a gap; on the trial, on the sweep, and on the best trial."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.incomplete_reports import IncompleteReason
from sweepjob.api.sweeptrial.serialization import parse_record
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.status_builder import build_status
from sweepjob.kube.transport import Request
from sweepjob.lifecycle.actions import RecordEnd, RecordRetry
from sweepjob.lifecycle.planner import plan
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Body
from sweepjob.trial_pods.lost_reports import SidecarExits, lost_reports_notice, sidecar_exits

from tests.fake_api.cluster import FakeCluster
from tests.fake_api.harness import EPOCH, NAMESPACE, RunningOperator
from tests.fake_api.simulated_trainers import SimulatedTrainers
from tests.fake_api.transport import FaultProfile, FaultyTransport

from .builders import job, pod, snapshot, trial
from .scenarios import spec
from .stored_sweeps import push, record, state

UNREAD = protocol.Notice(
    protocol.REPORTS_INCOMPLETE, "'run/x' could not be read: Permission denied."
)
UNCLEAR = protocol.Notice(protocol.AMBIGUOUS_METRIC, "several runs have it; name the run.")
GOOD, BAD, OOM = ("Completed", 0), ("Error", 1), ("OOMKilled", 137)


@pytest.mark.parametrize(
    ("source", "ends", "over", "words"),
    [
        ("tensorboard", SidecarExits(GOOD), True, None),
        ("tensorboard", SidecarExits(OOM), True, "killed (OOMKilled, exit code 137) before it had"),
        ("file", SidecarExits(None, OOM), True, "It needed more memory"),  # in its back-off
        ("file", SidecarExits(None, OOM), False, None),  # it reads on when it is started again
        ("file", SidecarExits(GOOD, OOM), True, None),  # it has read on
        (
            "mlflow",
            SidecarExits(GOOD, OOM),
            True,
            "reports that the script sent meanwhile may be lost",
        ),
        (
            "mlflow",
            SidecarExits(None, BAD),
            False,
            "ended (Error, exit code 1) and restarted",
        ),
        ("pushgateway", SidecarExits(None, ("Error", 137)), False, "was killed (Error"),
        ("mlflow", SidecarExits(GOOD, GOOD), True, None),  # it had left by itself
        ("mlflow", SidecarExits(), True, None),
        ("logs", SidecarExits(), True, None),
    ],
)
def test_exits_of_a_sidecar_are_classified(
    source: str, ends: SidecarExits, over: bool, words: str | None
) -> None:
    lost = lost_reports_notice(ends, source, over=over)
    assert (lost is None) == (words is None)
    if lost is not None and words is not None:
        assert lost.reason == protocol.REPORTS_INCOMPLETE
        assert words in lost.message


def test_exits_are_read_from_a_pod() -> None:
    status: dict[str, Any] = {
        "initContainerStatuses": [
            {"name": "other", "state": {"terminated": {"exitCode": 9}}},
            {
                "name": "sweepjob-sidecar",
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
                "restartCount": 2,
            },
        ]
    }
    assert sidecar_exits(status) == SidecarExits(None, OOM)
    assert sidecar_exits({}) == SidecarExits()


def ended(*, retry: bool, retries: int = 1, failures: int = 0) -> Any:
    over = pod(succeeded=True, incomplete="the sidecar was killed.")
    running = trial(
        phase=TrialPhase.RUNNING, job_created=True, failures=failures, jobs=(job(),), pods=(over,)
    )
    sweep = snapshot(retry_incomplete=retry, max_retries=retries)
    [action] = plan(running, sweep, 100.0).actions
    return action


def test_a_trial_with_lost_reports_succeeds_with_a_reason_or_is_retried() -> None:
    kept = ended(retry=False)
    assert isinstance(kept, RecordEnd)
    assert (kept.phase, kept.reason) == (TrialPhase.SUCCEEDED, "ReportsIncomplete")
    assert "its reports may be incomplete: the sidecar was killed." in kept.message
    again = ended(retry=True)
    assert isinstance(again, RecordRetry)
    assert (again.reason, again.failures) == ("ReportsIncomplete", 1)
    failed = ended(retry=True, failures=1)
    assert isinstance(failed, RecordEnd)
    assert (failed.phase, failed.reason) == (TrialPhase.FAILED, "ReportsIncomplete")


def conditions(sweep: SweepStore) -> dict[str, tuple[bool, str, str]]:
    seen = build_status(sweep.state, snapshot(total=2), 1, 10.0)
    return {c.kind: (c.holds, c.reason, c.message) for c in seen.conditions}


def test_notices_of_a_sidecar_are_on_trial_sweep_and_best() -> None:
    sweep = state()
    first, second = sweep.add_trial(record(0)), sweep.add_trial(record(1))
    sweep.ingest_push(second, push(second, 1, 0.5), 1.0)
    assert conditions(sweep)["Degraded"][0] is False
    told = protocol.Push("team", first.name, 1, (0.9,), ("score",), (UNREAD,))
    sweep.ingest_push(first, told, 2.0)
    assert first.writes.pending_since is not None, "it is to be recorded"
    holds, reason, message = conditions(sweep)["Degraded"]
    assert (holds, reason) == (True, "ReportsIncomplete")
    assert message.startswith("trial sweep-0, the best one: 'run/x' could not be read")
    best = build_status(sweep.state, snapshot(), 1, 10.0).best
    assert best is not None
    assert best.warning.startswith("ReportsIncomplete: 'run/x'")
    sweep.record_end(first, TrialPhase.SUCCEEDED, 0.0)
    assert conditions(sweep)["Degraded"][1] == "ReportsIncomplete"
    sweep.record_end(second, TrialPhase.SUCCEEDED, 0.0)
    done = build_status(sweep.state, snapshot(total=0), 1, 10.0)
    complete = next(c for c in done.conditions if c.kind == "Complete")
    assert "its reports may be incomplete" in complete.message


def ended_sweep(*reasons: tuple[str, ...], value: float = 0.5) -> SweepStore:
    """A sweep whose trials ended with these warnings, in this order."""
    sweep = state()
    for number, of_trial in enumerate(reasons):
        trial = sweep.add_trial(record(number))
        sweep.ingest_push(trial, push(trial, 1, value - number / 1000), 1.0)
        warnings = {reason: IncompleteReason(f"because of {reason}", 1.0) for reason in of_trial}
        trial.completeness = replace(trial.completeness, warnings=warnings)
        sweep.record_end(trial, TrialPhase.SUCCEEDED, 2.0)
    return sweep


AGAIN, LOST, OTHER = "CheckpointNotUsed", "ReportsLost", "AmbiguousMetric"


@pytest.mark.parametrize(
    ("trials", "expected"),
    [
        ([(AGAIN,)], "trial sweep-0, the best one: because of CheckpointNotUsed"),
        ([(AGAIN, LOST)], "trial sweep-0, the best one: because of ReportsLost"),
        ([(AGAIN, OTHER, LOST)], "trial sweep-0, the best one: because of ReportsLost"),
        ([(AGAIN,), (LOST,)], "trial sweep-1: because of ReportsLost"),
        ([(AGAIN,)] * 30 + [(LOST,)], "trial sweep-30: because of ReportsLost"),
        (
            [(), (AGAIN,), (LOST,), ("LogTooFast", AGAIN), (OTHER,)],
            "trial sweep-2: because of ReportsLost "
            "Number of other trials with possibly missing reports: 1.",
        ),
        (
            [(), (AGAIN,), (AGAIN,), (AGAIN,)],
            "trial sweep-1: because of CheckpointNotUsed "
            "Number of other trials with condition CheckpointNotUsed: 2.",
        ),
        (
            [(OTHER,), (OTHER,), (AGAIN,)],
            "trial sweep-0, the best one: because of AmbiguousMetric "
            "Number of other trials with condition AmbiguousMetric: 1.",
        ),
    ],
)
def test_what_is_lost_is_named_first_and_counted(
    trials: list[tuple[str, ...]], expected: str
) -> None:
    assert conditions(ended_sweep(*trials))["Degraded"][2] == expected


@pytest.mark.parametrize(("reasons", "doubtful"), [((AGAIN,), False), ((AGAIN, LOST), True)])
def test_a_result_of_a_trial_that_began_again_is_complete(
    reasons: tuple[str, ...], doubtful: bool
) -> None:
    done = build_status(ended_sweep(reasons).state, snapshot(total=0), 1, 10.0)
    [complete] = [c.message for c in done.conditions if c.kind == "Complete"]
    assert ("its reports may be incomplete: see its condition ReportsLost" in complete) is doubtful
    assert ("see its condition" in complete) is doubtful
    assert done.best is not None
    assert done.best.warning == ("ReportsLost: because of ReportsLost" if doubtful else "")


def test_a_resolved_notice_is_removed() -> None:
    sweep = state()
    one = sweep.add_trial(record(0))
    sweep.ingest_push(one, protocol.Push("team", one.name, 1, (0.9,), (), (UNREAD,)), 2.0)
    sweep.trials.begin_write(one)
    sweep.ingest_push(one, push(one, 2, 0.8), 3.0)
    assert one.writes.pending_since == 3.0
    assert one.completeness.warnings == {}
    assert conditions(sweep)["Degraded"][0] is False


def test_a_loss_is_known_after_a_restart() -> None:
    ambiguous = {
        "type": "AmbiguousMetric",
        "status": "True",
        "reason": "AmbiguousMetric",
        "message": "several runs",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    over = {
        "phase": "Succeeded",
        "conditions": [ambiguous],
        "curve": {"reports": 1, "values": "0.5"},
    }
    sweep = state()
    sweep.load([record(0, **over), record(1)])
    assert conditions(sweep)["Degraded"][1:] == (
        "AmbiguousMetric",
        "trial sweep-0, the best one: several runs",
    )


def test_a_gap_before_the_summary_is_reported() -> None:
    sweep = state()
    one = sweep.add_trial(record(0))
    sweep.ingest_push(one, push(one, 1, 0.1), 1.0)
    sweep.ingest_summary(one, protocol.Summary(9, 0.1, 0.9, (0.2, 0.3), ("score",)), 2.0)
    assert one.reports.curve.count == 9
    assert one.completeness.incomplete.startswith("6 of its reports are missing from its curve")
    whole = sweep.add_trial(record(1))
    sweep.ingest_summary(
        whole, protocol.Summary(2, 0.2, 0.3, (0.2, 0.3), ("score",), (UNCLEAR,)), 2.0
    )
    assert whole.completeness.incomplete == "", "it would be the same the next time"
    assert [*whole.completeness.warnings] == ["AmbiguousMetric"]


def test_another_pod_starts_without_notices() -> None:
    sweep = state()
    one = sweep.add_trial(record(0))
    sweep.switch_pod(one, "a", 0.0)
    sweep.trials.note_completeness(one, (UNREAD, UNCLEAR), UNREAD, 1.0)
    assert [*one.completeness.warnings] == ["ReportsIncomplete", "AmbiguousMetric"]
    sweep.switch_pod(one, "b", 0.0)
    assert one.completeness.warnings == {}


def test_a_stopped_trial_has_no_incomplete_reports() -> None:
    sweep = state()
    one = sweep.add_trial(record(0))
    sweep.ingest_push(one, push(one, 1, 0.5), 1.0)
    stop = StopDecision(TrialPhase.EARLY_STOPPED, "Bandit", "it was worse")
    sweep.trials.record_stop(one, stop, TrialPhase.STOPPING, 1.5)
    sweep.ingest_summary(one, protocol.Summary(1, 0.5, 0.5, (0.5,), ("score",), (UNREAD,)), 2.0)
    assert one.completeness.warnings == {}


class KillingServer(MemoryApiServer):
    """A fake: the sidecars of the first pods that end have been killed, although they left words."""

    killed = 1

    def answer(self, request: Request) -> tuple[int, Body]:
        status = (request.body or {}).get("status") or {}
        for container in status.get("initContainerStatuses") or []:
            terminated = container["state"].get("terminated")
            if terminated is not None and self.killed > 0:
                self.killed -= 1
                terminated |= {"exitCode": 137, "reason": "OOMKilled"}
        return super().answer(request)


def started(clock: Callable[[], float], **metrics: str) -> tuple[KillingServer, RunningOperator]:
    server, operators = KillingServer(clock), list[RunningOperator]()
    trainers = SimulatedTrainers(random.Random(2), lambda: operators[0].push_handler)
    FakeCluster(server, random.Random(1), clock, trainers.run)
    body: Body = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
    given = spec(2, 1, samplingAlgorithm={"type": "random", "seed": 1}, metrics=metrics)
    del given["earlyTermination"]
    body |= {"metadata": {"name": "sweep"}, "spec": given}
    sweeps = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs"
    assert server.answer(Request("POST", sweeps, {}, body))[0] == 201
    operators.append(
        RunningOperator(FaultyTransport(server, FaultProfile(random.Random(3))), clock)
    )
    return server, operators[0]


@pytest.mark.virtual_time
@pytest.mark.usefixtures("quiet_logs")
@pytest.mark.parametrize("choice", ["accept", "retry"])
async def test_a_trial_whose_sidecar_was_killed(choice: str) -> None:
    loop = asyncio.get_running_loop()
    server, operator = started(lambda: EPOCH + loop.time(), onIncomplete=choice)
    await asyncio.sleep(300)
    records = [parse_record(body) for _, body in sorted(server.store.all("sweeptrials").items())]
    status = server.store.all("sweepjobs")[NAMESPACE, "sweep"]["status"]
    degraded = next(c for c in status["conditions"] if c["type"] == "Degraded")
    assert [r.phase for r in records] == [TrialPhase.SUCCEEDED, TrialPhase.SUCCEEDED]
    first, second = records
    assert (second.reason, second.incomplete_reasons) == ("Completed", {})
    if choice == "accept":
        assert (first.reason, first.attempt) == ("ReportsIncomplete", 1)
        assert "OOMKilled" in first.incomplete_reasons["ReportsIncomplete"].message
        assert (degraded["status"], degraded["reason"]) == ("True", "ReportsIncomplete")
        assert degraded["message"].startswith("trial sweep-0")
    else:
        assert (first.reason, first.attempt, first.failures) == ("Completed", 2, 1)
        assert first.incomplete_reasons == {}
        assert first.executions[0].reason == "ReportsIncomplete"
        assert degraded["status"] == "False"
    operator.kill()
