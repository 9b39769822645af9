"""Connects to the API server with the service account of a pod, or with a kubeconfig.

The kubernetes package reads kubeconfigs, with client certificates, exec and OpenID Connect plugins, and
proxies.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

import aiohttp

from .client import KubeClient
from .http_transport import Endpoint, HttpTransport
from .rate_limiter import RequestRateLimiter
from .service_account import NoServiceAccount, ServiceAccount

if TYPE_CHECKING:
    from kubernetes.aio.client import Configuration


async def connect(
    *,
    strict_tls: bool,
    kubeconfig: str | None = None,
    rate_limiter: RequestRateLimiter | None = None,
) -> KubeClient:
    """Return a client with the pod's service account, or with the kubeconfig where there is none.

    Args:
        strict_tls: whether to demand all extensions of a certificate authority that Python 3.13 does.
        kubeconfig: its path; None for the one that KUBECONFIG named when the kubernetes package was
            imported. It counts only where there is no service account.
        rate_limiter: limits the client's requests; None for no limit.

    Raises:
        ConfigException: there is neither a service account nor a usable kubeconfig.
    """
    try:
        endpoint = _endpoint_of_account(ServiceAccount(), strict_tls=strict_tls)
    except NoServiceAccount as missing:
        endpoint = await _endpoint_of_kubeconfig(kubeconfig, str(missing), strict_tls=strict_tls)
    return KubeClient(HttpTransport(endpoint), rate_limiter)


def _endpoint_of_account(account: ServiceAccount, *, strict_tls: bool) -> Endpoint:
    context = ssl.create_default_context(cafile=account.authority)
    return Endpoint(
        url=account.url,
        connector=_connector(_with_strictness(context, strict=strict_tls)),
        authorization=account.authorization,
    )


async def _endpoint_of_kubeconfig(
    path: str | None, without_account: str, *, strict_tls: bool
) -> Endpoint:
    """Return the API server of a kubeconfig.

    Args:
        path: as for ``connect``.
        without_account: why there is no service account, for the message of an error.
        strict_tls: as for ``connect``.
    """
    # Imported here: it takes a second, and neither a pod nor a sweep on one machine needs it.
    from kubernetes.aio import config
    from kubernetes.aio.client import Configuration

    configuration = Configuration()
    try:
        await config.load_kube_config(path, client_configuration=configuration)
    except config.ConfigException as error:
        raise config.ConfigException(f"{error}; no service account: {without_account}") from error

    async def authorization() -> str | None:
        settings = await configuration.auth_settings()
        value: str | None = settings.get("BearerToken", {}).get("value")
        return value

    return Endpoint(
        url=configuration.host,
        connector=_connector(_tls_context(configuration, strict=strict_tls)),
        authorization=authorization,
        proxy=configuration.proxy,
        server_name=configuration.tls_server_name,
    )


def socket_transport(path: str) -> HttpTransport:
    """Return a transport to an API server behind a Unix socket, such as that of ``kubectl proxy``.

    Args:
        path: the path of the socket.
    """
    return HttpTransport(
        Endpoint("http://localhost", lambda limit: aiohttp.UnixConnector(path, limit=limit))
    )


def _connector(context: ssl.SSLContext) -> Callable[[int], aiohttp.BaseConnector]:
    return lambda limit: aiohttp.TCPConnector(limit=limit, ssl=context)


def _tls_context(configuration: Configuration, *, strict: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(
        cafile=configuration.ssl_ca_cert, cadata=configuration.ca_cert_data
    )
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return _with_strictness(context, strict=strict)


def _with_strictness(context: ssl.SSLContext, *, strict: bool) -> ssl.SSLContext:
    if not strict:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
