"""``Keyvault``: secrets, which are environment variables here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import ClassVar

from .._other_members import OtherMembers
from .._other_names import other_names
from ..exceptions import UserErrorException


class Keyvault(OtherMembers):
    """Secrets by name. A secret ``my-key`` is the environment variable ``MY_KEY``, or ``my-key``."""

    _refused: ClassVar[Mapping[str, str]] = {
        "delete_secret delete_secrets get_secret_content_type list_secrets set_secret set_secrets": (
            "secrets are environment variables here; a cluster has them in a Secret: trial.env with "
            "valueFrom.secretKeyRef"
        ),
    }

    def get_secrets(self, secrets: Iterable[str]) -> dict[str, str]:
        """Return secrets by name.

        Args:
            secrets: Their names.
        """
        return {name: self.get_secret(name) for name in secrets}

    def get_secret(self, name: str) -> str:
        """Return a secret.

        Args:
            name: Name of the secret.

        Raises:
            UserErrorException: The environment variable is not set.
        """
        variable = name.upper().replace("-", "_")
        for key in (name, variable):
            if key in os.environ:
                return os.environ[key]
        raise UserErrorException(
            f"get_secret({name!r}): set the environment variable {variable}; trials get it from a "
            "Secret: trial.env with valueFrom.secretKeyRef"
        )


__getattr__ = other_names(__name__)
