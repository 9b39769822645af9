"""A server's certificate, which is renewed while it serves."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

_INTERVAL = 5.0  # seconds between two reads of the files

_log = logging.getLogger(__name__)


class Certificate:
    """A certificate and its key in files, as a mounted Secret has them.

    New connections use the certificate that was loaded last; open connections keep theirs. Without a
    usable one, handshakes fail until there is one.

    Args:
        chain: the file of the certificate and its intermediates.
        key: the file of its private key.
        on_problem: called with why there is no usable certificate; with an empty text once there is one.

    Attributes:
        context: for the server.
    """

    def __init__(
        self, chain: Path, key: Path, on_problem: Callable[[str], None] = lambda problem: None
    ) -> None:
        self._chain, self._key = chain, key
        self._on_problem = on_problem
        self._loaded: tuple[bytes, bytes] | None = None
        self._failure = ""
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.reload()

    def reload(self) -> None:
        """Load the files if they have changed and are valid."""
        try:
            found = self._chain.read_bytes(), self._key.read_bytes()
            if found == self._loaded:
                return
            # Tried on a new context first: a certificate without its key would break the one in use.
            self._load(ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))
            self._load(self.context)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            self._note_failure(f"the certificate in {self._chain} cannot be used: {error}")
            return
        if self._loaded is not None or self._failure:
            _log.info("the ingest server has a new certificate")
        self._loaded, self._failure = found, ""
        self._on_problem("")

    def _load(self, context: ssl.SSLContext) -> None:
        # OpenSSL would ask a terminal for the passphrase of an encrypted key.
        context.load_cert_chain(self._chain, self._key, password=lambda: "")

    def _note_failure(self, failure: str) -> None:
        if failure == self._failure:
            return
        self._failure = failure
        _log.error("%s", failure)
        if self._loaded is None:
            self._on_problem(failure)

    async def run(self) -> None:
        """Reload when the files change, until cancelled."""
        while True:
            await asyncio.sleep(_INTERVAL)
            self.reload()
