"""A policy and a sampler of another distribution, through everything that has to do with either."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from sweepjob import command, load_job, run_local
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.dashboard.document import build_document
from sweepjob.early_stopping.policies.registry import POLICIES
from sweepjob.early_stopping.policy import Policy, Schedule
from sweepjob.objective import Goal
from sweepjob.search.sampler import Sampler
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.samplers.registry import SAMPLERS, SamplerSpec
from sweepjob.search.space import Space
from sweepjob.sweep import Choice, early_termination_policy, sampling_algorithm
from sweepjob.testing.policies import Curves, PolicyContract
from sweepjob.testing.samplers import SamplerContract

from tests.fake_api.harness import Scenario, quiet
from tests.plugin.sweepjob_toy import POLICY, SAMPLER, WorstPolicy

from .builders import sweepjob
from .cli.bodies import NOW, trial_body
from .cli.program import Program
from .plugins import SEARCH, STOP, TOY, run_program
from .scenarios import spec


@pytest.fixture
def toy() -> Iterator[None]:
    with POLICIES.registered(POLICY), SAMPLERS.registered(SAMPLER):
        yield


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Program:
    return Program(capsys, tmp_path)


@pytest.mark.virtual_time
def test_the_operator(toy: None) -> None:
    given = spec(12, 3, earlyTermination=STOP, samplingAlgorithm=SEARCH)
    with quiet():
        scenario = Scenario(5, given).run()
    proposed = SamplerSpec("random").build(
        parse_sweepjob({"spec": given, "metadata": {"name": "s"}}).space, 9
    )
    for trial in scenario.trials:
        assert json.loads(trial["spec"]["assignment"]) == proposed.propose(
            trial["spec"]["index"], []
        )
    stopped = [t["status"] for t in scenario.trials if t["status"]["phase"] == "EarlyStopped"]
    assert stopped
    for status in stopped:
        assert (status["stop"]["policy"], status["stop"]["reason"]) == ("worst", "WorstOfAll")
        assert "the last; the last but one has" in status["message"]
    assert scenario.trials[0]["spec"]["source"] == "shifted seed 7"


def test_replay(toy: None, program: Program) -> None:
    body = sweepjob(earlyTermination={**STOP, "delayEvaluation": 0}, samplingAlgorithm=SEARCH)
    curves = "\n".join(
        json.dumps({"trial": n, "values": [v, v]}) for n, v in enumerate((0.3, 0.2, 0.1))
    )
    recorded = program.file(curves, "curves.jsonl")
    body["spec"]["limits"]["maxConcurrentTrials"] = 3
    arguments = ("replay", "-f", program.file(yaml.safe_dump(body)), recorded, "-o", "json")
    assert program(*arguments) == 0, program.err
    found = json.loads(program.out)["trials"]
    assert [t["reports"] for t in found] == [2, 2, 1]
    assert (found[2]["stopped"]["policy"], found[2]["stopped"]["threshold"]) == ("worst", 0.2)


SCRIPT = """
import json, os, time
p = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
for n in range(1, 9):
    with open(os.environ["SWEEPJOB_METRICS_PATH"], "a") as file:
        file.write(json.dumps({"score": p["level"] + n / 1000}) + "\\n")
    time.sleep(0.15 if n < 8 else 2)
"""


LEVELS = [0.9, 0.7, 0.5, 0.3]


def check_local(folder: Path) -> None:
    files = sorted((folder / ".sweepjob" / "here" / "sweeptrials").glob("*.json"))
    statuses = [json.loads(file.read_text())["status"] for file in files]
    assert len(statuses) == 4
    reasons = {s["stop"]["reason"] for s in statuses if s["phase"] == "EarlyStopped"}
    assert reasons == {"WorstOfAll"}
    assert sum(s["phase"] in ("EarlyStopped", "Succeeded") for s in statuses) == 4


def test_run_local_with_an_entry_point(tmp_path: Path) -> None:
    body = sweepjob(
        samplingAlgorithm=SEARCH,
        searchSpace={"level": {"type": "choice", "values": LEVELS}},
        earlyTermination=STOP,
        limits={"maxTotalTrials": 4, "maxConcurrentTrials": 1},
        metrics={"source": "file"},
        trial={"image": "none", "command": [sys.executable, "train.py"]},
    )
    body["metadata"] = {"name": "here"}
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(body))
    done = run_program(tmp_path, TOY, "run", "--local", "-f", "sweep.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    check_local(tmp_path)


def test_python(toy: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    job = command(command=[sys.executable, "train.py"], image="none", metrics="file", name="here")
    sweep = job.sweep(
        primary_metric="score",
        goal="maximize",
        max_total_trials=4,
        max_concurrent_trials=1,
        search_space={"level": Choice(LEVELS)},
        sampling_algorithm=sampling_algorithm("shifted", seed=7, seed_shift=2),
        early_termination_policy=early_termination_policy(
            "worst", least_trials=2, delay_evaluation=2
        ),
    )
    written = yaml.safe_load(sweep.to_yaml())["spec"]
    assert (written["earlyTermination"], written["samplingAlgorithm"]) == (STOP, SEARCH)
    (tmp_path / "sweep.yaml").write_text(sweep.to_yaml())
    assert yaml.safe_load(load_job("sweep.yaml").to_yaml())["spec"] == written
    run = run_local(sweep)
    assert {t.phase for t in run.trials()} <= {"Succeeded", "EarlyStopped"}
    check_local(tmp_path)


def test_the_dashboard(toy: None) -> None:
    body = sweepjob(earlyTermination={**STOP, "delayEvaluation": 0}, samplingAlgorithm=SEARCH)
    body["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    trials = [trial_body(n, [0.1 * (n + 1)]) for n in range(4)]
    document = build_document(body, trials, NOW)
    assert document["threshold"] == {"intervals": [1], "values": [0.1]}
    assert (document["sweep"]["policy"], document["sweep"]["sampling"]) == (
        "worst (leastTrials 2, delayEvaluation 0)",
        "shifted (seed 7, seedShift 2)",
    )


class TestWorst(PolicyContract):
    declaration = POLICY
    section: ClassVar[dict[str, Any]] = {"leastTrials": 1}

    def make(self, schedule: Schedule) -> Policy:
        return WorstPolicy(1, schedule)

    def should_stop(self, trial: int, curves: Curves, goal: Goal) -> bool:
        others = [max(curve) for t, curve in curves.items() if t != trial]
        is_last = min(curves, key=lambda t: (max(curves[t]), -t)) == trial
        return is_last and max(others, default=-math.inf) > -math.inf


class TestShifted(SamplerContract):
    declaration = SAMPLER
    section: ClassVar[dict[str, Any]] = {"seedShift": 4}

    def make(self, space: Space, seed: int) -> Sampler:
        return RandomSampler(space, seed + 4)
