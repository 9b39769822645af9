"""``Run`` in a training script: its reports arrive at every source, and its files are found again."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest
from sweepjob.log_parsing.log_parser import LogParser
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.sources.json_lines import JsonLines
from sweepjob.sidecar.sources.pushgateway import PushGateway, pushgateway_handler
from sweepjob.sidecar.sources.tensorboard.event_files import EventFiles
from sweepjob.training.environment import TrialEnvironment
from sweepjob.training.run import ChildRun, Run

from tests.syntax_trees import syntax_tree
from tests.unit.sidecars import METRIC, TRIAL, Sidecar, serve

PACKAGE = Path(__file__).parents[3] / "operator"
VALUES = [0.25, 0.1 + 0.2, -1e-30, float("inf"), 3]


def run_with(folder: Path, **variables: str) -> Run:
    given = {"SWEEPJOB_TRIAL": TRIAL, "SWEEPJOB_NAME": "sweep", "SWEEPJOB_ATTEMPT": "0"}
    outputs = {f"SWEEPJOB_OUTPUT_{name}": str(folder / name) for name in ("outputs", "logs")}
    return Run(TrialEnvironment.read({**given, **outputs, **variables}))


def log_all(run: Run) -> None:
    for value in VALUES:
        run.log(METRIC, value)
        run.log("another one", 7)


def test_mlflow(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path)
    log_all(
        run_with(
            tmp_path,
            SWEEPJOB_METRICS_SOURCE="mlflow",
            MLFLOW_TRACKING_URI=sidecar.url,
            MLFLOW_RUN_ID=TRIAL,
            http_proxy="http://127.0.0.1:1",
        )
    )
    assert sidecar.values == VALUES
    assert "another one" in sidecar.seen
    sidecar.close()


def test_push_gateway(tmp_path: Path) -> None:
    store = MetricStore(Journal(tmp_path / "journal"), METRIC, TRIAL)
    server = serve(pushgateway_handler(PushGateway(store)), store)
    address = f"127.0.0.1:{server.server_address[1]}"
    log_all(run_with(tmp_path, SWEEPJOB_METRICS_SOURCE="pushgateway", SWEEPJOB_PUSHGATEWAY=address))
    server.shutdown()
    server.server_close()
    assert list(store.batch(1).values) == VALUES
    assert "another one" in store.batch(1).metric_names


def test_file(tmp_path: Path) -> None:
    store = MetricStore(Journal(tmp_path / "journal"), METRIC, TRIAL)
    path = tmp_path / "metrics.jsonl"
    log_all(run_with(tmp_path, SWEEPJOB_METRICS_SOURCE="file", SWEEPJOB_METRICS_PATH=str(path)))
    JsonLines(path, store).read(True)
    assert list(store.batch(1).values) == VALUES


def test_event_files_keep_every_bit(tmp_path: Path) -> None:
    store = MetricStore(Journal(tmp_path / "journal"), METRIC, TRIAL)
    folder = tmp_path / "events"
    log_all(
        run_with(tmp_path, SWEEPJOB_METRICS_SOURCE="tensorboard", SWEEPJOB_METRICS_PATH=str(folder))
    )
    EventFiles(folder, store).read(True)
    assert list(store.batch(1).values) == VALUES


@pytest.mark.parametrize("metric", [METRIC, "Best Accuracy", "a:b=c", "précision"])
def test_log(metric: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = run_with(tmp_path, SWEEPJOB_METRICS_SOURCE="logs")
    for value in VALUES:
        run.log(metric, value)
        run.log("other", 1)
    parser = LogParser(metric)
    found = [pair for line in capsys.readouterr().out.splitlines() for pair in parser.read(line)]
    assert [value for name, value in found if name == metric] == VALUES


def test_a_report_that_does_not_arrive_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_with(
        tmp_path,
        SWEEPJOB_METRICS_SOURCE="mlflow",
        MLFLOW_TRACKING_URI="http://127.0.0.1:1",
        MLFLOW_RUN_ID=TRIAL,
    )
    run.log("loss", 0.5)
    assert "loss=0.5 was not reported" in capsys.readouterr().err


def test_lists_rows_tables_images_and_tags(tmp_path: Path) -> None:
    run = run_with(tmp_path, SWEEPJOB_METRICS_SOURCE="logs")
    run.log("lr", 0.1)
    run.log("framework", "sklearn")
    run.log_list("accuracy", [0.1, 0.2])
    run.log("accuracy", 0.3)
    run.log_row("curve", x=1, y=2)
    run.log_row("curve", x=2, y=4)
    run.log_table("table", {"a": [1, 2]})
    figure = types.SimpleNamespace(savefig=lambda path: Path(path).write_bytes(b"png"))
    run.log_image("ROC", plot=figure)
    run.log_confusion_matrix("confusion", {"data": {"matrix": [[1]]}})
    run.tag("kind", "logistic")
    run.set_tags({"n": 1})
    assert run.get_metrics() == {
        "lr": 0.1,
        "framework": "sklearn",
        "accuracy": [0.1, 0.2, 0.3],
        "curve": {"x": [1, 2], "y": [2, 4]},
        "table": {"a": [1, 2]},
        "ROC": "ROC.png",
        "confusion": {"data": {"matrix": [[1]]}},
    }
    assert run.get_metrics("lr") == {"lr": 0.1}
    assert run.get_tags() == {"kind": "logistic", "n": 1}
    assert run.get_file_names() == ["ROC.png"]
    with pytest.raises(ValueError, match="exactly one of path and plot"):
        run.log_image("x")


def test_a_new_attempt_begins_anew(tmp_path: Path) -> None:
    run_with(tmp_path, SWEEPJOB_METRICS_SOURCE="logs").log("a", 1)
    second = run_with(tmp_path, SWEEPJOB_METRICS_SOURCE="logs", SWEEPJOB_ATTEMPT="1")
    second.log("a", 2)
    assert second.get_metrics() == {"a": 2.0}


def test_files_and_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = run_with(tmp_path)
    Path("m.pkl").write_bytes(b"model")
    run.upload_file("outputs/model.pkl", "m.pkl")
    run.upload_file("reports/summary.txt", "m.pkl")
    run.upload_folder("logs", tmp_path / "logs")
    (tmp_path / "outputs" / "direct.bin").write_bytes(b"1")
    run.upload_file("outputs/direct.bin", tmp_path / "outputs" / "direct.bin")  # it is there
    assert run.get_file_names() == [
        "outputs/direct.bin",
        "outputs/model.pkl",
        "reports/summary.txt",
    ]
    (tmp_path / "fetched").mkdir()
    assert Path(run.download_file("reports/summary.txt", "fetched")).read_bytes() == b"model"
    run.download_files(prefix="outputs", output_directory="all")
    assert sorted(p.name for p in Path("all").rglob("*.*")) == ["direct.bin", "model.pkl"]
    run.download_files("reports/", "without", append_prefix=False)
    assert [str(p) for p in Path("without").rglob("*.*")] == ["without/summary.txt"]
    run.download_files("reports/summary.txt", "without/one", None, 10, False)
    assert Path("without/one/summary.txt").is_file()
    with pytest.warns(UserWarning, match="Run.download_files: output_paths: not used"):
        run.download_files("reports", "with", ["a"], append_prefix=True)
    assert Path("with/reports/summary.txt").is_file()
    run.download_files()  # into the folder that has them
    model = run.register_model("iris", "outputs/model.pkl", tags={"a": "b"})
    assert (model.name, model.version, model.id) == ("iris", 1, "iris:1")
    with pytest.raises(
        FileNotFoundError, match=r"outputs/none: no such file; there are: outputs/d"
    ):
        run.register_model("iris", "outputs/none")
    for name in ("../x", "/..", ""):
        with pytest.raises(ValueError, match="must be a relative path"):
            run.upload_file(name, "m.pkl")


def test_inputs(tmp_path: Path) -> None:
    table = tmp_path / "tables"
    table.mkdir()
    (table / "a.csv").write_text("x,y\n1,2\n")
    (table / "b.csv").write_text("x,y\n3,4\n")
    variables = {
        "AZUREML_DATASET_ENVIRONMENT_VARS": "training_data:direct,one:mount",
        "training_data": str(table),
        "one": str(table / "a.csv"),
    }
    inputs = run_with(tmp_path, **variables).input_datasets
    assert inputs["training_data"].to_pandas_dataframe().values.tolist() == [[1, 2], [3, 4]]
    assert inputs["one"] == str(table / "a.csv")
    with inputs["one"].as_mount() as path:
        assert Path(path).read_text().startswith("x,y")
    assert inputs["training_data"].to_path() == ["/a.csv", "/b.csv"]
    assert len(inputs["training_data"].download(str(tmp_path / "copy"))) == 2
    with pytest.raises(FileExistsError, match="overwrite=True"):
        inputs["training_data"].download(str(tmp_path / "copy"))
    with pytest.raises(KeyError, match=r"no such input; there are: training_data, one"):
        _ = inputs["trainingdata"]
    (table / "c.bin").write_text("")
    with pytest.raises(ValueError, match="no table by its suffix"):
        type(inputs["one"])(table / "c.bin").to_pandas_dataframe()


def test_the_parent_and_child_runs_report_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_with(tmp_path, SWEEPJOB_METRICS_SOURCE="logs")
    parent = run.parent
    assert isinstance(parent, ChildRun)
    assert parent.id == "sweep"
    parent.log("score", 1)
    with run.child_run("fold-1") as child:
        child.log("score", 2)
    assert capsys.readouterr().out == ""
    assert run.get_metrics() == {"sweep/score": 1, f"{TRIAL}.fold-1/score": 2}


def script(
    folder: Path, text: str, python: str = sys.executable, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a script with the standard library and this package only, as ``--no-deps`` installs it."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PACKAGE), **variables}
    return subprocess.run(
        [python, "-S", "-B", "-c", text],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


OFFLINE = """
from sweepjob.azureml.core.run import Run
from sweepjob.azureml.core import Run as Same, Workspace, Dataset, Datastore
run = Run.get_context()
assert run is Same.get_context()
run.log("accuracy", 0.9)
run.log_row("t", a=1)
run.tag("a", "b")
run.complete()
print(run.id[:11], run.parent, run.experiment.name, run.experiment.workspace.name)
"""


def interpreters() -> list[str]:
    """Return this interpreter, and older ones of this machine, which images of programs have."""
    found = [sys.executable]
    for version in ("3.8", "3.9", "3.10"):
        for folder in Path.home().glob(f".pyenv/versions/{version}.*/bin/python3"):
            found.append(str(folder))
        if path := shutil.which(f"python{version}", path="/usr/bin:/usr/local/bin"):
            found.append(path)
    return found


@pytest.mark.parametrize("python", interpreters())
def test_offline_without_dependencies(python: str, tmp_path: Path) -> None:
    done = script(tmp_path, OFFLINE, python)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "Attempted to log scalar metric accuracy:",
        "0.9",
        "Attempted to log row metric t:",
        "{'a': 1}",
        "Attempted to log tag metric a:",
        "b",
        "OfflineRun_ None offline workspace",
    ]
    assert list(tmp_path.iterdir()) == []


FAIL = "from sweepjob.azureml.core import Run; Run.get_context().fail('too bad', 3)"


@pytest.mark.parametrize(("variables", "code"), [({}, 0), ({"SWEEPJOB_TRIAL": "s-1"}, 1)])
def test_a_run_that_is_failed_does_not_succeed(
    variables: dict[str, str], code: int, tmp_path: Path
) -> None:
    done = script(tmp_path, FAIL, **variables)
    assert done.returncode == code
    assert "Run failed with error code 3:\ntoo bad" in done.stdout


def test_where_nothing_can_be_written_the_reports_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "outputs").write_text("a file")
    run = run_with(tmp_path, SWEEPJOB_METRICS_SOURCE="logs")
    run.log("a", 1)
    run.log("a", 2)
    found = capsys.readouterr()
    assert found.out.count("Attempted to log scalar metric a") == 2
    assert found.err.count("not kept in outputs") == 1


def test_the_package_has_no_dependencies() -> None:
    allowed = {*sys.stdlib_module_names, "pandas"}  # pandas: where a script asks for a data frame
    for file in (PACKAGE / "sweepjob" / "training").glob("*.py"):
        for node in ast.walk(syntax_tree(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert (node.module or "").split(".")[0] in allowed, file
            if isinstance(node, ast.ImportFrom):
                assert node.level < 2, file
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed, file


def test_a_record_that_was_cut_off(tmp_path: Path) -> None:
    run = run_with(tmp_path, SWEEPJOB_METRICS_SOURCE="logs")
    run.log("a", 1)
    record = tmp_path / "outputs" / ".run" / "record.jsonl"
    record.write_text(record.read_text() + json.dumps({"kind": "scalar"})[:9])
    assert run.get_metrics() == {"a": 1.0}
