"""Walks the arguments of v1's classes and methods: each has an effect, gives a note, or is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sweepjob.azureml.core import Datastore, Environment, ScriptRunConfig, Workspace
from sweepjob.azureml.core.runconfig import (
    DockerConfiguration,
    MpiConfiguration,
    PyTorchConfiguration,
    RunConfiguration,
    TensorflowConfiguration,
)
from sweepjob.azureml.data import OutputFileDatasetConfig
from sweepjob.azureml.data.data_reference import DataReference
from sweepjob.azureml.pipeline.core import PipelineData
from sweepjob.azureml.pipeline.steps import HyperDriveStep
from sweepjob.azureml.train.dnn import Gloo, Nccl, PyTorch, TensorFlow
from sweepjob.azureml.train.estimator import Estimator
from sweepjob.azureml.train.hyperdrive import (
    BanditPolicy,
    GridParameterSampling,
    HyperDriveConfig,
    MedianStoppingPolicy,
    PrimaryMetricGoal,
    RandomParameterSampling,
    TruncationSelectionPolicy,
    choice,
)
from sweepjob.azureml.train.sklearn import SKLearn
from sweepjob.sdk.attributes import attributes_of

from .azure_v1_sweeps import config, made, of_step, script
from .outcomes import cases, is_without_a_word, outcome, unchanged

MAP = """
compute: {small: {queue: small}, large: {queue: large}}
instance_type: {nc6: {gpus: 1}}
environment:
  env: docker.example/env:1
  other: docker.example/other:1
  estimator: docker.example/estimator:1
  estimator:3: docker.example/estimator:3
  conda.yml: docker.example/conda:1
  requirements.txt: docker.example/pip:1
  docker.example/base: docker.example/mapped:1
