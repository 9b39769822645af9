"""Whether sidecars can trust the intake: tried as a sidecar would, by a handshake with ourselves."""

from __future__ import annotations

import asyncio
import logging
import ssl
from urllib.parse import urlsplit

_log = logging.getLogger(__name__)
_LOOK, _LOOK_AGAIN = 60.0, 1.0  # seconds between two handshakes, the second after one that failed
_TIMEOUT = 10.0
_REMEDY = (
    "The Secret of the intake needs a tls.crt that is valid for the name of the operator's Service and "
    "signed by the authority in its ca.crt"
)


class IngestCheck:
    """Connects to the intake from time to time.

    Args:
        url: where sidecars reach it.
        authority: PEM of the authority that sidecars check its certificate against.
        port: where it listens.

    Attributes:
        trouble: why sidecars cannot connect; empty when they can.
    """

    def __init__(self, url: str, authority: str, port: int) -> None:
        self._host = urlsplit(url).hostname or ""
        self._port = port
        self._context = ssl.create_default_context(cadata=authority or None)
        # As the sidecar does: an authority that is not marked as one is no harm here.
        self._context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self.trouble = "the intake has not been tried yet"

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_AGAIN if self.trouble else _LOOK)

    async def look(self) -> None:
        """Try a handshake. One that takes too long, or is cut off, says nothing: the intake may just be
        busy.
        """
        try:
            async with asyncio.timeout(_TIMEOUT):
                _, writer = await asyncio.open_connection(
                    "localhost", self._port, ssl=self._context, server_hostname=self._host
                )
        except ssl.SSLCertVerificationError as error:
            self.trouble = (
                f"sidecars cannot trust the intake's certificate: {error.verify_message}. {_REMEDY}"
            )
            return
        except ConnectionRefusedError as error:
            self.trouble = f"the intake does not listen: {error}"
            return
        except OSError:
            return  # TimeoutError among them
        self.trouble = ""
        writer.close()
