"""An operator beside a CRD of SweepTrials of an earlier version, which drops fields or refuses values."""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
from sweepjob.api.meta.identity import ObjectKey
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.dropped_fields import compare_fields
from sweepjob.api.sweeptrial.log_tail import LogTail
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer, StatusError, parse_path
from sweepjob.local.store import Body
from sweepjob.telemetry import metrics

from tests.fake_api.cluster import FakeCluster
from tests.fake_api.harness import EPOCH, NAMESPACE, RunningOperator, quiet
from tests.fake_api.simulated_trainers import SimulatedTrainers
from tests.fake_api.transport import FaultProfile, FaultyTransport
from tests.fake_api.virtual_time import VirtualTimeLoop

from .scenarios import spec
from .stored_sweeps import record, state
from .two_sweeps import apply

Answer = tuple[int, Body]


class OutdatedServer(MemoryApiServer):
    """A fake: an API server with an earlier CRD of SweepTrials.

    Attributes:
        crd: changes the status of a patch as pruning does, or returns a refusal.
    """

    crd: Callable[[dict[str, Any]], Answer | None]
    operator: RunningOperator

    def answer(self, request: Request) -> Answer:
        path = parse_path(request.path)
        if request.method == "PATCH" and path.resource == "sweeptrials":
            body = copy.deepcopy(request.body or {})
            refusal = self.crd(body.get("status") or {})
            if refusal is not None:
                return refusal
            request = Request("PATCH", request.path, request.query, body, request.content_type)
        return super().answer(request)


def degraded(crd: Callable[[dict[str, Any]], Answer | None], seconds: float) -> dict[str, Any]:
    """The condition of a sweep after some seconds."""
    status = play(OutdatedServer, crd, seconds).store.all("sweepjobs")[NAMESPACE, "sweep"]["status"]
    return next(c for c in status["conditions"] if c["type"] == "Degraded")


def play(
    kind: Callable[[Callable[[], float]], OutdatedServer],
    crd: Callable[[dict[str, Any]], Answer | None],
    seconds: float,
) -> OutdatedServer:
    """A sweep of four trials for some seconds; returns the server after them."""
    random.seed(1)
    loop = VirtualTimeLoop()

    async def scenario() -> OutdatedServer:
        def clock() -> float:
            return EPOCH + loop.time()

        server = kind(clock)
        server.crd = crd
        trainers = SimulatedTrainers(random.Random(2), lambda: server.operator.push_handler)
        FakeCluster(server, random.Random(3), clock, trainers.run)
        apply(server, NAMESPACE, "sweep", spec(4, 2))
        transport = FaultyTransport(server, FaultProfile(random.Random(4)))
        server.operator = RunningOperator(transport, clock)
        await asyncio.sleep(seconds)
        assert server.operator.problem() is None
        server.operator.kill()
        return server

    with quiet(), asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(scenario())


def nothing(status: dict[str, Any]) -> None:
    """The CRD of this version."""


def prune(status: dict[str, Any]) -> None:
    """Drop what an earlier CRD does not know."""
    status.pop("metricsSeen", None)
    status.pop("gpuSeconds", None)
    (status.get("curve") or {}).pop("bestInterval", None)


def refuse(status: dict[str, Any]) -> Answer | None:
    """Refuse a phase that an earlier CRD does not have."""
    if status.get("phase") != "Succeeded":
        return None
    text = 'SweepTrial "x" is invalid: status.phase: Unsupported value: "Succeeded"'
    return refusal(
        422, "Invalid", text, {"reason": "FieldValueNotSupported", "field": "status.phase"}
    )


def refusal(code: int, reason: str, text: str, *causes: Body) -> Answer:
    """A refusal; those of a schema name their fields in causes."""
    body = StatusError(code, reason, text).body
    return code, {**body, "details": {"kind": "SweepTrial", "causes": [*causes]}}


def test_a_crd_of_this_version_is_not_named() -> None:
    assert degraded(nothing, 40)["reason"] == "AllTrialsHealthy"


def test_fields_that_are_dropped_are_named() -> None:
    condition = degraded(prune, 40)
    assert (condition["status"], condition["reason"]) == ("True", "CrdOutdated")
    assert "drops status.curve.bestInterval, status.gpuSeconds" in condition["message"]


