"""The wire format: what is written is read again, and anything else is refused."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob import wire

floats = st.floats(allow_nan=False)


@given(values=st.lists(floats, max_size=50), seen=st.lists(st.text(max_size=20), max_size=5))
def test_push(values: list[float], seen: list[str]) -> None:
    push = wire.Push("team", "sweep-1", 3, tuple(values), tuple(seen))
    assert wire.Push.parse(push.dump()) == push


def test_values_that_json_does_not_have() -> None:
    push = wire.Push("n", "t", 1, (math.nan, math.inf, -math.inf))
    json.loads(push.dump(), parse_constant=lambda c: pytest.fail(f"bare {c} in JSON"))
    nan, high, low = wire.Push.parse(push.dump()).values
    assert math.isnan(nan)
    assert (high, low) == (math.inf, -math.inf)


GOOD = {"namespace": "n", "trial": "t", "first": 1, "values": [1], "seen": []}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"namespace": "n"}',
        b"[" * 100_000,
        json.dumps({**GOOD, "first": 0}).encode(),
        json.dumps({**GOOD, "values": [True]}).encode(),
        json.dumps({**GOOD, "values": ["x"]}).encode(),
        json.dumps({**GOOD, "values": [None]}).encode(),
        json.dumps({**GOOD, "values": [1] * (wire.MAX_BATCH + 1)}).encode(),
        json.dumps({**GOOD, "seen": ["x"] * (wire.MAX_NAMES + 1)}).encode(),
        json.dumps({**GOOD, "first": "many"}).encode(),
        json.dumps({**GOOD, "first": 1e999}).encode(),
        json.dumps({**GOOD, "values": [10**400]}).encode(),
    ],
)
def test_hostile_bodies_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any ValueError is an answer of 400
        wire.Push.parse(body)


@given(values=st.lists(floats, max_size=2000), seen=st.lists(st.text(max_size=250), max_size=50))
def test_a_summary_always_fits_and_keeps_the_newest(values: list[float], seen: list[str]) -> None:
    summary = wire.Summary(len(values), min(values, default=None), None, tuple(values), tuple(seen))
    text = summary.dump()
    assert len(text) <= wire.TERMINATION_MESSAGE_LIMIT
    again = wire.Summary.parse(text)
    assert again is not None
    assert again.count == len(values)
    assert again.tail == tuple(values[len(values) - len(again.tail) :])


@pytest.mark.parametrize("text", ["", "x", "{}", "[]", '{"count": "a"}'])
def test_a_text_that_is_no_summary(text: str) -> None:
    assert wire.Summary.parse(text) is None
