"""Trials are paused and go on from their checkpoints, by hand and by a policy, while the operator is killed:
each step is in the curve once, a paused trial holds no GPU, and GPU-seconds are what the pods used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sweepjob.timestamps import parse_time

from .operators import kill_operator
from .program import Program
from .sweeps import Sweeps, choice, eventually, values_on_record
from .volumes import claimed

# Saves a checkpoint at every third epoch; MLflow's steps are epochs.
SCRIPT = """
import json, os, pathlib, sys, time, mlflow
p = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
state = pathlib.Path(os.environ["SWEEPJOB_CHECKPOINT"], "state")
epoch = int(state.read_text()) if "SWEEPJOB_RESUMED" in os.environ and state.exists() else 0
with open(state.with_name("starts"), "a") as file:
    file.write(f"{epoch}\\n")
while epoch < p["reports"]:
    time.sleep(p["pause"])
    epoch += 1
    mlflow.log_metric("score", round(p["level"] + epoch / 1000, 3), step=epoch)
    if epoch % 3 == 0:
        state.write_text(str(epoch))
"""


@pytest.fixture(scope="module", autouse=True)
def volume(sweeps: Sweeps) -> Iterator[Any]:
    with claimed(sweeps) as folder:
        yield folder


def spec(sweeps: Sweeps, space: dict[str, Any], **changes: Any) -> dict[str, Any]:
    claim = {"persistentVolumeClaim": {"claimName": "models"}}
    made = sweeps.spec(space, samplingAlgorithm={"type": "grid"}, **changes)
    made["samplingAlgorithm"] = {"type": "grid"}
    made["outputs"] = {"state": {"volume": claim}}
    made["trial"] |= {"command": ["python", "-c", SCRIPT], "checkpoint": {"output": "state"}}
    return made


def expected(level: float, reports: int) -> list[float]:
    return [round(level + n / 1000, 3) for n in range(1, reports + 1)]


def phase_of(sweeps: Sweeps, trial: str) -> str:
    return str((sweeps.get("sweeptrial", trial).get("status") or {}).get("phase"))


def jobs_of(sweeps: Sweeps, trial: str) -> list[Any]:
    return list(sweeps.get("jobs", "-l", f"sweepjob.dev/trial={trial}")["items"])


def test_a_person_pauses_and_resumes_a_trial(sweeps: Sweeps, volume: Any) -> None:
    program = Program(sweeps)
    space = {"level": choice(0.5), "reports": choice(40), "pause": choice(0.25)}
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    sweeps.apply("hand", spec(sweeps, space, limits=limits))
    sweeps.await_reports("hand", 1, 120)
    eventually(lambda: len(values_on_record(sweeps.trials("hand")[0])) > 4 or None, 60, "reports")
    assert "holds no GPU" in program("pause", "hand-0")
    eventually(lambda: phase_of(sweeps, "hand-0") == "Paused" or None, 60, "it is paused")
    assert not sweeps.running_pods("hand")
    eventually(lambda: not jobs_of(sweeps, "hand-0") or None, 30, "its Job is gone")
    waits = eventually(
        lambda: (c := sweeps.condition("hand", "Complete")).get("reason") == "TrialsPaused" and c,
        30,
        "the sweep says that it waits",
    )
    assert "hand-0" in waits["message"]
    kill_operator(sweeps)
    shown = program("explain", "hand-0")
    assert "Paused" in shown
    assert "spec.paused of the SweepTrial is true" in shown
    assert "continues when a slot is free" in program("resume", "hand-0")
    sweeps.await_end("hand")
    [trial] = sweeps.trials("hand")
    status = trial["status"]
    assert (status["phase"], status["attempt"], status.get("failures", 0)) == ("Succeeded", 2, 0)
    assert values_on_record(trial) == expected(0.5, 40), "each step counts once"
    [folder] = volume.rglob("hand-0")
    first, second = map(int, (folder / "starts").read_text().split())
    assert first == 0 < second
    assert "nothing to resume" in program.fails("resume", "hand-0")


def test_promotion_survives_kills_of_the_operator(sweeps: Sweeps) -> None:
    space = {
        "level": choice(0.6, 0.1, 0.2, 0.5, 0.3, 0.4),
        "reports": choice(18),
        "pause": choice(0.3),
    }
    policy = {
        "type": "asha",
        "mode": "promote",
        "reductionFactor": 2,
        "gracePeriod": 4,
        "maxReports": 18,
    }
    limits = {"maxTotalTrials": 6, "maxConcurrentTrials": 2}
    sweeps.apply("halving", spec(sweeps, space, limits=limits, earlyTermination=policy))

    def paused_so_far() -> int:
        statuses = [t.get("status") or {} for t in sweeps.trials("halving")]
        return sum(bool(status.get("executions")) for status in statuses)

    for paused in (1, 2, 3):
        eventually(lambda n=paused: paused_so_far() >= n or None, 120, f"{paused} were paused")  # type: ignore[misc] # bound at once
        kill_operator(sweeps)
    sweep = sweeps.await_end("halving")
    assert sweep["status"]["phase"] == "Complete"
    counts = sweep["status"]["trials"]
    assert counts["succeeded"] >= 1
    assert counts["succeeded"] + counts["earlyStopped"] == 6
    assert "paused" not in counts
    resumed = 0
    for trial in sweeps.trials("halving"):
        values = values_on_record(trial)
        level = float(trial["spec"]["parameters"]["level"])
        status = trial["status"]
        conditions = {c["type"] for c in status.get("conditions") or ()}
        whole = expected(level, len(values))
        if "ReportsLost" in conditions:  # a pod ended while the operator was away, and that is said
            assert values == sorted(set(values))
        else:
            assert values == whole, "each step counts once, in order"
        if status["phase"] == "Succeeded":
            assert len(values) == 18 or "ReportsLost" in conditions
            resumed += status["attempt"] > 1
        else:
            assert "asha paused it at interval" in status["stop"]["message"]
        # A pod holds its GPU a little before its trainer starts. An operator that was away when a pod
        # ended records a later end of the execution, and knows what it used until the decision.
        used, executions = float(status["gpuSeconds"]["used"]), status.get("executions") or []
        seen = [seconds(e["startTime"], e["endTime"]) for e in executions if e["pod"]]
        last = status.get("resumeTime") or status["startTime"]
        # Nothing says when an execution started whose pod came and went while the operator was away.
        before = [status["startTime"], *(e["endTime"] for e in executions)]
        every = [
            seconds(e.get("startTime", earlier), e["endTime"])
            for e, earlier in zip(executions, before, strict=False)
        ]
        if status["phase"] == "Succeeded":
            every.append(seconds(last, status["completionTime"]))
        assert 0 < used < sum(every) + 20.0 * status["attempt"]
        assert used > sum(seen) - 3.0 * status["attempt"]
    assert resumed, "one went on"
    assert sweep["status"]["best"]["parameters"]["level"] == "0.6"


def seconds(start: str, end: str) -> float:
    return (parse_time(end) or 0.0) - (parse_time(start) or 0.0)
