"""Search spaces that every sampler is tested with, as they are written in a SweepJob."""

from __future__ import annotations

import math
from typing import Any

from ...api.parsing.reader import Reader
from ...api.spec.search_space import parse_space
from ...search.space import Assignment, Space

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
DEEP = {
    "type": "choice",
    "values": [
        {
            "kind": "deep",
            "inner": {
                "type": "choice",
                "values": [{"x": {"type": "choice", "values": [1, 2]}}, "flat"],
            },
        },
        {"kind": "shallow"},
        7,
    ],
}
CHOICES: dict[str, Any] = {
    "a": {"type": "choice", "values": ["x", 3, 2.5, True]},
    "b": {"type": "choice", "values": [*range(40)]},
    "k": DEEP,
}
FINITE = {"a": {"type": "choice", "values": [1, 2, 3]}, "k": DEEP}  # 3 x 5 points
EVEN = {n: {"type": "choice", "values": [1, 2, "2"]} for n in "abc"}  # 27 points
ULP = math.nextafter(1.0, 2.0)
HOSTILE: dict[str, dict[str, Any]] = {
    "one value": {"a": {"type": "choice", "values": ["only"]}},
    "equal bounds": {"a": {"type": "uniform", "minValue": 2, "maxValue": 2}},
    "one ulp wide": {"a": {"type": "uniform", "minValue": 1, "maxValue": ULP}},
    "sigma 0": {"a": {"type": "normal", "mu": 3, "sigma": 0}},
    "sigma 0, quantised": {"a": {"type": "qlognormal", "mu": 3, "sigma": 0, "q": 0.1}},
    "200 parameters": {
        f"p{n}": {"type": "uniform", "minValue": 0, "maxValue": 1} for n in range(200)
    },
    "200 choices": {f"p{n}": {"type": "choice", "values": [1, 2, 3]} for n in range(200)},
    "huge exponents": {"a": {"type": "loguniform", "minValue": 700, "maxValue": 800}},
    "huge bounds": {"a": {"type": "quniform", "minValue": -1.7e308, "maxValue": 1.7e308, "q": 0.3}},
    "tiny q": {"a": {"type": "quniform", "minValue": 0, "maxValue": 1, "q": 1e-300}},
    "wide normal": {"a": {"type": "normal", "mu": 1e308, "sigma": 1e308}},
    "wide lognormal": {"a": {"type": "lognormal", "mu": 0, "sigma": 1e6}},
    "huge randint": {"a": {"type": "randint", "upper": 2**62}},
    "equal values": {"a": {"type": "choice", "values": [1, 1, 2]}},
    "an empty branch": {"a": {"type": "choice", "values": [{}, {"b": 1}]}},
}


def space(data: dict[str, Any]) -> Space:
    """Return a search space as it is written in a SweepJob.

    Raises:
        InvalidSpec: it has mistakes.
    """
    reader = Reader(data, "spec.searchSpace")
    parsed = parse_space(reader)
    reader.finish()
    return parsed


def check_inside(found: Assignment) -> None:
    """Assert types, bounds and multiples of an assignment of ``EVERY`` or ``CHOICES``."""
    assert any(found["a"] == v and type(found["a"]) is type(v) for v in ("x", 3, 2.5, True))
    assert type(found["b"]) is int
    assert 0 <= found["b"] < 40
    if "c" not in found:
        assert found["k"] in (7, {"kind": "shallow"}) or found["k"]["kind"] == "deep"
        return
    assert found["b"] < 9
    assert -1 <= found["c"] <= 1
    assert found["d"] in (0, 0.25, 0.5, 0.75, 1)
    assert math.exp(-5) <= found["e"] <= math.exp(2)
    assert type(found["f"]) is int
    assert found["f"] % 2 == 0
    assert 2 <= found["f"] <= math.exp(5)
    assert found["h"] % 0.5 == 0
    assert found["i"] > 0
    assert type(found["j"]) is int
    assert found["k"] == {"kind": "linear"} or found["k"]["units"] in (16, 32, 48, 64)
