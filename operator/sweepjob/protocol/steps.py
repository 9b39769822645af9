"""Steps of reports: how far the training had come, as the script says. Most scripts count epochs.

They tell a trial that goes on from a checkpoint which reports were made before. A list of them has an
entry for each report, None where it has none. 0 counts as none: clients send it for a report without a
step.
"""

from __future__ import annotations

from collections.abc import Sequence

from .validation import list_of

MAX_STEP = 2**53  # larger ones are not exact in all JSON parsers


def known_step(step: object) -> int | None:
    """Return the step of a report; None if the script gave no valid one.

    Args:
        step: the parsed value. A whole float is valid, because some parsers read all numbers as floats.
    """
    if isinstance(step, float) and step.is_integer():
        step = int(step)
    if isinstance(step, bool) or not isinstance(step, int):
        return None
    return step if step != 0 and -MAX_STEP <= step <= MAX_STEP else None


def dump_steps(steps: Sequence[int | None]) -> dict[str, list[int | None]]:
    """Return the key with the steps; nothing where no report has one."""
    return {"steps": list(steps)} if any(step is not None for step in steps) else {}


def parse_steps(data: dict[str, object], count: int, most: int) -> tuple[int | None, ...]:
    """Read the steps of a message.

    Args:
        data: the message.
        count: how many reports it has.
        most: the longest list.

    Returns:
        One for each report; empty where the message has none.

    Raises:
        ValueError: there are more or fewer than reports.
    """
    if data.get("steps") is None:
        return ()
    steps = list_of(data, "steps", most)
    if len(steps) != count:
        raise ValueError(f"steps: must be {count}, one for each report")
    return tuple(map(known_step, steps))


def with_steps(
    values: Sequence[float], steps: Sequence[int | None]
) -> tuple[tuple[float, int | None], ...]:
    """Return reports with their steps.

    Args:
        values: the reports.
        steps: one for each; or none at all.
    """
    return tuple(zip(values, steps or [None] * len(values), strict=True))
