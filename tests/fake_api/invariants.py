"""Checks the invariants of a sweep at each change that is committed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Protocol

from sweepjob.local.store import Body, Change, Key

RANK = "batch.kubernetes.io/job-completion-index"
NODE_IS_LOST = "tests/node-is-lost"  # annotation of a pod
_TERMINAL = ("Succeeded", "Failed")  # of pods
_ENDS = ("Succeeded", "EarlyStopped", "Failed", "Canceled")


class Objects(Protocol):
    """The objects as they are at this moment."""

    def get(self, resource: str, key: Key) -> Body | None: ...
    def all(self, resource: str) -> dict[Key, Body]: ...


def _logs(before: Body, now: Body) -> Body:
    """The logs that a record had before, if none of them changed since.

    An attempt that was disrupted has several pods; the log of a later one replaces that of an earlier one.
    """
    was, logs = before.get("logs"), now.get("logs") or {}
    if was is None:
        return {}
    kept = {k: v for k, v in logs.items() if k in was}
    replaced = {k: was[k] for k, v in kept.items() if v.get("pod") != was[k].get("pod")}
    return {"logs": {**kept, **replaced}}


class Invariants:
    """Keeps the first violation, since an exception would reach the writer only.

    Args:
        store: the objects.
        concurrent: trials that may run at a time.
        users_act: users delete Jobs, so that a Job may be created again.
        budget: the parameter that gives a trial its budget; empty for none.

    Attributes:
        problem: the first violation.
        jobs_created: how often each Job was created.
        ahead: Jobs that were created before the pod of the slot before had terminated.
        pauses: how often a trial was paused.
    """

    def __init__(
        self, store: Objects, concurrent: int, *, users_act: bool = False, budget: str = ""
    ) -> None:
        self._store = store
        self._budget = budget
        self._users_act = users_act
        self._concurrent = concurrent
        self.problem: AssertionError | None = None
        self.jobs_created: Counter[str] = Counter()
        self.ahead = 0
        self.pauses = 0

    def check(self, change: Change) -> None:
        """Check a change."""
        try:
            self._check(change)
        except AssertionError as error:
            self.problem = self.problem or error

    def _check(self, change: Change) -> None:
        if change.resource == "sweeptrials":
            self._check_record(change.old, change.new)
        elif change.resource == "jobs" and change.old is None and change.new is not None:
            self._check_new_job(change.new)
        elif change.resource == "pods":
            self._check_pods()

    def _check_record(self, old: Body | None, new: Body | None) -> None:
        assert new is not None, "a record stays"
        if old is None:
            return
        assert _proposal(new) == _proposal(old), "a proposal never changes"
        before, now = old.get("status") or {}, new.get("status") or {}
        stop = before.get("stop")
        is_carried_out = stop is not None and stop["outcome"] == "Paused" and "stop" not in now
        assert stop in (None, now.get("stop")) or is_carried_out, "a decision never changes"
        if is_carried_out:
            assert now["phase"] in ("Paused", "Succeeded", "Failed"), (
                "it is paused, or ended itself"
            )
        if now.get("phase") == "Paused" != before.get("phase"):
            self._check_pause(new)
        # The last lines of its log may be read after the end was recorded; nothing else may be added.
        ended = before.get("phase") in _ENDS
        same = {key: value for key, value in now.items() if key != "logs" or "logs" in before}
        assert not ended or before == {**same, **_logs(before, now)}, "an end never changes"
        was, curve = before.get("curve") or {}, now.get("curve") or {}
        if was.get("pod") == curve.get("pod") or "step" in curve:
            assert curve.get("values", "").startswith(was.get("values", "")), "reports are added"

    def _check_pause(self, record: Body) -> None:
        """Nothing of a paused trial runs, and none of it may start again."""
        name = record["metadata"]["name"]
        self.pauses += 1
        holding = [pod for pod in self._store.all("pods").values() if not is_over(pod)]
        assert name not in {_label(pod, "trial") for pod in holding}, "its pods have ended"
        attempt = record["status"]["attempt"]
        assert attempt > 1, "the next attempt continues it"

    def _check_new_job(self, job: Body) -> None:
        name = job["metadata"]["name"]
        self.jobs_created[name] += 1
        assert self._users_act or self.jobs_created[name] == 1, f"Job {name} was created again"
        pods = self._store.all("pods").values()
        self.ahead += (
            sum(pod["status"].get("phase") not in _TERMINAL for pod in pods) >= self._concurrent
        )
        # A Job that the controller of another kind made has the labels on its pods only.
        labels = job["metadata"].get("labels") or job["spec"]["template"]["metadata"]["labels"]
        trial = labels["sweepjob.dev/trial"]
        record = self._store.get("sweeptrials", (job["metadata"]["namespace"], trial))
        assert record is not None, "the proposal is durable before anything runs"
        phase = (record.get("status") or {}).get("phase")
        assert phase != "Paused", "nothing of a paused trial runs"
        env = job["spec"]["template"]["spec"]["containers"][0]["env"]
        told = next(e["value"] for e in env if e["name"] == "SWEEPJOB_PARAMETERS")
        recorded, given = json.loads(record["spec"]["assignment"]), json.loads(told)
        if self._budget:
            rungs = ((record.get("status") or {}).get("budget") or {}).get("rungs") or ()
            done = max((rung["budget"] for rung in rungs), default=0)
            assert given.pop(self._budget) > done, "run again with more than before"
        assert given == recorded, "run as recorded"

    def _check_pods(self) -> None:
        holding = [pod for pod in self._store.all("pods").values() if not is_over(pod)]
        jobs = {(_label(pod, "trial"), _label(pod, "attempt")) for pod in holding}
        trials = {trial for trial, _ in jobs}
        ranks = {(_label(pod, "trial"), pod["metadata"]["labels"].get(RANK)) for pod in holding}
        assert len(trials) == len(jobs), f"attempts do not overlap:{_listed(holding)}"
        assert len(ranks) == len(holding), f"a trial has one live pod of a rank:{_listed(holding)}"
        few = len(trials) <= self._concurrent
        assert few, f"concurrency is never exceeded:{_listed(holding)}"


def _proposal(record: Body) -> Body:
    """The spec without what people may change."""
    return {k: v for k, v in record["spec"].items() if k not in ("paused", "stop")}


def _label(pod: Body, key: str) -> str:
    return str(pod["metadata"]["labels"][f"sweepjob.dev/{key}"])


def _listed(pods: list[Body]) -> str:
    return "".join(f"\n{pod['metadata']['name']} {json.dumps(pod['status'])}" for pod in pods)


def is_over(pod: Body) -> bool:
    """Whether no container of a pod runs, though its phase may not be terminal yet, or never is."""
    status = pod["status"]
    if status.get("phase") in _TERMINAL or NODE_IS_LOST in pod["metadata"].get("annotations", {}):
        return True
    kinds = ("containerStatuses", "initContainerStatuses")
    states = [container["state"] for kind in kinds for container in status.get(kind) or ()]
    return bool(states) and all("terminated" in state for state in states)
