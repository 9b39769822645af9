"""The trials of other sweeps that a sweep was warm-started from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api import names
from ..api.criteria import Criteria
from ..api.resources import SWEEPTRIALS
from ..kube import errors
from ..kube.client import KubeClient
from ..read_model.trial_view import TrialView, trial_views, trials_of_source

Body = Mapping[str, Any]


async def read_warm_start_trials(api: KubeClient, sweep: Body) -> list[TrialView]:
    """Read the trials that ``status.warmStart`` names.

    Sweeps that cannot be read, such as deleted ones, are left out.

    Args:
        api: the API server.
        sweep: the SweepJob that was warm-started.
    """
    found: list[Body] = []
    namespace = sweep["metadata"]["namespace"]
    for source in (sweep.get("status") or {}).get("warmStart") or ():
        selector = f"{names.LABEL_SWEEP}={source['sweep']}"
        try:
            page = await api.list_page(SWEEPTRIALS, namespace, selector, "", 0)
        except errors.ApiError:
            continue
        found += trials_of_source(source, page["items"])
    return trial_views(found, Criteria.of(sweep["spec"]).primary.goal)
