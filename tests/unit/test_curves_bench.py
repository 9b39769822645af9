"""The bench of learning curves: its virtual time, its forest and its score say what they should."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from tests.bench.curves import tasks
from tests.bench.curves.ours import Sweep
from tests.bench.curves.record import CONFIGURATIONS, FILE
from tests.bench.curves.simulate import BUDGETS, WORKERS, Simulation
from tests.bench.curves.surrogate import _grow


@dataclass
class Task:
    sign: int = 1


@dataclass
class Curves:
    """Trial n reports n + 0.01, n + 0.02, ... and takes n + 1 seconds for each."""

    seconds: float = 40.0
    task: Task = field(default_factory=Task)

    def curve(self, config: dict[str, Any]) -> tuple[list[float], float]:
        return [config["n"] + 0.01 * step for step in range(1, 11)], config["n"] + 1.0


@dataclass
class Script:
    """Starts trials in their order; pauses trial 0 after three reports and resumes it once."""

    created: int = 0
    log: list[tuple[str, float]] = field(default_factory=list)
    paused: bool = False

    def next(self, now: float) -> dict[str, Any] | None:
        if self.paused and now > 4:
            self.paused = False
            self.log.append(("resume", now))
            return {"trial": 0, "resume_from": 3}
        self.created += 1
        return {"trial": self.created - 1, "config": {"n": self.created - 1}}

    def report(self, trial: int, value: float, now: float) -> str:
        if trial == 0:
            self.log.append((f"{value:.2f}", now))
            if value == pytest.approx(0.03):
                self.paused = True
                return "pause"
        return "continue"

    def end(self, trial: int, now: float) -> None:
        self.log.append((f"end {trial}", now))


def test_virtual_time_and_pauses() -> None:
    script = Script()
    simulation = Simulation(Curves(), script)  # type: ignore[arg-type] # a fake script
    bests = simulation.run()
    assert script.log[:3] == [("0.01", 1.0), ("0.02", 2.0), ("0.03", 3.0)]
    assert ("resume", 20.0) in script.log  # the first slot that is free is that of trial 1
    assert ("0.04", 21.0) in script.log
    assert simulation.made[0] == 10
    assert simulation.spent[0] == 10.0
    assert bests == sorted(bests)
    assert len(bests) == len(BUDGETS)


def test_budgets_are_gpu_time_of_all_workers() -> None:
    """After 5 full trials' time, 50 seconds for each of four workers, trial 3 is at its end."""
    assert (WORKERS, BUDGETS[0] * Curves().seconds / WORKERS) == (4, 50.0)
    script = Script(log=[])
    assert Simulation(Curves(), script).run()[0] >= 3.1  # type: ignore[arg-type] # a fake script


def test_the_forest_predicts_what_scikit_learn_predicts() -> None:
    from sklearn.ensemble import ExtraTreesRegressor

    generator = np.random.default_rng(2)
    points, targets = generator.random((60, 4)), generator.random((60, 3))
    model = ExtraTreesRegressor(40, min_samples_leaf=1, random_state=3, max_features=0.5)
    asked = generator.random((20, 4))
    expected = model.fit(points, targets).predict(asked)
    assert _grow(points, targets).predict(asked) == pytest.approx(expected)


def test_recorded_curves_are_those_of_the_tasks() -> None:
    recorded = np.load(FILE)
    for task in tasks.TASKS:
        assert recorded[f"{task.name}.curves"].shape == (CONFIGURATIONS, tasks.EPOCHS)
        assert recorded[f"{task.name}.seconds"].shape == (CONFIGURATIONS,)
        assert np.isfinite(recorded[f"{task.name}.curves"]).all()
    assert FILE.stat().st_size < 400_000
    assert sum(task.held for task in tasks.TASKS) * 2 == len(tasks.TASKS) >= 5


def test_a_curve_can_be_trained_again() -> None:
    from tests.bench.search.ours import Ours

    task = next(task for task in tasks.TASKS if task.name == "diabetes")
    (config,) = Ours(task.space, 11, "sobol").ask(1)
    made = [float(f"{value:.4g}") for value in tasks.train(task, config)]
    assert made == pytest.approx(np.load(FILE)["diabetes.curves"][0].tolist(), rel=1e-3)


@pytest.mark.parametrize("policy", [None, {"type": "auto"}])
def test_a_sweep_of_ours_ends_where_its_space_does(policy: dict[str, Any] | None) -> None:
    space = [{"name": "n", "type": "randint", "min": 0, "max": 7}]
    found = Sweep(space, "maximize", 1, 10, True, {"type": "random"}, policy)
    simulation = Simulation(Curves(), found)  # type: ignore[arg-type] # a fake script
    simulation.run()
    assert sorted(simulation.made) == list(range(8))
    assert found.next(1e9) is None
