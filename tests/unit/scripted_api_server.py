"""An API server that answers as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any


class ScriptedApiServer:
    """A fake: answers lists and watches from a script, for faults that a real server will not produce on
    demand. A watch ends with the error given, or stays silent for ever."""

    def __init__(self, lists: list[list[dict[str, Any]]], watches: list[list[Any]]) -> None:
        self.lists, self.watches, self.version = lists, watches, 0

    async def list_page(self, *_: Any) -> dict[str, Any]:
        self.version += 100
        return {"items": self.lists.pop(0), "metadata": {"resourceVersion": str(self.version)}}

    async def watch(self, *given: Any) -> AsyncIterator[Any]:
        given[-1]()
        for item in self.watches.pop(0):
            if isinstance(item, Exception):
                raise item
            yield item
        if not self.watches:
            await asyncio.Event().wait()
