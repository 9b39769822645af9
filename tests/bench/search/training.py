"""Small models trained on the spot: what tuning is about. Data is made, with a fixed seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Config = dict[str, Any]


def _data(seed: int, count: int, width: int) -> tuple[np.ndarray, ...]:
    """Friedman's first function (1991) with irrelevant inputs and noise; training and validation."""
    generator = np.random.default_rng(seed)
    x = generator.random((count, width))
    y = (
        10 * np.sin(math.pi * x[:, 0] * x[:, 1])
        + 20 * (x[:, 2] - 0.5) ** 2
        + 10 * x[:, 3]
        + 5 * x[:, 4]
    )
    y = (y - y.mean()) / y.std() + generator.normal(0, 0.2, count)
    half = count // 2
    return x[:half] - 0.5, y[:half], x[half:] - 0.5, y[half:]


_A = _data(1, 200, 8)
_B = _data(2, 160, 10)
_GENERATOR = np.random.default_rng(5)
_RINGS = _GENERATOR.normal(size=(240, 4))
_CLASSES = (np.abs(np.linalg.norm(_RINGS[:, :2], axis=1) - 1.2) < 0.45).astype(float)
_FEATURES = _GENERATOR.normal(size=(4, 300))
_PHASES = _GENERATOR.uniform(0, 2 * math.pi, 300)
_WEIGHTS = _GENERATOR.normal(size=(10, 128))
_OUT = _GENERATOR.normal(size=128)


def kernel_ridge(config: Config) -> float:
    """Log of the validation error of kernel ridge regression."""
    x, y, held_x, held_y = _A
    gram, cross = (_kernel(config, a, x) for a in (x, held_x))
    weights = np.linalg.lstsq(gram + config["alpha"] * np.eye(len(x)), y, rcond=1e-12)[0]
    return math.log(min(float(((cross @ weights - held_y) ** 2).mean()), 1e3))


def _kernel(config: Config, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if config["kernel"] == "poly":
        product: np.ndarray = (config["gamma"] * (a @ b.T) + 1) ** config["degree"]
        return product
    squares = ((a[:, None] - b[None]) ** 2).sum(-1)
    if config["kernel"] == "laplace":
        return np.exp(-config["gamma"] * np.sqrt(squares))
    return np.exp(-config["gamma"] * squares)


def smoother(config: Config) -> float:
    """Error of Nadaraya and Watson's smoother with a bandwidth for each input."""
    x, y, held_x, held_y = _B
    widths = np.array([config[f"h{n}"] for n in range(6)] + [config["rest"]] * 4)
    squares = (((held_x[:, None] - x[None]) / widths) ** 2).sum(-1)
    weights = np.exp(-0.5 * (squares - squares.min(1, keepdims=True)))
    return float(((weights @ y / weights.sum(1) - held_y) ** 2).mean())


def logistic(config: Config) -> float:
    """Validation loss of logistic regression on random features, by gradient descent."""
    features = np.cos(
        _RINGS @ (_FEATURES[:, : int(config["features"])] * config["scale"])
        + _PHASES[: int(config["features"])]
    )
    train, held = features[:120], features[120:]
    weights, velocity = np.zeros(train.shape[1]), np.zeros(train.shape[1])
    for step in range(int(config["epochs"])):
        rate = config["lr"] / (1 + config["decay"] * step)
        error = _sigmoid(train @ weights) - _CLASSES[:120]
        velocity = config["momentum"] * velocity - rate * (
            train.T @ error / 120 + config["l2"] * weights
        )
        weights = np.clip(weights + velocity, -1e6, 1e6)
    chance = np.clip(_sigmoid(held @ weights), 1e-4, 1 - 1e-4)
    truth = _CLASSES[120:]
    return float(-(truth * np.log(chance) + (1 - truth) * np.log(1 - chance)).mean())


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(z, -30, 30)))


def network(config: Config) -> float:
    """Error of a network of one hidden layer, trained by momentum or Adam."""
    x, y, held_x, held_y = _B
    width = int(config["units"])
    a, b = _WEIGHTS[:, :width] * config["init"], _OUT[:width] * config["init"] / math.sqrt(width)
    bend = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "sin": np.sin}[
        config["activation"]
    ]
    slope = {"tanh": lambda z: 1 - np.tanh(z) ** 2, "relu": lambda z: z > 0, "sin": np.cos}[
        config["activation"]
    ]
    moments = [np.zeros_like(a), np.zeros_like(b), np.zeros_like(a), np.zeros_like(b)]
    for step in range(1, 81):
        inner = x @ a
        hidden = bend(inner)
        error = (hidden @ b - y) / len(y)
        gradients = (
            x.T @ (np.outer(error, b) * slope(inner)) + config["l2"] * a,
            hidden.T @ error + config["l2"] * b,
        )
        updates = _updates(config, gradients, moments, step)
        a, b = np.clip(a - updates[0], -1e3, 1e3), np.clip(b - updates[1], -1e3, 1e3)
    return float(min(((bend(held_x @ a) @ b - held_y) ** 2).mean(), 10.0))


def _updates(config: Config, gradients: Any, moments: list[Any], step: int) -> list[Any]:
    updates = []
    for n, gradient in enumerate(gradients):
        moments[n] = 0.9 * moments[n] + 0.1 * gradient
        update = moments[n] / (1 - 0.9**step)
        if config["optimizer"] == "adam":
            moments[n + 2] = 0.99 * moments[n + 2] + 0.01 * gradient**2
            update = update / (np.sqrt(moments[n + 2] / (1 - 0.99**step)) + 1e-8)
        updates.append(config["lr"] * update)
    return updates


def _log(name: str, low: float, high: float) -> Config:
    return {"name": name, "type": "loguniform", "min": low, "max": high}


def _linear(name: str, low: float, high: float) -> Config:
    return {"name": name, "type": "uniform", "min": low, "max": high}


# Name, space, value, the lowest value ever found, and whether it is held out.
TASKS: list[tuple[str, list[Config], Any, float, bool]] = [
    (
        "kernel ridge",
        [
            _log("alpha", 1e-8, 1e2),
            _log("gamma", 1e-3, 1e2),
            {"name": "kernel", "type": "choice", "values": ["rbf", "laplace", "poly"]},
            {"name": "degree", "type": "randint", "min": 1, "max": 6},
        ],
        kernel_ridge,
        -1.6146,
        False,
    ),
    (
        "smoother",
        [*(_log(f"h{n}", 0.03, 10) for n in range(6)), _log("rest", 0.03, 10)],
        smoother,
        0.1718,
        True,
    ),
    (
        "logistic",
        [
            _log("lr", 1e-4, 1e2),
            _linear("momentum", 0, 0.99),
            _log("l2", 1e-8, 1),
            _log("decay", 1e-4, 1),
            _log("scale", 0.05, 10),
            {"name": "features", "type": "qloguniform", "min": 8, "max": 300, "q": 4},
            {"name": "epochs", "type": "quniform", "min": 10, "max": 100, "q": 10},
        ],
        logistic,
        0.55,
        True,
    ),
    (
        "network",
        [
            _log("lr", 1e-5, 10),
            _log("l2", 1e-8, 1e-1),
            _log("init", 1e-2, 5),
            {"name": "units", "type": "choice", "values": [4, 8, 16, 32, 64, 128]},
            {"name": "activation", "type": "choice", "values": ["tanh", "relu", "sin"]},
            {"name": "optimizer", "type": "choice", "values": ["momentum", "adam"]},
        ],
        network,
        0.149,
        False,
    ),
]
