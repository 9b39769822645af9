"""Tests ``sweepjob run --local`` with real processes and the real sidecar, without a cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.cli.explain_sweep import explain_sweep
from sweepjob.search.samplers.random import RandomSampler

from .runs import LEVELS, ONE, REPORTS, Local, script_of, sweep


@pytest.mark.parametrize("source", ["file", "logs"])
def test_every_report_is_recorded_and_the_best_trial_is_found(local: Local, source: str) -> None:
    said = local.run(sweep(source))
    made = [[round(level + n / 1000, 3) for n in range(1, REPORTS + 1)] for level in LEVELS]
    assert local.values() == made
    [body] = local.objects("sweepjobs")
    assert body["status"]["phase"] == "Complete"
    assert body["status"]["best"]["parameters"] == {"level": "0.7"}
    assert "best: local-3   score 0.712" in said
    assert "Complete: 4 of 4 trials, 0 running; 4 succeeded" in said


def test_a_target_ends_the_sweep_and_explain_says_so(local: Local) -> None:
    """The second trial reaches it, and runs to its end."""
    reports = {"type": "choice", "values": [60]}
    said = local.run(sweep(limits={"target": 0.505}, searchSpace={"reports": reports}))
    assert "Complete: 2 of 4 trials, 0 running; 1 succeeded, 1 canceled" in said
    other, reached = local.objects()
    assert (other["status"]["phase"], other["status"]["reason"]) == ("Canceled", "TargetReached")
    assert reached["status"]["phase"] == "Succeeded"
    assert reached["status"]["curve"]["reports"] == 60
    [body] = local.objects("sweepjobs")
    assert body["status"]["reason"] == "TargetReached"
    [condition] = [c for c in body["status"]["conditions"] if c["type"] == "Complete"]
    assert "local-1 reached score 0.56; limits.target is 0.505" in condition["message"]
    lines = "\n".join(explain_sweep(body, [], 0.0))
    assert "ends when a trial reports score of at least 0.505" in lines


def test_a_row_without_a_new_best_ends_the_sweep(local: Local) -> None:
    """Levels 0.1, 0.5, 0.3: the third is the first that is no better."""
    local.run(sweep(limits={"maxConcurrentTrials": 1, "noImprovementTrials": 1}))
    assert len(local.objects()) == 3
    [body] = local.objects("sweepjobs")
    assert (body["status"]["phase"], body["status"]["reason"]) == ("Complete", "NoImprovement")
    lines = "\n".join(explain_sweep(body, [], 0.0))
    assert "ends when 1 trial in a row ended without a new best" in lines


def test_a_second_phase_of_a_script_counts(local: Local) -> None:
    """A metrics file that is kept open, and opened again later."""
    script = (
        "import json, os, time\n"
        "def log(*values):\n"
        "    with open(os.environ['SWEEPJOB_METRICS_PATH'], 'a') as file:\n"
        "        for value in values:\n"
        "            print(json.dumps({'score': value}), file=file, flush=True)\n"
        "            time.sleep(0.6)\n"
        "log(0.25, 0.5)\n"
        "time.sleep(2)\n"
        "log(0.75)\n"
    )
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    local.run(
        sweep("file", limits=limits, trial={"image": "x", "command": ["python3", "-c", script]})
    )
    assert local.values() == [[0.25, 0.5, 0.75]]


def test_proposals_and_decisions_are_those_of_the_operator(local: Local) -> None:
    space = {"level": {"type": "uniform", "minValue": 0, "maxValue": 1}}
    body = sweep(
        samplingAlgorithm={"type": "random", "seed": 5},
        searchSpace=space,
        earlyTermination={"type": "bandit", "slackAmount": 0.2, "delayEvaluation": 3},
        limits={"maxTotalTrials": 6, "maxConcurrentTrials": 1},
    )
    local.run(body)
    spec = parse_sweepjob(body)
    sampler = RandomSampler(spec.space, 5)
    levels = []
    for trial in local.objects():
        proposed = sampler.propose(trial["spec"]["index"])
        assert json.loads(trial["spec"]["assignment"]) == proposed
        assert proposed is not None
        levels.append(proposed["level"])
    # Trials run one at a time; each is compared with the best of the earlier ones.
    ends = [trial["status"]["phase"] for trial in local.objects()]
    low = [n > 0 and level < max(levels[:n]) - 0.2 for n, level in enumerate(levels)]
    assert ends == ["EarlyStopped" if is_low else "Succeeded" for is_low in low]
    assert "EarlyStopped" in ends


def test_gpus_are_assigned_to_trials(local: Local) -> None:
    body = sweep(
        limits={"maxTotalTrials": 4, "maxConcurrentTrials": 4},
        trial={"resources": {"limits": {"nvidia.com/gpu": 1}}},
    )
    said = local.run(body, CUDA_VISIBLE_DEVICES="3,5")
    assert "note: 2 at a time: this machine has 2 GPUs" in said
    used = [log.split()[1] for log in local.logs()]
    assert sorted(used) == ["3", "3", "5", "5"]


def test_a_sweep_that_requests_gpus_runs_without(local: Local) -> None:
    body = sweep(trial={"resources": {"limits": {"nvidia.com/gpu": 8}}})
    assert "this machine has no GPU" in local.run(body, CUDA_VISIBLE_DEVICES="")


def test_a_working_directory_of_the_image_is_ignored_with_a_warning(local: Local) -> None:
    container = {"name": "t", "image": "none", "workingDir": "/app", "command": ["echo", "score=1"]}
    body = sweep("logs", limits=ONE)
    body["spec"]["trial"] = {"template": {"spec": {"containers": [container]}}}
    assert "note: workingDir /app is ignored" in local.run(body)


def test_outputs_are_folders_that_survive_attempts(local: Local) -> None:
    code = (
        "import pathlib, sys; f = pathlib.Path(sys.argv[1]) / 'model'; old = f.exists(); "
        "f.write_text('x'); print('score=1.0'); sys.exit(0 if old else 3)"
    )
    body = sweep(
        "logs",
        outputs={"model": {"volume": {"emptyDir": {}}}},
        limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1},
        trial={"command": [sys.executable, "-c", code, "${{outputs.model}}"], "maxRetries": 1},
    )
    local.run(body)
    [trial] = local.objects()
    assert (trial["status"]["phase"], trial["status"]["failures"]) == ("Succeeded", 1)
    [model] = (local.folder / ".sweepjob" / "local" / "outputs").rglob("model/**/model")
    assert model.read_text() == "x"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"command": None}, "spec.trial.command"),
        ({"env": [{"name": "TOKEN_X", "valueFrom": {"secretKeyRef": {}}}]}, "set TOKEN_X"),
        ({"resources": {"limits": {"nvidia.com/gpu": 2}}}, "this machine has 1"),
        (
            {
                **dict.fromkeys(("image", "command")),
                "template": {"spec": {"containers": [{"name": "t", "command": "train"}]}},
            },
            "containers[0].command: 'train': must be a list of strings",
        ),
    ],
)
def test_features_that_need_a_cluster_are_refused(
    local: Local, changes: dict[str, Any], words: str
) -> None:
    body = sweep(trial=changes)
    body["spec"]["trial"] = {k: v for k, v in body["spec"]["trial"].items() if v is not None}
    assert words in local.run(body, code=1, CUDA_VISIBLE_DEVICES="0")
    assert not (local.folder / ".sweepjob").exists()


def test_a_folder_without_a_sweep_is_not_used(local: Local) -> None:
    (local.folder / "mine").mkdir()
    (local.folder / "mine" / "thesis.tex").write_text("x")
    for flag in ("--fresh", "--resume"):
        assert "does not contain a sweep" in local.run(sweep(), "--folder", "mine", flag, code=2)
    assert [file.name for file in (local.folder / "mine").iterdir()] == ["thesis.tex"]


def test_fresh_deletes_the_earlier_sweep(local: Local) -> None:
    (old,) = local.objects_of(sweep(limits=ONE))
    (new,) = local.objects_of(sweep(limits=ONE), "--fresh")
    assert old["metadata"]["uid"] != new["metadata"]["uid"]


def test_the_first_example_of_the_readme(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-m", "sweepjob.cli", "run", "--local"]
    files = ["-f", "examples/first/sweep.yaml", "--folder", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": "operator", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, *files],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Complete: 16 of 16 trials" in done.stdout
    best = json.loads((tmp_path / "sweepjobs" / "first.json").read_text())["status"]["best"]
    assert float(best["value"]) > 0.92


@pytest.mark.parametrize("source", ["file", "logs"])
def test_a_trial_ends_with_its_script_while_others_hold_the_output(
    local: Local, source: str
) -> None:
    helper = (
        "subprocess.Popen(['sleep', '110'], start_new_session=True, env={'PATH': '/bin:/usr/bin'})"
    )
    code = f"import subprocess, time\n{helper}\nprint('score=0.5', flush=True)"
    if source == "file":
        code += "\nimport os; open(os.environ['SWEEPJOB_METRICS_PATH'], 'a').write('{\"score\": 0.5}\\n')"
    started = time.monotonic()
    local.run(sweep(source, trial=script_of(code), limits=ONE))
    assert time.monotonic() - started < 100
    assert local.values() == [[0.5]]


def test_reports_of_a_second_phase_count(local: Local) -> None:
    """The file is open and then closed for longer than a sidecar on a cluster would wait."""
    code = """
import json, os, time
for phase in ([0.25, 0.5], [0.75]):
    with open(os.environ["SWEEPJOB_METRICS_PATH"], "a") as file:
        for value in phase:
            print(json.dumps({"score": value}), file=file, flush=True)
            time.sleep(0.7)
    time.sleep(2.5)
print(json.dumps({"score": 1.0}), file=open(os.environ["SWEEPJOB_METRICS_PATH"], "a"))
"""
    local.run(sweep("file", trial=script_of(code), limits=ONE))
    assert local.values() == [[0.25, 0.5, 0.75, 1.0]]
