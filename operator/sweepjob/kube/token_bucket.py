"""A token bucket that may be overdrawn: what something costs is known afterwards only."""

from __future__ import annotations


class TokenBucket:
    """So much a second in the long run, and some at once after a pause.

    Args:
        rate: tokens a second; infinity for no limit.
        burst: tokens that it holds at most.
        portion: tokens that are there again when whoever has overdrawn it goes on.
        now: seconds on a clock that only goes on, as in every call.
    """

    def __init__(self, rate: float, burst: float, portion: float, now: float) -> None:
        self._rate, self._burst, self._portion = rate, burst, portion
        self._tokens = burst
        self._counted = now

    @property
    def is_overdrawn(self) -> bool:
        return self._tokens <= 0.0

    def spend(self, tokens: float) -> None:
        """Take tokens, also more than there are."""
        self._tokens -= tokens

    def wait(self, now: float) -> float:
        """Seconds until the bucket may be spent from again; 0 unless it is overdrawn."""
        if self._tokens > 0.0:
            return 0.0
        earned = (now - self._counted) * self._rate
        self._tokens, self._counted = min(self._burst, self._tokens + earned), now
        return max(0.0, self._portion - self._tokens) / self._rate
