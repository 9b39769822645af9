"""``command(code=...)``: a snapshot in the manifest, and a copy for each local trial."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from sweepjob import command, load_job, run_local
from sweepjob.loading.code import snapshot
from sweepjob.sweep import ArgumentError, Choice, SweepJob

TRAIN = """
import sys
from pathlib import Path
from helper import double
print(f"score={double(float(sys.argv[1]))}", sorted(p.name for p in Path().iterdir()), flush=True)
"""


@pytest.fixture
def src(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(TRAIN)
    (tmp_path / "src" / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    return tmp_path / "src"


def sweep(**changes: Any) -> SweepJob:
    given = {
        "image": "python:3.13-slim",
        "code": "src",
        "metrics": "logs",
        "name": "coded",
        **changes,
    }
    job = command(
        command=[sys.executable, "-B", "train.py", "${{inputs.x}}"], inputs={"x": 1.0}, **given
    )
    return job(x=Choice([1.0, 3.0])).sweep(
        primary_metric="score", goal="maximize", sampling_algorithm="grid", max_concurrent_trials=1
    )


def test_the_manifest_names_the_snapshot(src: Path) -> None:
    job = sweep()
    assert job.to_manifest()["spec"]["trial"]["code"] == snapshot(src).to_spec()
    with_volume = sweep(volumes={"/data": "data"})
    trial = with_volume.to_manifest()["spec"]["trial"]
    assert trial["code"] == snapshot(src).to_spec()
    assert "template" in trial
    before = job.to_manifest()
    again = SweepJob.from_manifest(before)
    assert again.to_manifest() == before
    # The folder as it is when the sweep is submitted.
    (src / "helper.py").write_text("")
    assert job.to_manifest() != before


def test_a_local_sweep_runs_it(src: Path) -> None:
    run = run_local(sweep())
    assert run.best is not None
    assert run.best.value == 6.0
    trials = run.trials()
    assert {trial.code for trial in trials} == {f"sha256:{snapshot(src).hash}"}
    for trial in trials:
        assert "['helper.py', 'train.py']" in trial.log


def test_a_trial_writes_beside_itself_without_a_trace_for_others(src: Path) -> None:
    (src / "train.py").write_text(
        "import os, sys\n"
        "assert not os.path.exists('outputs'), os.listdir('.')\n"
        "os.makedirs('outputs/model')\n"
        "open('outputs/model/weights', 'w').write(sys.argv[1])\n"
        "open('helper.py', 'a').write('# changed')\n"
        "print(f'score={len(open(\"helper.py\").read())}')\n"
    )
    before = (src / "helper.py").read_text()
    run = run_local(sweep(name="writing"))
    assert [trial.value for trial in run.trials()] == [len(before) + len("# changed")] * 2
    assert (src / "helper.py").read_text() == before
    assert not (src / "outputs").exists()
    # What a trial leaves in ./outputs is kept for each of them.
    for trial, weight in zip(run.trials(), ("1.0", "3.0"), strict=True):
        run.download(f"kept/{trial.name}", trial=trial.name)
        assert Path("kept", trial.name, "outputs/model/weights").read_text() == weight


def test_mistakes(src: Path) -> None:
    with pytest.raises(ArgumentError, match="code: missing: does not exist"):
        sweep(code="missing").to_manifest()
    (src / "requirements.txt").write_text("torch")
    with pytest.raises(ArgumentError, match="nothing installs it"):
        sweep().to_manifest()


def test_an_unknown_argument_gets_a_suggestion(src: Path) -> None:
    with pytest.raises(ArgumentError, match="did you mean image"):
        command(command="x", imgae="y")


def test_the_folder_that_an_azure_file_names(src: Path) -> None:
    file = src.parent / "job.yml"
    file.write_text(
        "type: sweep\ntrial: {command: 'python train.py ${{search_space.x}}', code: src, environment: 'azureml:e:1'}\n"
        "sampling_algorithm: random\nsearch_space: {x: {type: uniform, min_value: 0, max_value: 1}}\n"
        "objective: {goal: maximize, primary_metric: score}\nlimits: {max_total_trials: 2}\n"
    )
    with pytest.warns(UserWarning, match="environment") as given:
        job = load_job(file, image="python:3.13-slim")
    assert not any("trial.code" in str(warning.message) for warning in given)
    assert job.to_manifest()["spec"]["trial"]["code"] == snapshot(src).to_spec()
