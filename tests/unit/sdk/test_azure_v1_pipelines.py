"""Pipelines of v1 with a sweep step: what the step reads and writes, its parameters, and the steps before it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sweepjob.azureml.core import (
    Dataset,
    Datastore,
    Environment,
    Experiment,
    ScriptRunConfig,
    Workspace,
)
from sweepjob.azureml.data import OutputFileDatasetConfig
from sweepjob.azureml.data.datapath import DataPath, DataPathComputeBinding
from sweepjob.azureml.data.dataset_consumption_config import DatasetConsumptionConfig
from sweepjob.azureml.exceptions import NotSupported, UserErrorException
from sweepjob.azureml.pipeline.core import (
    Pipeline,
    PipelineData,
    PipelineParameter,
    StepSequence,
)
from sweepjob.azureml.pipeline.core.graph import TrainingOutput
from sweepjob.azureml.pipeline.steps import EstimatorStep, HyperDriveStep, PythonScriptStep
from sweepjob.azureml.train.estimator import Estimator
from sweepjob.azureml.train.hyperdrive import (
    HyperDriveConfig,
    HyperDriveRun,
    PrimaryMetricGoal,
    RandomParameterSampling,
    choice,
)
from sweepjob.sdk.arguments import ArgumentError

MAP = """
compute: {cpu: {}}
environment: {env: docker.example/env:1}
data:
  cleaned: {claim: tables, path: cleaned}
  tumors: {claim: tables, path: tumors}
  mice: {claim: tables, path: mice}
  azureml://datastores/lake/paths/pets: {claim: lake, path: pets}
  azureml://datastores/lake/paths/cars: {claim: lake, path: cars}
datastore: {workspaceblobstore: {claim: blob}, lake: {claim: lake}}
code: {"*": snapshot}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SWEEPJOB_AZURE_MAP", raising=False)
    Path("azure-map.yaml").write_text(MAP)
    Path("src").mkdir()
    Path("src", "fit.py").write_text("")


def config(arguments: Any = (), estimator: bool = False) -> HyperDriveConfig:
    given = {"source_directory": "src", "compute_target": "cpu"}
    if estimator:
        env = Environment("env")
        script: Any = Estimator(entry_script="fit.py", environment_definition=env, **given)
    else:
        script = ScriptRunConfig(
            script="fit.py", environment=Environment("env"), arguments=arguments, **given
        )
    return HyperDriveConfig(
        run_config=script,
        hyperparameter_sampling=RandomParameterSampling({"--depth": choice(1, 2)}),
        primary_metric_name="auc",
        primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
        max_total_runs=4,
    )


def spec(steps: Any, **parameters: Any) -> Any:
    """Return the spec of the sweep of a pipeline."""
    found = Pipeline(Workspace(), steps).sweep_config(parameters)
    return found.to_sweep().to_manifest()["spec"]


def container(found: Any) -> Any:
    trial = found["trial"]
    return trial["template"]["spec"]["containers"][0] if "template" in trial else trial


def variables(found: Any) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container(found).get("env", ())}


def test_a_step_finds_its_inputs_by_their_names() -> None:
    tumors = Dataset.get_by_name(Workspace(), "tumors")
    cleaned = PipelineData("cleaned")
    inputs = [tumors.as_named_input("rows"), cleaned]
    found = spec(HyperDriveStep("tune", config(estimator=True), [], inputs=inputs))
    assert variables(found)["rows"] == "/mnt/tables/tumors"
    assert variables(found)["AZUREML_DATAREFERENCE_cleaned"] == "/mnt/tables/cleaned"
    assert "/mnt" not in " ".join(container(found)["command"])


def test_the_inputs_of_a_step_replace_those_of_its_estimator() -> None:
    script = config(estimator=True)
    script.run_config.inputs = [Dataset.get_by_name(Workspace(), "mice").as_named_input("old")]
    tumors = Dataset.get_by_name(Workspace(), "tumors").as_named_input("rows")
    assert "old" not in variables(spec(HyperDriveStep("tune", script, [], inputs=[tumors])))


