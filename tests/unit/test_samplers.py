"""Every sampler of this version against the contract."""

from sweepjob.domain.sampling import RandomSampler, Sampler
from sweepjob.domain.sampling.random import coordinate
from sweepjob.domain.space import Space
from sweepjob.domain.space.tree import canonical

from tests.contracts.sampler import SamplerContract, space


class TestRandom(SamplerContract):
    def make(self, space: Space, seed: int) -> Sampler:
        return RandomSampler(space, seed)


def test_coordinates_never_change() -> None:
    # A sweep that was started by an older version must go on with the same proposals.
    assert coordinate(7, 0, 0, ("lr",)) == 0.674351230322008
    assert coordinate(7, 1, 2, ("model", 0, "hidden")) == 0.5474622133201061


def test_a_large_finite_space_is_not_enumerated() -> None:
    data = {f"p{n}": {"type": "randint", "upper": 1000} for n in range(5)}
    sampler = RandomSampler(space(data), 1)
    found = [sampler.propose(index) for index in range(2000)]
    assert len({canonical(a) for a in found if a is not None}) == 2000
