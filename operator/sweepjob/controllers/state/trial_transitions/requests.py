"""Jobs and pods were requested from the API server, or their deletion was."""

from __future__ import annotations

from dataclasses import replace

from ....api.meta.cause import Cause
from ....api.sweeptrial.desired_state import DesiredState
from ....lifecycle.workload import StartBlocker
from ..trial_state import TrialState
from .precondition import require


class RequestTransitions:
    """What was requested for a trial, and what the API server answered."""

    def mark_job_requested(self, trial: TrialState, now: float) -> None:
        """Note that a Job is about to be requested. Without a response it may exist.

        Raises:
            ValueError: the attempt has a Job.
        """
        require(not trial.status.job_created, f"{trial.name} has a Job")
        trial.requests = replace(trial.requests, unconfirmed_job_since=now)

    def mark_job_created(self, trial: TrialState) -> None:
        """Note that the Job of the attempt exists. If it is missing later, somebody deleted it."""
        trial.requests = replace(trial.requests, unconfirmed_job_since=None)
        trial.blockers = replace(trial.blockers, creation=None)
        trial.status = replace(trial.status, job_created=True)

    def mark_job_refused(self, trial: TrialState, blocker: StartBlocker, retry_at: float) -> None:
        """Note that the API server refused the Job.

        Args:
            trial: a live trial.
            blocker: why.
            retry_at: seconds since the epoch when it is requested again.
        """
        trial.requests = replace(trial.requests, unconfirmed_job_since=None)
        trial.blockers = replace(trial.blockers, creation=blocker)
        trial.status = replace(trial.status, retry_at=retry_at)

    def note_desired(self, trial: TrialState, desired: DesiredState) -> None:
        """Note what a person wants of the trial. A pause that is not recorded may be withdrawn.

        Args:
            trial: a live trial.
            desired: as its SweepTrial says.
        """
        trial.desired = desired
        pending = trial.pending_stop
        if desired.paused is False and pending is not None and pending.decision.pauses:
            trial.pending_stop = None

    def grant_slot(self, trial: TrialState, cause: Cause) -> None:
        """Let a paused trial continue as soon as that is recorded.

        Args:
            trial: a paused trial.
            cause: why it continues.

        Raises:
            ValueError: it is not paused.
        """
        require(trial.is_paused, f"{trial.name} is not paused")
        trial.resumption = cause

    def withdraw_slot(self, trial: TrialState) -> None:
        """Withdraw the slot of a paused trial that ends instead."""
        trial.resumption = None

    def allow_retry(self, trial: TrialState) -> None:
        """Let the Job be requested at once, since a permission was granted."""
        trial.status = replace(trial.status, retry_at=None)

    def mark_pod_deleted(self, trial: TrialState, uid: str, *, was_running: bool) -> None:
        """Note that the deletion of a pod was requested.

        Args:
            trial: a live trial.
            uid: the uid of the pod.
            was_running: it ran, and nobody else had asked it to terminate.
        """
        running = trial.requests.deleted_running
        trial.requests = replace(
            trial.requests,
            deleted=trial.requests.deleted | {uid},
            deleted_running=running | {uid} if was_running else running,
        )

    def mark_job_deleted(
        self, trial: TrialState, uid: str, pods: tuple[str, ...], *, stays_until_pods_end: bool
    ) -> None:
        """Note that the deletion of a Job was requested.

        Args:
            trial: a live trial.
            uid: the uid of the Job.
            pods: uids of pods that were deleted just before it.
            stays_until_pods_end: the Job existed, and is gone only when its pods are.
        """
        trial.requests = replace(
            trial.requests,
            deleted=trial.requests.deleted | {uid},
            job_stays_until_pods_end=stays_until_pods_end,
            not_replaced=trial.requests.not_replaced
            | trial.requests.deleted_running.intersection(pods),
        )
