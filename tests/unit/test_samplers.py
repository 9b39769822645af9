"""Every sampler of this version against the contract, and what is particular to each."""

import itertools
import tracemalloc
from collections import Counter
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy.stats import chisquare, qmc
from sweepjob.search.hashing import coordinate, permuted_index
from sweepjob.search.sampler import Sampler
from sweepjob.search.samplers import bayesian, grid
from sweepjob.search.samplers import random as random_sampler
from sweepjob.search.samplers.bayesian_sampler import BayesianSampler
from sweepjob.search.samplers.grid import GridSampler
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.samplers.sobol import SobolSampler
from sweepjob.search.space import Space, canonical
from sweepjob.testing.samplers import CHOICES, SamplerContract, space


class TestRandom(SamplerContract):
    declaration = random_sampler.DECLARATION

    def make(self, space: Space, seed: int) -> Sampler:
        return RandomSampler(space, seed)


class TestSobol(SamplerContract):
    declaration = random_sampler.DECLARATION
    section: ClassVar[dict[str, Any]] = {"rule": "sobol"}

    def make(self, space: Space, seed: int) -> Sampler:
        return SobolSampler(space, seed)


class TestBayesian(SamplerContract):
    declaration = bayesian.DECLARATION

    def make(self, space: Space, seed: int) -> Sampler:
        return BayesianSampler(space, seed)


class TestGrid(SamplerContract):
    declaration = grid.DECLARATION
    every = CHOICES
    choices_only = True
    seeded = False

    def make(self, space: Space, seed: int) -> Sampler:
        return GridSampler(space, seed)


def test_proposals_never_change() -> None:
    # A sweep that was started by an older version, on another machine, goes on with the same ones.
    assert coordinate(7, 0, ("lr",)) == 0.674351230322008
    assert coordinate(7, 1, ("model", 0, "hidden")) == 0.1739015679516444
    assert [permuted_index(7, index, 10**15) for index in range(2)] == [
        127299122587708,
        705697451854582,
    ]
    data = {
        "x": {"type": "lognormal", "mu": 0, "sigma": 1},
        "y": {"type": "loguniform", "minValue": -6, "maxValue": -1},
    }
    assert RandomSampler(space(data), 7).propose(3) == {
        "x": 0.6992850124002574,
        "y": 0.2011999453298343,
    }
    assert SobolSampler(space(data), 7).propose(3) == {
        "x": 0.8701053788555475,
        "y": 0.25968402518298705,
    }


@pytest.mark.parametrize("size", [1, 2, 3, 27, 100, 1000])
def test_a_permutation_has_every_number_once(size: int) -> None:
    assert sorted(permuted_index(3, index, size) for index in range(size)) == list(range(size))


def test_permutations_are_random() -> None:
    """Over seeds, every number of 24 is equally often the first, and the sixth."""
    for index in (0, 5):
        counts = Counter(permuted_index(seed, index, 24) for seed in range(4800))
        assert chisquare([counts[n] for n in range(24)]).pvalue > 0.001


@pytest.mark.parametrize(
    "expression",
    [
        {"type": "randint", "upper": 1000},
        {"type": "quniform", "minValue": 1, "maxValue": 1000, "q": 1},
    ],
    ids=["even", "uneven"],
)
def test_a_large_finite_space_is_not_enumerated(expression: dict[str, object]) -> None:
    sampler = RandomSampler(space({f"p{n}": expression for n in range(5)}), 1)
    tracemalloc.start()
    seen = {canonical(found) for i in range(3000) if (found := sampler.propose(i)) is not None}
    kept = tracemalloc.get_traced_memory()[0] - sum(map(len, seen))
    tracemalloc.stop()
    assert len(seen) == 3000
    assert kept < 3000 * 300  # the set of this test, and at most a hundred bytes each


def test_the_least_probable_point_is_proposed_eventually() -> None:
    """Half a dozen nested choices: one point has a probability of 1 in 4**6."""
    inner: object = "deepest"
    for _ in range(6):
        inner = {"x": {"type": "choice", "values": [inner, 1, 2, 3]}}
    data = {"m": {"type": "choice", "values": [inner, 1, 2, 3]}}
    for seed in range(5):
        sampler = RandomSampler(space(data), seed)
        found = [sampler.propose(index) for index in range(space(data).size() or 0)]
        assert len({canonical(a) for a in found if a is not None}) == 4 + 6 * 3
        assert sampler.propose(len(found)) is None


def test_branches_are_equally_probable() -> None:
    data = {
        "m": {
            "type": "choice",
            "values": [{"x": {"type": "randint", "upper": 10**9}}, {"y": {"type": "randint", "upper": 10**5}}],
        }
    }  # fmt: skip
    sampler = RandomSampler(space(data), 1)
    counts = Counter(next(iter((sampler.propose(i) or {})["m"])) for i in range(1000))
    assert chisquare([counts["x"], counts["y"]]).pvalue > 0.001


def test_grid_varies_the_last_parameter_fastest() -> None:
    data = {
        "z": {"type": "choice", "values": [2, 1]},
        "m": {"type": "choice", "values": [{"k": "a", "n": {"type": "choice", "values": [5, 4]}}, "b"]},
        "a": {"type": "choice", "values": ["x", "y"]},
    }  # fmt: skip
    sampler = GridSampler(space(data))
    models = [{"k": "a", "n": 5}, {"k": "a", "n": 4}, "b"]
    expected = [{"z": z, "m": m, "a": a} for z, m, a in itertools.product([2, 1], models, "xy")]
    assert [sampler.propose(index) for index in range(13)] == [*expected, None]


def test_grid_of_a_huge_product_is_lazy() -> None:
    data = {f"p{n}": {"type": "choice", "values": [*range(10)]} for n in range(15)}
    sampler = GridSampler(space(data))
    last = sampler.propose(10**15 - 1)
    assert last == {f"p{n}": 9 for n in range(15)}
    assert sampler.propose(10**15) is None


def test_sobol_covers_the_cube_far_more_evenly_than_independent_draws() -> None:
    data = {f"p{n}": {"type": "uniform", "minValue": 0, "maxValue": 1} for n in range(4)}
    ratios = []
    for seed in range(5):
        points = {
            make: np.array(
                [[*(make(space(data), seed).propose(i) or {}).values()] for i in range(256)]
            )
            for make in (SobolSampler, RandomSampler)
        }
        ratios.append(
            qmc.discrepancy(points[SobolSampler]) / qmc.discrepancy(points[RandomSampler])
        )
    assert max(ratios) < 0.1


def test_every_256_points_of_sobol_fall_one_into_each_of_256_intervals() -> None:
    data = {f"p{n}": {"type": "uniform", "minValue": 0, "maxValue": 1} for n in range(7)}
    sampler = SobolSampler(space(data), 3)
    points = np.array([sampler.point(step) for step in range(256, 512)])
    for axis in range(7):
        assert sorted((points[:, axis] * 256).astype(int)) == list(range(256))


def test_sobol_does_not_depend_on_the_order_of_the_file() -> None:
    one = {n: {"type": "uniform", "minValue": 0, "maxValue": 1} for n in "abc"}
    other = {n: one[n] for n in "cab"}
    proposals = [SobolSampler(space(data), 1).propose(5) for data in (one, other)]
    assert proposals[0] == proposals[1]
