"""What the reports of a trial lack, and what the record of a trial does not contain yet."""

from __future__ import annotations

from dataclasses import replace

from .... import protocol
from ....api.names import REASON_LOG_UNREADABLE
from ....api.names import REASON_OBJECT_UNREADABLE as REASON_OBJECT
from ....api.sweeptrial.incomplete_reports import IncompleteReason
from ....api.sweeptrial.log_tail import LogTail
from ....log_parsing.findings import LogFindings, log_incomplete_reasons
from ..trial_state import TrialState

# Reasons that a sidecar's notices and a pod's status give; the others come from reading logs.
NOTICE_REASONS = (protocol.REPORTS_INCOMPLETE, protocol.AMBIGUOUS_METRIC)


class CompletenessTransitions:
    """Why reports of a trial may be missing."""

    def note_completeness(
        self,
        trial: TrialState,
        notices: tuple[protocol.Notice, ...],
        loss: protocol.Notice | None,
        now: float,
    ) -> None:
        """Note what the reports lack, according to the sidecar and to its pod's status.

        Args:
            trial: a live trial.
            notices: the sidecar's notices.
            loss: reports that are known to be lost; None when none are.
            now: seconds since the epoch.
        """
        before = trial.completeness.warnings
        found = dict(before)
        every = notices if loss is None else (loss, *notices)
        for reason in NOTICE_REASONS:
            text = " ".join(n.message for n in every if n.reason == reason)
            since = before[reason].since if reason in before else now
            if text:
                found[reason] = IncompleteReason(text, since)
            else:
                found.pop(reason, None)
        if (notices, loss) != (trial.completeness.sidecar_notices, trial.completeness.loss):
            trial.completeness = replace(trial.completeness, sidecar_notices=notices, loss=loss)
        self._set_warnings(trial, found, now)

    def observe_unreadable(
        self, trial: TrialState, message: str, *, is_there: bool, now: float
    ) -> None:
        """Note which objects of the trial cannot be read.

        What one that was deleted would have said stays unknown, until the next attempt.

        Args:
            trial: a live trial.
            message: which cannot be read, and the remedy; empty where all can be.
            is_there: the object of the current attempt exists.
            now: seconds since the epoch.
        """
        before = trial.completeness.warnings
        warnings = dict(before)
        if message:
            since = before[REASON_OBJECT].since if REASON_OBJECT in before else now
            warnings[REASON_OBJECT] = IncompleteReason(message, since)
        elif is_there:
            warnings.pop(REASON_OBJECT, None)
        self._set_warnings(trial, warnings, now)

    def note_log_tail(self, trial: TrialState, attempt: int, tail: LogTail, now: float) -> None:
        """Record that the end of an attempt's log was read.

        Args:
            trial: a live trial.
            attempt: the attempt.
            tail: the end of its log.
            now: seconds since the epoch.
        """
        trial.log_tails = {attempt: tail}
        if trial.writes.pending_since is None:
            trial.writes = replace(trial.writes, pending_since=now)

    def note_log(self, trial: TrialState, found: LogFindings, metric: str, now: float) -> bool:
        """Note what reading the log found besides reports.

        Args:
            trial: a live trial.
            found: all findings of this log so far.
            metric: name of the primary metric.
            now: seconds since the epoch.

        Returns:
            Whether the warnings changed.
        """
        before = trial.completeness.warnings
        warnings = dict(before)
        for reason, message in log_incomplete_reasons(found, metric):
            since = before[reason].since if reason in before else now
            warnings[reason] = IncompleteReason(message, since)
        if trial.completeness.log_unreadable and not found.error:
            del warnings[REASON_LOG_UNREADABLE]
        trial.completeness = replace(trial.completeness, log_unreadable=bool(found.error))
        if found.samples:
            trial.reports = replace(trial.reports, log_samples=found.samples)
        return self._set_warnings(trial, warnings, now)

    def _set_warnings(
        self, trial: TrialState, warnings: dict[str, IncompleteReason], now: float
    ) -> bool:
        if warnings == trial.completeness.warnings:
            return False
        trial.completeness = replace(trial.completeness, warnings=warnings)
        self.mark_pending(trial, now)
        return True

    def mark_pending(self, trial: TrialState, now: float) -> None:
        """Note that something changed that is not in the record."""
        if trial.writes.pending_since is None:
            trial.writes = replace(trial.writes, pending_since=now)
