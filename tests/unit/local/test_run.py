"""Tests ``sweepjob run --local`` with real processes and the real sidecar, without a cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.cli.explain_sweep import explain_sweep
from sweepjob.search.samplers.random import RandomSampler

from .runs import LEVELS, REPORTS, Local, sweep


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    yield Local(tmp_path)
    assert not left(tmp_path), "no process is left"


def left(folder: Path) -> list[int]:
    """Return the processes that run in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder and entry.name != str(os.getpid()):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


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


def test_an_interrupted_sweep_leaves_no_process_and_resumes(local: Local) -> None:
    body = sweep(searchSpace={"level": {"type": "choice", "values": LEVELS}, "reports": CHOICE})
    process = local.start(body)
    await_values(local)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "--resume" in err
    assert not left(local.folder)
    before = [trial["spec"]["assignment"] for trial in local.objects()]
    assert "has a sweep already" in local.run(body, code=2)
    local.run(body, "--resume")
    assert [trial["spec"]["assignment"] for trial in local.objects()][: len(before)] == before
    assert [len(values) for values in local.values()] == [40] * 4
    [done] = local.objects("sweepjobs")
    assert done["status"]["trials"]["succeeded"] == 4
    assert all(trial["status"].get("failures", 0) == 0 for trial in local.objects())


def test_a_sweep_that_was_interrupted_while_it_stopped_a_trial_resumes(local: Local) -> None:
    """The trainer ignores the request to end, so that its pod is still there."""
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); exec(open('train.py').read())"
    trial = {"command": [sys.executable, "-c", ignore], "stopGracePeriodSeconds": 8}
    policy = {"type": "bandit", "slackAmount": 0.1, "delayEvaluation": 2}
    body = sweep(earlyTermination=policy, trial=trial)
    process = local.start(body)
    deadline = time.monotonic() + 30
    while not any(t.get("status", {}).get("phase") == "Stopping" for t in local.objects()):
        assert time.monotonic() < deadline, "no trial was stopped"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert "Complete: 4 of 4 trials" in local.run(body, "--resume")
    stopped = [t for t in local.objects() if t["status"]["phase"] == "EarlyStopped"]
    assert stopped
    assert not list(
        (local.folder / ".sweepjob/local/pods").glob(f"{stopped[0]['metadata']['name']}-*.json")
    )


CHOICE = {"type": "choice", "values": [40]}


def await_values(local: Local) -> None:
    deadline = time.monotonic() + 30
    while not any(local.values()):
        assert time.monotonic() < deadline, "nothing was reported"
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it on Linux only")
def test_a_killed_sweep_leaves_no_process(local: Local) -> None:
    process = local.start(sweep())
    await_values(local)
    process.kill()
    process.communicate(timeout=20)
    time.sleep(0.5)
    assert not left(local.folder)
    local.run(sweep(), "--resume")
    assert [len(values) for values in local.values()] == [REPORTS] * 4


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


def test_a_script_that_fails_says_why(local: Local) -> None:
    body = sweep(trial={"command": [sys.executable, "-c", "import sys; sys.exit('no data here')"]})
    said = local.run(body, code=1)
    assert "NoTrialSucceeded" in said
    [first, *_] = local.objects()
    assert "exit code 1: no data here" in first["status"]["message"]


def test_a_missing_program_fails_the_trial(local: Local) -> None:
    local.run(sweep(trial={"command": ["no-such-program"]}), code=1)
    assert "no-such-program" in local.objects()[0]["status"]["message"]


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


ONE = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}


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


def script_of(code: str) -> dict[str, Any]:
    return {"command": [sys.executable, "-S", "-c", code]}


def said_of(local: Local, body: dict[str, Any]) -> str:
    """Return the message of the first trial of a failed sweep."""
    local.run(body, code=1)
    assert [done["status"]["phase"] for done in local.objects("sweepjobs")] == ["Failed"]
    trial, *_ = local.objects()
    return str(trial["status"]["message"])


