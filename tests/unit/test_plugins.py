"""A policy and a sampler of another distribution, through everything that has to do with either."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from sweepjob import command, load_job, run_local
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.plugin_schema import sections, with_plugins
from sweepjob.api.sweepjob import parse_sweepjob
from sweepjob.dashboard.document import build_document
from sweepjob.early_stopping.policies.declaration import PolicyDeclaration
from sweepjob.early_stopping.policies.registry import POLICIES
from sweepjob.early_stopping.policy import Decision, Policy, Schedule
from sweepjob.early_stopping.rankings import Rank
from sweepjob.local.store import Change
from sweepjob.objective import Goal
from sweepjob.plugins.parameters import Note, Parameter
from sweepjob.plugins.registry import PluginError, Registry
from sweepjob.sdk import policies as sdk_policies
from sweepjob.sdk import settings as sdk_settings
from sweepjob.sdk.arguments import ArgumentError, snake_case
from sweepjob.search.sampler import Observation, Sampler
from sweepjob.search.samplers.declaration import SamplerDeclaration
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.search.samplers.registry import SAMPLERS, SamplerSpec
from sweepjob.search.space import Assignment, Space
from sweepjob.sweep import Choice, early_termination_policy, sampling_algorithm
from sweepjob.testing.policies import Curves, PolicyContract
from sweepjob.testing.samplers import SamplerContract

from tests.fake_api.harness import Scenario, quiet
from tests.plugin.sweepjob_toy import POLICY, SAMPLER, WorstPolicy

from .builders import sweepjob
from .cli.program import Program
from .cli.test_views import NOW, trial_body
from .test_crash_everywhere import spec
from .test_fairness import play

OTHER = "distribution other 1.0"
ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "plugin"
STOP = {"type": "worst", "leastTrials": 2, "delayEvaluation": 2}
# Of these the third and the fourth level are the lowest until then.
SEARCH = {"type": "shifted", "seed": 7, "seedShift": 2}


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
        story = Scenario(5, given).run()
    proposed = SamplerSpec("random").build(
        parse_sweepjob({"spec": given, "metadata": {"name": "s"}}).space, 9
    )
    for trial in story.trials:
        assert json.loads(trial["spec"]["assignment"]) == proposed.propose(
            trial["spec"]["index"], []
        )
    stopped = [t["status"] for t in story.trials if t["status"]["phase"] == "EarlyStopped"]
    assert stopped
    for status in stopped:
        assert (status["stop"]["policy"], status["stop"]["reason"]) == ("worst", "WorstOfAll")
        assert "the last; the last but one has" in status["message"]
    assert story.trials[0]["spec"]["source"] == "shifted seed 7"


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
    time.sleep(0.15)
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


def test_the_crd_knows_them(toy: None) -> None:
    crd = yaml.safe_load((ROOT / "crds" / "sweepjobs.yaml").read_text())
    [version] = with_plugins(crd)["spec"]["versions"]
    made = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    stop, search = made["earlyTermination"], made["samplingAlgorithm"]
    assert "worst" in stop["properties"]["type"]["enum"]
    assert stop["properties"]["leastTrials"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "description": "Of worst: other trials from which on the last one is stopped.",
    }
    messages = [rule["message"] for rule in stop["x-kubernetes-validations"]]
    assert "worst needs leastTrials, and no other type has it" in messages
    assert "shifted" in search["properties"]["type"]["enum"]
    messages = [rule["message"] for rule in search["x-kubernetes-validations"]]
    assert "seedShift belongs to type shifted; remove it" in messages


def test_the_crd_without_them_is_the_packages_own() -> None:
    crd = yaml.safe_load((ROOT / "crds" / "sweepjobs.yaml").read_text())
    [version] = crd["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert sections() == {key: spec[key] for key in ("samplingAlgorithm", "earlyTermination")}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"earlyTermination": {"type": "worst"}}, "is required: a number; 2 is a good start"),
        ({"earlyTermination": {**STOP, "slackAmount": 1}}, "unknown key; known: delayEvaluation"),
        ({"samplingAlgorithm": {**SEARCH, "seedShift": 1001}}, "must be at most 1000"),
        (
            {"samplingAlgorithm": {"type": "grid", "seedShift": 1}},
            "belongs to type shifted; remove it",
        ),
    ],
    ids=["required", "of another policy", "bound", "of another sampler"],
)
def test_mistakes_are_named(toy: None, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSpec, match=message):
        parse_sweepjob(sweepjob(**change))


def broken_distribution(folder: Path, source: str) -> Path:
    (folder / "broken_plugin.py").write_text(source)
    info = folder / "broken_plugin-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plugin\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text("[sweepjob.policies]\nlost = broken_plugin:POLICY\n")
    return folder


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("raise SystemExit(3)", "SystemExit(3)"),
        ("POLICY = 7", "must be a PolicyDeclaration, not a int"),
        (
            "from sweepjob.early_stopping.policies.bandit import DECLARATION as POLICY",
            "registered already",
        ),
    ],
    ids=["import", "exit", "type", "name"],
)
def test_a_broken_plugin_is_a_message(tmp_path: Path, source: str, message: str) -> None:
    broken_distribution(tmp_path, source)
    body = sweepjob(earlyTermination={"type": "lost"})
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(body))
    done = run_program(tmp_path, tmp_path, "validate", "-f", "sweep.yaml")
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "plug-in lost of distribution broken-plugin 0.3 could not be loaded: " in said
    assert message in said
    assert "Traceback" not in said
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(sweepjob()))
    assert run_program(tmp_path, tmp_path, "validate", "-f", "good.yaml").returncode == 0


def test_a_plugin_that_fails_to_build_is_a_problem_of_the_spec() -> None:
    def build(values: Mapping[str, Any], note: Note) -> Policy:
        raise RuntimeError("out of order")

    broken = PolicyDeclaration("broken", "Broken", "never", build)
    with (
        POLICIES.registered(broken, "distribution other 1.0"),
        pytest.raises(InvalidSpec, match=r"distribution other 1.0 failed: .*out of order"),
    ):
        parse_sweepjob(sweepjob(earlyTermination={"type": "broken"}))


class FailingPolicy(WorstPolicy):
    name, reason = "failing", "Failing"

    def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
        raise RuntimeError("out of order")


FAILING = PolicyDeclaration("failing", "Failing", "never", lambda values, note: FailingPolicy())


def test_a_policy_that_fails_has_no_threshold_in_the_dashboard(
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = sweepjob(earlyTermination={"type": "failing"})
    body["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    trials = [trial_body(n, [0.1 * (n + 1)]) for n in range(4)]
    with POLICIES.registered(FAILING, OTHER):
        document = build_document(body, trials, NOW)
    assert document["threshold"] is None
    assert (len(document["trials"]), document["sweep"]["policy"]) == (4, "failing")
    assert document["importance"] == build_document(without_policy(body), trials, NOW)["importance"]
    assert f"no threshold of policy failing of {OTHER}" in caplog.text


def without_policy(body: dict[str, Any]) -> dict[str, Any]:
    """The same sweep without its policy."""
    kept = {key: value for key, value in body["spec"].items() if key != "earlyTermination"}
    return {**body, "spec": kept}


@pytest.mark.virtual_time
def test_a_policy_that_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Its reports are ingested, its sweep ends, and the log and the status name it."""

    with POLICIES.registered(FAILING, "distribution other 1.0"), caplog.at_level("WARNING"):
        story = Scenario(5, spec(4, 2, earlyTermination={"type": "failing"})).run()
    assert {t["status"]["phase"] for t in story.trials} == {"Succeeded"}
    found = [r.getMessage() for r in caplog.records if "out of order" in r.getMessage()]
    assert len(found) == 1
    assert "policy failing" in found[0]
    assert "distribution other 1.0" in found[0]
    conditions = {c["type"]: c for c in story.sweep["status"]["conditions"]}
    assert (conditions["Degraded"]["status"], conditions["Degraded"]["reason"]) == (
        "True",
        "PolicyFailed",
    )


