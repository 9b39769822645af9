"""The spec or the status of a SweepJob changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....api.spec.sweep_spec import SweepSpec
from ..sweep_state import WrittenStatus
from .base import SweepTransitions

# Parts of a spec on which the state of its sweep depends: it is rebuilt when one of them changes.
_STATE_DEPENDS_ON = (
    *("objective", "space", "sampler", "seed", "policy", "metrics", "outputs"),
    "further_objectives",
    "constraints",
    "warm_start",
    "initial_points",
)


class SpecTransitions(SweepTransitions):
    """The accepted spec, what was found about it, and the written status."""

    def update_spec(self, spec: SweepSpec) -> bool:
        """Continue with a changed spec, if no part of it changed that the state depends on.

        Returns:
            Whether the sweep continues with it. If not, its state has to be rebuilt.
        """
        own = self.state.spec
        same = all(getattr(own, part) == getattr(spec, part) for part in _STATE_DEPENDS_ON)
        if same:
            self.state.spec = spec
            self.state.paused.are_ending = False
            self.state.findings.rejection = ""
        return same

    def reject_spec(self, message: str) -> None:
        """Note that the newest spec is invalid; the sweep continues with the last valid one."""
        self.state.findings.rejection = message

    def set_spec_warnings(self, message: str) -> None:
        """Set the message about probably unintended settings of the spec; empty when there are none."""
        self.state.findings.warnings = message

    def set_sidecar_adjustment(self, adjustment: str) -> None:
        """Set how the sidecar's resources were adjusted in the newest Job; empty when they were not."""
        self.state.findings.sidecar_adjustment = adjustment

    def note_other_operator(self, url: str) -> None:
        """Note that another operator creates Jobs for the sweep as well.

        Args:
            url: where it takes reports.
        """
        self.state.findings.other_operator = url

    def note_stored_fields(self, trial: str, fields: Iterable[tuple[str, bool]]) -> None:
        """Note which fields of a trial's status the API server stores, and that it accepts the status.

        Args:
            trial: name of the trial.
            fields: path of each field that was written, and whether it was stored.
        """
        findings = self.state.findings
        findings.refused_statuses.pop(trial, None)
        for path, is_stored in fields:
            (findings.dropped_fields.discard if is_stored else findings.dropped_fields.add)(path)

    def note_refused_status(self, trial: str, error: str) -> None:
        """Note that the API server refuses the status of a trial.

        Args:
            trial: name of the trial.
            error: what it answered.
        """
        self.state.findings.refused_statuses[trial] = error

    def record_status(self, content: Mapping[str, Any], now: float) -> None:
        """Record the status of the SweepJob that was written.

        Args:
            content: the ``status`` object.
            now: seconds since the epoch.
        """
        self.state.written = WrittenStatus(content, now)

    def set_ending(self, *, is_ending: bool) -> None:
        """Set whether the sweep has a reason to end. Raising a limit can remove the reason."""
        self.state.is_ending = is_ending
