"""The interface of access policies: who sends a request, and what they may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web


class RequestRejected(Exception):
    """The request is not served.

    Attributes:
        status: the HTTP status: 401 where a token would help, 429 beyond a limit, 400 for a malformed
            change, 409 for one that came too late, 403 otherwise.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user or a service account, as the API server identifies them.

    An empty ``user`` is nobody: the token was not accepted.
    """

    user: str = ""
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)


class Access(Protocol):
    """Authenticates and authorizes requests."""

    async def authenticate(self, request: web.Request) -> Viewer:
        """Return the user who sent a request.

        Raises:
            RequestRejected: the sender is unknown.
        """
        ...

    async def may_read(self, viewer: Viewer, namespace: str) -> bool:
        """Return whether the viewer may list the SweepJobs and the SweepTrials of a namespace."""
        ...

    async def may_read_logs(self, viewer: Viewer, namespace: str) -> bool:
        """Return whether the viewer may read the logs of pods of a namespace."""
        ...

    async def may_annotate(self, viewer: Viewer, namespace: str) -> bool:
        """Return whether the viewer may change the SweepTrials of a namespace."""
        ...
