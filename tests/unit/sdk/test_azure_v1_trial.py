"""What a ScriptRunConfig becomes by an Azure map: data, images, computes, code, and what is refused."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.azureml.core import Dataset, Datastore, Environment, ScriptRunConfig, Workspace
from sweepjob.azureml.core.compute import AmlCompute, ComputeTarget
from sweepjob.azureml.core.runconfig import (
    DockerConfiguration,
    MpiConfiguration,
    PyTorchConfiguration,
    RunConfiguration,
    TensorflowConfiguration,
)
from sweepjob.azureml.data import OutputFileDatasetConfig
from sweepjob.azureml.data.data_reference import DataReference
from sweepjob.azureml.exceptions import ComputeTargetException, UserErrorException
from sweepjob.azureml.train.dnn import PyTorch
from sweepjob.azureml.train.estimator import Estimator
from sweepjob.azureml.train.hyperdrive import (
    BanditPolicy,
    HyperDriveConfig,
    PrimaryMetricGoal,
    RandomParameterSampling,
    choice,
    uniform,
)
from sweepjob.azureml.train.sklearn import SKLearn
from sweepjob.sdk.arguments import ArgumentError

MAP = """
compute: {cpu-cluster: {queue: small}, gpu-cluster: {gpus: 2, nodeSelector: {pool: a100}}}
instance_type: {Standard_NC6: {gpus: 1}}
environment: {sklearn-env: registry.example/sklearn:1, sklearn: registry.example/sklearn:2, conda.yml: registry.example/conda:1}
data:
  iris: {claim: tables, path: iris.csv, local: ./iris.csv}
  "https://host.example/mnist": {claim: images, path: mnist}
