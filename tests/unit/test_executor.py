"""The executor over the fake API server: a new trial, from its record to its Job."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import trial_manifest
from sweepjob.controllers.caches import Caches
from sweepjob.controllers.event_recorder import EventRecorder
from sweepjob.controllers.executor import Executor
from sweepjob.controllers.ingest_authority import IngestAuthority
from sweepjob.controllers.job_creator import JobCreator
from sweepjob.controllers.log_tails import LogTails
from sweepjob.controllers.namespace_constraint_reader import NamespaceConstraintReader
from sweepjob.controllers.queues import Queues
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.sweep_registry import SweepRegistry
from sweepjob.controllers.trial_status_writer import TrialStatusWriter
from sweepjob.kube.client import KubeClient
from sweepjob.kube.rate_limiter import RequestRateLimiter
from sweepjob.kube.transport import Request
from sweepjob.lifecycle.planner import plan_new_trial
from sweepjob.lifecycle.snapshot import Proposal
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Body

from tests.fake_api.harness import SETTINGS
from tests.fake_api.transport import FaultProfile, FaultyTransport

from .builders import snapshot, sweepjob

NAMESPACE = "team"
RECORDS = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweeptrials"
SPEC = parse_sweepjob(sweepjob(trial={"image": "train", "command": "train"}))
NEW = plan_new_trial(Proposal(0, {"lr": 0.1}), snapshot(), 0.0).actions


def clock() -> float:
    return 1_700_000_000.0


def ignore(*changed: object, **details: object) -> None:
    """Nothing is done about changes."""


def execute(server: MemoryApiServer) -> SweepStore:
    """What the planner asks for about a new trial; returns what is remembered of the sweep then."""
    state = SweepStore(ObjectIdentity(NAMESPACE, "sweep", "uid"), SPEC, 1, 0.0, {})

    async def run() -> None:
        client = FaultyTransport(server, FaultProfile(random.Random(1)))
        api = KubeClient(client, RequestRateLimiter(100.0, 10))
        caches = Caches(api, (), time.time)
        caches.connect(ignore, ignore, ignore)
        events, limits = EventRecorder(api, clock), NamespaceConstraintReader(api, clock)
        job_creator = JobCreator(
            api, caches, events, limits, SETTINGS.sidecar, IngestAuthority(None), clock
        )
        status_writer = TrialStatusWriter(api, caches, EventRecorder(api, clock), clock)
        registry = SweepRegistry(SETTINGS)
        tails = LogTails(api, caches, registry, Queues(registry), clock)
        await Executor(api, caches, job_creator, status_writer, tails, clock).execute(state, NEW)

    asyncio.run(run())
    return state


def put_record(server: MemoryApiServer, **status: Any) -> None:
    """A record that the operator does not know of."""
    body: Body = trial_manifest(NAMESPACE, "sweep", "uid", 0, {"lr": 0.1}, "random seed 1")
    assert server.answer(Request("POST", RECORDS, {}, body))[0] == 201
    server.store.all("sweeptrials")[NAMESPACE, "sweep-0"]["status"] = status


def test_a_new_trial_gets_its_record_and_then_its_job() -> None:
    server = MemoryApiServer(clock)
    state = execute(server)
    [record] = server.store.all("sweeptrials").values()
    [job] = server.store.all("jobs").values()
    assert job["metadata"]["ownerReferences"][0]["uid"] == record["metadata"]["uid"]
    assert state.state.live[0].status.job_created


def test_a_record_created_without_a_response_gets_its_job() -> None:
    server = MemoryApiServer(clock)
    put_record(server)
    execute(server)
    assert len(server.store.all("jobs")) == 1


def test_no_job_of_the_first_attempt_when_the_record_is_at_the_second() -> None:
    server = MemoryApiServer(clock)
    put_record(server, phase="Pending", attempt=2)
    state = execute(server)
    assert state.state.live[0].status.attempt == 2
    assert not server.store.all("jobs")


def test_no_job_when_the_record_has_one() -> None:
    server = MemoryApiServer(clock)
    put_record(server, phase="Running", attempt=1, job="sweep-0")
    execute(server)
    assert not server.store.all("jobs")