@pytest.mark.parametrize("source", ["mlflow", "pushgateway", "file", "tensorboard", "logs"])
def test_a_missing_program_fails_at_once_with_every_source(local: Local, source: str) -> None:
    started = time.monotonic()
    said = said_of(local, sweep(source, trial={"command": ["no-such-program"]}, limits=ONE))
    assert "exit code 127: 'no-such-program' was not found in PATH" in said
    assert time.monotonic() - started < 20


def test_the_last_lines_of_a_script_that_fails_are_quoted(local: Local) -> None:
    code = (
        "import sys\n"
        "print('\\x1b[32mepoch 1\\x1b[0m\\n' * 200, flush=True)\n"
        "print('50%\\r100%', flush=True)\n"
        "def train(): raise KeyError('no column \\x07label')\n"
        "train()\n"
    )
    said = said_of(local, sweep("logs", trial=script_of(code), limits=ONE))
    assert "epoch 1\nepoch 1\n\n100%\nTraceback (most recent call last):" in said
    assert said.endswith("KeyError: 'no column \\x07label'")
    assert "\x1b" not in said
    assert len(said.encode()) < 2200


@pytest.mark.parametrize("source", ["file", "logs"])
def test_a_trial_ends_with_its_script_while_others_hold_the_output(
    local: Local, source: str
) -> None:
    helper = (
        "subprocess.Popen(['sleep', '30'], start_new_session=True, env={'PATH': '/bin:/usr/bin'})"
    )
    code = f"import subprocess, time\n{helper}\nprint('score=0.5', flush=True)"
    if source == "file":
        code += "\nimport os; open(os.environ['SWEEPJOB_METRICS_PATH'], 'a').write('{\"score\": 0.5}\\n')"
    started = time.monotonic()
    local.run(sweep(source, trial=script_of(code), limits=ONE))
    assert time.monotonic() - started < 20
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


@pytest.mark.skipif(sys.platform != "linux", reason="the script finds its sidecar in /proc")
def test_a_killed_sidecar_is_restarted(local: Local) -> None:
    code = """
import json, os, signal, time
def sidecar():
    for entry in filter(str.isdecimal, os.listdir("/proc")):
        try:
            told = open(f"/proc/{entry}/environ").read()
        except OSError:
            continue
        if "SWEEPJOB_SIDECAR=" in told and os.getcwd() in told:
            return int(entry)
def report(value):
    with open(os.environ["SWEEPJOB_METRICS_PATH"], "a") as file:
        print(json.dumps({"score": value}), file=file)
report(0.25)
time.sleep(1)
first = sidecar()
os.kill(first, signal.SIGKILL)
report(0.5)
while sidecar() in (None, first):
    time.sleep(0.05)
report(0.75)
"""
    local.run(sweep("file", trial=script_of(code), limits=ONE))
    assert local.values() == [[0.25, 0.5, 0.75]]
    [pod] = local.objects("pods")
    [status] = pod["status"]["initContainerStatuses"]
    assert status["restartCount"] == 1


def test_a_trainer_that_ignores_sigterm_is_killed_after_the_grace_period(local: Local) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on'); time.sleep(60)"
    limits = {**ONE, "trialTimeout": 2}
    trial = {**script_of(code), "stopGracePeriodSeconds": 1}
    started = time.monotonic()
    local.run(sweep("logs", trial=trial, limits=limits), code=1)
    assert time.monotonic() - started < 25
    [trial] = local.objects()
    assert (trial["status"]["phase"], trial["status"]["reason"]) == ("Canceled", "TrialTimeout")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it on Linux only")
def test_a_killed_sweep_leaves_no_child_of_a_shell(local: Local) -> None:
    body = sweep("logs", trial={"command": "sleep 60 & echo score=1; sleep 60; true"}, limits=ONE)
    process = local.start(body)
    await_values(local)
    assert len(left(local.folder)) >= 4
    process.kill()
    process.communicate(timeout=20)
    deadline = time.monotonic() + 10
    while left(local.folder) and time.monotonic() < deadline:
        time.sleep(0.05)


