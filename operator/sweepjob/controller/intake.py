"""Takes reports from sidecars over HTTPS: authenticated, bounded, answered at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from .. import wire
from ..resources.pods import PodRecord
from . import errors, telemetry
from .authentication import Caller
from .caches import Caches
from .guard import Guards, Rates
from .reports import Reports


class Identifies(Protocol):
    """Says whose a token is."""

    async def identify(self, token: str) -> Caller | None:
        """The caller, or None when the token is no good.

        Raises:
            Unavailable: it cannot be said.
        """
        ...


class Intake:
    """One endpoint. A push counts for a trial only if the pod that its token was made for is a pod of
    a Job of that trial, by owner, not by label."""

    def __init__(
        self,
        authenticator: Identifies,
        reports: Reports,
        caches: Caches,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self._leads = leads
        self._authenticator = authenticator
        self._reports = reports
        self._rates = Rates()
        self.guards = Guards()
        self._caches = caches

    def application(self) -> web.Application:
        application = web.Application(client_max_size=wire.MAX_BODY)
        application.router.add_post(wire.REPORTS_PATH, self._handle)
        return application

    async def _handle(self, request: web.Request) -> web.Response:
        response = await self._answer(request)
        self.guards.arrived(request.transport)
        telemetry.PUSHES.labels(str(response.status)).inc()
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        if not self._leads():
            return _refuse(503, "this operator does not lead; another one does")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            return _refuse(401, "a bearer token is required")
        try:
            caller = await self._authenticator.identify(token)
        except errors.ApiError as error:
            return _refuse(503, f"the token cannot be checked: {error}")
        if caller is None:
            return _refuse(401, f"not a pod's token for the audience {wire.AUDIENCE}")
        if not self._rates.allows(caller.uid):
            return _refuse(429, "too many requests; send more reports in each")
        try:
            push = wire.Push.parse(await request.read())
        except ValueError as error:
            return _refuse(400, str(error))
        except web.HTTPRequestEntityTooLarge:
            # aiohttp's answer refers to itself, and keeps what was read until Python looks for cycles.
            return _refuse(413, f"more than {wire.MAX_BODY} bytes; send fewer reports in each")
        return self.take(caller, push)

    def take(self, caller: Caller, push: wire.Push) -> web.Response:
        """The answer to a push of a caller whose token has been checked."""
        pod = self._caches.pod(caller.uid)
        if pod is None:
            # The watch may be a moment behind; the sidecar tries again.
            return _refuse(503, f"pod {caller.pod} is not known yet")
        if pod.namespace != caller.namespace or push.namespace != pod.namespace:
            return _refuse(403, "the token belongs to another namespace")
        if push.trial != pod.trial or not self._belongs(pod.namespace, pod):
            return _refuse(403, f"pod {caller.pod} is not a pod of trial {push.trial}")
        if not self._reports.is_current(pod):
            return _refuse(410, f"trial {push.trial} goes on in another pod")
        reply = self._reports.take((pod.namespace, pod.sweep), push, pod.uid)
        if reply is None:
            return self._not_live(pod.namespace, push)
        return web.json_response(reply.dump())

    def _belongs(self, namespace: str, pod: PodRecord) -> bool:
        record = self._caches.trials(namespace).get(namespace, pod.trial)
        return record is not None and self._caches.owner_of(pod) == record.uid

    def _not_live(self, namespace: str, push: wire.Push) -> web.Response:
        """The trial has ended, or its sweep has not been looked at since a start of the operator."""
        record = self._caches.trials(namespace).get(namespace, push.trial)
        if record is not None and record.phase.is_end:
            end = push.first + len(push.values)
            return web.json_response(wire.Reply(end, end - 1, wire.STOP).dump())
        return _refuse(503, f"trial {push.trial} is not known yet")


def _refuse(status: int, text: str) -> web.Response:
    headers = {"Retry-After": "1"} if status in (429, 503) else {}
    return web.Response(status=status, text=text, headers=headers)
