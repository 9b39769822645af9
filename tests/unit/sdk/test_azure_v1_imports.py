"""Every import path of Azure's v1 client that programs with sweeps use, by one search and replace."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sweepjob.azureml.exceptions import NotSupported

HYPERDRIVE = [
    *(
        "BanditPolicy",
        "BayesianParameterSampling",
        "EarlyTerminationPolicy",
        "GridParameterSampling",
    ),
    *("HyperDriveConfig", "HyperDriveRun", "HyperDriveRunConfig", "HyperParameterSampling"),
    *(
        "MedianStoppingPolicy",
        "NoTerminationPolicy",
        "PrimaryMetricGoal",
        "RandomParameterSampling",
    ),
    *("TruncationSelectionPolicy", "choice", "lognormal", "loguniform", "normal", "qlognormal"),
    *("qloguniform", "qnormal", "quniform", "randint", "uniform"),
]
NAMES = {
    "azureml.train.hyperdrive": HYPERDRIVE,
    "azureml.train.hyperdrive.run": ["HyperDriveRun", "PrimaryMetricGoal", "HyperDriveConfig"],
    "azureml.train.hyperdrive.policy": HYPERDRIVE[:1]
    + ["MedianStoppingPolicy", "NoTerminationPolicy"],
    "azureml.train.hyperdrive.runconfig": [
        "HyperDriveConfig",
        "HyperDriveRunConfig",
        "PrimaryMetricGoal",
    ],
    "azureml.train.hyperdrive.sampling": ["BayesianParameterSampling", "RandomParameterSampling"],
    "azureml.train.hyperdrive.parameter_expressions": HYPERDRIVE[13:],
    "azureml.core": [
        *("Workspace", "Experiment", "Environment", "ComputeTarget", "Dataset", "Datastore", "Run"),
        *(
            "ScriptRunConfig",
            "Model",
            "RunConfiguration",
            "VERSION",
            "Keyvault",
            "ContainerRegistry",
        ),
    ],
    "azureml.core.workspace": ["Workspace"],
    "azureml.core.experiment": ["Experiment"],
    "azureml.core.environment": ["Environment", "CondaDependencies"],
    "azureml.core.conda_dependencies": ["CondaDependencies"],
    "azureml.core.compute": ["AmlCompute", "ComputeTarget", "ComputeInstance"],
    "azureml.core.compute_target": ["ComputeTargetException", "ComputeTarget"],
    "azureml.core.dataset": ["Dataset"],
    "azureml.core.datastore": ["Datastore"],
    "azureml.core.model": ["Model", "InferenceConfig"],
    "azureml.core.run": ["Run", "get_run"],
    "azureml.core.runconfig": [
        *(
            "RunConfiguration",
            "MpiConfiguration",
            "PyTorchConfiguration",
            "TensorflowConfiguration",
        ),
        *("DockerConfiguration", "CondaDependencies", "DEFAULT_CPU_IMAGE", "DEFAULT_GPU_IMAGE"),
    ],
    "azureml.core.script_run_config": ["ScriptRunConfig"],
    "azureml.core.script_run": ["ScriptRun"],
    "azureml.core.keyvault": ["Keyvault"],
    "azureml.core.authentication": [
        "InteractiveLoginAuthentication",
        "ServicePrincipalAuthentication",
    ],
    "azureml.core.webservice": ["AciWebservice", "Webservice", "LocalWebservice"],
    "azureml.core.resource_configuration": ["ResourceConfiguration"],
    "azureml.data.dataset_factory": ["TabularDatasetFactory", "FileDatasetFactory"],
    "azureml.data.data_reference": ["DataReference"],
    "azureml.data.datapath": ["DataPath"],
    "azureml.data": ["OutputFileDatasetConfig", "TabularDataset", "FileDataset"],
    "azureml.exceptions": ["ComputeTargetException", "UserErrorException", "WorkspaceException"],
    "azureml.train.estimator": ["Estimator", "Mpi"],
    "azureml.train.sklearn": ["SKLearn"],
    "azureml.train.dnn": ["PyTorch", "TensorFlow", "Chainer", "Mpi", "Nccl"],
    "azureml.train.automl": ["AutoMLConfig"],
    "azureml.train.widgets": ["RunDetails"],
    "azureml.widgets": ["RunDetails"],
    "azureml.telemetry": ["set_diagnostics_collection"],
    "azureml.pipeline.core": ["Pipeline", "PipelineData", "PipelineParameter", "TrainingOutput"],
    "azureml.pipeline.core.graph": ["PipelineParameter"],
    "azureml.pipeline.core.schedule": ["Schedule", "ScheduleRecurrence"],
    "azureml.pipeline.steps": ["HyperDriveStep", "HyperDriveStepRun", "PythonScriptStep"],
}


@pytest.mark.parametrize("module", NAMES)
def test_import_paths(module: str) -> None:
    found = import_module(f"sweepjob.{module}")
    assert [name for name in NAMES[module] if not hasattr(found, name)] == []


def test_import_azureml_itself() -> None:
    code = """
    from sweepjob import azureml
    from sweepjob.azureml.train import hyperdrive
    print(azureml.core.VERSION, azureml.train.hyperdrive is hyperdrive, azureml.core.run.Run.__name__)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={"PYTHONPATH": str(Path(__file__).parents[3] / "operator")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[1:] == ["True", "Run"]


UNSUPPORTED = [
    (
        "azureml.core.webservice",
        "AciWebservice",
        "deploy_configuration",
        "remove this line, and serve",
    ),
    ("azureml.core.model", "InferenceConfig", "", "models are not deployed here"),
    ("azureml.train.automl", "AutoMLConfig", "", "automated ML does not run here"),
    ("azureml.pipeline.core", "Schedule", "create", "apply the SweepJob from a CronJob"),
    ("azureml.core.compute", "DatabricksCompute", "", "HyperDrive does not run on it"),
]


@pytest.mark.parametrize(("module", "name", "method", "remedy"), UNSUPPORTED)
def test_what_is_no_part_of_sweeps_says_what_to_change(
    module: str, name: str, method: str, remedy: str
) -> None:
    found = getattr(import_module(f"sweepjob.{module}"), name)
    with pytest.raises(NotSupported, match=remedy):
        getattr(found, method)() if method else found(a=1)


@pytest.mark.parametrize("module", ["core.nothing", "trian.hyperdrive", "nothing"])
def test_a_module_that_is_not_here(module: str) -> None:
    with pytest.raises(
        ModuleNotFoundError, match=rf"azureml\.{module.split('.')[0]}.*remove this import"
    ):
        import_module(f"sweepjob.azureml.{module}")


OTHER_PACKAGES = [
    ("opendatasets", "Diabetes", "install azureml-opendatasets, or remove"),
    ("contrib.dataset.labeled_dataset", "LabeledDatasetTask", "install azureml-contrib, or remove"),
    ("automl.core.shared.constants", "ImageTask", "install azureml-automl, or remove"),
    ("train.automl.run", "AutoMLRun", "automated ML does not run here"),
    ("_restclient.constants", "RunStatus", "is private in Azure's client"),
    ("core._experiment_method", "submit", "is private in Azure's client"),
    ("core.databricks", "PyPiLibrary", "only processes of pods run here"),
    ("core.runconfig", "JarLibrary", "only processes of pods run here"),
    (
        "pipeline.core.pipeline_output_dataset",
        "PipelineOutputAbstractDataset",
        "pipelines do not run",
    ),
]


@pytest.mark.parametrize(("module", "name", "remedy"), OTHER_PACKAGES)
def test_other_packages_can_be_imported_and_are_refused_when_used(
    module: str, name: str, remedy: str
) -> None:
    names: dict[str, Any] = {}
    exec(f"from sweepjob.azureml.{module} import {name}", names)
    with pytest.raises(NotSupported, match=rf"{name}\(.*{remedy}"):
        names[name](1)
    with pytest.raises(NotSupported, match=rf"{name}\.MEMBER: .*{remedy}"):
        _ = names[name].MEMBER


def test_an_installed_package_of_azure_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "azureml" / "opendatasets").mkdir(parents=True)
    (tmp_path / "azureml" / "opendatasets" / "__init__.py").write_text(
        "class Holidays:\n    year = 9\n"
    )
    code = """
    from sweepjob.azureml.opendatasets import Holidays
    from sweepjob.azureml.core import Workspace
    print(Holidays.year, Holidays.__module__)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={"PYTHONPATH": f"{Path(__file__).parents[3] / 'operator'}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["9", "azureml.opendatasets"]


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Wrokspace'"):
        _ = import_module("sweepjob.azureml.core").Wrokspace


OTHER_PATHS = [
    ("core.compute.amlcompute", "AmlCompute", "core.compute"),
    ("core.webservice.aci", "AciWebservice", "core.webservice"),
    ("core.authentication", "AuthenticationException", "exceptions"),
    ("core.experiment", "UserErrorException", "exceptions"),
    ("core.environment", "DEFAULT_GPU_IMAGE", "core.runconfig"),
    ("core.runconfig", "ContainerRegistry", "core.container_registry"),
    ("core.workspace", "ComputeTarget", "core.compute"),
    ("data.datapath", "DataReference", "data.data_reference"),
    ("pipeline.core.pipeline", "Pipeline", "pipeline.core"),
    ("pipeline.core.graph", "TrainingOutput", "pipeline.core"),
    ("core.runconfig", "SparkSection", "core.environment"),
    ("pipeline.steps.hyper_drive_step", "HyperDriveStep", "pipeline.steps"),
    ("widgets.run_details", "RunDetails", "widgets"),
]


@pytest.mark.parametrize(("module", "name", "home"), OTHER_PATHS)
def test_a_name_by_another_path_of_azure(module: str, name: str, home: str) -> None:
    found = getattr(import_module(f"sweepjob.azureml.{module}"), name)
    assert found is getattr(import_module(f"sweepjob.azureml.{home}"), name)


def test_classes_that_are_one_class_here() -> None:
    from sweepjob.azureml.core import Datastore
    from sweepjob.azureml.core.runconfig import Environment, EnvironmentDefinition
    from sweepjob.azureml.data.azure_storage_datastore import AzureBlobDatastore
    from sweepjob.azureml.train.hyperdrive import HyperDriveConfig
    from sweepjob.azureml.train.hyperdrive.exceptions import HyperDriveConfigException

    assert AzureBlobDatastore is Datastore
    assert EnvironmentDefinition is Environment
    with pytest.raises(HyperDriveConfigException):
        HyperDriveConfig(None, None, None, None, None)


@pytest.mark.parametrize(
    ("module", "name"), [("core.webservice.aci", "Nothing"), ("core.compute.aks", "SslNothing")]
)
def test_a_name_that_is_not_in_a_module_of_a_package(module: str, name: str) -> None:
    with pytest.raises(ImportError, match=rf"azureml\.{module}\.{name}: .*remove this import"):
        exec(f"from sweepjob.azureml.{module} import {name}")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("pipeline.core._restclients.aeva.models.error_response", "ErrorResponseException"),
        ("_restclient.models.error", "ServiceError"),
    ],
)
def test_an_exception_of_azures_service_can_be_caught(module: str, name: str) -> None:
    found = getattr(import_module(f"sweepjob.azureml.{module}"), name)
    assert issubclass(found, Exception)
    with suppress(found):
        assert found.__doc__.startswith("Is never raised:")
