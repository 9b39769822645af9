"""Random numbers and permutations as functions of a seed and a name, without a generator's state.

Any proposal can be made without those before it, on every machine, after every restart.
"""

from __future__ import annotations

import hashlib

from .space import Path

RESOLUTION = 53  # bits of a double's mantissa
# The largest coordinate: the largest float below 1.
_BELOW_ONE = 1 - 2.0**-RESOLUTION
# Four rounds are enough for strong pseudo-randomness (Luby and Rackoff 1988); small domains need more.
_ROUNDS = 8


def coordinate(seed: int, step: int, path: Path) -> float:
    """Return a number uniform on the open unit interval.

    It is a hash of the arguments, so that a parameter's draws do not change when another is added.

    Args:
        seed: the sampler's seed.
        step: the number of the draw.
        path: the path of the parameter in the space.
    """
    text = f"{seed}/{step}/0/{'/'.join(map(str, path))}"
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return unit_midpoint(int.from_bytes(digest, "big") >> (64 - RESOLUTION))


def unit_midpoint(numerator: int) -> float:
    """Return the midpoint of the numerator-th of 2**53 equal parts of the unit interval."""
    return min((numerator + 0.5) / (1 << RESOLUTION), _BELOW_ONE)


def hash_bits(text: str, count: int) -> int:
    """``count`` random bits as an integer, the same for the same text."""
    digest = hashlib.shake_256(text.encode()).digest((count + 7) // 8)
    return int.from_bytes(digest, "big") >> (-count % 8)


def permuted_index(seed: int, index: int, size: int) -> int:
    """Return the index-th entry of a random permutation of range(size), made without the others.

    A Feistel network permutes the numbers of an even number of bits. A result outside the range is
    permuted again until it is inside, less than four times on average.

    Source: Black and Rogaway (2002), cycle walking.

    Args:
        seed: the seed of the permutation.
        index: a number from 0 to size - 1.
        size: any positive number; the cost does not grow with it.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    value = index
    while True:
        left, right = value >> half, value & ((1 << half) - 1)
        for step in range(_ROUNDS):
            left, right = right, left ^ hash_bits(f"{seed}/{size}/{step}/{right}", half)
        value = left << half | right
        if value < size:
            return value
