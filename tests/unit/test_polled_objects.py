"""Objects whose events are polled, rather than watched: how often, and how many are remembered."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.controllers.caches import Caches
from sweepjob.controllers.job_event_poller import JobEventPoller
from sweepjob.controllers.namespace_constraint_reader import NamespaceConstraintReader
from sweepjob.controllers.recent_times import MOST, RecentTimes
from sweepjob.kube.client import KubeClient
from sweepjob.kube.rate_limiter import RequestRateLimiter
from sweepjob.kube.transport import Request, Response

from .small_pods import POD
from .stored_sweeps import record, state

TRIALS = 40
CREATED = 1_767_225_605.0  # of the pods, in seconds since the epoch


class Events:
    """A fake transport: there is no event of any object, and each question is counted."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    async def request(self, request: Request) -> Response:
        assert request.path.endswith("/events")
        self.asked[request.query["fieldSelector"].split(",")[0]] += 1
        return Response(200, b'{"metadata": {"resourceVersion": "1"}, "items": []}')


def waiting_pod(index: int) -> dict[str, Any]:
    """A pod of a trial that has a node, and does not start."""
    trial = f"sweep-{index}"
    labels = {**POD["metadata"]["labels"], "sweepjob.dev/sweep": "sweep"}
    meta = {
        **POD["metadata"],
        "name": f"{trial}-x",
        "namespace": "team",
        "uid": f"pod-{index}",
        "labels": labels | {"sweepjob.dev/trial": trial, "sweepjob.dev/attempt": "1"},
        "ownerReferences": [{"uid": f"job-{index}"}],
    }
    del meta["deletionTimestamp"]
    status = {"phase": "Pending", "startTime": "2026-01-01T00:00:05Z"}
    return {"metadata": meta, "spec": POD["spec"], "status": status}


def job(index: int) -> dict[str, Any]:
    labels = {"sweepjob.dev/sweep": "sweep", "sweepjob.dev/trial": f"sweep-{index}"}
    owner = {"uid": f"trial-{index}", "kind": "SweepTrial", "name": f"sweep-{index}"}
    meta = {"namespace": "team", "name": f"sweep-{index}", "uid": f"job-{index}"}
    meta |= {"resourceVersion": "5", "labels": labels, "ownerReferences": [owner]}
    return {"metadata": meta, "spec": {}, "status": {}}


@pytest.mark.parametrize("remembered", [MOST, 10])
async def test_a_pod_that_waits_is_asked_about_ever_less_often(remembered: int) -> None:
    """Also if more pods wait than are remembered: none is asked about more often for that."""
    events = Events()
    api = KubeClient(events, RequestRateLimiter(1e6, 1000, 100))  # type: ignore[arg-type] # a fake transport
    caches = Caches(api, (), lambda: CREATED)
    caches.connect(lambda sweep, trial: None, lambda pod, *, gone: None, lambda record: None)
    poller = JobEventPoller(api, caches, NamespaceConstraintReader(api, lambda: CREATED))
    poller._polled = RecentTimes(remembered)
    sweep = state()
    trials = [sweep.add_trial(record(index, attempt=1)) for index in range(TRIALS)]
    for index in range(TRIALS):
        caches.jobs("team").store_own_write(job(index))
        caches._informers.pods("team").store_own_write(waiting_pod(index))
    due = dict.fromkeys(range(TRIALS), CREATED)
    for second in range(600):
        now = CREATED + second
        for index in [n for n, when in due.items() if when <= now]:
            next_due = await poller.poll(sweep, trials[index], now)
            assert next_due is not None
            assert next_due > now
            due[index] = next_due
    # After 10, 20, 40 and 80 seconds, and then once a minute.
    assert events.asked == {f"involvedObject.uid=pod-{n}": 12 for n in range(TRIALS)}
    assert len(poller._polled) == min(TRIALS, remembered)


def test_the_newest_objects_are_remembered() -> None:
    times = RecentTimes()
    for number in range(3 * MOST):
        times.note(str(number), number)
        times.note("often", number)
    assert len(times) == MOST
    assert times.get("often") == 3 * MOST - 1
    assert times.get(str(3 * MOST - 1)) == 3 * MOST - 1
    assert times.get(str(2 * MOST)) is None


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcdef"))))
def test_what_is_remembered_is_what_was_noted_last(acts: list[tuple[bool, str]]) -> None:
    times, known = RecentTimes(3), dict[str, float]()
    for now, (is_noted, uid) in enumerate(acts):
        known.pop(uid, None)
        if is_noted:
            known = dict([*known.items(), (uid, float(now))][-3:])
            times.note(uid, now)
        else:
            times.discard(uid)
        assert {name: times.get(name) for name in "abcdef"} == {
            name: known.get(name) for name in "abcdef"
        }
        assert len(times) == len(known)
