"""Rate limits per sender, as token buckets, and limits on connections."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Hashable

_SENDERS = 20_000  # senders whose buckets are kept


class ClientRateLimiter:
    """A token bucket for each sender.

    Args:
        rate: requests per second in the long run.
        burst: requests at once after a pause.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        # Tokens, and when they were counted, of each sender.
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def allows(self, sender: Hashable, now: float) -> bool:
        """Return whether a sender may send a request now; count the request if so.

        Args:
            sender: identifies the sender, for example an address or a uid.
            now: monotonic seconds.
        """
        left = self._available(sender, now)
        allowed = left >= 1.0
        self._store(sender, left - allowed, now)
        return allowed

    def would_allow(self, sender: Hashable, now: float) -> bool:
        """Return whether a sender may send a request now, without counting one."""
        return self._available(sender, now) >= 1.0

    def is_unused(self, sender: Hashable, now: float) -> bool:
        """Return whether a sender's bucket is full: it has not sent a request that counts for a while."""
        return self._available(sender, now) >= self._burst

    def _available(self, sender: Hashable, now: float) -> float:
        left, since = self._buckets.get(sender, (self._burst, now))
        return min(self._burst, left + (now - since) * self._rate)

    def _store(self, sender: Hashable, left: float, now: float) -> None:
        self._buckets[sender] = (left, now)
        self._buckets.move_to_end(sender)
        while len(self._buckets) > _SENDERS:
            self._buckets.popitem(last=False)


class ConnectionLimits:
    """Limits the connections of a port: in total, for each peer, and new ones of each peer per second.

    Args:
        total: connections at a time.
        per_peer: connections of one peer at a time.
        new_rate, new_burst: limits on new connections of one peer, as for ``ClientRateLimiter``.

    Attributes:
        count: connections at this moment.
    """

    def __init__(
        self,
        total: int = 4096,
        per_peer: int = 256,
        new_rate: float = 10.0,
        new_burst: float = 256.0,
    ) -> None:
        self.total, self._per_peer = total, per_peer
        self._new = ClientRateLimiter(new_rate, new_burst)
        self._open: Counter[str] = Counter()
        self.count = 0

    def refusal(self, peer: str, now: float) -> str | None:
        """Return the limit that forbids another connection of a peer now; None where none does."""
        if self._open[peer] >= self._per_peer:
            return "per_peer"
        if not self._new.allows(peer, now):
            return "new_per_peer"
        return None

    @property
    def is_full(self) -> bool:
        """Whether there are as many connections as there may be."""
        return self.count >= self.total

    def opened(self, peer: str) -> None:
        """Count a new connection."""
        self._open[peer] += 1
        self.count += 1

    def closed(self, peer: str) -> None:
        """Note that a connection has ended."""
        self.count -= 1
        self._open[peer] -= 1
        if self._open[peer] <= 0:
            del self._open[peer]
