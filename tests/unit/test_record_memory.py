"""What the operator remembers of a trial that has ended: 10,000 of 1,000 reports have 512 MB."""

from __future__ import annotations

import gc
import json
import tracemalloc

import pytest
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record
from sweepjob.controllers.state.sweep_store import SweepStore

from tests.bench import memory

from .builders import sweepjob

LIMIT = 512e6 / 10_000  # bytes of a trial
POLICIES = [
    {"type": "bandit", "slackFactor": 0.1},
    {"type": "median_stopping"},
]


def remembered(policy: dict[str, object], trials: int) -> int:
    """The bytes that so many records, and the sweep loaded from them, take."""
    texts = [json.dumps(memory._record(index, 1000)) for index in range(trials)]
    limits = {"maxTotalTrials": 1000, "maxConcurrentTrials": 2}
    spec = parse_sweepjob(sweepjob(earlyTermination=policy, limits=limits))
    tracemalloc.start()
    records = [parse_record(json.loads(text)) for text in texts]
    identity = ObjectIdentity(memory.NAMESPACE, memory.NAME, memory.UID)
    sweep = SweepStore(identity, spec, 1, 0.0, {})
    for _ in sweep.load_in_steps(records):
        pass
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(records) == trials
    return taken


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy["type"])
def test_a_trial_that_has_ended_takes_little_memory(policy: dict[str, object]) -> None:
    few, many = remembered(policy, 5), remembered(policy, 25)
    assert (many - few) / 20 < LIMIT
