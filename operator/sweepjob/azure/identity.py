"""``azure.identity``: credentials, which are not used: the kubeconfig has those of the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class AccessToken:
    """A token of no use.

    Attributes:
        token: empty.
        expires_on: 0.
    """

    token: str = ""
    expires_on: int = 0


class DefaultAzureCredential:
    """A credential of Azure's. It is accepted and not used."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def get_token(self, *_: Any, **__: Any) -> AccessToken:
        """Return an empty token, so that code that tries one credential after another goes on."""
        return AccessToken()


class CredentialUnavailableError(Exception):
    """A credential cannot be used. It is never raised here."""


class AuthorizationCodeCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class AzureCliCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class AzureDeveloperCliCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class AzurePipelinesCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class AzurePowerShellCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class CertificateCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class ChainedTokenCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class ClientAssertionCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class ClientSecretCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class DeviceCodeCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class EnvironmentCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class InteractiveBrowserCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class ManagedIdentityCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class OnBehalfOfCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class SharedTokenCacheCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class UsernamePasswordCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class VisualStudioCodeCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class WorkloadIdentityCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""
