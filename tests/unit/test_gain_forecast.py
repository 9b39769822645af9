"""Forecasts hold as often as they say, and auto loses no winner, on curves of real training."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sweepjob.early_stopping.gain_forecast import GainForecast, learn
from sweepjob.early_stopping.policies.auto import AutoPolicy
from sweepjob.early_stopping.prospect import NINE_OF_TEN
from sweepjob.early_stopping.replay import RecordedTrial, replay
from sweepjob.early_stopping.score_table import ScoreTable, forecast_trial
from sweepjob.objective import Goal

from tests.bench.curves.record import FILE
from tests.bench.curves.tasks import EPOCHS, TASKS, Task

_LATER = [4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, EPOCHS]


def recorded(task: Task) -> np.ndarray:
    found: np.ndarray = np.load(FILE)[f"{task.name}.curves"].astype(float)
    return found


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_nine_of_ten_curves_end_in_the_interval_of_90_percent(task: Task) -> None:
    bests = np.maximum.accumulate(task.sign * recorded(task), axis=1)
    generator, held = np.random.default_rng(0), list[bool]()
    for _ in range(20):
        order = generator.permutation(len(bests))
        for interval in (4, 8, 16, 32, 56):
            columns = [interval // 2, *(n for n in _LATER if n >= interval)]
            for judged in order[40:48]:
                scores = bests[np.ix_([*order[:40], judged], np.array(columns) - 1)]
                scores[-1, 2:] = np.nan
                table = ScoreTable(columns, np.arange(41), scores)
                found = forecast_trial(table, 40, EPOCHS)
                assert found is not None
                gain = bests[judged, -1] - bests[judged, interval - 1]
                low, high = (found.gains.gain(found.recent, s * NINE_OF_TEN) for s in (-1, 1))
                held.append(low - 1e-12 <= gain <= high + 1e-12)
    assert 0.85 <= np.mean(held) <= 0.95


def test_auto_loses_no_winner_and_saves_time() -> None:
    """A few replays of three tasks; the report of the bench has hundreds."""
    lost, saved = 0, list[float]()
    for task in TASKS[::2]:
        generator, curves = np.random.default_rng(3), recorded(task)
        goal = Goal.MAXIMIZE if task.sign > 0 else Goal.MINIMIZE
        for _ in range(2):
            chosen = generator.permutation(len(curves))[:14]
            trials = [
                RecordedTrial(n, tuple(curves[row].tolist()), (1,) * EPOCHS)
                for n, row in enumerate(chosen)
            ]
            result = replay(trials, AutoPolicy(EPOCHS), goal, 4)
            lost += result.best_lost
            saved.append(result.saved)
    assert lost == 0
    assert np.mean(saved) > 0.2


def test_a_power_law_is_expected_before_anything_is_known() -> None:
    nothing = learn(np.empty(0), np.empty(0), np.empty(0), 2.0)
    assert nothing.gain(0.1) == pytest.approx(0.1 * (0.6 + 0.36))
    assert nothing.chance_above(0.096, 0.1) == pytest.approx(0.5, abs=0.01)
    assert nothing.gain(0.0) == 0.0


def test_the_ratio_is_learnt() -> None:
    """Forty trials gained half of the last doubling's gain in one doubling: as much is expected."""
    recent = np.linspace(0.1, 1.0, 40)
    found = learn(recent, recent * 0.3, np.ones(40), 1.0)
    assert found.gain(0.5) == pytest.approx(0.15, rel=0.15)
    assert found.spread < 0.5
    assert found.trials == 40


def test_a_chance_is_that_of_its_quantile() -> None:
    found = GainForecast(-0.5, 0.8, 0.01, 10)
    for deviations in (-1.0, 0.0, 1.0, 2.0):
        chance = 0.5 * math.erfc(deviations / math.sqrt(2))
        assert found.chance_above(found.gain(0.2, deviations), 0.2) == pytest.approx(chance)
    assert found.chance_above(0.0, 0.2) == found.chance_above(-1.0, 0.2) == 1.0


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_extreme_gains_are_handled(scale: float) -> None:
    recent = np.array([1.0, 2.0, 0.0]) * scale
    found = learn(recent, recent / 2, np.ones(3), 3.0)
    assert math.isfinite(found.shift)
    assert found.gain(scale) >= 0.0
