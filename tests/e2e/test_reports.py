"""Many trials that report fast, while the operator and sidecars are killed: no report is lost, none
counts twice.

Most pods are simulated; their sidecars are not, as far as the operator can tell: they speak the real
protocol, each with a token of its pod. A few trials are real. ``SWEEPJOB_LOAD=full`` makes it 200
trials of 600 reports; the usual run has a fifth of that.
"""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

from tests.cluster import namespaces, simulation

from .operators import kill_operator, restarts
from .simulated_sidecars import value
from .simulated_trials import simulated_trial, start_sidecars
from .sweeps import Sweeps, choice, eventually, values_on_record
from .training_scripts import WITH_MLFLOW

FULL = os.environ.get("SWEEPJOB_LOAD") == "full"
SIMULATED, REAL = (190, 10) if FULL else (40, 3)
REPORTS, RATE = (600 if FULL else 200), 10.0


@pytest.fixture(scope="module")
def crowd(sweeps: Sweeps) -> Sweeps:
    """Simulated nodes, and a pod that plays the sidecars on them."""
    if sweeps.target.built_in is None:
        pytest.skip("simulates nodes, which is for the built-in cluster only")
    simulation.join(sweeps.target.built_in, 2, gpus=200)
    return sweeps


def kill_sidecars(sweeps: Sweeps) -> int:
    """SIGKILL to the sidecars of all real trials."""
    built_in = sweeps.target.built_in
    assert built_in is not None
    killed = 0
    for pid in namespaces.processes(built_in.node(1)):
        if namespaces.command_line(pid).rstrip().endswith("-m sweepjob.sidecar"):
            with contextlib.suppress(ProcessLookupError):
                namespaces.kill(pid, signal.SIGKILL)
                killed += 1
    return killed


def reports(sweeps: Sweeps, name: str) -> int:
    found = [t.get("status", {}).get("curve", {}).get("reports", 0) for t in sweeps.trials(name)]
    return sum(found)


def kill_and_wait(sweeps: Sweeps) -> None:
    before = restarts(sweeps)
    kill_operator(sweeps)
    eventually(lambda: restarts(sweeps) > before, 90, "the operator is back")


def test_no_report_is_lost_and_none_counts_twice(crowd: Sweeps) -> None:
    space = {"n": {"type": "randint", "upper": 100_000}}
    limits = {"maxTotalTrials": SIMULATED, "maxConcurrentTrials": SIMULATED}
    spec = crowd.spec(space, limits=limits)
    spec["trial"] = simulated_trial()
    # The other half of the load: a policy that has every report to judge, and none to stop.
    spec["earlyTermination"] = {"type": "median_stopping"}
    real = crowd.spec(
        {
            "level": choice(*(n / 10 for n in range(REAL))),
            "reports": choice(REPORTS),
            "pause": choice(0.1),
        },
        limits={"maxTotalTrials": REAL, "maxConcurrentTrials": REAL},
    )
    real["trial"].pop("resources")
    real["trial"] |= WITH_MLFLOW
    crowd.apply("crowd", spec)
    crowd.apply("real", real)
    start_sidecars(crowd.target, crowd.namespace, SIMULATED, REPORTS, RATE, 0.0, patient=True)
    whole = SIMULATED * REPORTS
    crowd.await_reports("real", REAL, 120)
    assert kill_sidecars(crowd) == REAL
    eventually(lambda: reports(crowd, "crowd") > whole / 10, 240, "a tenth has been reported")
    kill_and_wait(crowd)
    eventually(lambda: reports(crowd, "crowd") > whole / 2, 240, "half has been reported")
    kill_and_wait(crowd)
    crowd_status = crowd.await_end("crowd", 600)["status"]
    real_status = crowd.await_end("real", 600)["status"]
    assert crowd_status["trials"]["succeeded"] == SIMULATED
    assert real_status["trials"]["succeeded"] == REAL
    expected = [value(n) for n in range(1, REPORTS + 1)]
    for trial in crowd.trials("crowd"):
        assert values_on_record(trial) == expected, trial["metadata"]["name"]
    for trial in crowd.trials("real"):
        # The trainer's own log is the truth.
        assert values_on_record(trial) == crowd.reported(trial["metadata"]["name"])
        assert len(values_on_record(trial)) == REPORTS
    restarted = [
        status["restartCount"]
        for pod in crowd.pods("real")
        for status in pod["status"]["initContainerStatuses"]
    ]
    assert min(restarted) >= 1
    print(crowd.kubectl("logs", "sidecars"), f"{whole + REAL * REPORTS} reports")
