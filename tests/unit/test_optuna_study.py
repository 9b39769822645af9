"""Tests the conversion of studies with the real package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from optuna.storages.journal import JournalFileBackend
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record
from sweepjob.cli.__main__ import main
from sweepjob.loading.results.file import read_results_file
from sweepjob.loading.results.fitting import read_trials
from sweepjob.search.space import Space
from sweepjob.search.warm_start import fit

from .builders import sweepjob

optuna.logging.set_verbosity(optuna.logging.WARNING)


def objective(trial: optuna.Trial) -> float:
    x = trial.suggest_float("x", -1, 1)
    rate = trial.suggest_float("rate", 1e-5, 1e-1, log=True)
    layers = trial.suggest_int("n-layers", 2, 8, step=2)
    trial.suggest_categorical("kind", ["a", "b"])
    if trial.number == 1:
        raise optuna.TrialPruned
    return x * x + rate + layers


def storage(kind: str, folder: Path) -> tuple[Any, Path]:
    file = folder / f"study.{kind}"
    if kind == "db":
        return f"sqlite:///{file}", file
    return optuna.storages.JournalStorage(JournalFileBackend(str(file))), file


def study(
    kind: str, folder: Path, function: Any = objective, trials: int = 6, **arguments: Any
) -> Path:
    where, file = storage(kind, folder)
    made = optuna.create_study(
        storage=where,
        study_name="First Look",
        sampler=optuna.samplers.RandomSampler(1),
        **arguments,
    )
    made.optimize(function, n_trials=trials)
    return file


@pytest.mark.parametrize("kind", ["db", "log"])
def test_a_study_becomes_a_sweep_with_results(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = study(kind, tmp_path)
    before = file.read_bytes()
    assert main(["convert", str(file), "--results", str(tmp_path / "out"), "--image", "i:1"]) == 0
    out, err = capsys.readouterr()
    assert file.read_bytes() == before
    manifest = yaml.safe_load(out)
    space = manifest["spec"]["searchSpace"]
    assert space["x"] == {"type": "uniform", "minValue": -1, "maxValue": 1}
    assert space["n_layers"] == {"type": "quniform", "minValue": 1, "maxValue": 9, "q": 2}
    assert float(space["rate"]["low"]) == 1e-5
    assert manifest["spec"]["warmStart"] == {"sweeps": ["first-look-study"]}
    assert "study.trials.pruned: 1" in err
    folder = tmp_path / "out" / "first-look-study"
    records = [
        parse_record(json.loads(path.read_text()))
        for path in sorted((folder / "sweeptrials").iterdir())
    ]
    assert len(records) == 5
    assert not [problem for record in records for problem in record.problems]
    source = parse_sweepjob(json.loads(next((folder / "sweepjobs").iterdir()).read_text()))
    new = parse_sweepjob(manifest)
    assert new.objective == source.objective
    for record in records:
        fitted = fit(new.space, record.assignment, {})
        assert (fitted.assignment, fitted.outside) == (record.assignment, [])
    for command in ("get", "explain", "trials", "best", "cost", "export"):
        assert main([command, str(folder)]) == 0, command
    assert "5 of 5 trials" in capsys.readouterr().out
    again = ["convert", str(file), "--results", str(tmp_path / "out")]
    assert main(again) == 2  # nothing is overwritten
    assert "has a sweep already" in capsys.readouterr().err


def branches(trial: optuna.Trial) -> float:
    """As in Optuna's own examples: which parameters there are depends on a choice."""
    model = trial.suggest_categorical("model", ["svr", "forest", "net"])
    rate = trial.suggest_float("rate", 0, 1)
    if model == "svr":
        return rate + trial.suggest_float("svr-c", 1e-3, 1e3, log=True)
    if model == "forest":
        return rate + trial.suggest_int("depth", 2, 32)
    layers = trial.suggest_int("layers", 1, 3)
    return rate + sum(trial.suggest_int(f"units{n}", 4, 64) for n in range(layers))


