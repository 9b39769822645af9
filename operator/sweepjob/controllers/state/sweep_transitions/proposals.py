"""Proposals of the sampler, and its failures."""

from __future__ import annotations

import logging

from ....lifecycle.snapshot import Proposal
from ....search.samplers.registry import SAMPLERS
from ....search.space import Assignment
from ..proposals import SamplerFailure
from .base import SweepTransitions

_log = logging.getLogger(__name__)
# Seconds until a sampler that failed is asked again: first, and at most.
_SAMPLER_PAUSES = (1.0, 30.0)


class ProposalTransitions(SweepTransitions):
    """What the sampler proposed."""

    def propose(self, number: int, now: float) -> tuple[Proposal, ...]:
        """Return proposals for the lowest free indices.

        A sampler of this package that uses no observations is asked. For others, these are the
        proposals that were made in the background.

        Args:
            number: how many are wanted.
            now: seconds since the epoch.

        Returns:
            As many as there are, in the order of the indices, up to the first index without one.
        """
        proposals = self.state.proposals
        made: list[Proposal] = []
        for index in self.state.slots.free_indices(number):
            if proposals.in_background:
                assignment = proposals.cached.get(index)
            else:
                assignment = proposals.sampler.propose(index, ())
                if assignment is None:
                    self.mark_exhausted(index)
            if assignment is None:
                break
            made.append(Proposal(index, assignment))
        return tuple(made)

    def note_sampler_failure(self, error: Exception, now: float) -> None:
        """Note that the sampler raised an error; ask it again after a pause that doubles each time.

        Args:
            error: what it raised.
            now: seconds since the epoch.

        Raises:
            Exception: the error, of a sampler of this package.
        """
        state, before = self.state, self.state.proposals.failure
        name = state.spec.sampler.name
        distribution = SAMPLERS.distribution_of(name)
        if not distribution:
            raise error
        message = (
            f"sampler {name} of {distribution} failed, so no new trial starts: {error!r:.1000}"
        )
        times = 1 if before is None else before.times + 1
        if before is None or before.message != message:
            _log.error("sweep %s/%s: %s", state.namespace, state.name, message)
        first, longest = _SAMPLER_PAUSES
        pause = min(longest, first * 2 ** min(times - 1, 12))
        state.proposals.failure = SamplerFailure(message, times, now + pause)

    def cache_proposal(self, index: int, assignment: Assignment) -> None:
        """Keep a proposal that was made in the background until a slot is free."""
        self.state.proposals.cached[index] = assignment
        self.state.proposals.failure = None

    def mark_exhausted(self, index: int) -> None:
        """Note that the sampler has no proposal for an index, nor for a higher one."""
        before = self.state.proposals.exhausted_at
        self.state.proposals.exhausted_at = index if before is None else min(index, before)
        self.state.proposals.failure = None
