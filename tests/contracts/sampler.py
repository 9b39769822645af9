"""What every sampler must do. Subclass it, give ``make``, and pytest runs the suite on your sampler."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import pytest
from sweepjob.domain.sampling import Observation, Sampler
from sweepjob.domain.space import Assignment, Space
from sweepjob.domain.space.tree import canonical
from sweepjob.resources.reading import Reader
from sweepjob.resources.search_space import parse_space

NESTED = {
    "type": "choice",
    "values": [
        {"kind": "mlp", "units": {"type": "quniform", "minValue": 16, "maxValue": 64, "q": 16}},
        {"kind": "linear"},
    ],
}
EVERY: dict[str, Any] = {
    "a": {"type": "choice", "values": ["x", 3, 2.5, True]},
    "b": {"type": "randint", "upper": 9},
    "c": {"type": "uniform", "minValue": -1, "maxValue": 1},
    "d": {"type": "quniform", "minValue": 0, "maxValue": 1, "q": 0.25},
    "e": {"type": "loguniform", "minValue": -5, "maxValue": 2},
    "f": {"type": "qloguniform", "minValue": 0, "maxValue": 5, "q": 2},
    "g": {"type": "normal", "mu": 0, "sigma": 1},
    "h": {"type": "qnormal", "mu": 0, "sigma": 3, "q": 0.5},
    "i": {"type": "lognormal", "mu": 0, "sigma": 1},
    "j": {"type": "qlognormal", "mu": 0, "sigma": 1, "q": 1},
    "k": NESTED,
}
FINITE = {"a": {"type": "choice", "values": [1, 2, 3]}, "k": NESTED}  # 3 x 5 points
ULP = math.nextafter(1.0, 2.0)
HOSTILE: dict[str, dict[str, Any]] = {
    "one value": {"a": {"type": "choice", "values": ["only"]}},
    "equal bounds": {"a": {"type": "uniform", "minValue": 2, "maxValue": 2}},
    "one ulp wide": {"a": {"type": "uniform", "minValue": 1, "maxValue": ULP}},
    "sigma 0": {"a": {"type": "normal", "mu": 3, "sigma": 0}},
    "200 parameters": {
        f"p{n}": {"type": "uniform", "minValue": 0, "maxValue": 1} for n in range(200)
    },
    "huge exponents": {"a": {"type": "loguniform", "minValue": 700, "maxValue": 800}},
    "equal values": {"a": {"type": "choice", "values": [1, 1, 2]}},
}


def space(data: dict[str, Any]) -> Space:
    reader = Reader(data, "spec.searchSpace")
    parsed = parse_space(reader)
    reader.finish()
    return parsed


class SamplerContract:
    """Subclasses say how their sampler is made, and which expressions it takes."""

    @abstractmethod
    def make(self, space: Space, seed: int) -> Sampler: ...

    def propose(self, data: dict[str, Any], count: int, seed: int = 1) -> list[Assignment]:
        sampler, seen, found = self.make(space(data), seed), [], []
        for index in range(count):
            assignment = sampler.propose(index, seen)
            if assignment is None:
                break
            found.append(assignment)
            seen.append(Observation(index, assignment, float(index), ended=index % 2 == 0))
        return found

    def test_every_proposal_is_inside_the_space(self) -> None:
        for found in self.propose(EVERY, 60):
            assert list(found) == list(EVERY)
            assert found["a"] in EVERY["a"]["values"]
            assert type(found["b"]) is int
            assert 0 <= found["b"] < 9
            assert -1 <= found["c"] <= 1
            assert found["d"] in (0, 0.25, 0.5, 0.75, 1)
            assert math.exp(-5) <= found["e"] <= math.exp(2)
            assert found["f"] % 2 == 0
            assert 2 <= found["f"] <= math.exp(5)
            assert found["h"] % 0.5 == 0
            assert found["i"] > 0
            assert type(found["j"]) is int
            assert found["k"] == {"kind": "linear"} or found["k"]["units"] in (16, 32, 48, 64)

    def test_the_same_seed_gives_the_same_proposals(self) -> None:
        assert self.propose(EVERY, 20, seed=4) == self.propose(EVERY, 20, seed=4)
        assert self.propose(EVERY, 20, seed=4) != self.propose(EVERY, 20, seed=5)

    def test_a_restart_at_any_point_changes_nothing(self) -> None:
        for data in (EVERY, FINITE):
            straight = self.propose(data, 12)
            for cut in range(12):
                observations = [
                    Observation(i, a, float(i), ended=i % 2 == 0)
                    for i, a in enumerate(straight[:cut])
                ]
                again = self.make(space(data), 1).propose(cut, observations)
                assert again == straight[cut]

    def test_a_finite_space_is_proposed_without_repetition_to_its_end(self) -> None:
        found = self.propose(FINITE, 100)
        assert len(found) == 15
        assert len({canonical(a) for a in found}) == 15

    def test_pending_and_failed_trials_do_no_harm(self) -> None:
        sampler = self.make(space(EVERY), 1)
        observed = [
            Observation(n, found, value, ended=value is None)
            for n, (found, value) in enumerate(
                zip(self.propose(EVERY, 4), (None, math.nan, math.inf, 1.0), strict=True)
            )
        ]
        assert sampler.propose(4, observed) is not None

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_spaces_give_finite_values(self, name: str) -> None:
        for found in self.propose(HOSTILE[name], 5):
            for value in found.values():
                assert isinstance(value, str) or math.isfinite(value)
