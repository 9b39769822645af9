"""``status.pods``: the pods of the current attempt of a trial of several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..parsing.lenient_reader import LenientReader

SUCCEEDED, FAILED, DELETED = "Succeeded", "Failed", "Deleted"


@dataclass(frozen=True, slots=True)
class PodState:
    """A pod of a trial of several.

    Attributes:
        rank: its number among the pods of the attempt, from 0.
        pod: its name.
        node: empty before it is scheduled.
        state: one word, such as ``Running``.
    """

    rank: int
    pod: str
    node: str
    state: str


def merge_pod_states(before: Iterable[PodState], now: Iterable[PodState]) -> tuple[PodState, ...]:
    """Return the newest states by rank, also of pods that are gone.

    Args:
        before: what was known.
        now: the pods that exist.
    """
    found = {pod.rank: pod for pod in now}
    gone = (pod for pod in before if pod.rank not in found)
    for pod in gone:
        has_ended = pod.state in (SUCCEEDED, FAILED)
        found[pod.rank] = pod if has_ended else replace(pod, state=DELETED)
    return tuple(found[rank] for rank in sorted(found))


def dump_pod_state(pod: PodState) -> dict[str, Any]:
    """Return an entry of ``status.pods``."""
    return {"rank": pod.rank, "pod": pod.pod, "node": pod.node, "state": pod.state}


def parse_pod_state(dumped: LenientReader) -> PodState:
    """Read an entry of ``status.pods``; problems are added to the reader's."""
    return PodState(
        dumped.whole("rank"), dumped.text("pod"), dumped.text("node"), dumped.text("state")
    )
