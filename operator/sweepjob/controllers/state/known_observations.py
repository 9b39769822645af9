"""The observations with which a sampler is warm-started, without a sweep."""

from __future__ import annotations

from collections.abc import Sequence

from ...api.meta.identity import ObjectIdentity
from ...api.spec.sweep_spec import SweepSpec
from ...api.sweeptrial.source_trial import SourceTrial
from ...search.sampler import Observation
from ..warm_start.source import Source
from .sweep_store import SweepStore


def observations_of(spec: SweepSpec, seed: int, trials: Sequence[SourceTrial]) -> list[Observation]:
    """Return the observations of earlier trials, as the operator has them at the start of a sweep.

    Args:
        spec: the sweep.
        seed: the sampler's seed.
        trials: the earlier trials.
    """
    source = Source("", tuple(trials), len(trials))
    store = SweepStore(ObjectIdentity("", "", ""), spec, seed, 0.0, {}, (source,))
    store.load(())
    return store.state.observations()
