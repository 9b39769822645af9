"""Names the pods that failed in an attempt of several, the cause of the others first.

When one rank fails, the connections of the others break, and they fail a moment later. Their ends become
visible in any order. The earliest one is the cause, but the kubelet states times in whole seconds, by the
clock of its node. So the message names every pod that failed, and the cause is among them in any case.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..api.messages.no_result import LAST_LINES_OF
from ..api.meta.cause import Cause
from .workload import Pod

_EXITED = "TrainerFailed"
_EXCEPTION = "exit code 1"  # of a Python script whose connection broke, as of any other exception
_MOST_GROUPS = 4
_MOST_NAMES = 4
_LINES_OF_OTHERS = 500  # characters of the log of each group after the first

Noun = Literal["rank", "pod"]
Group = tuple[list[str], str, str]  # pods that failed in the same way: names, how, last lines


@dataclass(frozen=True, slots=True)
class PodFailure:
    """A failure of one of several pods that nobody else terminated.

    Attributes:
        pod: its name.
        rank: its rank.
        at: seconds since the epoch; infinite where that is not known.
        cause: reason and message.
    """

    pod: str
    rank: int
    at: float
    cause: Cause


def own_failure(pod: Pod) -> PodFailure | None:
    """Return the failure of a pod that was not terminated from outside; None without one.

    The Job controller deletes the other pods of an attempt that has failed. The cause may be one of them,
    if its kubelet was slow to report: then its trainer ended before the deletion was requested.

    Args:
        pod: a pod of an attempt.
    """
    end = pod.trainer_end
    if end is not None and not pod.is_interrupted:
        return None if end.failure is None else _failure(pod, end.ended, end.failure)
    if pod.succeeded is not False or pod.disrupted:
        return None
    if pod.is_interrupted and not _ended_before_deletion(pod):
        return None
    return _failure(pod, pod.ended, pod.failure)


def _failure(pod: Pod, at: float | None, cause: Cause) -> PodFailure:
    return PodFailure(pod.name, pod.rank, math.inf if at is None else at, cause)


def _ended_before_deletion(pod: Pod) -> bool:
    ended, deleted = pod.ended, pod.interrupted_at
    return ended is not None and deleted is not None and ended < deleted


def failures_by_time(pods: Iterable[Pod], noted: Iterable[PodFailure] = ()) -> list[PodFailure]:
    """Return the failures of an attempt, in the order of their times.

    Args:
        pods: pods of one attempt.
        noted: failures that were seen before; those pods may be gone.

    Returns:
        The failures; of several in the same second, those last that a broken connection may have caused.
    """
    known = {failure.pod: failure for failure in noted}
    known |= {failure.pod: failure for failure in map(own_failure, pods) if failure is not None}
    return sorted(known.values(), key=lambda f: (f.at, _may_be_led_to(f.cause), f.rank, f.pod))


def _may_be_led_to(cause: Cause) -> bool:
    """Return whether a broken connection may have caused a failure."""
    return cause.reason == _EXITED and _split(cause.message)[0].endswith(_EXCEPTION)


def merged_cause(failures: Sequence[PodFailure], noun: Noun) -> Cause:
    """Return the reason of the first failure, and a message that names all of them.

    How each failed comes before the lines of logs, since some places show the first 500 characters only.

    Args:
        failures: in the order of their times; at least one.
        noun: how the pods are named: by rank, or by name where the operator did not give them ranks.
    """
    first, *others = ((str(f.rank) if noun == "rank" else f.pod, f.cause) for f in failures)
    name, cause = first
    if not others:
        return Cause(cause.reason, f"{noun} {name}: {cause.message}")
    groups = _grouped(others)
    how, lines = _split(cause.message)
    failed = "; ".join(_describe(groups, noun))
    text = f"{noun} {name}: {how}; in the same second or later also {failed}"
    logs = ((name, lines), *((names[0], end) for names, _, end in groups[:_MOST_GROUPS]))
    shown = (f"{LAST_LINES_OF}{noun} {name}: {end}" for name, end in logs if end)
    return Cause(cause.reason, "\n".join((text, *shown)))


def _grouped(failures: Iterable[tuple[str, Cause]]) -> list[Group]:
    """Return the failures by how the pods failed; each group has the log of its first pod."""
    groups: dict[str, Group] = {}
    for name, cause in failures:
        how, lines = _split(cause.message)
        groups.setdefault(how, ([], how, lines[-_LINES_OF_OTHERS:]))[0].append(name)
    return list(groups.values())


def _describe(groups: Sequence[Group], noun: Noun) -> Iterator[str]:
    for names, how, _ in groups[:_MOST_GROUPS]:
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        plural = "" if len(names) == 1 else "s"
        yield f"{noun}{plural} {', '.join(names[:_MOST_NAMES])}{more}: {how}"
    left = sum(len(names) for names, _, _ in groups[_MOST_GROUPS:])
    if left:
        yield f"{left} more in other ways"


def _split(message: str) -> tuple[str, str]:
    """Return how a pod failed, and the last lines of its log."""
    how, _, lines = message.partition(": ")
    return how, lines
