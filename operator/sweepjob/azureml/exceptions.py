"""Azure's exceptions, so that programs can catch them."""

from __future__ import annotations


class AzureMLException(Exception):
    """An error that a program for Azure may catch."""

    @property
    def message(self) -> str:
        """The message."""
        return str(self)


class UserErrorException(AzureMLException, ValueError):
    """Something that the program names does not exist, or is not supported here."""


class ComputeTargetException(AzureMLException):
    """The Azure map has no entry for a compute target."""


class WorkspaceException(AzureMLException):
    """A workspace cannot be connected to."""


class ProjectSystemException(AzureMLException):
    """A workspace cannot be connected to."""


class ExperimentExecutionException(AzureMLException):
    """A sweep cannot be submitted."""


class RunEnvironmentException(AzureMLException, RuntimeError):
    """A process belongs to no run."""


class ModelNotFoundException(AzureMLException):
    """There is no such model."""


class WebserviceException(AzureMLException):
    """Models are not deployed here."""


class NotSupported(UserErrorException, NotImplementedError):
    """A part of Azure's client has no equivalent here. The message says which line to change, and how."""


class ActivityFailedException(AzureMLException):
    """A run has failed."""


class AuthenticationException(AzureMLException):
    """Credentials are refused. It is never raised: no credentials are used."""


class AzureMLAggregatedException(AzureMLException):
    """Several errors. It is never raised."""


class DatasetTimestampMissingError(AzureMLException):
    """A dataset has no timestamps. It is never raised."""


class DiscoveryUrlNotFoundException(AzureMLException):
    """Azure's service has no address. It is never raised."""


class ModelPathNotFoundException(AzureMLException):
    """The files of a model do not exist."""


class ParallelRunException(AzureMLException):
    """A step of many small tasks has failed. It is never raised."""


class WorkspacePrivateEndpointException(AzureMLException):
    """Azure's workspace cannot be reached. It is never raised."""


class RunConfigurationException(AzureMLException):
    """The configuration of a run is not valid."""


class ServiceException(AzureMLException):
    """Azure's service has failed. It is never raised."""


class SnapshotException(AzureMLException):
    """Code cannot be submitted. It is never raised."""


class TrainingException(AzureMLException):
    """A sweep cannot be defined."""