datastore: {workspaceblobstore: {claim: blob, path: runs}, tables: {claim: tables}}
code: {src: {path: /app}}
"""


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "azure-map.yaml").write_text(MAP)
    (tmp_path / "iris.csv").write_text("x,y\n1,2\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("")
    return Workspace.from_config()


def script(**changes: Any) -> ScriptRunConfig:
    given = {"source_directory": "./src", "script": "train.py", "compute_target": "cpu-cluster"}
    return ScriptRunConfig(**{**given, "environment": Environment("sklearn-env"), **changes})


def config(run_config: Any, **changes: Any) -> HyperDriveConfig:
    given = {
        "hyperparameter_sampling": RandomParameterSampling({"--lr": uniform(0, 1)}),
        "primary_metric_name": "accuracy",
        "primary_metric_goal": PrimaryMetricGoal.MAXIMIZE,
        "max_total_runs": 4,
    }
    return HyperDriveConfig(run_config=run_config, **{**given, **changes})


def manifest(run_config: Any, **changes: Any) -> dict[str, Any]:
    found = config(run_config, **changes).to_sweep().to_manifest()
    parse_sweepjob(found)
    return found


def container(found: dict[str, Any]) -> dict[str, Any]:
    trial = found["spec"]["trial"]
    made: dict[str, Any] = (
        trial["template"]["spec"]["containers"][0] if "template" in trial else trial
    )
    return made


def variables(found: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container(found).get("env", ())}


SWEPT = ["--lr", "${{search_space.lr}}"]


def test_data_are_mounted_and_named(ws: Workspace) -> None:
    iris = Dataset.get_by_name(ws, "iris")
    found = manifest(script(arguments=["--data", iris.as_named_input("training"), "--n", 3, True]))
    made = container(found)
    assert made["command"][-7:] == ["--data", "/mnt/tables/iris.csv", "--n", "3", "True", *SWEPT]
    assert made["image"] == "registry.example/sklearn:1"
    assert [mount["mountPath"] for mount in made["volumeMounts"]] == ["/mnt/tables"]
    assert variables(found)["AZUREML_DATASET_ENVIRONMENT_VARS"] == "training:direct"
    assert variables(found)["training"] == "/mnt/tables/iris.csv"
    assert found["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "small"


def test_every_kind_of_data(ws: Workspace) -> None:
    store = Datastore(ws, "tables")
    urls = [f"https://host.example/mnist/{name}.gz" for name in ("train", "test")]
    reference = DataReference(store, "raw", "a/b")
    given = [
        Dataset.get_by_name(ws, "iris").as_mount(),
        Dataset.get_by_name(ws, "iris", version=3).as_download(),
        Dataset.File.from_files(urls).as_named_input("mnist").as_mount(),
        Dataset.File.from_files((store, "x/**")).as_mount(),
        Dataset.Tabular.from_delimited_files("https://other.example/t.csv").as_named_input("web"),
        store.path("c").as_mount(),
        reference.as_mount(),
        str(reference),
        PurePosixPath("/plain"),
    ]
    found = manifest(script(arguments=given))
    assert container(found)["command"][2:11] == [
        "/mnt/tables/iris.csv",
        "/mnt/tables/iris.csv",
        "/mnt/images/mnist",
        "/mnt/tables/x",
        "https://other.example/t.csv",
        "/mnt/tables/c",
        "/mnt/tables/a/b",
        "/mnt/tables/a/b",
        "/plain",
    ]
    assert variables(found)["AZUREML_DATAREFERENCE_raw"] == "/mnt/tables/a/b"
    assert variables(found)["mnist"] == "/mnt/images/mnist"


REFUSED = [
    ([None], "arguments[0]: None: is no argument"),
    ([object()], "arguments[0]: <object object"),
    (["--x", {"a": 1}], "arguments[1]: {'a': 1}: a dict cannot be an argument"),
    ([[1, 2]], "arguments[0]: [1, 2]: a list cannot be an argument"),
    ([uniform(0, 1)], "a parameter belongs to the sampling"),
    (["$AZUREML_DATAREFERENCE_none"], "$AZUREML_DATAREFERENCE_none: no such data"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_is_no_argument_is_refused_by_name(
    arguments: list[Any], message: str, ws: Workspace
) -> None:
    with pytest.raises(ArgumentError) as told:
        config(script(arguments=arguments)).to_sweep()
    assert message in str(told.value)


def test_rows_that_were_selected_here_are_refused(ws: Workspace) -> None:
    part, _ = Dataset.get_by_name(ws, "iris").random_split(0.8, seed=1)
    with pytest.raises(ArgumentError, match="rows or columns were selected in this program"):
        config(script(arguments=[part.as_named_input("x")])).to_sweep()


COMMANDS = [
    (["run", "$AZUREML_SWEEP_lr"], ["run", "${{search_space.lr}}"]),
    (["run", "--lr=${AZUREML_SWEEP_lr}", "a b"], ["run", "--lr=${{search_space.lr}}", "a b"]),
    ("run $AZUREML_SWEEP_lr", "run ${{search_space.lr}}"),
    (["run", "$AZUREML_SWEEP_lr", "&&", "rm", "x"], "run ${{search_space.lr}} && rm x"),
    (["run", "$HOME"], "run $HOME"),
    (
        ["python", "-c", "import sys\nprint(1); x = 'a'"],
        ["python", "-c", "import sys\nprint(1); x = 'a'"],
    ),
    (["sh", "-c", "echo $HOME && ls"], ["sh", "-c", "echo $HOME && ls"]),
    (["python", "-c", "print(1); x", "&&", "ls"], "python -c 'print(1); x' && ls"),
]


@pytest.mark.parametrize(("command", "made"), COMMANDS)
def test_parameters_of_a_command(command: Any, made: Any) -> None:
    assert manifest(ScriptRunConfig(command=command, image="i"))["spec"]["trial"]["command"] == made


def test_a_parameter_that_does_not_exist() -> None:
    with pytest.raises(
        ArgumentError, match=r"\$AZUREML_SWEEP_rate: no such parameter; there are: lr"
    ):
        config(ScriptRunConfig(command=["run", "$AZUREML_SWEEP_rate"], image="i"))


def test_what_the_map_lacks_is_said_in_one_message_a_line_each(ws: Workspace) -> None:
    run_config = ScriptRunConfig(
        source_directory="other",
        script="train.py",
        compute_target="tpu",
        environment=Environment("torch"),
        arguments=[Datastore(ws, "nowhere").path("x").as_mount()],
    )
    with pytest.raises(ArgumentError) as told:
        config(run_config).to_sweep()
    assert str(told.value).splitlines() == [
        "ScriptRunConfig:",
        "environment='torch': add under environment: in azure-map.yaml: torch: REGISTRY/IMAGE:TAG; or give "
        "image=IMAGE",
        "compute_target='tpu': add under compute: in azure-map.yaml: tpu: {queue: QUEUE}",
        "source_directory='other': add under code: in azure-map.yaml: other: snapshot",
        "arguments[0]: azureml://datastores/nowhere/paths/x: add under datastore: in azure-map.yaml: "
        "nowhere: {claim: CLAIM}",
    ]


def test_outputs_and_logs_are_kept_for_each_trial_without_a_word(ws: Workspace) -> None:
    found = manifest(
        script(arguments=[OutputFileDatasetConfig("model", (Datastore(ws, "tables"), ""))])
    )
    claim = {"persistentVolumeClaim": {"claimName": "blob"}}
    assert found["spec"]["outputs"] == {
        "model": {"volume": {"persistentVolumeClaim": {"claimName": "tables"}}, "subPath": "model"},
        "outputs": {"volume": claim, "mountPath": "/app/outputs", "subPath": "runs/outputs"},
        "logs": {"volume": claim, "mountPath": "/app/logs", "subPath": "runs/logs"},
    }
    assert "${{outputs.model}}" in container(found)["command"]


def test_a_snapshot_of_the_code(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "azure-map.yaml").write_text(MAP.replace("{path: /app}", "snapshot"))
    (tmp_path / "src" / "train.py").write_text("print(1)")
    sweep = config(script(source_directory=str(tmp_path / "src"))).to_sweep(ws.azure_map)
    found = sweep.to_manifest()
    snapshot = sweep.snapshot()
    assert snapshot is not None
    assert found["spec"]["trial"]["code"]["snapshot"]["hash"] == snapshot.hash
    mounts = [output["mountPath"] for output in found["spec"]["outputs"].values()]
    assert mounts == ["/code/outputs", "/code/logs"]
    assert container(found)["command"] == ["python", "train.py", *SWEPT]


def test_computes(ws: Workspace) -> None:
    target = ComputeTarget(ws, "gpu-cluster")
    assert target.get_status().serialize()["name"] == "gpu-cluster"
    found = manifest(script(compute_target=target))
    assert container(found)["resources"] == {"limits": {"nvidia.com/gpu": 2}}
    assert found["spec"]["trial"]["template"]["spec"]["nodeSelector"] == {"pool": "a100"}
    with pytest.raises(
        ComputeTargetException, match=r"add under compute: in azure-map.yaml: none:"
    ):
        ComputeTarget(ws, "none")
    size = AmlCompute.provisioning_configuration(vm_size="STANDARD_NC6", max_nodes=4)
    made = ComputeTarget.create(ws, "new", size)
    made.wait_for_completion(show_output=True)
    found = manifest(script(compute_target=made))
    assert container(found)["resources"] == {"limits": {"nvidia.com/gpu": 1}}
    assert set(ws.compute_targets) == {"cpu-cluster", "gpu-cluster"}
    with pytest.raises(KeyError, match="add under compute"):
        _ = ws.compute_targets["none"]


def test_environments(ws: Workspace, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"conda.yml: no such file; the Azure map has the image"):
        conda = Environment.from_conda_specification("anything", "conda.yml")
    image = Environment.from_docker_image("own", "host.example/own:1")
    clone = Environment.get(ws, "sklearn-env").clone("mine")
    managed = Environment("managed")
    managed.docker.base_image = "host.example/managed:1"
    managed.python.user_managed_dependencies = True
    managed.environment_variables = {"A": "1"}
    images = {}
    for environment in (conda, image, clone, managed):
        found = manifest(script(environment=environment))
        images[environment.name] = container(found)["image"]
    assert images == {
        "anything": "registry.example/conda:1",
        "own": "host.example/own:1",
        "mine": "registry.example/sklearn:1",
        "managed": "host.example/managed:1",
    }
    assert variables(found)["A"] == "1"
    # Its base image alone lacks the packages.
    based = Environment("based")
    based.docker.base_image = "host.example/base:1"
    with pytest.raises(ArgumentError, match="environment='based': add under environment"):
        config(script(environment=based)).to_sweep()


def test_assignments_take_effect_or_are_errors(ws: Workspace) -> None:
    run_config = script()
    sweep = config(run_config)
    run_config.arguments = ["--later", 1]
    run_config.environment = Environment("sklearn")
    run_config.run_config.environment_variables = {"B": "2"}
    run_config.compute_target = "gpu-cluster"
    run_config.max_run_duration_seconds = 99
    run_config.run_config.docker = DockerConfiguration(shm_size="2g")
    sweep.max_total_runs, sweep.policy = 7, BanditPolicy(slack_factor=0.5)
    sweep.primary_metric_name = "loss"
    found = sweep.to_sweep().to_manifest()
    assert container(found)["command"][2:4] == ["--later", "1"]
    assert container(found)["image"] == "registry.example/sklearn:2"
    assert container(found)["resources"] == {"limits": {"nvidia.com/gpu": 2}}
    assert variables(found)["B"] == "2"
    assert found["spec"]["limits"] == {"maxTotalTrials": 7, "timeout": 604800, "trialTimeout": 99}
    assert found["spec"]["earlyTermination"]["slackFactor"] == 0.5
    assert found["spec"]["objective"]["primaryMetric"] == "loss"
    for owner, name, right in (
        (sweep, "max_total_trials", "max_total_runs"),
        (sweep, "max_run", ""),
        (run_config, "argument", "arguments"),
        (run_config, "enviroment", "environment"),
        (run_config.run_config, "node_counts", "node_count"),
        (run_config.environment, "dockers", "docker"),
        (run_config.environment.docker, "baseimage", "base_image"),
        (run_config.environment.python, "user_managed", "user_managed_dependencies"),
        (ws, "subscription", "subscription_id"),
    ):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'.*{right}"):
            setattr(owner, name, 1)


def test_processes_of_one_node(ws: Workspace) -> None:
    for distribution, words in (
        (None, ["python"]),
        (MpiConfiguration(), ["python"]),
        (MpiConfiguration(process_count_per_node=4), ["mpirun", "-n", "4", "python"]),
        (
            PyTorchConfiguration(process_count=2),
            ["python", "-m", "torch.distributed.run", "--nproc_per_node", "2"],
        ),
        (TensorflowConfiguration(), ["python"]),
    ):
        made = container(manifest(script(distributed_job_config=distribution)))
        assert made["command"] == [*words, "train.py", *SWEPT]
    for distribution, message in (
        (MpiConfiguration(node_count=2), "node_count=2: mpirun reaches other nodes by ssh; give"),
        (PyTorchConfiguration(process_count=3, node_count=2), "must be a multiple of node_count=2"),
        (TensorflowConfiguration(2, 1), "parameter_server_count=1: parameter servers are not"),
        ("mpi", "distributed_job_config: 'mpi': must be"),
    ):
        with pytest.raises(ArgumentError) as told:
            config(script(distributed_job_config=distribution))
        assert message in str(told.value)


def test_processes_of_several_nodes(ws: Workspace) -> None:
    torchrun = ["python", "-m", "torch.distributed.run"]
    for distribution, words, kind in (
        (MpiConfiguration(4, 2, ssh_secret="keys"), ["python"], "mpi"),
        (PyTorchConfiguration(process_count=8, node_count=2), torchrun, "pytorch"),
        (TensorflowConfiguration(worker_count=2), ["python"], "tensorflow"),
    ):
        made = manifest(script(distributed_job_config=distribution))["spec"]["trial"]
        assert (made["instanceCount"], made["distribution"]["type"]) == (2, kind)
        assert made["distribution"].get("processCountPerInstance", 4) == 4
        assert words == made["template"]["spec"]["containers"][0]["command"][: len(words)]


def test_estimators_are_script_run_configs(ws: Workspace) -> None:
    iris = Dataset.get_by_name(ws, "iris")
    given = {
        "source_directory": "./src",
        "entry_script": "train.py",
        "compute_target": "cpu-cluster",
        "script_params": {"--data": iris.as_named_input("training").as_mount(), "--flag": ""},
    }
    made = [
        manifest(Estimator(**given, environment_definition=Environment("sklearn-env"))),
        manifest(
            script(arguments=["--data", iris.as_named_input("training").as_mount(), "--flag"])
        ),
    ]
    assert made[0] == made[1]
    sklearn = SKLearn(**given, pip_packages=["pandas"], use_gpu=True, max_run_duration_seconds=60)
    found = config(None, estimator=sklearn).to_sweep().to_manifest()
    assert container(found)["image"] == "registry.example/sklearn:2"
    assert found["spec"]["limits"]["trialTimeout"] == 60
    torch = PyTorch(**given, conda_dependencies_file="conda.yml", node_count=1)
    assert container(manifest(torch))["image"] == "registry.example/conda:1"
    with pytest.raises(ArgumentError, match="node_count=3: mpirun reaches other nodes by ssh"):
        config(Estimator(**given, node_count=3))
    with pytest.raises(ArgumentError, match="entry_scripts: no such argument"):
        config(Estimator(source_directory=".", entry_script="t.py", entry_scripts="x"))
    named = Estimator(**{**given, "script_params": None}, inputs=[iris.as_named_input("only")])
    named.environment = Environment("sklearn-env")
    assert variables(manifest(named))["only"] == "/mnt/tables/iris.csv"


def test_run_configurations_and_their_files(ws: Workspace, tmp_path: Path) -> None:
    configuration = RunConfiguration()
    configuration.target = "cpu-cluster"
    configuration.environment = Environment("sklearn-env")
    raw = DataReference(Datastore(ws, "tables"), "raw", "a")
    configuration.data_references = {"raw": raw}
    given = ScriptRunConfig("./src", "train.py", ["--raw", str(raw)], configuration)
    assert container(manifest(given))["command"][2:4] == ["--raw", "/mnt/tables/a"]
    (tmp_path / ".azureml").mkdir()
    (tmp_path / ".azureml" / "cpu.runconfig").write_text(
        "script: train.py\narguments: [--a, 1]\ntarget: cpu-cluster\nnodeCount: 1\n"
        "environment: {name: sklearn-env, environmentVariables: {C: 3}}\n"
    )
    loaded = ScriptRunConfig("./src", run_config=RunConfiguration.load(str(tmp_path), "cpu"))
    found = manifest(loaded)
    assert container(found)["command"][2:4] == ["--a", "1"]
    assert variables(found)["C"] == "3"
    with pytest.raises(UserErrorException, match="no such file"):
        RunConfiguration.load(str(tmp_path), "gpu")


def test_on_this_machine(ws: Workspace, tmp_path: Path) -> None:
    iris = Dataset.get_by_name(ws, "iris")
    parts = config(script(arguments=[iris.as_mount()])).trial_parts(ws.azure_map, is_local=True)
    assert parts.command.command == [sys.executable, "train.py", str(tmp_path / "iris.csv"), *SWEPT]
    assert parts.code == "./src"
    assert os.path.isfile(parts.command.command[2])
    on_volume = Dataset.File.from_files((Datastore(ws, "tables"), "x")).as_mount()
    with pytest.raises(ArgumentError, match=r"add local: PATH to its entry in azure-map.yaml"):
        config(script(arguments=[on_volume])).trial_parts(ws.azure_map, is_local=True)


def test_a_swept_argument_is_said_once(ws: Workspace) -> None:
    with pytest.warns(UserWarning, match="--lr is a parameter of the sweep"):
        sweep = config(script(arguments=["--lr", 0.5, "--n", 1]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert container(sweep.to_sweep().to_manifest())["command"][2:] == ["--n", "1", *SWEPT]


def test_choices_of_nothing_known() -> None:
    assert manifest(
        ScriptRunConfig(script="t.py", image="i"),
        hyperparameter_sampling=RandomParameterSampling({"kernel": choice("a", "b")}),
    )["spec"]["trial"]["command"] == ["python", "t.py", "--kernel", "${{search_space.kernel}}"]


def test_a_datastore_as_an_argument_is_its_root(ws: Workspace) -> None:
    estimator = PyTorch(
        source_directory="./src",
        entry_script="train.py",
        script_params={"--data": Datastore(ws, "tables")},
        compute_target="gpu-cluster",
        environment_definition=Environment("sklearn-env"),
    )
    found = container(manifest(estimator))
    at = found["command"].index("--data")
    assert found["command"][at + 1] == "/mnt/tables"
    assert {"name": "AZUREML_DATAREFERENCE_tables", "value": "/mnt/tables"} in found["env"]


def test_the_script_can_be_assigned_later(ws: Workspace) -> None:
    later = script(script=None)
    with pytest.raises(ArgumentError, match="give exactly one of script and command"):
        config(later)
    later.script = "train.py"
    assert "train.py" in container(manifest(later))["command"]
    later.command = ["python", "train.py"]
    with pytest.raises(ArgumentError, match="give exactly one of script and command"):
        config(later)


def test_what_programs_use_of_computes_credentials_and_estimators(ws: Workspace) -> None:
    from sweepjob.azureml.core.authentication import AzureCliAuthentication

    assert AzureCliAuthentication().get_authentication_header() == {"Authorization": "Bearer "}
    assert AzureCliAuthentication().get_token("scope").token == ""
    target = ComputeTarget(ws, "cpu-cluster")
    assert target.status.serialize()["provisioningState"] == "Succeeded"
    estimator = SKLearn(entry_script="train.py", compute_target=target, pip_packages=["joblib"])
    estimator._estimator_config.environment.python.user_managed_dependencies = True
    assert estimator.run_config.environment.python.user_managed_dependencies
    packages = estimator.conda_dependencies
    assert packages is not None
    assert "joblib" in list(packages.pip_packages)


def test_the_type_of_a_compute_target_is_that_of_azure(ws: Workspace) -> None:
    found = (ComputeTarget(ws, "cpu-cluster"), ws.compute_targets["cpu-cluster"])
    assert [type(target) for target in found] == [AmlCompute, AmlCompute]


def test_a_pipeline_has_the_steps_before_its_steps(ws: Workspace) -> None:
    from sweepjob.azureml.pipeline.core import Pipeline
    from sweepjob.azureml.pipeline.steps import HyperDriveStep, PythonScriptStep

    tune = HyperDriveStep("tune", config(script()))
    best = PythonScriptStep(name="best", script_name="best.py")
    register = PythonScriptStep(name="register", script_name="register.py")
    best.run_after(tune)
    register.run_after(best)
    with pytest.warns(UserWarning, match="the steps 'best', 'register' do not run here"):
        pipeline = Pipeline(ws, steps=[register])
    assert pipeline.sweep_config() is tune.hyperdrive_config
