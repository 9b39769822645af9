"""The sampler of a sweep, what it proposed, and what it raised."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...early_stopping.extrapolation import ObservationHistory
from ...search.sampler import Sampler
from ...search.space import Assignment


@dataclass(frozen=True, slots=True)
class SamplerFailure:
    """What the sampler of another distribution raised when it was asked last.

    Attributes:
        message: what to say of it.
        times: how often in a row.
        ask_again_at: seconds since the epoch before which it is not asked again.
    """

    message: str
    times: int
    ask_again_at: float


@dataclass(slots=True)
class Proposals:
    """The sampler, and what it proposed.

    Attributes:
        ended: observations of ended trials, kept for a sampler that uses them.
        cached: proposals that were made in the background and that no trial has got yet, by index. A
            new observation invalidates them if the sampler uses it.
        in_background: the sampler is asked in a thread: it uses observations, or is a plug-in's.
        exhausted_at: the lowest index for which the sampler had no proposal; None when it always had one.
        failure: what the sampler of another distribution raised; None when it answered.
    """

    sampler: Sampler
    in_background: bool
    ended: ObservationHistory = field(default_factory=ObservationHistory)
    cached: dict[int, Assignment] = field(default_factory=dict)
    exhausted_at: int | None = None
    failure: SamplerFailure | None = None

    @property
    def exhausted(self) -> bool:
        """Whether the sampler once had no proposal."""
        return self.exhausted_at is not None

    def forget_cached(self) -> None:
        """Forget the proposals of a sampler that uses observations: there is a new one."""
        if self.sampler.uses_observations:
            self.cached.clear()

    def is_paused(self, now: float) -> bool:
        """Return whether the sampler failed, and is not to be asked yet.

        Args:
            now: seconds since the epoch.
        """
        return self.failure is not None and now < self.failure.ask_again_at

    def has_proposal(self, index: int) -> bool:
        """Return whether a trial of this index can get a proposal, as far as the sampler was asked."""
        if self.sampler.uses_observations:
            return index in self.cached
        return self.exhausted_at is None or index < self.exhausted_at
