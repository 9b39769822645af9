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
        context: for the server. It has no certificate itself: each handshake is handed to the context
            that was made of the files last. A context that is loaded twice keeps one certificate for each
            type of key, so an ECDSA certificate would remain in use after an RSA one replaced it.
    """

    def __init__(
        self, chain: Path, key: Path, on_problem: Callable[[str], None] = lambda problem: None
    ) -> None:
        self._chain, self._key = chain, key
        self._on_problem = on_problem
        self._loaded: tuple[bytes, bytes] | None = None
        self._failure = ""
        self.context = self._latest = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.sni_callback = self._use_latest
        self.reload()

    def reload(self) -> None:
        """Load the files if they have changed and are valid."""
        try:
            found = self._chain.read_bytes(), self._key.read_bytes()
            if found == self._loaded:
                return
            latest = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            # OpenSSL would ask a terminal for the passphrase of an encrypted key.
            latest.load_cert_chain(self._chain, self._key, password=lambda: "")
            self._latest = latest
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            self._note_failure(f"the certificate in {self._chain} cannot be used: {error}")
            return
        if self._loaded is not None or self._failure:
            _log.info("the ingest server has a new certificate")
        self._loaded, self._failure = found, ""
        self._on_problem("")

    def _use_latest(
        self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext
    ) -> None:
        """Hand a handshake to the latest context; called whether or not the client names the server."""
        connection.context = self._latest

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
