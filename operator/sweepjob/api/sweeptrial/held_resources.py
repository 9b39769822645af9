"""``status.held``: what the pods of a trial held when it was decided to end them.

An operator that did not run when they ended finds nothing of them. From this field it knows at least what
they used until the decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...timestamps import format_time
from ..parsing.float_text import format_float
from ..parsing.lenient_reader import LenientReader


@dataclass(frozen=True, slots=True)
class HeldResources:
    """What a pod held.

    Attributes:
        pod: uid of the pod.
        gpus: numbers of GPUs by resource name.
        rate: what it costs per second.
        since, until: seconds since the epoch, until the decision.
    """

    pod: str
    gpus: Mapping[str, float]
    rate: float
    since: float
    until: float


def dump_held(held: HeldResources) -> dict[str, Any]:
    """Return an entry of ``status.held``."""
    return {
        "pod": held.pod,
        "gpus": {name: format_float(count) for name, count in held.gpus.items()},
        **({"costPerSecond": format_float(held.rate)} if held.rate else {}),
        "startTime": format_time(held.since),
        "endTime": format_time(held.until),
    }


def parse_held(dumped: LenientReader) -> HeldResources:
    """Read an entry of ``status.held``; problems are added to the reader's."""
    gpus, since = dumped.child("gpus"), dumped.moment("startTime")
    until = dumped.moment("endTime")
    return HeldResources(
        pod=dumped.text("pod"),
        gpus={name: gpus.amount(name) for name in gpus.data},
        rate=dumped.amount("costPerSecond"),
        since=since or 0.0,
        until=until if since is not None and until is not None else since or 0.0,
    )
