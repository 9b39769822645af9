"""The receivers of notifications, as the chart's values have them, and their Secrets."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..api.notifications.event_type import DEFAULT_EVENTS, EventType

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver of notifications.

    Attributes:
        id: its name; of a sweep's URL the host and a hash.
        url: where to send; empty if its Secret has it.
        events: the events to send.
        format: a word of ``FORMATS``.
        template: the body, with references; None for that of the format.
        every_sweep: every sweep notifies it; otherwise only those that name it.
        namespaces: namespaces whose sweeps may notify it; empty for all.
        secrets: folder with the keys of its Secret; None without one.
        is_of_sweep: the URL comes from a sweep, so that it must be allowed.
    """

    id: str
    url: str = ""
    events: frozenset[EventType] = frozenset(DEFAULT_EVENTS)
    format: str = "cloudevents"
    template: Any = None
    every_sweep: bool = False
    namespaces: tuple[str, ...] = ()
    secrets: Path | None = None
    is_of_sweep: bool = False

    def secret(self, key: str) -> str:
        """Return a key of the receiver's Secret as it is now; empty without it."""
        if self.secrets is None:
            return ""
        try:
            return (self.secrets / key).read_text().strip()
        except FileNotFoundError:
            return ""

    @property
    def label(self) -> str:
        """The value of the label ``receiver`` of metrics: URLs of sweeps have one together."""
        return "url" if self.is_of_sweep else self.id


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """The values ``notifications`` of the chart.

    Attributes:
        receivers: by name.
        allowed_urls: beginnings of URLs that sweeps may give.
        allowed_networks: networks, besides public addresses, that these URLs may lead to.
        retention: seconds until a notification that cannot be delivered is given up.
    """

    receivers: Mapping[str, Receiver] = field(default_factory=dict)
    allowed_urls: tuple[str, ...] = ()
    allowed_networks: tuple[Network, ...] = ()
    retention: float = _DAY

    @classmethod
    def parse(cls, text: str, secrets: Path) -> NotificationSettings:
        """Read the values.

        Args:
            text: the values as JSON; empty for none.
            secrets: the folder with a folder for each receiver that has a Secret.

        Raises:
            ValueError: they are not valid.
        """
        values = json.loads(text or "{}")
        return cls(
            receivers={
                name: _receiver(name, given, secrets)
                for name, given in (values.get("receivers") or {}).items()
            },
            allowed_urls=tuple(values.get("allowedUrls") or ()),
            allowed_networks=tuple(map(ipaddress.ip_network, values.get("allowedNetworks") or ())),
            retention=float(values.get("retentionSeconds") or _DAY),
        )


def _receiver(name: str, given: Mapping[str, Any], secrets: Path) -> Receiver:
    return Receiver(
        id=name,
        url=given.get("url") or "",
        events=frozenset(map(EventType, given.get("events") or DEFAULT_EVENTS)),
        format=given.get("format") or "cloudevents",
        template=given.get("template"),
        every_sweep=bool(given.get("everySweep")),
        namespaces=tuple(given.get("namespaces") or ()),
        secrets=secrets / name if given.get("secret") else None,
    )


NO_NOTIFICATIONS = NotificationSettings()
