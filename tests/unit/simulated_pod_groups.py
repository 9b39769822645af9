"""The simulated cluster with trials of several pods: Indexed Jobs with a success policy, whose pods are not
replaced, and whose other ranks fail, hang or go on when one is gone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import ClassVar

from sweepjob.api.meta.cause import Cause
from sweepjob.api.phases import TrialPhase
from sweepjob.lifecycle import actions as act
from sweepjob.lifecycle.node_loss import is_node_lost
from sweepjob.lifecycle.workload import Job, Pod

from .simulated_cluster import PATIENCE, STOP, SimulatedCluster

INSTANCES = 3
FAILURE = Cause("TrainerFailed", "exit code 3")
BROKEN = Cause("TrainerFailed", "exit code 1")  # a process whose peer is gone
EVICTED = Cause("Evicted", "drained")
DELETED = Cause("PodDeleted", "deleted")
BACKOFF = Cause("BackoffLimitExceeded", "limit")
POLICY = Cause("PodFailurePolicy", "has condition DisruptionTarget")


@dataclass
class SimulatedPodGroups(SimulatedCluster):
    """Trials of three pods.

    Attributes:
        truth: what really ended each attempt first: kinds at the first moment that has any, by Job.
        gone: attempts of which a pod was deleted, and the operator crashed afterwards: when the pod is gone,
            nothing shows what happened. An eviction shows in the Job.
        noted: the operator's memory of the first interruption of an attempt.
    """

    instances: ClassVar[int] = INSTANCES

    truth: dict[str, tuple[float, set[str]]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    noted: dict[str, tuple[float, Cause]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    ended_by: dict[str, str] = field(default_factory=lambda: defaultdict(str))

    def _interruption(self, attempt: str) -> tuple[float | None, Cause | None]:
        return self.noted.get(attempt, (None, None))

    def _crash(self) -> None:
        super()._crash()
        self.noted.clear()
        self.gone |= self.deleted

    def _start_pod(self, key: str) -> None:
        self.jobs[key] = replace(self.jobs[key], started=self.now)
        self.started[key] += 1
        for rank in range(INSTANCES):
            name = f"{key}/{self.started[key]}-{rank}"
            self.pods[name] = (key, Pod(name, f"pod-{name}", node="node", rank=rank))

    def _happened(self, key: str, kind: str) -> None:
        """Something that settles an attempt; what follows from it does not count."""
        job = self.jobs.get(key)
        if job is None or job.deleting or job.succeeded or job.failure or job.suspended:
            return
        at, kinds = self.truth.setdefault(key, (self.now, set()))
        if at == self.now:
            kinds.add(kind)

    def _interrupt(self, key: str, pod: Pod, cause: Cause, *, disrupted: bool) -> Pod:
        if pod.trainer_end is None:
            self._happened(key, "interruption")
            self._note(key, cause)
            if not disrupted:
                self.deleted.add(key)
        return replace(self._going(pod), disrupted=disrupted, failure=cause)

    def _note(self, key: str, cause: Cause) -> None:
        job = self.jobs.get(key)
        if job is not None and not job.suspended:
            self.noted.setdefault(key, (self.now, cause))

    def _going(self, pod: Pod) -> Pod:
        first = self.now if pod.interrupted_at is None else pod.interrupted_at
        return replace(super()._going(pod), interrupted_at=first)

    def _go(self, name: str, key: str, pod: Pod) -> None:
        super()._go(name, key, pod)
        job = self.jobs.get(key)
        counted = job is None or job.deleting or job.suspended or job.succeeded or job.failure
        if name not in self.pods and not counted:
            # The Job's finalizer keeps a pod until the Job controller has counted it.
            self.pods[name] = (key, replace(pod, succeeded=bool(pod.succeeded)))
        new = self.pods.get(name, (key, pod))[1]
        if new.is_terminal and not pod.is_terminal:
            self.pods[name] = (key, replace(new, ended=self.now))

    def _happen_to(self, key: str, pod: Pod) -> Pod:
        dice = self.chance.random()
        if pod.started is None:
            if dice < 0.5:
                return replace(pod, started=self.now)
            return self._interrupt(key, pod, DELETED, disrupted=False) if dice < 0.55 else pod
        if self._peer_is_gone(key) and dice < 0.3:  # its connection breaks
            return replace(pod, succeeded=False, ended=self.now, failure=BROKEN)
        if dice < 0.06:
            return self._end(key, pod, well=dice < 0.04)
        if dice < 0.09:
            self.pending_stops[int(key.partition("/")[0].rpartition("-")[2])] = STOP
        elif dice < 0.13:
            return self._interrupt(key, pod, EVICTED, disrupted=True)
        elif dice < 0.15:
            return self._interrupt(key, pod, DELETED, disrupted=False)
        return pod

    def _end(self, key: str, pod: Pod, *, well: bool) -> Pod:
        if not well or pod.rank == 0:
            self._happened(key, "success" if well else "failure")
        return replace(pod, succeeded=well, ended=self.now, failure=FAILURE)

    def _peer_is_gone(self, key: str) -> bool:
        pods = [pod for k, pod in self.pods.values() if k == key]
        return len(pods) < INSTANCES or any(p.deleting or p.succeeded is False for p in pods)

    def _judge(self, key: str, job: Job, pods: list[Pod]) -> None:
        """Nothing runs any more, and neither a failure nor a success was noticed before."""
        self._judge_running(key, job, pods)
        if not pods and self.jobs[key] == job and self.chance.random() < 0.5:
            self.jobs[key] = replace(job, failure=BACKOFF, ended=self.now)

    def _control(self, key: str, job: Job) -> None:
        pods = [pod for k, pod in self.pods.values() if k == key]
        active = not (job.deleting or job.suspended or job.succeeded or job.failure)
        if active and self.chance.random() < 0.7:
            self._judge_running(key, job, pods)
            job = self.jobs[key]
        was_suspended, had = job.suspended, key in self.jobs
        super()._control(key, job)
        now = self.jobs.get(key)
        if now is None or now.deleting:
            self.truth.pop(key, None)  # a person deletes the Job, and what it shows with it
        if now is not None and (job.succeeded or job.failure) and now.suspended:
            now = self.jobs[key] = replace(now, suspended=False)  # it has ended
        if had and now is not None and now.suspended:
            self.noted.pop(key, None)
            if not was_suspended and self.truth.get(key, (0.0,))[0] == self.now:
                self.truth[key][1].add("interruption")
        if now is not None and was_suspended and not now.suspended:
            self.truth.pop(key, None)
            self.gone.discard(key)
            self.deleted.discard(key)
            own = [p for k, p in self.pods.values() if k == key]
            if any(p.is_terminal and not p.deleting for p in own):
                self._judge_running(key, now, own)
            elif all(p.is_terminal for p in own):
                self._start_pod(key)
            else:  # it waits until those before have ended
                self.jobs[key] = replace(now, suspended=True)

    def _judge_running(self, key: str, job: Job, pods: list[Pod]) -> None:
        # The Job controller collects changes of pods for a second.
        ended = [p for p in pods if p.is_terminal and p.ended is not None and p.ended < self.now]
        failed = [pod for pod in ended if not pod.succeeded]
        if any(pod.disrupted for pod in failed):
            self.jobs[key] = replace(job, failure=POLICY, ended=self.now)
        elif failed:
            self.jobs[key] = replace(job, failure=BACKOFF, ended=self.now)
        elif any(pod.rank == 0 for pod in ended):
            self.jobs[key] = replace(job, succeeded=True, ended=self.now)
        else:
            return
        self._take_pods(key)

    def _take_pods(self, key: str) -> None:
        for name, (k, pod) in list(self.pods.items()):
            if k == key and not pod.deleting and not pod.is_terminal:
                self._note(key, DELETED)
                self.pods[name] = (k, self._going(pod))
        if self.jobs[key].deleting or self.jobs[key].suspended:
            for name, (k, pod) in list(self.pods.items()):
                if k == key and pod.is_terminal and self.jobs[key].deleting:
                    del self.pods[name]

    def _settled(self, key: str) -> bool:
        return any(k == key and p.is_terminal for k, p in self.pods.values())

    def check_end(self, index: int, kind: str, message: str) -> None:
        """An attempt ended for the reason that came first, and says so."""
        trial = self.records[index]
        key = f"{trial.name}/{trial.attempt}"
        if key not in self.truth or key in self.gone:
            return
        at, kinds = self.truth[key]
        assert kind in kinds, f"{key} ended at {at:g} by {kinds}, and it is called {kind}"
        if kind == "failure":
            assert FAILURE.message in message, f"{key} does not name the cause: {message}"

    def check(self) -> None:
        holding = set()
        for trial in self.records.values():
            living = [
                (key, pod)
                for key, pod in self.pods.values()
                if key.startswith(f"{trial.name}/")
                and not pod.is_terminal
                and not is_node_lost(pod, self.now, PATIENCE)
            ]
            assert len({key for key, _ in living}) <= 1, "attempts do not overlap"
            assert len({pod.rank for _, pod in living}) == len(living), "a rank runs once"
            holding |= {trial.name} if living else set()
        assert len(holding) <= self.concurrent, "concurrency is never exceeded"
        assert all(count == 1 for count in self.job_created.values()), "an attempt is launched once"

    def apply(self, action: object) -> None:  # type: ignore[override] # a method in place of a dispatcher
        if isinstance(action, act.DeletePod):
            key, pod = self.pods[action.pod]
            if self._settled(key):  # its outcome can be seen
                self.pods[action.pod] = (key, self._going(pod))
                return
        if isinstance(action, act.RecordRetry) and action.reason != "PartlyScheduled":
            failed = action.failures > self.records[action.trial].failures
            kind = "failure" if failed else "interruption"
            self.check_end(action.trial, kind, action.message)
        if isinstance(action, act.RecordEnd) and self.records[action.trial].stop is None:
            kinds = {TrialPhase.SUCCEEDED: "success", TrialPhase.FAILED: "failure"}
            if action.phase in kinds:
                self.check_end(action.trial, kinds[action.phase], action.message)
        super().apply(action)


AGES = {"pending": 0, "pulling": 1, "rendezvous": 4, "training": 8, "ending": 13}
_STARTS, _ENDS, _GRACE = 3, 12, 2  # seconds after the creation of a pod; those that it has to end


@dataclass
class OneKill(SimulatedPodGroups):
    """One trial, one of whose pods is killed at one age, in the first attempt.

    Attributes:
        rank, age: the pod, and seconds since its creation.
        how: crash of the trainer, deletion, eviction, or loss of its node.
        hang: the other ranks hang when one is gone; otherwise their connections break.
        crash_at: the number of requests after which the operator is killed.
    """

    rank: int = 0
    age: int = 0
    how: str = "crash"
    hang: bool = False
    crash_at: int | None = None
    requests: int = 0
    created: dict[str, float] = field(default_factory=dict)

    def _operate(self) -> None:
        self.waiting |= {t.index for t in self.records.values() if not t.phase.is_end}
        self._fill()
        while self.waiting or self.doing:
            if self.requests == self.crash_at:
                self.crash_at = None
                self._crash()
                return
            index = min(self.waiting | self.doing.keys())
            if index in self.doing:
                self.requests += 1
                self._advance(index)
            else:
                self._reconcile(index)

    def apply(self, action: object) -> None:  # type: ignore[override] # as above
        super().apply(action)
        if isinstance(action, act.CreateJob):
            key = f"sweep-0/{action.attempt}"
            self.jobs[key] = replace(self.jobs[key], suspended=False)
            if not self.started[key]:
                self._start_pod(key)

    def happen(self) -> None:
        for name, (key, pod) in list(self.pods.items()):
            age = self.now - self.created.setdefault(name, self.now)
            if pod.is_terminal or pod.deleting:
                self._terminate(name, key, pod)
            elif pod.rank == self.rank and age == self.age and key.endswith("/1"):
                self.pods[name] = (key, self._kill(key, pod))
                if self.how == "node":
                    self.hung.add(name)
            else:
                self.pods[name] = (key, self._age(key, pod, age))
        for key, job in list(self.jobs.items()):
            own = [pod for k, pod in self.pods.values() if k == key]
            if job.deleting:
                self._take_pods(key)
                if not any(k == key for k, _ in self.pods.values()):
                    del self.jobs[key]
            elif not (job.succeeded or job.failure):
                self._judge_running(key, job, own)

    def _terminate(self, name: str, key: str, pod: Pod) -> None:
        job = self.jobs.get(key)
        counted = job is None or job.deleting or job.succeeded or job.failure
        if name in self.hung:
            return
        if not pod.is_terminal and self.now >= (pod.termination_due or 0):
            self.pods[name] = (key, replace(pod, succeeded=False, ended=self.now, failure=FAILURE))
        elif pod.is_terminal and pod.deleting and counted:
            del self.pods[name]

    def _kill(self, key: str, pod: Pod) -> Pod:
        if self.how == "crash":
            self._happened(key, "failure")
            return replace(pod, succeeded=False, ended=self.now, failure=FAILURE)
        disrupted = self.how != "delete"
        return self._interrupt(key, pod, EVICTED if disrupted else DELETED, disrupted=disrupted)

    def _age(self, key: str, pod: Pod, age: float) -> Pod:
        if pod.started is None:
            return replace(pod, started=self.now) if age >= _STARTS else pod
        others = [p for k, p in self.pods.values() if k == key and p.rank != pod.rank]
        # A process that is asked to end goes on until its grace is over.
        broken = any(p.succeeded is False and (p.ended or 0) < self.now for p in others)
        if (broken or len(others) < INSTANCES - 1) and not self.hang:
            return replace(pod, succeeded=False, ended=self.now, failure=BROKEN)
        if age >= _ENDS + pod.rank and not broken:
            return self._end(key, pod, well=True)
        return pod
