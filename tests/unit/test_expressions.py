"""Each expression against its distribution, and the exact lattice of the q-forms."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sweepjob.api.parsing.reader import Reader
from sweepjob.api.spec.search_space import parse_space
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.space import Quantized, Space, Uniform

DRAWS = 4000


def space_of(expression: dict[str, Any]) -> Space:
    reader = Reader({"x": expression}, "spec.searchSpace")
    space = parse_space(reader)
    reader.finish()
    return space


def draws(expression: dict[str, Any], count: int = DRAWS) -> list[Any]:
    sampler = RandomSampler(space_of(expression), seed=11)
    sampler_size = sampler.space.size()
    assert sampler_size is None or sampler_size >= count
    return [sampler.draw(index)["x"] for index in range(count)]


CONTINUOUS = [
    ({"type": "uniform", "minValue": -2, "maxValue": 3}, stats.uniform(-2, 5)),
    (
        {"type": "loguniform", "minValue": -6, "maxValue": -1},
        stats.loguniform(math.exp(-6), math.exp(-1)),
    ),
    ({"type": "normal", "mu": 1, "sigma": 2}, stats.norm(1, 2)),
    ({"type": "lognormal", "mu": 0.5, "sigma": 0.7}, stats.lognorm(0.7, scale=math.exp(0.5))),
]


@pytest.mark.parametrize(
    ("expression", "law"), CONTINUOUS, ids=lambda v: v.get("type") if isinstance(v, dict) else ""
)
def test_continuous_expressions_follow_their_distribution(
    expression: dict[str, Any], law: Any
) -> None:
    assert stats.kstest(draws(expression), law.cdf).pvalue > 0.01


QUANTIZED = [
    ({"type": "quniform", "minValue": 0, "maxValue": 10, "q": 1}, stats.uniform(0, 10)),
    (
        {"type": "qloguniform", "minValue": 0, "maxValue": 3, "q": 1},
        stats.loguniform(1, math.exp(3)),
    ),
    ({"type": "qnormal", "mu": 0, "sigma": 2, "q": 1}, stats.norm(0, 2)),
    ({"type": "qlognormal", "mu": 1, "sigma": 0.5, "q": 1}, stats.lognorm(0.5, scale=math.e)),
]


@pytest.mark.parametrize(
    ("expression", "law"), QUANTIZED, ids=lambda v: v.get("type") if isinstance(v, dict) else ""
)
def test_quantized_values_have_the_probability_of_their_interval(
    expression: dict[str, Any], law: Any
) -> None:
    sampler = RandomSampler(space_of(expression), seed=3)
    values = np.array([sampler.draw(i)["x"] for i in range(DRAWS)])
    low, high = values.min(), values.max()
    cells = np.arange(low, high + 1)
    edges = np.concatenate([[-np.inf], cells[:-1] + 0.5, [np.inf]])
    expected = np.diff(law.cdf(edges)) * DRAWS
    observed = np.array([(values == c).sum() for c in cells])
    common = expected >= 5
    rest = [[observed[~common].sum()], [expected[~common].sum()]]
    observed, expected = (
        np.append(a[common], r) for a, r in zip((observed, expected), rest, strict=True)
    )
    keep = expected > 0
    statistic = ((observed[keep] - expected[keep]) ** 2 / expected[keep]).sum()
    assert stats.chi2.sf(statistic, keep.sum() - 1) > 0.01


def test_choice_and_randint_are_uniform_and_keep_their_types() -> None:
    values = ["3", 3, 2.5, True]
    sampler = RandomSampler(space_of({"type": "choice", "values": values}), seed=5)
    drawn = [sampler.draw(i)["x"] for i in range(DRAWS)]
    counts = [sum(type(d) is type(v) and d == v for d in drawn) for v in values]
    assert sum(counts) == DRAWS
    assert stats.chisquare(counts).pvalue > 0.01
    sampler = RandomSampler(space_of({"type": "randint", "upper": 7}), seed=5)
    integers = [sampler.draw(i)["x"] for i in range(DRAWS)]
    assert set(integers) == set(range(7))
    assert stats.chisquare(np.bincount(integers)).pvalue > 0.01


@given(
    low=st.floats(-1e6, 1e6),
    width=st.floats(0.01, 1e6),
    q=st.sampled_from([0.1, 0.25, 0.3, 1, 2, 1e-3, 7]),
    u=st.floats(1e-12, 1 - 1e-12),
)
def test_quniform_stays_on_its_lattice_inside_its_bounds(
    low: float, width: float, q: float, u: float
) -> None:
    expression = Quantized(Uniform(low, low + width), q)
    first, last = expression.multiples or (0, 0)
    if first > last:
        return
    value = expression.quantile(u)
    step = Fraction(repr(q)) if isinstance(q, float) else Fraction(q)
    multiple = Fraction(repr(value)) / step if isinstance(value, float) else Fraction(value) / step
    if abs(value) < 1e15:
        assert abs(multiple - round(multiple)) < Fraction(1, 10**6)
    assert first <= round(multiple) <= last
    assert isinstance(value, int) == (step.denominator == 1)


def test_multiples_of_a_tenth_print_short() -> None:
    expression = Quantized(Uniform(0, 1), 0.1)
    assert {repr(expression.quantile((i + 0.5) / 40)) for i in range(40)} == {
        "0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0",
    }  # fmt: skip


def test_halves_round_to_even() -> None:
    expression = Quantized(Uniform(0, 4), 2)
    assert expression.quantile(0.25) == 0  # 1.0, half-way between 0 and 2
    assert expression.quantile(0.75) == 4  # 3.0, half-way between 2 and 4


@pytest.mark.parametrize(
    ("expression", "size"),
    [
        ({"type": "choice", "values": [1, 2, 3]}, 3),
        ({"type": "randint", "upper": 10**15}, 10**15),
        ({"type": "quniform", "minValue": 0.05, "maxValue": 0.75, "q": 0.1}, 7),
        ({"type": "uniform", "minValue": 0, "maxValue": 1}, None),
        ({"type": "qnormal", "mu": 0, "sigma": 1, "q": 1}, None),
        ({"type": "normal", "mu": 0, "sigma": 0}, 1),
        ({"type": "choice", "values": [{"a": {"type": "randint", "upper": 4}}, {"b": 1}, "x"]}, 6),
    ],
)
def test_the_number_of_configurations(expression: dict[str, Any], size: int | None) -> None:
    assert space_of(expression).size() == size


def test_logbase_changes_the_base_of_log_forms() -> None:
    reader = Reader({"x": {"type": "loguniform", "minValue": -3, "maxValue": -3}}, "s")
    assert parse_space(reader, base=10).at(lambda _: 0.5)["x"] == pytest.approx(1e-3)
