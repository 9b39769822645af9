"""Tests ``run_local`` and ``SweepRun`` with real processes and the real sidecar, without a cluster."""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sweepjob import Output, command, run_local
from sweepjob.sdk.run import SweepRun
from sweepjob.sdk.sweep_objects import SweepError
from sweepjob.sweep import ArgumentError, BanditPolicy, Choice, SweepJob, Uniform

from .notebooks import execute, shown

SCRIPT = """
import json, os, sys, time
p = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
folder = os.environ.get("SWEEPJOB_OUTPUT_model")
if folder:
    with open(os.path.join(folder, "model.txt"), "w") as file:
        file.write(os.environ["SWEEPJOB_TRIAL"])
for n in range(1, 7):
    with open(os.environ["SWEEPJOB_METRICS_PATH"], "a") as file:
        file.write(json.dumps({"score": round(p["level"] + n / 1000, 3)}) + "\\n")
    time.sleep(float(p.get("pause", 0.1)))
sys.exit(p.get("code", 0))
"""
LEVELS = [0.5, 0.9, 0.1, 0.7]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "train.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sweep(space: dict[str, Any], **changes: Any) -> SweepJob:
    job = command(
        command=[sys.executable, "train.py"],
        image="none",
        metrics="file",
        outputs={"model": Output(claim="models")},
        name="here",
    )
    given = {"primary_metric": "score", "goal": "maximize", "max_concurrent_trials": 1, **changes}
    given["max_total_trials"] = given.get("max_total_trials", 4)
    return job.sweep(
        search_space=space, sampling_algorithm=given.pop("sampling_algorithm", "grid"), **given
    )


def test_a_run_has_the_results(folder: Path) -> None:
    policy = BanditPolicy(slack_amount=0.25, delay_evaluation=3)
    run = run_local(sweep({"level": Choice(LEVELS)}, early_termination_policy=policy))
    assert (run.phase, run.status, run.is_finished) == ("Complete", "Completed", True)
    assert run.properties == {"best_child_run_id": "here-1", "score": "0.906"}
    assert [t.status for t in run.trials()] == ["Completed", "Completed", "Canceled", "Completed"]
    best = run.best
    assert best is not None
    assert (best.name, best.parameters, best.value, best.reports) == (
        "here-1",
        {"level": 0.9},
        0.906,
        6,
    )
    assert best.values == (0.901, 0.902, 0.903, 0.904, 0.905, 0.906)
    stopped = run.trials()[2]
    assert stopped.stop is not None
    assert (stopped.phase, stopped.reason, stopped.stop.interval) == ("EarlyStopped", "Bandit", 3)
    assert "below the threshold" in stopped.message
    ranked = run.get_children_sorted_by_primary_metric(top=2)
    assert [child["run_id"] for child in ranked] == ["here-1", "here-3"]
    assert json.loads(ranked[0]["hyperparameters"]) == {"level": 0.9}
    worst = run.get_children_sorted_by_primary_metric(reverse=True)[0]
    assert worst["status"] == "Canceled"
    assert run.get_metrics()["here-0"]["score"][-1] == 0.506
    assert json.loads(run.get_hyperparameters()["here-3"]) == {"level": 0.7}
    without = run.get_best_run_by_primary_metric(include_canceled=False)
    assert without is not None
    assert without.name == "here-1"
    assert run.job.to_manifest()["spec"]["searchSpace"]["level"]["values"] == LEVELS
    frame = run.to_dataframe()
    assert list(frame["parameters.level"]) == LEVELS
    assert frame.loc[1, "value"] == 0.906
    [made] = run.download(str(folder / "fetched"))
    assert (Path(made) / "model.txt").read_text() == "here-1"
    with pytest.raises(SweepError, match="no output weights; there are: model"):
        run.download(str(folder), "weights")
    pictures = run.plot().axes
    assert [axes.get_title() for axes in pictures] == ["history", "learning curves", "parameters"]
    text = run._repr_html_()
    assert "best: <b>here-1</b>, score 0.906" in text
    assert text.count("<tr>") == 5


def test_failures_and_mistakes(folder: Path) -> None:
    job = sweep({"level": Choice([0.1]), "code": Choice([3])}, max_total_trials=1)
    run = run_local(job, folder="failing")
    assert (run.phase, run.status) == ("Failed", "Failed")
    with pytest.raises(SweepError, match="NoTrialSucceeded: none of 1 trials succeeded"):
        run.wait_for_completion()
    again = run_local(job, folder="failing")
    assert again.trials() == run.trials(), "a folder is gone on with"
    with pytest.raises(SweepError, match="has another sweep: fresh=True deletes it"):
        run_local(sweep({"level": Choice([0.2])}, max_total_trials=1), folder="failing")
    (folder / "other").mkdir()
    (folder / "other" / "file").touch()
    with pytest.raises(SweepError, match="is not empty and does not contain a sweep"):
        run_local(job, folder="other")
    bare = command(image="i", metrics="file").sweep(
        primary_metric="score", goal="maximize", search_space={"x": Choice([1])}
    )
    with pytest.raises(ArgumentError, match=r"trial.command: '': is required"):
        run_local(bare)


