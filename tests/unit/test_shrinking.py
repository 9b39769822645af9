"""The shortest history that fails."""

from __future__ import annotations

import pytest

from tests.shrinking import shortest


@pytest.mark.parametrize("guilty", [set(), {3}, {0, 99}, {7, 8, 50}])
def test_shrinking_keeps_only_necessary_events(guilty: set[int]) -> None:
    tries = 0

    def fails(items: list[int]) -> bool:
        nonlocal tries
        tries += 1
        return guilty <= set(items)

    assert shortest(range(100), fails) == sorted(guilty)
    assert tries < 150
