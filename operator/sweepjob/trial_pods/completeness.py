"""Whether a trial's reports may be incomplete, from what a pod's status shows of its sidecar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import protocol
from ..api import names

_REMEDIES = {
    "OOMKilled": (
        "It needed more memory than its limit: raise metrics.sidecar.resources.limits.memory, or let "
        "the script report less."
    ),
}
_SEE_LOG = f"See its log: kubectl logs POD -c {names.SIDECAR} --previous."


@dataclass(frozen=True, slots=True)
class SidecarEnds:
    """How the sidecar's container ended, the last time and the time before.

    Attributes:
        last, before: reason and exit code; None where it has not ended, or not as often.
    """

    last: tuple[str, int] | None = None
    before: tuple[str, int] | None = None

    @property
    def any_failed(self) -> bool:
        """Whether it was killed, or ended otherwise than by itself, either time."""
        return any(end is not None and end[1] != 0 for end in (self.last, self.before))


def sidecar_ends(status: Mapping[str, Any]) -> SidecarEnds:
    """The ends of the sidecar in a pod's status."""
    found = [s for s in status.get("initContainerStatuses") or [] if s["name"] == names.SIDECAR]
    if not found:
        return SidecarEnds()
    return SidecarEnds(*(_end(found[0].get(key) or {}) for key in ("state", "lastState")))


def _end(state: Mapping[str, Any]) -> tuple[str, int] | None:
    ended = state.get("terminated")
    return None if ended is None else (ended.get("reason") or "Error", ended.get("exitCode") or 0)


def lost_reports(ends: SidecarEnds, source: str, *, over: bool) -> protocol.Notice | None:
    """What may be missing of the reports of a pod; None when nothing is.

    Args:
        source: where the reports come from. Files are read on by a sidecar that was started again; what
            is sent to one that does not run may be lost.
        over: the pod has ended, so that nothing starts the sidecar again.
    """
    final = ends.last or ends.before
    if over and final is not None and final[1] != 0:
        return _notice(final, "before it had taken in everything that the script reported")
    listens = source in (protocol.MLFLOW, protocol.PUSHGATEWAY)
    if listens and ends.before is not None and ends.before[1] != 0:
        return _notice(ends.before, "and started again: what the script sent meanwhile may be lost")
    return None


def _notice(end: tuple[str, int], what: str) -> protocol.Notice:
    reason, code = end
    how = "killed" if reason == "OOMKilled" or code > 128 else "ended"
    text = f"its sidecar was {how} ({reason}, exit code {code}) {what}."
    return protocol.Notice.of(
        protocol.REPORTS_INCOMPLETE, f"{text} {_REMEDIES.get(reason, _SEE_LOG)}"
    )


def lost_between(count: int) -> protocol.Notice:
    """Of a sidecar whose last words do not reach back to what the operator has."""
    text = (
        f"{count} of its reports are not on its curve: the operator was away while it ran, and its "
        "sidecar's last words have the newest ones only. Its best value and the number of its reports "
        "are right; policies and samplers have not seen those reports."
    )
    return protocol.Notice.of(protocol.REPORTS_INCOMPLETE, text)
