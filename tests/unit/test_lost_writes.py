"""Writes whose answer is lost, and writes before which the operator is killed: what belongs to them follows."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import trial_manifest
from sweepjob.controllers.caches import Caches
from sweepjob.controllers.event_recorder import EventRecorder
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.trial_status_writer import TrialStatusWriter
from sweepjob.kube import errors
from sweepjob.kube.client import KubeClient
from sweepjob.kube.rate_limiter import RequestRateLimiter
from sweepjob.kube.transport import Request, Response, TransportError
from sweepjob.lifecycle.actions import RecordRetry
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Body, Change, Key
from sweepjob.telemetry import metrics

from tests.fake_api.cluster import FakeCluster
from tests.fake_api.harness import EPOCH, NAMESPACE, RunningOperator, Scenario, quiet
from tests.fake_api.invariants import NODE_IS_LOST
from tests.fake_api.transport import FaultProfile, FaultyTransport, Outage, OutageKind

from .builders import sweepjob
from .scenarios import spec

ENDS = {phase.value for phase in TrialPhase if phase.is_end}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield


class LosesAnswers(FaultyTransport):
    """The first decision about each trial is written, and so is its end; neither answer arrives."""

    lost: set[tuple[str, str]]

    async def request(self, request: Request) -> Response:
        response = await super().request(request)
        what = _written(request)
        if what and (request.path, what) not in self.lost:
            self.lost.add((request.path, what))
            await asyncio.sleep(0.5)
            raise TransportError("no response in time")
        return response


def _written(request: Request) -> str:
    """What a write of a trial's status records: its end, or a decision to stop it."""
    if request.method != "PATCH" or "/sweeptrials/" not in request.path:
        return ""
    status = (request.body or {}).get("status") or {}
    return "end" if status.get("phase") in ENDS else "stop" if status.get("stop") else ""


class LostAnswers(Scenario):
    """Attributes:
    lost: the writes whose answers were lost.
    """

    def _start(self) -> None:
        transport = LosesAnswers(self.server, self.fault_profile)
        transport.lost = self.lost = set[tuple[str, str]]()
        self.operator = RunningOperator(transport, self._clock)


def counted() -> Counter[str]:
    """What the operator's metrics have counted so far."""
    found = Counter(
        {phase.value: _value(metrics.TRIALS.labels(phase.value)) for phase in TrialPhase}
    )
    found["decisions"] = sum(
        int(sample.value)
        for metric in metrics.DECISION_SECONDS.collect()
        for sample in metric.samples
        if sample.name.endswith("_count")
    )
    return found


def _value(counter: Any) -> int:
    return int(counter._value.get())


def events_of(story: Scenario) -> Counter[tuple[str, str]]:
    """How often each event of a trial was recorded, by trial and reason."""
    found: Counter[tuple[str, str]] = Counter()
    for event in story.server.store.all("events").values():
        if event["regarding" if "regarding" in event else "involvedObject"]["kind"] == "SweepTrial":
            found[_name(event), event["reason"]] += 1
    return found


def _name(event: Body) -> str:
    return str((event.get("regarding") or event["involvedObject"])["name"])


def test_an_end_whose_answer_is_lost_is_counted_and_has_its_events() -> None:
    before = counted()
    given = spec(12, 2, trial={"image": "i", "command": "c", "maxRetries": 0})
    story = LostAnswers(4, given, failure_probability=0.2)
    story.run()
    phases = Counter(trial["status"]["phase"] for trial in story.trials)
    assert {"Failed", "Succeeded", "EarlyStopped"} <= set(phases)
    decided = sum(bool(trial["status"].get("stop")) for trial in story.trials)
    assert len(story.lost) == 12 + decided
    now = counted() - before
    assert now == Counter({**phases, "decisions": decided})
    events = events_of(story)
    for trial in story.trials:
        name, status = trial["metadata"]["name"], trial["status"]
        if status["phase"] == "Failed":
            assert events[name, status["reason"]] == 1
        if status["phase"] == "EarlyStopped":
            assert events[name, "EarlyStopped"] == 1
        assert status["logs"], "the end of its log is on record"


class LostNode(FakeCluster):
    """The node of the first pod is lost: the pod is deleted by the node's controller, and never ends."""

    lost = ""

    def _start(self, key: Key, uid: str) -> None:
        super()._start(key, uid)
        if not self.lost:
            self.lost = uid
            self._later((1.0, 1.0), self._lose, key, uid)

    def _lose(self, key: Key, uid: str) -> None:
        self._kill(uid)
        self.request("PATCH", "pods", key, {"metadata": {"annotations": {NODE_IS_LOST: "true"}}})
        self.request("DELETE", "pods", key, {"preconditions": {"uid": uid}})

    def _terminate(self, key: Key, uid: str) -> None:
        if uid != self.lost:
            super()._terminate(key, uid)


