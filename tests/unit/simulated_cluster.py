"""A simulated cluster in virtual time: trials, Jobs and pods as values, changed by the planner's actions,
in any order, and by chance. It has no clock, no network and no Kubernetes; the tests on the real one are in e2e."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import singledispatchmethod
from typing import ClassVar

from sweepjob.api.meta.cause import Cause
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.desired_state import DesiredState
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.lifecycle import actions as act
from sweepjob.lifecycle.node_loss import is_node_lost, never_starts
from sweepjob.lifecycle.planner import (
    ends_paused,
    is_over,
    may_resume,
    new_trials,
    plan,
    plan_new_trial,
)
from sweepjob.lifecycle.snapshot import Proposal, SweepSnapshot, Totals, TrialSnapshot
from sweepjob.lifecycle.workload import EarlierAttempt, Job, Pod, TrainerEnd

from .builders import snapshot

PATIENCE = 60.0  # the default of a snapshot
COMPANION_GRACE = 20.0
STOP = StopDecision(TrialPhase.EARLY_STOPPED, "Bandit", "too low", policy="bandit", interval=1)
PAUSE = StopDecision(TrialPhase.PAUSED, "Asha", "not in the top", policy="asha", interval=1)


STEPS = 5000


def _is_before(key: str, trial: TrialSnapshot) -> bool:
    """Whether a Job, or its pod, is of an earlier attempt of the trial."""
    name, _, attempt = key.partition("/")
    return name == trial.name and int(attempt) < trial.attempt


class Calm(random.Random):
    """Chance that lets everything take its course."""

    def random(self) -> float:
        return 0.05


@dataclass
class SimulatedCluster:
    """Runs a sweep step by step: the planner looks at each trial, requests about different trials are carried
    out in an order of chance, possibly only some: a crash; then things happen.

    Attributes:
        calm: steps in which nothing adverse happens. Every step has chance of its own, so that calming
            one leaves the others as they are.
        reserved, leaving: as in the operator's memory of a sweep.
        waiting: trials to be looked at.
        doing: requests about trials that are still to be carried out.
        history: what was done and what happened.
    """

    instances: ClassVar[int] = 1

    seed: int
    calm: frozenset[int] = frozenset()
    total: int = 12
    concurrent: int = 3
    max_retries: int = 1
    now: float = 0.0
    records: dict[int, TrialSnapshot] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    pods: dict[str, tuple[str, Pod]] = field(default_factory=dict)
    job_created: Counter[str] = field(default_factory=Counter)
    started: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    pending_stops: dict[int, StopDecision] = field(default_factory=dict)
    interruptions: dict[str, Cause] = field(default_factory=dict)
    hung: set[str] = field(default_factory=set)
    reserved: set[int] = field(default_factory=set)
    leaving: dict[int, TrialPhase] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    doing: dict[int, list[act.Action]] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    granted: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)
    pauses: int = 0
    resumptions: int = 0
    ends_paused: bool = False

    @property
    def uses_observations(self) -> bool:
        """Whether a new trial waits for what the one before has shown: so it is in half of the sweeps."""
        return self.seed % 2 == 1

    def _of_sweep(self) -> SweepSnapshot:
        taken = self.records.keys() | self.reserved
        rest = (n for n in range(self.total) if n not in taken)
        paused = {n for n, t in self.records.items() if t.is_paused and n not in self.granted}
        going = sum(not t.phase.is_end for t in self.records.values()) - len(paused)
        ended = Counter(t.phase for t in self.records.values() if t.phase.is_end)
        return snapshot(
            total=self.total,
            concurrent=self.concurrent,
            max_retries=self.max_retries,
            occupied=going + len(self.reserved),
            released=0 if self.uses_observations else len(self.leaving),
            failing=sum(phase is TrialPhase.FAILED for phase in self.leaving.values()),
            totals=Totals(len(taken), ended),
            proposals=tuple(Proposal(n, {"x": n}) for n in rest),
            companion_grace=COMPANION_GRACE,
            paused=len(paused),
            held=len(paused & self.held),
            ends_paused=self.ends_paused,
            has_checkpoint=True,
            instances=self.instances,
        )

    def _interruption(self, attempt: str) -> tuple[float | None, Cause | None]:
        """When an attempt was interrupted, if the operator remembers it, and by what."""
        return None, self.interruptions.get(attempt)

    def _view(self, trial: TrialSnapshot) -> TrialSnapshot:
        prefix = f"{trial.name}/{trial.attempt}"
        interrupted_at, interruption = self._interruption(prefix)
        return replace(
            trial,
            pending_stop=self.pending_stops.get(trial.index),
            interruption=interruption,
            interrupted_at=interrupted_at,
            jobs=tuple(j for key, j in self.jobs.items() if key == prefix),
            pods=tuple(p for key, p in self.pods.values() if key == prefix),
            earlier=tuple(self._earlier(trial)),
            resumption=Cause("Resumed", "chosen") if trial.index in self.granted else None,
            desired=DesiredState(True if trial.index in self.held else None),
        )

    def _earlier(self, trial: TrialSnapshot) -> Iterator[EarlierAttempt]:
        for attempt in range(1, trial.attempt):
            key = f"{trial.name}/{attempt}"
            pods = tuple(p for k, p in self.pods.values() if k == key)
            if key in self.jobs or pods:
                yield EarlierAttempt(self.jobs.get(key), pods)

    def run(self) -> None:
        """To the end; raises AssertionError when an invariant breaks or it takes for ever."""
        for step in range(STEPS):
            self.now += 1
            self.chance = Calm() if step in self.calm else random.Random(f"{self.seed}/{step}")
            if is_over(self._of_sweep(), self.now):
                return
            self._operate()
            self.happen()
        raise AssertionError("the sweep does not end")

    def _operate(self) -> None:
        """The operator looks at everything, and its requests are carried out, in an order of chance; it
        may crash in the middle."""
        left = self.chance.randint(0, 12) if self.chance.random() > 0.7 else None
        self.waiting |= {t.index for t in self.records.values() if not t.phase.is_end}
        self._fill()
        while self.waiting or self.doing:
            if left == 0:
                self._crash()
                return
            index = self.chance.choice(sorted(self.waiting | self.doing.keys()))
            if index in self.doing:
                self._advance(index)
                left = None if left is None else left - 1
            else:
                self._reconcile(index)

    def _crash(self) -> None:
        """What was decided but not recorded is forgotten."""
        self.history.append(f"{self.now:g}: the operator crashes")
        self.ends_paused = False
        memories = (self.pending_stops, self.reserved, self.leaving, self.waiting, self.doing)
        for memory in (*memories, self.granted):
            memory.clear()  # type: ignore[attr-defined] # sets and dictionaries alike
        for name, (key, pod) in self.pods.items():
            self.pods[name] = (key, replace(pod, finished=False))  # only its history shows that

    def _fill(self) -> None:
        """Free slots go to paused trials by chance, then to new ones; some stay paused to the end."""
        while may_resume(snap := self._of_sweep(), self.now):
            waiting = sorted(n for n, t in self.records.items() if t.is_paused)
            free = [n for n in waiting if n not in self.granted | self.held]
            if not free or self.chance.random() < 0.5:
                self.ends_paused |= ends_paused(snap, self.now)
                break
            chosen = self.chance.choice(free)
            self.granted.add(chosen)
            self.waiting.add(chosen)
        for new in new_trials(self._of_sweep(), self.now):
            self.reserved.add(new.index)
            self.waiting.add(new.index)

    def _reconcile(self, index: int) -> None:
        self.waiting.discard(index)
        if index in self.reserved:
            new = Proposal(index, {"x": index})
            actions = plan_new_trial(new, self._of_sweep(), self.now).actions
            if not actions:
                self.reserved.discard(index)
        else:
            view = self._view(self.records[index])
            actions = plan(view, self._of_sweep(), self.now).actions
        if actions:
            self.doing[index] = list(actions)
        for end in actions:
            if isinstance(end, act.RecordEnd):
                self.leaving[index] = end.phase
                self._fill()

    def _advance(self, index: int) -> None:
        """The next request about a trial."""
        action = self.doing[index].pop(0)
        self.history.append(f"{self.now:g}: {action}")
        self.apply(action)
        self.reserved.discard(index)
        self.check()
        if not self.doing[index]:
            del self.doing[index]
            self.leaving.pop(index, None)
            self._fill()

    @singledispatchmethod
    def apply(self, action: object) -> None:
        raise TypeError(action)

    @apply.register
    def _(self, action: act.CreateTrial) -> None:
        assert action.trial not in self.records, "an index has one record"
        name = f"sweep-{action.trial}"
        self.records[action.trial] = TrialSnapshot(
            action.trial, name, f"uid-{name}", TrialPhase.PENDING
        )

    @apply.register
    def _(self, action: act.CreateJob) -> None:
        key = f"sweep-{action.trial}/{action.attempt}"
        if key not in self.jobs:
            self.job_created[key] += 1
            queued = self.chance.random() < 0.2
            self.jobs[key] = Job(key, f"job-{key}", action.attempt, suspended=queued)
            if not queued:
                self._start_pod(key)

    def _start_pod(self, key: str) -> None:
        self.started[key] += 1
        name = f"{key}/{self.started[key]}"
        self.pods[name] = (key, Pod(name, f"pod-{name}", node="node"))

    @apply.register
    def _(self, action: act.RecordStop) -> None:
        self.granted.discard(action.trial)
        self._record(action.trial, phase=TrialPhase.STOPPING, stop=action.stop)

    @apply.register
    def _(self, action: act.DeletePod) -> None:
        key, pod = self.pods[action.pod]
        assert pod.uid == action.uid
        record = self.records[action.trial]
        recorded = record.stop is not None or _is_before(key, record)
        assert recorded or never_starts(pod, self.now, PATIENCE), "recorded before it is ended"
        self.pods[action.pod] = (key, self._going(pod))

    def _going(self, pod: Pod) -> Pod:
        finished = pod.trainer_end is not None
        return replace(pod, deleting=True, termination_due=self.now + 2, finished=finished)

    @apply.register
    def _(self, action: act.DeleteJob) -> None:
        job = self.jobs[action.job]
        living = [p for key, p in self.pods.values() if key == action.job and not p.is_terminal]
        assert all(pod.deleting for pod in living), "pods first, then the Job"
        self.jobs[action.job] = replace(job, deleting=True)

    @apply.register
    def _(self, action: act.RecordRetry) -> None:
        self.retries[action.reason] += 1
        self._record(
            action.trial,
            phase=TrialPhase.PENDING,
            attempt=action.attempt,
            failures=action.failures,
            retry_at=action.retry_at,
            job_created=False,
        )

    @apply.register
    def _(self, action: act.RecordPause) -> None:
        trial = self.records[action.trial]
        assert trial.stop == action.pause, "recorded before it is ended"
        assert action.failures <= self.max_retries
        self._check_nothing_runs(trial)
        self.pauses += 1
        self.pending_stops.pop(action.trial, None)
        self._record(
            action.trial,
            phase=TrialPhase.PAUSED,
            attempt=action.attempt,
            failures=action.failures,
            stop=None,
            pause=action.pause,
            job_created=False,
            reason=action.pause.reason,
        )

    @apply.register
    def _(self, action: act.RecordResume) -> None:
        assert self.records[action.trial].is_paused
        self.resumptions += 1
        self.granted.discard(action.trial)
        self._record(action.trial, phase=TrialPhase.PENDING, pause=None, reason=action.reason)

    def _check_nothing_runs(self, trial: TrialSnapshot) -> None:
        holding = [
            p for k, p in self.pods.values() if k.startswith(f"{trial.name}/") and not p.is_terminal
        ]
        assert all(is_node_lost(p, self.now, PATIENCE) for p in holding), "its pods have ended"

    @apply.register
    def _(self, action: act.RecordProgress) -> None:
        self._record(action.trial, phase=action.phase, reason=action.reason, job_created=True)

    @apply.register
    def _(self, action: act.RecordEnd) -> None:
        trial = self.records[action.trial]
        if trial.stop is not None and not trial.stop.pauses:
            assert action.phase is trial.stop.outcome, "a recorded decision is never changed"
        key = f"{trial.name}/{trial.attempt}"
        holding = [p for k, p in self.pods.values() if k == key and not p.is_terminal]
        lost = [p for p in holding if is_node_lost(p, self.now, PATIENCE)]
        assert holding == lost, "a trial ends when its pods have"
        self._record(action.trial, phase=action.phase)

    def _record(self, index: int, **changes: object) -> None:
        assert not self.records[index].phase.is_end, "an end never changes"
        self.records[index] = replace(self.records[index], **changes)  # type: ignore[arg-type] # the callers name fields of Trial

    def happen(self) -> None:
        """Something that nobody planned, to every pod and every Job by chance."""
        before = {**{n: p for n, (_, p) in self.pods.items()}, **self.jobs}
        self._act_as_person()
        for name, (key, pod) in list(self.pods.items()):
            if pod.deleting or pod.is_terminal:
                self._go(name, key, pod)
            else:
                self.pods[name] = (key, self._happen_to(key, pod))
        for key, job in list(self.jobs.items()):
            self._control(key, job)
        after = {**{n: p for n, (_, p) in self.pods.items()}, **self.jobs}
        for name in before.keys() | after.keys():
            if before.get(name) != after.get(name):
                self.history.append(f"{self.now:g}: {after.get(name) or f'{name} is gone'}")

    def _act_as_person(self) -> None:
        """Somebody pauses a trial, or lets all of them continue."""
        if self.chance.random() > 0.97:
            self.held.add(self.chance.randrange(self.total))
        elif self.chance.random() < 0.2:
            self.held.clear()

    def _go(self, name: str, key: str, pod: Pod) -> None:
        """A pod that is to go, on a node that is there or has hung itself up."""
        if not pod.deleting or name in self.hung:
            return
        dice = self.chance.random()
        if not pod.is_terminal and dice > 0.9:
            self.hung.add(name)
        elif not pod.is_terminal and dice < 0.5:
            # A script may exit with 0 when it is told to go; one that has ended keeps its exit code.
            end = pod.trainer_end
            well = dice < 0.3 if end is None else end.failure is None
            self.pods[name] = (key, replace(pod, succeeded=well, failure=Cause("F", "f")))
        elif dice < 0.8:
            del self.pods[name]

    def _happen_to(self, key: str, pod: Pod) -> Pod:
        dice = self.chance.random()
        if pod.never_started_since is not None:
            return pod
        if pod.started is None and dice < 0.5:
            self.interruptions.pop(key, None)
            return replace(pod, started=self.now)
        if pod.started is None and dice < 0.55:  # its node is restarted
            self.interruptions[key] = Cause("NodeRestarted", "restarted")
            return replace(pod, never_started_since=self.now, disrupted=True)
        if pod.started is None:
            return pod
        if pod.trainer_end is not None and dice < 0.8:  # the other container goes on, or ends
            ended = pod.trainer_end.failure is None if dice < 0.03 else None
            return replace(pod, succeeded=ended, failure=Cause("F", "f"))
        if (
            dice < 0.15 and self.chance.random() < 0.3
        ):  # the trainer ends, and another container does not
            failure = None if dice < 0.1 else Cause("F", "f")
            return replace(pod, trainer_end=TrainerEnd(self.now, failure, ("proxy",)))
        if dice < 0.15:
            return replace(pod, succeeded=dice < 0.1, failure=Cause("F", "f"))
        if dice < 0.25:
            decision = STOP if self.chance.random() < 0.4 else PAUSE
            self.pending_stops[int(key.partition("/")[0].rpartition("-")[2])] = decision
        elif dice < 0.35:  # drained, or deleted by a person
            self.interruptions[key] = Cause("Evicted", "drained")
            return replace(self._going(pod), disrupted=dice < 0.3)
        return pod

    def _control(self, key: str, job: Job) -> None:
        """What the Job controller, a queue and a person with kubectl do."""
        pods = [pod for k, pod in self.pods.values() if k == key]
        living = any(not pod.is_terminal for pod in pods)
        dice = self.chance.random()
        if job.deleting:
            self._take_pods(key)
            if not pods:
                del self.jobs[key]
        elif dice < 0.005 and self.records[int(key.partition("/")[0][6:])].job_created:
            self.jobs[key] = replace(job, deleting=True)  # in the foreground
        elif dice < 0.01 and self.records[int(key.partition("/")[0][6:])].job_created:
            self._take_pods(key)
            del self.jobs[key]
        elif living and dice < 0.04:
            self.jobs[key] = replace(job, suspended=True)
            self._take_pods(key)
        elif job.suspended and dice < 0.3:
            self.jobs[key] = replace(job, suspended=False)
        elif not (living or job.suspended or job.succeeded or job.failure):
            self._judge(key, job, pods)

    def _take_pods(self, key: str) -> None:
        for name, (k, pod) in list(self.pods.items()):
            if k == key and not pod.deleting:
                self.pods[name] = (k, self._going(pod))

    def _judge(self, key: str, job: Job, pods: list[Pod]) -> None:
        """Complete, failed, or another pod in place of one that was disrupted."""
        counted = [pod for pod in pods if not pod.disrupted or pod.succeeded]
        if any(pod.succeeded for pod in counted):
            self.jobs[key] = replace(job, succeeded=True)
        elif counted or (self.started[key] and not pods and self.chance.random() < 0.5):
            self.jobs[key] = replace(job, failure=Cause("BackoffLimitExceeded", "limit"))
        else:
            self._start_pod(key)

    def check(self) -> None:
        holding = {
            key.partition("/")[0]
            for key, pod in self.pods.values()
            if not pod.is_terminal and not is_node_lost(pod, self.now, PATIENCE)
        }
        assert len(holding) <= self.concurrent, "concurrency is never exceeded"
        assert len(self.records) <= self.total
        assert all(count == 1 for count in self.job_created.values()), "an attempt is launched once"
        for trial in self.records.values():
            living = [
                key
                for key, pod in self.pods.values()
                if key.startswith(f"{trial.name}/")
                and not pod.is_terminal
                and not is_node_lost(pod, self.now, PATIENCE)
            ]
            assert len(living) <= 1, "a trial has one live pod"