def test_an_input_that_is_an_argument_as_well_is_named_once() -> None:
    lost = PipelineData("lost")
    step = HyperDriveStep("tune", config(["--from", lost]), inputs=[lost])
    with pytest.raises(ArgumentError) as caught:
        spec(step)
    assert str(caught.value).count("lost: {claim: CLAIM, path: PATH}") == 1


def test_an_input_that_is_no_data_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"inputs\[0\]: 3\.5j"):
        spec(HyperDriveStep("tune", config(), inputs=[3.5j]))


@pytest.mark.parametrize(
    "reads",
    [
        lambda data: data,
        lambda data: data.as_dataset().parse_delimited_files(),
        lambda data: data.as_dataset().as_named_input("x").as_mount(),
        lambda data: data.as_dataset().as_direct(),
    ],
)
def test_a_pipeline_has_the_steps_that_wrote_the_data(reads: Callable[[Any], Any]) -> None:
    cleaned, model = PipelineData("cleaned"), PipelineData("model")
    PythonScriptStep(name="clean", arguments=["--to", cleaned], outputs=[cleaned])
    HyperDriveStep("tune", config(["--from", reads(cleaned)]), outputs=[model])
    last = EstimatorStep(name="store", estimator_entry_script_arguments=["--model", model])
    pipeline = Pipeline(Workspace(), [last])
    assert [step.name for step in pipeline.steps] == ["clean", "tune", "store"]
    found = pipeline.sweep_config().to_sweep().to_manifest()["spec"]
    assert "/mnt/tables/cleaned" in container(found)["command"]


def test_a_pipeline_of_one_step_a_sequence_or_data() -> None:
    model = PipelineData("model")
    step = HyperDriveStep("tune", config(), outputs=[model])
    other = PythonScriptStep(name="store", inputs=[model])
    for steps in (step, [step], StepSequence([step, other]), model, [other], (other, step)):
        names = [one.name for one in Pipeline(Workspace(), steps).steps]
        assert names in (["tune"], ["tune", "store"])


def test_an_output_among_the_arguments_is_a_folder_of_each_trial() -> None:
    lake = Datastore.get(Workspace(), "lake")
    model, log = PipelineData("model", datastore=lake), OutputFileDatasetConfig("log")
    step = HyperDriveStep("tune", config(["--to", model, "--log", log]), outputs=[model, log])
    found = spec(step)
    claim = {"persistentVolumeClaim": {"claimName": "lake"}}
    assert found["outputs"]["model"] == {"volume": claim, "subPath": "model"}
    assert "${{outputs.model}}" in container(found)["command"]
    assert "${{outputs.log}}" in container(found)["command"]


def test_the_output_of_a_step_before_is_data_and_no_output() -> None:
    cleaned = OutputFileDatasetConfig("cleaned")
    before = PythonScriptStep(name="clean", arguments=["--to", cleaned])
    for read in (
        cleaned.as_input("rows"),
        cleaned.read_delimited_files().as_input("rows"),
        cleaned.read_parquet_files().as_input(),
        cleaned,
    ):
        step = HyperDriveStep("tune", config(["--from", read]))
        assert step.before == [before]
        found = spec(step)
        assert "/mnt/tables/cleaned" in container(found)["command"]
        assert "cleaned" not in found.get("outputs", {})


def test_parameters_that_are_datasets_and_paths() -> None:
    lake = Datastore.get(Workspace(), "lake")
    where = PipelineParameter("where", DataPath(lake, "pets"))
    bound = (where, DataPathComputeBinding(mode="mount"))
    rows = PipelineParameter("rows", Dataset.get_by_name(Workspace(), "tumors"))
    named = DatasetConsumptionConfig("rows", rows).as_mount()
    epochs = PipelineParameter(name="epochs", default_value=3)
    step = HyperDriveStep(
        "tune",
        config(estimator=True),
        ["--from", bound, "--epochs", epochs],
        inputs=[bound, named],
    )
    found = spec(step)
    words = container(found)["command"]
    assert words[words.index("--from") + 1] == "/mnt/lake/pets"
    assert words[words.index("--epochs") + 1] == "3"
    assert variables(found)["rows"] == "/mnt/tables/tumors"
    assert variables(found)["AZUREML_DATAREFERENCE_where"] == "/mnt/lake/pets"

    mice = Dataset.get_by_name(Workspace(), "mice")
    found = spec(step, where=DataPath(lake, "cars"), rows=mice, epochs=9)
    words = container(found)["command"]
    assert words[words.index("--from") + 1] == "/mnt/lake/cars"
    assert words[words.index("--epochs") + 1] == "9"
    assert variables(found)["rows"] == "/mnt/tables/mice"
    with pytest.raises(UserErrorException, match=r"where: 'cars': must be a DataPath"):
        spec(step, where="cars")
    with pytest.raises(UserErrorException, match=r"epoch: .*there are: where, epochs, rows"):
        spec(step, epoch=9)


