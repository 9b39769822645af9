"""Programs for ``azure.ai.ml`` in which only the imports are changed, with an Azure map, run on this machine.

They do what the public documents and notebooks do, in other words: commands, components, entities, pipelines.
"""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.sdk.azure_resolution import Resolver
from sweepjob.sdk.current_map import current_map

MAP = """
workspace: {local: true}
compute: {cpu-cluster: {queue: small}, gpu-cluster: {queue: gpus, gpus: 1}}
environment:
  sklearn-1.5: registry.example/sklearn:1
  bases/conda.yml: registry.example/conda:1
data:
  wasbs://tables@store.blob.core.windows.net: {claim: tables, local: tables}
  iris: {claim: tables, path: iris.csv, local: tables/iris.csv}
  prepare.outputs.rows: {claim: tables, path: rows, local: tables/iris.csv}
datastore: {workspaceblobstore: {claim: results}}
component: {train_model: ./train.yml}
"""

TRAIN = """
import argparse, os, urllib.request, json
parser = argparse.ArgumentParser()
for name in ("--data", "--lr", "--kernel", "--epochs", "--out"):
    parser.add_argument(name)
args = parser.parse_args()
rows = len(open(args.data).read().split())
score = rows * float(args.lr) + {"rbf": 1, "linear": 2}.get(args.kernel, 0)
if args.out:
    open(os.path.join(args.out, "model.txt"), "w").write(str(score))
print(f"score={score}", flush=True)
print(json.dumps({"score": score}), file=open(os.environ["SWEEPJOB_METRICS_PATH"], "a"), flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the script, the data and the map, as the current one."""
    (tmp_path / "azure-map.yaml").write_text(MAP)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "iris.csv").write_text("1\n2\n3\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(TRAIN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SWEEPJOB_AZURE_MAP", raising=False)
    return tmp_path


def run(text: str) -> dict[str, Any]:
    """Run a program after one search and replace."""
    changed = textwrap.dedent(text).replace("from azure.", "from sweepjob.azure.")
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(changed, "program.py", "exec"), names)
    return names


CONNECT = """
from azure.ai.ml import MLClient, Input, Output, command, load_component, load_job
from azure.ai.ml.sweep import Choice, Uniform, LogUniform, BanditPolicy, MedianStoppingPolicy
from azure.ai.ml.constants import AssetTypes, InputOutputModes
from azure.identity import DefaultAzureCredential, InteractiveBrowserCredential

try:
    credential = DefaultAzureCredential()
    credential.get_token("https://management.example/.default")
except Exception:
    credential = InteractiveBrowserCredential()
ml_client = MLClient(
    credential=credential, subscription_id="s", resource_group_name="g", workspace_name="w"
)
"""


def test_a_command_is_swept_streamed_and_downloaded(folder: Path) -> None:
    found = run(
        CONNECT
        + """
job = command(
    code="./src",
    command="python train.py --data ${{inputs.data}} --lr ${{inputs.lr}} --kernel ${{inputs.kernel}} --out ${{outputs.model}}",
    environment="azureml:sklearn-1.5@latest",
    inputs={
        "data": Input(type=AssetTypes.URI_FILE, path="wasbs://tables@store.blob.core.windows.net/iris.csv", mode=InputOutputModes.RO_MOUNT),
        "lr": 0.1,
        "kernel": "rbf",
    },
    outputs={"model": Output(type=AssetTypes.URI_FOLDER)},
    compute="cpu-cluster",
    experiment_name="iris",
    display_name="sweep on iris",
)
for_sweep = job(lr=Uniform(min_value=0.1, max_value=0.9), kernel=Choice(values=["rbf", "linear"]))
sweep = for_sweep.sweep(
    compute="cpu-cluster",
    sampling_algorithm="random",
    primary_metric="score",
    goal="Maximize",
    early_termination_policy=BanditPolicy(slack_factor=0.15, evaluation_interval=1, delay_evaluation=10),
)
sweep.set_limits(max_total_trials=4, max_concurrent_trials=2, timeout=7200)
sweep.trial.metrics = {"source": "file"}
sweep.metrics = {"source": "file"}
returned = ml_client.jobs.create_or_update(sweep)
url = returned.studio_url
endpoint = returned.services["Studio"].endpoint
ml_client.jobs.stream(returned.name)
returned = ml_client.jobs.get(name=returned.name)
best = returned.properties["best_child_run_id"] if returned.status == "Completed" else None
children = ml_client.jobs.list(parent_job_name=returned.name)
paths = ml_client.jobs.download(name=best, output_name="model", download_path="fetched")
"""
    )
    assert found["returned"].status == "Completed"
    assert found["url"] == found["endpoint"]
    assert "sweepjob ui" in found["url"]
    trials = list(found["children"])
    assert len(trials) == 4
    best = max(trials, key=lambda t: t.value)
    assert found["best"] == best.name
    assert best.value == pytest.approx(
        3 * best.parameters["lr"] + {"rbf": 1, "linear": 2}[best.parameters["kernel"]]
    )
    (path,) = found["paths"]
    assert (Path(path) / "model.txt").read_text() == str(best.value)


