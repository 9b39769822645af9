"""A stopped trial: its pods go, its GPU is free for the next one, its record says why."""

from __future__ import annotations

from typing import Any

import pytest

from .sweeps import Sweeps, choice, eventually, seed_with_first

# The good trial reports faster, so the bad one finds it at every interval; it would also go on for
# much longer. (A trial that leads at an interval has nobody to be compared with there.)
GOOD = {"level": 0.9, "pause": 0.1, "reports": 60}
SPACE = {"case": choice(GOOD, {"level": 0.1, "pause": 0.4, "reports": 60})}
POLICY = {"type": "bandit", "slackAmount": 0.5, "evaluationInterval": 5, "delayEvaluation": 10}


@pytest.fixture(scope="module")
def stopped(sweeps: Sweeps) -> Any:
    """The record of a trial that was stopped although its script exits 0 on SIGTERM."""
    spec = sweeps.spec(
        SPACE, earlyTermination=POLICY, limits={"maxTotalTrials": 2, "maxConcurrentTrials": 2}
    )
    spec["trial"]["env"] = [{"name": "ON_TERM", "value": "exit 0"}]
    sweeps.apply("obeys", spec)

    def found() -> Any:
        trials = sweeps.trials("obeys")
        return next((t for t in trials if t.get("status", {}).get("phase") == "EarlyStopped"), None)

    return eventually(found, 120, "a trial is stopped early")


def test_an_early_stop_is_recorded_and_is_no_failure(sweeps: Sweeps, stopped: Any) -> None:
    stop = stopped["status"]["stop"]
    assert stopped["spec"]["parameters"]["case.level"] == "0.1"
    assert (stop["policy"], stop["comparators"]) == ("bandit", 1)
    assert stop["interval"] >= 10
    assert stop["interval"] % 5 == 0
    assert float(stop["value"]) == pytest.approx(0.1 + stop["interval"] / 1000)
    assert float(stop["threshold"]) == pytest.approx(0.4 + stop["interval"] / 1000)
    assert stopped["status"]["message"] == stop["message"]
    assert sweeps.sweep("obeys")["status"]["trials"]["failed"] == 0


def test_describe_explains_the_decision(sweeps: Sweeps, stopped: Any) -> None:
    name = stopped["metadata"]["name"]
    text = sweeps.kubectl("describe", "sweeptrial", name)
    assert stopped["status"]["stop"]["message"] in text
    eventually(
        lambda: "EarlyStopped" in sweeps.kubectl("events", "--for", f"sweeptrial/{name}"),
        10,
        "the decision is an event",
    )


def test_the_pods_and_the_job_of_a_stopped_trial_are_deleted(sweeps: Sweeps, stopped: Any) -> None:
    name = stopped["metadata"]["name"]

    def pods_of_it(pods: list[Any]) -> list[Any]:
        return [p for p in pods if p["metadata"]["labels"]["sweepjob.dev/trial"] == name]

    assert not pods_of_it(sweeps.running_pods("obeys"))  # so its GPU is free
    eventually(lambda: not pods_of_it(sweeps.pods("obeys")), 10, "its pods are gone")
    eventually(
        lambda: name not in sweeps.kubectl("get", "jobs", "-o", "name"), 10, "its Job is gone"
    )
    sweep = sweeps.await_end("obeys")
    assert sweep["status"]["trials"]["succeeded"] == 1
    assert sweep["status"]["trials"]["earlyStopped"] == 1
    assert float(sweep["status"]["best"]["value"]) == pytest.approx(0.96)


def test_a_script_that_ignores_sigterm_is_killed_after_the_grace_period(sweeps: Sweeps) -> None:
    # Two trials fill the node, so the next one can start only when a GPU is free.
    bad = [{"level": level, "pause": 0.4, "reports": 60} for level in (0.1, 0.11, 0.12)]
    space = {"case": choice(GOOD, *bad)}
    spec = sweeps.spec(
        space,
        samplingAlgorithm={"seed": seed_with_first(space, "case", GOOD)},
        earlyTermination=POLICY,
        limits={"maxTotalTrials": 4, "maxConcurrentTrials": 2},
    )
    spec["trial"]["resources"] = {"limits": {"nvidia.com/gpu": 2}}
    sweeps.apply("ignores", spec)
    sweep = sweeps.await_end("ignores")
    trials = sweep["status"]["trials"]
    assert (trials["succeeded"] + trials["earlyStopped"], trials["failed"]) == (4, 0)
    assert trials["earlyStopped"] == 3
    saved = [float(t["status"]["gpuSeconds"]["saved"]) for t in sweeps.trials("ignores")]
    assert sum(saved) > 0
    assert sweep["status"]["gpuSeconds"]["saved"] == pytest.approx(sum(saved), abs=len(saved))
