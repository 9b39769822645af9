"""What a trial does: whether it runs, or waits to be continued by the policy."""

from __future__ import annotations

from enum import Enum


class Activity(Enum):
    """What a trial does now.

    Attributes:
        RUNNING: it runs, or continues as soon as its pod has started.
        WAITING: the policy has paused it, or has decided to.
        INACTIVE: it has ended, is to be stopped, or is kept paused by a person.
    """

    RUNNING = "running"
    WAITING = "waiting"
    INACTIVE = "inactive"
