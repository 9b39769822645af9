"""Code that is in no image: submitted, shared, checked, waited for, and collected with its sweeps."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.protocol.code import files_hash

from .documents import ROOT
from .program import Program
from .sweeps import Sweeps, choice, eventually

TRAIN = """
import os, sys
from pathlib import Path
from pkg.model import score
level = float(sys.argv[1])
seen = sorted(os.listdir("."))
Path("pkg/written").touch()
Path("train.py").write_text("changed by this trial alone")
Path("/code/outputs/model.txt").write_text("weights")
(Path.home() / "cache").write_text("x")
print("seen", seen, sorted(os.listdir("pkg")), os.access("run.sh", os.X_OK), os.getuid())
print(f"score={score(level)}")
"""


@pytest.fixture(scope="module")
def program(sweeps: Sweeps) -> Program:
    return Program(sweeps)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    src = tmp_path / "src"
    (src / "pkg").mkdir(parents=True)
    (src / "train.py").write_text(TRAIN)
    (src / "pkg" / "model.py").write_text("def score(level):\n    return 1 - abs(level - 0.5)\n")
    (src / "run.sh").write_text("#!/bin/sh\n")
    (src / "run.sh").chmod(0o755)
    (src / "data.bin").write_bytes(bytes(range(256)) * 10)
    return src


def spec_of(sweeps: Sweeps, **trial: Any) -> dict[str, Any]:
    spec = sweeps.spec(
        {"level": choice(0.2, 0.5, 0.9)},
        samplingAlgorithm={"type": "grid"},
        limits={"maxTotalTrials": 3, "maxConcurrentTrials": 3},
        metrics={"source": "logs"},
    )
    spec["samplingAlgorithm"].pop("seed")
    image = sweeps.target.images["trainer"]
    spec["trial"] = {"image": image, "command": "python train.py ${{search_space.level}}", **trial}
    return spec


def write_sweep(folder: Path, name: str, spec: dict[str, Any]) -> Path:
    file = folder / f"{name}.yaml"
    kind = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob", "metadata": {"name": name}}
    file.write_text(yaml.safe_dump({**kind, "spec": spec}))
    return file


def code_objects(sweeps: Sweeps) -> list[Any]:
    items: list[Any] = sweeps.get("configmaps", "-l", "sweepjob.dev/code")["items"]
    return items


def test_a_script_in_no_image_gets_to_its_best_trial(
    sweeps: Sweeps, program: Program, source: Path
) -> None:
    spec = spec_of(sweeps)
    spec["outputs"] = {"model": {"volume": {"emptyDir": {}}, "mountPath": "/code/outputs"}}
    file = write_sweep(source.parent, "submitted", spec)
    began = time.monotonic()
    out = program("submit", "-f", str(file), "--code", str(source), "--follow")
    assert time.monotonic() - began < 180
    assert "sweepjob/submitted created" in out
    assert "best: submitted-1" in out
    sweep = sweeps.sweep("submitted")
    assert sweep["status"]["code"].startswith("sha256:")
    assert sweep["status"]["best"]["value"] == "1.0"
    for trial in sweeps.trials("submitted"):
        assert trial["status"]["code"] == sweep["status"]["code"]
        log = sweeps.kubectl("logs", f"job/{trial['metadata']['name']}", "-c", "trainer")
        assert "seen ['data.bin', 'outputs', 'pkg', 'run.sh', 'train.py']" in log
        assert "'model.py', 'written'] True 65532" in log
    again = ("submit", "-f", str(file), "--code", str(source), "-n", sweeps.namespace)
    process = program.start(*again)
    _, taken = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "there is a sweep submitted in namespace" in taken
    assert "--name" in taken


def test_code_is_uploaded_once_and_collected_with_its_last_sweep(
    sweeps: Sweeps, program: Program, source: Path
) -> None:
    file = write_sweep(source.parent, "shared", spec_of(sweeps))
    for name in ("shared-a", "shared-b"):
        program("submit", "-f", str(file), "--code", str(source), "--name", name)
    (only,) = code_objects(sweeps)
    assert only["immutable"]
    owners = {owner["name"] for owner in only["metadata"]["ownerReferences"]}
    assert {"shared-a", "shared-b"} <= owners
    for name in sorted(owners):
        sweeps.kubectl("delete", "sweepjob", name)
    eventually(lambda: not code_objects(sweeps), 60, "the code is collected")


def test_a_sweep_waits_for_its_config_map_and_checks_it_in_every_pod(
    sweeps: Sweeps, source: Path
) -> None:
    files = [
        {"key": "train.py"},
        {"key": "model", "path": "pkg/model.py"},
        {"key": "run.sh", "mode": 0o755},
    ]
    spec = spec_of(sweeps, code={"configMap": {"name": "by-hand", "items": files}})
    spec["limits"]["maxConcurrentTrials"] = 1
    spec["outputs"] = {"model": {"volume": {"emptyDir": {}}, "mountPath": "/code/outputs"}}
    sweeps.apply("waiting", spec)
    said = eventually(
        lambda: (c := sweeps.condition("waiting", "Accepted")) and c["message"], 30, "it says so"
    )
    assert "ConfigMap by-hand, which contains the code of this sweep, does not exist" in said
    assert sweeps.condition("waiting", "Accepted")["reason"] == "CodeNotFound"
    assert not sweeps.trials("waiting")
    train = TRAIN + "import time; time.sleep(20 if level == 0.2 else 0)\n"
    data = {
        "train.py": train,
        "model": (source / "pkg/model.py").read_text(),
        "run.sh": "#!/bin/sh\n",
    }
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "by-hand"}, "data": data}
    sweeps.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    eventually(lambda: sweeps.trials("waiting"), 30, "it begins")
    own = {"train.py": train, "pkg/model.py": data["model"], "run.sh": data["run.sh"]}
    expected = files_hash({path: text.encode() for path, text in own.items()})
    eventually(
        lambda: sweeps.trials("waiting")[0]["status"].get("code") == f"sha256:{expected}",
        60,
        "the record has the hash",
    )
    eventually(
        lambda: sweeps.trials("waiting")[0]["status"]["phase"] == "Running", 60, "the first runs"
    )
    body["data"] = {**data, "train.py": "print('score=5')\n"}
    sweeps.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    sweeps.await_end("waiting")
    first, *others = sweeps.trials("waiting")
    assert first["status"]["phase"] == "Succeeded"
    for trial in others:
        assert trial["status"]["reason"] == "CodeCannotBeUsed"
        assert "the code of the sweep has changed" in trial["status"]["message"]


def test_the_tutorial(sweeps: Sweeps, program: Program, tmp_path: Path) -> None:
    """Every block of the page, in its order; only the image is one that this cluster has."""
    page = (ROOT / "docs" / "tutorials" / "your-own-script.md").read_text()
    (script,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (sweep,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(script)
    image = sweeps.target.images["trainer"]
    (tmp_path / "sweep.yaml").write_text(sweep.replace("python:3.13-slim", image))
    commands = re.findall(r"^    kubectl sweepjob (.*)$", page, re.MULTILINE)
    assert len(commands) == 5
    began, said = time.monotonic(), {}
    for command in commands:
        words = [str(tmp_path / w) if (tmp_path / w).exists() else w for w in command.split()]
        said[words[0]] = program(*words)
    assert time.monotonic() - began < 180
    assert "Complete: 8 of 8 trials" in said["submit"]
    assert "--lr=" in said["best"]
    assert "epoch=5 accuracy=" in said["logs"]
    assert "error:" not in said["doctor"]
    for subject in ("cluster", "CRDs", "operator", "permissions", "images", "storage", "GPUs"):
        assert f"{subject}: " in said["doctor"]


def test_the_last_lines_stay_when_the_pod_is_gone(sweeps: Sweeps, program: Program) -> None:
    script = (
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('last words', flush=True), sys.exit(0)))\n"
        "fate = sys.argv[1]\n"
        "print('score=1', flush=True)\n"
        "if fate == 'fails': print('it broke', flush=True); sys.exit(1)\n"
        "if fate == 'is stopped': time.sleep(600)\n"
        "print('the end')\n"
    )
    spec = spec_of(sweeps, command=["python", "-c", script, "${{search_space.fate}}"])
    spec["trial"]["stopGracePeriodSeconds"] = 3
    spec["searchSpace"] = {"fate": choice("ends", "fails", "is stopped")}
    sweeps.apply("tails", spec)
    eventually(
        lambda: len([t for t in sweeps.trials("tails") if t["status"].get("completionTime")]) == 2,
        60,
        "two have ended",
    )
    eventually(lambda: sweeps.trials("tails")[2]["status"]["phase"] == "Running", 60, "one runs")
    began = time.monotonic()
    sweeps.kubectl("patch", "sweepjob", "tails", "--type=merge", "-p", '{"spec":{"stop":true}}')
    sweeps.await_end("tails")
    eventually(lambda: not sweeps.running_pods("tails"), 30, "nothing runs")
    print(f"stopped within {time.monotonic() - began:.1f} s")

    def tails() -> list[str]:
        logs = [t["status"].get("logs", {}).get("1", {}) for t in sweeps.trials("tails")]
        return [log["text"] for log in logs]

    eventually(lambda: len(tails()) == 3, 20, "all are on record")
    assert tails() == ["score=1\nthe end", "score=1\nit broke", "score=1\nlast words"]
    process = program.start("logs", "tails-2", "-n", sweeps.namespace)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out == "score=1\nlast words\n"
    assert "was deleted; these are the recorded last lines of attempt 1" in err


def test_changed_code_is_said_before_any_trial_starts(
    sweeps: Sweeps, program: Program, source: Path
) -> None:
    file = write_sweep(source.parent, "changed", spec_of(sweeps))
    ready = program("submit", "-f", str(file), "--code", str(source), "--dry-run")
    code, sweep = yaml.safe_load_all(ready)
    other = {**code, "binaryData": {"code.tar.gz": "b3RoZXI="}}
    sweeps.kubectl("apply", "-f", "-", stdin=json.dumps(other))
    sweeps.kubectl("apply", "-f", "-", stdin=json.dumps(sweep))
    said = eventually(
        lambda: (c := sweeps.condition("changed", "Stalled")) and c["message"], 30, "it says so"
    )
    assert "is not what was submitted" in said
    assert not sweeps.trials("changed")
    # The remedy that it names.
    sweeps.kubectl("delete", "configmap", code["metadata"]["name"])
    sweeps.kubectl("apply", "-f", "-", stdin=json.dumps(code))
    assert sweeps.await_end("changed")["status"]["phase"] == "Failed"  # /code/outputs is not there


# What every program of this kind imports.
NEEDED = "import argparse, dataclasses, decimal, inspect, json, re, subprocess, typing"


def test_get_takes_little_longer_than_kubectl(sweeps: Sweeps, program: Program) -> None:
    """Processor time, which other work on the machine hardly changes; the best of several counts."""
    kubectl = [sweeps.target.kubectl_program, f"--kubeconfig={sweeps.target.kubeconfig}"]
    subprocess.run([*kubectl, "get", "swj", "-n", sweeps.namespace], check=True)
    calls: dict[str, Callable[[], object]] = {
        "floor": lambda: subprocess.run([sys.executable, "-c", NEEDED], check=True),
        "kubectl": lambda: subprocess.run(
            [*kubectl, "get", "swj", "-n", sweeps.namespace], capture_output=True, check=True
        ),
        "get": lambda: program("get"),
        "help": lambda: program.start("--help").communicate(timeout=60),
    }
    best = {name: min(processor_seconds(call) for _ in range(6)) for name, call in calls.items()}
    print(best)
    # 1.5 and 2.5 times the floor of 70 to 90 ms: a slow import costs more than the rest.
    assert best["help"] < 2.3 * best["floor"]
    assert best["get"] - best["kubectl"] < 4 * best["floor"]


def processor_seconds(call: Callable[[], object]) -> float:
    """Return the processor time of the processes that a call runs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