COMPONENT = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: train_model
version: 1
inputs:
  data: {type: uri_file}
  lr: {type: number, default: 1e-1}
  kernel: {type: string, default: rbf}
  epochs: {type: integer, optional: true}
outputs:
  model: {type: uri_folder}
code: ./src
environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest
command: >-
  echo training && python train.py --data ${{inputs.data}} --lr ${{inputs.lr}}
  --kernel "${{inputs.kernel}}" $[[--epochs ${{inputs.epochs}}]] --out ${{outputs.model}}
"""
PIPELINE = """
from azure.ai.ml.dsl import pipeline

train_func = load_component(source="./train.yml")
score_func = load_component(source="./train.yml")

@pipeline(description="sweep in a pipeline")
def with_sweep(rows):
    \"\"\"Tune.\"\"\"
    prepare = load_component(source="./prepare.yml")(raw=rows)
    train = train_func(
        data={data},
        lr=Uniform(min_value=0.5, max_value=0.9),
        kernel=Choice(["rbf", "linear"]),
    )
    sweep_step = train.sweep(
        primary_metric="score", goal="maximize", sampling_algorithm="random", compute="cpu-cluster"
    )
    sweep_step.set_limits(max_total_trials=2, max_concurrent_trials=2, timeout=7200)
    sweep_step.early_termination = MedianStoppingPolicy(delay_evaluation=5, evaluation_interval=2)
    score = score_func(data=sweep_step.outputs.model)
    return {{"model": sweep_step.outputs.model}}

job = with_sweep(rows=Input(type="uri_file", path="azureml:iris:1"))
job.settings.default_compute = "cpu-cluster"
step = job.jobs["sweep_step"]
step.metrics = {{"source": "file"}}
"""
PREPARE = "{type: parallel, name: prepare, inputs: {raw: {type: uri_file}}, outputs: {rows: {type: uri_file}}}"


@pytest.mark.parametrize("data", ["rows", "prepare.outputs.rows"])
def test_the_sweep_step_of_a_pipeline_runs(folder: Path, data: str) -> None:
    (folder / "train.yml").write_text(COMPONENT)
    (folder / "prepare.yml").write_text(PREPARE)
    found = run(
        CONNECT
        + PIPELINE.format(data=data)
        + """
