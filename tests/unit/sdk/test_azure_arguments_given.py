"""How arguments without an effect are given: by position, with Azure's default, misspelt, in a subclass."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sweepjob.azureml.core import Dataset, Datastore, Environment, Experiment, Model, Run, Workspace
from sweepjob.azureml.core.compute import AmlCompute
from sweepjob.azureml.core.runconfig import PyTorchConfiguration, RunConfiguration
from sweepjob.azureml.data import OutputFileDatasetConfig
from sweepjob.azureml.data.data_reference import DataReference
from sweepjob.azureml.data.dataset_factory import FileDatasetFactory, TabularDatasetFactory
from sweepjob.azureml.exceptions import NotSupported
from sweepjob.azureml.pipeline.core import Pipeline, PipelineData
from sweepjob.azureml.pipeline.steps import PythonScriptStep
from sweepjob.azureml.runs.step_output import StepOutput
from sweepjob.azureml.train.dnn import PyTorch
from sweepjob.training.unused_arguments import asks_for_another, unused_arguments

from .azure_v1_sweeps import config, of_step

MAP = "compute: {small: {queue: small}}\ndatastore: {lake: {claim: lake}}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("azure-map.yaml").write_text(MAP)


def said(program: Callable[[], Any]) -> list[str]:
    """Return the warnings of a program, all of which must point at this file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program()
    assert {one.filename for one in caught} <= {__file__}, [str(one) for one in caught]
    return [str(one.message) for one in caught]


def lake() -> Any:
    return Datastore(Workspace(), "lake")


def reference() -> DataReference:
    return DataReference(lake(), path_on_datastore="x")


class Sweep:
    """A sweep whose metrics a step has as its output."""

    def get_metrics(self) -> dict[str, Any]:
        return {"sweep-0": {"m": 1}}


BY_POSITION: list[tuple[str, Callable[[], Any], str]] = [
    (
        "Experiment.get_runs",
        lambda: Experiment(Workspace(), "e").get_runs("hyperdrive", {"a": "b"}, None),
        "Experiment.get_runs: type, tags: not used",
    ),
    (
        "register_azure_blob_container",
        lambda: Datastore.register_azure_blob_container(Workspace(), "lake", "box", "account"),
        "Datastore.register_azure_blob_container: container_name, account_name: not used",
    ),
    (
        "register_azure_data_lake",
        lambda: Datastore.register_azure_data_lake(Workspace(), "lake", "store", "tenant"),
        "Datastore.register_azure_data_lake: store_name, tenant_id: not used",
    ),
    (
        "Workspace.create",
        lambda: Workspace.create("w", None, "s", "g", "west", True, "basic", {"a": "b"}),
        "Workspace.create: tags: not used",
    ),
    (
        "PipelineData",
        lambda: PipelineData("rows", lake(), "out", "mount", "/here"),
        "PipelineData: output_path_on_compute: not used",
    ),
    (
        "parse_parquet_files",
        lambda: PipelineData("rows").parse_parquet_files(True, "{a}", ".parquet"),
        "PipelineData.parse_parquet_files: include_path, partition_format: not used",
    ),
    (
        "parse_delimited_files",
        lambda: PipelineData("rows").parse_delimited_files(False, "\t"),
        "PipelineData.parse_delimited_files: separator: not used",
    ),
    (
        "as_upload",
        lambda: OutputFileDatasetConfig().as_upload(True, ["*.csv"]),
        "OutputFileDatasetConfig.as_upload: source_globs: not used",
    ),
    (
        "PipelineData.as_download",
        lambda: PipelineData("rows").as_download("n", "/x"),
        "PipelineData.as_download: path_on_compute: not used",
    ),
    (
        "DataReference.as_download",
        lambda: reference().as_download("/x"),
        "DataReference.as_download: path_on_compute: not used",
    ),
    (
        "DataReference.as_upload",
        lambda: reference().as_upload(None, True),
        "DataReference.as_upload: overwrite: not used",
    ),
    ("Datastore.as_upload", lambda: lake().as_upload("/x"), "Datastore.as_upload: path_on_compute"),
    (
        "provisioning_configuration",
        lambda: AmlCompute.provisioning_configuration("nc6", "lowpriority", 0, 4),
        "provisioning_configuration: vm_priority, max_nodes: not used",
    ),
    (
        "Model.list",
        lambda: Model.list(Workspace(), "m", ["a"], None, None, True),
        "Model.list: tags: not used",
    ),
    (
        "from_json_lines_files",
        lambda: TabularDatasetFactory.from_json_lines_files("a.json", True, False, None, "{a}"),
        "from_json_lines_files: partition_format: not used",
    ),
    (
        "Run.upload_files",
        lambda: Run.get_context().upload_files([], [], True, 5, "lake"),
        "Run.upload_files: datastore_name: not used",
    ),
]


