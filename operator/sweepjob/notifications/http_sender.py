"""Sends requests to receivers over HTTP: no redirects, bounded in time, to checked addresses only."""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from .networks import is_permitted
from .receivers import Network
from .request import WebhookRequest
from .response import WebhookResponse

_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
_RESOLVING_THREADS = 8


class Sender(Protocol):
    """Sends requests."""

    async def send(self, request: WebhookRequest) -> WebhookResponse:
        """Send a request; a failure is a response with status 0."""


class AddressNotPermitted(OSError):
    """A name leads to an address that URLs of sweeps may not reach."""


class _CheckedResolver(AbstractResolver):
    """Resolves names, and refuses those that lead to an address that is not permitted.

    The connection goes to the addresses that were checked: the name is not resolved again.
    """

    def __init__(self, threads: ThreadPoolExecutor, networks: tuple[Network, ...] | None) -> None:
        self._threads = threads
        self._networks = networks

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host.

        Raises:
            AddressNotPermitted: one of them is not permitted.
            OSError: the name cannot be resolved.
        """
        loop = asyncio.get_running_loop()
        # Not in the loop's threads: names that take long to resolve would hold up all others.
        found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
        check_addresses([result["host"] for result in found], self._networks)
        return found

    async def close(self) -> None:
        """Do nothing: the sender owns the threads."""


def check_addresses(addresses: list[str], networks: tuple[Network, ...] | None) -> None:
    """Check the addresses that a host has.

    Args:
        addresses: all of them.
        networks: networks besides public addresses that are permitted; None for any address.

    Raises:
        AddressNotPermitted: one of them is not permitted.
    """
    if networks is not None and not all(is_permitted(one, networks) for one in addresses):
        raise AddressNotPermitted


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    answers = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]),
            port=int(address[1]),
            family=kind,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _, protocol, _, address in answers
    ]


class HttpSender:
    """Sends each request over a connection of its own, without cookies, proxies and redirects."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_RESOLVING_THREADS, "resolve-receiver")
        self._threads_of_sweeps = ThreadPoolExecutor(_RESOLVING_THREADS, "resolve-url")

    async def send(self, request: WebhookRequest) -> WebhookResponse:
        """Send a request.

        Args:
            request: the request.

        Returns:
            The status; of the body nothing is read. Without a response, why there is none. The text has
            no part of the URL.
        """
        try:
            return await self._post(request)
        except AddressNotPermitted:
            return WebhookResponse(0, problem=_NOT_PERMITTED)
        except TimeoutError:
            return WebhookResponse(0, problem=f"no response within {_TIMEOUT.total:g} s")
        except aiohttp.ClientError as error:
            return WebhookResponse(0, problem=_describe(error))
        except (ValueError, ssl.SSLError) as error:
            return WebhookResponse(
                0, problem=f"the request is not possible: {type(error).__name__}"
            )

    async def _post(self, request: WebhookRequest) -> WebhookResponse:
        host = URL(request.url).host or ""
        if _is_address(host):  # is not passed to the resolver
            check_addresses([host], request.networks)
        threads = self._threads if request.networks is None else self._threads_of_sweeps
        context = _ssl_context(request.authority)
        connector = aiohttp.TCPConnector(
            resolver=_CheckedResolver(threads, request.networks), ssl=context, force_close=True
        )
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()
            ) as session,
            session.post(
                request.url, data=request.body, headers=request.headers, allow_redirects=False
            ) as response,
        ):
            return WebhookResponse(response.status, response.headers.get("Retry-After", ""))


@functools.lru_cache(maxsize=32)
def _ssl_context(authority: str) -> ssl.SSLContext:
    """Return what trusts a certificate authority; that of the system for an empty text."""
    return ssl.create_default_context(cadata=authority or None)


_NOT_PERMITTED = (
    "it leads to an address that is not public, which the chart's values do not allow "
    "(notifications.allowedNetworks)"
)


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host.partition("%")[0])
        except OSError:
            continue
        return True
    return False


def _describe(error: aiohttp.ClientError) -> str:
    """Return why there is no response, without the URL, and without what the receiver sent."""
    cause = getattr(error, "os_error", None) or error.__cause__
    if isinstance(cause, AddressNotPermitted):
        return _NOT_PERMITTED
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted; the key ca.crt of its Secret names an authority"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorError):
        said = (cause.strerror if isinstance(cause, OSError) else "") or "connection failed"
        return f"cannot connect: {said}"
    if isinstance(error, aiohttp.InvalidURL):
        return "its URL is not valid"
    return f"the connection broke ({type(error).__name__})"
