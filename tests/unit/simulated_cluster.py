"""A simulated cluster in virtual time: trials, Jobs and pods as values, changed by the planner's actions
and by chance. It has no clock, no network and no Kubernetes; the tests on the real one are in e2e."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import singledispatchmethod

from sweepjob.domain.plan import actions as act
from sweepjob.domain.plan.planner import is_over, plan
from sweepjob.domain.plan.snapshot import Job, Phase, Pod, Snapshot, Stop, Totals, Trial

from .builders import snapshot

STOP = Stop(Phase.EARLY_STOPPED, "Bandit", "too low", policy="bandit", interval=1)


@dataclass
class SimulatedCluster:
    """``step`` lets something happen; ``act`` lets the planner act, possibly only in part: a crash."""

    seed: int
    total: int = 12
    concurrent: int = 3
    max_retries: int = 1
    now: float = 0.0
    records: dict[int, Trial] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    pods: dict[str, tuple[str, Pod]] = field(default_factory=dict)
    launched: Counter[str] = field(default_factory=Counter)
    verdicts: dict[int, Stop] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def snapshot(self) -> Snapshot:
        live = tuple(self._view(t) for t in self.records.values() if not t.phase.is_end)
        ended = Counter(t.phase for t in self.records.values() if t.phase.is_end)
        rest = range(len(self.records), self.total)
        return snapshot(
            *live,
            total=self.total,
            concurrent=self.concurrent,
            max_retries=self.max_retries,
            totals=Totals(len(self.records), ended),
            proposals=tuple({"x": n} for n in rest),
        )

    def _view(self, trial: Trial) -> Trial:
        prefix = f"{trial.name}/{trial.attempt}"
        return replace(
            trial,
            verdict=self.verdicts.get(trial.index),
            jobs=tuple(j for key, j in self.jobs.items() if key == prefix),
            pods=tuple(p for key, p in self.pods.values() if key == prefix),
        )

    def run(self) -> None:
        """To the end; raises AssertionError when an invariant breaks or it takes for ever."""
        for _ in range(5000):
            self.now += 1
            if is_over(self.snapshot(), self.now):
                return
            actions = list(plan(self.snapshot(), self.now).actions)
            crash = self.chance.random() < 0.3
            for action in actions[: self.chance.randint(0, len(actions))] if crash else actions:
                self.apply(action)
                self.check()
            if crash:
                self.verdicts.clear()  # what was decided but not recorded is forgotten
            self.happen()
        raise AssertionError("the sweep does not end")

    @singledispatchmethod
    def apply(self, action: object) -> None:
        raise TypeError(action)

    @apply.register
    def _(self, action: act.CreateTrial) -> None:
        assert action.index not in self.records, "an index has one record"
        name = f"sweep-{action.index}"
        self.records[action.index] = Trial(action.index, name, f"uid-{name}", Phase.PENDING)

    @apply.register
    def _(self, action: act.LaunchJob) -> None:
        key = f"sweep-{action.trial}/{action.attempt}"
        if key not in self.jobs:
            self.launched[key] += 1
            self.jobs[key] = Job(key, f"job-{key}-{self.launched[key]}", action.attempt)
            self.pods[key] = (key, Pod(key, f"pod-{key}"))

    @apply.register
    def _(self, action: act.RecordStop) -> None:
        self._record(action.trial, phase=Phase.STOPPING, stop=action.stop)

    @apply.register
    def _(self, action: act.DeletePod) -> None:
        key, pod = self.pods[action.pod]
        assert pod.uid == action.uid
        assert self.records[action.trial].stop is not None, "recorded before it is ended"
        self.pods[action.pod] = (key, replace(pod, deleting=True))

    @apply.register
    def _(self, action: act.DeleteJob) -> None:
        job = self.jobs[action.job]
        living = [p for key, p in self.pods.values() if key == action.job and not p.is_terminal]
        assert all(pod.deleting for pod in living), "pods first, then the Job"
        self.jobs[action.job] = replace(job, deleting=True)

    @apply.register
    def _(self, action: act.RecordRetry) -> None:
        self._record(
            action.trial,
            phase=Phase.PENDING,
            attempt=action.attempt,
            failures=action.failures,
            launched=False,
        )

    @apply.register
    def _(self, action: act.RecordProgress) -> None:
        self._record(action.trial, phase=action.phase, launched=True)

    @apply.register
    def _(self, action: act.RecordEnd) -> None:
        trial = self.records[action.trial]
        if trial.stop is not None:
            assert action.phase is trial.stop.outcome, "a recorded decision is never changed"
        key = f"{trial.name}/{trial.attempt}"
        holding = [p for k, p in self.pods.values() if k == key and not p.is_terminal]
        assert not holding, "a trial ends when its pods have"
        self._record(action.trial, phase=action.phase)

    def _record(self, index: int, **changes: object) -> None:
        assert not self.records[index].phase.is_end, "an end never changes"
        self.records[index] = replace(self.records[index], **changes)  # type: ignore[arg-type] # the callers name fields of Trial

    def happen(self) -> None:
        """Something that nobody planned, to every pod by chance."""
        for name, (key, pod) in list(self.pods.items()):
            dice = self.chance.random()
            if pod.deleting and dice < 0.5:
                del self.pods[name]
            elif pod.is_terminal or pod.deleting:
                continue
            elif pod.started is None and dice < 0.5:
                self.pods[name] = (key, replace(pod, started=self.now))
            elif pod.started is not None and dice < 0.15:
                self.pods[name] = (key, replace(pod, succeeded=dice < 0.1, failure=("F", "f")))
            elif pod.started is not None and dice < 0.25:
                index = int(key.partition("/")[0].rpartition("-")[2])
                self.verdicts[index] = STOP
        for key, job in list(self.jobs.items()):
            if job.deleting and not any(k == key for k, _ in self.pods.values()):
                del self.jobs[key]

    def check(self) -> None:
        holding = {key.partition("/")[0] for key, pod in self.pods.values() if not pod.is_terminal}
        assert len(holding) <= self.concurrent, "concurrency is never exceeded"
        assert len(self.records) <= self.total
        assert all(count == 1 for count in self.launched.values()), "an attempt is launched once"
