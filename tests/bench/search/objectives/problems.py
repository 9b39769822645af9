"""Problems with several objectives, with constraints, or with both. All are minimised.

A constraint is met by a value of at most 0. The fronts are known, so the best volume is, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..problems import box, vector
from ..spaces import Parameter
from .volume import hypervolume

Config = dict[str, Any]
Values = tuple[float, ...]


@dataclass(frozen=True)
class Problem:
    """What is searched.

    Attributes:
        evaluate: the values of objectives and of constraints.
        reference: what a point has to be below, to count; of one objective, the worst value that counts.
        best: the largest volume there is; of one objective, the lowest feasible value.
    """

    name: str
    space: list[Parameter]
    evaluate: Callable[[Config], tuple[Values, Values]]
    reference: Values
    best: float
    constraints: int = 0

    @property
    def objectives(self) -> int:
        return len(self.reference)

    def gap(self, feasible: Sequence[Values]) -> float:
        """What is missing to the best: 0 is the best, 1 is nothing below the reference."""
        if self.objectives > 1:
            return 1.0 - hypervolume(feasible, self.reference) / self.best
        lowest = min((value for (value,) in feasible), default=math.inf)
        return min((lowest - self.best) / (self.reference[0] - self.best), 1.0)


def _zdt(shape: Callable[[float, float], float], count: int = 5) -> Callable[[Config], Any]:
    def evaluate(config: Config) -> tuple[Values, Values]:
        x = vector(config, count)
        g = 1 + 9 * float(x[1:].mean())
        return (float(x[0]), g * shape(float(x[0]), g)), ()

    return evaluate


def _zdt1(f: float, g: float = 1.0) -> float:
    return 1 - math.sqrt(f / g)


def _zdt2(f: float, g: float = 1.0) -> float:
    return 1 - (f / g) ** 2


def _zdt3(f: float, g: float = 1.0) -> float:
    return 1 - math.sqrt(f / g) - f / g * math.sin(10 * math.pi * f)


def _sphere(config: Config, objectives: int, count: int) -> Values:
    """DTLZ2: the front is the part of a sphere around 0 where all objectives are positive."""
    x = vector(config, count)
    radius = 1 + float(((x[objectives - 1 :] - 0.5) ** 2).sum())
    angles = x[: objectives - 1] * math.pi / 2
    found = []
    for number in range(objectives):
        value = radius * math.prod(np.cos(angles[: objectives - 1 - number]).tolist())
        found.append(value * math.sin(angles[objectives - 1 - number]) if number else value)
    return tuple(found)


def _dtlz2(config: Config) -> tuple[Values, Values]:
    return _sphere(config, 3, 6), ()


def _c2_violation(values: Values, radius: float = 0.2) -> float:
    """Feasible within small spheres around the middle and the ends of the front."""
    count, squares = len(values), sum(v * v for v in values)
    ends = [(v - 1) ** 2 + squares - v * v - radius**2 for v in values]
    middle = sum((v - 1 / math.sqrt(count)) ** 2 for v in values) - radius**2
    return min(*ends, middle)


def _c2_dtlz2(config: Config) -> tuple[Values, Values]:
    values = _sphere(config, 2, 5)
    return values, (_c2_violation(values),)


def _bnh(config: Config) -> tuple[Values, Values]:
    """Binh and Korn (1997)."""
    x, y = config["x"], config["y"]
    values = (4 * x * x + 4 * y * y, (x - 5) ** 2 + (y - 5) ** 2)
    return values, ((x - 5) ** 2 + y * y - 25, 7.7 - (x - 8) ** 2 - (y + 3) ** 2)


def _gramacy(config: Config) -> tuple[Values, Values]:
    """Gramacy et al. (2016): a wave and a circle, of which the wave cuts off the optimum."""
    x, y = config["x0"], config["x1"]
    wave = 1.5 - x - 2 * y - 0.5 * math.sin(2 * math.pi * (x * x - 2 * y))
    return (x + y,), (wave, x * x + y * y - 1.5)


def _gardner(config: Config) -> tuple[Values, Values]:
    """Gardner et al. (2014), simulation 2: one in fifty configurations is feasible."""
    x, y = config["x0"], config["x1"]
    return (math.sin(x) + y,), (math.sin(x) * math.sin(y) + 0.95,)


def _pressure_vessel(config: Config) -> tuple[Values, Values]:
    """Kannan and Kramer (1994): two thicknesses come in steps of a sixteenth of an inch."""
    shell, head = 0.0625 * config["shell"], 0.0625 * config["head"]
    r, length = config["radius"], config["length"]
    cost = 0.6224 * shell * r * length + 1.7781 * head * r * r
    cost += 3.1661 * shell**2 * length + 19.84 * shell**2 * r
    volume = math.pi * r * r * length + 4 / 3 * math.pi * r**3
    return (cost,), (0.0193 * r - shell, 0.00954 * r - head, 1 - volume / 1_296_000, length - 240)


_VESSEL: list[Parameter] = [
    {"name": "shell", "type": "randint", "min": 1, "max": 99},
    {"name": "head", "type": "randint", "min": 1, "max": 99},
    {"name": "radius", "type": "uniform", "min": 10, "max": 200},
    {"name": "length", "type": "uniform", "min": 10, "max": 200},
]


def _network(config: Config) -> tuple[Values, Values]:
    """The loss and the logarithmic size of three kinds of models, each with parameters of its own."""
    model = config["model"]
    loss = 0.5 * (math.log10(config["lr"]) + 2.3) ** 2
    if model["kind"] == "linear":
        return (loss + 1.6 + 0.5 * (model["l2"] - 0.3) ** 2, 0.5), ()
    if model["kind"] == "tree":
        loss += 0.7 + 1.2 * math.exp(-model["depth"] / 4) + (model["rate"] - 0.8) ** 2
        return (loss, 0.8 + model["depth"] / 6), ()
    width = math.log2(model["units"])
    loss += 0.2 + 2.5 * math.exp(-width / 3) + {"relu": 0.0, "tanh": 0.1, "none": 0.5}[model["act"]]
    loss += 0.4 / model["layers"]
    return (loss, (width + model["layers"]) / 3), ()


_NETWORK: list[Parameter] = [
    {"name": "lr", "type": "loguniform", "min": 1e-5, "max": 1.0},
    {
        "name": "model",
        "type": "choice",
        "values": [
            {"kind": "linear", "l2": {"type": "uniform", "min": 0, "max": 1}},
            {"kind": "tree", "depth": {"type": "quniform", "min": 1, "max": 20, "q": 1}, "rate": {"type": "uniform", "min": 0, "max": 1}},
            {
                "kind": "mlp",
                "units": {"type": "qloguniform", "min": 8, "max": 1024, "q": 8},
                "layers": {"type": "choice", "values": [1, 2, 3, 4]},
                "act": {"type": "choice", "values": ["relu", "tanh", "none"]},
            },
        ],
    },
]  # fmt: skip


def _network_front() -> list[Values]:
    """Of every model, at the best learning rate, regularisation and activation."""
    models: list[Config] = [{"kind": "linear", "l2": 0.3}]
    models += [{"kind": "tree", "depth": depth, "rate": 0.8} for depth in range(1, 21)]
    models += [
        {"kind": "mlp", "units": units, "layers": layers, "act": "relu"}
        for units in range(8, 1025, 8)
        for layers in (1, 2, 3, 4)
    ]
    return [_network({"lr": 10**-2.3, "model": model})[0] for model in models]


_STEPS = np.linspace(0, 1, 4001).tolist()
_CIRCLE = [(math.cos(t * math.pi / 2), math.sin(t * math.pi / 2)) for t in _STEPS]


def _of_front(
    name: str,
    space: list[Parameter],
    evaluate: Callable[[Config], tuple[Values, Values]],
    front: Sequence[Values],
    reference: Values,
    constraints: int = 0,
) -> Problem:
    return Problem(name, space, evaluate, reference, hypervolume(front, reference), constraints)


def _bnh_front() -> list[Values]:
    ends = [{"x": 3 * t, "y": 3 * t} for t in _STEPS] + [{"x": 3 + 2 * t, "y": 3.0} for t in _STEPS]
    return [_bnh(config)[0] for config in ends]


_BNH: list[Parameter] = [
    {"name": "x", "type": "uniform", "min": 0, "max": 5},
    {"name": "y", "type": "uniform", "min": 0, "max": 3},
]
PROBLEMS = [
    _of_front("zdt1", box(5), _zdt(_zdt1), [(t, _zdt1(t)) for t in _STEPS], (1.1, 1.1)),
    _of_front("zdt2", box(5), _zdt(_zdt2), [(t, _zdt2(t)) for t in _STEPS], (1.1, 1.1)),
    _of_front("zdt3", box(5), _zdt(_zdt3), [(t, _zdt3(t)) for t in _STEPS], (1.1, 1.1)),
    # Above the sphere: the cube to the reference, less the eighth of a ball.
    Problem("dtlz2", box(6), _dtlz2, (1.1, 1.1, 1.1), 1.1**3 - math.pi / 6),
    _of_front("network", _NETWORK, _network, _network_front(), (2.5, 5.0)),
    _of_front("bnh", _BNH, _bnh, _bnh_front(), (150.0, 55.0), 2),
    _of_front(
        "c2-dtlz2", box(5), _c2_dtlz2, [p for p in _CIRCLE if _c2_violation(p) <= 0], (1.1, 1.1), 1
    ),
    Problem("gramacy", box(2), _gramacy, (1.2,), 0.5997880, 2),
    Problem("gardner", box(2, 0, 6), _gardner, (3.2,), 0.2532359, 1),
    Problem("vessel", _VESSEL, _pressure_vessel, (20_000.0,), 6059.714, 4),
]
