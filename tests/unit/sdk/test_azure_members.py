"""Members of Azure's objects: they work, are ignored with a warning, or say which line to change."""

from __future__ import annotations

import io
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.azure.ai.ml import (
    MLClient,
    Output,
    command,
    load_component,
    load_environment,
    load_job,
)
from sweepjob.azure.ai.ml.entities import BuildContext, Data, Environment
from sweepjob.azure.ai.ml.sweep import SweepJob, Uniform
from sweepjob.azureml.core import Dataset, Experiment, Keyvault, Run, Workspace
from sweepjob.azureml.core import Environment as OldEnvironment
from sweepjob.azureml.core.conda_dependencies import CondaDependencies
from sweepjob.azureml.exceptions import NotSupported
from sweepjob.azureml.models import models, register
from sweepjob.azureml.pipeline.core import Pipeline, PipelineData, StepSequence, TrainingOutput
from sweepjob.azureml.pipeline.steps import HyperDriveStep, HyperDriveStepRun, PythonScriptStep
from sweepjob.azureml.train.hyperdrive import (
    GridParameterSampling,
    HyperDriveConfig,
    PrimaryMetricGoal,
    choice,
)
from sweepjob.sdk.arguments import ArgumentError

MAP = """
workspace: {local: true}
compute: {cpu-cluster: {}}
environment: {env: registry.example/image:1}
data: {rows: {claim: tables, local: rows.csv}}
code: {src: {path: /app}}
datastore: {workspaceblobstore: {claim: store, local: store}}
"""
TRAIN = """
import os
from argparse import ArgumentParser
from sweepjob.azureml.core import Run
parser = ArgumentParser()
parser.add_argument("--b")
parser.add_argument("--a", type=float)
args = parser.parse_args()
run = Run.get_context()
assert run.get_status() == "Running" and run.get_children() == []
for n in (1, 2):
    run.log("score", args.a * n)
os.makedirs("outputs", exist_ok=True)
open("outputs/model.txt", "w").write(str(args.a))
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    (tmp_path / "azure-map.yaml").write_text(MAP)
    (tmp_path / "rows.csv").write_text("x\n1\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(TRAIN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SWEEPJOB_AZURE_MAP", raising=False)
    return Workspace.from_config()


def test_the_best_trial_is_also_looked_for_in_the_sweeps_that_are_resumed(
    workspace: Workspace,
) -> None:
    experiment = Experiment(workspace, "resumed")
    first = experiment.submit(config())
    first.wait_for_completion()
    second = experiment.submit(config(resume_from=[first], values=(1, 2)))
    second.wait_for_completion()
    best = second.get_best_run_by_primary_metric()
    assert (best.parent.id, best.value) == (first.id, 6.0)
    own = second.get_best_run_by_primary_metric(include_resume_from_runs=False)
    assert (own.parent.id, own.value) == (second.id, 4.0)
    # A trial of a resumed sweep is that sweep's: its files are there.
    assert best.get_file_names() == ["outputs/model.txt"]
    shutil.rmtree(Path(".sweepjob") / first.id)
    with pytest.warns(UserWarning, match=f"the trials of {first.id} are not compared"):
        assert second.get_best_run_by_primary_metric().id == own.id


def config(*, resume_from: Any = None, values: tuple[int, ...] = (1, 3)) -> HyperDriveConfig:
    from sweepjob.azureml.core import ScriptRunConfig

    script = ScriptRunConfig(
        source_directory="src",
        script="train.py",
        environment=OldEnvironment("env"),
        compute_target="cpu-cluster",
    )
    return HyperDriveConfig(
        run_config=script,
        hyperparameter_sampling=GridParameterSampling({"b": choice("x"), "a": choice(*values)}),
        primary_metric_name="score",
        primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
        max_total_runs=2,
        max_concurrent_runs=2,
        resume_from=resume_from,
    )


def test_a_sweep_step_and_its_outputs(workspace: Workspace) -> None:
    metrics = PipelineData(
        "metrics_data",
        datastore=workspace.get_default_datastore(),
        pipeline_output_name="all_metrics",
        training_output=TrainingOutput("Metrics"),
    )
    model = PipelineData(
        "model_data",
        pipeline_output_name="model",
        training_output=TrainingOutput("Model", model_file="outputs/model.txt"),
    )
    step = HyperDriveStep("tune", config(), outputs=[metrics, model])
    register_step = PythonScriptStep("register.py", name="register", inputs=[model])
    with pytest.warns(UserWarning, match="the steps 'register' do not run here"):
        pipeline = Pipeline(workspace, StepSequence([step, register_step]))
    run = pipeline.submit("tuning")
    run.wait_for_completion()
    assert [r.id for r in run.find_step_run("tune")] == [run.id]
    assert (run.find_step_run("register"), run.get_steps()) == ([], [run])
    assert HyperDriveStepRun(step_run=run.find_step_run("tune")[0]).id == run.id
    output = run.get_pipeline_output("all_metrics")
    assert output.download("fetched", show_progress=True) == 1
    found = yaml.safe_load(Path("fetched", output._path_on_datastore).read_text())
    assert sorted(values["score"] for values in found.values()) == [[1.0, 2.0], [3.0, 6.0]]
    run.get_pipeline_output("model").download("fetched")
    assert Path("fetched/model").read_text() == "3.0"
    with pytest.raises(NotSupported, match=r"'other'.*there are: all_metrics, model"):
        run.get_pipeline_output("other")
    best = run.get_best_run_by_primary_metric()
    assert run.get_best_run_by_primary_metric(True, True, True).id == best.id
    # In Azure's order, by name: programs read the arguments by position.
    arguments = best.get_details()["runDefinition"]["arguments"]
    assert arguments == ["--a", "3", "--b", "x"]
    assert best.get_environment().name == "env"
    assert best.get_detailed_status()["status"] == "Completed"
    (log,) = best.get_all_logs("logs")
    assert Path(log).is_file()
    registered = best.register_model(
        "m", "outputs/model.txt", properties={"AUC": 0.5}, description="the best"
    )
    assert (registered.properties, registered.description) == ({"AUC": 0.5}, "the best")
    assert registered.run_id == best.id
    for owner in (best, run):
        with pytest.raises(NotSupported, match="only the training script reports"):
            owner.log("a", 1)
        with pytest.raises(NotSupported, match=r"Experiment.submit\(config, tags="):
            owner.tag("a", 1)
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            _ = owner.nothing
    with pytest.raises(NotSupported, match="early termination policy stops trials"):
        best.cancel()
    with pytest.raises(NotSupported, match="from a CronJob"):
        pipeline.publish("p")


def test_arguments_as_one_text(workspace: Workspace) -> None:
    from sweepjob.azureml.core import ScriptRunConfig

    def words(arguments: Any) -> list[str]:
        script = ScriptRunConfig("src", "train.py", arguments, environment=OldEnvironment("env"))
        made = config()
        made.run_config = script
        trial = made.to_sweep(workspace.azure_map).trial
        return list(trial.command)

    expected = ["--c", "two words", "--a", "${{search_space.a}}", "--b", "${{search_space.b}}"]
    assert words("--c 'two words'")[2:] == expected
    assert words(["--c", "two words"])[2:] == expected
    with pytest.raises(ArgumentError, match="close the quote"):
        words("--c 'two")
    with pytest.raises(
        ArgumentError, match=r"arguments\[0\]: .*a list cannot.*write its 2 elements"
    ):
        words([["--c", 1]])


REFUSED = [
    (lambda ws: ws.sku, "nothing connects to Azure"),
    (lambda ws: ws.get_default_datastore().account_name, "without an account in Azure"),
    (lambda ws: ws.get_default_datastore().set_as_default(), "give it the same claim there"),
    (lambda ws: Experiment(ws, "e").set_tags({"a": 1}), r"submit\(config, tags="),
    (lambda ws: ws.compute_targets["cpu-cluster"].list_nodes(), "kubectl get nodes"),
    (lambda ws: Keyvault().set_secret("a", "b"), "environment variables"),
    (lambda ws: Dataset.get_by_name(ws, "rows").to_spark_dataframe(), r"to_pandas_dataframe\(\)"),
    (lambda ws: OldEnvironment("env").get_image_details(ws), "add it to environment: in the Azure"),
    (lambda ws: register("m", Path("rows.csv"), {}).deploy(), "KServe"),
]


@pytest.mark.parametrize(("use", "remedy"), REFUSED)
def test_members_that_say_what_to_change(workspace: Workspace, use: Any, remedy: str) -> None:
    with pytest.raises(NotSupported, match=remedy):
        use(workspace)


def test_members_without_an_effect_say_so(workspace: Workspace) -> None:
    target = workspace.get_default_compute_target("CPU")
    with pytest.warns(UserWarning, match=r"AmlCompute.refresh_state: has no effect: the cluster"):
        target.refresh_state()
    with pytest.warns(UserWarning, match=r"build_local: has no effect"):
        OldEnvironment("env").build_local(workspace)
    assert next(iter(Workspace.list("s").values()))[0].name == "workspace"
    assert Experiment.list(workspace) == []


def test_packages_of_an_environment() -> None:
    made = CondaDependencies.create(pip_packages=["a"], python_version="3.11")
    made.add_channel("conda-forge")
    made.remove_channel("conda-forge")
    made.set_pip_option("--pre")
    made.add_tensorflow_pip_package(version="2.1")
    assert made.as_dict() == {"dependencies": ["python=3.11", {"pip": ["a", "tensorflow==2.1"]}]}
    assert (made.conda_channels, made.get_python_version()) == ([], "3.11")


def test_a_model_keeps_what_it_was_registered_with(workspace: Workspace) -> None:
    register("m", Path("rows.csv"), {"a": 1}, {"AUC": 0.9}, "why")
    (found,) = models("m")
    assert (found.tags, found.properties, found.description) == ({"a": 1}, {"AUC": 0.9}, "why")
    assert found.path.name == "rows.csv"
    assert found.created_time.year > 2000


def test_an_offline_run_has_a_state() -> None:
    run = Run.get_context()
    assert run.get_details()["status"] == run.status
    assert run.wait_for_completion()["runId"] == run.id


def test_jobs_and_assets_of_v2(workspace: Workspace, tmp_path: Path) -> None:
    job = command(command="python t.py ${{inputs.x}}", environment="env", inputs={"x": 1})
    assert (job.type, job.status, job.component, job.id) == ("command", None, job, None)
    with pytest.raises(ArgumentError, match="make it a sweep"):
        job.dump("job.yml")
    sweep = job(x=Uniform(0, 1)).sweep(primary_metric="a", goal="maximize")
    sweep.dump("sweep.yml")
    assert (sweep.type, yaml.safe_load(Path("sweep.yml").read_text())["kind"]) == (
        "sweep",
        "SweepJob",
    )
    text = io.StringIO()
    Environment(name="e", image="i", build=BuildContext(path=".")).dump(text)
    assert yaml.safe_load(text.getvalue()) == {"name": "e", "image": "i", "build": {"path": "."}}
    assert Data(name="d", path="p").creation_context is None


def test_operations_of_v2(workspace: Workspace) -> None:
    client = MLClient()
    assert client.datastores.get_default().id == "azureml://datastores/workspaceblobstore"
    assert [each.name for each in client.datastores.list()] == ["workspaceblobstore"]
    with pytest.raises(Exception, match=r"no such datastore.*other: \{claim: CLAIM\}"):
        client.datastores.get("other")
    with pytest.raises(ArgumentError, match=r"datastores.create_or_update: .*the Azure map has"):
        client.datastores.create_or_update(None)
    with pytest.warns(UserWarning, match="the cluster has its nodes"):
        assert client.compute.begin_stop("cpu-cluster").result() is None
    with pytest.raises(ArgumentError, match="kubectl get nodes"):
        client.compute.list_sizes()
    with pytest.raises(ArgumentError, match=r"models|Model: download: .*jobs.download"):
        client.models.download("m", "1")
    with pytest.raises(AttributeError, match="no operation 'lst'"):
        _ = client.data.lst
    with pytest.warns(UserWarning, match="MLflow keeps its default"):
        assert client.workspaces.get().mlflow_tracking_uri is None
    with pytest.raises(ArgumentError, match="kubectl delete sweepjob s"):
        client.jobs.begin_delete("s")
    assert [each.name for each in client.workspaces.list()] == ["workspace"]


def test_a_component_with_an_unknown_key(workspace: Workspace) -> None:
    data = {"name": "c", "display": "D", "command": "python t.py", "environment": "azureml:env:1"}
    with pytest.warns(
        UserWarning, match=r"display: unknown key; ignored.*did you mean display_name"
    ):
        component = load_component(data)
    client = MLClient()
    client.create_or_update(component)
    assert [each.name for each in client.components.list()] == ["c"]
    assert client.components.get("c") is component


def test_outputs_on_one_claim_have_a_folder_each(workspace: Workspace) -> None:
    outputs = {"model": Output(claim="c"), "plots": Output(claim="c"), "logs": Output(claim="d")}
    job = command(command="t ${{inputs.x}}", image="i", inputs={"x": 1}, outputs=outputs)
    sweep = job(x=Uniform(0, 1)).sweep(primary_metric="a", goal="maximize")
    manifest = sweep.to_manifest()
    folders = {name: out.get("subPath") for name, out in manifest["spec"]["outputs"].items()}
    assert folders == {"model": "model", "plots": "plots", "logs": None}
    outputs["plots"].sub_path = "all"
    job = command(command="t ${{inputs.x}}", image="i", inputs={"x": 1}, outputs=outputs)
    sweep = job(x=Uniform(0, 1)).sweep(primary_metric="a", goal="maximize")
    assert "subPath" not in sweep.to_manifest()["spec"]["outputs"]["model"]
    # An object of a cluster stays as it is.
    shared = sweep.to_manifest()
    shared["spec"]["outputs"]["plots"].pop("subPath")
    assert SweepJob.from_manifest(shared).to_manifest()["spec"] == shared["spec"]


def test_outputs_beside_the_code_are_kept_on_the_default_datastore(
    workspace: Workspace, tmp_path: Path
) -> None:
    def outputs(**given: Any) -> dict[str, Any]:
        job = command(command="t ${{inputs.x}}", image="i", inputs={"x": 1}, **given)
        sweep = job(x=Uniform(0, 1)).sweep(primary_metric="a", goal="maximize")
        found: dict[str, Any] = sweep.to_manifest()["spec"].get("outputs", {})
        return found

    claim = {"persistentVolumeClaim": {"claimName": "store"}}
    assert outputs(code="src") == {
        "outputs": {"volume": claim, "mountPath": "/app/outputs", "subPath": "outputs"},
        "logs": {"volume": claim, "mountPath": "/app/logs", "subPath": "logs"},
    }
    (tmp_path / "azure-map.yaml").write_text(MAP.replace("{path: /app}", "snapshot"))
    own = {"model": Output(claim="c", mount_path="/code/outputs")}
    assert outputs(code="src", outputs=own)["logs"]["mountPath"] == "/code/logs"
    assert sorted(outputs(code="src", outputs=own)) == ["logs", "model"]
    assert outputs() == {}
    (tmp_path / "azure-map.yaml").write_text("code: {src: snapshot}")
    assert outputs(code="src") == {}


def test_files_by_the_argument_of_the_preview(workspace: Workspace) -> None:
    Path("c.yml").write_text("{name: c, command: python t.py, environment: 'azureml:env:1'}")
    Path("e.yml").write_text("{name: e, image: i}")
    assert load_component(path="./c.yml").name == "c"
    assert load_environment(path="./e.yml").image == "i"
    sweep = command(command="t ${{inputs.x}}", image="i", inputs={"x": 1})(x=Uniform(0, 1)).sweep(
        primary_metric="a", goal="maximize"
    )
    sweep.dump("s.yml")
    assert load_job(path="s.yml").to_manifest()["spec"] == sweep.to_manifest()["spec"]
    with pytest.raises(ArgumentError, match="source: is required"):
        load_job()


def test_spark_of_an_environment_is_not_used() -> None:
    made = OldEnvironment("e")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made.spark.precache_packages = False
    assert caught == []
    with pytest.warns(
        UserWarning, match="SparkSection.packages = .*not used: a trial is a process"
    ):
        made.spark.packages = ["p"]
    with pytest.raises(AttributeError, match="did you mean precache_packages"):
        made.spark.precache_package = False
