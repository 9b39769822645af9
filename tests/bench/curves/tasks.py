"""Tasks with learning curves: small models trained on data that ships with libraries."""

from __future__ import annotations

import functools
import inspect
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from . import networks
from .networks import Array, Config, Data

EPOCHS = 81


@dataclass(frozen=True)
class Task:
    """What is tuned.

    Attributes:
        curve: yields the metric after each epoch of a configuration.
        sign: 1 to maximise, -1 to minimise.
        held: it took no part in any decision.
    """

    name: str
    space: list[Config]
    curve: Callable[[Config], Iterator[float]]
    sign: int
    held: bool

    @property
    def goal(self) -> str:
        return "maximize" if self.sign > 0 else "minimize"


def accuracy(predicted: Array, truth: Array) -> float:
    return float((predicted.argmax(1) == truth.argmax(1)).mean())


def log_loss(predicted: Array, truth: Array) -> float:
    chance = (np.clip(predicted, 1e-3, 1.0) * truth).sum(1)
    return float(-np.log(chance).mean())


def squared_error(predicted: Array, truth: Array) -> float:
    return float(min(np.nan_to_num(((predicted - truth) ** 2).mean(), nan=10.0), 10.0))


def _halves(x: Array, y: Array, seed: int, most: int) -> Data:
    order = np.random.default_rng(seed).permutation(len(x))[:most]
    x = (x - x.mean(0)) / np.maximum(x.std(0), 1e-9)
    half = len(order) // 2
    first, second = order[:half], order[half:]
    return Data(x[first], y[first], x[second], y[second])


def _loaded(name: str) -> Any:
    from sklearn import datasets

    return getattr(datasets, f"load_{name}")()


@functools.cache
def _digits(most: int) -> Data:
    found = _loaded("digits")
    return _halves(found.data, np.eye(10)[found.target], 1, most)


@functools.cache
def _same_digits() -> Data:
    """The pixels as their own target."""
    data = _digits(400)
    return Data(data.x, data.x, data.held_x, data.held_x)


@functools.cache
def _diabetes() -> Data:
    found = _loaded("diabetes")
    target = (found.target - found.target.mean()) / found.target.std()
    return _halves(found.data, target[:, None], 2, 442)


@functools.cache
def _cancer() -> Data:
    found = _loaded("breast_cancer")
    return _halves(found.data, np.eye(2)[found.target], 3, 569)


@functools.cache
def _lines() -> Data:
    """Lines of the standard library's source by the module they are from, as counts of hashed trigrams."""
    import argparse
    import calendar
    import difflib
    import fractions
    import statistics

    rows, targets = [], []
    for number, module in enumerate((argparse, calendar, difflib, fractions, statistics)):
        lines = [line.strip() for line in inspect.getsource(module).splitlines()]
        for line in [line for line in lines if len(line) > 20][:160]:
            row = np.zeros(256)
            for start in range(len(line) - 2):
                row[zlib.crc32(line[start : start + 3].encode()) % 256] += 1
            rows.append(np.sqrt(row))
            targets.append(number)
    return _halves(np.array(rows), np.eye(5)[targets], 4, 500)


_BOOSTING: list[Config] = [
    {"name": "lr", "type": "loguniform", "min": 0.003, "max": 1.0},
    {"name": "depth", "type": "randint", "min": 1, "max": 6},
    {"name": "subsample", "type": "uniform", "min": 0.2, "max": 1.0},
    {"name": "features", "type": "uniform", "min": 0.1, "max": 1.0},
    {"name": "leaf", "type": "qloguniform", "min": 1, "max": 40, "q": 1},
    {"name": "loss", "type": "choice", "values": ["squared_error", "absolute_error", "huber"]},
    {"name": "alpha", "type": "uniform", "min": 0.5, "max": 0.99},
    {"name": "criterion", "type": "choice", "values": ["friedman_mse", "squared_error"]},
    {"name": "prune", "type": "loguniform", "min": 1e-5, "max": 1e-1},
    {"name": "start", "type": "choice", "values": ["zero", "mean"]},
]


def _boosted(config: Config) -> Iterator[float]:
    from sklearn.ensemble import GradientBoostingRegressor

    data = _diabetes()
    model = GradientBoostingRegressor(
        loss=config["loss"],
        learning_rate=config["lr"],
        n_estimators=EPOCHS,
        subsample=config["subsample"],
        criterion=config["criterion"],
        min_samples_leaf=max(1, int(config["leaf"])),
        max_depth=int(config["depth"]),
        max_features=config["features"],
        alpha=config["alpha"],
        ccp_alpha=config["prune"],
        init="zero" if config["start"] == "zero" else None,
        random_state=5,
    ).fit(data.x, data.y[:, 0])
    for predicted in model.staged_predict(data.held_x):
        yield squared_error(predicted[:, None], data.held_y)


def _network(
    data: Callable[[], Data], metric: networks.Metric, is_classifier: bool
) -> Callable[[Config], Iterator[float]]:
    return lambda config: networks.train(config, data(), metric, is_classifier)


_SPACE = networks.SPACE
TASKS = (
    Task("digits", _SPACE, _network(lambda: _digits(600), accuracy, True), 1, False),
    Task("diabetes", _SPACE, _network(_diabetes, squared_error, False), -1, True),
    Task("cancer", _SPACE, _network(_cancer, log_loss, True), -1, False),
    Task("lines", _SPACE, _network(_lines, accuracy, True), 1, True),
    Task("pixels", _SPACE, _network(_same_digits, squared_error, False), -1, True),
    Task("boosting", _BOOSTING, _boosted, -1, False),
)


def train(task: Task, config: Config) -> list[float]:
    """The metric after each epoch."""
    return list(islice(task.curve(config), EPOCHS))
