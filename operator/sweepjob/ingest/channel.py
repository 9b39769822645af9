"""Messages between the ingestion process and the operator's process, on a socket pair.

A message is JSON behind its length. To the operator's process:

- ``{"id", "caller", "push", ...}`` is a push to respond to;
- ``{"listening": true}`` is sent once;
- ``{"counts": ...}`` is for the metrics;
- ``{"denied": ...}`` is sent when the permission to review tokens is lacking.

To the ingestion process: ``{"id", "status", "body"}``.
"""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any

from .limits import MESSAGE_LIMIT

_LENGTH = struct.Struct(">I")
Message = dict[str, Any]


def encode(message: Message) -> bytes:
    """Return the bytes of a message."""
    data = json.dumps(message, separators=(",", ":")).encode()
    return _LENGTH.pack(len(data)) + data


async def receive(reader: asyncio.StreamReader) -> Message | None:
    """Return the next message; None when the channel is closed.

    Raises:
        ValueError: the length or the JSON is not valid.
    """
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > MESSAGE_LIMIT:
            raise ValueError(f"a message of {length} bytes")
        message: Message = json.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return message
