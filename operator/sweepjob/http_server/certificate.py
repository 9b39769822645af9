"""The intake's certificate, which may be renewed while we serve."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

_LOOK = 30.0  # seconds between two looks at the files

_log = logging.getLogger(__name__)


class Certificate:
    """A certificate with its key in files, as a mounted Secret has them.

    Connections that are made after the files have changed get the new one; those that are open stay.
    """

    def __init__(self, chain: Path, key: Path) -> None:
        self._chain, self._key = chain, key
        self._loaded = self._read()
        self.context = self._made()

    def _made(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._chain, self._key)
        return context

    def _read(self) -> tuple[bytes, bytes]:
        return self._chain.read_bytes(), self._key.read_bytes()

    def look(self) -> None:
        """Take up what is in the files now, if it is something else and good."""
        try:
            found = self._read()
            if found == self._loaded:
                return
            # Tried first: a certificate without its key would leave the one in use without a key.
            self._made()
            self.context.load_cert_chain(self._chain, self._key)
        except (OSError, ssl.SSLError) as error:
            _log.warning("the new certificate in %s cannot be used: %s", self._chain, error)
            return
        self._loaded = found
        _log.info("the intake has a new certificate")

    async def keep(self) -> None:
        """Look from time to time, for ever."""
        while True:
            await asyncio.sleep(_LOOK)
            self.look()
