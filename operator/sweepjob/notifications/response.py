"""What a receiver's answer means, and when to try again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum

# The receiver says that this notification cannot be processed, so that repeating it is of no use.
_FINAL = (400, 410, 413, 415, 422)
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0  # seconds
_LONGEST_RETRY_AFTER = 3600.0


class Outcome(Enum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    FAILED = "failed"  # to be repeated
    REFUSED = "refused"  # not to be repeated


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """The answer of a receiver.

    Attributes:
        status: HTTP status code; 0 without a response.
        retry_after: the header of that name.
        problem: why there is no response.
    """

    status: int
    retry_after: str = ""
    problem: str = ""

    @property
    def outcome(self) -> Outcome:
        """How the receiver answered."""
        if 200 <= self.status < 300:
            return Outcome.DELIVERED
        return Outcome.REFUSED if self.status in _FINAL else Outcome.FAILED

    def describe(self) -> str:
        """Return the answer in words, without anything that the receiver sent."""
        if not self.status:
            return self.problem
        redirect = ", a redirect, which is not followed" if 300 <= self.status < 400 else ""
        return f"it answered with HTTP status {self.status}{redirect}"


def retry_after_seconds(header: str, now: float) -> float:
    """Return the seconds that a receiver asks to wait; 0.0 without a valid header.

    Args:
        header: ``Retry-After``: seconds or a date.
        now: seconds since the epoch.
    """
    text = header.strip()[:100]
    if text.isascii() and text.isdecimal():
        return min(float(text), _LONGEST_RETRY_AFTER)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(0.0, seconds), _LONGEST_RETRY_AFTER)


def pause_after(failures: int, chance: random.Random) -> float:
    """Return the seconds until the next attempt: doubled with each failure in a row, with jitter.

    Args:
        failures: number of failures in a row, from 1 on.
        chance: source of the jitter.
    """
    longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(failures - 1, 12))
    return longest * chance.uniform(0.5, 1.0)