run = ml_client.jobs.create_or_update(job, experiment_name="pipelines")
ml_client.jobs.stream(run.name)
"""
    )
    assert list(found["job"].jobs) == ["prepare", "sweep_step", "score"]
    assert found["run"].status == "Completed"
    assert found["run"].experiment_name == "pipelines"
    trial = found["run"].best
    bonus = {"rbf": 1, "linear": 2}[trial.parameters["kernel"]]
    assert trial.value == pytest.approx(3 * trial.parameters["lr"] + bonus)


def test_a_pipeline_says_what_another_step_would_have_given(folder: Path) -> None:
    (folder / "train.yml").write_text(COMPONENT)
    (folder / "prepare.yml").write_text(PREPARE)
    (folder / "azure-map.yaml").write_text(
        MAP.replace("prepare.outputs.rows", "other.outputs.rows")
    )
    program = CONNECT + PIPELINE.format(data="prepare.outputs.rows")
    with pytest.raises(ArgumentError) as told:
        run(program + "ml_client.jobs.create_or_update(job)")
    assert "is an output of the step prepare: run that step" in str(told.value)
    assert "add under data: in azure-map.yaml: prepare.outputs.rows" in str(told.value)
    found = run(
        program
        + 'run = ml_client.jobs.create_or_update(job, inputs={"data": Input(path="azureml:iris:1")})\n'
        + "ml_client.jobs.stream(run.name)"
    )
    assert found["run"].status == "Completed"


def test_a_pipeline_without_a_sweep_or_with_two_is_refused(folder: Path) -> None:
    (folder / "train.yml").write_text(COMPONENT)
    text = (
        CONNECT
        + """
from azure.ai.ml.dsl import pipeline
train_func = load_component("train.yml")
@pipeline
def steps(count):
    for n in range(count):
        train_func(data=Input(path="azureml:iris:1"), lr=Uniform(0, 1)).sweep(primary_metric="s", goal="minimize")
    train_func(data=Input(path="azureml:iris:1"))
"""
    )
    with pytest.raises(ArgumentError, match="the pipeline has no sweep step"):
        run(text + "ml_client.jobs.create_or_update(steps(0))")
    with pytest.raises(ArgumentError, match="has 2 sweep steps; submit one of them: jobs"):
        run(text + "ml_client.jobs.create_or_update(steps(2))")


ENTITIES = """
from azure.ai.ml.entities import AmlCompute, BuildContext, CommandJobLimits, Data, Environment, JobResourceConfiguration, Model
from azure.ai.ml.entities import ManagedOnlineEndpoint, Workspace
from azure.ai.ml.sweep import BayesianSamplingAlgorithm, RandomSamplingAlgorithm, SweepJob, SweepJobLimits, Objective

try:
    cluster = ml_client.compute.get("cpu-cluster")
except Exception:
    cluster = ml_client.compute.begin_create_or_update(AmlCompute(name="cpu-cluster", size="Standard_DS3_v2", min_instances=0, max_instances=4, idle_time_before_scale_down=120, tier="Dedicated")).result()
env = Environment(name="train-env", image="mcr.example/base:1", conda_file="./bases/conda.yml", tags={"a": "b"})
env = ml_client.environments.create_or_update(env)
data = ml_client.data.create_or_update(Data(name="my-iris", path="wasbs://tables@store.blob.core.windows.net/iris.csv", type="uri_file"))
job = command(
    code="./src",
    command="python train.py --data ${{inputs.data}} --lr ${{inputs.lr}} --epochs ${{inputs.epochs}}",
    environment=f"{env.name}:{env.version}",
    inputs=dict(data=Input(type="uri_file", path=data.id), lr=0.1, epochs=3),
    compute=cluster.name,
    instance_count=1,
    shm_size="2g",
)
job.limits = CommandJobLimits(timeout=600)
job.resources = JobResourceConfiguration(instance_count=1, shm_size="4g")
job.inputs.epochs = 5
sweep = SweepJob(
    trial=job,
    compute="gpu-cluster",
    search_space={"lr": LogUniform(min_value=-3, max_value=-1)},
    objective=Objective(goal="maximize", primary_metric="score"),
    limits=SweepJobLimits(max_total_trials=2, max_concurrent_trials=1, timeout=3600, trial_timeout=60),
    sampling_algorithm=RandomSamplingAlgorithm(seed=1, rule="sobol", logbase="e"),
    inputs=job.inputs,
)
sweep.early_termination = BanditPolicy(slack_factor=0.1, delay_evaluation=5)
"""


def test_entities_and_registered_assets(folder: Path) -> None:
    found = run(CONNECT + ENTITIES)
    azure_map = current_map()
    resolver = Resolver(azure_map, assets={a.name: a for a in (found["env"], found["data"])})
    spec = found["sweep"].to_manifest(resolver)["spec"]
    pod = spec["trial"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == "registry.example/conda:1"
    assert container["resources"] == {"limits": {"nvidia.com/gpu": 1}}
    assert spec["inputs"] == {"data": "/mnt/tables/iris.csv", "epochs": 5}
    assert {"name": "volume-0", "mountPath": "/mnt/tables", "readOnly": True} in container[
        "volumeMounts"
    ]
    assert {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "4Gi"}} in pod[
        "volumes"
    ]
    assert spec["limits"]["trialTimeout"] == 60
    assert spec["samplingAlgorithm"] == {
        "type": "random",
        "seed": 1,
        "rule": "sobol",
        "logbase": "e",
    }
    assert found["sweep"].to_manifest(resolver)["metadata"]["labels"] == {
        "kueue.x-k8s.io/queue-name": "gpus"
    }
    assert set(spec["trial"]["code"]) == {"snapshot"}


SCRIPTS = {
    "resources as a dict, parameters in search_space, a folder made for the occasion": """
