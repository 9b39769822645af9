"""Tests durations in the form of ISO 8601."""

from __future__ import annotations

import pytest
from sweepjob.api.parsing.durations import seconds_of
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.sdk.limits import SweepJobLimits


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT1H", 3600),
        (" pt90m ", 5400),
        ("P1DT1S", 86401),
        ("P2D", 172800),
        ("PT0S", 0),
        ("P", None),
        ("PT", None),
        ("P1H", None),
        ("1H", None),
        ("3600", None),
        ("PT" + "9" * 10 + "S", None),
        (3600, None),
        (None, None),
    ],
)
def test_seconds_of_a_duration(text: object, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


def test_a_duration_in_place_of_seconds_is_refused_with_the_seconds() -> None:
    with pytest.raises(ArgumentError, match=r"timeout: 'PT1H': must be a number, of seconds: 3600"):
        SweepJobLimits(timeout="PT1H")  # type: ignore[arg-type] # a wrong type on purpose
