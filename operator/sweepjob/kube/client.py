"""The client of the API server: typed methods over a ``Transport``.

Objects are dicts; every failure is an ``ApiError``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from . import errors
from .decoding import decode_list
from .log_stream import log_lines
from .openapi import decode_schemas
from .pod_log import log_request, log_tail_request
from .rate_limiter import Priority, RequestRateLimiter
from .request_sender import RequestSender
from .resources import Resource
from .transport import Body, Request, ResponseStream, Transport
from .watch import IDLE_TIMEOUT, watch_events, watch_request

_MERGE_PATCH = "application/merge-patch+json"
# Only the metadata of each object, which is all that a comparison needs.
_FEWER = 8  # a page that is too large is asked for again with an eighth of the objects
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class KubeClient(RequestSender):
    """Lists, watches, reads and writes objects. ``Body`` is an object as the API server has it.

    Args:
        transport: the connection.
        rate_limiter: limits all requests except those for Leases; None for no limit.
    """

    def __init__(
        self, transport: Transport, rate_limiter: RequestRateLimiter | None = None
    ) -> None:
        super().__init__(transport, rate_limiter)
        # The largest number of objects in a page, by plural name, where objects are very large.
        self._page_sizes: dict[str, int] = {}

    async def get(self, resource: Resource, namespace: str, name: str) -> Body:
        """Return an object by its name.

        Raises:
            NotFound: there is none.
        """
        return await self.request(Request("GET", resource.path(namespace, name)))

    async def create(
        self,
        resource: Resource,
        namespace: str | None,
        body: Body,
        priority: Priority = Priority.NORMAL,
    ) -> Body:
        """Create an object; return it as the server stored it.

        Args:
            resource: the object's type.
            namespace: None for a resource of the cluster.
            body: the object.
            priority: the request's priority in the rate limiter.

        Raises:
            AlreadyExists: an object of that name exists.
        """
        return await self.request(Request("POST", resource.path(namespace), {}, body), priority)

    async def create_dry_run(self, resource: Resource, namespace: str, body: Body) -> None:
        """Have the API server validate and admit an object without storing it.

        Raises:
            ApiError: as when it is created.
        """
        query = {"dryRun": "All"}
        await self.request(Request("POST", resource.path(namespace), query, body))

    async def replace(self, resource: Resource, namespace: str, name: str, body: Body) -> Body:
        """Replace an object, with the resource version in the body as precondition.

        Raises:
            Conflict: the object has another version.
        """
        return await self.request(Request("PUT", resource.path(namespace, name), {}, body))

    async def patch_status(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        version: str,
        status: Body,
        priority: Priority = Priority.NORMAL,
    ) -> Body:
        """Merge into an object's status.

        A uid would be no precondition: the API server ignores it in a patch of the status.

        Args:
            resource: the object's type.
            namespace: the namespace of the object.
            name: the name of the object.
            version: its resource version, the precondition.
            status: the fields to merge; None removes one.
            priority: the request's priority in the rate limiter.

        Raises:
            Conflict: the object has another version.
        """
        body = {"metadata": {"resourceVersion": version}, "status": status}
        path = resource.path(namespace, name, "status")
        return await self.request(
            Request("PATCH", path, {}, body, content_type=_MERGE_PATCH), priority
        )

    async def patch_metadata(
        self, resource: Resource, namespace: str, name: str, uid: str, metadata: Body
    ) -> Body:
        """Merge into an object's labels and annotations; return it as the server stored it.

        Args:
            resource: the object's type.
            namespace: the namespace of the object.
            name: the name of the object.
            uid: the precondition: a new object of the same name stays as it is.
            metadata: ``labels`` and ``annotations`` to merge; None removes one.

        Raises:
            Conflict: the object has another uid.
        """
        path, body = resource.path(namespace, name), {"metadata": {"uid": uid, **metadata}}
        return await self.request(Request("PATCH", path, {}, body, content_type=_MERGE_PATCH))

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
        """Delete an object; return it as it was then, None when it no longer existed.

        Args:
            resource: the object's type.
            namespace: the namespace of the object.
            name: the name of the object.
            uid: the precondition: a new object of the same name stays.
            grace: seconds that a pod has to end; None for its own.
            propagation: Foreground, Background or Orphan; None for the resource's default.
        """
        body: Body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        if propagation is not None:
            body["propagationPolicy"] = propagation
        request = Request("DELETE", resource.path(namespace, name), {}, body)
        try:
            return await self.request(request, Priority.URGENT)
        except (errors.NotFound, errors.Conflict):
            return None

    async def list_page(
        self, resource: Resource, namespace: str | None, selector: str, token: str, limit: int = 500
    ) -> Body:
        """Return a page of a list.

        Args:
            resource: what to list.
            namespace: None for all.
            selector: a label selector; empty for all objects.
            token: the ``continue`` of the page before; empty for the first.
            limit: objects in a page, 0 for all.

        Raises:
            Gone: the resource version of the first page is no longer available.
            TooLarge: everything was asked for at once, and is too large.
        """
        return await self._list(resource, namespace, limit, labelSelector=selector, token=token)

    async def list_metadata(self, resource: Resource, namespace: str | None, token: str) -> Body:
        """Return a page of a list, like ``list_page``, with at least the metadata of each object."""
        return await self._list(
            resource, namespace, 500, token=token, accept=_METADATA_ONLY, priority=Priority.LOW
        )

    async def _list(
        self,
        resource: Resource,
        namespace: str | None,
        limit: int,
        *,
        token: str,
        accept: str = "",
        priority: Priority = Priority.NORMAL,
        **query: str,
    ) -> Body:
        """Return a page of a list; one of fewer objects where so many are too large together."""
        while True:
            limit = min(limit, self._page_sizes.get(resource.plural, limit))
            query |= {"limit": str(limit or ""), "continue": token}
            request = Request("GET", resource.path(namespace), query, accept=accept)
            try:
                return await self.request_decoded(
                    request, lambda text: decode_list(text, resource.fields), priority
                )
            except errors.TooLarge:
                if limit <= 1:
                    raise
                self._page_sizes[resource.plural] = max(1, limit // _FEWER)

    async def list_by_field(self, resource: Resource, namespace: str, selector: str) -> list[Body]:
        """Return the first 50 objects that a field selector matches."""
        query = {"limit": "50", "fieldSelector": selector}
        page = await self.request(Request("GET", resource.path(namespace), query))
        items: list[Body] = page["items"]
        return items

    async def served_resources(self, group: str) -> dict[str, set[str]]:
        """Return the served resources of an API group, by version; empty for none."""
        try:
            found = await self.request(Request("GET", f"/apis/{group}"))
            served = [version["version"] for version in found["versions"]]
            lists = [
                await self.request(Request("GET", f"/apis/{group}/{version}")) for version in served
            ]
        except errors.NotFound:
            return {}
        return {
            version: {item["name"] for item in page["resources"]}
            for version, page in zip(served, lists, strict=True)
        }

    async def openapi_document(self, api_version: str, kind: str) -> Body:
        """Return the OpenAPI v3 document of a group and version, with the schemas of one kind.

        Raises:
            NotFound: the server publishes none.
        """
        decode = partial(decode_schemas, api_version=api_version, kind=kind)
        return await self.request_decoded(Request("GET", f"/openapi/v3/apis/{api_version}"), decode)

    async def watch(
        self,
        resource: Resource,
        namespace: str | None,
        selector: str,
        version: str,
        opened: Callable[[], None] = lambda: None,
    ) -> AsyncGenerator[Body]:
        """Yield the events after a resource version, until the server closes the stream.

        Args:
            resource: what to watch.
            namespace: None for all.
            selector: a label selector; empty for all objects.
            version: the resource version after which events are wanted.
            opened: called when the response has begun, which may be long before the first event.

        Raises:
            Gone: the version is too old.
            Unavailable: the connection broke.
        """
        request = watch_request(resource, namespace, selector, version)
        broken = f"watch of {resource.plural} broke"
        async with self.stream(request, IDLE_TIMEOUT, broken) as stream:
            opened()
            async for event in watch_events(stream, resource.fields):
                yield event

    async def read_log(
        self, namespace: str, pod: str, container: str, after: int, *, follow: bool
    ) -> AsyncGenerator[str]:
        """Return lines of a container's log, each with its time in front.

        A very long line comes in parts (``log_stream``).

        Args:
            namespace: the namespace of the pod.
            pod: its name.
            container: the container whose log to read.
            after: nanoseconds since the epoch; older lines are left out, up to a second's worth.
            follow: wait for more until the container ends.

        Raises:
            ApiError: it cannot be read, or the connection broke.
        """
        request = log_request(namespace, pod, container, after, follow=follow)
        async with self._log(request, pod, Priority.NORMAL, follow=follow) as stream:
            async for line in log_lines(stream.chunks, follow=follow):
                yield line

    async def read_log_tail(
        self, namespace: str, pod: str, container: str, lines: int, *, follow: bool
    ) -> AsyncGenerator[str]:
        """Return the last lines of a container's log.

        Args:
            namespace: the namespace of the pod.
            pod: its name.
            container: the container whose log to read.
            lines: how many lines that exist already.
            follow: wait for more until the container ends.

        Raises:
            ApiError: it cannot be read, or the connection broke.
        """
        request = log_tail_request(namespace, pod, container, lines, follow=follow)
        async with self._log(request, pod, Priority.LOW, follow=follow) as stream:
            async for line in log_lines(stream.chunks, follow=False):
                yield line

    def _log(
        self, request: Request, pod: str, priority: Priority, *, follow: bool
    ) -> AbstractAsyncContextManager[ResponseStream]:
        """Open a log; only one that is followed may be silent for as long as its container is."""
        idle_timeout = None if follow else IDLE_TIMEOUT
        broken = f"log of {pod} broke"
        return self.stream(request, idle_timeout, broken, priority, long_running=True)
