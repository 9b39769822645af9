"""Which MLflow runs count for the trial, and that each report counts once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sweepjob import protocol

from .sidecars import METRIC, TRIAL, Sidecar

Opener = Callable[..., Sidecar]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    """Opens sidecars in the same folder; all are closed in the end."""
    known: list[Sidecar] = []

    def open_(**settings: object) -> Sidecar:
        for sidecar in known:
            sidecar.close()
        known[:] = [Sidecar(tmp_path, **settings)]  # type: ignore[arg-type]  # keywords of the test
        return known[0]

    yield open_
    for sidecar in known:
        sidecar.close()


def test_every_run_without_a_parent_counts(opened: Opener) -> None:
    sidecar = opened(given=("0123",))
    for run in ("0123", TRIAL, sidecar.create(), sidecar.create(fluent=False)):
        sidecar.log(run, len(sidecar.values))
    assert sidecar.values == [0, 1, 2, 3]


@pytest.mark.parametrize("fluent", [True, False])
def test_a_nested_run_does_not_count_and_is_named(opened: Opener, fluent: bool) -> None:
    sidecar = opened()
    parent = sidecar.create(fluent=fluent)
    sidecar.log(parent, 1.0, key="loss")
    nested = sidecar.create(parent, fluent=fluent, name="fold-3")
    sidecar.log(nested, 9.0)
    sidecar.log(sidecar.create(nested, name="deeper"), 8.0)
    assert sidecar.values == []
    assert sidecar.seen[0] == f"{METRIC} (nested run fold-3)"
    assert protocol.nested_run(METRIC, sidecar.seen) == "fold-3"
    assert opened().seen[0] == f"{METRIC} (nested run fold-3)"


def test_a_run_nested_in_the_given_one_does_not_count(opened: Opener) -> None:
    sidecar = opened()
    sidecar.log(sidecar.create(TRIAL), 9.0)
    sidecar.log(TRIAL, 1.0)
    assert sidecar.values == [1.0]
    assert sidecar.seen == (METRIC,)
    assert protocol.nested_run(METRIC, sidecar.seen) is None


def test_a_tag_that_comes_later_nests_a_run(opened: Opener) -> None:
    sidecar = opened()
    run = sidecar.create()
    sidecar.log(run, 1.0)
    tag = {"run_id": run, "key": "mlflow.parentRunId", "value": TRIAL}
    sidecar.ask("POST", "runs/set-tag", tag)
    sidecar.log(run, 2.0)
    assert sidecar.values == [1.0]


def test_the_scripts_own_run_in_a_study_counts(opened: Opener) -> None:
    sidecar = opened()
    study = sidecar.create(fluent=False, name="study")
    sidecar.log(sidecar.create(study), 0.75)
    assert sidecar.values == [0.75]
    sidecar.log(sidecar.create(study), 9.0)  # a second one is a part of something
    assert sidecar.values == [0.75]


def notices(sidecar: Sidecar) -> list[tuple[str, str]]:
    return [(notice.reason, notice.message) for notice in sidecar.store.notices]


@pytest.mark.parametrize("who", ["fold", "fold of a plain client", "parent"])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_study_whose_runs_may_be_folds_is_told(opened: Opener, who: str, restarts: bool) -> None:
    sidecar = opened()
    study = sidecar.create(fluent=False, name="cv")
    sidecar.log(sidecar.create(study, name="fold-0"), 0.75)
    assert notices(sidecar) == []
    sidecar = opened() if restarts else sidecar
    late = study if who == "parent" else sidecar.create(study, fluent=who == "fold", name="fold-1")
    sidecar.log(late, 0.5)
    [(reason, message)] = notices(sidecar)
    assert reason == protocol.AMBIGUOUS_METRIC
    assert message.startswith("run fold-0 counts, because its parent only groups runs; but ")
    told = "the parent itself" if who == "parent" else "run fold-1"
    assert f"but {told} reported 'score', too." in message
    assert "start_run(nested=True)" in message
    assert sidecar.values == ([0.75, 0.5] if who == "parent" else [0.75])
    sidecar.log(sidecar.create(study, name="fold-2"), 0.25)
    assert notices(sidecar) == [(reason, message)], "the first runs that show it stay named"


def test_cross_validation_counts_what_the_parents_log(opened: Opener) -> None:
    """Folds under the given run, under a run of the fluent API, and under several ones."""
    sidecar = opened()
    for mean, parent in enumerate((TRIAL, sidecar.create(), sidecar.create())):
        for fold in range(3):
            sidecar.log(sidecar.create(parent, name=f"fold-{fold}"), 9.0 + fold)
        sidecar.log(parent, float(mean))
    assert sidecar.values == [0.0, 1.0, 2.0]
    assert notices(sidecar) == []


def test_cross_validation_under_parents_that_log_nothing_has_no_report(opened: Opener) -> None:
    sidecar = opened()
    for parent in (TRIAL, sidecar.create(), sidecar.create()):
        for fold in range(2):
            sidecar.log(sidecar.create(parent, name=f"fold-{fold}"), 9.0 + fold)
    assert (sidecar.values, notices(sidecar)) == ([], [])
    assert protocol.nested_run(METRIC, sidecar.seen) == "fold-0"


def test_several_studies_have_a_run_each(opened: Opener) -> None:
    sidecar = opened()
    for value in (0.25, 0.5):
        study = sidecar.create(fluent=False)
        sidecar.log(sidecar.create(study), value)
    for value in (1.0, 2.0):
        sidecar.log(sidecar.create("f" * 32), value)  # its parent was made elsewhere: all count
    assert sidecar.values == [0.25, 0.5, 1.0, 2.0]
    assert notices(sidecar) == []


def test_what_is_logged_to_a_study_later_does_not_nest_the_run_in_it(opened: Opener) -> None:
    sidecar = opened()
    study = sidecar.create(fluent=False, name="study")
    run = sidecar.create(study)
    sidecar.log(study, 1, key="runs")
    sidecar.log(run, 0.25)
    sidecar = opened()
    sidecar.log(run, 0.75)
    assert sidecar.values == [0.25, 0.75]


def test_an_unknown_parent_does_not_nest_the_run(opened: Opener) -> None:
    sidecar = opened()
    sidecar.log(sidecar.create("f" * 32), 0.75)
    assert sidecar.values == [0.75]


def test_a_resumed_parent_counts(opened: Opener) -> None:
    sidecar = opened()
    parent = sidecar.create(fluent=False)
    sidecar.ask("POST", "runs/update", {"run_id": parent, "status": "RUNNING"})
    sidecar.log(sidecar.create(parent), 9.0)
    assert sidecar.values == []


@pytest.mark.parametrize("path", ["runs/log-metric", "runs/log-batch", "runs/update"])
def test_an_unknown_run_is_an_error_and_is_not_created(opened: Opener, path: str) -> None:
    sidecar = opened()
    body = {"run_id": "nobody", "key": METRIC, "value": 1, "timestamp": 0}
    status, answer = sidecar.call("POST", path, body)
    assert (status, answer["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert sidecar.call("GET", "runs/get?run_id=nobody")[0] == 404
    assert sidecar.values == []
    assert sidecar.ask("GET", f"runs/get?run_id={TRIAL}")["run"]["info"]["status"] == "RUNNING"


def test_the_same_report_counts_once_and_equal_values_do_not(opened: Opener) -> None:
    sidecar = opened()
    other = sidecar.create()
    sent = [(TRIAL, 0.5, 0, 1), (TRIAL, 0.5, 0, 2), (TRIAL, 0.5, 1, 2), (TRIAL, 0.25, 1, 2)]
    sent += [(other, 0.5, 0, 1), (TRIAL, "NaN", 0, 1), (TRIAL, "Infinity", 0, 1)]
    for _ in range(2):
        for run, value, step, time in sent:
            sidecar.log(run, value, step, time)
        metrics = [
            {"key": METRIC, "value": value, "step": step, "timestamp": time, "model_id": "m-1"}
            for run, value, step, time in sent
            if run == TRIAL
        ]
        sidecar.ask("POST", "runs/log-batch", {"run_id": TRIAL, "metrics": metrics})
        assert len(sidecar.values) == len(sent)
        sidecar = opened()  # a restart
    assert len(sidecar.values) == len(sent)


def test_a_report_that_only_the_journal_has_counts_once(opened: Opener, tmp_path: Path) -> None:
    """A kill between the two writes: the client does not know, and sends it again."""
    sidecar = opened()
    sidecar.log(TRIAL, 0.5, 1, 1)
    sidecar.close()
    (tmp_path / "mlflow.sqlite").unlink()
    sidecar = opened()
    sidecar.log(TRIAL, 0.5, 1, 1)
    assert sidecar.values == [0.5]


def test_the_primary_metric_counts_after_any_number_of_others(
    opened: Opener, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sweepjob.sidecar.mlflow.database.BUDGET", 300_000)
    sidecar = opened()
    for block in range(12):
        metrics = [
            {"key": f"grad/{block}-{n}", "value": n, "timestamp": 0, "step": 0} for n in range(1000)
        ]
        sidecar.ask("POST", "runs/log-batch", {"run_id": TRIAL, "metrics": metrics})
    for value in (0.5, 0.75, 0.75):
        sidecar.log(TRIAL, value, step=3)
    nested = sidecar.create(TRIAL, name="late")
    sidecar.log(nested, 9.0)
    assert sidecar.values == [0.5, 0.75]
    path = f"metrics/get-history?run_id={TRIAL}&metric_key="
    assert len(sidecar.ask("GET", f"{path}{METRIC}")["metrics"]) == 2
    assert "only the primary metric is stored" in capsys.readouterr().err
    sidecar.ask("POST", "runs/log-parameter", {"run_id": TRIAL, "key": "a", "value": "b"})
    sidecar.log(TRIAL, 1.0, key="grad/0-0", step=5)
    status, answer = sidecar.call("GET", f"{path}grad/0-0")
    assert (status, answer["error_code"]) == (400, "RESOURCE_EXHAUSTED")
    assert METRIC in sidecar.seen
    assert len(sidecar.seen) <= protocol.MAX_NAMES
    assert (opened().values, METRIC in sidecar.seen) == ([0.5, 0.75], True)


def test_the_trainer_is_done_when_its_runs_are(opened: Opener) -> None:
    sidecar = opened()
    assert not sidecar.store.runs_ended
    sidecar.ask("POST", "runs/update", {"run_id": TRIAL, "status": "RUNNING"})
    sidecar.create(TRIAL)  # nested, and never closed
    second = sidecar.create()
    sidecar.ask("POST", "runs/update", {"run_id": TRIAL, "status": "FINISHED"})
    assert not sidecar.store.runs_ended
    sidecar.ask("POST", "runs/update", {"run_id": second, "status": "FAILED", "end_time": 5})
    assert sidecar.store.runs_ended
    assert opened().store.runs_ended
    sidecar = opened()
    sidecar.ask("POST", "runs/update", {"run_id": second, "status": "RUNNING"})
    assert not sidecar.store.runs_ended


def test_journals_of_a_sidecar_before_are_read(tmp_path: Path, opened: Opener) -> None:
    lines = [{"run": TRIAL}, {"value": 0.5, "step": 0, "time": 1}, {"seen": "loss"}]
    (tmp_path / "journal").write_text("".join(json.dumps(line) + "\n" for line in lines))
    sidecar = opened()
    assert (sidecar.values, sidecar.seen) == ([0.5], (METRIC, "loss"))
