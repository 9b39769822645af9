"""Proposals of a sampler that learns, between the event loop and the worker thread."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.controllers.proposer import Proposer
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.lifecycle.snapshot import Proposal
from sweepjob.search.samplers.bayesian_sampler import BayesianSampler
from sweepjob.search.space import Assignment

from .builders import snapshot, sweepjob
from .idle_queues import idle_queues, requeued


def state(**spec: Any) -> SweepStore:
    body = sweepjob(samplingAlgorithm={"type": "bayesian", "seed": 1}, **spec)
    return SweepStore(ObjectIdentity("team", "sweep", "uid"), parse_sweepjob(body), 1, 0.0, {})


def record(index: int, assignment: dict[str, Any]) -> Any:
    body = trial_manifest("team", "sweep", "uid", index, assignment, "bayesian")
    body["metadata"] |= {"uid": f"t{index}", "resourceVersion": "1"}
    return parse_record(body)


async def make(sweep: SweepStore, wanted: int) -> int:
    """As many proposals as are wanted, or can be made; returns how many are new."""
    proposer, made = Proposer(), 0
    while await proposer.make_proposal(sweep, snapshot(wanted, wanted), 0.0):
        made += 1
    return made


async def test_each_cached_proposal_is_used_once() -> None:
    sweep = state()
    assert sweep.propose(2, 0.0) == ()
    assert await make(sweep, 2) == 2
    first, second = sweep.propose(2, 0.0)
    assert (first.index, second.index) == (0, 1)
    assert first.assignment != second.assignment
    assert await make(sweep, 2) == 0
    sweep.add_trial(record(0, first.assignment))
    assert sweep.propose(2, 0.0) == (second,)
    assert await make(sweep, 2) == 1
    assert sweep.propose(2, 0.0)[0] == second


async def test_a_new_observation_discards_cached_proposals() -> None:
    sweep = state()
    await make(sweep, 2)
    trial = sweep.add_trial(record(0, sweep.propose(1, 0.0)[0].assignment))
    assert sweep.propose(1, 0.0)
    sweep.record_end(trial, TrialPhase.FAILED, 0.0)
    assert sweep.propose(1, 0.0) == ()
    [failed] = sweep.state.observations()
    assert (failed.score, failed.ended) == (None, True)


async def test_a_canceled_trial_is_no_observation_but_is_not_repeated() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0, {"lr": 0.1, "units": 16}))
    sweep.record_end(trial, TrialPhase.CANCELED, 0.0)
    [canceled] = sweep.state.observations()
    assert (canceled.ended, canceled.parameters) == (False, {"lr": 0.1, "units": 16})


async def test_an_exhausted_space_is_marked() -> None:
    sweep = state(searchSpace={"x": {"type": "choice", "values": [1, 2]}}, trial={"image": "i"})
    assert await make(sweep, 4) == 2
    assert {p.assignment["x"] for p in sweep.propose(4, 0.0)} == {1, 2}
    assert sweep.state.proposals.exhausted


async def test_a_suspended_sweep_gets_no_proposals() -> None:
    assert not await Proposer().make_proposal(state(), snapshot(suspended=True), 0.0)


def test_proposals_are_used_up_to_the_first_missing_index() -> None:
    sweep = state()
    sweep.cache_proposal(1, {"x": 2})
    assert sweep.propose(3, 0.0) == ()
    sweep.cache_proposal(0, {"x": 1})
    assert sweep.propose(3, 0.0) == (Proposal(0, {"x": 1}), Proposal(1, {"x": 2}))
    assert sweep.propose(1, 0.0) == (Proposal(0, {"x": 1}),)


async def test_an_index_without_a_record_is_proposed_again() -> None:
    sweep = state()
    await make(sweep, 3)
    first, second, third = sweep.propose(3, 0.0)
    sweep.add_trial(record(1, second.assignment))
    assert (sweep.state.slots.created, sweep.state.slots.next_index, sweep.state.slots.skipped) == (
        1,
        2,
        {0},
    )
    assert sweep.propose(2, 0.0) == (first, third)
    sweep.add_trial(record(0, first.assignment))
    assert (sweep.state.slots.created, sweep.state.slots.skipped) == (2, set())


async def test_the_event_loop_does_not_wait_for_a_proposal() -> None:
    sweep, proposer, queues = state(), Proposer(), idle_queues()
    proposer.request(sweep, snapshot(), 0.0, queues)
    assert sweep.propose(2, 0.0) == ()
    proposer.request(sweep, snapshot(), 0.0, queues)  # made once, however often it is requested
    await requeued(queues)
    assert len(sweep.propose(2, 0.0)) == 1


async def test_sweeps_share_the_thread_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    sweeps = {"a": state(), "b": state()}
    names = {id(sweep.state.proposals.sampler): name for name, sweep in sweeps.items()}
    made = BayesianSampler.propose

    def propose(sampler: BayesianSampler, *given: Any) -> Assignment | None:
        order.append(names[id(sampler)])
        return made(sampler, *given)

    monkeypatch.setattr(BayesianSampler, "propose", propose)
    proposer = Proposer()

    async def serve(sweep: SweepStore) -> None:
        for _ in range(4):
            assert await proposer.make_proposal(sweep, snapshot(4, 4), 0.0)

    await asyncio.gather(*(serve(sweep) for sweep in sweeps.values()))
    assert "".join(order) == "abababab"


async def test_an_error_is_raised_at_the_next_reconciliation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sweep, proposer, queues = state(), Proposer(), idle_queues()

    def propose(sampler: BayesianSampler, *given: Any) -> Assignment | None:
        raise ArithmeticError("no proposal")

    monkeypatch.setattr(BayesianSampler, "propose", propose)
    proposer.request(sweep, snapshot(), 0.0, queues)
    await requeued(queues)
    await asyncio.sleep(0)
    with pytest.raises(ArithmeticError):
        proposer.request(sweep, snapshot(), 0.0, queues)
