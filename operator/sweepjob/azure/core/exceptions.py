"""``azure.core.exceptions``: errors with Azure's names."""

from ...sdk.sweep_objects import Conflict, SweepError
from ...sdk.workspace.asset_operations import ResourceNotFoundError

AzureError = HttpResponseError = ClientAuthenticationError = ServiceRequestError = SweepError
ResourceExistsError = Conflict

__all__ = [
    "AzureError",
    "ClientAuthenticationError",
    "HttpResponseError",
    "ResourceExistsError",
    "ResourceNotFoundError",
    "ServiceRequestError",
]
