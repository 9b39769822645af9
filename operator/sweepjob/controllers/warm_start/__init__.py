"""Warm start: finds the earlier trials that count for a new sweep, and checks that they can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...api.spec.sweep_spec import SweepSpec
from ...kube.client import KubeClient
from ..caches import Caches
from ..fair_thread import FairThread
from .results import find_results
from .source import Source
from .sweeps import find_sweeps

__all__ = ["Source", "find_sources"]


async def find_sources(
    api: KubeClient,
    caches: Caches,
    namespace: str,
    spec: SweepSpec,
    status: Mapping[str, Any],
    thread: FairThread,
) -> tuple[Source, ...]:
    """Find the earlier trials that ``spec.warmStart`` names.

    Sources that the status already has were checked before. They count as long as they exist unchanged,
    so that a restarted operator uses the same trials.

    Args:
        api: the API server.
        caches: the caches of records.
        namespace: the namespace of the sweep.
        spec: the spec of the sweep.
        status: the status of the sweep.
        thread: reads texts, trials and the specs of others, which may be as large as their user likes.

    Raises:
        NotReady: one does not exist, has not finished, or cannot be read.
        InvalidSpec: one cannot be used for this sweep; the error has the reason.
        ApiError: a request failed.
    """
    if not spec.warm_start:
        return ()
    return (
        *await find_sweeps(api, caches, namespace, spec, status, thread),
        *await find_results(api, namespace, spec, status, thread),
    )
