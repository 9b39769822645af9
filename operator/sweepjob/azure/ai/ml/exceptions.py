"""``azure.ai.ml.exceptions``: errors with Azure's names."""

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
