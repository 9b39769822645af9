"""Which ranks the message of a failed attempt names, in whatever order their ends become visible."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from sweepjob.api.meta.cause import Cause
from sweepjob.lifecycle import actions as act
from sweepjob.lifecycle.planner import plan
from sweepjob.lifecycle.pod_failures import failures_by_time, merged_cause, own_failure
from sweepjob.lifecycle.workload import Pod, TrainerEnd

from .builders import job, snapshot, trial

RANKS = 3
GRACE = 2.0
START = 100.0
SWEEP = snapshot(instances=RANKS, max_retries=1)


def exit_code(code: int, lines: str = "") -> Cause:
    text = f"the trainer ended with exit code {code}"
    return Cause("TrainerFailed", f"{text}: {lines}" if lines else text)


def rank(number: int, **values: object) -> Pod:
    given: dict[str, object] = {"node": "n", "started": 1.0, **values}
    return Pod(f"sweep-0-{number}-x", f"pod-{number}", rank=number, **given)  # type: ignore[arg-type] # fields of a Pod


@dataclass
class FailingAttempt:
    """One attempt in virtual time: processes end, kubelets report later, and the Job controller deletes the rest.

    Attributes:
        ends: when the process of each rank fails, and its exit code; infinite for one that hangs.
        delays: seconds until the kubelet of each rank reports.
    """

    ends: dict[int, tuple[float, int]]
    delays: dict[int, float]
    pods: dict[int, Pod] = field(default_factory=lambda: {n: rank(n) for n in range(RANKS)})
    noted: dict[int, object] = field(default_factory=dict)
    first_seen: float = math.inf

    def run(self) -> tuple[act.RecordRetry, float]:
        """Return the record of the attempt's end, and when it was written."""
        events = [(at + self.delays[n], "report", n) for n, (at, _) in self.ends.items()]
        events = [event for event in events if event[0] < math.inf]
        heapq.heapify(events)
        while events:
            now, what, number = heapq.heappop(events)
            for follows in getattr(self, f"_{what}")(now, number):
                heapq.heappush(events, follows)
            found = self._plan(now)
            [action] = found.actions or (None,)
            if action is not None:
                assert isinstance(action, act.RecordRetry), action
                return action, now
            if found.wake_at is not None:
                heapq.heappush(events, (found.wake_at, "wake", 0))
        raise AssertionError("the end of the attempt is not recorded")

    def _plan(self, now: float) -> act.Plan:
        for number, pod in self.pods.items():
            if (failure := own_failure(pod)) is not None:
                self.noted[number] = failure
        seen = trial(
            pods=tuple(self.pods.values()),
            pod_failures=tuple(self.noted.values()),
            jobs=(job(started=0.0),),
            job_created=True,
        )
        return plan(seen, SWEEP, now)

    def _wake(self, now: float, number: int) -> Iterator[tuple[float, str, int]]:
        yield from ()

    def _report(self, now: float, number: int) -> Iterator[tuple[float, str, int]]:
        if number not in self.pods or self.pods[number].is_terminal:
            return
        at, code = self.ends[number]
        pod = self.pods[number]
        self.pods[number] = replace(
            pod, succeeded=False, ended=float(math.floor(at)), failure=exit_code(code)
        )
        if pod.deleting:
            yield now + 0.1, "vanish", number
        if self.first_seen == math.inf:
            self.first_seen = now
            yield now + 1.0, "delete_others", number

    def _vanish(self, now: float, number: int) -> Iterator[tuple[float, str, int]]:
        self.pods.pop(number)
        yield from ()

    def _delete_others(self, now: float, number: int) -> Iterator[tuple[float, str, int]]:
        for other, pod in self.pods.items():
            if not pod.is_terminal:
                self.pods[other] = replace(
                    pod,
                    deleting=True,
                    interrupted_at=float(math.floor(now)),
                    termination_due=now + GRACE,
                )
                if self.ends[other][0] > now:
                    self.ends[other] = (now + GRACE, 137)
                    yield now + GRACE + self.delays[other], "report", other


CAUSE, LED_TO = 3, 1  # exit codes


@pytest.mark.parametrize("cause", range(RANKS))
@pytest.mark.parametrize("part", [0.0, 0.4, 0.95])  # of the second in which the cause ends
def test_the_cause_is_named_in_whatever_order_the_ends_are_seen(cause: int, part: float) -> None:
    others = [n for n in range(RANKS) if n != cause]
    lags = itertools.product((0.1, 0.8, math.inf), repeat=2)  # until the others fail, or they hang
    for lag, delays in itertools.product(lags, itertools.permutations((0.2, 1.4, 3.5))):
        ends = {cause: (START + part, CAUSE)}
        ends |= {n: (START + part + late, LED_TO) for n, late in zip(others, lag, strict=True)}
        case = FailingAttempt(ends.copy(), dict(enumerate(delays)))
        retry, now = case.run()
        told = f"cause {cause}, lags {lag}, delays {delays}: {retry.message}"
        assert retry.failures == 1, told
        head = retry.message[:500]  # what executions keep
        assert f"rank {cause}" in head, told
        assert f"the trainer ended with exit code {CAUSE}" in head, told
        assert retry.message.startswith(f"rank {cause}: "), f"also in the same second: {told}"
        assert retry.rank == cause, told
        assert retry.retry_at is not None
        assert retry.retry_at <= case.first_seen + 10.0, f"nothing is delayed: {told}"
        assert now <= case.first_seen + 5.0, told
        assert "137" not in retry.message, f"what the Job controller killed failed not: {told}"


