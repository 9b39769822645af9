"""Proposals of a sampler that learns, between the event loop and the worker thread."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweepjob import parse_sweepjob
from sweepjob.api.sweeptrial import parse_record, trial_manifest
from sweepjob.controllers.proposal_cache import ProposalCache, Proposer
from sweepjob.controllers.sweep_store import SweepState
from sweepjob.lifecycle.snapshot import Proposal
from sweepjob.search.samplers.bayesian import BayesianSampler
from sweepjob.search.space import Assignment

from .builders import snapshot, sweepjob


def state(**spec: Any) -> SweepState:
    body = sweepjob(samplingAlgorithm={"type": "bayesian", "seed": 1}, **spec)
    return SweepState("team", "sweep", "uid", parse_sweepjob(body), 1, 0.0, {})


def record(index: int, assignment: dict[str, Any]) -> Any:
    body = trial_manifest("team", "sweep", "uid", index, assignment, "bayesian")
    body["metadata"] |= {"uid": f"t{index}", "resourceVersion": "1"}
    return parse_record(body)


async def make(sweep: SweepState, wanted: int) -> int:
    """As many proposals as are wanted, or can be made; returns how many are new."""
    proposer, made = Proposer(), 0
    while await proposer.make_ready(
        sweep, snapshot(proposals=sweep.proposals(wanted)), wanted, 0.0
    ):
        made += 1
    return made


async def test_what_is_made_ready_is_proposed_once_each() -> None:
    sweep = state()
    assert sweep.proposals(2) == ()
    assert await make(sweep, 2) == 2
    first, second = sweep.proposals(2)
    assert (first.index, second.index) == (0, 1)
    assert first.assignment != second.assignment
    assert await make(sweep, 2) == 0
    sweep.add(record(0, first.assignment))
    assert sweep.proposals(2) == (second,)
    assert await make(sweep, 2) == 1
    assert sweep.proposals(2)[0] == second


async def test_a_result_makes_the_proposals_anew() -> None:
    sweep = state()
    await make(sweep, 2)
    trial = sweep.add(record(0, sweep.proposals(1)[0].assignment))
    assert sweep.proposals(1)
    sweep.end(trial, TrialPhase.FAILED, 0.0)
    assert sweep.proposals(1) == ()
    [failed] = sweep.observations()
    assert (failed.score, failed.ended) == (None, True)


async def test_a_canceled_trial_teaches_nothing_but_is_not_tried_again() -> None:
    sweep = state()
    trial = sweep.add(record(0, {"lr": 0.1, "units": 16}))
    sweep.end(trial, TrialPhase.CANCELED, 0.0)
    [canceled] = sweep.observations()
    assert (canceled.ended, canceled.parameters) == (False, {"lr": 0.1, "units": 16})


async def test_an_exhausted_space_is_known_as_such() -> None:
    sweep = state(searchSpace={"x": {"type": "choice", "values": [1, 2]}}, trial={"image": "i"})
    assert await make(sweep, 4) == 2
    assert {p.assignment["x"] for p in sweep.proposals(4)} == {1, 2}
    assert sweep.exhausted


async def test_nothing_is_made_for_a_suspended_sweep() -> None:
    assert not await Proposer().make_ready(state(), snapshot(suspended=True), 2, 0.0)


def test_what_is_ready_is_taken_up_to_the_first_that_is_not() -> None:
    ready = ProposalCache({3: {"x": 1}, 4: {"x": 2}})
    assert [p.index for p in ready.of([3, 4, 5])] == [3, 4]
    assert ready.of([4]) == (Proposal(4, {"x": 2}),)
    assert ready.of([2, 3]) == ()


async def test_an_index_whose_record_was_not_written_is_proposed_again() -> None:
    sweep = state()
    await make(sweep, 3)
    first, second, third = sweep.proposals(3)
    sweep.add(record(1, second.assignment))
    assert (sweep.created, sweep.next_index, sweep.missing) == (1, 2, {0})
    assert sweep.proposals(2) == (first, third)
    sweep.add(record(0, first.assignment))
    assert (sweep.created, sweep.missing) == (2, set())


async def test_nobody_waits_for_a_proposal() -> None:
    sweep, proposer, told = state(), Proposer(), asyncio.Event()
    proposer.ask(sweep, snapshot(), 0.0, told.set)
    assert sweep.proposals(2) == ()
    proposer.ask(sweep, snapshot(), 0.0, told.set)  # asked once, however often it is looked at
    await asyncio.wait_for(told.wait(), 30)
    assert len(sweep.proposals(2)) == 1


async def test_sweeps_take_turns_for_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    sweeps = {"a": state(), "b": state()}
    names = {id(sweep.sampler): name for name, sweep in sweeps.items()}
    made = BayesianSampler.propose

    def propose(sampler: BayesianSampler, *given: Any) -> Assignment | None:
        order.append(names[id(sampler)])
        return made(sampler, *given)

    monkeypatch.setattr(BayesianSampler, "propose", propose)
    proposer = Proposer()

    async def serve(sweep: SweepState) -> None:
        for made in range(4):
            given = snapshot(proposals=sweep.proposals(made))
            assert await proposer.make_ready(sweep, given, 4, 0.0)

    await asyncio.gather(*(serve(sweep) for sweep in sweeps.values()))
    assert "".join(order) == "abababab"


async def test_what_goes_wrong_is_told_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep, proposer, told = state(), Proposer(), asyncio.Event()

    def propose(sampler: BayesianSampler, *given: Any) -> Assignment | None:
        raise ArithmeticError("no proposal")

    monkeypatch.setattr(BayesianSampler, "propose", propose)
    proposer.ask(sweep, snapshot(), 0.0, told.set)
    await asyncio.wait_for(told.wait(), 30)
    await asyncio.sleep(0)
    with pytest.raises(ArithmeticError):
        proposer.ask(sweep, snapshot(), 0.0, told.set)