@pytest.mark.parametrize(
    ("program", "message"), [c[1:] for c in BY_POSITION], ids=[c[0] for c in BY_POSITION]
)
def test_an_argument_by_position_is_named(program: Callable[[], Any], message: str) -> None:
    (found,) = said(program)
    assert message in found


@pytest.mark.parametrize(
    "program",
    [
        lambda: OutputFileDatasetConfig().as_upload(True),
        lambda: OutputFileDatasetConfig().as_mount(True),
        lambda: PipelineData("rows", lake(), None, "mount", None, False, None, True, "out"),
        lambda: AmlCompute(Workspace(), "small").wait_for_completion(True, None, 20),
        lambda: Workspace.get("w", None, "s", "g", "west", "AzureCloud"),
        lambda: Workspace("s", "g", "w", None, "Basic"),
        lambda: TabularDatasetFactory.from_json_lines_files(
            "a.json", encoding="utf8", invalid_lines="error"
        ),
        lambda: AmlCompute.provisioning_configuration(
            "nc6", "Dedicated", 0, idle_seconds_before_scaledown=1800
        ),
        lambda: PyTorchConfiguration("nccl"),
        lambda: RunConfiguration(framework="Python"),
        lambda: RunConfiguration("a.py", None, "python"),
        lambda: PipelineData("rows").parse_delimited_files(separator=",", set_column_types={}),
    ],
)
def test_a_default_value_of_azure_says_nothing(program: Callable[[], Any]) -> None:
    assert said(program) == []


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            lambda: AmlCompute.provisioning_configuration("nc6", enable_node_public_ip=False),
            "enable_node_public_ip: not used",
        ),
        (
            lambda: TabularDatasetFactory.from_json_lines_files("a.json", encoding="latin1"),
            "encoding: not used",
        ),
        (
            lambda: StepOutput(Sweep(), "m", "Metrics", None).download(overwrite=False),
            "StepOutput.download: overwrite: not used: files are replaced",
        ),
        (lambda: RunConfiguration(framework="TensorFlow"), "RunConfiguration: framework: not used"),
    ],
)
def test_another_value_than_the_default_of_azure_is_said(
    program: Callable[[], Any], message: str
) -> None:
    (found,) = said(program)
    assert message in found


def test_which_values_ask_for_something() -> None:
    for value, default in (
        (None, True),
        (False, None),
        ({}, None),
        ("", False),
        ("A", "a"),
        (0, 0),
    ):
        assert not asks_for_another(value, default), (value, default)
    for value, default in (
        (False, True),
        (True, None),
        ("", "a"),
        (0, None),
        (1, True),
        ([1], None),
    ):
        assert asks_for_another(value, default), (value, default)


def test_data_of_the_map_are_downloaded_like_files() -> None:
    Path("rows.csv").write_text("a\n1\n")
    Path("azure-map.yaml").write_text("data: {rows: {local: rows.csv}}\n")
    rows = Dataset.get_by_name(Workspace(), "rows")
    assert said(lambda: rows.download("copies", True)) == []
    assert Path("copies/rows.csv").is_file()
    (found,) = said(lambda: rows.download("more", stream_column="a"))
    assert "stream_column: not used" in found