def test_the_last_failure_is_recorded_with_all_ranks_that_failed() -> None:
    ends = {0: (101.2, 1), 1: (100.9, 3), 2: (math.inf, 0)}
    pods = {n: rank(n) for n in range(RANKS)}
    pods[0] = replace(pods[0], succeeded=False, ended=101.0, failure=exit_code(1))
    final = snapshot(instances=RANKS)

    def planned(now: float) -> act.Plan:
        seen = trial(pods=tuple(pods.values()), jobs=(job(started=0.0),), job_created=True)
        return plan(seen, final, now)

    assert not planned(101.5).actions
    pods[1] = replace(
        pods[1], succeeded=False, ended=100.0, failure=exit_code(ends[1][1]), deleting=True
    )
    pods[1] = replace(pods[1], interrupted_at=102.0)
    pods[2] = replace(pods[2], succeeded=False, ended=104.0, deleting=True, interrupted_at=102.0)
    [end] = planned(104.5).actions
    assert isinstance(end, act.RecordEnd)
    assert end.message == (
        "rank 1: the trainer ended with exit code 3; in the same second or later also rank 0: the "
        "trainer ended with exit code 1"
    )


def test_a_single_failure_is_told_as_it_is() -> None:
    [failure] = failures_by_time(
        [rank(2, succeeded=False, ended=5.0, failure=exit_code(3, "a\nb"))]
    )
    cause = merged_cause([failure], "rank")
    assert cause == ("TrainerFailed", "rank 2: the trainer ended with exit code 3: a\nb")
    assert merged_cause([failure], "pod").message.startswith("pod sweep-0-2-x: the trainer ended")


def test_of_a_second_a_failure_that_no_broken_connection_causes_comes_first() -> None:
    memory = Cause("OutOfMemory", "the trainer used more memory than its limit; raise it: Killed")
    pods = [rank(n, succeeded=False, ended=5.0, failure=exit_code(1, "reset")) for n in range(9)]
    pods[6] = replace(pods[6], failure=memory)
    pods[4] = replace(pods[4], failure=exit_code(139, "x" * 5000))
    failures = failures_by_time(pods)
    cause = merged_cause(failures, "rank")
    assert (cause.reason, failures[0].rank) == ("TrainerFailed", 4)
    assert cause.message.splitlines() == [
        "rank 4: the trainer ended with exit code 139; in the same second or later also rank 6: the "
        "trainer used more memory than its limit; raise it; ranks 0, 1, 2, 3 and 3 more: the trainer "
        "ended with exit code 1",
        f"last lines of rank 4: {'x' * 5000}",
        "last lines of rank 6: Killed",
        "last lines of rank 0: reset",
    ]


def test_failures_of_many_kinds_are_counted() -> None:
    pods = [rank(n, succeeded=False, ended=5.0, failure=exit_code(n + 2)) for n in range(8)]
    message = merged_cause(failures_by_time(pods), "rank").message
    assert message.startswith("rank 0: the trainer ended with exit code 2; in the same second")
    assert message.endswith("exit code 6; 3 more in other ways")


def test_what_somebody_ended_is_no_failure_of_its_own() -> None:
    failed = rank(1, succeeded=False, ended=9.0, failure=exit_code(143), deleting=True)
    assert own_failure(replace(failed, interrupted_at=9.0)) is None, "within a second nobody knows"
    assert own_failure(replace(failed, interrupted_at=10.0)) is not None
    assert own_failure(replace(failed, interrupted_at=8.0, finished=True)) is not None
    assert own_failure(replace(failed, interrupted_at=10.0, disrupted=True)) is None
    assert own_failure(rank(1)) is None
    assert own_failure(rank(1, succeeded=True, ended=9.0)) is None


def test_helper_containers_of_several_ranks_do_not_hide_which_failed_first() -> None:
    """Their pods have not ended, and the attempt ends when the grace period of the helpers is over."""

    def pod(number: int, at: float, code: int) -> Pod:
        end = TrainerEnd(at, exit_code(code, "log"), ("proxy",))
        return rank(number, ended=at, trainer_end=end)

    pods = (pod(0, 102.0, 1), pod(1, 101.0, 3), rank(2))
    seen = trial(pods=pods, jobs=(job(started=0.0),), job_created=True)
    sweep = snapshot(instances=RANKS, max_retries=1, companion_grace=20.0)
    assert not any(isinstance(a, act.RecordRetry) for a in plan(seen, sweep, 120.0).actions)
    [retry] = plan(seen, sweep, 121.0).actions
    assert isinstance(retry, act.RecordRetry)
    assert retry.message.startswith(
        "rank 1: the trainer ended with exit code 3; in the same second"
    )
    assert retry.rank == 1
    [stop] = plan(seen, replace(sweep, max_retries=0), 121.0).actions
    assert isinstance(stop, act.RecordStop)
    assert "rank 1: the trainer ended with exit code 3" in stop.stop.message