def broken_build(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
    raise RuntimeError("out of order")


def no_sampler(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
    return None  # type: ignore[return-value] # as a plug-in without types may


@pytest.mark.virtual_time
@pytest.mark.parametrize("build", [broken_build, no_sampler])
def test_a_sampler_that_cannot_be_built_is_a_problem_of_the_spec(build: Callable[..., Any]) -> None:
    """It is written once, and the sweep is left alone until its spec changes."""
    story = Scenario(5, spec(4, 2, samplingAlgorithm={"type": "broken"}), patience=100.0)
    broken = SamplerDeclaration("broken", "never", build)
    with (
        quiet(),
        SAMPLERS.registered(broken, OTHER),
        pytest.raises(AssertionError, match="not over after"),
    ):
        story.run()
    status = story.sweep["status"]
    conditions = {c["type"]: c for c in status["conditions"]}
    accepted = conditions["Accepted"]
    assert (status["phase"], accepted["status"]) == ("Invalid", "False")
    assert "spec.samplingAlgorithm.type: 'broken': the plug-in of " + OTHER in accepted["message"]
    assert not story.trials
    changes = [c for c in story.server.store.history if c.resource == "sweepjobs"]
    assert len(changes) == 2


def test_a_sampler_that_cannot_be_built_is_a_message(program: Program) -> None:
    name = program.file(yaml.safe_dump(sweepjob(samplingAlgorithm={"type": "broken"})))
    with SAMPLERS.registered(SamplerDeclaration("broken", "never", broken_build), OTHER):
        for command in (["validate"], ["propose"], ["run", "--local"]):
            assert program(*command, "-f", name) == 1, command
            assert f"the plug-in of {OTHER} failed: RuntimeError('out of order')" in program.err
        job = load_job(str(name))
        with pytest.raises(ArgumentError, match=f"the plug-in of {OTHER} failed"):
            job.validate()


@dataclass
class FailingSampler:
    """A fake: it has two proposals; then it fails so many times, and goes on.

    Attributes:
        asked: times at which it failed.
    """

    sampler: Sampler
    failures: int
    asked: list[float]
    uses_observations: bool

    def propose(self, index: int, observations: Sequence[Observation]) -> Assignment | None:
        if index >= 2 and len(self.asked) < self.failures:
            self.asked.append(asyncio.get_running_loop().time())
            raise RuntimeError("out of order")
        return self.sampler.propose(index, observations)


def failing_sampler(
    asked: list[float], failures: int, *, uses_observations: bool
) -> SamplerDeclaration:
    def build(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
        return FailingSampler(RandomSampler(space, seed), failures, asked, uses_observations)

    return SamplerDeclaration("broken", "fails", build, uses_observations=uses_observations)


@pytest.mark.virtual_time
@pytest.mark.parametrize("uses_observations", [False, True], ids=["random", "learning"])
def test_a_sampler_that_fails_is_asked_again(
    caplog: pytest.LogCaptureFixture, uses_observations: bool
) -> None:
    """Its running trials end, the status names it until it works, and the pauses grow."""
    asked: list[float] = []
    broken = failing_sampler(asked, 7, uses_observations=uses_observations)
    with SAMPLERS.registered(broken, OTHER), caplog.at_level("WARNING"):
        story = Scenario(5, spec(4, 2, samplingAlgorithm={"type": "broken"})).run()
    assert [t["status"]["phase"] for t in story.trials].count("Succeeded") >= 2
    assert len(story.trials) == 4
    pauses = [later - before for before, later in itertools.pairwise(asked)]
    assert pauses == [pytest.approx(p, abs=0.5) for p in (1, 2, 4, 8, 16, 30)]
    degraded = [condition(c.new, "Degraded") for c in story.server.store.history if is_status(c)]
    [said] = {d["message"] for d in degraded if d["reason"] == "SamplerFailed"}
    assert said.startswith(f"sampler broken of {OTHER} failed")
    assert "out of order" in said
    assert degraded[-1]["status"] == "False"
    phases = {c.new["status"]["phase"] for c in story.server.store.history if is_status(c)}
    assert phases == {"Running", "Blocked", "Complete"}
    logged = [r.getMessage() for r in caplog.records if "out of order" in r.getMessage()]
    assert len(logged) == 1
    assert not [r for r in caplog.records if r.exc_info]


def is_status(change: Change) -> bool:
    return change.resource == "sweepjobs" and "conditions" in (change.new or {}).get("status", {})


def condition(body: Any, kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(c for c in body["status"]["conditions"] if c["type"] == kind)
    return found


@pytest.mark.virtual_time
def test_a_sampler_that_fails_delays_no_other_sweep() -> None:
    alone, asked = play({}), list[float]()
    broken = failing_sampler(asked, 1000, uses_observations=False)
    with quiet(), SAMPLERS.registered(broken, OTHER):
        given = spec(4, 2, samplingAlgorithm={"type": "broken"})
        beside = play({f"broken{n}": given for n in range(5)})
    assert asked
    assert beside < alone + 3.0


def test_propose_names_a_sampler_that_fails(program: Program) -> None:
    def build(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
        return NeverSampler()

    class NeverSampler:
        uses_observations = False

        def propose(self, index: int, observations: Sequence[Observation]) -> Assignment | None:
            raise RuntimeError("out of order")

    name = program.file(yaml.safe_dump(sweepjob(samplingAlgorithm={"type": "broken"})))
    with SAMPLERS.registered(SamplerDeclaration("broken", "never", build), OTHER):
        assert program("propose", "-f", name) == 2
    assert f"sampler broken of {OTHER} failed at trial 0: RuntimeError('out" in program.err


def test_replay_names_a_policy_that_fails(program: Program) -> None:
    class Failing(WorstPolicy):
        name, reason = "failing", "Failing"

        def decide(self, interval: int, rank: Rank, goal: Goal) -> Decision:
            raise RuntimeError("out of order")

    failing = PolicyDeclaration("failing", "Failing", "never", lambda values, note: Failing())
    curves = "\n".join(json.dumps({"trial": n, "values": [n, n]}) for n in range(3))
    recorded = program.file(curves, "curves.jsonl")
    with POLICIES.registered(failing, "distribution other 1.0"):
        body = yaml.safe_dump(sweepjob(earlyTermination={"type": "failing"}))
        assert program("replay", "-f", program.file(body), recorded) == 2
    assert "policy failing of distribution other 1.0 failed: RuntimeError" in program.err


def test_what_cannot_be_registered() -> None:
    registry: Registry[PolicyDeclaration] = Registry("policy", "none", PolicyDeclaration)
    registry.register(POLICY)
    with pytest.raises(PluginError, match="policy worst is registered already"):
        registry.register(POLICY)
    number = Parameter("leastTrials", "number", "Another type.")
    other = PolicyDeclaration("other", "Other", "never", POLICY.build, (number,))
    with pytest.raises(
        PluginError, match="parameter leastTrials is of type number, but integer in worst"
    ):
        registry.register(other)
    with pytest.raises(PluginError, match="a name has small letters"):
        registry.register(PolicyDeclaration("Big-Name", "Big", "never", POLICY.build))
    with pytest.raises(ValueError, match="must be in CamelCase"):
        PolicyDeclaration("small", "small words", "never", POLICY.build)


def run_program(folder: Path, plugins: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (ROOT / "operator", ROOT, plugins)))
    environment = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "sweepjob.cli", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("declaration", POLICIES.declarations(), ids=lambda d: d.name)
def test_pythons_policies_have_the_declared_parameters(declaration: PolicyDeclaration) -> None:
    found = {field.name for field in fields(sdk_policies._POLICIES[declaration.name])}
    declared = {snake_case(parameter.name) for parameter in declaration.parameters}
    # Every class inherits the two of Azure's base class.
    assert declared <= found <= declared | {"delay_evaluation", "evaluation_interval"}


@pytest.mark.parametrize("declaration", SAMPLERS.declarations(), ids=lambda d: d.name)
def test_pythons_samplers_have_the_declared_parameters(declaration: SamplerDeclaration) -> None:
    found = {field.name for field in fields(sdk_settings._ALGORITHMS[declaration.name])}
    declared = {"seed", *(snake_case(parameter.name) for parameter in declaration.parameters)}
    assert declared <= found <= declared | {"logbase"}


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
