"""Accuracy against the number of parameters of a small network, under a limit, on a real cluster."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cluster import target as clusters

from .program import Program
from .sweeps import Sweeps, choice, eventually

# A network for handwritten digits. It prints what it reports: the log is the truth to compare with.
SCRIPT = """
import json, os, mlflow
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
hidden = json.loads(os.environ["SWEEPJOB_PARAMETERS"])["hidden"]
x, y = load_digits(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(x / 16.0, y, test_size=0.3, random_state=0)
network = MLPClassifier(hidden_layer_sizes=(hidden,), learning_rate_init=0.01, random_state=0)
with mlflow.start_run():
    mlflow.log_metric("parameters", 64 * hidden + hidden + 10 * hidden + 10)
    for epoch in range(1, 9):
        network.partial_fit(train_x, train_y, classes=range(10))
        mlflow.log_metric("accuracy", network.score(test_x, test_y), step=epoch)
    print("result", network.score(test_x, test_y), sum(map(lambda c: c.size, network.coefs_ + network.intercepts_)))
"""
HIDDEN = (1, 2, 4, 8, 16, 32, 128)
LIMIT = 5000


@pytest.fixture
def program(sweeps: Sweeps) -> Program:
    return Program(sweeps)


def spec(sweeps: Sweeps, **changes: Any) -> dict[str, Any]:
    made = sweeps.spec(
        {"hidden": choice(*HIDDEN)},
        objective={"goal": "maximize", "primaryMetric": "accuracy"},
        limits={"maxTotalTrials": len(HIDDEN), "maxConcurrentTrials": 2},
        constraints=[{"metric": "parameters", "max": LIMIT}],
    )
    made["samplingAlgorithm"] = {"type": "grid"}
    made["trial"] |= {"command": ["python", "-c", SCRIPT]}
    return {**made, **changes}


def naive_front(results: dict[str, tuple[float, float]]) -> list[str]:
    """Of the feasible trials, those that no other one dominates; the most accurate first."""
    feasible = {name: r for name, r in results.items() if r[1] <= LIMIT}
    front = [
        name
        for name, (accuracy, size) in feasible.items()
        if not any(
            a >= accuracy and s <= size and (a, s) != (accuracy, size) for a, s in feasible.values()
        )
    ]
    return sorted(front, key=lambda name: (-feasible[name][0], feasible[name][1]))


def test_the_front_of_accuracy_and_size_survives_a_restart(
    sweeps: Sweeps, program: Program
) -> None:
    objectives = [
        {"goal": "maximize", "primaryMetric": "accuracy"},
        {"goal": "minimize", "primaryMetric": "parameters"},
    ]
    several = spec(sweeps, objectives=objectives)
    del several["objective"]
    sweeps.apply("front", several)
    eventually(
        lambda: any("completionTime" in t.get("status", {}) for t in sweeps.trials("front")),
        180,
        "a trial has ended",
    )
    selector = ("-l", "app.kubernetes.io/name=sweepjob")
    sweeps.target.kubectl("-n", clusters.SYSTEM, "delete", "pod", *selector, "--wait=false")
    done = sweeps.await_end("front", 300)
    assert done["status"]["phase"] == "Complete", done["status"]
    results = {}
    for trial in sweeps.trials("front"):
        text = trial["status"]["logs"]["1"]["text"]
        found = re.search(r"result (\S+) (\d+)", text)
        assert found is not None, text
        results[trial["metadata"]["name"]] = (float(found[1]), float(found[2]))
        values = {name: float(value) for name, value in trial["status"]["values"].items()}
        assert (values["accuracy"], values["parameters"]) == results[trial["metadata"]["name"]]
        assert trial["status"]["feasible"] is (values["parameters"] <= LIMIT)
    front = done["status"]["pareto"]
    assert [trial["trial"] for trial in front["trials"]] == naive_front(results)
    assert front["size"] >= 3
    assert done["status"]["results"] == {"feasible": 6, "infeasible": 1, "incomplete": 0}
    assert "best" not in done["status"]
    listed = json.loads(program("best", "front", "-o", "json"))
    assert [trial["trial"] for trial in listed] == naive_front(results)
    smallest = json.loads(program("best", "front", "--by", "parameters", "-o", "json"))
    assert smallest["trial"] == naive_front(results)[-1]
    wide = sweeps.kubectl("get", "sweepjob", "front", "-o", "wide").splitlines()
    place = wide[0].index("FRONT")
    assert wide[1][place:].split()[0] == str(front["size"])
    assert sweeps.events("NewOnParetoFront"), "a trial on the front is an event"


def test_a_trial_that_cannot_become_feasible_is_stopped(sweeps: Sweeps) -> None:
    """The large network would wait for an hour after it has said how large it is."""
    waits = "\n    if hidden == 128: time.sleep(3600)\n    for epoch"
    script = SCRIPT.replace("import json", "import time, json", 1).replace("\n    for epoch", waits)
    limited = spec(sweeps, searchSpace={"hidden": choice(8, 128)}, limits={"maxTotalTrials": 2})
    limited["constraints"] = [{"metric": "parameters", "max": LIMIT, "stopTrials": True}]
    limited["trial"]["command"] = ["python", "-c", script]
    sweeps.apply("stopping", limited)
    status = sweeps.await_end("stopping", 300)["status"]
    assert status["phase"] == "Complete", status
    by_size = {json.loads(t["spec"]["assignment"])["hidden"]: t for t in sweeps.trials("stopping")}
    stopped = by_size[128]["status"]
    assert (stopped["phase"], stopped["stop"]["reason"]) == ("EarlyStopped", "ConstraintViolated")
    assert f"and at most {LIMIT} is feasible" in stopped["stop"]["message"]
    assert by_size[8]["status"]["phase"] == "Succeeded"
    assert status["best"]["trial"] == by_size[8]["metadata"]["name"]


def test_with_one_objective_the_best_feasible_trial_is_the_best(sweeps: Sweeps) -> None:
    sweeps.apply(
        "limited",
        spec(sweeps, searchSpace={"hidden": choice(2, 32, 128)}, limits={"maxTotalTrials": 3}),
    )
    status = sweeps.await_end("limited", 300)["status"]
    assert status["phase"] == "Complete", status
    assert float(status["best"]["values"]["parameters"]) <= LIMIT
    assert status["best"]["parameters"] == {"hidden": "32"}
    assert status["results"] == {"feasible": 2, "infeasible": 1, "incomplete": 0}
    sweeps.apply(
        "impossible",
        spec(sweeps, searchSpace={"hidden": choice(128)}, limits={"maxTotalTrials": 1}),
    )
    done = sweeps.await_end("impossible", 300)
    assert (done["status"]["phase"], done["status"]["reason"]) == ("Failed", "NoFeasibleTrial")
    assert "best" not in done["status"]
