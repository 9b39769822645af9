"""Tests warm starts from other sweeps on one machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.search.sampler import Observation
from sweepjob.search.samplers.registry import SamplerSpec

from .runs import LEVELS, Local, sweep

UNIFORM = {"level": {"type": "uniform", "minValue": 0, "maxValue": 1}}
RANDOM = {"type": "random", "seed": 3}
BAYESIAN = {"type": "bayesian", "seed": 4}


def named(name: str, *sources: str, **changes: Any) -> dict[str, Any]:
    warm = {"warmStart": {"sweeps": list(sources)}} if sources else {}
    body = sweep(**{"searchSpace": {}, "samplingAlgorithm": RANDOM, **changes, **warm})
    body["spec"]["searchSpace"] = changes.get("searchSpace", UNIFORM)
    return {**body, "metadata": {"name": name}}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Local:
    """Create a folder with a finished sweep of six trials, named first."""
    local = Local(tmp_path_factory.mktemp("warm"))
    local.run(named("first", limits={"maxTotalTrials": 6, "maxConcurrentTrials": 6}))
    return local


def observations(local: Local) -> list[Observation]:
    return [
        Observation(
            None,
            json.loads(trial["spec"]["assignment"]),
            float(trial["status"]["curve"]["best"]),
            ended=True,
        )
        for trial in local.objects(name="first")
    ]


def test_a_sampler_starts_with_observations_of_other_sweeps(before: Local) -> None:
    limits = {"maxTotalTrials": 2, "maxConcurrentTrials": 1}
    body = named("learns", "first", samplingAlgorithm=BAYESIAN, limits=limits)
    before.run(body)
    spec = parse_sweepjob(body)
    sampler = SamplerSpec("bayesian").build(spec.space, 4)
    first, second = before.objects(name="learns")
    assert json.loads(first["spec"]["assignment"]) == sampler.propose(0, observations(before))
    assert json.loads(first["spec"]["assignment"]) != sampler.propose(0, [])
    own = Observation(
        0, json.loads(first["spec"]["assignment"]), float(first["status"]["curve"]["best"]), True
    )
    known = [*observations(before), own]
    assert json.loads(second["spec"]["assignment"]) == sampler.propose(1, known)
    [job] = before.objects("sweepjobs", "learns")
    [origin] = before.objects("sweepjobs", "first")
    uid = origin["metadata"]["uid"]
    assert job["status"]["warmStart"] == [{"sweep": "first", "uid": uid, "trials": 6}]
    assert job["status"]["best"]["trial"].startswith("learns-")


def test_a_trial_is_compared_with_those_of_other_sweeps(before: Local) -> None:
    low = {"level": {"type": "uniform", "minValue": 0, "maxValue": 0.2}}
    bandit = {"type": "bandit", "slackAmount": 0.2, "delayEvaluation": 3}
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    before.run(named("compared", "first", searchSpace=low, earlyTermination=bandit, limits=limits))
    [trial] = before.objects(name="compared")
    stop = trial["status"]["stop"]
    best = max(
        float(trial["status"]["curve"]["values"].split()[2])
        for trial in before.objects(name="first")
    )
    assert trial["status"]["phase"] == "EarlyStopped"
    assert (stop["interval"], stop["comparators"]) == (3, 6)
    assert float(stop["threshold"]) == pytest.approx(best - 0.2)


def test_without_a_policy_or_observations_a_warm_start_has_no_effect(before: Local) -> None:
    before.run(named("indifferent", "first", limits={"maxTotalTrials": 3}))
    mine = [trial["spec"]["parameters"] for trial in before.objects(name="indifferent")]
    assert mine == [trial["spec"]["parameters"] for trial in before.objects(name="first")][:3]


OTHER: list[tuple[str, dict[str, Any], str]] = [
    ("metric", {"objective": {"goal": "minimize"}}, "it was to maximize score, and this one is to minimize score"),
    ("less", {"searchSpace": {"rate": UNIFORM["level"]}}, "it has no rate; it has level, which is not in searchSpace"),
    ("away", {"samplingAlgorithm": BAYESIAN, "searchSpace": {"level": {"type": "uniform", "minValue": 5, "maxValue": 6}}}, "none of its trials lies in this searchSpace; widen the ranges"),
    ("kind", {"samplingAlgorithm": BAYESIAN, "searchSpace": {"level": {"type": "choice", "values": LEVELS}}}, "none of its trials lies in this searchSpace"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "reason"), OTHER, ids=[o[0] for o in OTHER])
def test_incompatible_sources_are_refused(
    before: Local, name: str, changes: dict[str, Any], reason: str
) -> None:
    said = before.run(named(name, "first", **changes), code=1)
    assert f"spec.warmStart.sweeps[0]: 'first': {reason}" in said
    assert not before.objects(name=name)


def test_missing_sources_are_named(tmp_path: Path) -> None:
    said = Local(tmp_path).run(named("alone", "first"), code=1)
    assert "spec.warmStart.sweeps[0]: 'first': was not run here; there is no folder" in said


@pytest.mark.parametrize(
    ("sweeps", "remedy"),
    [
        ([], "must have at least one name"),
        (["self"], "is this sweep"),
        (["a", "a"], "is listed twice"),
        ("a", "must be a list of names"),
    ],
)
def test_errors_name_the_path(sweeps: Any, remedy: str) -> None:
    body = named("self")
    body["spec"]["warmStart"] = {"sweeps": sweeps}
    with pytest.raises(InvalidSpec, match=remedy):
        parse_sweepjob(body)


def test_a_resumed_sweep_keeps_its_observations(before: Local) -> None:
    limits = {"maxTotalTrials": 3, "maxConcurrentTrials": 1}
    whole = named("whole", "first", samplingAlgorithm=BAYESIAN, limits=limits)
    before.run(whole)
    broken = {**whole, "metadata": {"name": "broken"}}
    process = before.start(broken)
    deadline = time.monotonic() + 60
    while len(before.objects(name="broken")) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    before.run(broken, "--resume")
    tried = [
        [trial["spec"]["assignment"] for trial in before.objects(name=name)]
        for name in ("whole", "broken")
    ]
    assert tried[0] == tried[1]
    [job] = before.objects("sweepjobs", "broken")
    assert job["status"]["warmStart"][0]["trials"] == 6


def said_by(local: Local, *arguments: str) -> str:
    """Return what the program prints."""
    command = [sys.executable, "-m", "sweepjob.cli", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "operator")}
    done = subprocess.run(
        command, cwd=local.folder, env=environment, text=True, capture_output=True, check=True
    )
    return done.stdout


def export(local: Local, output: str) -> Path:
    """Write the export of the first sweep."""
    file = local.folder / f"first.{output}"
    file.write_text(said_by(local, "export", ".sweepjob/first", "-o", output))
    return file


@pytest.mark.parametrize("output", ["csv", "json"])
def test_an_export_is_worth_as_much_as_its_sweep(before: Local, output: str) -> None:
    """The same proposal, to the last digit."""
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    changes = {"samplingAlgorithm": BAYESIAN, "limits": limits}
    name = f"from-{output}"
    said = before.run(named(name, **changes), "--warm-start", export(before, output).name)
    assert f"warm start: first.{output}: 6 trials count\n" in said
    before.run(named(f"as-{output}", "first", **changes))
    mine, theirs = (before.objects(name=n)[0] for n in (name, f"as-{output}"))
    assert mine["spec"]["assignment"] == theirs["spec"]["assignment"]
    [job] = before.objects("sweepjobs", name)
    assert job["status"]["warmStartResults"][0]["trials"] == 6
    other = named("other", objective={"goal": "minimize"}, samplingAlgorithm=BAYESIAN)
    said = before.run(other, "--warm-start", f"first.{output}", code=2)
    assert "goal 'maximize': this sweep has minimize" in said


def test_a_trial_is_compared_with_those_of_an_export(before: Local) -> None:
    low = {"level": {"type": "uniform", "minValue": 0, "maxValue": 0.2}}
    bandit = {"type": "bandit", "slackAmount": 0.2, "delayEvaluation": 3}
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    body = named("beside-csv", searchSpace=low, earlyTermination=bandit, limits=limits)
    before.run(body, "--warm-start", export(before, "csv").name)
    [trial] = before.objects(name="beside-csv")
    stop = trial["status"]["stop"]
    assert (stop["interval"], stop["comparators"]) == (3, 6)
    explained = said_by(before, "explain", ".sweepjob/beside-csv/beside-csv-0")
    assert "6 other trials compared at interval 3" in explained
    assert "/results.csv are not listed" in explained


def test_sweeps_of_another_space_say_what_differs(before: Local) -> None:
    space = {**UNIFORM, "depth": {"type": "choice", "values": [3, 5]}}
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    before.run(
        named("deeper", "first", samplingAlgorithm=BAYESIAN, searchSpace=space, limits=limits)
    )
    [job] = before.objects("sweepjobs", "deeper")
    [accepted] = [c for c in job["status"]["conditions"] if c["type"] == "Accepted"]
    assert accepted["message"] == (
        "the spec is accepted; it starts with 6 trials of first (filled in: depth=3 in 6 trials)"
    )


def test_results_of_a_cluster_need_their_file(before: Local) -> None:
    body = named("afar", samplingAlgorithm=BAYESIAN)
    reference = {"configMap": {"name": "before", "key": "r.csv"}}
    body["spec"]["warmStart"] = {"results": [reference]}
    said = before.run(body, code=1)
    assert (
        "spec.warmStart.results[0]: 'before/r.csv': is on a cluster; give its file: --warm-start FILE"
        in said
    )
