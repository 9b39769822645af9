"""Walks the functions of Azure's surface: none takes an argument that it drops without a word."""

from __future__ import annotations

import inspect
import itertools
import json
import pkgutil
import re
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sweepjob.azure
import sweepjob.azureml
import sweepjob.sdk.workspace
import sweepjob.training
from sweepjob.azureml.core.single_run import SingleRun
from sweepjob.azureml.runs.child import TrialOfSweep
from sweepjob.azureml.runs.hyperdrive_run import HyperDriveRun
from sweepjob.training.unused_arguments import asks_for_another, unused_arguments

AZURES: dict[str, list[str]] = json.loads(
    (Path(__file__).parents[2] / "azure_client" / "v1_arguments.json").read_text()
)
# Azure's default values by function, other than None.
DEFAULTS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "azure_client" / "v1_defaults.json").read_text()
)
PACKAGES = (sweepjob.azure, sweepjob.azureml, sweepjob.sdk.workspace, sweepjob.training)
MODULES = ("sweepjob.sdk.azure_members", "sweepjob.sdk.job", "sweepjob.sdk.load")


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions and methods of the surface by name."""
    names = [
        found.name
        for package in PACKAGES
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    for name in (*names, *MODULES):
        module = import_module(name)
        for kind in vars(module).values():
            if getattr(kind, "__module__", "") != name:
                continue
            if inspect.isfunction(kind):
                yield f"{name}.{kind.__name__}", kind
            for key, member in vars(kind).items() if inspect.isclass(kind) else ():
                function = getattr(member, "__func__", member)
                if inspect.isfunction(function):
                    yield f"{name}.{kind.__qualname__}.{key}", function


FUNCTIONS = {
    path.removeprefix("sweepjob."): function
    for path, function in functions()
    if path.rpartition(".")[2] in ("__init__", "__call__", "__new__")
    or not path.rpartition(".")[2].startswith("_")
}
# Those of protocols.
FUNCTIONS.pop("sdk.workspace.backends.Backend.__init__")
FUNCTIONS.pop("azureml._mapped_names.HasAzureMap.__init__")
# Functions that take any argument by its name, and why.
TAKE_ANY = {
    # Not used as a whole: the workspace says so, or the pipeline.
    "azure.identity.DefaultAzureCredential.__init__",
    "azure.identity.DefaultAzureCredential.get_token",
    "azureml.core.compute.ComputeTarget.__new__",  # __init__ refuses them
    "azureml.core.authentication._Credentials.__init__",
    "azureml.core.authentication._Credentials.get_token",
    "azureml.pipeline.steps._OtherStep.__init__",
    "sdk.workspace.components.OtherComponent.__call__",
    # They raise, whatever is given.
    "azureml._unsupported._Unsupported.__call__",
    "azureml.core.model.Model.deploy",
    "azureml.pipeline.core.Pipeline.publish",
    "azureml.runs.child.TrialOfSweep.log",
    "sdk.workspace.job_operations.JobOperations.begin_delete",
    "sdk.workspace.ml_client._Workspaces.begin_create",
    "sdk.workspace.job_operations.JobOperations.update",
    *(f"sdk.workspace.ml_client._Workspaces.begin_{verb}" for verb in ("update", "delete")),
    "sdk.workspace.ml_client._Workspaces.begin_create_or_update",
    "sdk.workspace.unsupported.Unsupported.__init__",
    # Another function takes the arguments, and refuses unknown ones.
    "azureml.core.script_run_config.ScriptRunConfig.__init__",
    "azureml.train.estimator.Estimator.__init__",
    "sdk.workspace.ml_client.MLClient.create_or_update",
    "sdk.workspace.ml_client.MLClient.begin_create_or_update",
    "sdk.load.load_job",
    "sdk.job.Command.__init__",
    "sdk.workspace.asset_operations.AssetOperations.begin_create_or_update",
    # They keep what they are given, or say it.
    "sdk.workspace.assets.Compute.__init__",
    "sdk.workspace.pipelines.pipeline",
    "training.file_methods.FileMethods.register_model",
    "training.logging_methods.LoggingMethods.log_row",
    "training.tables.read_table",
}


def test_a_function_that_takes_any_argument_says_which_are_not_used() -> None:
    found = {
        path
        for path, function in FUNCTIONS.items()
        if any(p.kind is p.VAR_KEYWORD for p in inspect.signature(function).parameters.values())
        and not hasattr(function, "unused_arguments")
    }
    assert sorted(found - TAKE_ANY) == []
    assert sorted(TAKE_ANY - FUNCTIONS.keys()) == []


def test_an_argument_that_is_described_as_not_used_says_so() -> None:
    found = []
    for path, function in FUNCTIONS.items():
        text = inspect.getdoc(function) or ""
        for name in inspect.signature(function).parameters:
            lines = re.findall(rf"^\s*{name}: Azure's.*", text, re.MULTILINE)
            known = getattr(function, "unused_arguments", ())
            is_any = name in ("azure", "settings", "args")
            is_listed = path in SAID or f"{path}: {name}" in KEPT
            if lines and not is_any and name not in known and not is_listed:
                found.append(f"{path}: {name}")
    assert found == [], found


# Arguments that are described as Azure's and need no warning, and why.
KEPT = {
    # They are kept, and the object has them.
    *(f"azureml.core.workspace.Workspace.{n}: subscription_id" for n in ("list", "get", "create")),
    *(f"azureml.core.workspace.Workspace.{n}: resource_group" for n in ("list", "get", "create")),
    *(f"azureml.core.workspace.Workspace.{n}: location" for n in ("get", "create")),
    # They have an effect, and are Azure's words.
    "azureml.core.processes.launcher: distribution",
    "azureml.core.processes.pod_arguments: distribution",
    "azureml.train.estimator_processes.estimator_processes: distributed_training",
    "azureml.runs.details.sweep_details: status",
    "training.unused_arguments.unused_arguments: defaults",
    # Texts about a value; a decorated function would cost time at each report.
    *(
        f"training.logging_methods.LoggingMethods.log{n}: description"
        for n in ("", "_list", "_row")
    ),
    *(f"training.logging_methods.LoggingMethods.log{n}: description" for n in ("_table", "_image")),
    *("training.run.ChildRun.log: description", "training.run.ChildRun.log: step"),
    "training.run.Run.fail: error_code",  # a part of the message
    # Names and times of what there is not.
    "azureml.data.output_dataset_config.OutputFileDatasetConfig.as_input: name",
    *(
        f"azureml.telemetry.set_diagnostics_collection: {n}"
        for n in ("send_diagnostics", "verbosity")
    ),
    *(f"sdk.workspace.asset_operations.Poller.{n}: timeout" for n in ("result", "wait")),
}
# They raise, or say on submission that the setting is not used.
SAID = {
    "sdk.job.Command.__init__",
    "sdk.job.Command.sweep",
    "sdk.workspace.job_operations.JobOperations.begin_delete",
    "sdk.workspace.ml_client.MLClient.__init__",  # of which one warning says all
    "sdk.workspace.ml_client.MLClient.from_config",
}
# Arguments of Azure's that are an error here: Python says that there is no such argument.
REFUSED = {
    "azureml.core.dataset.Dataset.__init__",  # a dataset is made by Dataset.File and Dataset.Tabular
    "azureml.core.runconfig.DataPath.__init__",  # the class is that of azureml.data.datapath
    "azureml.core.runconfig.Dataset.__init__",
    "azureml.core.compute.remote.RemoteCompute.attach",
    "azureml.train.hyperdrive.policy.EarlyTerminationPolicy.__init__",  # a base class
    "azureml.train.hyperdrive.sampling.HyperParameterSampling.__init__",
}


# One function serves several classes of Azure's, which have these in another order; all is said of them,
# or changes nothing.
ANOTHER_ORDER = {
    "azureml.core.compute.compute.ComputeTarget.wait_for_completion",
    "azureml.core.compute.computeinstance.ComputeInstance.provisioning_configuration",
    "azureml.core.compute.computeinstance.ComputeInstance.wait_for_completion",
    "azureml.core.compute.kubernetescompute.KubernetesCompute.wait_for_completion",
    "azureml.core.script_run.ScriptRun.__init__",
}


def resolve(path: str) -> Any:
    parts = path.split(".")
    for length in range(len(parts) - 1, 1, -1):
        try:
            found: Any = import_module(".".join(("sweepjob", *parts[:length])))
        except ImportError:
            continue
        for part in parts[length:-1]:
            found = getattr(found, part)
        own = vars(found) if inspect.isclass(found) else {}
        if parts[-1] == "__init__" and "__new__" in own and "__init__" not in own:
            return found.__new__
        return getattr(found, parts[-1])
    raise AssertionError(path)


@pytest.mark.parametrize("path", [path for path in AZURES if path not in REFUSED])
def test_every_argument_of_azure_is_known(path: str) -> None:
    """Each argument of Azure's v1 client is one of ours, or one that is known to have no effect."""
    function = resolve(path)
    # A datastore is that of Datastore.get, by its name; a class without __init__ takes no arguments.
    if "Datastore.__init__" in path or not hasattr(function, "__module__"):
        return
    parameters = inspect.signature(function).parameters
    known = {*parameters, *getattr(function, "unused_arguments", ())}
    path_here = f"{function.__module__}.{function.__qualname__}".removeprefix("sweepjob.")
    if path_here in TAKE_ANY:
        return
    assert [n for n in AZURES[path] if n not in known and not n.startswith("*")] == []


