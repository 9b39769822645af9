"""``azureml.core``: workspace, experiment, environment, compute, data, script and run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._lazy import public_name
from .._other_names import other_names

if TYPE_CHECKING:
    from .compute import ComputeTarget
    from .container_registry import ContainerRegistry
    from .dataset import Dataset
    from .datastore import Datastore
    from .environment import Environment
    from .experiment import Experiment
    from .keyvault import Keyvault
    from .model import Model
    from .run import Run
    from .runconfig import RunConfiguration
    from .script_run_config import ScriptRunConfig
    from .webservice import Image, Webservice
    from .workspace import Workspace

# The version of Azure's client whose interface this is: programs compare it.
VERSION = __version__ = "1.62.0"
__all__ = [
    "VERSION",
    "ComputeTarget",
    "ContainerRegistry",
    "Dataset",
    "Datastore",
    "Environment",
    "Experiment",
    "Image",
    "Keyvault",
    "Model",
    "Run",
    "RunConfiguration",
    "ScriptRunConfig",
    "Webservice",
    "Workspace",
]

_HOMES = {
    "AmlCompute": "compute",
    "ComputeTarget": "compute",
    "ComputeTargetException": "compute_target",
    "CondaDependencies": "conda_dependencies",
    "ContainerRegistry": "container_registry",
    "Dataset": "dataset",
    "Datastore": "datastore",
    "Environment": "environment",
    "Experiment": "experiment",
    "Image": "webservice",
    "InteractiveLoginAuthentication": "authentication",
    "Keyvault": "keyvault",
    "Model": "model",
    "Run": "run",
    "RunConfiguration": "runconfig",
    "ScriptRun": "script_run",
    "ScriptRunConfig": "script_run_config",
    "Webservice": "webservice",
    "Workspace": "workspace",
    "get_run": "run",
    "image": "image",
}


def __getattr__(name: str) -> Any:
    try:
        return public_name(__name__, name, _HOMES)
    except AttributeError:
        return other_names(__name__)(name)
