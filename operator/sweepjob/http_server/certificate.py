"""A server's certificate, which is renewed while it serves."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

_INTERVAL = 30.0  # seconds between two reads of the files

_log = logging.getLogger(__name__)


class Certificate:
    """A certificate and its key in files, as a mounted Secret has them.

    New connections use the certificate that was loaded last; open connections keep theirs.

    Args:
        chain: the file of the certificate and its intermediates.
        key: the file of its private key.

    Attributes:
        context: for the server.
    """

    def __init__(self, chain: Path, key: Path) -> None:
        self._chain, self._key = chain, key
        self._loaded = self._read()
        self.context = self._make_context()

    def _make_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._chain, self._key)
        return context

    def _read(self) -> tuple[bytes, bytes]:
        return self._chain.read_bytes(), self._key.read_bytes()

    def reload(self) -> None:
        """Load the files if they have changed and are valid."""
        try:
            found = self._read()
            if found == self._loaded:
                return
            # Tried on a new context first: a certificate without its key would break the one in use.
            self._make_context()
            self.context.load_cert_chain(self._chain, self._key)
        except (OSError, ssl.SSLError) as error:
            _log.warning("the new certificate in %s cannot be used: %s", self._chain, error)
            return
        self._loaded = found
        _log.info("the ingest server has a new certificate")

    async def run(self) -> None:
        """Reload when the files change, until cancelled."""
        while True:
            await asyncio.sleep(_INTERVAL)
            self.reload()
