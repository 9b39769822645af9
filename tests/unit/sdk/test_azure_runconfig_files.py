"""``RunConfiguration.load``: each setting of a ``.runconfig`` file has an effect, or is said."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.azureml.core import ScriptRunConfig
from sweepjob.azureml.core.runconfig import RunConfiguration
from sweepjob.azureml.exceptions import UserErrorException

from .azure_v1_sweeps import config

# As Azure's client writes it.
OF_AZURE = """
script: train.py
arguments: [--a, 1]
target: cpu-cluster
framework: Python
communicator: None
maxRunDurationSeconds:
nodeCount: 1
priority:
environment:
  name: env
  version:
  environmentVariables: {EXAMPLE_ENV_VAR: EXAMPLE_VALUE}
  python:
    userManagedDependencies: false
    interpreterPath: python
    condaDependenciesFile: conda.yml
    baseCondaEnvironment:
  docker:
    enabled: false
    baseImage: mcr.microsoft.com/azureml/base:0.2.4
    baseDockerfile:
    sharedVolumes: true
    shmSize: 2g
    arguments: []
    baseImageRegistry: {address: , username: , password: }
    platform: {os: Linux, architecture: amd64}
  spark: {repositories: [https://mmlspark.azureedge.net/maven], packages: [], precachePackages: true}
  databricks: {mavenLibraries: [], pypiLibraries: []}
  inferencingStackVersion:
history:
  outputCollection: true
  snapshotProject: true
  directoriesToWatch: [logs]
spark: {configuration: {spark.app.name: Azure ML Experiment}}
hdi: {yarnDeployMode: cluster}
docker: {useDocker: false, sharedVolumes: true, arguments: [], shmSize: 4g}
tensorflow: {workerCount: 1, parameterServerCount: 1}
mpi: {processCountPerNode: 1, nodeCount: 1}
pytorch: {communicationBackend: nccl, processCount: , nodeCount: 1}
paralleltask: {maxRetriesPerWorker: 0, workerCountPerNode: 1, terminalExitCodes: }
dataReferences: {}
data: {}
datacaches: []
outputData: {}
sourceDirectoryDataStore:
amlcompute: {vmSize: , vmPriority: , retainCluster: false, name: , clusterMaxNodeCount: 1}
kubernetescompute: {instanceType: }
credentialPassthrough: false
command: ''
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str) -> tuple[RunConfiguration, list[str]]:
    """Return the configuration of a file, and the warnings, which all point at this file."""
    Path("a.runconfig").write_text(text)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = RunConfiguration.load("a.runconfig")
    assert {one.filename for one in caught} <= {__file__}
    return made, [str(one.message) for one in caught]


def test_a_file_of_azures_client_says_nothing() -> None:
    made, said = load(OF_AZURE)
    assert said == []
    assert (made.script, made.arguments, made.target) == ("train.py", ["--a", 1], "cpu-cluster")
    assert made.environment_variables == {"EXAMPLE_ENV_VAR": "EXAMPLE_VALUE"}
    environment = made.environment
    assert (environment.name, environment.docker.shm_size) == ("env", "2g")
    assert environment.docker.base_image == "mcr.microsoft.com/azureml/base:0.2.4"
    assert environment.python.conda_dependencies_file == "conda.yml"
    assert (made.docker.shm_size, made.process_configuration) == ("4g", None)


CHANGES: list[tuple[str, Any, str]] = [
    (
        "historyy",
        {"outputCollection": False},
        "a.runconfig: historyy: is not read; did you mean history?",
    ),
    ("nodeCounts", 2, "nodeCounts: is not read; did you mean nodeCount?"),
    (
        "environment.docker.shmSizes",
        "3g",
        "environment.docker.shmSizes: is not read; did you mean shmSize?",
    ),
    (
        "mpi.procesCountPerNode",
        2,
        "mpi.procesCountPerNode: is not read; did you mean processCountPerNode?",
    ),
    ("priority", 3, "priority: is not read"),
    ("kubernetescompute", {"instanceType": "gpu"}, "kubernetescompute: is not read"),
    ("datacaches", [{"datasetId": "x"}], "datacaches: is not read"),
    (
        "sourceDirectoryDataStore",
        "x",
        "RunConfiguration.source_directory_data_store = 'x': not used",
    ),
    ("credentialPassthrough", True, "RunConfiguration.credential_passthrough = True: not used"),
    ("history.outputCollection", False, "HistoryConfiguration.output_collection = False: not used"),
    (
        "history.directoriesToWatch",
        ["a"],
        "HistoryConfiguration.directories_to_watch = ['a']: not used",
    ),
    (
        "environment.python.interpreterPath",
        "/py",
        "PythonSection.interpreter_path = '/py': not used",
    ),
    (
        "environment.docker.platform",
        {"os": "Windows"},
        "DockerSection.platform = {'os': 'Windows'}",
    ),
    (
        "environment.docker.baseImageRegistry.username",
        "me",
        "ContainerRegistry.username = 'me': not used",
    ),
    ("pytorch.communicationBackend", "gloo", "communication_backend = 'gloo': not used"),
    ("amlcompute.vmPriority", "low", "AmlComputeConfiguration.vm_priority = 'low': not used"),
    ("framework", "PySpark", "RunConfiguration.framework = 'PySpark': not used"),
]


def changed(path: str, value: Any) -> str:
    found = yaml.safe_load(OF_AZURE)
    section = found
    *sections, key = path.split(".")
    for name in sections:
        section = section[name]
    section[key] = value
    return yaml.safe_dump(found)


@pytest.mark.parametrize(("path", "value", "message"), CHANGES, ids=[c[0] for c in CHANGES])
def test_a_setting_without_an_effect_is_said(path: str, value: Any, message: str) -> None:
    _, (said,) = load(changed(path, value))
    assert message in said


@pytest.mark.parametrize("path", ["docker.arguments", "environment.docker.arguments"])
def test_arguments_of_docker_are_refused(path: str) -> None:
    made, _ = load(changed(path, ["--gpus", "all"]))
    resolved = ScriptRunConfig("src", run_config=made, image="docker.example/a:1")
    with pytest.raises(ValueError, match=r"--gpus.*a pod has no docker arguments"):
        config(resolved)


def test_what_a_file_says_is_read() -> None:
    made, said = load(
        "communicator: Mpi\nnodeCount: '2'\nmpi: {processCountPerNode: 3}\namlcompute: {vmSize: nc6}\n"
        "environment: {python: {condaDependencies: {channels: [c], dependencies: [python=3.9, {pip: [x]}]}}}"
    )
    assert said == []
    mpi = made.process_configuration
    assert (mpi.node_count, mpi.process_count_per_node) == (2, 3)
    packages = made.environment.python.conda_dependencies
    assert packages is not None
    assert (packages.conda_packages, packages.pip_packages) == (["python=3.9"], ["x"])
    assert (made.amlcompute.vm_size, made.environment.name) == ("nc6", "environment")
    assert load("environment: mine\n")[0].environment.name == "mine"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mpi: 3\n", "mpi: 3: must be a mapping"),
        ("data: {a: {mechanism: mount}}\n", "data: is not read: give the data as arguments"),
    ],
)
def test_a_file_that_is_refused(text: str, message: str) -> None:
    with pytest.raises(UserErrorException, match=message):
        load(text)
