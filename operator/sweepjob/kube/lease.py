"""Leading: one of several operators acts, by a Lease; the others are warm and wait.

A leader that lost touch, or was frozen, writes nothing any more and ends. Should two lead at the same
moment all the same, names are deterministic, and deletions and records have their preconditions.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable
from typing import Any

from ..telemetry.log_format import fields
from . import errors, resources
from .client import KubeClient
from .lease_record import GIVE_UP_AFTER, RENEW_EVERY, Seen, lease_manifest, may_take, observe

_log = logging.getLogger(__name__)


class Lost(Exception):
    """Somebody else leads, or nobody knows."""


class LeaderElection:
    """Takes the lease, keeps it, gives it back.

    Args:
        identity: ours; unique among the operators that may live at the same time.
        clock: seconds, from any moment on; goes on while this process is frozen.

    Attributes:
        trouble: why the lease cannot be taken; empty when it can, or is somebody else's.
    """

    def __init__(
        self,
        api: KubeClient,
        namespace: str,
        name: str,
        identity: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api, self._clock = api, clock
        self._namespace, self._name, self._identity = namespace, name, identity
        self._seen: Seen | None = None
        self._renewed = -math.inf
        self._taken = False
        self.trouble = ""

    @property
    def leads(self) -> bool:
        """Whether we lead at this moment. Time passes while a process is frozen: one that wakes up
        late does not lead, before it has found out why.
        """
        return self._taken and self._clock() - self._renewed < GIVE_UP_AFTER

    async def take(self) -> None:
        """Wait until we lead."""
        while True:
            try:
                if await self._try_take():
                    break
            except errors.ApiError as error:
                self._set_trouble(f"the lease cannot be taken: {error}")
            else:
                self._set_trouble("")
            await asyncio.sleep(RENEW_EVERY)
        self._set_trouble("")
        self._taken = True
        _log.info("leadership gained", extra=fields(identity=self._identity))

    async def keep(self) -> None:
        """Renew for as long as we live.

        Raises:
            Lost: we do not lead any more.
        """
        while True:
            await asyncio.sleep(RENEW_EVERY)
            held: bool | None = None
            try:
                async with asyncio.timeout(GIVE_UP_AFTER - RENEW_EVERY):
                    held = await self._try_take()
            except (errors.ApiError, TimeoutError) as error:
                _log.warning("the lease was not renewed: %r", error)
            if held is False or not self.leads:
                self._taken = False
                _log.warning("leadership lost", extra=fields(identity=self._identity))
                raise Lost(f"{self._identity} does not lead any more")

    def _set_trouble(self, trouble: str) -> None:
        if trouble and trouble != self.trouble:
            _log.warning("%s", trouble)
        self.trouble = trouble

    async def give_back(self) -> None:
        """Let the next one lead at once, on our way out."""
        if not self.leads or self._seen is None:
            return
        self._taken = False
        _log.info("leadership given back", extra=fields(identity=self._identity))
        try:
            await self._write("")
        except errors.ApiError as error:
            _log.info("the lease was not given back: %s", error)

    async def _try_take(self) -> bool:
        """Whether the lease is ours now, after trying."""
        body = await self._read()
        self._seen = observe(body, self._seen, self._clock())
        if self._taken and self._seen.holder != self._identity:
            return False
        now = self._clock()
        if not may_take(self._seen, self._identity, now):
            return False
        try:
            await self._write(self._identity)
        except (errors.Conflict, errors.AlreadyExists):
            if self._taken:
                raise  # somebody has touched our lease; whether it is still ours, the next look says
            return False  # somebody was quicker
        self._renewed = now
        return True

    async def _read(self) -> dict[str, Any] | None:
        try:
            return await self._api.get(resources.LEASES, self._namespace, self._name)
        except errors.NotFound:
            return None

    async def _write(self, identity: str) -> None:
        assert self._seen is not None
        body = lease_manifest(self._namespace, self._name, identity, self._seen, time.time())
        if self._seen.version:
            made = await self._api.replace(resources.LEASES, self._namespace, self._name, body)
        else:
            made = await self._api.create(resources.LEASES, self._namespace, body)
        self._seen = observe(made, self._seen, self._clock())
