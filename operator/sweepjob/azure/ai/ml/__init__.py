"""``azure.ai.ml``: the client of a workspace, commands, inputs and outputs."""

from ....sdk.azure_objects import (
    AmlTokenConfiguration,
    ManagedIdentityConfiguration,
    MpiDistribution,
    PyTorchDistribution,
    RayDistribution,
    TensorFlowDistribution,
    UserIdentityConfiguration,
)
from ....sdk.command import command
from ....sdk.data import Input, Output
from ....sdk.load import load_job
from ....sdk.workspace.components import load_component
from ....sdk.workspace.load import load_data, load_environment, load_model
from ....sdk.workspace.ml_client import MLClient
from ....sdk.workspace.unsupported import unsupported_names

__all__ = [
    "AmlTokenConfiguration",
    "Input",
    "MLClient",
    "ManagedIdentityConfiguration",
    "MpiDistribution",
    "Output",
    "PyTorchDistribution",
    "RayDistribution",
    "TensorFlowDistribution",
    "UserIdentityConfiguration",
    "command",
    "load_component",
    "load_data",
    "load_environment",
    "load_job",
    "load_model",
]

# Azure's other names, which can be imported; a use of them says what to do.
_OTHERS = """
load_batch_deployment load_batch_endpoint load_capability_host load_compute load_connection
load_datastore load_deployment_template load_feature_set load_feature_store
load_feature_store_entity load_index load_marketplace_subscription load_model_package
load_online_deployment load_online_endpoint load_registry load_serverless_endpoint
load_workspace load_workspace_connection spark
"""
__getattr__ = unsupported_names(__name__, _OTHERS.split())
