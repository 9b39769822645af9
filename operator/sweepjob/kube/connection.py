"""Connects to the API server with the login of a pod or a kubeconfig, as the kubernetes package reads it.

That covers service account tokens (read again every minute, since they rotate), client certificates,
exec and OpenID Connect plugins, and proxies.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import aiohttp

from .client import KubeClient
from .http_transport import Endpoint, HttpTransport
from .rate_limiter import RequestRateLimiter

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
            imported.
        rate_limiter: limits the client's requests; None for no limit.

    Raises:
        ConfigException: there is neither a service account nor a usable kubeconfig.
    """
    # Imported here: it takes a second, and a sweep on one machine has no cluster.
    from kubernetes.aio import config
    from kubernetes.aio.client import Configuration

    configuration = Configuration()
    try:
        config.load_incluster_config(client_configuration=configuration)
    except config.ConfigException:
        await config.load_kube_config(kubeconfig, client_configuration=configuration)
    endpoint = endpoint_of(configuration, strict_tls=strict_tls)
    return KubeClient(HttpTransport(endpoint), rate_limiter)


def endpoint_of(configuration: Configuration, *, strict_tls: bool) -> Endpoint:
    """Return the API server that a configuration of the kubernetes package describes.

    Args:
        configuration: loaded from a service account or a kubeconfig.
        strict_tls: as for ``connect``.
    """
    context = _tls_context(configuration, strict=strict_tls)

    async def authorization() -> str | None:
        # Reads a service account's token again when it is a minute old.
        settings = await configuration.auth_settings()
        value: str | None = settings.get("BearerToken", {}).get("value")
        return value

    return Endpoint(
        url=configuration.host,
        connector=lambda limit: aiohttp.TCPConnector(limit=limit, ssl=context),
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


def _tls_context(configuration: Configuration, *, strict: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(
        cafile=configuration.ssl_ca_cert, cadata=configuration.ca_cert_data
    )
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if not strict:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