def convert(file: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[Any, str]:
    """Return the SweepJob and what was said; None if it was refused."""
    code = main(["convert", str(file), *more])
    out, err = capsys.readouterr()
    return (yaml.safe_load(out) if code == 0 else None), err


def test_a_space_that_depends_on_choices_has_branches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = study("db", tmp_path, branches, trials=40)
    manifest, said = convert(file, capsys, "--results", str(tmp_path / "out"), "--image", "i:1")
    space = manifest["spec"]["searchSpace"]
    assert set(space) == {"model", "rate"}
    svr, forest, net = space["model"]["values"]
    assert svr == {"model": "svr", "svr_c": {"type": "loguniform", "low": 0.001, "high": 1000}}
    assert forest["depth"]["type"] == "quniform"
    layers = [sorted(branch) for branch in net["layers"]["values"]]
    assert net["units0"]["type"] == "quniform"
    assert layers == [["layers"], ["layers", "units1"], ["layers", "units1", "units2"]]
    assert "it decides whether there is" in said
    command = manifest["spec"]["trial"]["command"]
    assert "--model=${{search_space.model.model}}" in command
    assert "$[[--svr-c=${{search_space.model.svr_c}}]]" in command
    assert "$[[--units2=${{search_space.model.layers.units2}}]]" in command
    new = parse_sweepjob(manifest)
    folder = tmp_path / "out" / "first-look-study"
    records = [
        parse_record(json.loads(path.read_text())) for path in (folder / "sweeptrials").iterdir()
    ]
    assert len(records) == 40
    for record in records:
        fitted = fit(new.space, record.assignment, {})
        assert (fitted.assignment, fitted.outside) == (record.assignment, [])
        assert not fitted.filled


def test_flat_names_of_a_study_fit_into_branches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A warm start from the storage has Optuna's names."""
    file, sweep = study("db", tmp_path, branches, trials=40), tmp_path / "sweep.yaml"
    manifest, _ = convert(file, capsys, "--image", "i:1", "--command", "train")
    sweep.write_text(json.dumps(manifest))
    assert main(["validate", "-f", str(sweep), "--warm-start", str(file)]) == 0
    said = capsys.readouterr().err
    assert "40 trials count" in said
    for wrong in ("outside of searchSpace", "dropped", "filled in"):
        assert wrong not in said


@pytest.mark.parametrize("kind", ["db", "log"])
def test_parameters_that_no_choice_explains_are_refused(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def odd(trial: optuna.Trial) -> float:
        trial.suggest_categorical("kind", ["a", "b"])
        return trial.suggest_float("x", 0, 1) if trial.number % 2 else 1.0

    manifest, said = convert(study(kind, tmp_path, odd, trials=20), capsys)
    assert manifest is None
    assert said.count("refused") == 1
    assert "study.distributions.x" in said
    assert "by hand" in said


def test_two_choices_that_both_explain_a_parameter_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def both(trial: optuna.Trial) -> float:
        trial.suggest_int("other", 0, 1)
        trial.suggest_int("kind", 0, 1)
        return trial.suggest_float("x", 0, 1) if trial.params["kind"] else 1.0

    made = optuna.create_study(storage=f"sqlite:///{tmp_path}/study.db")
    for chosen in (0, 1, 0, 1):
        made.enqueue_trial({"kind": chosen, "other": chosen})
    made.optimize(both, n_trials=4)
    manifest, said = convert(tmp_path / "study.db", capsys)
    assert manifest is None
    assert "study.distributions.x: 'x': depends on" in said


def test_a_trial_that_failed_early_lacks_parameters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", 0, 1)
        if trial.number == 2:
            raise optuna.TrialPruned
        if trial.number == 3:
            trial.suggest_float("tried-once", 0, 1)
            raise optuna.TrialPruned
        return x + trial.suggest_float("y", 0, 1)

    manifest, said = convert(study("db", tmp_path, failing), capsys, "--image", "i:1")
    assert set(manifest["spec"]["searchSpace"]) == {"x", "y"}
    assert "study.distributions.tried-once" in said
    assert "only trials without a result have it" in said


def test_none_and_lists_are_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def odd(trial: optuna.Trial) -> float:
        trial.suggest_categorical("features", [None, "sqrt", 0.5])
        return float(len(trial.suggest_categorical("layers", [(64, 64), (8,)])))

    file = study("db", tmp_path, odd)
    manifest, said = convert(file, capsys, "--results", str(tmp_path / "out"), "--image", "i:1")
    space = manifest["spec"]["searchSpace"]
    assert space["features"]["values"] == ["None", "sqrt", 0.5]
    assert space["layers"]["values"] == ["[64, 64]", "[8]"]
    assert "study.distributions.layers.choices: [[64, 64], [8]]: are texts here" in said
    trials = tmp_path / "out" / "first-look-study" / "sweeptrials"
    for path in trials.iterdir():
        record = parse_record(json.loads(path.read_text()))
        assert not fit(parse_sweepjob(manifest).space, record.assignment, {}).outside
    spec = parse_sweepjob(manifest)
    trials, differences = read_trials(read_results_file(str(file)).text, spec)
    assert len(trials) == 6
    assert not str(differences)


def test_what_a_study_has_besides_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def constrained(trial: optuna.Trial) -> float:
        trial.set_user_attr("accuracy", 0.5)
        return trial.suggest_float("x", 0, 1)

    made = optuna.create_study(
        storage=f"sqlite:///{tmp_path}/study.db",
        sampler=optuna.samplers.TPESampler(seed=1, constraints_func=lambda _: (0.5,)),
    )
    made.set_user_attr("dataset", "digits")
    made.optimize(constrained, n_trials=2)
    _, said = convert(tmp_path / "study.db", capsys, "--image", "i:1")
    assert "study.user_attrs: ['dataset']" in said
    assert "study.trials.user_attrs: ['accuracy']" in said
    assert "study.trials.constraints" in said
    assert "spec.constraints" in said


def test_the_url_of_a_storage_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = study("db", tmp_path)
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///study.db", f"sqlite:///{file}"):
        assert main(["convert", url, "--image", "i:1"]) == 0
    capsys.readouterr()
    assert main(["convert", "postgresql+psycopg2://user:secret@host/db"]) == 2
    said = capsys.readouterr().err
    assert "optuna.copy_study" in said
    assert "secret" not in said
    assert main(["convert", "sqlite:///nothing.db"]) == 2
    assert "nothing.db: is no file" in capsys.readouterr().err


@pytest.mark.parametrize("trials", [0, 2])
def test_one_reason_is_enough(
    trials: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = study("db", tmp_path, lambda _: 1.0, trials=trials)
    manifest, said = convert(file, capsys)
    assert manifest is None
    assert said.count("refused") == 1


def test_a_study_with_several_objectives_has_the_same_front(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = study(
        "db",
        tmp_path,
        lambda t: ((x := t.suggest_float("x", 0, 1)), (x - 0.4) ** 2),
        directions=["maximize", "minimize"],
    )
    arguments = ["convert", str(file), "--results", str(tmp_path / "out"), "--image", "i:1"]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert "they are objective_0, objective_1; write the names that trials report" in err
    manifest = yaml.safe_load(out)
    assert manifest["spec"]["objectives"] == [
        {"goal": "maximize", "primaryMetric": "objective_0"},
        {"goal": "minimize", "primaryMetric": "objective_1"},
    ]
    assert "objective" not in manifest["spec"]
    assert parse_sweepjob(manifest).warm_start.sweeps == ("first-look-study",)
    folder = str(tmp_path / "out" / "first-look-study")
    assert main(["best", folder, "-o", "json"]) == 0
    front = json.loads(capsys.readouterr().out)
    theirs = optuna.load_study(study_name="First Look", storage=f"sqlite:///{file}").best_trials
    assert sorted(trial["parameters"]["x"] for trial in front) == sorted(
        trial.params["x"] for trial in theirs
    )
    for command in ("get", "explain", "trials", "export"):
        assert main([command, folder]) == 0, command
    assert main([*arguments[:2], "--metric", "loss"]) == 1
    assert "--metric names the metric of one objective" in capsys.readouterr().err


def test_five_objectives_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = study(
        "db",
        tmp_path,
        lambda t: (t.suggest_float("x", 0, 1), 1.0, 2.0, 3.0, 4.0),
        directions=["minimize"] * 5,
    )
    assert main(["convert", str(file)]) == 1
    assert "more than 4 objectives" in capsys.readouterr().err


def test_the_study_has_to_be_one_of_the_storage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = study("db", tmp_path)
    assert main(["convert", str(file), "--study", "x"]) == 2
    assert "First Look" in capsys.readouterr().err
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"SQLite format 3\0" + b"x" * 100)
    assert main(["convert", str(damaged)]) == 2
    assert "cannot read it" in capsys.readouterr().err


def test_a_missing_package_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = study("db", tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    assert main(["convert", str(file)]) == 2
    assert "pip install 'sweepjob[optuna]'" in capsys.readouterr().err


def test_flags_of_a_study_are_refused_for_other_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("type: sweep")
    assert main(["convert", str(file), "--study", "x"]) == 2
    assert "--from optuna" in capsys.readouterr().err


def test_the_space_is_a_space(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(study("log", tmp_path)), "--metric", "loss", "--trials", "3"]) == 0
    out, err = capsys.readouterr()
    spec = parse_sweepjob(yaml.safe_load(out))
    assert isinstance(spec.space, Space)
    assert spec.objective.primary_metric == "loss"
    assert spec.limits.max_total_trials == 3
    assert "warmStart" not in yaml.safe_load(out)["spec"]
    assert "--results DIR" in err


@pytest.mark.parametrize("kind", ["db", "log"])
def test_enqueued_trials_become_initial_points(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = study(kind, tmp_path)
    where, _ = storage(kind, tmp_path)
    loaded = optuna.load_study(study_name="First Look", storage=where)
    loaded.enqueue_trial({"x": 0.25, "rate": 0.1, "n-layers": 4, "kind": "b"})
    loaded.enqueue_trial({"rate": 1e-5})
    loaded.enqueue_trial({"rate": 1e-5})
    loaded.enqueue_trial({"x": 7, "kind": "a"})
    loaded.enqueue_trial({"momentum": 0.9})
    loaded.enqueue_trial({"x": -1})
    arguments = ["convert", str(file), "--results", str(tmp_path / "out"), "--trials", "3"]
    assert main([*arguments, "--image", "i:1"]) == 0
    out, err = capsys.readouterr()
    manifest = yaml.safe_load(out)
    assert manifest["spec"]["initialPoints"] == [
        {"x": 0.25, "rate": 0.1, "n_layers": 4, "kind": "b"},
        {"rate": 1e-5},
        {"kind": "a"},
    ]
    assert len(parse_sweepjob(manifest).initial_points) == 3
    for said in (
        "trials[8].fixed_params: {'rate': 1e-05}: not carried over: another enqueued trial",
        "trials[9].fixed_params.x: 7: is not in searchSpace; the nearest value is 1.0",
        "trials[10].fixed_params.momentum: 0.9: not carried over: no trial has suggested",
        "trials[10].fixed_params: {'momentum': 0.9}: not carried over: the trial fixes no",
        "trials[11].fixed_params: {'x': -1}: not carried over: the sweep has 3 trials",
    ):
        assert said in err
    assert "trials.waiting" not in err
    source = json.loads(
        next((tmp_path / "out" / "first-look-study" / "sweepjobs").iterdir()).read_text()
    )
    assert "initialPoints" not in source["spec"]
    assert parse_sweepjob(source)


@pytest.mark.parametrize("kind", ["db", "log"])
def test_a_converted_study_starts_with_its_storage(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also after its parameters got other names here."""
    file, sweep = study(kind, tmp_path), tmp_path / "sweep.yaml"
    assert main(["convert", str(file), "--image", "i:1", "--command", "train"]) == 0
    out, err = capsys.readouterr()
    assert f"submit the sweep with --warm-start {file}" in err
    sweep.write_text(out)
    assert main(["validate", "-f", str(sweep), "--warm-start", str(file)]) == 0
    said = capsys.readouterr().err
    assert f"warm start: {file}: 5 trials count; left out: 1 without a finite value of" in said
    assert "outside of searchSpace" not in said
    assert "dropped" not in said
    assert "filled in" not in said


def test_the_table_of_a_study_is_read(tmp_path: Path) -> None:
    loaded = optuna.load_study(
        study_name="First Look", storage=f"sqlite:///{study('db', tmp_path)}"
    )
    pytest.importorskip("pandas")
    spec = parse_sweepjob(
        sweepjob(
            searchSpace={
                "x": {"type": "uniform", "minValue": -1, "maxValue": 1},
                "n_layers": {"type": "quniform", "minValue": 2, "maxValue": 8, "q": 2},
            },
            trial={"image": "i", "command": "train"},
            warmStart={"sweeps": ["other"]},
        )
    )
    trials, differences = read_trials(loaded.trials_dataframe().to_csv(index=False), spec)
    assert len(trials) == 5
    assert [t.assignment["n_layers"] for t in trials] == [
        t.params["n-layers"] for t in loaded.trials if t.state.name == "COMPLETE"
    ]
    assert str(differences).endswith("kind in 5 trials, rate in 5 trials")
