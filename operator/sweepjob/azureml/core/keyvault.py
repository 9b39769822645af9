"""``Keyvault``: secrets, which are environment variables here."""

from __future__ import annotations

import os

from .._other_names import other_names
from ..exceptions import UserErrorException


class Keyvault:
    """Secrets by name. A secret ``my-key`` is the environment variable ``MY_KEY``, or ``my-key``."""

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
