"""An API server in memory, with the behaviour that the operator and its tests rely on."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..kube.transport import Request
from ..timestamps import format_time
from .store import Body, Change, Compacted, Key, Store

_PATH = re.compile(
    r"^(?:/api/v1|/apis/[^/]+/[^/]+)(?:/namespaces/([^/]+))?/([^/]+)(?:/([^/]+))?(?:/([^/]+))?$"
)
_WITH_STATUS = ("sweepjobs", "sweeptrials", "jobs", "pods")
_DEFAULTS = {"sweeptrials": {"phase": "Pending"}}  # of the schema
_FOREGROUND = "foregroundDeletion"


class StatusError(Exception):
    """A request failed; ``body`` is the Status object of the response.

    Args:
        code: HTTP status code.
        reason: reason of the Status object.
        message: message of the Status object.
    """

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.body = {
            "kind": "Status",
            "status": "Failure",
            "code": code,
            "reason": reason,
            "message": message,
        }


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """The parts of a request's path; absent ones are empty."""

    namespace: str
    resource: str
    name: str
    subresource: str


def parse_path(path: str) -> ResourcePath:
    """Return the parts of a path.

    Raises:
        StatusError: the path is unknown.
    """
    match = _PATH.match(path)
    if match is None:
        raise StatusError(404, "NotFound", "the server could not find the requested resource")
    return ResourcePath(*(part or "" for part in match.groups()))


class MemoryApiServer:
    """Answers requests immediately. Delays and faults are simulated by the transport.

    Args:
        clock: returns seconds since the epoch.
        history_limit: number of changes that are stored for watches.
        numbers: unique numbers for uids and generated names; 1, 2, 3 and so on by default.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        history_limit: int = 1000,
        numbers: Iterator[int] | None = None,
    ) -> None:
        self.store = Store(clock, history_limit)
        self._clock = clock
        self._names = itertools.count(1) if numbers is None else numbers
        self._continued: dict[str, tuple[int, list[Body]]] = {}

    def answer(self, request: Request) -> tuple[int, Body]:
        """Return the status code and the body of the response."""
        try:
            return self._answer(request)
        except StatusError as refusal:
            return refusal.code, refusal.body

    def _answer(self, request: Request) -> tuple[int, Body]:
        path = parse_path(request.path)
        namespace, resource, name = path.namespace, path.resource, path.name
        key = (namespace, name)
        match request.method:
            case "GET" if not name:
                return 200, self._list(resource, namespace, request.query)
            case "GET":
                return 200, self._find(resource, key)
            case "POST":
                return 201, self._create(resource, namespace, request.body or {}, request.query)
            case "PUT":
                return 200, self._replace(resource, key, request.body or {})
            case "PATCH":
                return 200, self._patch(resource, key, path.subresource, request.body or {})
            case "DELETE":
                return 200, self._delete(resource, key, request.body or {})
        raise StatusError(405, "MethodNotAllowed", "the server does not allow this method")

    async def watch(self, request: Request) -> AsyncIterator[tuple[float, Body]]:
        """Yield the events of a watch, each with the time of its change in seconds since the epoch.

        The watch ends with an ERROR event when a change is older than the stored history.
        """
        path = parse_path(request.path)
        chosen = _selection(request.query)
        try:
            async for change in self.store.changes(int(request.query["resourceVersion"])):
                event = _event(change, path.resource, path.namespace, chosen)
                if event is not None:
                    yield change.at, event
        except Compacted:
            gone = StatusError(410, "Expired", "too old resource version")
            yield self._clock(), {"type": "ERROR", "object": gone.body}

    def _find(self, resource: str, key: Key) -> Body:
        found = self.store.get(resource, key)
        if found is None:
            raise StatusError(404, "NotFound", f'{resource} "{key[1]}" not found')
        return found

    def _list(self, resource: str, namespace: str, query: Mapping[str, str]) -> Body:
        token = query.get("continue", "")
        if token:
            version, items = self._continued.pop(token, (0, []))
            if version < self.store.floor:
                raise StatusError(410, "Expired", "the provided continue parameter is too old")
        else:
            version, chosen = self.store.version, _selection(query)
            every = sorted(self.store.all(resource).items())
            items = [b for key, b in every if namespace in ("", key[0]) and chosen(b)]
        limit = int(query.get("limit") or 0) or len(items)
        metadata = {"resourceVersion": str(version)}
        if items[limit:]:
            metadata["continue"] = f"token-{next(self._names)}"
            self._continued[metadata["continue"]] = (version, items[limit:])
        return {"items": items[:limit], "metadata": metadata}

    def _create(self, resource: str, namespace: str, body: Body, query: Mapping[str, str]) -> Body:
        meta = dict(body["metadata"])
        if "name" not in meta:
            meta["name"] = f"{meta['generateName']}{next(self._names):x}"
        if self.store.get(resource, (namespace, meta["name"])) is not None:
            message = f'{resource} "{meta["name"]}" already exists'
            raise StatusError(409, "AlreadyExists", message)
        meta |= {
            "namespace": namespace,
            "uid": str(uuid.UUID(int=next(self._names))),
            "creationTimestamp": format_time(self._clock()),
            "generation": 1,
        }
        made = {**body, "metadata": meta}
        if resource == "pods":
            made["status"] = {"phase": "Pending"}
        elif resource in _WITH_STATUS:
            made["status"] = dict(_DEFAULTS.get(resource, {}))
        return made if query.get("dryRun") else self.store.put(resource, made)

    def _replace(self, resource: str, key: Key, body: Body) -> Body:
        found = self._find(resource, key)
        _check_preconditions(found, body["metadata"])
        meta = {**body["metadata"], **_identity(found)}
        return self.store.put(resource, {**body, "metadata": meta})

    def _patch(self, resource: str, key: Key, subresource: str, patch: Body) -> Body:
        found = self._find(resource, key)
        # In a patch of the status, the resourceVersion is the only metadata with an effect.
        preconditions = dict(patch.get("metadata") or {})
        preconditions.pop("uid", None)
        _check_preconditions(found, preconditions)
        merged = merge(found, patch)
        if subresource == "status":
            merged = {**found, "status": merged.get("status") or {}}
        elif resource in _WITH_STATUS:
            merged["status"] = found.get("status") or {}
            merged["metadata"] = {**merged["metadata"], **_identity(found)}
            if merged.get("spec") != found.get("spec"):
                merged["metadata"]["generation"] = found["metadata"]["generation"] + 1
        if not merged.get("status"):
            merged.pop("status", None)
        if _is_done(merged):
            return self.store.remove(resource, key)
        return self.store.put(resource, merged)

    def _delete(self, resource: str, key: Key, options: Body) -> Body:
        found = self._find(resource, key)
        _check_preconditions(found, options.get("preconditions") or {})
        meta = dict(found["metadata"])
        grace = self._grace(resource, found, options)
        foreground = options.get("propagationPolicy") == "Foreground"
        if foreground and _FOREGROUND not in meta.get("finalizers", ()):
            meta["finalizers"] = [*meta.get("finalizers", ()), _FOREGROUND]
        if not grace and not meta.get("finalizers"):
            return self.store.remove(resource, key)
        earlier = meta.get("deletionGracePeriodSeconds")
        if earlier is None or grace < earlier:
            meta["deletionGracePeriodSeconds"] = grace
            meta["deletionTimestamp"] = format_time(self._clock() + grace)
        return self.store.put(resource, {**found, "metadata": meta})

    def _grace(self, resource: str, found: Body, options: Body) -> int:
        """Return the grace period in seconds: 0 except for a pod that runs on a node."""
        terminal = (found.get("status") or {}).get("phase") in ("Succeeded", "Failed")
        if resource != "pods" or "nodeName" not in found["spec"] or terminal:
            return 0
        requested = options.get("gracePeriodSeconds")
        default = found["spec"].get("terminationGracePeriodSeconds", 30)
        return int(default if requested is None else requested)


def merge(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7396) and return the result.

    Written by hand, since ten lines are not worth a dependency.
    """
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def _check_preconditions(found: Body, preconditions: Mapping[str, Any]) -> None:
    for name in ("uid", "resourceVersion"):
        value = preconditions.get(name)
        if value and value != found["metadata"][name]:
            message = f"Precondition failed: {name} is {found['metadata'][name]}, not {value}"
            raise StatusError(409, "Conflict", message)


