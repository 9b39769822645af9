"""What is computed for a whole curve at once equals what the curve computes, to the last bit."""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sweepjob.api.parsing.float_text import format_float, parse_floats
from sweepjob.early_stopping.curve import Curve
from sweepjob.early_stopping.running_statistics import running_bests, running_means
from sweepjob.objective import Goal

_PLAIN = st.floats(-1e3, 1e3, allow_subnormal=False)
_NEAR_ZERO = st.builds(math.ldexp, st.integers(-(2**53), 2**53), st.integers(-80, -40))
_ANY = st.floats()
_CANCELLING = st.lists(_PLAIN, min_size=1, max_size=20).map(lambda v: [*v, *[-x for x in v]])


def bits(values: object) -> bytes:
    return array("d", values).tobytes()  # type: ignore[arg-type] # floats


def both(values: list[float], goal: Goal, previous: float | None = None) -> None:
    curve = Curve(goal, previous_best=previous)
    curve.load(list(values))
    assert running_means(curve).tolist() == list(curve.running_means())
    assert running_bests(curve).tolist() == list(curve.running_bests())


@given(
    st.one_of(
        *(st.lists(kind, max_size=60) for kind in (_PLAIN, _NEAR_ZERO, _ANY)),
        _CANCELLING,
        st.lists(st.one_of(_PLAIN, _NEAR_ZERO, _ANY), max_size=60),
    ),
    st.sampled_from(Goal),
    st.one_of(st.none(), _PLAIN),
)
@example([], Goal.MAXIMIZE, None)
@example([0.0, -0.0], Goal.MINIMIZE, None)
@example([1e308] * 60, Goal.MAXIMIZE, None)
@example([5e-324, 1.0], Goal.MAXIMIZE, None)
@example([1.0, 2.0**-40], Goal.MAXIMIZE, None)
@example([1.0, 1.0 + 2**-52, 1.0 + 2**-51], Goal.MINIMIZE, 0.5)
def test_every_statistic_is_that_of_the_curve(
    values: list[float], goal: Goal, previous: float | None
) -> None:
    both(values, goal, previous)


@pytest.mark.parametrize("offset", [0.0, 1e-9, 1.0, 1e7])
def test_a_thousand_reports(offset: float) -> None:
    both([offset + math.sin(n / 10) for n in range(1000)], Goal.MAXIMIZE)
    both([offset + math.exp(-n / 50) for n in range(1000)], Goal.MINIMIZE)
    both([(-1.0) ** n * (offset + 2.0**-30) for n in range(1000)], Goal.MAXIMIZE)


@given(st.lists(st.floats(), max_size=30))
def test_floats_are_read_as_they_were_written(values: list[float]) -> None:
    text = " ".join(map(format_float, values))
    assert bits(parse_floats(text)) == bits(values) or any(map(math.isnan, values))


@given(
    st.lists(st.from_regex(r"\A-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?\Z"), max_size=9)
)
def test_floats_of_any_form_are_those_of_python(words: list[str]) -> None:
    assert list(parse_floats(" ".join(words))) == list(map(float, words))


@pytest.mark.parametrize(
    "text", ["1,2", "1 x", "[1]", "1]", "true", "null", '"1"', "1 2]", "0x10", "{}", "1\x00"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        parse_floats(text)


@pytest.mark.parametrize(
    "text", ["nan 1", "inf -inf", "1\n2", " 1  2 ", "1_0", "+1 .5 5.", "1e999"]
)
def test_what_json_does_not_have_is_read(text: str) -> None:
    assert list(map(repr, parse_floats(text))) == [repr(float(word)) for word in text.split()]
