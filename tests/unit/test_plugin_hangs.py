"""Plug-ins that do not return: their sweep says so, and the others continue in a fresh thread."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.controllers import parser_threads, plugin_thread
from sweepjob.controllers.parser_threads import ParserThreads
from sweepjob.controllers.plugin_thread import CallTimeout, PluginThread
from sweepjob.controllers.proposer import Proposer
from sweepjob.controllers.snapshot_builder import sweep_snapshot
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.state.sweep_transitions import reports
from sweepjob.controllers.status_builder import build_status
from sweepjob.controllers.time_limit import call_within
from sweepjob.early_stopping.policies.declaration import PolicyDeclaration
from sweepjob.early_stopping.policies.registry import POLICIES
from sweepjob.early_stopping.policy import Decision
from sweepjob.early_stopping.rankings import Rank
from sweepjob.objective import Goal
from sweepjob.search.sampler import Observation, Sampler
from sweepjob.search.samplers.declaration import SamplerDeclaration
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.samplers.registry import SAMPLERS
from sweepjob.search.space import Assignment, Space

from tests.fake_api.harness import SETTINGS
from tests.plugin.sweepjob_toy import WorstPolicy
from tests.waiting import until

from .builders import snapshot, sweepjob
from .idle_queues import idle_queues, requeued
from .plugins import OTHER
from .stored_sweeps import push, record

TIMEOUT = 0.5  # seconds, which one that does not hang never takes


@dataclass
class Hanging:
    """Build samplers of which the seed 666 does not return while ``is_hanging``."""

    hang: Callable[[Hanging], None]
    uses_observations: bool
    is_hanging: bool = True
    released: threading.Event = field(default_factory=threading.Event)

    def build(self, space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
        return HangingSampler(RandomSampler(space, seed), self, seed == 666, self.uses_observations)

    def declaration(self) -> SamplerDeclaration:
        return SamplerDeclaration(
            "hanging",
            "hangs",
            self.build,
            uses_observations=self.uses_observations,
            proposal_timeout=TIMEOUT,
        )


@dataclass
class HangingSampler:
    sampler: Sampler
    owner: Hanging
    is_bad: bool
    uses_observations: bool

    def propose(self, index: int, observations: Sequence[Observation]) -> Assignment | None:
        if self.is_bad and self.owner.is_hanging:
            self.owner.hang(self.owner)
        return self.sampler.propose(index, observations)


def wait(owner: Hanging) -> None:
    owner.released.wait(60)


def loop(owner: Hanging) -> None:
    while owner.is_hanging:
        pass


@pytest.fixture(params=["learning", "random"])
def uses_observations(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "learning")


@pytest.fixture
def hanging(request: pytest.FixtureRequest, uses_observations: bool) -> Iterator[Hanging]:
    made = Hanging(request.param, uses_observations)
    with SAMPLERS.registered(made.declaration(), OTHER):
        yield made
        made.is_hanging = False
        made.released.set()


def state(name: str, seed: int, sampler: str = "hanging") -> SweepStore:
    spec = parse_sweepjob(sweepjob(samplingAlgorithm={"type": sampler, "seed": seed}))
    return SweepStore(ObjectIdentity("team", name, name), spec, seed, 0.0, {})


async def reconcile(proposer: Proposer, sweep: SweepStore, now: float) -> None:
    queues = idle_queues()
    proposer.request(sweep, snapshot(1, 1), now, queues)
    await requeued(queues)
    proposer.request(sweep, snapshot(1, 1), now, queues)


@pytest.mark.parametrize("hanging", [wait, loop], indirect=True)
async def test_a_sampler_that_hangs_fails_with_its_name_and_the_seconds(hanging: Hanging) -> None:
    proposer, bad = Proposer(), state("bad", 666)
    await reconcile(proposer, bad, 10.0)
    failure = bad.state.proposals.failure
    assert failure is not None
    assert failure.message.startswith(f"sampler hanging of {OTHER} failed, so no new trial starts")
    assert "has not returned within 0.5 s" in failure.message
    assert bad.state.proposals.is_paused(10.5)


@pytest.mark.parametrize("hanging", [wait, loop], indirect=True)
async def test_other_sweeps_continue_beside_a_sampler_that_hangs(hanging: Hanging) -> None:
    proposer = Proposer()
    bad, other, own = state("bad", 666), state("other", 1), state("own", 1, "bayesian")
    begun = time.monotonic()
    await asyncio.gather(*(reconcile(proposer, sweep, 0.0) for sweep in (bad, other, own)))
    assert time.monotonic() - begun < 50, "the one that hangs waits for 60 s"
    assert len(other.propose(1, 0.0)) == 1, "the same plug-in, in a fresh thread"
    assert len(own.propose(1, 0.0)) == 1, "a sampler of the package has a thread of its own"
    assert bad.propose(1, 0.0) == ()


@pytest.mark.parametrize("hanging", [wait], indirect=True)
async def test_a_sampler_that_hangs_is_asked_again_only_after_it_has_returned(
    hanging: Hanging,
) -> None:
    proposer, bad = Proposer(), state("bad", 666)
    before = threading.active_count()
    for now in (0.0, 100.0, 200.0):
        await reconcile(proposer, bad, now)
    assert threading.active_count() <= before + 1, "one thread is stuck, however often it is asked"
    assert bad.state.proposals.failure is not None
    assert bad.state.proposals.failure.times == 3
    hanging.is_hanging = False
    hanging.released.set()
    await until(lambda: threading.active_count() <= before)
    await reconcile(proposer, bad, 300.0)
    assert bad.state.proposals.failure is None
    assert len(bad.propose(1, 300.0)) == 1


async def test_a_loop_in_python_is_interrupted() -> None:
    thread, threads = PluginThread("test"), list[threading.Thread]()

    def endless() -> None:
        threads.append(threading.current_thread())
        while True:
            pass

    with pytest.raises(CallTimeout, match=r"within 0\.1 s"):
        await thread.call(0.1, endless)
    await asyncio.to_thread(threads[0].join, 30)
    assert not threads[0].is_alive()
    assert await thread.call(30.0, lambda: 7) == 7


async def test_stuck_threads_of_one_plugin_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin_thread, "_MOST_ABANDONED", 2)
    thread, released = PluginThread("test"), threading.Event()
    for _ in range(2):
        with pytest.raises(CallTimeout, match="has not returned"):
            await thread.call(0.05, released.wait, 60)
    with pytest.raises(CallTimeout, match="2 earlier calls have not returned"):
        await thread.call(0.05, lambda: 7)
    released.set()
    await until(lambda: not any(stuck.is_alive for stuck in thread._abandoned))
    assert await thread.call(120.0, lambda: 7) == 7


async def test_an_error_of_a_call_is_raised() -> None:
    def broken() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await PluginThread("test").call(30.0, broken)


def test_the_process_exits_beside_a_stuck_thread() -> None:
    script = """
