"""What runs for a trial, as it was seen last: pods, Jobs, and what keeps them from getting going."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class StartBlocker:
    """Why a trial does not get going.

    Attributes:
        reason: one word, e.g. ``Unschedulable``.
        message: a sentence with the remedy.
        since: seconds since the epoch when it began.
        waits: it waits for room, GPUs or quota, which is nobody's mistake.
    """

    reason: str
    message: str
    since: float = 0.0
    waits: bool = False


@dataclass(frozen=True, slots=True)
class TrainerEnd:
    """The trainer has ended, and other containers of its pod go on.

    Attributes:
        ended: seconds since the epoch when it ended.
        failure: reason and sentence, None when it exited with 0.
        others: names of the containers that go on.
    """

    ended: float
    failure: tuple[str, str] | None
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of a trial.

    Attributes:
        succeeded: True or False once it is terminal, None before.
        deleting: it has been asked to go.
        gone_by: seconds since the epoch by which its node was to have ended it, once it is deleting.
        disrupted: preempted, evicted, drained, or forgotten by a node that was restarted.
        stranded: seconds since the epoch since when its node, which was restarted before the trainer had
            started, does nothing about it any more; None when that is not so.
        finished: its trainer had ended before anybody asked it to go.
        last: its Job was deleted while it was there: no other one comes in its place.
        started: seconds since the epoch when the trainer started, None before.
        failure: reason and sentence of a failed end, or of the disruption.
        node: where it runs, empty before it is scheduled.
        incomplete: why its reports may be incomplete, in a sentence; empty when they are complete.
        trainer_end: how its trainer ended, while other containers still run; None otherwise.
    """

    name: str
    uid: str
    succeeded: bool | None = None
    deleting: bool = False
    gone_by: float | None = None
    disrupted: bool = False
    finished: bool = False
    last: bool = False
    started: float | None = None
    failure: tuple[str, str] = ("", "")
    node: str = ""
    incomplete: str = ""
    never_started_since: float | None = None
    trainer_end: TrainerEnd | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether none of its containers runs any more, or ever will."""
        return self.succeeded is not None

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody else ends or ended it, so that its exit code says nothing about the
        trial: a script may well exit with 0 when it is told to go.
        """
        return self.disrupted or (self.deleting and not self.finished)

    def is_lost(self, now: float, patience: float) -> bool:
        """Whether its node should have ended it so long ago that nobody can be expected to."""
        return not self.is_terminal and self.gone_by is not None and now >= self.gone_by + patience

    def never_starts(self, now: float, patience: float) -> bool:
        """Whether it will never get going, as far as anybody can know."""
        return self.never_started_since is not None and now >= self.never_started_since + patience

    def watched(self, since: float) -> Pod:
        """The pod for somebody who has seen what happens since then: its node has its time from that
        moment on. It can only tell an API server that answers that it has done its work.
        """
        if self.gone_by is None and self.never_started_since is None:
            return self
        return replace(
            self,
            gone_by=_late(self.gone_by, since),
            never_started_since=_late(self.never_started_since, since),
        )


@dataclass(frozen=True, slots=True)
class Job:
    """The Kubernetes Job of one attempt of a trial.

    Attributes:
        suspended: it waits in a queue; its pods are taken away.
        succeeded: the Job controller has declared it complete.
        failure: reason and sentence, when the Job controller has declared it failed.
        ended: seconds since the epoch when the Job controller declared either, None before.
    """

    name: str
    uid: str
    attempt: int
    deleting: bool = False
    suspended: bool = False
    succeeded: bool = False
    failure: tuple[str, str] | None = None
    ended: float | None = None

    def watched(self, since: float) -> Job:
        """The Job for somebody who has seen what happens to pods since then."""
        return self if self.ended is None else replace(self, ended=_late(self.ended, since))


@dataclass(frozen=True, slots=True)
class EarlierAttempt:
    """What is left of an attempt that is over for the trial's record.

    Attributes:
        job: its Job, None when that is gone.
    """

    job: Job | None
    pods: tuple[Pod, ...]


def _late(when: float | None, since: float) -> float | None:
    return None if when is None else max(when, since)
