"""The Jobs and pods of a trial in the watch caches, and what keeps them from starting."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..api.meta.cause import NO_CAUSE, Cause


@dataclass(frozen=True, slots=True)
class StartBlocker:
    """What keeps a trial from starting.

    Attributes:
        reason: one word, e.g. ``Unschedulable``.
        message: a sentence with the remedy.
        since: seconds since the epoch when it began.
        waits: the trial waits for capacity: GPUs, other resources or quota.
        refit: only the sidecar's resources keep it from starting; those of another Job would fit.
    """

    reason: str
    message: str
    since: float = 0.0
    waits: bool = False
    refit: bool = False


@dataclass(frozen=True, slots=True)
class TrainerEnd:
    """The trainer has ended, and other containers of its pod still run.

    Attributes:
        ended: seconds since the epoch when it ended.
        failure: why it failed; None when it exited with 0.
        others: names of the containers that still run.
    """

    ended: float
    failure: Cause | None
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of a trial.

    Attributes:
        succeeded: True or False once it is terminal, None before.
        deleting: its deletion was requested.
        termination_due: seconds since the epoch by which its node is to have terminated it; None unless
            it is being deleted.
        disrupted: it was preempted or evicted, or its node was drained or restarted.
        finished: its trainer had ended before its deletion was requested.
        not_replaced: its Job was deleted while the pod existed, so the Job creates no other one.
        started: seconds since the epoch when the trainer started, None before.
        failure: why it failed, or was disrupted; ``NO_CAUSE`` otherwise.
        node: where it runs, empty before it is scheduled.
        incomplete: why its reports may be incomplete, in a sentence; empty when they are complete.
        never_started_since: the time since which its restarted node has ignored it, in seconds since the
            epoch, because the node went down before the trainer had started; None otherwise.
        trainer_end: how its trainer ended while other containers still run; None otherwise.
        rank: its number among the pods of the attempt, from 0.
        ended: seconds since the epoch when its trainer ended; None before, or where that is not known.
        interrupted_at: seconds since the epoch when somebody began to terminate it; None before, or where
            that is not known.
    """

    name: str
    uid: str
    succeeded: bool | None = None
    deleting: bool = False
    termination_due: float | None = None
    disrupted: bool = False
    finished: bool = False
    not_replaced: bool = False
    started: float | None = None
    failure: Cause = NO_CAUSE
    node: str = ""
    incomplete: str = ""
    never_started_since: float | None = None
    trainer_end: TrainerEnd | None = None
    rank: int = 0
    ended: float | None = None
    interrupted_at: float | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether no container of it runs, or will run again."""
        return self.succeeded is not None

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody else terminates or terminated it.

        Then its exit code says nothing about the trial: a script may exit with 0 on SIGTERM.
        """
        return self.disrupted or (self.deleting and not self.finished)

    def clamp_to_watch_start(self, since: float) -> Pod:
        """Return the pod with its deadlines counted from the start of the watch at the earliest.

        A node can only report to an API server that answers.

        Args:
            since: the time since which every event of a pod has been seen, in seconds since the epoch.
        """
        if self.termination_due is None and self.never_started_since is None:
            return self
        return replace(
            self,
            termination_due=_not_before(self.termination_due, since),
            never_started_since=_not_before(self.never_started_since, since),
        )


@dataclass(frozen=True, slots=True)
class Job:
    """The Kubernetes Job of one attempt of a trial.

    Attributes:
        suspended: ``spec.suspend`` is true, as for a Job that waits in a queue; its pods are deleted.
        succeeded: it has the condition Complete.
        failure: why it failed, if it has the condition Failed.
        ended: seconds since the epoch when it got either condition, None before.
        started: seconds since the epoch when it was started, or resumed after a suspension; None before.
        failing: why it will have failed when its pods have ended; None otherwise.
    """

    name: str
    uid: str
    attempt: int
    deleting: bool = False
    suspended: bool = False
    succeeded: bool = False
    failure: Cause | None = None
    ended: float | None = None
    started: float | None = None
    failing: Cause | None = None

    def clamp_to_watch_start(self, since: float) -> Job:
        """Return the Job with its end at the start of the watch at the earliest.

        Args:
            since: the time since which every event of a pod has been seen, in seconds since the epoch.
        """
        return self if self.ended is None else replace(self, ended=_not_before(self.ended, since))


@dataclass(frozen=True, slots=True)
class EarlierAttempt:
    """The Job and the pods that are left of an attempt before the current one.

    Attributes:
        job: its Job; None when it is gone.
    """

    job: Job | None
    pods: tuple[Pod, ...]


def _not_before(when: float | None, since: float) -> float | None:
    return None if when is None else max(when, since)