data: {rows: {claim: rows}, lake/x: {claim: lake}}
datastore: {workspaceblobstore: {claim: blob}, lake: {claim: lake}}
code: {src: {path: /app}, more: {path: /more}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("azure-map.yaml").write_text(MAP)


def with_sampling(kind: Any) -> Callable[..., Any]:
    def program(**given: Any) -> Any:
        sampling = kind(**{"parameter_space": {"--lr": choice(1, 2)}, **given})
        return made(hyperparameter_sampling=sampling)

    return program


def with_policy(kind: Any, **needed: Any) -> Callable[..., Any]:
    def program(**given: Any) -> Any:
        own = {} if "slack_amount" in given else needed
        return made(policy=kind(**{**own, **given}))

    return program


def with_estimator(kind: Any) -> Callable[..., Any]:
    def program(**given: Any) -> Any:
        own = {"source_directory": "src", "entry_script": "a.py", "compute_target": "small"}
        named = {"environment_definition": Environment("env")}
        by_image = {"custom_docker_image", "conda_dependencies_file", "pip_requirements_file"}
        if by_image & given.keys():
            named = (
                {"environment_definition": Environment("unknown")}
                if "custom_docker_image" not in given
                else {}
            )
        return made(kind(**{**own, **named, **given}))

    return program


def with_seconds(seconds: int) -> RunConfiguration:
    found = RunConfiguration()
    found.max_run_duration_seconds = seconds
    return found


PLACE = {"compute_target": "large", "environment": Environment("other")}
SCRIPT: dict[str, Any] = {
    **PLACE,
    "source_directory": "more",
    "script": "b.py",
    "arguments": ["--a", 1],
    "run_config": with_seconds(60),
    "distributed_job_config": PyTorchConfiguration(node_count=2),
    "resume_from": "before",
    "max_run_duration_seconds": 60,
    "command": ["python", "b.py", "$AZUREML_SWEEP_lr"],
    "docker_runtime_config": DockerConfiguration(shm_size="4g"),
    "image": "docker.example/image:1",
}
HYPERDRIVE: dict[str, Any] = {
    "hyperparameter_sampling": GridParameterSampling({"--lr": choice(1, 2)}),
    "primary_metric_name": "other",
    "primary_metric_goal": PrimaryMetricGoal.MINIMIZE,
    "max_total_runs": 7,
    "max_concurrent_runs": 2,
    "max_duration_minutes": 30,
    "policy": MedianStoppingPolicy(),
    "resume_from": ["before"],
    "resume_child_runs": ["before-1"],
    "pipeline": "x",
    "debug_flag": {"a": "b"},
    "custom_run_id": "a-name",
}
ESTIMATOR: dict[str, Any] = {
    "source_directory": "more",
    "compute_target": "large",
    "vm_size": "nc6",
    "entry_script": "b.py",
    "script_params": {"--a": 1},
    "node_count": 2,
    "process_count_per_node": 2,
    "distributed_training": MpiConfiguration(process_count_per_node=2),
    "custom_docker_image": "docker.example/base",
    "conda_dependencies_file": "conda.yml",
    "pip_requirements_file": "requirements.txt",
    "environment_variables": {"A": "b"},
    "environment_definition": Environment("other"),
    "inputs": [],
    "shm_size": "4g",
    "max_run_duration_seconds": 60,
    # Those that have no name in the signature.
    "use_gpu": True,
    "vm_priority": "lowpriority",
    "distributed_backend": "nccl",
    "source_directory_data_store": "x",
    "image_registry_details": "x",
    "framework_version": "3",
}
INTERVALS = {"evaluation_interval": 3, "delay_evaluation": 5}
POLICY = {**INTERVALS, "slack_factor": 0.3, "slack_amount": 0.3, "truncation_percentage": 30}
POLICY["exclude_finished_jobs"] = True
SPACE = {"parameter_space": {"--b": choice(1, 2)}, "properties": {"a": "b"}, "strict": False}


def by_script(name: str, kind: Any, **needed: Any) -> Callable[..., Any]:
    return lambda **given: made(script(**{name: kind(**{**needed, **given})}))


def with_argument(argument: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **given: made(script(arguments=["--rows", argument(**given)]))


def lake() -> Any:
    return Datastore(Workspace(), "lake")


def run_configuration(**given: Any) -> Any:
    found = RunConfiguration(**{"script": "a.py", **given})
    found.environment = given.get("conda_dependencies") or Environment("env")
    return found


PROGRAMS: dict[str, tuple[Any, Callable[..., Any], dict[str, Any]]] = {
    "HyperDriveConfig": (HyperDriveConfig, lambda **given: made(**given), HYPERDRIVE),
    "ScriptRunConfig": (ScriptRunConfig, lambda **given: made(script(**given)), SCRIPT),
    **{
        kind.__name__: (Estimator, with_estimator(kind), ESTIMATOR)
        for kind in (Estimator, SKLearn, PyTorch, TensorFlow)
    },
    "DockerConfiguration": (
        DockerConfiguration,
        by_script("docker_runtime_config", DockerConfiguration),
        {"arguments": ["--gpus", "all"], "shm_size": "4g"},
    ),
    "MpiConfiguration": (
        MpiConfiguration,
        by_script("distributed_job_config", MpiConfiguration),
        {"process_count_per_node": 2, "node_count": 2},
    ),
    "PyTorchConfiguration": (
        PyTorchConfiguration,
        by_script("distributed_job_config", PyTorchConfiguration),
        {"process_count": 4, "node_count": 2, "communication_backend": "Gloo"},
    ),
    "TensorflowConfiguration": (
        TensorflowConfiguration,
        by_script("distributed_job_config", TensorflowConfiguration),
        {"worker_count": 2, "parameter_server_count": 1},
    ),
    "RandomParameterSampling": (
        RandomParameterSampling,
        with_sampling(RandomParameterSampling),
        SPACE,
    ),
    "GridParameterSampling": (GridParameterSampling, with_sampling(GridParameterSampling), SPACE),
    "BanditPolicy": (BanditPolicy, with_policy(BanditPolicy, slack_factor=0.1), POLICY),
    "MedianStoppingPolicy": (MedianStoppingPolicy, with_policy(MedianStoppingPolicy), POLICY),
    "TruncationSelectionPolicy": (
        TruncationSelectionPolicy,
        with_policy(TruncationSelectionPolicy, truncation_percentage=10),
        POLICY,
    ),
    "OutputFileDatasetConfig": (
        OutputFileDatasetConfig,
        with_argument(OutputFileDatasetConfig),
        {
            "name": "other",
            "destination": (None, "below/{run-id}"),
            "source": "/tmp/written",
            "partition_format": "{a}",
        },
    ),
    "DataReference": (
        DataReference,
        with_argument(
            lambda **given: DataReference(
                **{"datastore": lake(), "path_on_datastore": "x", **given}
            )
        ),
        {
            "path_on_datastore": "y",
            "path_on_compute": "/here",
            "overwrite": True,
        },
    ),
    "PipelineData": (
        PipelineData,
        with_argument(lambda **given: PipelineData(**{"name": "rows", **given})),
        {"name": "unknown", "output_path_on_compute": "/here"},
    ),
    "HyperDriveStep": (
        HyperDriveStep,
        of_step,
        {
            "name": "other",
            "hyperdrive_config": None,
            "estimator_entry_script_arguments": ["--a", "b"],
            "outputs": ["output"],
            "metrics_output": ["metrics"],
        },
    ),
    "RunConfiguration": (
        RunConfiguration,
        lambda **given: made(
            ScriptRunConfig("src", run_config=run_configuration(**given), compute_target="small")
        ),
        {
            "script": "b.py",
            "arguments": ["--a"],
            "framework": "TensorFlow",
            "communicator": "Nccl",
            "command": "python c.py $AZUREML_SWEEP_lr",
        },
    ),
}
# Texts of errors that refuse an argument without its name.
REFUSALS = ("add under data: in azure-map.yaml: unknown",)
SAME = {
    # A step of a pipeline has data, whose names the arguments use.
    "HyperDriveStep.inputs",
    *("inputs", "conda_packages", "pip_packages", "conda_dependencies"),  # see the tests of these
    *("DockerConfiguration.use_docker", "DockerConfiguration.shared_volumes"),
    *("MpiConfiguration.ssh_secret",),  # with several nodes only
    *("DataReference.mode", "DataReference.data_reference_name", "DataReference.datastore"),
    # What another step writes, and by which name the run gives it back.
    *(
        "PipelineData.datastore",
        "PipelineData.pipeline_output_name",
        "PipelineData.training_output",
    ),
    *("HyperDriveConfig.estimator", "HyperDriveConfig.run_config"),  # each of their arguments
    "HyperDriveStep.hyperdrive_config",
}
EXTRA = ("use_gpu", "vm_priority", "source_directory_data_store", "image_registry_details")
CASES = [
    *cases({name: (kind, values) for name, (kind, _, values) in PROGRAMS.items()}, SAME),
    *(("Estimator", name, ESTIMATOR[name]) for name in EXTRA),
    ("PyTorch", "distributed_backend", "nccl"),
    ("PipelineData", "output_path_on_compute", "/here"),
]


@pytest.mark.parametrize(("owner", "name", "value"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_an_argument_has_an_effect_a_note_or_a_refusal(owner: str, name: str, value: Any) -> None:
    _, program, _ = PROGRAMS[owner]
    before, after = unchanged(f"v1 {owner}", program), outcome(lambda: program(**{name: value}))
    assert not is_without_a_word(before, after, name, REFUSALS), (
        f"{owner}: {name}={value!r}: changes nothing"
    )


def torch(count: int) -> dict[str, Any]:
    distribution = {"type": "pytorch", "processCountPerInstance": count}
    return {"instanceCount": 2, "distribution": distribution}


TORCH_2, TORCH_8 = torch(1), torch(4)
MPI_8 = {
    "instanceCount": 2,
    "distribution": {"type": "mpi", "processCountPerInstance": 4, "sshSecret": "keys"},
}


def mpi(**given: Any) -> MpiConfiguration:
    return MpiConfiguration(ssh_secret="keys", **given)


@pytest.mark.parametrize(
    ("given", "pods"),
    [
        ({"node_count": 2, "distributed_training": Nccl()}, TORCH_2),
        ({"distributed_training": Nccl(node_count=2)}, TORCH_2),
        ({"node_count": 2, "distributed_training": Nccl(node_count=2)}, TORCH_2),
        ({"node_count": 2, "process_count_per_node": 4, "distributed_training": Gloo()}, TORCH_8),
        ({"process_count_per_node": 4, "distributed_training": Nccl(node_count=2)}, TORCH_8),
        ({"node_count": 2, "process_count_per_node": 4, "distributed_backend": "nccl"}, TORCH_8),
        ({"node_count": 2, "process_count_per_node": 4, "distributed_training": mpi()}, MPI_8),
        ({"node_count": 2, "distributed_training": mpi(process_count_per_node=4)}, MPI_8),
        (
            {"node_count": 3, "distributed_training": TensorflowConfiguration()},
            {"instanceCount": 3, "distribution": {"type": "tensorflow"}},
        ),
    ],
)
def test_processes_of_an_estimator_on_several_nodes(given: Any, pods: dict[str, Any]) -> None:
    trial = with_estimator(PyTorch)(**given)["spec"]["trial"]
    found = {key: trial.get(key) for key in pods}
    assert found == pods


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"node_count": 2, "distributed_training": Nccl(node_count=3)}, "node_count=3"),
        (
            {"process_count_per_node": 2, "distributed_training": mpi(process_count_per_node=3)},
            "process_count_per_node=3",
        ),
        ({"node_count": 2, "distributed_training": TensorflowConfiguration(3)}, "worker_count=3"),
        ({"node_count": 2, "distributed_training": MpiConfiguration()}, "ssh_secret"),
        ({"distributed_backend": "nccl", "distributed_training": mpi()}, "distributed_backend"),
        ({"distributed_backend": "horovod"}, "must be one of mpi"),
    ],
)
def test_processes_of_an_estimator_that_contradict(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        with_estimator(Estimator)(**given)


def test_nodes_of_a_run_configuration_whose_script_has_the_processes() -> None:
    configuration = run_configuration()
    configuration.node_count = 2
    given = script(run_config=configuration, distributed_job_config=PyTorchConfiguration())
    assert made(given)["spec"]["trial"]["instanceCount"] == 2


def changed(owner: Any, name: str, value: Any) -> Callable[[], Any]:
    """Return a program that assigns an attribute of a part of a sweep before it is submitted."""

    def program() -> Any:
        found = config()
        part = owner(found)
        if name:
            setattr(part, name, value)
        return found.to_sweep().to_manifest()

    return program


def run_config(found: HyperDriveConfig) -> Any:
    return found.run_config.run_config


OWNERS: dict[str, tuple[Callable[[HyperDriveConfig], Any], dict[str, Any]]] = {
    "HyperDriveConfig": (lambda found: found, HYPERDRIVE),
    "ScriptRunConfig": (lambda found: found.run_config, SCRIPT),
    "RunConfiguration": (
        run_config,
        {
            "target": "large",
            "environment": Environment("other"),
            "environment_variables": {"A": "b"},
            "docker": DockerConfiguration(shm_size="4g"),
            "node_count": 2,
            "data_references": {"a": "unknown"},
            "data": {"a": 1},
            "output_data": {"a": 1},
            "source_directory_data_store": "x",
            "max_run_duration_seconds": 60,
            "cluster": "x",
            "credential_passthrough": True,
            "services": {"a": 1},
            "history": None,
            "framework": "x",
            "communicator": "Nccl",
        },
    ),
    "Environment": (
        lambda found: run_config(found).environment,
        {
            "name": "other",
            "environment_variables": {"A": "b"},
            "inferencing_stack_version": "latest",
            "spark": 1,
            "r": 1,
            "databricks": 1,
            "environment_definition": 1,
        },
    ),
    "DockerSection": (
        lambda found: run_config(found).environment.docker,
        {
            "shm_size": "4g",
            "gpu_support": False,
            "arguments": ["--a"],
            "shared_volumes": False,
            "platform": "x",
        },
    ),
    "PythonSection": (
        lambda found: run_config(found).environment.python,
        {"interpreter_path": "/python", "base_conda_environment": "x"},
    ),
    "HistoryConfiguration": (
        lambda found: run_config(found).history,
        {"output_collection": False, "directories_to_watch": ["a"], "snapshot_project": False},
    ),
    "AmlComputeConfiguration": (
        lambda found: run_config(found).amlcompute,
        {
            "vm_size": "nc6",
            "vm_priority": "low",
            "name": "x",
            "location": "west",
            "cluster_max_node_count": 4,
            "retain_cluster": True,
        },
    ),
}
# Attributes that may change nothing here.
KEPT = {
    # An environment that the map has by its name has that image.
    *("Environment.version", "Environment.docker", "Environment.python"),
    *("DockerSection.base_image", "DockerSection.base_image_registry", "DockerSection.enabled"),
    *("DockerSection.base_dockerfile", "DockerSection.build_context"),
    *("PythonSection.user_managed_dependencies", "PythonSection.conda_dependencies"),
    "PythonSection.conda_dependencies_file",
    # A ScriptRunConfig has the script; each part is walked on its own.
    *(f"RunConfiguration.{name}" for name in ("script", "arguments", "command", "amlcompute")),
    *(f"RunConfiguration.{name}" for name in ("mpi", "pytorch", "tensorflow")),
    "RunConfiguration.auto_prepare_environment",  # nothing is prepared
    *("ScriptRunConfig.kubernetes", "ScriptRunConfig.inputs"),
    *(
        f"HyperDriveConfig.{name}"
        for name in ("run_config", "estimator", "step_name", "step_outputs")
    ),
}


ATTRIBUTES = [
    (owner, name, value)
    for owner, (_, values) in OWNERS.items()
    for name, value in values.items()
    if name != "pipeline"
]


@pytest.mark.parametrize(
    ("owner", "name", "value"), ATTRIBUTES, ids=[f"{a[0]}-{a[1]}" for a in ATTRIBUTES]
)
def test_an_attribute_that_is_assigned(owner: str, name: str, value: Any) -> None:
    part, _ = OWNERS[owner]
    before = unchanged("attributes of v1", changed(part, "", None))
    after = outcome(changed(part, name, value))
    assert not is_without_a_word(before, after, name, REFUSALS), (
        f"{owner}.{name} = {value!r}: changes nothing"
    )


def test_no_attribute_is_left_out() -> None:
    found = config()
    for owner, (part, values) in OWNERS.items():
        own = part(found)
        names = {n for n in (*vars(own), *attributes_of(own)) if not n.startswith("_")}
        names = {n for n in names if getattr(getattr(type(own), n, None), "fset", n) is not None}
        left = {n for n in names if n not in values and f"{owner}.{n}" not in KEPT}
        assert not left, f"{owner}: {left}"
