"""Writes the ends of logs to the record of a trial that has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ..api.meta.identity import ObjectKey
from ..api.resources import SWEEPTRIALS
from ..api.sweeptrial.log_tail import LogTail, dump_log_tails
from ..kube import errors
from ..kube.client import KubeClient
from ..kube.rate_limiter import Priority
from .caches import Caches

_TRIES = 3
_PAUSE = 1.0  # seconds between two tries, in which the watch shows the newer record


async def record_log_tails(
    api: KubeClient, caches: Caches, key: ObjectKey, uid: str, tails: Mapping[int, LogTail]
) -> None:
    """Add the ends of logs to the record of a trial, unless it is gone.

    Args:
        api: the API server.
        caches: the caches of records.
        key: namespace and name of the trial.
        uid: its uid.
        tails: the ends of logs by number of the attempt.

    Raises:
        ApiError: the write failed.
    """
    cache, status = caches.trials(key.namespace), {"logs": dump_log_tails(tails)}
    for attempt in range(_TRIES):
        record = cache.get(*key)
        if record is None or record.uid != uid:
            return
        where = (SWEEPTRIALS, *key, record.version)
        try:
            made = await api.patch_status(*where, status, Priority.LOW)
        except errors.Conflict:
            if attempt == _TRIES - 1:
                raise
            await asyncio.sleep(_PAUSE)
            continue
        cache.store_own_write(made)
        return
