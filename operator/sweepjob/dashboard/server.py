"""The dashboard over HTTP: static files, documents, and changes as server-sent events.

It reads, and where its owner allows that, changes tags and notes of trials.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from ..http_server.connections import Connections
from ..kube import errors
from .access import Access, RequestRejected, Viewer
from .annotations import LARGEST_REQUEST, AnnotationRequests, TrialAnnotations
from .cache_sync import Unavailable
from .document import sweep_summary
from .event_stream import dump_json, send_events
from .feed_registry import FeedRegistry
from .http_headers import NOT_STORED, SECURITY_HEADERS
from .local_access import LocalAccess
from .static_files import StaticFiles
from .stream_limits import StreamLimits
from .text_stream import send_log
from .trial_log import TrialLogs

_LIST_PAUSE = 0.5  # minimum seconds between two lists of sweeps in one stream
_READY_SECONDS = 0.5  # the readiness probe waits this long for the first list
_LONGEST_VERSION = 18  # digits
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _version(text: str) -> int:
    """Return the version that a viewer sent; 0 for anything else."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_VERSION else 0


class DashboardServer:
    """The web application.

    Args:
        feeds: the feeds of the sweeps that are served.
        access: who may read what.
        connections: the connections of the port; None where only its owner can reach the port.
        limits: the limits on open streams.
        logs: reads the logs of pods; None if this page has only their recorded last lines.
        annotations: changes tags and notes of trials; None if this page only reads.
    """

    def __init__(
        self,
        feeds: FeedRegistry,
        access: Access,
        connections: Connections | None = None,
        limits: StreamLimits | None = None,
        logs: TrialLogs | None = None,
        annotations: TrialAnnotations | None = None,
    ) -> None:
        self._feeds = feeds
        self._access = access
        self._connections = connections
        self._limits = StreamLimits() if limits is None else limits
        self._logs = logs
        self._annotations = AnnotationRequests(access, annotations)
        self._static = StaticFiles()

    def application(self) -> web.Application:
        """Return the aiohttp application with all routes."""
        application = web.Application(
            middlewares=[self._handle_errors], client_max_size=LARGEST_REQUEST
        )
        router = application.router
        router.add_get("/", self._get_page)
        router.add_get("/healthz", self._get_health)
        router.add_get("/readyz", self._get_readiness)
        router.add_get("/assets/{tag}/{name:.+}", self._static.serve)
        router.add_get("/api/sweeps", self._stream_sweeps)
        router.add_get("/api/sweeps/{namespace}/{name}", self._get_document)
        router.add_get("/api/sweeps/{namespace}/{name}/events", self._stream_events)
        router.add_get("/api/sweeps/{namespace}/{name}/changes", self._get_refusal)
        trial = "/api/sweeps/{namespace}/{name}/trials/{trial}"
        router.add_get(f"{trial}/log", self._stream_log)
        router.add_get(f"{trial}/tails", self._get_tails)
        router.add_patch(f"{trial}/annotations", self._change_annotations)
        return application

    @web.middleware
    async def _handle_errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer errors with their status, and add the security headers to every response."""
        if self._connections is not None:
            self._connections.request_arrived(request.transport)
        try:
            response = await handler(request)
        except RequestRejected as error:
            response = web.Response(status=error.status, text=str(error))
        except Unavailable as error:
            response = web.Response(status=404, text=str(error))
        except errors.ApiError as error:
            response = web.Response(status=503, text=f"the API server does not answer: {error}")
        if not response.prepared:
            response.headers.update(SECURITY_HEADERS)
        return response

    async def _get_health(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _get_readiness(self, request: web.Request) -> web.Response:
        try:
            await self._feeds.wait_until_synced(_READY_SECONDS)
        except Unavailable as error:
            return web.Response(status=503, text=str(error))
        return web.Response(text="ok")

    async def _get_page(self, request: web.Request) -> web.Response:
        key = request.query.get("key")
        if isinstance(self._access, LocalAccess) and key is not None:
            return self._exchange_key(self._access, key, request.query.get("sweep", ""))
        return self._static.html()

    def _exchange_key(self, access: LocalAccess, key: str, sweep: str) -> web.Response:
        """Move the key from the address into a cookie: the browser's history must not have it."""
        if not access.is_valid_key(key):
            text = "this address has expired; use the one printed by the current sweepjob ui"
            raise RequestRejected(403, text)
        location = f"/{sweep and '#/s/' + sweep}"
        return access.set_cookie(web.Response(status=303, headers={"Location": location}))

    async def _get_document(self, request: web.Request) -> web.Response:
        _, namespace, name = await self._authorize(request)
        async with self._feeds.feed(namespace, name) as feed:
            document = await feed.document(curves=request.query.get("curves") != "later")
        body = (await asyncio.to_thread(dump_json, document)).encode()
        headers = {**NOT_STORED, "Vary": "Accept-Encoding"}
        # On one machine compressing takes longer than it saves.
        is_remote = not isinstance(self._access, LocalAccess)
        if is_remote and "gzip" in request.headers.get("Accept-Encoding", ""):
            body = await asyncio.to_thread(gzip.compress, body, compresslevel=1)
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def _stream_events(self, request: web.Request) -> web.StreamResponse:
        viewer, namespace, name = await self._authorize(request)
        version = request.query.get("version", "0")
        since = (request.query.get("feed", ""), _version(version))
        with self._limits.reserve(viewer):
            async with self._feeds.feed(namespace, name) as feed:
                return await self._send(request, feed.events(*since))

    async def _stream_log(self, request: web.Request) -> web.StreamResponse:
        """Send the log of a trial's pod, as it grows; JSON with the reason where there is none.

        That is usual: a browser would report an error status as an error of the page.
        """
        try:
            return await self._send_log(request)
        except Unavailable as error:
            return web.json_response({"unavailable": str(error)}, headers=NOT_STORED)

    async def _send_log(self, request: web.Request) -> web.StreamResponse:
        viewer, namespace, name = await self._authorize(request)
        if self._logs is None:
            raise Unavailable("this page reads no logs of pods; dashboard.logs of the chart is off")
        if not await self._access.may_read_logs(viewer, namespace):
            raise RequestRejected(403, f"you may not read the logs of pods of {namespace}")
        attempt = request.query.get("attempt", "")
        wanted = int(attempt) if attempt.isdecimal() and len(attempt) < _LONGEST_VERSION else None
        with self._limits.reserve(viewer):
            trial = request.match_info["trial"]
            log = await self._logs.open(namespace, name, trial, wanted)
            try:
                return await send_log(request, log, lambda: self._is_allowed(request))
            except errors.ApiError as error:
                raise Unavailable(f"the log of {log.pod} cannot be read: {error}") from None

    async def _get_tails(self, request: web.Request) -> web.Response:
        """Send the last lines on record of a trial's attempts."""
        _, namespace, name = await self._authorize(request)
        async with self._feeds.feed(namespace, name) as feed:
            logs = await feed.recorded_logs(request.match_info["trial"])
        body = dump_json({"logs": logs}).encode()
        return web.Response(body=body, content_type="application/json", headers=NOT_STORED)

    async def _get_refusal(self, request: web.Request) -> web.Response:
        """Say why this viewer may not change tags and notes; nothing to one who may."""
        viewer, namespace, _ = await self._authorize(request)
        text = await self._annotations.refusal(viewer, namespace)
        return web.json_response({"refusal": text}, headers=NOT_STORED)

    async def _change_annotations(self, request: web.Request) -> web.Response:
        """Change the tags and the note of a trial.

        Another site cannot send this request: browsers ask before a PATCH, and get no permission.
        """
        viewer, namespace, name = await self._authorize(request)
        async with self._feeds.feed(namespace, name) as feed:
            trial = await feed.trial(request.match_info["trial"])
        await self._annotations.change(viewer, trial, await request.read())
        return web.Response(status=204, headers=NOT_STORED)

    async def _stream_sweeps(self, request: web.Request) -> web.StreamResponse:
        viewer = await self._access.authenticate(request)
        await self._feeds.wait_until_synced()
        with self._limits.reserve(viewer):
            return await self._send(request, self._sweep_lists(viewer))

    async def _sweep_lists(self, viewer: Viewer) -> AsyncIterator[Mapping[str, Any]]:
        """Yield the list of the sweeps that a viewer may read, whenever a sweep has changed."""
        while True:
            change = asyncio.create_task(self._feeds.wait_for_change())
            bodies = self._feeds.sweeps()
            namespaces = sorted({body["metadata"]["namespace"] for body in bodies})
            readable = {n for n in namespaces if await self._access.may_read(viewer, n)}
            now = time.time()
            sweeps = [
                sweep_summary(body, now)
                for body in bodies
                if body["metadata"]["namespace"] in readable
            ]
            yield {"made": now, "sweeps": sweeps}
            await asyncio.sleep(_LIST_PAUSE)
            await change

    async def _authorize(self, request: web.Request) -> tuple[Viewer, str, str]:
        """Return viewer, namespace and name of a request for one sweep."""
        viewer = await self._access.authenticate(request)
        if self._connections is not None:
            self._connections.authenticated(request.transport)
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        if not await self._access.may_read(viewer, namespace):
            text = f"you may not read the sweeps and trials of namespace {namespace}"
            raise RequestRejected(403, text)
        await self._feeds.wait_until_synced()
        return viewer, namespace, name

    async def _send(
        self, request: web.Request, events: AsyncIterator[Mapping[str, Any]]
    ) -> web.StreamResponse:
        return await send_events(request, events, lambda: self._is_allowed(request))

    async def _is_allowed(self, request: web.Request) -> bool:
        """Return whether the sender of a request may still read what it asks for."""
        try:
            viewer = await self._access.authenticate(request)
            namespace = request.match_info.get("namespace")
            if namespace is None:
                return True
            is_log = request.path.endswith("/log")
            may_read = self._access.may_read_logs if is_log else self._access.may_read
            return await may_read(viewer, namespace)
        except (RequestRejected, errors.ApiError):
            return False
