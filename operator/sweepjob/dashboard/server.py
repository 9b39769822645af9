"""The page over HTTP: files, documents, and what changes as server-sent events. It only reads."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from ..http_server.connections import Connections
from ..kube import errors
from .access import Access, Owner, Refused, Viewer
from .assets import EARLY, SCRIPTS, STYLES, asset, page
from .hub import Hub
from .limits import StreamLimits
from .room import NotThere
from .sheet import summary

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_LIST_PAUSE = 0.5  # seconds between two lists of sweeps
_ALIVE = (
    20.0  # seconds of silence after which a viewer is told that we are there, and asked about again
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """The web application.

    Args:
        hub: of the sweeps that are shown.
        connections: of the port it is served on; None where only its owner reaches it.
    """

    def __init__(
        self,
        hub: Hub,
        access: Access,
        connections: Connections | None = None,
        limits: StreamLimits | None = None,
    ) -> None:
        self._hub = hub
        self._access = access
        self._connections = connections
        self._limits = StreamLimits() if limits is None else limits
        self._files = {name: asset(name).encode() for name in (EARLY, *STYLES, *SCRIPTS)}
        self._packed = {name: gzip.compress(data, mtime=0) for name, data in self._files.items()}
        self._tag = hashlib.sha256(b"".join(self._files.values())).hexdigest()[:12]

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._guard])
        application.router.add_get("/", self._page)
        application.router.add_get("/healthz", self._healthy)
        application.router.add_get("/readyz", self._ready)
        application.router.add_get("/assets/{tag}/{name:.+}", self._asset)
        application.router.add_get("/api/sweeps", self._sweeps)
        application.router.add_get("/api/sweeps/{namespace}/{name}", self._sheet)
        application.router.add_get("/api/sweeps/{namespace}/{name}/events", self._events)
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Every answer has the headers that keep a page from doing what it should not."""
        if self._connections is not None:
            self._connections.request_arrived(request.transport)
        try:
            response = await handler(request)
        except Refused as error:
            response = web.Response(status=error.status, text=str(error))
        except NotThere as error:
            response = web.Response(status=404, text=str(error))
        except errors.ApiError as error:
            response = web.Response(status=503, text=f"the API server does not answer: {error}")
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def _healthy(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _ready(self, request: web.Request) -> web.Response:
        try:
            await self._hub.synced(0.5)
        except NotThere as error:
            return web.Response(status=503, text=str(error))
        return web.Response(text="ok")

    async def _page(self, request: web.Request) -> web.Response:
        """The page itself has nothing of the cluster in it."""
        key = request.query.get("key")
        if isinstance(self._access, Owner) and key is not None:
            if not self._access.opens(key):
                raise Refused(403, "this is an address of another time; use the one printed now")
            # The address in the browser's history is one without the key.
            sweep = request.query.get("sweep", "")
            answer = web.Response(status=303, headers={"Location": f"/{sweep and '#/s/' + sweep}"})
            return self._access.let_in(answer)
        root = f"assets/{self._tag}"
        head = [f'<script src="{root}/{EARLY}"></script>']
        head += [f'<link rel="stylesheet" href="{root}/{name}">' for name in STYLES]
        body = [f'<script src="{root}/{name}"></script>' for name in SCRIPTS]
        text = page("\n".join(head), "\n".join(body))
        headers = {"Cache-Control": "no-cache"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in self._files:
            raise NotThere("there is no such file")
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
        }
        body = self._files[name]
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = self._packed[name], "gzip"
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)

    async def _sheet(self, request: web.Request) -> web.Response:
        _, namespace, name = await self._allowed(request)
        async with self._hub.room(namespace, name) as room:
            sheet = await room.sheet(curves=request.query.get("curves") != "later")
        body = (await asyncio.to_thread(_json, sheet)).encode()
        headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
        # On one machine packing takes longer than it saves.
        takes = "gzip" in request.headers.get("Accept-Encoding", "")
        if takes and not isinstance(self._access, Owner):
            body, headers["Content-Encoding"] = await asyncio.to_thread(_packed, body), "gzip"
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        viewer, namespace, name = await self._allowed(request)
        version = request.query.get("version", "0")
        since = (request.query.get("room", ""), int(version) if version.isdecimal() else 0)
        with self._limits.stream(viewer):
            async with self._hub.room(namespace, name) as room:
                return await self._stream(request, room.events(*since))

    async def _sweeps(self, request: web.Request) -> web.StreamResponse:
        viewer = await self._access.viewer(request)
        await self._hub.synced()

        async def lists() -> AsyncIterator[Mapping[str, Any]]:
            while True:
                change = asyncio.create_task(self._hub.change())
                bodies = self._hub.sweeps()
                spaces = sorted({body["metadata"]["namespace"] for body in bodies})
                seen = {s for s in spaces if await self._access.may_read(viewer, s)}
                now = time.time()
                shown = [summary(b, now) for b in bodies if b["metadata"]["namespace"] in seen]
                yield {"made": now, "sweeps": shown}
                await asyncio.sleep(_LIST_PAUSE)
                await change

        with self._limits.stream(viewer):
            return await self._stream(request, lists())

    async def _allowed(self, request: web.Request) -> tuple[Viewer, str, str]:
        viewer = await self._access.viewer(request)
        if self._connections is not None:
            self._connections.authenticated(request.transport)
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        if not await self._access.may_read(viewer, namespace):
            raise Refused(403, f"you may not read the sweeps and trials of namespace {namespace}")
        await self._hub.synced()
        return viewer, namespace, name

    async def _stream(
        self, request: web.Request, news: AsyncIterator[Mapping[str, Any]]
    ) -> web.StreamResponse:
        """Send events until the viewer goes, or may not look any more."""
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", **_HEADERS}
        response = web.StreamResponse(headers={**headers, "X-Accel-Buffering": "no"})
        await response.prepare(request)
        coming = asyncio.ensure_future(anext(news))
        try:
            while True:
                done, _ = await asyncio.wait([coming], timeout=_ALIVE)
                if done:
                    text = await asyncio.to_thread(_json, coming.result())
                    await response.write(f"data: {text}\n\n".encode())
                    coming = asyncio.ensure_future(anext(news))
                else:
                    await response.write(b": still here\n\n")
                if not await self._still(request):
                    return response
        except (ConnectionError, StopAsyncIteration, NotThere, errors.ApiError):
            return response  # the viewer asks again, and is told then
        finally:
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await coming

    async def _still(self, request: web.Request) -> bool:
        try:
            viewer = await self._access.viewer(request)
            namespace = request.match_info.get("namespace")
            return namespace is None or await self._access.may_read(viewer, namespace)
        except (Refused, errors.ApiError):
            return False


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=1)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
