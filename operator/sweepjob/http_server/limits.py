"""How much each sender may ask for: token buckets by sender, and numbers of connections."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Hashable

_SENDERS = 20_000  # remembered


class ClientRateLimiter:
    """A bucket of permissions for each sender.

    Args:
        rate: permissions a second in the long run.
        burst: permissions at once, after a pause.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def allows(self, sender: Hashable, now: float) -> bool:
        """Whether the sender has a permission left; takes one if so.

        Args:
            now: monotonic seconds.
        """
        left = self._available(sender, now)
        allowed = left >= 1.0
        self._store(sender, left - allowed, now)
        return allowed

    def has(self, sender: Hashable, now: float) -> bool:
        """The same, without taking one."""
        return self._available(sender, now) >= 1.0

    def _available(self, sender: Hashable, now: float) -> float:
        left, since = self._left.get(sender, (self._burst, now))
        return min(self._burst, left + (now - since) * self._rate)

    def _store(self, sender: Hashable, left: float, now: float) -> None:
        self._left[sender] = (left, now)
        self._left.move_to_end(sender)
        while len(self._left) > _SENDERS:
            self._left.popitem(last=False)


class ConnectionLimits:
    """Numbers of connections: in all, of each peer, and new ones of each peer in a second.

    Args:
        total, per_peer: connections at a time.
        new_rate, new_burst: new connections of a peer, as of ``ClientRateLimiter``.
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
        """Which limit keeps a peer from opening another connection now; None where none does."""
        if self._open[peer] >= self._per_peer:
            return "per_peer"
        if not self._new.allows(peer, now):
            return "new_per_peer"
        return None

    @property
    def is_full(self) -> bool:
        return self.count >= self.total

    def opened(self, peer: str) -> None:
        self._open[peer] += 1
        self.count += 1

    def closed(self, peer: str) -> None:
        self.count -= 1
        self._open[peer] -= 1
        if self._open[peer] <= 0:
            del self._open[peer]
