"""The one door to the API server. Speaks dicts; every failure is one of ``errors``."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import aiohttp

from ..api.times import format_time
from ..telemetry import metrics
from . import errors
from .denied import Denied
from .log_stream import log_lines
from .rate_limiter import Priority, RequestRateLimiter
from .resources import LEASES, OWN_ACCESS_REVIEWS, PODS, TOKEN_REVIEWS, Resource

if TYPE_CHECKING:
    from kubernetes.aio.client.api_client import ApiClient

Body = dict[str, Any]
_MERGE = "application/merge-patch+json"
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
# The server ends a watch after so many seconds. Until then it says every minute how far it is, even where
# nothing happens: a longer silence means a dead connection.
_WATCH_SECONDS, _WATCH_SILENCE = 290, 90
_WATCH_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_WATCH_SILENCE)
# A trainer may be silent for as long as it likes.
_LOG_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10)
# An event of a watch is never as long.
_LONGEST_LINE = 4 * 1024 * 1024
_STRICT_REMEDY = (
    " The certificate authority of this API server lacks extensions that Python demands; set "
    "SWEEPJOB_STRICT_TLS=false (chart: kubernetes.strictTls=false) to accept it."
)


# What reading something raises that is no event of a watch.
_NO_EVENT = (ValueError, KeyError, TypeError, RecursionError)
# To the API server at a time, watches included, logs apart.
_CONNECTIONS = 64
_ALWAYS = (LEASES.prefix, TOKEN_REVIEWS.prefix, OWN_ACCESS_REVIEWS.path(None))
# Of each object only its metadata, which is all that a comparison needs.
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


async def connect(
    *, strict_tls: bool, kubeconfig: str | None = None, pace: RequestRateLimiter | None = None
) -> KubeClient:
    """A gateway with the pod's service account, or the kubeconfig where there is none.

    Args:
        pace: how fast it may ask; None for as fast as it likes.
        kubeconfig: its path; None for the one that KUBECONFIG named when the client was imported.
    """
    # A sweep on one machine has no cluster, and loading this takes a second.
    from kubernetes.aio import config
    from kubernetes.aio.client.api_client import ApiClient
    from kubernetes.aio.client.configuration import Configuration

    configuration = Configuration()
    try:
        config.load_incluster_config(client_configuration=configuration)
    except config.ConfigException:
        await config.load_kube_config(kubeconfig, client_configuration=configuration)
    configuration.disable_strict_ssl_verification = not strict_tls
    configuration.connection_pool_maxsize = _CONNECTIONS
    # Looked up once: the client asks the environment, and a file, at every request.
    configuration.client_session_kwargs = {"trust_env": bool(getproxies())}
    client = ApiClient(configuration)
    # A log holds its connection for as long as the trainer runs: it must not be one of the others'.
    configuration.connection_pool_maxsize = 0
    return KubeClient(client, pace, ApiClient(configuration))


class KubeClient:
    """Requests to the API server."""

    def __init__(
        self,
        client: ApiClient,
        pace: RequestRateLimiter | None = None,
        logs: ApiClient | None = None,
    ) -> None:
        self._client = client
        self._log_client = client if logs is None else logs
        self._pace = pace
        # Whether we may write; asked before each write but those of leases and reviews.
        self.may_write: Callable[[], bool] = lambda: True
        # Called with each right that a request was refused for.
        self.on_denied: Callable[[Denied], None] = lambda denied: None

    async def close(self) -> None:
        await self._client.close()
        if self._log_client is not self._client:
            await self._log_client.close()

    async def get(self, resource: Resource, namespace: str, name: str) -> Body:
        return await self._request("GET", resource.path(namespace, name))

    async def create(
        self,
        resource: Resource,
        namespace: str | None,
        body: Body,
        priority: Priority = Priority.WORK,
    ) -> Body:
        return await self._request("POST", resource.path(namespace), body=body, priority=priority)

    async def would_create(self, resource: Resource, namespace: str, body: Body) -> None:
        """Have the API server check an object as if it were created; nothing is kept.

        Raises:
            ApiError: as when it is created.
        """
        query = {"dryRun": "All"}
        await self._request("POST", resource.path(namespace), query=query, body=body)

    async def replace(self, resource: Resource, namespace: str, name: str, body: Body) -> Body:
        """Write an object as a whole, on condition of the resource version in it."""
        return await self._request("PUT", resource.path(namespace, name), body=body)

    async def patch_status(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        version: str,
        status: Body,
        priority: Priority = Priority.WORK,
    ) -> Body:
        """Merge into the status, on condition that the object is the one of this resource version. A
        uid would be no condition: the API server does not look at it in a patch of the status.
        """
        body = {"metadata": {"resourceVersion": version}, "status": status}
        path = resource.path(namespace, name, "status")
        return await self._request("PATCH", path, body=body, content_type=_MERGE, priority=priority)

    async def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        uid: str,
        *,
        grace: int | None = None,
        propagation: str | None = None,
    ) -> Body | None:
        """Delete the object with this uid; returns it as it was then, None when it was gone already."""
        body: Body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        if propagation is not None:
            body["propagationPolicy"] = propagation
        try:
            path = resource.path(namespace, name)
            return await self._request("DELETE", path, body=body, priority=Priority.DECISION)
        except (errors.NotFound, errors.Conflict):
            return None

    async def list_page(
        self, resource: Resource, namespace: str | None, selector: str, token: str, limit: int = 500
    ) -> Body:
        """A page of a list.

        Args:
            token: of the page before, empty for the first.
            limit: of objects, 0 for all.

        Raises:
            Gone: the version that the pages are of is forgotten.
        """
        query = {"limit": str(limit or ""), "labelSelector": selector, "continue": token}
        return await self._request("GET", resource.path(namespace), query=query)

    async def list_metadata(self, resource: Resource, namespace: str | None, token: str) -> Body:
        """A page of a list, of each object at least its metadata."""
        query = {"limit": "500", "continue": token}
        path = resource.path(namespace)
        page = await self._request(
            "GET", path, query=query, priority=Priority.BOOKKEEPING, accept=_METADATA_ONLY
        )
        return {**page, "items": page.get("items") or []}  # null where there are none

    async def versions_of(self, group: str) -> dict[str, set[str]]:
        """The resources that the API server has of a group, by the versions that it serves."""
        try:
            found = await self._request("GET", f"/apis/{group}")
            served = [version["version"] for version in found["versions"]]
            lists = [await self._request("GET", f"/apis/{group}/{version}") for version in served]
        except errors.NotFound:
            return {}
        return {
            version: {item["name"] for item in page["resources"]}
            for version, page in zip(served, lists, strict=True)
        }

    async def list_by_field(self, resource: Resource, namespace: str, selector: str) -> list[Body]:
        """Objects by a field selector, the first 50."""
        query = {"limit": "50", "fieldSelector": selector}
        page = await self._request("GET", resource.path(namespace), query=query)
        found: list[Body] = page["items"]
        return found

    async def watch(
        self,
        resource: Resource,
        namespace: str | None,
        selector: str,
        version: str,
        opened: Callable[[], None] = lambda: None,
    ) -> AsyncIterator[Body]:
        """Events from a resource version on, until the server closes the stream.

        Args:
            opened: called when the server has begun to answer, which may be long before the first event.

        Raises:
            Gone: the version is too old.
            Unavailable: the connection broke.
        """
        query = {
            "watch": "1",
            "resourceVersion": version,
            "labelSelector": selector,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        response = await self._send(
            "GET", resource.path(namespace), query, None, "", _WATCH_TIMEOUT
        )
        try:
            if response.status != 200:
                raise self._failure(response, await response.read(), "GET")
            opened()
            async for line in _lines(response):
                event = json.loads(line)
                if event["type"] == "ERROR":
                    status = event["object"]
                    raise errors.of_answer(
                        status.get("code", 500), json.dumps(status).encode(), {}, "GET"
                    )
                yield event
        except (aiohttp.ClientError, TimeoutError, *_NO_EVENT) as error:
            raise errors.Unavailable(f"watch of {resource.plural} broke: {error!r}") from error
        finally:
            response.close()

    async def read_log(
        self, namespace: str, pod: str, container: str, after: int, *, follow: bool
    ) -> AsyncGenerator[str]:
        """Lines of a container's log, each with its time in front; a very long one in parts
        (``log_stream``).

        Args:
            after: nanoseconds since the epoch; older lines are left out, up to a second's worth.
            follow: wait for more until the container ends.

        Raises:
            ApiError: it cannot be read, or the connection broke.
        """
        query = {"container": container, "timestamps": "true"}
        if follow:
            query["follow"] = "true"
        if after:
            query["sinceTime"] = format_time(after // 10**9)
        path = PODS.path(namespace, pod, "log")
        client = self._log_client
        response = await self._send("GET", path, query, None, "", _LOG_TIMEOUT, client=client)
        try:
            if response.status != 200:
                raise self._failure(response, await response.read(), "GET")
            async for line in log_lines(response.content.iter_any(), follow=follow):
                yield line
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.Unavailable(f"log of {pod} broke: {error!r}") from error
        finally:
            response.close()

    async def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
        content_type: str = "application/json",
        priority: Priority = Priority.WORK,
        accept: str = "",
    ) -> Body:
        response = await self._send(
            method, path, query, body, content_type, _TIMEOUT, priority, accept=accept
        )
        try:
            data = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise errors.Unavailable(f"{method} {path}: {error!r}") from error
        if response.status >= 400:
            raise self._failure(response, data, method)
        try:
            parsed: Body = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise errors.Unavailable(f"{method} {path}: the answer is no JSON: {error}") from error
        return parsed

    def _failure(
        self, response: aiohttp.ClientResponse, data: bytes, method: str
    ) -> errors.ApiError:
        error = errors.of_answer(response.status, data, response.headers, method)
        if isinstance(error, errors.NotPermitted):
            self.on_denied(error.denied)
        return error

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Body | None,
        content_type: str,
        patience: aiohttp.ClientTimeout,
        priority: Priority = Priority.WORK,
        client: ApiClient | None = None,
        accept: str = "",
    ) -> aiohttp.ClientResponse:
        if self._pace is not None and not path.startswith(LEASES.prefix):
            await self._pace.turn(priority)
        # Asked when the turn has come: whoever has waited may not lead any more.
        if method != "GET" and not path.startswith(_ALWAYS) and not self.may_write():
            raise errors.NotLeading(f"{method} {path}: this operator does not lead")
        verb = "WATCH" if "watch" in (query or {}) else method
        present = [(key, value) for key, value in (query or {}).items() if value]
        headers = {"Content-Type": content_type} if content_type else {}
        if accept:
            headers["Accept"] = accept
        # The body goes past the client's search for its models, which would cost as much as the request.
        client = self._client if client is None else client
        method, url, header, _, posted = await client.param_serialize(
            method=method,
            resource_path=path,
            query_params=present,
            header_params=headers,
            auth_settings=["BearerToken"],
        )
        try:
            answer = await client.call_api(
                method, url, header, body, posted, _request_timeout=patience
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            metrics.API_REQUESTS.labels(verb, _resource_of(path), "none").inc()
            if isinstance(error, ssl.SSLError):
                raise errors.Unavailable(f"{error!r}.{_STRICT_REMEDY}") from error
            remedy = _STRICT_REMEDY if "CERTIFICATE_VERIFY_FAILED" in str(error) else ""
            raise errors.Unavailable(f"{method} {path}: {error!r}.{remedy}") from error
        response: aiohttp.ClientResponse = answer.response
        metrics.API_REQUESTS.labels(verb, _resource_of(path), str(response.status)).inc()
        if response.status == 429 and self._pace is not None:
            self._pace.hold(errors.retry_after(response.headers))
        return response


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Lines as they come, however long: aiohttp's own iterator gives up at 128 KiB, which one large
    pod would reach, and nobody would be watched any more.
    """
    rest = b""
    async for chunk in response.content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line
        rest = rest[-_LONGEST_LINE:]
    if rest:
        yield rest


def _resource_of(path: str) -> str:
    """The resource in a path, e.g. ``jobs`` or ``sweeptrials/status``; empty for a list of these."""
    parts = path.split("/")[3 if path.startswith("/api/") else 4 :] or [""]
    parts = parts[2:] if parts[0] == "namespaces" else parts
    return "/".join([parts[0], *parts[2:]])
