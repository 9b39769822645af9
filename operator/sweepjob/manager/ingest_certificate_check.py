"""Checks that sidecars can trust the ingest server, by the TLS handshake that a sidecar makes."""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..controllers.ingest_authority import REMEDY, IngestAuthority

_INTERVAL, _INTERVAL_AFTER_FAILURE = 10.0, 1.0  # seconds between two handshakes
# Seconds that the ingest server has to load a certificate that was renewed with its authority.
_RELOAD_TIME = 6.0
_TIMEOUT = 10.0  # seconds


class IngestCertificateCheck:
    """Checks from time to time whether sidecars can connect to the ingest server.

    Args:
        url: where sidecars reach it.
        authority: the authority that sidecars verify its certificate with; learns the result.
        port: the port that the server listens on.
        server_problem: returns why the server has no certificate; empty when it has one.

    Attributes:
        not_ready_reason: why sidecars cannot connect; empty when they can.
        expires: when sidecars can no longer trust the certificate, in seconds since the epoch: when it
            expires, or every authority that it is signed by. None before the first handshake that
            succeeded; the last known time after one that failed.
    """

    def __init__(
        self,
        url: str,
        authority: IngestAuthority,
        port: int,
        server_problem: Callable[[], str] = lambda: "",
    ) -> None:
        self._host = urlsplit(url).hostname or ""
        self._port = port
        self._authority = authority
        self._server_problem = server_problem
        self.not_ready_reason = "the ingest server has not been checked yet"
        self.expires: float | None = None
        self._served_until = math.inf  # seconds since the epoch

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            await self.check()
            await asyncio.sleep(_INTERVAL_AFTER_FAILURE if self.not_ready_reason else _INTERVAL)

    async def check(self) -> None:
        """Try a handshake. One that times out or is cut off changes nothing: the server may be busy."""
        authority, known = self._authority, self._authority.pem
        if not authority.reload():
            self.not_ready_reason = authority.problem
            return
        try:
            problem = await self._handshake(authority.pem)
            if problem and known not in ("", authority.pem):
                await asyncio.sleep(_RELOAD_TIME)
                problem = await self._handshake(authority.pem)
            anchors = frozenset() if problem else await self._anchors()
        except ConnectionRefusedError as error:
            self.not_ready_reason = f"the ingest server does not listen: {error}"
            return
        except OSError:
            return  # TimeoutError among them
        self.not_ready_reason = problem
        if problem:
            authority.distrust(problem)
        else:
            authority.trust(anchors)
            known_anchors = (authority.certificates().get(anchor, "") for anchor in anchors)
            until = max(map(_expiry_of_authority, known_anchors), default=math.inf)
            self.expires = min(self._served_until, until)

    async def _anchors(self) -> frozenset[str]:
        """Return which certificates of the authority the server's is signed by."""
        certificates = self._authority.certificates()
        if len(certificates) == 1:
            return frozenset(certificates)
        trusted = [key for key, pem in certificates.items() if not await self._handshake(pem)]
        return frozenset(trusted or certificates)

    async def _handshake(self, authority: str) -> str:
        """Return why who knows this authority cannot trust the server; empty when they can.

        Raises:
            OSError: there was no handshake.
        """
        if without := self._server_problem():
            return f"{without}. {REMEDY}"
        context = ssl.create_default_context(cadata=authority or None)
        # As in the sidecar: an authority whose certificate is not marked as one is accepted.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        try:
            async with asyncio.timeout(_TIMEOUT):
                _, writer = await asyncio.open_connection(
                    "localhost", self._port, ssl=context, server_hostname=self._host
                )
        except ssl.SSLCertVerificationError as error:
            return (
                f"sidecars cannot trust the ingest server's certificate: {error.verify_message}. "
                f"{REMEDY}"
            )
        peer = writer.get_extra_info("peercert") or {}
        self._served_until = _expiry(peer)
        writer.close()
        return ""


def _expiry_of_authority(pem: str) -> float:
    """Return when an authority expires, in seconds since the epoch.

    Infinite for one that is not marked as an authority: that is the server's certificate itself.
    """
    if not pem:
        return math.inf
    authorities = ssl.create_default_context(cadata=pem).get_ca_certs()
    return max(map(_expiry, authorities), default=math.inf)


def _expiry(certificate: Mapping[str, Any]) -> float:
    """Return when a certificate expires, in seconds since the epoch."""
    text = certificate.get("notAfter")
    return math.inf if text is None else float(ssl.cert_time_to_seconds(text))
