"""A local sweep with two objectives and a constraint, and what the commands print of it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.cli.__main__ import main
from sweepjob.render.output_formats import rows_table

# The constraint decides against units 3. Units 2 are dominated. The last value of the score counts.
SCRIPT = """
import json, os
units = json.loads(os.environ["SWEEPJOB_PARAMETERS"])["units"]
rows = [{"score": 9.0, "size": units}, {"latency": units / 2, "score": [0.5, 0.9, 0.4, 1.0, 0.7][units]}]
if units == 4:
    rows[1].pop("latency")
with open(os.environ["SWEEPJOB_METRICS_PATH"], "w") as file:
    file.writelines(json.dumps(row) + "\\n" for row in rows)
"""
SWEEP: dict[str, Any] = {
    "apiVersion": "sweepjob.dev/v1alpha1",
    "kind": "SweepJob",
    "metadata": {"name": "two"},
    "spec": {
        "objectives": [
            {"goal": "maximize", "primaryMetric": "score"},
            {"goal": "minimize", "primaryMetric": "latency"},
        ],
        "constraints": [{"metric": "size", "max": 2}],
        "samplingAlgorithm": {"type": "grid"},
        "searchSpace": {"units": {"type": "choice", "values": [0, 1, 2, 3, 4]}},
        "limits": {"maxTotalTrials": 5, "maxConcurrentTrials": 5},
        "metrics": {"source": "file"},
        "trial": {"image": "i", "command": ["python", "-c", SCRIPT]},
    },
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweeps")
    file = folder / "two.yaml"
    file.write_text(yaml.safe_dump(SWEEP))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["run", "--local", "-f", str(file)]) == 0
    return folder / ".sweepjob" / "two"


def said(capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 0) -> str:
    capsys.readouterr()
    assert main([str(word) for word in words]) == code
    found = capsys.readouterr()
    assert "Traceback" not in found.err
    return found.out if code == 0 else found.err


def test_best_prints_the_front_or_one_trial_of_it(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line.split() for line in said(capsys, "best", ran).splitlines()]
    assert lines == [
        ["TRIAL", "score", "latency", "size", "units"],
        ["two-1", "0.9", "0.5", "1", "1"],
        ["two-0", "0.5", "0", "0", "0"],
    ]
    front = json.loads(said(capsys, "best", ran, "-o", "json"))
    assert front[1] == {
        "trial": "two-0",
        "values": {"score": 0.5, "latency": 0.0, "size": 0.0},
        "parameters": {"units": 0},
    }
    assert yaml.safe_load(said(capsys, "best", ran, "-o", "yaml")) == front
    assert said(capsys, "best", ran, "--by", "latency", "-o", "args").strip() == "--units=0"
    assert said(capsys, "best", ran, "--by", "score").startswith("two-1   score 0.9   latency 0.5")
    assert json.loads(said(capsys, "best", ran, "--knee", "-o", "json"))["trial"] == "two-1"


def test_names_that_are_the_same_are_told_apart() -> None:
    """A metric, a parameter and a column of one name."""
    rows = [{"trial": "a-0", "results": {"trial": 0.5, "lr": 2.0}, "parameters": {"lr": "0.1"}}]
    head, row = (line.split() for line in rows_table(rows).splitlines())
    assert head == ["TRIAL", "results.trial", "lr", "parameters.lr"]
    assert row == ["a-0", "0.5", "2", "0.1"]


def test_what_best_cannot_print_is_said_with_the_remedy(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "add --by METRIC (score, latency) or --knee" in said(
        capsys, "best", ran, "-o", "env", code=2
    )
    assert "size is no objective; known: score, latency" in said(
        capsys, "best", ran, "--by", "size", code=2
    )
    assert "did you mean latency?" in said(capsys, "best", ran, "--by", "latncy", code=2)
    assert "Pareto front instead of a best trial" in said(capsys, "download", ran, code=2)


@pytest.mark.parametrize("several", [True, False])
def test_best_of_a_sweep_without_a_feasible_trial_names_the_closest(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    several: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    spec: dict[str, Any] = {**SWEEP["spec"], "constraints": [{"metric": "size", "max": -1}]}
    if not several:
        spec["objective"] = spec.pop("objectives")[0]
    (tmp_path / "two.yaml").write_text(yaml.safe_dump({**SWEEP, "spec": spec}))
    assert main(["run", "--local", "-f", "two.yaml"]) == 1
    folder = tmp_path / ".sweepjob" / "two"
    text = said(capsys, "best", folder, code=2)
    assert "no trial of two is feasible; the sweep has ended (Failed)" in text
    assert "the closest is two-0: size is 0, and at most -1 is feasible" in text
    assert "yet" not in text
    file = folder / "sweepjobs" / "two.json"
    body = json.loads(file.read_text())
    body["status"]["phase"] = "Running"
    file.write_text(json.dumps(body))
    text = said(capsys, "best", folder, code=2)
    assert "no trial of two has ended with all values and met the constraints yet" in text
    assert "the closest is two-0" in text


def test_tables_show_the_front_and_what_is_compared(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head, *rows = [line.split() for line in said(capsys, "trials", ran, "--wide").splitlines()]
    names = [row[head.index("NAME")] for row in rows]
    assert names == ["two-1", "two-0", "two-2", "two-3", "two-4"]
    assert [row[head.index("FRONT")] for row in rows] == ["True", "True", "False", "False", "False"]
    assert [row[head.index("FEASIBLE")] for row in rows[:4]] == ["True", "True", "True", "False"]
    screen = said(capsys, "get", ran)
    assert "maximize score, minimize latency, size <= 2" in screen
    assert "Pareto front: 2 trials" in screen
    assert "trial two-4 ended without a finite value of latency" in screen
    [row] = json.loads(said(capsys, "trials", ran, "--top", "1", "-o", "json"))
    assert row["results"] == {"score": 0.9, "latency": 0.5, "size": 1.0}


def test_explain_says_why_a_trial_is_not_on_the_front(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = {
        "two-1": "on the Pareto front, which has 2 trials",
        "two-2": "not on the Pareto front: two-1 is at least as good in all objectives",
        "two-3": "not feasible: size is 3, and at most 2 is feasible",
        "two-4": "it has no finite value of latency, so it does not count",
    }
    for trial, text in expected.items():
        assert text in said(capsys, "explain", ran / trial), trial
    assert "values that are compared, its last ones: score 0.9, latency 0.5, size 1" in said(
        capsys, "explain", ran / "two-1"
    )


def test_exports_have_the_values(ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(said(capsys, "export", ran))))
    assert [row["front"] for row in rows] == ["True", "True", "False", "False", "False"]
    assert [row["results.latency"] for row in rows] == ["0.0", "0.5", "1.0", "1.5", ""]
    assert [row["feasible"] for row in rows] == ["True", "True", "True", "False", "False"]
    found = json.loads(said(capsys, "export", ran, "-o", "json"))
    assert found[3]["results"] == {"score": 1.0, "latency": 1.5, "size": 3.0}


def test_replay_has_nothing_to_replay(ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    curves = ran.parent / "curves.jsonl"
    curves.write_text('{"trial": 0, "values": [0.5]}\n')
    file = ran.parent.parent / "two.yaml"
    assert "knows neither other objectives" in said(capsys, "replay", "-f", file, curves, code=2)


def test_propose_and_validate_take_it(ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = ran.parent.parent / "two.yaml"
    assert said(capsys, "propose", "-f", file, "-n", "2").splitlines()[1].split() == ["0", "0"]
    said(capsys, "validate", "-f", file)
    modelled = yaml.safe_load(file.read_text())
    modelled["spec"]["samplingAlgorithm"] = {"type": "bayesian", "seed": 1}
    other = file.with_name("bayesian.yaml")
    other.write_text(yaml.safe_dump(modelled))
    assert len(said(capsys, "propose", "-f", other, "-n", "3").splitlines()) == 4


def test_a_trial_of_the_front_is_trained_again(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = yaml.safe_load(said(capsys, "promote", ran, "--job", "--trial", "two-0"))
    assert job["metadata"]["name"] == "two-0-retrain"
    assert "0.5, 0.0" in job["metadata"]["annotations"].values()
    assert "Name the one to promote: --trial" in said(capsys, "promote", ran, "--job", code=2)
    refused = said(capsys, "promote", ran, "--job", "--trial", "two-2", code=2)
    assert "two-2 is not on the Pareto front of two; on it: two-1, two-0" in refused


def test_a_value_late_in_a_log_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log is searched for the metrics of objectives and constraints to its end."""
    script = (
        "for n in range(3000): print(f'score={n / 10000} size={n}')\n"
        "print('step 9: size=2')\n"
        "print('latency_s=9 latency=3.5 loss=1')"
    )
    changes = {
        "searchSpace": {"units": {"type": "choice", "values": [1]}},
        "limits": {"maxTotalTrials": 1},
        "metrics": {"source": "logs", "also": []},
        "trial": {"image": "i", "command": ["python", "-c", script]},
    }
    file = tmp_path / "late.yaml"
    file.write_text(yaml.safe_dump({**SWEEP, "spec": {**SWEEP["spec"], **changes}}))
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--local", "-f", str(file)]) == 0
    [trial] = json.loads(said(capsys, "best", tmp_path / ".sweepjob" / "two", "-o", "json"))
    assert trial["values"] == {"score": 0.2999, "latency": 3.5, "size": 2.0}
