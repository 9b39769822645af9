"""Waiting for the first list of a cache."""

from __future__ import annotations

import asyncio
from typing import Any

from ..kube.informer import Informer


class Unavailable(Exception):
    """An object does not exist, or the API server cannot be read; the message says which."""


async def wait_until_synced(informer: Informer[Any], seconds: float = 15.0) -> None:
    """Wait until a cache has received its first list.

    Raises:
        Unavailable: the list did not arrive in time; the message has the cache's last error.
    """
    try:
        await asyncio.wait_for(informer.synced.wait(), seconds)
    except TimeoutError:
        raise Unavailable(f"the API server cannot be read: {informer.last_error}") from None
