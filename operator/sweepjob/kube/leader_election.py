"""Leader election by a Lease: one of several operators writes; the others keep their caches warm.

A leader that could not renew the lease, or whose process was frozen, stops writing and ends. Names are
deterministic, and deletions and status writes have preconditions, in case two lead at the same moment
after all. kopf's peering is not used: it does not stop a leader that lost its connection.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable
from typing import Any, Protocol

from ..telemetry.log_format import fields
from . import errors
from .lease import RENEW_DEADLINE, RETRY_PERIOD, ObservedLease, can_acquire, lease_manifest, observe
from .resources import LEASES, Resource
from .transport import Body

_log = logging.getLogger(__name__)


class LeadershipLost(Exception):
    """Another operator leads, or may lead."""


class LeaseClient(Protocol):
    """The methods of the API server's client that an election needs."""

    async def get(self, resource: Resource, namespace: str, name: str) -> Body:
        """See ``KubeClient``."""
        ...

    async def create(self, resource: Resource, namespace: str | None, body: Body) -> Body:
        """See ``KubeClient``."""
        ...

    async def replace(self, resource: Resource, namespace: str, name: str, body: Body) -> Body:
        """See ``KubeClient``."""
        ...


class LeaderElector:
    """Acquires a lease, renews it, and releases it.

    Args:
        api: the client.
        namespace, name: identify the Lease.
        identity: identifies this candidate; unique among those that may run at the same time.
        clock: seconds of a monotonic clock that keeps running while this process is frozen.

    Attributes:
        not_ready_reason: why the lease cannot be acquired; empty when it can, or when another candidate
            holds it.
    """

    def __init__(
        self,
        api: LeaseClient,
        namespace: str,
        name: str,
        identity: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api, self._clock = api, clock
        self._namespace, self._name, self._identity = namespace, name, identity
        self._observed: ObservedLease | None = None
        self._renewed = -math.inf
        self._acquired = False
        self._awaited = ""  # the holder that the log names
        self.not_ready_reason = ""

    @property
    def is_leader(self) -> bool:
        """Whether this candidate leads at this moment.

        Time passes while a process is frozen: one that wakes up late does not lead until it has renewed
        the lease.
        """
        return self._acquired and self._clock() - self._renewed < RENEW_DEADLINE

    async def acquire(self) -> None:
        """Wait until this candidate leads."""
        while True:
            try:
                if await self._try_acquire_or_renew():
                    break
            except errors.ApiError as error:
                self._set_not_ready_reason(f"the lease cannot be acquired: {error}")
            else:
                self._set_not_ready_reason("")
            await asyncio.sleep(RETRY_PERIOD)
        self._set_not_ready_reason("")
        self._acquired = True
        _log.info("leadership gained", extra=fields(identity=self._identity))

    async def renew(self) -> None:
        """Renew the lease for as long as this candidate leads.

        Raises:
            LeadershipLost: it no longer leads.
        """
        while True:
            await asyncio.sleep(RETRY_PERIOD)
            held: bool | None = None
            try:
                async with asyncio.timeout(RENEW_DEADLINE - RETRY_PERIOD):
                    held = await self._try_acquire_or_renew()
            except (errors.ApiError, TimeoutError) as error:
                _log.warning("the lease was not renewed: %r", error)
            if held is False or not self.is_leader:
                self._acquired = False
                holder = "" if self._observed is None else self._observed.holder
                _log.warning(
                    "leadership lost", extra=fields(identity=self._identity, holder=holder)
                )
                raise LeadershipLost(
                    f"{self._identity} no longer leads; the lease names {holder!r}"
                )

    async def release(self) -> None:
        """Let another candidate lead at once, when this process ends."""
        if not self.is_leader or self._observed is None:
            return
        self._acquired = False
        _log.info("leadership given back", extra=fields(identity=self._identity))
        try:
            await self._write("")
        except errors.ApiError as error:
            _log.info("the lease was not released: %s", error)

    def _set_not_ready_reason(self, reason: str) -> None:
        if reason and reason != self.not_ready_reason:
            _log.warning("%s", reason)
        self.not_ready_reason = reason

    async def _try_acquire_or_renew(self) -> bool:
        """Try once; return whether this candidate holds the lease now."""
        body = await self._read()
        self._observed = observe(body, self._observed, self._clock())
        if self._acquired and self._observed.holder != self._identity:
            return False
        now = self._clock()
        if not can_acquire(self._observed, self._identity, now):
            self._log_holder(self._observed.holder)
            return False
        try:
            await self._write(self._identity)
        except (errors.Conflict, errors.AlreadyExists):
            if self._acquired:
                raise  # something changed our lease; the next attempt reads who holds it
            return False  # another candidate was faster
        self._renewed = now
        return True

    def _log_holder(self, holder: str) -> None:
        """Say for whom this candidate waits, once for each."""
        if holder != self._awaited:
            self._awaited = holder
            _log.info(
                "another operator leads", extra=fields(identity=self._identity, holder=holder)
            )

    async def _read(self) -> dict[str, Any] | None:
        try:
            return await self._api.get(LEASES, self._namespace, self._name)
        except errors.NotFound:
            return None

    async def _write(self, identity: str) -> None:
        assert self._observed is not None
        body = lease_manifest(self._namespace, self._name, identity, self._observed, time.time())
        if self._observed.version:
            written = await self._api.replace(LEASES, self._namespace, self._name, body)
        else:
            written = await self._api.create(LEASES, self._namespace, body)
        self._observed = observe(written, self._observed, self._clock())
