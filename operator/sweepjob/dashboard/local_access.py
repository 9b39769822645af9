"""Access for ``sweepjob ui``: one user on their own machine, identified by a secret key."""

from __future__ import annotations

import hmac

from aiohttp import web

from .access import RequestRejected, Viewer


class LocalAccess:
    """Serves whoever has the key that ``sweepjob ui`` printed.

    Every request to the API server is sent with the user's own permissions, by way of ``kubectl proxy``.
    The key and the check of the ``Host`` header keep out other programs on the machine and pages of other
    sites in the same browser (DNS rebinding).

    Args:
        key: the secret, which a request sends in a cookie.
        host: host and port under which the page is opened.
    """

    def __init__(self, key: str, host: str) -> None:
        self._key = key
        self._host = host
        # Browsers share cookies among all ports of a host: the name keeps two servers apart.
        self._cookie = f"sweepjob-{host.rpartition(':')[2]}"

    def is_valid_key(self, key: str) -> bool:
        """Compare a key with the secret, in constant time."""
        return hmac.compare_digest(key.encode(), self._key.encode())

    async def authenticate(self, request: web.Request) -> Viewer:
        """Return the owner of the machine.

        Raises:
            RequestRejected: the key is missing or wrong, or the host name is another one.
        """
        if request.host != self._host:
            raise RequestRejected(403, f"this page is at {self._host}")
        if not self.is_valid_key(request.cookies.get(self._cookie, "")):
            raise RequestRejected(403, "open the address that sweepjob ui has printed")
        return Viewer("owner")

    async def may_read(self, viewer: Viewer, namespace: str) -> bool:
        """Allow everything: the API server checks every request against the user's own permissions."""
        return True

    async def may_read_logs(self, viewer: Viewer, namespace: str) -> bool:
        """Allow everything, for the same reason."""
        return True

    async def may_annotate(self, viewer: Viewer, namespace: str) -> bool:
        """Allow everything, for the same reason."""
        return True

    def set_cookie(self, response: web.Response) -> web.Response:
        """Add the cookie with the key to a response."""
        response.set_cookie(self._cookie, self._key, httponly=True, samesite="Strict", path="/")
        return response
