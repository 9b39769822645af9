"""What the ingestion process and the operator's process say to each other, over a socket pair: frames of
a length and JSON.

Up: ``{"id", "caller", "push"}`` asks for an answer; ``{"listening": true}`` once; ``{"counts": ...}`` for
the metrics; ``{"denied": ...}`` when a review of a token was refused for a right. Down:
``{"id", "status", "body"}``.
"""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any

_LENGTH = struct.Struct(">I")
_LONGEST = 4 * 1024 * 1024  # bytes; a push has 64 KiB
Message = dict[str, Any]


def encode(message: Message) -> bytes:
    """The frame of a message."""
    data = json.dumps(message, separators=(",", ":")).encode()
    return _LENGTH.pack(len(data)) + data


async def receive(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None at the end of the channel.

    Raises:
        ValueError: it is no frame.
    """
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > _LONGEST:
            raise ValueError(f"a frame of {length} bytes")
        message: Message = json.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return message
