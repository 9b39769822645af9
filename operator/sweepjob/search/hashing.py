"""Randomness as a function: numbers and permutations made of a seed and a name, not of a generator.

Any proposal can be made without those before it, on every machine, after every restart.
"""

from __future__ import annotations

import hashlib

from .space import Path

RESOLUTION = 53  # bits of a double's mantissa
# The largest coordinate: the float before 1.
_BELOW_ONE = 1 - 2.0**-RESOLUTION
# Luby and Rackoff (1988) prove four rounds enough for strong pseudo-randomness; small domains
# deserve more.
_ROUNDS = 8


def coordinate(seed: int, step: int, path: Path) -> float:
    """A number uniform on the open unit interval.

    Being a hash of its arguments, a parameter's draws do not change when another is added.
    """
    text = f"{seed}/{step}/0/{'/'.join(map(str, path))}"
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return unit(int.from_bytes(digest, "big") >> (64 - RESOLUTION))


def unit(numerator: int) -> float:
    """The middle of the numerator-th of 2**53 equal parts of the unit interval."""
    return min((numerator + 0.5) / (1 << RESOLUTION), _BELOW_ONE)


def bits(text: str, count: int) -> int:
    """``count`` random bits, the same for the same text."""
    digest = hashlib.shake_256(text.encode()).digest((count + 7) // 8)
    return int.from_bytes(digest, "big") >> (-count % 8)


def permuted(seed: int, index: int, size: int) -> int:
    """The index-th of a random permutation of range(size), without making the others.

    A Feistel network permutes the numbers of an even number of bits; what falls outside the range
    is permuted again until it falls inside (Black and Rogaway 2002, cycle walking), less than four
    times on average. Any size will do: 10**15, or a thousand digits.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    value = index
    while True:
        left, right = value >> half, value & ((1 << half) - 1)
        for turn in range(_ROUNDS):
            left, right = right, left ^ bits(f"{seed}/{size}/{turn}/{right}", half)
        value = left << half | right
        if value < size:
            return value
