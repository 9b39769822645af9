"""Problems to search: classical functions moved off the centre, categories, nesting, noise, and small
models that are trained on the spot. All are minimised."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import training
from .spaces import Parameter

Config = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """What is searched.

    Attributes:
        group: continuous, noisy, mixed or tuning.
        value: without noise; lower is better.
        optimum: the lowest value there is; of tuning tasks, the lowest ever found.
        noise: standard deviation of what is observed.
        held: kept out of every decision about the sampler.
    """

    name: str
    group: str
    space: list[Parameter]
    value: Callable[[Config], float]
    optimum: float = 0.0
    noise: float = 0.0
    held: bool = False


def box(count: int, low: float = 0.0, high: float = 1.0) -> list[Parameter]:
    return [{"name": f"x{n}", "type": "uniform", "min": low, "max": high} for n in range(count)]


def vector(config: Config, count: int) -> np.ndarray:
    return np.array([config[f"x{n}"] for n in range(count)])


def moved(seed: int, count: int, width: float) -> np.ndarray:
    """Where the optimum is moved to: anywhere but near the centre or the edge."""
    generator = np.random.default_rng(seed)
    side = generator.choice([-1.0, 1.0], count)
    return side * generator.uniform(0.15, 0.4, count) * width


def ackley(x: np.ndarray) -> float:
    root = math.sqrt(float((x * x).mean()))
    return float(
        20 + math.e - 20 * math.exp(-0.2 * root) - math.exp(np.cos(2 * math.pi * x).mean())
    )


def rosenbrock(x: np.ndarray) -> float:
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


def levy(x: np.ndarray) -> float:
    w = 1 + x / 4  # the optimum at 0
    head = math.sin(math.pi * w[0]) ** 2
    body = ((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)).sum()
    return float(head + body + (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2))


def rastrigin(x: np.ndarray) -> float:
    return float((x * x - 10 * np.cos(2 * math.pi * x) + 10).sum())


def styblinski(x: np.ndarray) -> float:
    return float((x**4 - 16 * x**2 + 5 * x).mean() / 2 + 39.16616570377142)


def branin(a: float, b: float) -> float:
    x, y = 15 * a - 5, 15 * b
    curve = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return curve * curve + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.39788735772973816


_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
_A6 = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_P6 = 1e-4 * np.array([[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991], [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]])  # fmt: skip


def hartmann6(x: np.ndarray) -> float:
    return float(-_ALPHA @ np.exp(-(_A6 * (x - _P6) ** 2).sum(1)) + 3.322368011415515)


def six_hump(a: float, b: float) -> float:
    x, y = 4 * a - 2, 2 * b - 1
    return (
        (4 - 2.1 * x * x + x**4 / 3) * x * x + x * y + (-4 + 4 * y * y) * y * y + 1.0316284534898774
    )


def _shifted(
    function: Callable[[np.ndarray], float], seed: int, count: int, low: float, high: float
) -> Callable[[Config], float]:
    offset = moved(seed, count, high - low)
    return lambda config: function(vector(config, count) - offset)


_KINDS = ["a", "b", "c", "d", "e"]


def _branching(config: Config) -> float:
    """A different function, with different parameters, for each model."""
    model = config["model"]
    extra = 2.0 * (math.log10(config["lr"]) + 2.3) ** 2
    if model["kind"] == "linear":
        return 4.0 + extra + 0.5 * (model["l2"] - 0.3) ** 2
    if model["kind"] == "tree":
        return 1.0 + extra + 6 * abs(model["depth"] - 7) / 10 + 3 * (model["rate"] - 0.8) ** 2
    width = (math.log2(model["units"]) - 7.5) ** 2 / 8
    return (
        extra
        + width
        + 8 * (model["dropout"] - 0.2) ** 2
        + {"relu": 0.0, "tanh": 0.4, "none": 2.0}[model["act"]]
    )


_BRANCHING: list[Parameter] = [
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
                "dropout": {"type": "uniform", "min": 0, "max": 0.9},
                "act": {"type": "choice", "values": ["relu", "tanh", "none"]},
            },
        ],
    },
]  # fmt: skip


def _nested_deep(config: Config) -> float:
    """Two nested choices; one branch of one of them hides the optimum."""
    opt = config["opt"]
    value = {"sgd": 1.0, "adam": 0.0, "rms": 0.6}[opt["name"]]
    value += 1.5 * (math.log10(opt["lr"]) + {"sgd": 1.0, "adam": 3.0, "rms": 2.5}[opt["name"]]) ** 2
    if opt["name"] == "sgd":
        value += 2 * (opt["momentum"] - 0.9) ** 2
    aug = config["aug"]
    value += (
        0.8
        if aug == "none"
        else 0.3 + 3 * (aug["strength"] - 0.35) ** 2 - 0.3 * (aug["kind"] == "mix")
    )
    return value + 0.02 * (config["layers"] - 5) ** 2


_DEEP: list[Parameter] = [
    {
        "name": "opt",
        "type": "choice",
        "values": [
            {"name": "sgd", "lr": {"type": "loguniform", "min": 1e-4, "max": 1}, "momentum": {"type": "uniform", "min": 0, "max": 1}},
            {"name": "adam", "lr": {"type": "loguniform", "min": 1e-6, "max": 1e-1}},
            {"name": "rms", "lr": {"type": "loguniform", "min": 1e-5, "max": 1e-1}},
        ],
    },
    {
        "name": "aug",
        "type": "choice",
        "values": [
            "none",
            {"kind": "flip", "strength": {"type": "uniform", "min": 0, "max": 1}},
            {"kind": "mix", "strength": {"type": "uniform", "min": 0, "max": 1}},
        ],
    },
    {"name": "layers", "type": "randint", "min": 1, "max": 12},
]  # fmt: skip


def _categorical_ackley(config: Config) -> float:
    """Ackley in three parameters, at a place and a level that depend on two categories."""
    kind, flag = _KINDS.index(config["kind"]), config["flag"]
    offset = np.array([0.9, -1.1, 0.7]) * (1 + 0.3 * kind) * (1 if flag else -0.5)
    level = [1.5, 0.8, 0.0, 2.0, 1.2][kind] + (0.0 if flag else 0.7)
    return ackley(vector(config, 3) - np.clip(offset, -1.8, 1.8)) + level


def _switch(config: Config) -> float:
    """Three functions over the same two parameters, by a category; the other one scales."""
    a, b = config["x0"], config["x1"]
    values = {
        "branin": branin(a, b) / 50,
        "six": six_hump(a, b) / 4 + 0.3,
        "rosen": rosenbrock(np.array([3 * a - 1, 3 * b - 1])) / 500 + 0.1,
    }
    return (
        values[config["f"]] * (1.0 if config["scale"] == "small" else 2.0)
        + (config["scale"] == "large") * 0.1
    )


def _integers(config: Config) -> float:
    """A bowl over integers, a step width and powers, with a coupling."""
    units, batch = math.log2(config["units"]) - 6, math.log2(config["batch"]) - 6
    depth, keep = config["depth"] - 4, config["keep"] - 0.75
    return (
        units**2 / 4
        + 0.3 * batch**2
        + 0.15 * depth**2
        + 8 * keep**2
        + 0.4 * abs(units * depth) / 4
        + 0.1 * abs(batch - units)
    )


def _switches(config: Config) -> float:
    """Six on-off switches, two of which only help together, and two numbers."""
    on = [config[f"s{n}"] == "on" for n in range(6)]
    value = (
        3.0
        - 0.5 * on[0]
        - 0.3 * on[1]
        + 0.4 * on[2]
        - 1.5 * (on[3] and on[4])
        + 0.4 * (on[3] != on[4])
        - 0.1 * on[5]
    )
    return (
        value
        - 0.6
        + 3 * (config["x0"] - (0.3 if on[0] else 0.7)) ** 2
        + 2 * (config["x1"] - 0.6) ** 2
    )


def _logs(config: Config) -> float:
    """Everything on a logarithmic or a bell-shaped scale."""
    lr = math.log10(config["lr"]) + 2.7
    decay = math.log10(config["decay"]) + 4.5
    return (
        1.2 * lr**2
        + 0.3 * (lr - decay / 2) ** 2
        + 0.5 * (config["shift"] - 0.8) ** 2
        + 0.6 * (math.log(config["scale"]) + 0.7) ** 2
    )


_SWITCHES: list[Parameter] = [
    *({"name": f"s{n}", "type": "choice", "values": ["off", "on"]} for n in range(6)),
    *box(2),
]
_INTEGERS: list[Parameter] = [
    {"name": "units", "type": "choice", "values": [8, 16, 32, 64, 128, 256, 512]},
    {"name": "batch", "type": "choice", "values": [16, 32, 64, 128, 256]},
    {"name": "depth", "type": "randint", "min": 1, "max": 12},
    {"name": "keep", "type": "quniform", "min": 0.1, "max": 1, "q": 0.05},
]
_LOGS: list[Parameter] = [
    {"name": "lr", "type": "loguniform", "min": 1e-6, "max": 1},
    {"name": "decay", "type": "loguniform", "min": 1e-8, "max": 1e-1},
    {"name": "shift", "type": "normal", "mu": 0, "sigma": 1},
    {"name": "scale", "type": "lognormal", "mu": 0, "sigma": 1},
]
_CATEGORIES: list[Parameter] = [
    *box(3, -2, 2),
    {"name": "kind", "type": "choice", "values": _KINDS},
    {"name": "flag", "type": "choice", "values": [True, False]},
]
_SWITCH: list[Parameter] = [
    *box(2),
    {"name": "f", "type": "choice", "values": ["branin", "six", "rosen"]},
    {"name": "scale", "type": "choice", "values": ["small", "large"]},
]


PROBLEMS = [
    Problem("branin", "continuous", box(2), lambda c: branin(c["x0"], c["x1"])),
    Problem("hartmann-6", "continuous", box(6), lambda c: hartmann6(vector(c, 6)), held=True),
    Problem("ackley-5", "continuous", box(5, -10, 10), _shifted(ackley, 1, 5, -10, 10), held=True),
    Problem("rosenbrock-4", "continuous", box(4, -2, 2), lambda c: rosenbrock(vector(c, 4))),
    Problem("levy-8", "continuous", box(8, -10, 10), _shifted(levy, 2, 8, -10, 10)),
    Problem(
        "rastrigin-3", "continuous", box(3, -3, 3), _shifted(rastrigin, 3, 3, -3, 3), held=True
    ),
    Problem("styblinski-10", "continuous", box(10, -5, 5), lambda c: styblinski(vector(c, 10))),
    Problem("logs", "continuous", _LOGS, _logs, held=True),
    Problem(
        "noisy branin", "noisy", box(2), lambda c: branin(c["x0"], c["x1"]), noise=5.0, held=True
    ),
    Problem("noisy hartmann-6", "noisy", box(6), lambda c: hartmann6(vector(c, 6)), noise=0.2),
    Problem(
        "noisy levy-4",
        "noisy",
        box(4, -10, 10),
        _shifted(levy, 4, 4, -10, 10),
        noise=1.0,
        held=True,
    ),
    Problem("noisy logs", "noisy", _LOGS, _logs, noise=0.5),
    Problem("categories", "mixed", _CATEGORIES, _categorical_ackley, optimum=0.0),
    Problem("switch", "mixed", _SWITCH, _switch, held=True),
    Problem("integers", "mixed", _INTEGERS, _integers, optimum=0.0, held=True),
    Problem("switches", "mixed", _SWITCHES, _switches, optimum=0.0),
    Problem("branching", "mixed", _BRANCHING, _branching, optimum=0.0),
    Problem("nested", "mixed", _DEEP, _nested_deep, optimum=0.0, held=True),
    *(
        Problem(name, "tuning", space, value, optimum, held=held)
        for name, space, value, optimum, held in training.TASKS
    ),
]
