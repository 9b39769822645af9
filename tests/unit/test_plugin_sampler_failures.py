"""Samplers of plug-ins that cannot be built, or that raise."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob import load_job
from sweepjob.local.store import Change
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.search.sampler import Observation, Sampler
from sweepjob.search.samplers.declaration import SamplerDeclaration
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.samplers.registry import SAMPLERS
from sweepjob.search.space import Assignment, Space

from tests.fake_api.harness import Scenario, quiet

from .builders import sweepjob
from .cli.program import Program
from .plugins import OTHER
from .scenarios import spec
from .two_sweeps import play


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Program:
    return Program(capsys, tmp_path)


def broken_build(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
    raise RuntimeError("out of order")


def no_sampler(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
    return None  # type: ignore[return-value] # as a plug-in without types may


@pytest.mark.virtual_time
@pytest.mark.parametrize("build", [broken_build, no_sampler])
def test_a_sampler_that_cannot_be_built_is_a_problem_of_the_spec(build: Callable[..., Any]) -> None:
    """It is written once, and the sweep is left alone until its spec changes."""
    scenario = Scenario(5, spec(4, 2, samplingAlgorithm={"type": "broken"}), timeout=100.0)
    broken = SamplerDeclaration("broken", "never", build)
    with (
        quiet(),
        SAMPLERS.registered(broken, OTHER),
        pytest.raises(AssertionError, match="not over after"),
    ):
        scenario.run()
    status = scenario.sweep["status"]
    conditions = {c["type"]: c for c in status["conditions"]}
    accepted = conditions["Accepted"]
    assert (status["phase"], accepted["status"]) == ("Invalid", "False")
    assert "spec.samplingAlgorithm.type: 'broken': the plug-in of " + OTHER in accepted["message"]
    assert not scenario.trials
    changes = [c for c in scenario.server.store.history if c.resource == "sweepjobs"]
    assert len(changes) == 2


def test_a_sampler_that_cannot_be_built_is_reported(program: Program) -> None:
    name = program.file(yaml.safe_dump(sweepjob(samplingAlgorithm={"type": "broken"})))
    with SAMPLERS.registered(SamplerDeclaration("broken", "never", broken_build), OTHER):
        for command in (["validate"], ["propose"], ["run", "--local"]):
            assert program(*command, "-f", name) == 1, command
            assert f"the plug-in of {OTHER} failed: RuntimeError('out of order')" in program.err
        job = load_job(str(name))
        with pytest.raises(ArgumentError, match=f"the plug-in of {OTHER} failed"):
            job.validate()


@dataclass
class FailingSampler:
    """A fake: it has two proposals; then it fails so many times, and goes on.

    Attributes:
        asked: times at which it failed.
    """

    sampler: Sampler
    failures: int
    asked: list[float]
    uses_observations: bool

    def propose(self, index: int, observations: Sequence[Observation]) -> Assignment | None:
        if index >= 2 and len(self.asked) < self.failures:
            self.asked.append(asyncio.get_running_loop().time())
            raise RuntimeError("out of order")
        return self.sampler.propose(index, observations)


def failing_sampler(
    asked: list[float], failures: int, *, uses_observations: bool
) -> SamplerDeclaration:
    def build(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
        return FailingSampler(RandomSampler(space, seed), failures, asked, uses_observations)

    return SamplerDeclaration("broken", "fails", build, uses_observations=uses_observations)


@pytest.mark.virtual_time
@pytest.mark.parametrize("uses_observations", [False, True], ids=["random", "learning"])
def test_a_sampler_that_fails_is_asked_again(
    caplog: pytest.LogCaptureFixture, uses_observations: bool
) -> None:
    """Its running trials end, the status names it until it works, and the pauses grow."""
    asked: list[float] = []
    broken = failing_sampler(asked, 7, uses_observations=uses_observations)
    with SAMPLERS.registered(broken, OTHER), caplog.at_level("WARNING"):
        scenario = Scenario(5, spec(4, 2, samplingAlgorithm={"type": "broken"})).run()
    assert [t["status"]["phase"] for t in scenario.trials].count("Succeeded") >= 2
    assert len(scenario.trials) == 4
    pauses = [later - before for before, later in itertools.pairwise(asked)]
    assert pauses == [pytest.approx(p, abs=0.5) for p in (1, 2, 4, 8, 16, 30)]
    degraded = [condition(c.new, "Degraded") for c in scenario.server.store.history if is_status(c)]
    [said] = {d["message"] for d in degraded if d["reason"] == "SamplerFailed"}
    assert said.startswith(f"sampler broken of {OTHER} failed")
    assert "out of order" in said
    assert degraded[-1]["status"] == "False"
    phases = {c.new["status"]["phase"] for c in scenario.server.store.history if is_status(c)}
    assert phases == {"Running", "Blocked", "Complete"}
    logged = [r.getMessage() for r in caplog.records if "out of order" in r.getMessage()]
    assert len(logged) == 1
    assert not [r for r in caplog.records if r.exc_info]


def is_status(change: Change) -> bool:
    return change.resource == "sweepjobs" and "conditions" in (change.new or {}).get("status", {})


def condition(body: Any, kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(c for c in body["status"]["conditions"] if c["type"] == kind)
    return found


@pytest.mark.virtual_time
def test_a_sampler_that_fails_delays_no_other_sweep() -> None:
    alone, asked = play({}), list[float]()
    broken = failing_sampler(asked, 1000, uses_observations=False)
    with quiet(), SAMPLERS.registered(broken, OTHER):
        given = spec(4, 2, samplingAlgorithm={"type": "broken"})
        beside = play({f"broken{n}": given for n in range(5)})
    assert asked
    assert beside < alone + 3.0


def test_propose_names_a_sampler_that_fails(program: Program) -> None:
    def build(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
        return NeverSampler()

    class NeverSampler:
        uses_observations = False

        def propose(self, index: int, observations: Sequence[Observation]) -> Assignment | None:
            raise RuntimeError("out of order")

    name = program.file(yaml.safe_dump(sweepjob(samplingAlgorithm={"type": "broken"})))
    with SAMPLERS.registered(SamplerDeclaration("broken", "never", build), OTHER):
        assert program("propose", "-f", name) == 2
    assert f"sampler broken of {OTHER} failed at trial 0: RuntimeError('out" in program.err
