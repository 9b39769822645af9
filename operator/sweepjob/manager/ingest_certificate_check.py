"""Checks that sidecars can trust the ingest server, by the TLS handshake that a sidecar makes."""

from __future__ import annotations

import asyncio
import logging
import ssl
from urllib.parse import urlsplit

_log = logging.getLogger(__name__)
_INTERVAL, _INTERVAL_AFTER_FAILURE = 60.0, 1.0  # seconds between two handshakes
_TIMEOUT = 10.0  # seconds
_REMEDY = (
    "The Secret of the ingest server needs a tls.crt that is valid for the name of the operator's "
    "Service and signed by the authority in its ca.crt"
)


class IngestCertificateCheck:
    """Connects to the ingest server from time to time.

    Args:
        url: where sidecars reach it.
        authority: PEM of the certificate authority that sidecars verify its certificate with.
        port: the port that the server listens on.

    Attributes:
        not_ready_reason: why sidecars cannot connect; empty when they can.
    """

    def __init__(self, url: str, authority: str, port: int) -> None:
        self._host = urlsplit(url).hostname or ""
        self._port = port
        self._context = ssl.create_default_context(cadata=authority or None)
        # As in the sidecar: an authority whose certificate is not marked as one is accepted.
        self._context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self.not_ready_reason = "the ingest server has not been checked yet"

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            await self.check()
            await asyncio.sleep(_INTERVAL_AFTER_FAILURE if self.not_ready_reason else _INTERVAL)

    async def check(self) -> None:
        """Try a handshake. One that times out or is cut off changes nothing: the server may be busy."""
        try:
            async with asyncio.timeout(_TIMEOUT):
                _, writer = await asyncio.open_connection(
                    "localhost", self._port, ssl=self._context, server_hostname=self._host
                )
        except ssl.SSLCertVerificationError as error:
            self.not_ready_reason = (
                f"sidecars cannot trust the ingest server's certificate: {error.verify_message}. "
                f"{_REMEDY}"
            )
            return
        except ConnectionRefusedError as error:
            self.not_ready_reason = f"the ingest server does not listen: {error}"
            return
        except OSError:
            return  # TimeoutError among them
        self.not_ready_reason = ""
        writer.close()
