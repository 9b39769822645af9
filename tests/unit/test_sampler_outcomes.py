"""Several objectives and constraints: which samplers support them, and what stays as it was."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sweepjob.search.outcomes import SINGLE_OBJECTIVE, Outcomes
from sweepjob.search.sampler import Observation
from sweepjob.search.samplers.declaration import SamplerDeclaration
from sweepjob.search.samplers.registry import SAMPLERS, SamplerSpec
from sweepjob.search.space import Assignment, Space, canonical
from sweepjob.testing.samplers import CHOICES, EVERY, FINITE, space

SEVERAL = [Outcomes(2), Outcomes(4, 3), Outcomes(1, 1), Outcomes(2, references=(0.5, None))]


class Observing:
    """A sampler of a plug-in that uses scores."""

    uses_observations = True

    def __init__(self, space: Space) -> None:
        self.space = space

    def propose(self, index: int, observations: Sequence[Observation] = ()) -> Assignment | None:
        return self.space.at(lambda path: 0.5)


def told(index: int, found: Assignment) -> Observation:
    score = None if index % 7 == 3 else math.sin(index)
    return Observation(index, found, score, ended=index % 5 != 4)


@pytest.mark.parametrize(
    ("data", "count", "digest"),
    [(EVERY, 24, "146d39845ddc84b7"), (FINITE, 15, "465dbe537f030cab")],
    ids=["every", "finite"],
)
def test_proposals_for_one_objective_never_change(
    data: dict[str, Any], count: int, digest: str
) -> None:
    """The digests are those of the version that knew one objective only."""
    sampler, known = SamplerSpec("bayesian").build(space(data), 7), list[Observation]()
    for index in range(count):
        found = sampler.propose(index, known)
        assert found is not None
        known.append(told(index, found))
    text = "\n".join(canonical(one.parameters) for one in known)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest


@pytest.mark.parametrize("outcomes", SEVERAL)
@pytest.mark.parametrize(
    "spec", [SamplerSpec("random"), SamplerSpec("random", {"rule": "sobol"}), SamplerSpec("grid")]
)
def test_samplers_without_observations_propose_the_same(
    spec: SamplerSpec, outcomes: Outcomes
) -> None:
    searched = space(CHOICES)
    one, several = spec.build(searched, 3), spec.build(searched, 3, outcomes)
    assert [one.propose(n, ()) for n in range(9)] == [several.propose(n, ()) for n in range(9)]


@pytest.mark.parametrize("outcomes", SEVERAL)
def test_a_sampler_that_does_not_know_of_them_is_refused(outcomes: Outcomes) -> None:
    def build(space: Space, seed: int, arguments: Mapping[str, Any]) -> Observing:
        return Observing(space)

    declaration = SamplerDeclaration("observing", "of a test", build, uses_observations=True)
    with SAMPLERS.registered(declaration):
        spec = SamplerSpec("observing")
        assert isinstance(spec.build(space(FINITE), 1), Observing)
        assert declaration.supports(SINGLE_OBJECTIVE)
        assert not declaration.supports(outcomes)
        with pytest.raises(ValueError, match="observing supports one objective"):
            spec.build(space(FINITE), 1, outcomes)


def test_a_sampler_that_knows_of_them_gets_them() -> None:
    given = list[Outcomes]()

    def build_for(
        space: Space, seed: int, arguments: Mapping[str, Any], outcomes: Outcomes
    ) -> Observing:
        given.append(outcomes)
        return Observing(space)

    declaration = SamplerDeclaration(
        "observing",
        "of a test",
        lambda space, seed, arguments: Observing(space),
        uses_observations=True,
        build_for=build_for,
    )
    with SAMPLERS.registered(declaration):
        for outcomes in (SINGLE_OBJECTIVE, *SEVERAL):
            SamplerSpec("observing").build(space(FINITE), 1, outcomes)
    assert given == SEVERAL


@pytest.mark.parametrize(
    "wrong",
    [
        {"objectives": 0},
        {"objectives": 5},
        {"constraints": -1},
        {"objectives": 2, "references": (1.0,)},
    ],
)
def test_impossible_outcomes_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"possible|give one for each"):
        Outcomes(**wrong)
