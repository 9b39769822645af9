"""Azure's credentials. They are accepted and ignored: the kubeconfig has those of the cluster."""

from __future__ import annotations

from typing import Any


class _Credentials:
    """Credentials that are not used.

    Args:
        azure: Azure's arguments; ignored.
    """

    def __init__(self, *_: Any, **azure: Any) -> None:
        pass


class InteractiveLoginAuthentication(_Credentials):
    """A login in a browser; not used."""


class ServicePrincipalAuthentication(_Credentials):
    """A service principal; not used."""


class AzureCliAuthentication(_Credentials):
    """The login of ``az``; not used."""


class MsiAuthentication(_Credentials):
    """A managed identity; not used."""