def _identity(found: Body) -> Body:
    preserved = (
        "uid",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "resourceVersion",
    )
    return {name: found["metadata"][name] for name in preserved if name in found["metadata"]}


def _is_done(body: Body) -> bool:
    """Return whether a deleted object has neither a finalizer nor a grace period left."""
    meta = body["metadata"]
    is_held = meta.get("finalizers") or meta.get("deletionGracePeriodSeconds")
    return "deletionTimestamp" in meta and not is_held


def _selection(query: Mapping[str, str]) -> Callable[[Body], bool]:
    labels = [term.partition("=") for term in query.get("labelSelector", "").split(",") if term]
    fields = [term.partition("=") for term in query.get("fieldSelector", "").split(",") if term]

    def chosen(body: Body) -> bool:
        own = body["metadata"].get("labels") or {}
        labelled = all(k in own and (not eq or own[k] == v) for k, eq, v in labels)
        return labelled and all(_field(body, path) == v for path, _, v in fields)

    return chosen


def _field(body: Body, path: str) -> str:
    value: Any = body
    for part in path.split("."):
        value = (value or {}).get(part, "")
    return str(value)


def _event(
    change: Change, resource: str, namespace: str, chosen: Callable[[Body], bool]
) -> Body | None:
    """Return the event of a change for a watch; for an object that leaves the selection, DELETED."""
    if change.resource != resource or namespace not in ("", change.body["metadata"]["namespace"]):
        return None
    was = change.old is not None and chosen(change.old)
    is_now = change.new is not None and chosen(change.new)
    if not was and not is_now:
        return None
    kind = "DELETED" if not is_now else "MODIFIED" if was else "ADDED"
    metadata = {**change.body["metadata"], "resourceVersion": str(change.version)}
    return {"type": kind, "object": {**change.body, "metadata": metadata}}
