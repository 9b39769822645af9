"""``azure.ai.ml.exceptions``: errors by the names of Azure's."""

from ....sdk.arguments import ArgumentError
from ....sdk.sweep_objects import SweepError

MlException = JobException = ComponentException = AssetException = ModelException = SweepError
ValidationException = UserErrorException = JobParsingError = ArgumentError

__all__ = [
    "AssetException",
    "ComponentException",
    "JobException",
    "JobParsingError",
    "MlException",
    "ModelException",
    "UserErrorException",
    "ValidationException",
]