class Sweeps:
    """An experiment of one sweep with two trials."""

    def get_runs(self, *, include_children: bool = False) -> list[str]:
        return ["sweep", *(["sweep-0", "sweep-1"] if include_children else [])]


def test_the_trials_are_runs_of_an_experiment_as_well() -> None:
    assert Run.list(Sweeps()) == ["sweep"]
    assert Run.list(Sweeps(), include_children=True) == ["sweep", "sweep-0", "sweep-1"]
    assert Run.list(Sweeps(), None, None, None, None, True) == Run.list(
        Sweeps(), include_children=True
    )
    (found,) = said(lambda: Run.list(Sweeps(), "hyperdrive", include_children=True))
    assert "Run.list: type: not used: all sweeps of the experiment are returned" in found


def test_the_same_argument_by_position_and_by_name() -> None:
    with pytest.raises(TypeError, match=r"Workspace: sku: is given by position and by name"):
        Workspace("s", "g", "w", None, "basic", sku="basic")  # type: ignore[misc] # twice on purpose
    with pytest.raises(TypeError, match=r"Workspace\.create\(\) takes"):
        Workspace.create(*range(60))  # type: ignore[arg-type] # too many on purpose


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            lambda: Environment.get(Workspace(), "e", lable="x"),
            r"Environment\.get: lable: .*did you mean label\?",
        ),
        (
            lambda: Environment.get(Workspace()),
            r"get\(\) missing 1 required positional argument: 'name'",
        ),
        (
            lambda: Run.get_context().upload_file("a", path="b"),
            r"Run\.upload_file: path: no such argument",
        ),
        (
            lambda: PyTorchConfiguration(node_counts=2),
            r"PyTorchConfiguration: node_counts: .*node_count\?",
        ),
    ],
)
def test_an_error_names_the_function(program: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        program()


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            lambda: Experiment(Workspace(), "e", kind="x"),
            "Experiment: kind: not used: Azure's client drops it as well; leave it out",
        ),
        (
            lambda: Pipeline(
                Workspace(), of_step.__globals__["HyperDriveStep"]("s", config()), x=1
            ),
            "Pipeline: x: not used: Azure's client drops it as well",
        ),
        (
            lambda: Experiment(Workspace(), "e").submit(None, pipeline_parameter={}),
            "Experiment.submit: pipeline_parameter: not used: .*did you mean pipeline_parameters?",
        ),
        (lambda: Experiment(Workspace(), "e").submit(None, show_output=True), None),
    ],
)
def test_arguments_that_azure_drops_are_warnings(
    program: Callable[[], Any], message: str | None
) -> None:
    def run() -> None:
        with suppress(NotSupported):  # None is no sweep
            program()

    found = said(run)
    assert len(found) == (message is not None)
    assert message is None or re.search(message, found[0]), found


def test_a_message_names_the_class_that_the_program_uses() -> None:
    class Mine(DataReference):
        pass

    (found,) = said(lambda: Mine(lake(), overwrite=True))
    assert found.startswith("Mine: overwrite: not used")
    (found,) = said(lambda: PyTorch("src", entry_script="a.py", use_gpu=True))
    assert found.startswith("PyTorch: use_gpu: not used")


def test_a_warning_points_at_the_program() -> None:
    other = PythonScriptStep(name="clean", script_name="a.py")
    step = of_step.__globals__["HyperDriveStep"]("tune", config())
    (found,) = said(lambda: Pipeline(Workspace(), [other, step]))
    assert "the steps 'clean' do not run here" in found
    (found,) = said(lambda: Environment.from_pip_requirements("e", "missing.txt"))
    assert "missing.txt: no such file" in found
    (found,) = said(lambda: FileDatasetFactory.upload_directory(".", (lake(), "x")))
    assert "are not copied to the volume" in found


@unused_arguments(harmless="a")
def decorated() -> int:
    return 1


def test_a_decorated_function_keeps_its_name() -> None:
    assert decorated.__name__ == "decorated"
    assert decorated() == 1
