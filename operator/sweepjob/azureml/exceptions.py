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
