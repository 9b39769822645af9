"""The login of a pod: the token and the authority that the kubelet mounts.

The kubernetes package can read them, but importing it takes a second and 26 MiB. The ingestion process
needs 44 MiB without it. So it is imported for kubeconfigs only.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

_log = logging.getLogger("sweepjob")
_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_HOST = "KUBERNETES_SERVICE_HOST"
_PORT = "KUBERNETES_SERVICE_PORT"
_TOKEN_AGE = 60.0  # seconds until the token is read again: the kubelet rotates it


class NoServiceAccount(Exception):
    """The process has no service account: it does not run in a pod, or the pod mounts no token."""


class ServiceAccount:
    """The service account of a pod.

    Args:
        environment: the variables of the process.
        folder: where the token and the authority are mounted.
        clock: seconds from a fixed point in time.

    Attributes:
        url: the URL of the API server.
        authority: the file with the authority that signed the API server's certificate.

    Raises:
        NoServiceAccount: a variable, the token or the authority is missing or empty.
    """

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        folder: Path = _FOLDER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        host, port = (_variable(environment, name) for name in (_HOST, _PORT))
        # An IPv6 address contains colons.
        self.url = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        self.authority = folder / "ca.crt"
        _read(self.authority)
        self._token_file = folder / "token"
        self._clock = clock
        self._token, self._expires = self._read_token()

    async def authorization(self) -> str:
        """Return the Authorization header of a request, with a token that was read in the last minute."""
        if self._clock() >= self._expires:
            try:
                self._token, self._expires = self._read_token()
            except NoServiceAccount as error:
                _log.warning("%s; requests have the token that was there before", error)
                self._expires = self._clock() + _TOKEN_AGE
        return f"Bearer {self._token}"

    def _read_token(self) -> tuple[str, float]:
        """Return the token, and when it is to be read again."""
        return _read(self._token_file), self._clock() + _TOKEN_AGE


def _variable(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise NoServiceAccount(f"the variable {name} is not set")
    return value


def _read(path: Path) -> str:
    """Return the content of a file that must not be empty."""
    try:
        content = path.read_text().strip()
    except OSError as error:
        raise NoServiceAccount(f"{path} cannot be read: {error.strerror}") from error
    if not content:
        raise NoServiceAccount(f"{path} is empty")
    return content
