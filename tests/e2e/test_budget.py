"""Trials of a script without checkpoints are run again with larger budgets, while the operator is killed."""

from __future__ import annotations

import json

from .operators import kill_operator
from .program import Program
from .sweeps import Sweeps, choice, eventually, values_on_record

# It knows nothing of attempts, and reports once for each epoch that it is told to make.
SCRIPT = """
import os, sys, time, mlflow
level, epochs = float(sys.argv[1]), int(sys.argv[2])
for epoch in range(1, epochs + 1):
    time.sleep(0.2)
    mlflow.log_metric("score", round(level + epoch / 1000, 3), step=epoch)
"""
POLICY = {
    "type": "hyperband",
    "budgetParameter": "epochs",
    "brackets": 1,
    "reductionFactor": 2,
    "gracePeriod": 2,
    "maxReports": 8,
}


def test_the_best_are_run_again_with_more_epochs(sweeps: Sweeps) -> None:
    program = Program(sweeps)
    space = {"level": choice(0.6, 0.1, 0.2, 0.5, 0.3, 0.4)}
    limits = {"maxTotalTrials": 6, "maxConcurrentTrials": 2}
    made = sweeps.spec(space, earlyTermination=POLICY, limits=limits)
    made["samplingAlgorithm"] = {"type": "grid"}
    references = ["${{search_space.level}}", "${{search_space.epochs}}"]
    made["trial"] |= {"command": ["python", "-c", SCRIPT, *references]}
    sweeps.apply("again", made)

    def ended_executions() -> int:
        statuses = [t.get("status") or {} for t in sweeps.trials("again")]
        return sum(len(status.get("executions") or ()) for status in statuses)

    for number in (1, 4):
        eventually(lambda n=number: ended_executions() >= n or None, 120, f"{number} have ended")  # type: ignore[misc] # bound at once
        kill_operator(sweeps)
    sweep = sweeps.await_end("again")
    assert sweep["status"]["phase"] == "Complete"
    best = sweep["status"]["best"]
    assert (best["trial"], best["parameters"]) == ("again-0", {"level": "0.6", "epochs": "8"})
    counts = sweep["status"]["trials"]
    assert counts["succeeded"] >= 1
    assert counts["succeeded"] + counts["earlyStopped"] == 6
    for trial in sweeps.trials("again"):
        level, status = float(trial["spec"]["parameters"]["level"]), trial["status"]
        rungs = status["budget"]["rungs"]
        assert [rung["budget"] for rung in rungs] == [2, 4][: len(rungs)]
        assert [float(r["value"]) for r in rungs] == [
            round(level + r["budget"] / 1000, 3) for r in rungs
        ]
        last = 8 if status["phase"] == "Succeeded" else rungs[-1]["budget"]
        assert values_on_record(trial) == [round(level + n / 1000, 3) for n in range(1, last + 1)]
        assert status.get("failures", 0) == 0
    shown = program("explain", "again-0")
    assert "epochs = 8" in shown
    assert "hyperband paused it at epochs 4: its best 0.604 is " in shown
    assert json.loads(program("best", "again", "-o", "json"))["parameters"]["epochs"] == 8
