"""``azure.core.credentials``: credentials, which are not used."""

from ..identity import AccessToken, DefaultAzureCredential


class TokenCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


class AzureKeyCredential(DefaultAzureCredential):
    """A credential of Azure's, not used."""


__all__ = ["AccessToken", "AzureKeyCredential", "TokenCredential"]
