"""What the fake API server refuses: requests for which a permission is missing, and resources whose CRD does
not exist."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from sweepjob.controllers.permissions import Permission
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import StatusError, parse_path

_ACCOUNT = "system:serviceaccount:sweepjob-system:sweepjob"
_SWEEPS = "sweepjob.dev"
_CUSTOM = ("sweepjobs", "sweeptrials")
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_REVIEWS = ("selfsubjectaccessreviews", "tokenreviews")

_OPENAPI = "/openapi/v3/apis/"
Key = tuple[str, str, str]  # group, resource with subresource, verb


def key(permission: Permission) -> Key:
    """The key of a permission in the operator's table."""
    return permission.group, permission.resource, permission.verb


def needed(request: Request) -> Key:
    """The permission that a request needs."""
    path = parse_path(request.path)
    verb = _VERBS.get(request.method, "get" if path.name else "list")
    verb = "watch" if "watch" in request.query else verb
    group = "" if request.path.startswith("/api/") else request.path.split("/")[2]
    return group, "/".join(filter(None, (path.resource, path.subresource))), verb


class AccessRules:
    """Stands before the server.

    Args:
        denied: permissions that are missing, everywhere.

    Attributes:
        served: the custom resources that there are.
        version: in which they are served.
        published: OpenAPI documents by group and version.
    """

    published: ClassVar[dict[str, Any]] = {}

    def __init__(self, denied: set[Key] | None = None) -> None:
        self.denied = set() if denied is None else denied
        self.denied_in: dict[str, set[Key]] = {}
        self.served = set(_CUSTOM)
        self.version = "v1alpha1"
        self._closed: dict[str, asyncio.Event] = {name: asyncio.Event() for name in _CUSTOM}

    def close(self, resource: str) -> None:
        """The CRD of a resource is deleted: its watches end."""
        self.served.discard(resource)
        self._closed[resource].set()

    def open(self, resource: str) -> None:
        """The CRD is there again."""
        self.served.add(resource)
        self._closed[resource] = asyncio.Event()

    def answer(self, request: Request) -> tuple[int, Any] | None:
        """The answer to a request that does not reach the server, None to one that does."""
        if request.path.startswith("/apis/") and request.path.count("/") < 4:
            return self._discovery(request)
        if request.path.startswith(_OPENAPI):
            document = self.published.get(request.path.removeprefix(_OPENAPI))
            return (200, document) if document else _refuse(404, "NotFound", "404 page not found")
        path = parse_path(request.path)
        namespace, resource, name = path.namespace, path.resource, path.name
        group, full, verb = needed(request)
        if self.lacks((group, full, verb), namespace):
            return _refuse(403, "Forbidden", _forbidden(group, full, verb, namespace, name))
        served = resource in self.served and f"/{self.version}/" in request.path
        if group == _SWEEPS and not served:
            return _refuse(404, "NotFound", "the server could not find the requested resource")
        if resource == _REVIEWS[0]:
            return 201, {"status": {"allowed": self._allows((request.body or {})["spec"])}}
        return None

    def lacks(self, permission: Key, namespace: str) -> bool:
        return permission in self.denied or permission in self.denied_in.get(namespace, ())

    def _allows(self, spec: dict[str, Any]) -> bool:
        asked = spec["resourceAttributes"]
        resource = "/".join(filter(None, (asked["resource"], asked["subresource"])))
        return not self.lacks((asked["group"], resource, asked["verb"]), asked["namespace"])

    def _discovery(self, request: Request) -> tuple[int, Any]:
        group = request.path.split("/")[2]
        if group != _SWEEPS or not self.served:
            return _refuse(404, "NotFound", "the server could not find the requested resource")
        if request.path.count("/") == 2:
            versions = [{"groupVersion": f"{_SWEEPS}/{self.version}", "version": self.version}]
            return 200, {"name": _SWEEPS, "versions": versions, "preferredVersion": versions[0]}
        verbs = ["get", "list", "watch", "create", "patch", "delete"]
        resources = [
            {
                "name": name,
                "singularName": name[:-1],
                "kind": {"sweepjobs": "SweepJob", "sweeptrials": "SweepTrial"}[name],
                "namespaced": True,
                "verbs": verbs,
            }
            for name in sorted(self.served)
        ]
        return 200, {"resources": resources}

    async def until_closed(
        self, request: Request, events: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        """The events of a watch, until its resource is gone."""
        closed = self._closed.get(parse_path(request.path).resource)
        if closed is None:
            async for event in events:
                yield event
            return
        gone = asyncio.ensure_future(closed.wait())
        try:
            while not closed.is_set():
                coming = asyncio.ensure_future(anext(events))
                await asyncio.wait([gone, coming], return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    return
                try:
                    yield coming.result()
                except StopAsyncIteration:
                    return
        finally:
            gone.cancel()


def _refuse(code: int, reason: str, message: str) -> tuple[int, Any]:
    return code, StatusError(code, reason, message).body


def _forbidden(group: str, resource: str, verb: str, namespace: str, name: str) -> str:
    """In the API server's words."""
    plural = resource.partition("/")[0] + (f".{group}" if group else "")
    about = f'{plural} "{name}"' if name else plural
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    return (
        f'{about} is forbidden: User "{_ACCOUNT}" cannot {verb} resource "{resource}" '
        f'in API group "{group}" {where}'
    )