@pytest.mark.parametrize("path", [p for p in AZURES if p not in REFUSED | ANOTHER_ORDER])
def test_arguments_by_position_are_in_the_order_of_azure(path: str) -> None:
    function = resolve(path)
    if "Datastore.__init__" in path or not hasattr(function, "__module__"):
        return
    azures = list(itertools.takewhile(lambda name: name not in ("*", "**"), AZURES[path]))
    path_here = f"{function.__module__}.{function.__qualname__}".removeprefix("sweepjob.")
    ours = [name for name in by_position(function) if not name.startswith("_")]
    assert path_here in TAKE_ANY or ours[: len(azures)] == azures


@pytest.mark.parametrize("kind", [TrialOfSweep, HyperDriveRun, SingleRun])
def test_arguments_of_a_submitted_run_are_in_the_order_of_azure(kind: type) -> None:
    prefix = "azureml.core.run.Run."
    for path, names in AZURES.items():
        name = path.removeprefix(prefix)
        function = vars(kind).get(name)
        if inspect.isfunction(function) and name not in ("__init__", "log"):  # log is refused
            azures = list(itertools.takewhile(lambda name: name not in ("*", "**"), names))
            assert by_position(function)[: len(azures)] == azures, function.__qualname__


@pytest.mark.parametrize("path", [path for path in DEFAULTS if path not in REFUSED])
def test_a_default_value_of_azure_is_no_warning(path: str) -> None:
    function = resolve(path)
    ours = getattr(function, "azure_defaults", {})
    unused = getattr(function, "reasons", ())
    asked = {
        name: value
        for name, value in DEFAULTS[path].items()
        if name in unused and asks_for_another(value, ours.get(name))
    }
    assert asked == {}


def by_position(function: Any) -> list[str]:
    """Return the arguments that a call can give by position, without ``self``."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    own = [p.name for p in inspect.signature(function).parameters.values() if p.kind in kinds]
    own = own[1:] if own[:1] in (["self"], ["cls"]) else own
    return [*own, *getattr(function, "by_position", ())]


def test_no_argument_by_position_is_dropped() -> None:
    found = {
        path
        for path, function in FUNCTIONS.items()
        if any(p.kind is p.VAR_POSITIONAL for p in inspect.signature(function).parameters.values())
    }
    takes_values = {"azureml.train.hyperdrive.parameter_expressions.choice"}
    assert sorted(found - TAKE_ANY - takes_values) == []


def test_what_is_said() -> None:
    @unused_arguments({"a b": "they are old", "c": "it is new"}, harmless="d")
    def make(x: int, c: str = "c", **azure: Any) -> int:
        return x

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert make(1, d=5, a=None, b="", c="c") == 1
    with pytest.warns(UserWarning, match="make: a, b: not used: they are old") as caught:
        assert make(2, a=1, b=2) == 2
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="make: c: not used: it is new"):
        make(3, "other")
    with pytest.raises(TypeError, match="make: bb: no such argument; did you mean b"):
        make(4, bb=1)
