"""Promotes the best trial of a sweep."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..promotion.best_trial import best_trial
from ..promotion.errors import PromotionError
from ..promotion.model_registration import ModelVersion, register_model
from ..promotion.retrain_job import retrain_job
from ..promotion.tracking_server import tracking_client
from ..read_model.trial_view import trial_views
from .sweep_objects import SweepError


def promote(
    body: Mapping[str, Any],
    name: str,
    model: str,
    alias: str,
    tracking_uri: str,
    trial: str,
    trials: Callable[[], Sequence[Mapping[str, Any]]],
    *,
    now: bool,
) -> ModelVersion:
    """Register the best trial's model; see ``SweepRun.promote``.

    Raises:
        SweepError: it cannot be registered.
    """
    try:
        best = best_trial(body, now=now, trial=trial, trials=trials)
        client = tracking_client(best.spec, os.environ, tracking_uri)
        return register_model(client, best, name, model=model, alias=alias)
    except PromotionError as error:
        raise SweepError(str(error)) from None


def manifest_of_retraining(
    body: Mapping[str, Any], trials: Sequence[Mapping[str, Any]], trial: str, *, now: bool
) -> dict[str, Any]:
    """Return the Job that trains again with the best parameters; see ``SweepRun.retrain_job``.

    Raises:
        SweepError: there is no such Job.
    """
    try:
        best = best_trial(body, now=now, trial=trial, trials=lambda: trials)
        views = trial_views(trials, best.sweep.goal)
        found = next(view for view in views if view.name == best.name)
        return retrain_job(best, found.record.parameters)[0]
    except PromotionError as error:
        raise SweepError(str(error)) from None