def test_a_status_that_is_refused_is_named() -> None:
    condition = degraded(refuse, 60)
    assert (condition["status"], condition["reason"]) == ("True", "CrdOutdated")
    assert 'Unsupported value: "Succeeded"' in condition["message"]
    assert condition["message"].startswith("the status of trial sweep-")


POLICY = "sweeptrials is forbidden: ValidatingAdmissionPolicy 'p' denied request: no"


@pytest.mark.parametrize(
    "refused",
    [
        refusal(401, "Unauthorized", "Unauthorized"),
        refusal(403, "Forbidden", 'admission webhook "w.example.com" denied the request: no'),
        refusal(422, "Invalid", POLICY, {"message": "no"}),
        refusal(400, "BadRequest", 'admission webhook "w.example.com" denied the request: no'),
    ],
)
def test_what_is_refused_for_another_reason_says_nothing_about_the_crd(refused: Answer) -> None:
    def refuse_ends(status: dict[str, Any]) -> Answer | None:
        return refused if status.get("phase") == "Succeeded" else None

    assert degraded(refuse_ends, 60)["reason"] != "CrdOutdated"


def test_a_refused_status_is_forgotten_when_the_trial_has_ended() -> None:
    """Its end was written, and the answer lost: nothing of it is written again."""
    sweep = state()
    trial = sweep.add_trial(record(0))
    sweep.note_refused_status(trial.name, "422: no")
    sweep.record_end(trial, TrialPhase.SUCCEEDED, 0.0)
    assert sweep.state.findings.refused_statuses == {}


class LateLogs(OutdatedServer):
    """A fake: while the end of a trial is written, the operator reads the end of its log."""

    def answer(self, request: Request) -> Answer:
        path, status = parse_path(request.path), (request.body or {}).get("status", {})
        if path.resource == "sweeptrials" and "completionTime" in status:
            sweep = self.operator.controller.registry.sweep(ObjectKey(NAMESPACE, "sweep"))
            assert sweep is not None
            trial = next(t for t in sweep.state.live.values() if t.name == path.name)
            sweep.trials.note_log_tail(trial, 1, LogTail("pod", "read late"), 0.0)
        return super().answer(request)


@pytest.mark.parametrize(("code", "times"), [(409, 1), (409, 100), (503, 100), (403, 100)])
def test_logs_that_are_refused_do_not_hide_the_end_of_a_trial(code: int, times: int) -> None:
    refused: list[dict[str, Any]] = []

    def refuse_logs(status: dict[str, Any]) -> Answer | None:
        if [*status] != ["logs"] or len(refused) >= times:
            return None
        refused.append(status)
        return refusal(code, "Refused", "not now")

    def ended() -> float:
        return sum(metrics.TRIALS.labels(phase.value)._value.get() for phase in TrialPhase)

    before = ended()
    server = play(LateLogs, refuse_logs, 60)
    assert refused
    assert ended() - before == 4
    reasons = [event["reason"] for event in server.store.all("events").values()]
    assert "NewBest" in reasons
    trials = server.store.all("sweeptrials").values()
    late = [t["status"].get("logs", {}).get("1", {}).get("text") == "read late" for t in trials]
    assert all(late) == (times == 1)


@pytest.mark.parametrize(
    ("sent", "stored", "found"),
    [
        ({"a": 1}, {"a": 1}, {"status.a": True}),
        ({"a": 1, "b": None, "c": {}, "d": []}, {}, {"status.a": False}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, {"status.a": True, "status.a.b": True, "status.a.c": False}),
        ({"a": {"b": 1}}, {}, {"status.a": False}),
        ({"a": {"b": 1}}, None, {"status.a": False}),
        ({"a": {"b": 1}}, {"a": "x"}, {"status.a": True, "status.a.b": False}),
        ({"a": [1]}, {"a": []}, {"status.a": True}),
    ],
)  # fmt: skip
def test_fields_are_compared(sent: Any, stored: Any, found: Any) -> None:
    assert dict(compare_fields(sent, stored)) == found