import asyncio, time
from sweepjob.controllers.plugin_thread import CallTimeout, PluginThread
async def main():
    try:
        await PluginThread("stuck").call(0.1, time.sleep, 600)
    except CallTimeout as error:
        print(error)
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "it has not returned within 0.1 s\n"


async def test_a_plugin_that_hangs_while_it_is_built_is_a_problem_of_the_spec(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parser_threads, "_PLUGIN_TIMEOUT", 0.1)
    released = threading.Event()

    def build(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
        released.wait(60)
        return RandomSampler(space, seed)

    parser = ParserThreads()
    body = sweepjob(samplingAlgorithm={"type": "hanging"})
    body["metadata"]["uid"] = "u"
    plain = sweepjob()
    plain["metadata"]["uid"] = "u"
    with SAMPLERS.registered(SamplerDeclaration("hanging", "hangs", build), OTHER):
        hung = asyncio.create_task(parser.parse(body))
        spec, _ = await parser.parse(plain)
        assert spec.limits.max_total_trials
        with pytest.raises(
            InvalidSpec, match=r"spec\.samplingAlgorithm\.type: 'hanging': .*0\.1 s"
        ):
            await hung
        released.set()
        monkeypatch.setattr(parser_threads, "_PLUGIN_TIMEOUT", 120.0)
        spec, _ = await parser.parse(body)
        assert spec.sampler.name == "hanging"


class EndlessPolicy(WorstPolicy):
    name, reason = "endless", "Endless"
    asked: ClassVar[int] = 0

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        EndlessPolicy.asked += 1
        while True:
            pass


def test_a_policy_that_hangs_stops_nothing_and_is_asked_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reports, "_PLUGIN_LIMIT", 0.1)
    declaration = PolicyDeclaration(
        "endless", "Endless", "never", lambda values, note: EndlessPolicy()
    )
    EndlessPolicy.asked = 0
    with POLICIES.registered(declaration, OTHER):
        spec = parse_sweepjob(sweepjob(earlyTermination={"type": "endless"}))
        sweep = SweepStore(ObjectIdentity("team", "sweep", "uid"), spec, 1, 0.0, {})
        trial = sweep.add_trial(record(0))
        sweep.switch_pod(trial, "pod", 0.0)
        for number in (1, 2, 3):
            assert not sweep.ingest_push(trial, push(trial, number, 0.1 * number), 1.0)
    assert trial.reports.curve.values == [0.1, 0.2, pytest.approx(0.3)]
    assert EndlessPolicy.asked == 1
    failure = sweep.state.findings.policy_failure
    assert f"policy endless of {OTHER} failed and stops no trial" in failure
    assert "has not returned within 0.1 s" in failure
    assert (
        build_status(sweep.state, sweep_snapshot(sweep.state, SETTINGS), 1, 2.0).reason
        == "PolicyFailed"
    )


def test_a_call_within_its_limit_returns() -> None:
    before = signal.getsignal(signal.SIGALRM)
    assert call_within(60.0, lambda: 7) == 7
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0), "the timer was stopped"
    assert signal.getsignal(signal.SIGALRM) is before


async def test_a_call_in_another_thread_has_no_limit() -> None:
    assert await asyncio.to_thread(call_within, 0.05, lambda: time.sleep(0.2) or 7) == 7


def test_a_timeout_of_a_declaration_is_positive() -> None:
    with pytest.raises(ValueError, match="proposal_timeout must be above 0"):
        SamplerDeclaration("x", "y", Hanging(wait, False).build, proposal_timeout=0)
