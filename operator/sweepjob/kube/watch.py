"""A watch: events of one resource from a resource version on."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

from . import errors
from .decoding import FieldSelection, decode_event
from .resources import Resource
from .transport import Body, Request, ResponseStream, TransportError

# The server ends a watch after this many seconds. Until then it sends a bookmark every minute, even where
# nothing happens: a longer silence means a dead connection.
_WATCH_SECONDS = 290
IDLE_TIMEOUT = 90.0
# Bytes of an event. etcd stores 1.5 MB for an object; in JSON, escapes make six of a character.
_LONGEST_EVENT = 32 * 1024 * 1024


def watch_request(
    resource: Resource, namespace: str | None, selector: str, version: str
) -> Request:
    """Return the request that opens a watch.

    Args:
        resource: what to watch.
        namespace: None for all.
        selector: a label selector; empty for all objects.
        version: the resource version after which events are wanted.
    """
    query = {
        "watch": "1",
        "resourceVersion": version,
        "labelSelector": selector,
        "allowWatchBookmarks": "true",
        "timeoutSeconds": str(_WATCH_SECONDS),
    }
    return Request("GET", resource.path(namespace), query)


async def watch_events(
    stream: ResponseStream, fields: FieldSelection | None
) -> AsyncGenerator[Body]:
    """Return the events of a watch until the server closes the stream.

    Args:
        stream: the response.
        fields: the fields that are needed of each object; None for all.

    Raises:
        Gone: the resource version is too old.
        ApiError: another error that the server sent as an event.
        TransportError: the connection broke, or something arrived that is not an event.
    """
    async for line in stream.lines(_LONGEST_EVENT):
        try:
            event = decode_event(line, fields)
        except ValueError as error:
            raise TransportError(str(error)) from error
        if event["type"] == "ERROR":
            raise _error_of(event["object"])
        yield event


def _error_of(status: Body) -> errors.ApiError:
    """Return the exception for the Status object of an ERROR event."""
    code = status.get("code")
    code = code if isinstance(code, int) else 500
    return errors.from_response(code, json.dumps(status).encode(), {}, "GET")
