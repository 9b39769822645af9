"""What notebooks and IPython show of sweeps, definitions and trials; a live widget in a real kernel."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sweepjob
from sweepjob import command, run_local
from sweepjob.api.sweeptrial.other_metrics import dump_other_metrics
from sweepjob.azureml.runs.child import TrialOfSweep
from sweepjob.objective import Goal
from sweepjob.protocol import MetricCurve
from sweepjob.read_model.trial_view import TrialView
from sweepjob.sdk import examples, widget
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.sdk.displays import Table
from sweepjob.sdk.expressions import Expression
from sweepjob.sdk.policies import EarlyTerminationPolicy
from sweepjob.sdk.sampling_algorithms import SamplingAlgorithm
from sweepjob.sdk.trial_run import TrialRun
from sweepjob.sdk.widget import SweepWidget
from sweepjob.sweep import Choice, MedianStoppingPolicy, Uniform

from ..cli.bodies import NOW, trial_body
from .notebooks import execute, shown

SCRIPT = """
import json, os, sys, time
p = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
for n in range(1, 7):
    with open(os.environ["SWEEPJOB_METRICS_PATH"], "a") as file:
        file.write(json.dumps({"score": p["level"] * n, "<b>loss</b>": 1 / n}) + "\\n")
    time.sleep(0.2)
"""


def job(**more: Any) -> Any:
    words = [sys.executable, "-c", SCRIPT]
    trial = command(
        image="none", command=words, metrics="file", inputs={"level": Choice([0.1, 0.9])}
    )
    aim = {"primary_metric": "score", "goal": "maximize", "sampling_algorithm": "grid"}
    return trial.sweep(**aim, max_total_trials=2, max_concurrent_trials=2, **more)


def test_a_definition() -> None:
    forms = job(
        early_termination_policy=MedianStoppingPolicy(evaluation_interval=2)
    )._repr_mimebundle_()
    assert set(forms) == {"text/html", "text/plain"}
    for form in forms.values():
        assert "Choice(values=[0.1, 0.9])" in form
        assert "maximize score" in form
        assert "MedianStoppingPolicy(" in form
    assert set(job()._repr_mimebundle_(exclude={"text/html"})) == {"text/plain"}
    unsafe = command(image="<script>", command="x", inputs={"a": Uniform(0, 1)})
    assert "<script>" not in unsafe._repr_html_()
    assert "&lt;script&gt;" in unsafe._repr_html_()


def test_runs_and_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = run_local(job(), folder="here")
    trials = run.trials()
    assert isinstance(trials, list)
    assert isinstance(trials, Table)
    assert trials == [*run.trials()]
    assert trials._repr_html_().count("<tr>") == 3
    assert "TRIAL" in trials._repr_mimebundle_()["text/plain"]
    [best] = [t for t in trials if t.parameters == {"level": 0.9}]
    assert best.metrics["<b>loss</b>"].count == 6
    markup = best._repr_html_()
    assert "&lt;b&gt;loss&lt;/b&gt;" in markup
    assert "<b>loss" not in markup
    assert "<svg" in markup
    assert best.get_metrics()["metrics"]["<b>loss</b>"][0] == 1.0
    forms = run._repr_mimebundle_()
    assert "learning curves of score" in forms["text/html"]
    assert "2 of 2 trials" in forms["text/plain"]
    # Outside of a notebook the widget prints once.
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    run.widget().join()


def test_metrics_of_a_trial_by_azures_names(monkeypatch: pytest.MonkeyPatch) -> None:
    curve = MetricCurve("loss")
    for value in (1.0, 0.5, 0.25):
        curve.append(value)
    body = trial_body(0, [0.1, 0.2], otherMetrics=dump_other_metrics([curve]))
    trial = TrialRun.of(TrialView.of(body, Goal.MAXIMIZE), NOW)
    parent: Any = SimpleNamespace(primary_metric="score", trials=lambda: [trial])
    child = TrialOfSweep(trial, parent, SimpleNamespace())  # type: ignore[arg-type] # none needed
    monkeypatch.setattr(child, "_entries", list)  # its outputs are not kept
    assert child.get_metrics() == {"loss": [1.0, 0.5, 0.25], "score": [0.1, 0.2]}
    with pytest.raises(KeyError, match=r"metrics\.also"):
        child.get_metrics()["acc"]


def test_a_live_widget_in_a_notebook(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    cells = [
        "import sys\nfrom sweepjob import command, run_local\nfrom sweepjob.sweep import Choice\n"
        "sweep = command(image='none', command=[sys.executable, 'train.py'], metrics='file', "
        "inputs={'level': Choice([0.1, 0.9])}).sweep(primary_metric='score', goal='maximize', "
        "sampling_algorithm='grid', max_total_trials=2)\nsweep",
        "run = run_local(sweep, folder='here', wait=False)\nwidget = run.widget(0.2)",
        "run.wait_for_completion()\nwidget.join(30)",
        "run.trials()",
        "run.best",
        "from sweepjob.azureml.widgets import RunDetails\nRunDetails(run).show()",
    ]
    outputs = execute(cells, tmp_path)
    assert "Choice(values=[0.1, 0.9])" in shown(outputs[0], "text/html")[0]
    live = shown(outputs[1], "text/html")
    assert len(live) == 1, "one display, which was replaced"
    assert "Complete" in live[0]
    assert "2 of 2 trials" in live[0]
    assert shown(outputs[3], "text/html")[0].count("<tr>") == 3
    assert "0.9" in shown(outputs[4], "text/html")[0]
    assert "Complete" in shown(outputs[5], "text/html")[0]


def test_an_update_that_fails_is_shown_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        name, tries = "sweep", 0

        @property
        def is_finished(self) -> bool:
            Broken.tries += 1
            if Broken.tries < 3:
                raise OSError("no <route>")
            return True

    class Handle:
        shown: list[Any] = []  # noqa: RUF012 - of this test

        def update(self, what: Any) -> None:
            Handle.shown.append(what)

    made = SweepWidget(Broken(), 0.01)  # type: ignore[arg-type] # what is needed of it
    made._update(Handle())
    assert [type(what).__name__ for what in Handle.shown] == ["_Message", "_Message", "SweepWidget"]
    assert "trying again: no &lt;route&gt;" in Handle.shown[0]._repr_html_()
    assert widget.in_notebook() is False


def test_each_example_is_right_and_in_the_message() -> None:
    names = {**vars(sweepjob.sweep), **vars(sweepjob)}
    for name, example in examples.EXAMPLES.items():
        assert type(eval(example, names)).__name__ == name
    classes = [c for n, c in vars(sweepjob.sweep).items() if n in sweepjob.sweep.__all__]
    bases = (Expression, EarlyTerminationPolicy, SamplingAlgorithm)
    for made in (
        c for c in classes if inspect.isclass(c) and issubclass(c, bases) and c not in bases
    ):
        assert made.__name__ in examples.EXAMPLES, made
    with pytest.raises(ArgumentError, match=r"Example: Uniform\(0.1, 0.9\)$"):
        Uniform(1, 0)