class ReplacedNode(LostNode):
    """An administrator deletes the node when the Job is being deleted, and the pod goes with it."""

    def _on_change(self, change: Change) -> None:
        super()._on_change(change)
        if (
            change.resource == "jobs"
            and change.new
            and "deletionTimestamp" in change.new["metadata"]
        ):
            for pod in self._pods_of(change.new):
                if pod["metadata"]["uid"] == self.lost:
                    key = pod["metadata"]["namespace"], pod["metadata"]["name"]
                    self._later((0.02, 0.05), self._remove, key, self.lost)


class WatchedNode(Scenario):
    """Notes at which turns the second attempt was recorded and started, and the first Job was deleted."""

    def _start(self) -> None:
        super()._start()
        self.turns = dict[str, int]()
        self.server.store.observers.append(self._note)

    def _note(self, change: Change) -> None:
        name, new = change.body["metadata"]["name"], change.new or {}
        found = {
            "recorded": change.resource == "sweeptrials"
            and new.get("status", {}).get("attempt") == 2,
            "deleted": (change.resource, name) == ("jobs", "sweep-0")
            and "deletionTimestamp" in change.body["metadata"],
            "created": (change.resource, name) == ("jobs", "sweep-0-r2"),
        }
        for what in (what for what, is_seen in found.items() if is_seen):
            self.turns.setdefault(what, self.loop.turns)


@pytest.mark.parametrize("cluster", [LostNode, ReplacedNode])
def test_killed_around_the_loss_of_a_node_the_trial_starts_again_with_its_cause(
    cluster: type[FakeCluster],
) -> None:
    """A Job that is missing was deleted by somebody else: the retry is recorded before."""
    given = {"cluster": cluster, "downtime": (1.0, 5.0)}
    undisturbed = WatchedNode(3, spec(2, 1), **given).run()
    at = undisturbed.turns
    assert at["recorded"] < at["deleted"] < at["created"]
    first, last = at["recorded"] - 60, at["created"] + 20
    turns = [turn for turn in undisturbed.kill_points if first < turn < last]
    assert len(turns) >= 3
    for turn in turns:
        trial = Scenario(3, spec(2, 1), frozenset({turn}), **given).run().trials[0]
        status = trial["status"]
        assert status["phase"] in ("Succeeded", "EarlyStopped"), f"killed at turn {turn}"
        assert [e["reason"] for e in status["executions"]] == ["NodeLost"], f"killed at turn {turn}"
        assert status["attempt"] == 2


async def test_a_disruption_counts_once_however_often_its_record_is_tried() -> None:
    """The end of an attempt of several pods, while etcd has no space, and afterwards."""
    server = MemoryApiServer(lambda: EPOCH)
    faults = FaultProfile(random.Random(1))
    api = KubeClient(FaultyTransport(server, faults), RequestRateLimiter(100.0, 10))
    body = trial_manifest(NAMESPACE, "sweep", "uid", 0, {"lr": 0.1}, "random seed 1")
    path = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweeptrials"
    _, made = server.answer(Request("POST", path, {}, body))
    several = {"image": "train", "command": "train", "instanceCount": 2}
    parsed = parse_sweepjob(sweepjob(trial=several))
    sweep = SweepStore(ObjectIdentity(NAMESPACE, "sweep", "uid"), parsed, 1, 0.0, {})
    caches = Caches(api, (), lambda: EPOCH)
    caches.connect(*[lambda *_, **__: None] * 3)
    sweep.add_trial(caches.trials(NAMESPACE).store_own_write(made))
    trial = sweep.state.live[0]
    writer = TrialStatusWriter(api, caches, EventRecorder(api, lambda: EPOCH), lambda: EPOCH)
    retry = RecordRetry(0, 2, 0, "Preempted", "rank 1: preempted")
    faults.outages = (Outage(-math.inf, math.inf, OutageKind.FULL),)
    for _ in range(3):
        with pytest.raises(errors.ApiError):
            await writer.record_attempt(sweep, trial, retry)
    faults.outages = ()
    await writer.record_attempt(sweep, trial, retry)
    [stored] = server.store.all("sweeptrials").values()
    assert stored["status"]["disruptions"] == trial.status.disruptions == 1
    assert (stored["status"]["attempt"], len(stored["status"]["executions"])) == (2, 1)
