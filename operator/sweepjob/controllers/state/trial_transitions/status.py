"""The status of a SweepTrial was written, or is about to be."""

from __future__ import annotations

from dataclasses import replace

from ....api.phases import TrialPhase
from ....api.sweeptrial import attempt_history as executions
from ....api.sweeptrial.attempt_history import AttemptRecord
from ....api.sweeptrial.stop_decision import StopDecision
from ..trial_state import StartBlockers, TrialState
from ..trial_usage import TrialUsage
from .completeness import CompletenessTransitions
from .precondition import require
from .usage import UsageTransitions


class StatusTransitions(CompletenessTransitions, UsageTransitions):
    """Each of these follows a successful write, except ``begin_write`` and ``abort_write``."""

    def begin_write(self, trial: TrialState) -> float | None:
        """Begin a write of all pending changes. Later changes are pending for the next write.

        Returns:
            What ``abort_write`` needs: since when something was pending.
        """
        since = trial.writes.pending_since
        trial.writes = replace(trial.writes, pending_since=None)
        return since

    def abort_write(self, trial: TrialState, since: float | None) -> None:
        """Mark the changes of a failed write as pending again.

        Args:
            trial: a live trial.
            since: the result of ``begin_write``.
        """
        if since is not None:
            trial.writes = replace(trial.writes, pending_since=since)

    def complete_write(self, trial: TrialState, reports: int, now: float) -> None:
        """Note that a write succeeded.

        Args:
            trial: a live trial.
            reports: how many reports the written curve has.
            now: seconds since the epoch when the write began.
        """
        recorded = max(trial.writes.reports, reports)
        trial.writes = replace(trial.writes, reports=recorded, written_at=now)

    def record_stop(
        self, trial: TrialState, stop: StopDecision, phase: TrialPhase, now: float
    ) -> None:
        """Record the decision to stop the trial. It is final.

        Args:
            trial: a live trial.
            stop: the decision.
            phase: the recorded phase.
            now: seconds since the epoch.

        Raises:
            ValueError: another decision is recorded.
        """
        require(trial.status.stop in (None, stop), f"{trial.name} has another decision")
        ran = self.run_seconds(trial, now) if stop.pauses else trial.status.ran
        trial.status = replace(trial.status, stop=stop, stopped_at=now, phase=phase, ran=ran)

    def run_seconds(self, trial: TrialState, now: float) -> float:
        """Return how long the trainer has run, in all executions that go on from each other.

        Args:
            trial: a live trial.
            now: seconds since the epoch.
        """
        since = trial.workload.training_since
        return trial.status.ran + (0.0 if since is None else max(0.0, now - since))

    def record_pause(
        self, trial: TrialState, attempt: int, failures: int, pause: StopDecision, now: float
    ) -> None:
        """Record that nothing of the trial runs any more. Its next attempt continues it.

        Args:
            trial: a live trial.
            attempt: the number of that attempt.
            failures: failed attempts so far.
            pause: the decision, which was recorded before.
            now: seconds since the epoch.

        Raises:
            ValueError: it is not the next attempt, or the decision is another one.
        """
        require(trial.status.stop == pause, f"{trial.name} has another decision")
        trial.status = replace(trial.status, stop=None, stopped_at=None)
        trial.pending_stop = None
        # A pod on a lost node is nobody's any more, and a paused trial uses nothing.
        usage = trial.usage
        ended = {
            uid: pod if pod.until else replace(pod, until=now) for uid, pod in usage.by_pod.items()
        }
        self._set_usage(trial, replace(usage, by_pod=ended))
        self.record_attempt(trial, attempt, failures, pause.reason, None, now)
        trial.status = replace(trial.status, phase=TrialPhase.PAUSED, pause=pause)
        trial.blockers = StartBlockers()  # it does not wait to be started

    def record_resume(self, trial: TrialState, reason: str) -> None:
        """Record that a paused trial continues.

        Args:
            trial: a paused trial that has a slot.
            reason: why it continues.

        Raises:
            ValueError: it is not paused.
        """
        require(trial.status.phase is TrialPhase.PAUSED, f"{trial.name} is not paused")
        trial.status = replace(trial.status, phase=TrialPhase.PENDING, pause=None, reason=reason)
        trial.resumption = None

    def record_attempt(
        self,
        trial: TrialState,
        attempt: int,
        failures: int,
        reason: str,
        retry_at: float | None,
        now: float,
    ) -> None:
        """Record that an attempt ended and that another one follows.

        Args:
            trial: a live trial.
            attempt: the number of the next attempt.
            failures: failed attempts so far.
            reason: why the attempt ended.
            retry_at: seconds since the epoch before which no Job is created; None for at once.
            now: seconds since the epoch.

        Raises:
            ValueError: it is not the next attempt, or the trial is to stop.
        """
        require(attempt == trial.status.attempt + 1, f"{trial.name}: {attempt} is not next")
        require(trial.status.stop is None, f"{trial.name} is to stop")
        usage = trial.usage
        holding = {uid: pod for uid, pod in usage.by_pod.items() if pod.until is None}
        ended = [pod for pod in usage.by_pod.values() if pod.until is not None]
        cost = usage.earlier_cost + sum(pod.cost.ended for pod in ended)
        self._set_usage(trial, TrialUsage(usage.gpu_count, usage.gpu_seconds, cost, holding))
        trial.status = replace(
            trial.status,
            phase=TrialPhase.PENDING,
            attempt=attempt,
            failures=failures,
            job_created=False,
            reason=reason,
            retry_at=retry_at,
        )
        trial.launched_budget = None
        trial.requests = replace(trial.requests, job_stays_until_pods_end=False)
        trial.workload = replace(
            trial.workload,
            interruption=None,
            interrupted_at=None,
            pods=(),
            training_since=None,
            pod_failures=(),
        )
        self.observe_unreadable(trial, "", is_there=True, now=now)
        self.note_completeness(trial, (), None, now)

    def record_progress(self, trial: TrialState, phase: TrialPhase, reason: str) -> None:
        """Record the phase and the reason of a trial that continues.

        Args:
            trial: a live trial.
            phase: a phase that is not final.
            reason: why it is in that phase; may be empty.

        Raises:
            ValueError: the phase is final.
        """
        require(not phase.is_end, f"{phase} is an end")
        trial.status = replace(trial.status, phase=phase, reason=reason)

    def count_disruption(self, trial: TrialState) -> None:
        """Somebody else ended an attempt of several pods."""
        trial.status = replace(trial.status, disruptions=trial.status.disruptions + 1)

    def add_execution(self, trial: TrialState, execution: AttemptRecord) -> None:
        """Add a pod or an attempt that ended without ending the trial. The newest ones are kept."""
        kept = (*trial.status.executions, execution)[-executions.KEPT :]
        trial.status = replace(trial.status, executions=kept)
