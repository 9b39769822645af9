"""A sweep that begins with what another has shown, in whatever order the two are applied."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.search.sampler import Observation

from tests.cluster.console import ClusterError

from .operators import kill_operator, restarts
from .program import Program
from .sweeps import Sweeps, choice, eventually

SPACE = {"level": {"type": "uniform", "minValue": 0, "maxValue": 1}}
SLOW = {"reports": choice(12), "pause": choice(1)}
QUICK = {"reports": choice(12), "pause": choice(0.05, 1)}


def test_a_warm_start_waits_for_its_source_and_survives_its_deletion(sweeps: Sweeps) -> None:
    second = sweeps.spec(
        {**SPACE, **SLOW},
        samplingAlgorithm={"type": "bayesian", "seed": 2},
        earlyTermination={"type": "bandit", "slackAmount": 5, "delayEvaluation": 12},
        limits={"maxTotalTrials": 2, "maxConcurrentTrials": 1},
    )
    second["warmStart"] = {"sweeps": ["origin"]}
    sweeps.apply("later", second)
    accepted = eventually(lambda: sweeps.condition("later", "Accepted"), 10, "it is looked at")
    assert (accepted["status"], accepted["reason"]) == ("False", "WarmStartPending")
    assert "there is no sweep origin in namespace" in accepted["message"]
    first = sweeps.spec(
        {**SPACE, **QUICK},
        samplingAlgorithm={"type": "random", "seed": 1},
        limits={"maxTotalTrials": 4, "maxConcurrentTrials": 4},
    )
    sweeps.apply("origin", first)
    assert sweeps.await_end("origin")["status"]["phase"] == "Complete"

    trial = eventually(lambda: sweeps.trials("later")[0], 30, "the other has begun")
    accepted = sweeps.condition("later", "Accepted")
    assert "it starts with 4 trials of origin" in accepted["message"]
    outside = sum(not lies_in(body) for body in sweeps.trials("origin"))
    plural = "trial" if outside == 1 else "trials"
    assert f"outside of searchSpace: pause in {outside} {plural}" in accepted["message"]
    spec = parse_sweepjob(sweeps.sweep("later"))
    sampler = spec.sampler.build(spec.space, 2)
    known = [observation(body) for body in sweeps.trials("origin") if lies_in(body)]
    assert len(known) < 4, "some of its trials are of this space only"
    assert json.loads(trial["spec"]["assignment"]) == sampler.propose(0, known)

    eventually(  # or has run, on a machine that is too busy to see it run
        lambda: sweeps.trials("later")[0]["status"]["phase"] in ("Running", "Succeeded"),
        *(60, "its trial runs"),
    )
    before = restarts(sweeps)
    kill_operator(sweeps)
    sweeps.kubectl("delete", "sweepjob", "origin")
    eventually(lambda: restarts(sweeps) > before, 60, "the operator runs again")
    ended = sweeps.await_end("later")
    assert ended["status"]["phase"] == "Complete"
    assert ended["status"]["warmStart"][0]["trials"] == 4
    assert [t["status"]["phase"] for t in sweeps.trials("later")] == ["Succeeded"] * 2
    describe = ("describe", "sweepjob", "later")
    eventually(lambda: "WarmStartLost" in sweeps.kubectl(*describe), 10, "an event says so")


def lies_in(body: dict[str, Any]) -> bool:
    """Whether a trial of the first sweep is one of the second's space."""
    return assignment(body)["pause"] == 1


def assignment(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body["spec"]["assignment"])
    return found


def observation(body: dict[str, Any]) -> Observation:
    best = float(body["status"]["curve"]["best"])
    return Observation(None, assignment(body), best, ended=True)


def test_a_file_of_results_goes_along_and_is_deleted_with_the_sweep(
    sweeps: Sweeps, tmp_path: Path
) -> None:
    spec = sweeps.spec(
        {**SPACE, "reports": choice(1), "pause": choice(0.05)},
        samplingAlgorithm={"type": "bayesian", "seed": 2},
        limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1},
    )
    head = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
    body = {**head, "metadata": {"name": "informed"}, "spec": spec}
    (tmp_path / "sweep.yaml").write_text(json.dumps(body))
    rows = [(level / 10, 1 - (level / 10 - 0.6) ** 2) for level in range(10)]
    table = "".join(f"{level},9,{score}\n" for level, score in rows)
    (tmp_path / "results.csv").write_text(f"level,momentum,score\n{table}")
    files = ("-f", str(tmp_path / "sweep.yaml"), "--warm-start", str(tmp_path / "results.csv"))
    Program(sweeps)("submit", *files)
    status = sweeps.await_end("informed")["status"]
    [read] = status["warmStartResults"]
    assert read["trials"] == 10
    accepted = sweeps.condition("informed", "Accepted")["message"]
    assert "filled in: pause=0.05 in 10 trials, reports=1 in 10 trials" in accepted
    parsed = parse_sweepjob(sweeps.sweep("informed"))
    known = [
        Observation(None, {"level": level, "reports": 1, "pause": 0.05}, score, ended=True)
        for level, score in rows
    ]
    [trial] = sweeps.trials("informed")
    assert assignment(trial) == parsed.sampler.build(parsed.space, 2).propose(0, known)
    sweeps.kubectl("delete", "sweepjob", "informed")
    gone = ("get", "configmap", read["configMap"], "--ignore-not-found")
    eventually(lambda: not sweeps.kubectl(*gone).strip(), 60, "its results are deleted")


MENDED = [
    ("searchSpace", {"level": choice(0.1)}),
    ("inputs", {"a": 2}),
    ("metrics", {"source": "file"}),
    ("warmStart", {"sweeps": ["x"]}),
    ("objective", {"goal": "minimize", "primaryMetric": "score"}),
]


def test_an_accepted_warm_start_stays_accepted(sweeps: Sweeps) -> None:
    """And what has not may be mended; limits and policies may always change."""
    space = {"level": choice(0.1, 0.2), "reports": choice(1)}
    spec = sweeps.spec(space, limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1})
    good = {**spec["trial"], "command": [*spec["trial"]["command"], "${{inputs.a}}"]}
    sweeps.apply("kept", {**spec, "trial": good})
    refused = eventually(lambda: sweeps.condition("kept", "Accepted"), 10, "it is looked at")
    assert "'${{inputs.a}}': refers to nothing" in refused["message"]
    mended = {**spec, "trial": good, "inputs": {"a": 1}}
    sweeps.apply("kept", mended)
    sweeps.await_end("kept")
    for part, value in MENDED:
        with pytest.raises(ClusterError, match=f"spec.{part}.*cannot change once the sweep has"):
            sweeps.apply("kept", {**mended, part: value})
    policy = {"type": "median_stopping", "delayEvaluation": 5}
    sweeps.apply("kept", {**mended, "earlyTermination": policy, "limits": {"maxTotalTrials": 2}})
    eventually(lambda: len(sweeps.trials("kept")) == 2, 30, "it goes on")
    assert sweeps.await_end("kept")["status"]["phase"] == "Complete"
