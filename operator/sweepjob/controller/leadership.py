"""Leading: one of several operators acts, by a Lease; the others are warm and wait.

Two that lead at the same moment would do no harm, since names are deterministic and every write has
its precondition; so a leader that lost touch only has to stop soon, which it does by ending.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from ..resources.lease import GIVE_UP_AFTER, RENEW_EVERY, Seen, lease_manifest, may_take, observe
from . import errors, gateway
from .gateway import Gateway

_log = logging.getLogger(__name__)


class Lost(Exception):
    """Somebody else leads, or nobody knows."""


class Leadership:
    """Takes the lease, keeps it, gives it back.

    Args:
        identity: ours; unique among the operators, also after a restart of one.
    """

    def __init__(self, api: Gateway, namespace: str, name: str, identity: str) -> None:
        self._api = api
        self._namespace, self._name, self._identity = namespace, name, identity
        self._seen: Seen | None = None
        self.leads = False

    async def take(self) -> None:
        """Wait until we lead."""
        while True:
            try:
                if await self._try_take():
                    break
            except errors.ApiError as error:
                _log.warning("the lease cannot be taken: %s", error)
            await asyncio.sleep(RENEW_EVERY)
        self.leads = True
        _log.info("%s leads", self._identity)

    async def keep(self) -> None:
        """Renew for as long as we live.

        Raises:
            Lost: we do not lead any more.
        """
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                async with asyncio.timeout(GIVE_UP_AFTER - RENEW_EVERY):
                    held = await self._try_take()
            except (errors.ApiError, TimeoutError) as error:
                _log.warning("the lease was not renewed: %r", error)
                held = None
            now = time.monotonic()
            if held:
                renewed = now
            if held is False or now - renewed > GIVE_UP_AFTER:
                self.leads = False
                raise Lost(f"{self._identity} does not lead any more")

    async def give_back(self) -> None:
        """Let the next one lead at once, on our way out."""
        if not self.leads or self._seen is None:
            return
        self.leads = False
        try:
            await self._write("")
        except errors.ApiError as error:
            _log.info("the lease was not given back: %s", error)

    async def _try_take(self) -> bool:
        """Whether the lease is ours now, after trying."""
        body = await self._read()
        self._seen = observe(body, self._seen, time.monotonic())
        if self.leads and self._seen.holder != self._identity:
            return False
        if not may_take(self._seen, self._identity, time.monotonic()):
            return False
        try:
            await self._write(self._identity)
        except (errors.Conflict, errors.AlreadyExists):
            return False  # somebody was quicker
        return True

    async def _read(self) -> dict[str, Any] | None:
        try:
            return await self._api.get(gateway.LEASES, self._namespace, self._name)
        except errors.NotFound:
            return None

    async def _write(self, identity: str) -> None:
        assert self._seen is not None
        body = lease_manifest(self._namespace, self._name, identity, self._seen, time.time())
        if self._seen.version:
            made = await self._api.replace(gateway.LEASES, self._namespace, self._name, body)
        else:
            made = await self._api.create(gateway.LEASES, self._namespace, body)
        self._seen = observe(made, self._seen, time.monotonic())
