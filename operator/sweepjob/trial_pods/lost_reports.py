"""Detects lost reports of a trial from the status of its pod's sidecar."""

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
class SidecarExits:
    """The last two exits of the sidecar's container.

    Attributes:
        last: reason and exit code of the current state; None while it runs.
        before: the same of the exit before a restart; None without one.
    """

    last: tuple[str, int] | None = None
    before: tuple[str, int] | None = None

    @property
    def any_failed(self) -> bool:
        """Whether one of the exit codes is not 0."""
        return any(end is not None and end[1] != 0 for end in (self.last, self.before))


def sidecar_exits(status: Mapping[str, Any]) -> SidecarExits:
    """Read the exits of the sidecar from a pod's status."""
    found = [s for s in status.get("initContainerStatuses") or [] if s["name"] == names.SIDECAR]
    if not found:
        return SidecarExits()
    return SidecarExits(*(_end(found[0].get(key) or {}) for key in ("state", "lastState")))


def _end(state: Mapping[str, Any]) -> tuple[str, int] | None:
    ended = state.get("terminated")
    return None if ended is None else (ended.get("reason") or "Error", ended.get("exitCode") or 0)


def lost_reports_notice(ends: SidecarExits, source: str, *, over: bool) -> protocol.Notice | None:
    """Return a notice when reports of a pod may be lost; None otherwise.

    Args:
        ends: the exits of the sidecar.
        source: the metrics source. A restarted sidecar resumes reading files, but it does not get what
            the script sent while it was not running.
        over: the pod has ended, so the sidecar is not restarted.
    """
    final = ends.last or ends.before
    if over and final is not None and final[1] != 0:
        return _notice(final, "before it had received all reports of the script")
    listens = source in (protocol.MLFLOW, protocol.PUSHGATEWAY)
    if listens and ends.before is not None and ends.before[1] != 0:
        return _notice(
            ends.before, "and restarted: reports that the script sent meanwhile may be lost"
        )
    return None


def _notice(end: tuple[str, int], what: str) -> protocol.Notice:
    reason, code = end
    how = "killed" if reason == "OOMKilled" or code > 128 else "ended"
    text = f"its sidecar was {how} ({reason}, exit code {code}) {what}."
    return protocol.Notice.of(
        protocol.REPORTS_INCOMPLETE, f"{text} {_REMEDIES.get(reason, _SEE_LOG)}"
    )


def summary_gap_notice(count: int) -> protocol.Notice:
    """Return the notice for a summary whose tail does not reach back to the last report on record.

    Args:
        count: number of reports between the two.
    """
    text = (
        f"{count} of its reports are missing from its curve: the operator was down while it ran, and "
        "the sidecar's termination message has only the newest ones. Its best value and its number of "
        "reports are correct; policies and samplers did not get the missing reports."
    )
    return protocol.Notice.of(protocol.REPORTS_INCOMPLETE, text)