def test_in_the_background_and_canceled(folder: Path) -> None:
    space = {"level": Uniform(0, 1), "pause": Choice([0.5])}
    job = sweep(space, max_total_trials=50, max_concurrent_trials=2, sampling_algorithm="random")
    run = run_local(job, wait=False)
    deadline = time.monotonic() + 60
    while not any(trial.reports for trial in run.trials()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with pytest.raises(TimeoutError, match="has not ended after 0 s"):
        run.wait_for_completion(timeout=0)
    run.cancel()
    run.wait_for_completion()
    assert run.phase == "Complete"
    assert {trial.phase for trial in run.trials()} <= {"Canceled", "Succeeded"}
    assert len(run.trials()) < 50


class StoredObjects:
    """Objects of a sweep with names and values that no trial reports by itself."""

    name = "<script>alert(1)</script>"

    def sweep(self) -> Any:
        return {
            "metadata": {
                "name": self.name,
                "namespace": "n",
                "creationTimestamp": "2026-01-01T00:00:00Z",
            },
            "spec": {
                "objective": {"goal": "minimize", "primaryMetric": "<b>m"},
                "limits": {"maxTotalTrials": 2},
            },
            "status": {"phase": "Running", "best": {"trial": "<i>", "value": "nan"}},
        }

    def trials(self) -> list[Any]:
        return [self._trial(0, "<img src=x>", "1.0 nan inf"), self._trial(1, 3, "")]

    def _trial(self, index: int, value: Any, values: str) -> Any:
        meta = {"name": f"t-{index}", "namespace": "n", "uid": "u", "resourceVersion": "1"}
        spec = {"sweep": "s", "index": index, "assignment": json.dumps({"<p>": value})}
        return {
            "metadata": meta,
            "spec": spec,
            "status": {"phase": "Running", "curve": {"values": values}},
        }

    def cancel(self) -> None:
        raise AssertionError("it is only looked at")

    def download(self, trial: str, output: str | None, path: str) -> list[str]:
        raise AssertionError("it is only looked at")


def test_hostile_names_are_text() -> None:
    run = SweepRun(StoredObjects())
    text = run._repr_html_() + run.trials()[0]._repr_html_()
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;img src=x&gt;" in text
    picture: Any = run.plot()
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert math.isnan(run.trials()[0].values[1])


CELLS = [
    "from sweepjob import command, run_local\nfrom sweepjob.sweep import BanditPolicy, Choice",
    "import sys\n"
    "job = command(command=[sys.executable, 'train.py'], image='none', metrics='file')\n"
    "sweep = job.sweep(primary_metric='score', goal='maximize', max_total_trials=4, max_concurrent_trials=2,\n"
    "    search_space={'level': Choice([0.5, 0.9, 0.1, 0.7]), 'pause': Choice([0.2])},\n"
    "    early_termination_policy=BanditPolicy(slack_amount=0.25, delay_evaluation=3))",
    "run = run_local(sweep, show_output=True)",
    "run",
    "run.plot()",
    "print(run.best.value, run.best.parameters['level'])",
]


def test_a_notebook(folder: Path) -> None:
    outputs = execute(CELLS, folder)
    [live] = shown(outputs[2], "text/html")
    assert "4 of 4 trials" in live, "the display is the same one, brought up to date"
    [table] = shown(outputs[3], "text/html")
    assert "best: <b>sweep-" in table
    [picture] = shown(outputs[4], "image/png")
    assert len(picture) > 10_000
    assert outputs[5][0]["text"] == "0.906 0.9\n"


def test_trials_are_tagged_while_the_sweep_runs_and_afterwards(folder: Path) -> None:
    run = run_local(sweep({"level": Choice(LEVELS), "pause": Choice([0.2])}), wait=False)
    deadline = time.monotonic() + 60
    while not run.trials():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    run.tag_trial("here-0", {"keep": "yes", "epoch": 5})
    run.note_trial("here-0", "while it runs")
    assert not run.is_finished
    assert (run.trials()[0].tags, run.trials()[0].note) == (
        {"epoch": "5", "keep": "yes"},
        "while it runs",
    )
    run.wait_for_completion()
    run._objects.join()  # type: ignore[attr-defined]  # of a local sweep
    run.tag_trial("here-0", {"keep": None})
    run.note_trial("here-3", "=later")
    first, last = run.trials()[0], run.trials()[3]
    assert (first.phase, first.value, first.reports) == ("Succeeded", 0.506, 6)
    assert (first.tags, first.note) == ({"epoch": "5"}, "while it runs")
    assert first.to_row()["tags.epoch"] == "5"
    assert (last.tags, last.note, last.to_row()["note"]) == ({}, "=later", "=later")
    with pytest.raises(SweepError, match=r"here-0: tag k: the value 'a b' is not allowed"):
        run.tag_trial("here-0", {"k": "a b"})
    with pytest.raises(SweepError, match="here has no trial here-9"):
        run.note_trial("here-9", "x")
