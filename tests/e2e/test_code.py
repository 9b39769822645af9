"""Code that is in no image: submitted, shared, checked, waited for, and collected with its sweeps."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.protocol.code import files_hash

from .program import Program
from .sweeps import Sweeps, choice, eventually

TRAIN = """
import os, sys
from pathlib import Path
from pkg.model import score
level = float(sys.argv[1])
try:
    Path("written").touch()
    raise SystemExit("the code is writable")
except OSError as error:
    print("read-only:", error.strerror)
Path("/code/outputs/model.txt").write_text("weights")
(Path.home() / "cache").write_text("x")
print("seen", sorted(os.listdir(".")), oct(os.stat("run.sh").st_mode)[-3:], os.getuid())
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
        assert "seen ['data.bin', 'outputs', 'pkg', 'run.sh', 'train.py'] 755 65532" in log
        assert "read-only" in log
    taken = program.fails("submit", "-f", str(file), "--code", str(source))
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
    assert "there is no ConfigMap by-hand" in said
    assert sweeps.condition("waiting", "Accepted")["reason"] == "CodeNotFound"
    assert not sweeps.trials("waiting")
    train = TRAIN + "import time; time.sleep(4)\n"
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
        assert "the code is not the sweep's any more" in trial["status"]["message"]


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
