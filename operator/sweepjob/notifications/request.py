"""Builds the request that delivers a notification: body, headers, signature."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..api.spec.notification_url import url_problem
from ..version import __version__
from .cloud_event import CONTENT_TYPE, SweepNotification, cloud_event
from .forms import SLACK, TEAMS, escape_markdown, escape_slack, fill_template, template_fields
from .receivers import Network, Receiver

_FORMS: dict[str, tuple[Any, Callable[[str], str]]] = {
    "slack": (SLACK, escape_slack),
    "teams": (TEAMS, escape_markdown),
    "cloudevents": (None, str),
}
_KEY_PREFIX = "whsec_"


class UnusableReceiver(Exception):
    """The receiver's settings or its Secret cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A POST request.

    Attributes:
        url: where to; not to be shown, since it may contain a secret.
        headers: besides those of every request.
        body: the body.
        authority: certificates to trust, as PEM; empty for those of the system.
        networks: networks besides public addresses that it may reach; None for any address.
    """

    url: str
    headers: dict[str, str]
    body: bytes
    authority: str = ""
    networks: tuple[Network, ...] | None = field(default=None)


def build_request(
    notification: SweepNotification,
    receiver: Receiver,
    networks: tuple[Network, ...],
    now: float,
) -> WebhookRequest:
    """Return the request for a receiver.

    Args:
        notification: what to send.
        receiver: the receiver.
        networks: networks besides public addresses that URLs of sweeps may lead to.
        now: seconds since the epoch.

    Raises:
        UnusableReceiver: it has no usable URL or key.
    """
    body, content_type = _body(notification, receiver)
    headers = {"Content-Type": content_type, "User-Agent": f"sweepjob/{__version__}"}
    if token := receiver.secret("token"):
        if not token.isascii() or not token.isprintable():
            raise UnusableReceiver("the key token of its Secret is not printable ASCII text")
        headers["Authorization"] = f"Bearer {token}"
    if key := receiver.secret("signing-key"):
        headers |= signature_headers(notification.id, round(now), body, key)
    return WebhookRequest(
        _url(receiver),
        headers,
        body,
        receiver.secret("ca.crt"),
        networks if receiver.is_of_sweep else None,
    )


def _url(receiver: Receiver) -> str:
    url = receiver.secret("url") or receiver.url
    if not url:
        raise UnusableReceiver("it has no URL: neither in the chart's values nor in its Secret")
    if problem := url_problem(url):
        raise UnusableReceiver(f"its URL {problem}")
    return url


def _body(notification: SweepNotification, receiver: Receiver) -> tuple[bytes, str]:
    template, escape = _FORMS[receiver.format]
    if receiver.template is not None:
        template = receiver.template
    if template is None:
        return json.dumps(cloud_event(notification)).encode(), CONTENT_TYPE
    filled = fill_template(template, template_fields(notification), escape)
    return json.dumps(filled).encode(), "application/json"


def signature_headers(event: str, now: int, body: bytes, key: str) -> dict[str, str]:
    """Return the headers of Standard Webhooks: id, time, and an HMAC of them and the body.

    Args:
        event: the id of the notification.
        now: seconds since the epoch.
        body: the body.
        key: the key in base64, with or without the prefix ``whsec_``.

    Raises:
        UnusableReceiver: the key is not base64.
    """
    try:
        secret = base64.b64decode(key.removeprefix(_KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise UnusableReceiver("the key signing-key of its Secret is not base64") from None
    signed = f"{event}.{now}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    return {
        "webhook-id": event,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{signature}",
    }
