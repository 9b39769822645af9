"""A network of one or two hidden layers, trained epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

Config = dict[str, Any]
Array = np.ndarray
# Predictions and targets to a value of the metric, and to the error that is propagated.
Metric = Callable[[Array, Array], float]
_LARGEST = 1e3  # a weight that grows further has diverged


@dataclass(frozen=True)
class Data:
    """A data set in two halves; targets have a column for each output."""

    x: Array
    y: Array
    held_x: Array
    held_y: Array


def _log(name: str, low: float, high: float) -> Config:
    return {"name": name, "type": "loguniform", "min": low, "max": high}


SPACE: list[Config] = [
    _log("lr", 1e-4, 1.0),
    {"name": "momentum", "type": "uniform", "min": 0.0, "max": 0.99},
    {"name": "batch", "type": "choice", "values": [16, 32, 64, 128]},
    {"name": "units", "type": "qloguniform", "min": 8, "max": 128, "q": 4},
    {"name": "layers", "type": "choice", "values": [1, 2]},
    _log("l2", 1e-7, 1e-1),
    {"name": "dropout", "type": "uniform", "min": 0.0, "max": 0.6},
    _log("init", 0.1, 3.0),
    {"name": "activation", "type": "choice", "values": ["relu", "tanh"]},
    _log("decay", 1e-4, 0.3),
]


class Network:
    """Weights, their velocities, and what a configuration says of both."""

    def __init__(self, config: Config, width: int, outputs: int, is_classifier: bool) -> None:
        self.config = config
        self.is_classifier = is_classifier
        self.generator = np.random.default_rng(7)
        sizes = [width, *[int(config["units"])] * config["layers"], outputs]
        scale = config["init"]
        self.weights = [
            self.generator.normal(size=(a + 1, b)) * scale / math.sqrt(a)
            for a, b in pairwise(sizes)
        ]
        self.velocities = [np.zeros_like(w) for w in self.weights]

    def predict(self, x: Array) -> Array:
        return self._forward(x, 0.0)[0]

    def _forward(self, x: Array, dropout: float) -> tuple[Array, list[Array], list[Array]]:
        inputs, masks = [x], list[Array]()
        for weights in self.weights[:-1]:
            hidden = inputs[-1] @ weights[1:] + weights[0]
            hidden = (
                np.tanh(hidden) if self.config["activation"] == "tanh" else np.maximum(hidden, 0)
            )
            mask = np.ones(1)
            if dropout:
                mask = (self.generator.random(hidden.shape[1]) >= dropout) / (1 - dropout)
            inputs.append(hidden * mask)
            masks.append(mask)
        out = inputs[-1] @ self.weights[-1][1:] + self.weights[-1][0]
        if self.is_classifier:
            out = np.exp(out - out.max(1, keepdims=True))
            out /= out.sum(1, keepdims=True)
        return out, inputs, masks

    def step(self, x: Array, y: Array, rate: float) -> None:
        out, inputs, masks = self._forward(x, self.config["dropout"])
        error = (out - y) / len(x)
        for n in range(len(self.weights) - 1, -1, -1):
            weights, below = self.weights[n], inputs[n]
            gradient = np.vstack([error.sum(0), below.T @ error + self.config["l2"] * weights[1:]])
            if n:
                slope = 1 - (below / np.maximum(masks[n - 1], 1e-9)) ** 2
                if self.config["activation"] == "relu":
                    slope = below > 0
                error = (error @ weights[1:].T) * slope * masks[n - 1]
            velocity = self.config["momentum"] * self.velocities[n] - rate * gradient
            self.velocities[n] = np.clip(velocity, -_LARGEST, _LARGEST)
            self.weights[n] = np.clip(weights + self.velocities[n], -_LARGEST, _LARGEST)


def train(config: Config, data: Data, metric: Metric, is_classifier: bool) -> Iterator[float]:
    """Yield the metric on the held half after each epoch, without end."""
    network = Network(config, data.x.shape[1], data.y.shape[1], is_classifier)
    batch, epoch = config["batch"], 0
    while True:
        order = network.generator.permutation(len(data.x))
        rate = config["lr"] / (1 + config["decay"] * epoch)
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            network.step(data.x[rows], data.y[rows], rate)
        epoch += 1
        yield metric(network.predict(data.held_x), data.held_y)
