"""The messages about a sweep without a result: no trial succeeded, or no value was finite."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .failure_line import failure_line

LAST_LINES_OF = "last lines of "  # begins the log of each pod in a message about several
_LONGEST = 300  # characters of a trial's message
_POD = re.compile(r"(?:rank|pod) [^\s:]+: ")


def no_success_message(ended: Mapping[str, int], trial: str, why: str) -> str:
    """Return how the trials ended, with the first one as an example.

    Args:
        ended: numbers of trials by phase.
        trial: name of the first trial that failed or was canceled; empty when it is unknown.
        why: its message, which may contain the last lines of its log.
    """
    counts = ", ".join(f"{count} {phase}" for phase, count in ended.items() if count)
    message = f"none of {sum(ended.values())} trials succeeded ({counts or 'none was started'})"
    return message + first_failure(trial, why)


def first_failure(trial: str, why: str) -> str:
    """Return a sentence about the first failed trial, to be appended; empty when it is unknown."""
    if not trial:
        return ""
    return f". The first one is {trial}: {summary_of(why)}"


def summary_of(message: str) -> str:
    """Return one line: what a trial's message begins with, and the line of the log that says why."""
    how, *logs = message.split(f"\n{LAST_LINES_OF}")
    pod = _POD.match(how)
    name = pod.group() if pod else ""  # the pod that failed first
    own = next((log.removeprefix(name) for log in logs if log.startswith(name)), "")
    lines = [line.rstrip() for line in f"{how}\n{own}".splitlines() if line.strip()]
    if not lines:
        return "its record has no message"
    lines[0] = lines[0].strip()
    if len(lines) > 1 and not logs:
        begin, colon, first = lines[0].removeprefix(name).partition(": ")
        lines[:1] = [name + begin, *([first] if colon else [])]
    line = lines[0] if len(lines) == 1 else f"{lines[0]}: {failure_line(lines[1:])}"
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def non_finite_message(trial: str, metric: str, count: int, last: float) -> str:
    """Return what a trial reported instead of numbers, and the remedy.

    Args:
        trial: name of the trial.
        metric: the primary metric.
        count: the number of its reports.
        last: the newest one.
    """
    reported = (
        f"its only value is {last}"
        if count == 1
        else f"none of its {count} values is finite, the last one is {last}"
    )
    return (
        f"no trial reported a finite value of '{metric}'. Trial {trial}: {reported}. Such a value "
        "does not count; narrow searchSpace to parameters that do not diverge, or let the script report "
        "a bad finite value instead."
    )
