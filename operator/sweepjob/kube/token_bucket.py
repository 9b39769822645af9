"""A token bucket that may be overdrawn, for work whose cost is known only afterwards."""

from __future__ import annotations


class TokenBucket:
    """Limits a rate in the long run, and allows a burst after a pause.

    Args:
        rate: tokens per second; infinity for no limit.
        burst: the largest number of tokens that it holds.
        resume_at: tokens that must be available again before an overdrawn bucket is used further.
        now: seconds of a monotonic clock, as in every call.
    """

    def __init__(self, rate: float, burst: float, resume_at: float, now: float) -> None:
        self._rate, self._burst, self._resume_at = rate, burst, resume_at
        self._tokens = burst
        self._updated = now

    @property
    def is_overdrawn(self) -> bool:
        """Whether nothing is left."""
        return self._tokens <= 0.0

    def consume(self, tokens: float) -> None:
        """Remove tokens, even more than there are."""
        self._tokens -= tokens

    def delay(self, now: float) -> float:
        """Return seconds until the bucket may be used again; 0 unless it is overdrawn."""
        if self._tokens > 0.0:
            return 0.0
        earned = (now - self._updated) * self._rate
        self._tokens, self._updated = min(self._burst, self._tokens + earned), now
        return max(0.0, self._resume_at - self._tokens) / self._rate
