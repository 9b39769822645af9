"""The API server in memory over HTTP, for clients that want a socket: kopf and the real gateway."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer, parse_path

from .access_rules import AccessRules

# Of the API server's own: what kopf looks for before it watches anything.
_CORE = {"name": "namespaces", "singularName": "namespace", "kind": "Namespace"}
_CORE |= {"namespaced": False, "verbs": ["list", "watch"]}


class HttpApiServer:
    """Serves an API server in memory, behind a gate.

    Attributes:
        silent: watches deliver nothing any more.
        watches: how many are open, by resource.
    """

    def __init__(self, server: MemoryApiServer, access_rules: AccessRules) -> None:
        self._server = server
        self._gate = access_rules
        self.silent = False
        self.watches: dict[str, int] = {}

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/api", self._core)
        application.router.add_get("/api/v1", self._core)
        application.router.add_get("/apis", self._groups)
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    async def _core(self, request: web.Request) -> web.Response:
        return web.json_response({"versions": ["v1"], "resources": [_CORE]})

    async def _groups(self, request: web.Request) -> web.Response:
        code, group = self._gate.answer(Request("GET", "/apis/sweepjob.dev")) or (404, {})
        return web.json_response({"groups": [group] if code == 200 else []})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read() or b"null")
        asked = Request(request.method, request.path, dict(request.query), body)
        answer = self._gate.answer(asked)
        if answer is None and "watch" in asked.query:
            return await self._watch(request, asked)
        code, found = answer or self._server.answer(asked)
        if "PartialObjectMetadataList" in request.headers.get("Accept", "") and not found.get(
            "items"
        ):
            found = {**found, "items": None}  # as the real one says it
        return web.json_response(found, status=code)

    async def _watch(self, request: web.Request, asked: Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        resource = parse_path(asked.path).resource
        self.watches[resource] = self.watches.get(resource, 0) + 1
        try:
            events = self._server.watch(asked)
            async for _, event in self._gate.until_closed(asked, events):
                if not self.silent:
                    await response.write(json.dumps(event).encode() + b"\n")
        finally:
            self.watches[resource] -= 1
        return response


@asynccontextmanager
async def serve(api: HttpApiServer, folder: Path) -> AsyncIterator[Path]:
    """Serve; the path of a kubeconfig for it."""
    server = TestServer(api.application())
    await server.start_server()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "fake",
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        "clusters": [{"name": "fake", "cluster": {"server": str(server.make_url("")).rstrip("/")}}],
        "users": [{"name": "fake", "user": {"token": "token"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    try:
        yield path
    finally:
        await server.close()