import tempfile, shutil
with tempfile.TemporaryDirectory() as code:
    shutil.copytree("src", code, dirs_exist_ok=True)
    job = command(
        code=code,
        command="python -c 'print(1)' && python train.py --data ${{inputs.rows}} --lr ${{search_space.lr}} --out ${{outputs.dir}}",
        inputs={"rows": Input(type="uri_file", path="azureml:iris:17", mode="ro_mount")},
        outputs={"dir": {"type": "uri_folder"}},
        environment="sklearn-1.5:28",
        resources={"instance_type": "Standard_DS4_v2", "instance_count": 1},
        display_name="trial",
    )
    sweep = job.sweep(
        sampling_algorithm="random", search_space={"lr": Uniform(min_value=1e-5, max_value=5e-5)},
        goal="Maximize", primary_metric="f1",
        early_termination_policy=MedianStoppingPolicy(evaluation_interval=1, delay_evaluation=2),
    )
    sweep.display_name = "tuning"
    sweep.set_limits(max_total_trials=4, max_concurrent_trials=1)
    manifest = sweep.to_manifest()
""",
    "an environment and data by the client, a limit set as an attribute": """
from azure.ai.ml.entities import ManagedIdentityConfiguration
env = ml_client.environments.get(name="sklearn-1.5", label="latest")
rows = ml_client.data.get("iris", version="3")
job = command(
    code="./src", environment=env, compute="gpu-cluster", identity=ManagedIdentityConfiguration(),
    command="python train.py model=${{search_space.model}} rows=${{inputs.rows}}",
    inputs={"rows": Input(type="uri_file", path=f"azureml:{rows.name}:{rows.version}")},
)
sweep = job.sweep(
    sampling_algorithm="random", primary_metric="loss", goal="minimize", max_total_trials=2,
    search_space={"model": Choice(["resnet34", "b0"])},
    early_termination_policy=BanditPolicy(evaluation_interval=1, slack_factor=0.1, delay_evaluation=5),
)
sweep.limits.timeout = 180
manifest = sweep.to_manifest()
""",
    "names of the documents that Azure's client does not have": """
