"""Azure's credentials. They are accepted and ignored: the kubeconfig has those of the cluster."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from .._other_names import other_names


class _Credentials:
    """Credentials that are not used.

    Args:
        azure: Azure's arguments; not used, which the workspace says.
    """

    def __init__(self, *_: Any, **azure: Any) -> None:
        pass

    def get_authentication_header(self) -> dict[str, str]:
        """Return a header without a token, so that code that tries one login after another goes on."""
        return {"Authorization": "Bearer "}

    def get_token(self, *_: Any, **azure: Any) -> Any:
        """Return an empty token.

        Args:
            azure: Azure's arguments; not used, which the workspace says.
        """
        return SimpleNamespace(token="", expires_on=0)


class InteractiveLoginAuthentication(_Credentials):
    """A login in a browser; not used."""


class ServicePrincipalAuthentication(_Credentials):
    """A service principal; not used."""


class AzureCliAuthentication(_Credentials):
    """The login of ``az``; not used."""


class MsiAuthentication(_Credentials):
    """A managed identity; not used."""


class TokenAuthentication(_Credentials):
    """A token; not used."""


class ArmTokenAuthentication(_Credentials):
    """A token; not used."""


class AzureMLTokenAuthentication(_Credentials):
    """A token of a run; not used."""


AbstractAuthentication = _Credentials

__getattr__ = other_names(__name__)