def test_pipelines_without_a_sweep_or_with_several() -> None:
    clean = PythonScriptStep(name="clean")
    with pytest.raises(NotSupported, match=r"no step is a sweep \('clean'\)"):
        Pipeline(Workspace(), [clean])
    both = [HyperDriveStep("rough", config()), HyperDriveStep("fine", config())]
    with pytest.raises(NotSupported, match=r"2 steps are sweeps \('rough', 'fine'\): submit one"):
        Pipeline(Workspace(), both)


class NoObjects:
    """The objects of a sweep that is not looked at."""


def test_an_output_of_the_run_that_is_a_folder_of_each_trial_is_no_pipeline_output() -> None:
    log = OutputFileDatasetConfig("log")
    metrics = PipelineData(
        "m", pipeline_output_name="all", training_output=TrainingOutput("Metrics")
    )
    step = HyperDriveStep("tune", config(["--log", log]), outputs=[log], metrics_output=metrics)
    experiment: Any = Experiment(Workspace(), "e")
    run = HyperDriveRun(experiment, "r", step.hyperdrive_config, objects=NoObjects())  # type: ignore[arg-type] # a fake workspace
    assert run.get_pipeline_output("all").name == "all"
    with pytest.raises(NotSupported, match=r"'log'\): the sweep step .* there are: all, log"):
        run.get_pipeline_output("log")


def test_steps_of_one_script_have_arguments_of_their_own() -> None:
    shared = config(estimator=True)
    rough = HyperDriveStep("rough", shared, ["--epochs", 1])
    fine = HyperDriveStep("fine", shared, ["--epochs", 9])
    for step, epochs in ((rough, "1"), (fine, "9")):
        words = container(spec(step))["command"]
        assert words[words.index("--epochs") + 1] == epochs
        assert step.hyperdrive_config.step_name == step.name
    assert shared.step_name == ""


def test_a_parameter_of_a_step_that_does_not_run_is_said() -> None:
    seed, table = PipelineParameter("seed", 1), PipelineParameter("table", "a")
    before = PythonScriptStep("prepare.py", arguments=["--seed", seed], params={"table": table})
    step = HyperDriveStep("tune", config(["--seed", seed]))
    pipeline = Pipeline(Workspace(), [before, step])
    with pytest.warns(
        UserWarning, match="pipeline_parameters: table: not used: it is of a step that"
    ):
        found = pipeline.sweep_config({"table": "b", "seed": 4})
    words = container(found.to_sweep().to_manifest()["spec"])["command"]
    assert words[words.index("--seed") + 1] == "4"
    with pytest.raises(UserErrorException, match=r"tabel: no argument .* there are: seed"):
        pipeline.sweep_config({"tabel": "b"})


def test_steps_in_layers_and_in_a_circle_are_found_once() -> None:
    layers = [(PythonScriptStep(name=f"a{n}"), PythonScriptStep(name=f"b{n}")) for n in range(60)]
    for before, after in itertools.pairwise(layers):
        for one, other in itertools.product(after, before):
            one.run_after(other)
    step = HyperDriveStep("tune", config())
    for last in layers[-1]:
        step.run_after(last)
    layers[0][0].run_after(layers[-1][0])
    names = [one.name for one in Pipeline(Workspace(), step).steps]
    assert names[-1] == "tune"
    assert len(names) == len(set(names)) == 121