from azure.ai.ml.sweep import Normal, RandomParameterSampling
job = command(command="python t.py --lr ${{inputs.lr}}", environment="sklearn-1.5@latest", inputs=dict(lr=1))
sweep = job(lr=Normal(mu=10, sigma=3)).sweep(
    compute="cpu-cluster", sampling_algorithm=RandomParameterSampling(seed=1), primary_metric="a", goal="maximize"
)
manifest = sweep.to_manifest()
""",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_as_the_public_ones_build(folder: Path, name: str) -> None:
    (folder / "azure-map.yaml").write_text(MAP)
    manifest = run(CONNECT + SCRIPTS[name])["manifest"]
    parse_sweepjob(manifest)
    trial = manifest["spec"]["trial"]
    image = trial.get("image") or trial["template"]["spec"]["containers"][0]["image"]
    assert image == "registry.example/sklearn:1"


def test_what_serves_models_can_be_imported_and_says_why_not(folder: Path) -> None:
    found = run(CONNECT + ENTITIES)
    with pytest.raises(
        ArgumentError, match="ManagedOnlineEndpoint: is not supported: models are served"
    ):
        found["ManagedOnlineEndpoint"](name="x")
    with pytest.raises(ArgumentError, match=r"MLClient\.online_endpoints\.get: is not supported"):
        found["ml_client"].online_endpoints.get(name="x")
    with pytest.raises(ImportError, match="ManagedOnlineEndpiont"):
        run("from azure.ai.ml.entities import ManagedOnlineEndpiont")


def test_a_command_that_is_no_sweep_is_said(folder: Path) -> None:
    found = run(CONNECT)
    job = found["command"](
        command="python t.py", environment="sklearn-1.5:1", compute="cpu-cluster"
    )
    with pytest.warns(UserWarning, match="is a command and not a sweep; it is not run"):
        returned = found["ml_client"].jobs.create_or_update(job)
    assert returned.status == "NotStarted"
    with pytest.warns(UserWarning, match="it was not run, so there is no progress"):
        found["ml_client"].jobs.stream(returned.name)


def test_a_file_is_loaded_and_run(folder: Path) -> None:
    (folder / "job.yml").write_text(
        """
type: sweep
trial:
  code: src
  command: python train.py --data ${{inputs.data}} --lr ${{search_space.lr}} | tee log.txt
  environment: azureml:sklearn-1.5@latest
  environment_variables: {LEVEL: 1e3}
inputs: {data: {type: uri_file, path: "azureml:iris:1"}}
compute: azureml:cpu-cluster
sampling_algorithm: random
search_space: {lr: {type: uniform, min_value: 0.5, max_value: 0.9}}
objective: {goal: maximize, primary_metric: score}
limits: {max_total_trials: 2, max_concurrent_trials: 2}
experiment_name: files
"""
    )
    found = run(
        CONNECT
        + """
job = load_job(source="job.yml")
job.metrics = {"source": "file"}
run = ml_client.create_or_update(job)
ml_client.jobs.stream(run.name)
again = ml_client.create_or_update(job)
ml_client.jobs.stream(again.name)
names = [job.name]
job.name = "mine"
names.append(ml_client.create_or_update(job).name)
ml_client.jobs.stream("mine")
"""
    )
    assert found["run"].status == "Completed"
    assert all(trial.value > 1 for trial in found["run"].trials())
    # The file has no name, and so each submission is a sweep of its own, as in Azure.
    assert found["again"].name != found["run"].name
    assert len(found["again"].trials()) == 2
    assert found["names"] == ["files-job", "mine"]


def test_without_a_map_each_lacking_entry_is_named_with_the_line(folder: Path) -> None:
    (folder / "azure-map.yaml").unlink()
    job = run(
        """
        from azure.ai.ml import Input, Output, command
        from azure.ai.ml.sweep import Uniform

        job = command(
            command="p --lr ${{inputs.lr}} --data ${{inputs.data}} --out ${{outputs.o}}",
            environment="azureml:env:3",
            compute="cpu-cluster",
            inputs={"lr": 1, "data": Input(path="azureml:d:2")},
            outputs={"o": Output()},
        )(lr=Uniform(0, 1)).sweep(primary_metric="m", goal="minimize")
        """
    )["job"]
    with pytest.raises(ArgumentError) as told:
        job.to_manifest()
    lines = str(told.value).splitlines()
    assert len(lines) == 3
    assert 'environment: {"env:3": REGISTRY/IMAGE:TAG}' in lines[0]
    assert 'data: {"d:2": {claim: CLAIM, path: PATH}}' in lines[1]
    assert "datastore: {workspaceblobstore: {claim: CLAIM}}" in lines[2]
