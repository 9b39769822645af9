"""Tests import paths of Azure's v2 client: private modules, other packages, and names of policies."""

from __future__ import annotations

from importlib import import_module

import pytest
from sweepjob.azure.ai.ml import command
from sweepjob.azure.ai.ml.sweep import Choice
from sweepjob.sdk.arguments import ArgumentError

PRIVATE = [
    ("entities._job.sweep.search_space", "Choice", "sweep"),
    ("entities._inputs_outputs", "Input", ""),
    ("entities._builders.command_func", "command", ""),
    ("constants._common", "AssetTypes", "constants"),
    ("_restclient.v2023_04_01_preview.models", "Objective", "entities"),
]


@pytest.mark.parametrize(("module", "name", "home"), PRIVATE)
def test_a_private_module_has_the_public_names(module: str, name: str, home: str) -> None:
    public = import_module(f"sweepjob.azure.ai.ml{'.' if home else ''}{home}")
    found = import_module(f"sweepjob.azure.ai.ml.{module}")
    assert getattr(found, name) is getattr(public, name)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "from sweepjob.azure.storage.blob import BlobServiceClient",
            r"azure\.storage: .*import it from azure, as before",
        ),
        ("import sweepjob.azure.keyvault.secrets", r"azure\.keyvault: .*as before"),
        (
            "from sweepjob.azure.ai.ml.swep import Choice",
            r"azure\.ai\.ml\.swep: .*remove this import",
        ),
    ],
)
def test_what_is_not_there_says_what_to_do(statement: str, message: str) -> None:
    with pytest.raises(ImportError, match=message):
        exec(statement)


@pytest.mark.parametrize(
    ("module", "name", "remedy"),
    [
        ("operations", "JobOperations", "has no counterpart here"),
        ("_scope_dependent_operations", "OperationScope", "is private in Azure's client"),
        ("automl", "ClassificationPrimaryMetrics", "sweep a script of yours"),
        ("entities", "ManagedOnlineDeployment", "KServe"),
    ],
)
def test_what_has_no_counterpart_is_refused_when_it_is_used(
    module: str, name: str, remedy: str
) -> None:
    found = getattr(import_module(f"sweepjob.azure.ai.ml.{module}"), name)
    with pytest.raises(ArgumentError, match=rf"{name}: is not supported: .*{remedy}"):
        found(name="a")
    with pytest.raises(ArgumentError, match=rf"{name}\.MEMBER: is not supported: .*{remedy}"):
        _ = found.MEMBER


def test_credentials_and_types_of_models() -> None:
    from sweepjob.azure.ai.ml.constants import ModelType
    from sweepjob.azure.core.credentials import AzureKeyCredential, TokenCredential

    assert (AzureKeyCredential("key").get_token().token, TokenCredential().get_token().token) == (
        "",
        "",
    )
    assert ModelType.MLFLOW == "MLFlowModel"


def test_a_policy_by_its_name() -> None:
    job = command(command="python a.py ${{inputs.x}}", image="e", inputs={"x": 1})
    given = {"primary_metric": "m", "goal": "maximize"}
    sweep = job(x=Choice([1, 2])).sweep(**given, early_termination_policy="median_stopping")
    spec = sweep.to_manifest()["spec"]
    assert spec["earlyTermination"]["type"] == "median_stopping"
    for name, message in (("truncation_selection", "truncation_percentage"), ("median", "median")):
        with pytest.raises(ArgumentError, match=message):
            job(x=Choice([1, 2])).sweep(**given, early_termination_policy=name).to_manifest()


def test_a_command_that_does_not_run_has_its_services() -> None:
    from sweepjob.sdk.workspace.job_operations import CommandRun

    run = CommandRun(command(command="python a.py", image="e"))
    assert run.services["Studio"].endpoint == run.studio_url