CODE = """
import os, sys
from pathlib import Path
import helper
here = Path.cwd()
seen = sorted(p.name for p in here.iterdir())
Path("outputs/model.txt").write_text("weights")
try:
    Path("left-by-a-trial").touch()
    wrote = True
except OSError:
    wrote = False
print("cwd", here, "seen", seen, "flag", sys.argv[1], "home", os.environ.get("HOME"), flush=True)
print(f"score={helper.level()}", flush=True)
"""


def code_sweep() -> dict[str, Any]:
    body = sweep("logs", limits={"maxConcurrentTrials": 1})
    body["spec"]["trial"]["command"] = [sys.executable, "train.py", "/code/outputs"]
    body["spec"]["trial"]["env"] = [{"name": "PYTHONDONTWRITEBYTECODE", "value": "1"}]
    volume = {"volume": {"persistentVolumeClaim": {"claimName": "c"}}, "mountPath": "/code/outputs"}
    body["spec"]["outputs"] = {"model": volume}
    return body


def test_code_runs_in_a_copy_of_its_own_for_each_trial(local: Local) -> None:
    src = local.folder / "src"
    src.mkdir()
    (src / "train.py").write_text(CODE)
    helper = "import json, os\ndef level(): return json.loads(os.environ['SWEEPJOB_PARAMETERS'])['level']\n"
    (src / "helper.py").write_text(helper)
    out = local.run(code_sweep(), "--code", "src")
    assert "code: 2 files of src" in out
    assert local.values() == [[0.1], [0.5], [0.3], [0.7]]
    logs = [f.read_text() for f in (local.folder / ".sweepjob" / "local" / "logs").glob("*.log")]
    assert len(logs) == 4
    for log in logs:
        # No trial sees what another one wrote; /code in an argument is its own copy.
        assert "seen ['helper.py', 'outputs', 'train.py']" in log
        assert f"flag {local.folder}/.sweepjob/local/outputs" in log
        assert f"home {os.environ.get('HOME')}" in log
    assert sorted(p.name for p in src.iterdir()) == ["helper.py", "train.py"]
    (began,) = {t["status"]["code"] for t in local.objects()}
    assert began.startswith("sha256:")
    assert local.objects("sweepjobs")[0]["status"]["code"] == began
    assert len([*(local.folder / ".sweepjob/local/outputs").rglob("model.txt")]) == 4
    assert not [*(local.folder / ".sweepjob/local/pods").glob("*/code")]
    (src / "helper.py").write_text("")
    resumed = local.run(code_sweep(), "--code", "src", "--resume")
    assert f"continues with its original code ({began[:19]})" in resumed


def test_code_that_is_on_a_cluster_only_is_refused_with_the_remedy(local: Local) -> None:
    body = sweep()
    body["spec"]["trial"]["code"] = {"configMap": {"name": "digits-code"}}
    out = local.run(body, code=1)
    assert "spec.trial.code: 'digits-code': is on a cluster; give the folder" in out
    (local.folder / "src").mkdir()
    (local.folder / "src" / "requirements.txt").write_text("torch")
    assert "nothing installs it" in local.run(body, "--code", "src", code=2)
    assert "does not exist" in local.run(body, "--code", "missing", code=2)


def test_the_code_that_an_azure_file_names_goes_along(local: Local) -> None:
    body = {
        "type": "sweep",
        "trial": {
            "command": f"{sys.executable} train.py ${{{{search_space.level}}}}",
            "code": "src",
            "environment": "azureml:x:1",
        },
        "sampling_algorithm": "grid",
        "search_space": {"level": {"type": "choice", "values": [0.25]}},
        "objective": {"goal": "maximize", "primary_metric": "score"},
        "limits": {"max_total_trials": 1},
    }
    out = local.run(body, "--folder", ".sweepjob/local", code=1)
    assert "trial.code: 'src': there is no folder src" in out
    (local.folder / "src").mkdir()
    (local.folder / "src" / "train.py").write_text("import os; print(os.listdir('.'))")
    out = local.run(body, "--folder", ".sweepjob/local", "--fresh", code=1)
    assert "code: 1 file of src" in out
