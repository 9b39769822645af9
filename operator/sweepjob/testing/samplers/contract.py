"""The contract of all samplers."""

from __future__ import annotations

import contextlib
import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from ...api.parsing.reader import Reader
from ...api.spec.sampling_algorithm import parse_algorithm, prepare_space
from ...search.outcomes import Outcomes
from ...search.sampler import Observation, Sampler
from ...search.samplers.declaration import SamplerDeclaration
from ...search.samplers.registry import SAMPLERS, SamplerSpec
from ...search.space import Assignment, Space, canonical
from .observations import SEVERAL, observation, observation_of
from .spaces import EVEN, EVERY, FINITE, HOSTILE, check_inside, space


class SamplerContract:
    """What every sampler must do.

    Attributes:
        declaration: the sampler's declaration.
        section: parameters in YAML with which the declaration builds what ``make`` makes.
        every: a space with every expression that the sampler takes; at least 400 points.
        choices_only: whether it takes nothing but choices.
        seeded: whether different seeds give different proposals.
    """

    declaration: ClassVar[SamplerDeclaration]
    section: ClassVar[Mapping[str, Any]] = {}
    every: ClassVar[dict[str, Any]] = EVERY
    choices_only: ClassVar[bool] = False
    seeded: ClassVar[bool] = True

    @abstractmethod
    def make(self, space: Space, seed: int) -> Sampler:
        """Return the sampler of a space."""

    def declared(self, data: dict[str, Any]) -> tuple[SamplerSpec, Space]:
        """Return the sampler and the space as a SweepJob with ``section`` would have them."""
        section = {"type": self.declaration.name, "seed": 1, **self.section}
        reader = Reader(section, "spec.samplingAlgorithm")
        algorithm = parse_algorithm(reader)
        searched = prepare_space(space(data), algorithm, reader)
        assert reader.problems == []
        return algorithm.sampler, searched

    def test_the_declaration_builds_the_sampler(self) -> None:
        with registered(self.declaration):
            sampler, searched = self.declared(self.every)
            built = sampler.build(searched, 1)
        made = self.make(searched, 1)
        assert type(built) is type(made)
        assert [built.propose(n, []) for n in range(3)] == [made.propose(n, []) for n in range(3)]

    def test_the_declaration_says_what_proposals_depend_on(self) -> None:
        made = self.make(space(self.every), 1)
        assert self.declaration.uses_observations == made.uses_observations
        assert self.declaration.is_seeded == self.seeded

    def propose(
        self, data: dict[str, Any], count: int, seed: int = 1, known: Sequence[Observation] = ()
    ) -> list[Assignment]:
        """Return the first proposals; when each is made, some earlier trials have ended.

        Every second trial has ended, every fifth of these without a value.

        Args:
            data: the search space as it is written.
            count: the number of proposals.
            seed: the sampler's seed.
            known: trials of other sweeps.

        Returns:
            the assignments; fewer than ``count`` when the space is exhausted.
        """
        sampler, seen, found = self.make(space(data), seed), [*known], []
        for index in range(count):
            assignment = sampler.propose(index, seen)
            if assignment is None:
                break
            found.append(assignment)
            seen.append(observation(index, assignment))
        return found

    def test_every_proposal_is_inside_the_space(self) -> None:
        for found in self.propose(self.every, 60):
            assert list(found) == list(self.every)
            check_inside(found)

    def test_the_same_seed_gives_the_same_proposals(self) -> None:
        assert self.propose(self.every, 20, seed=4) == self.propose(self.every, 20, seed=4)
        differ = self.propose(self.every, 20, seed=4) != self.propose(self.every, 20, seed=5)
        assert differ == self.seeded

    @pytest.mark.parametrize("name", ["every", "uneven", "even"])
    def test_a_restart_at_any_point_changes_nothing(self, name: str) -> None:
        data = {"every": self.every, "uneven": FINITE, "even": EVEN}[name]
        straight = self.propose(data, 12)
        for cut in range(12):
            observations = [observation(i, a) for i, a in enumerate(straight[:cut])]
            again = self.make(space(data), 1).propose(cut, observations)
            assert again == straight[cut]

    def test_asked_again_it_answers_the_same(self) -> None:
        for data in (self.every, FINITE):
            sampler = self.make(space(data), 1)
            first = [sampler.propose(index, ()) for index in (0, 1, 2)]
            assert [sampler.propose(index, ()) for index in (2, 0, 1)] == [
                first[i] for i in (2, 0, 1)
            ]

    @pytest.mark.parametrize(("data", "size"), [(FINITE, 15), (EVEN, 27)], ids=["uneven", "even"])
    def test_a_finite_space_is_proposed_without_repetition_to_its_end(
        self, data: dict[str, Any], size: int
    ) -> None:
        found = self.propose(data, 100)
        assert len(found) == size
        assert len({canonical(a) for a in found}) == size

    def test_pending_and_failed_trials_do_no_harm(self) -> None:
        sampler = self.make(space(self.every), 1)
        observed = [
            Observation(n, found, value, ended=value is None)
            for n, (found, value) in enumerate(
                zip(self.propose(self.every, 4), (None, math.nan, math.inf, 1.0), strict=True)
            )
        ]
        assert sampler.propose(4, observed) is not None

    def test_trials_of_other_sweeps_may_be_given(self) -> None:
        foreign = self.propose(self.every, 5, seed=9)
        known = [
            Observation(None, {**a, "x": 1}, float(n), ended=True) for n, a in enumerate(foreign)
        ]
        known.append(Observation(None, {"a": "of another type"}, 1.0, ended=True))
        for found in self.propose(self.every, 8, known=known):
            check_inside(found)

    def propose_for(
        self,
        outcomes: Outcomes,
        data: dict[str, Any],
        count: int,
        known: Sequence[Observation] = (),
    ) -> list[Assignment]:
        """Return the first proposals for several objectives or constraints.

        Skips the test if the sampler does not support them and is refused.
        """
        with registered(self.declaration):
            sampler, searched = self.declared(data)
            if not self.declaration.supports(outcomes):
                with pytest.raises(ValueError, match="one objective"):
                    sampler.build(searched, 1, outcomes)
                pytest.skip("supports one objective without constraints, and says so")
            built = sampler.build(searched, 1, outcomes)
            restarted = sampler.build(searched, 1, outcomes)
        seen, found = [*known], list[Assignment]()
        while len(found) < count and (assignment := built.propose(len(found), seen)) is not None:
            before, last = [*seen], len(found)
            seen.append(observation_of(outcomes, len(found), assignment))
            found.append(assignment)
        assert restarted.propose(last, before) == found[-1]  # a restart changes nothing
        return found

    @pytest.mark.parametrize("outcomes", SEVERAL, ids=str)
    def test_proposals_for_several_outcomes_are_inside_the_space(self, outcomes: Outcomes) -> None:
        foreign = self.propose(self.every, 5, seed=9)
        known = [
            replace(observation_of(outcomes, index, found), index=None, ended=True)
            for index, found in enumerate(foreign)
        ]
        for found in self.propose_for(outcomes, self.every, 16, known):
            assert list(found) == list(self.every)
            check_inside(found)

    @pytest.mark.parametrize("outcomes", SEVERAL, ids=str)
    def test_a_finite_space_is_searched_to_its_end_for_several_outcomes(
        self, outcomes: Outcomes
    ) -> None:
        found = self.propose_for(outcomes, FINITE, 100)
        assert len(found) == 15
        assert len({canonical(a) for a in found}) == 15

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_spaces_give_finite_values(self, name: str) -> None:
        if self.choices_only and any(e["type"] != "choice" for e in HOSTILE[name].values()):
            pytest.skip("takes choices only")
        found = self.propose(HOSTILE[name], 5)
        assert len(found) == min(5, space(HOSTILE[name]).size() or 5)
        for assignment in found:
            for value in assignment.values():
                assert not isinstance(value, float) or math.isfinite(value)


def registered(declaration: SamplerDeclaration) -> contextlib.AbstractContextManager[None]:
    """Register a sampler for the duration of a block, unless an entry point registers it."""
    if SAMPLERS.get(declaration.name) is declaration:
        return contextlib.nullcontext()
    return SAMPLERS.registered(declaration)
