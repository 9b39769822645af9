"""The content of a notification, as it is stored in the outbox. Its size is bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .event_type import EventType
from .transitions import Happened

_MESSAGE_LIMIT = 1000  # characters
_JSON_LIMIT = 8000  # characters of the parameters, and of the outputs
_MESSAGES = {EventType.STARTED: "the first trial is running"}


def notification_data(
    happened: Happened, status: Mapping[str, Any], objective: Mapping[str, Any]
) -> str:
    """Return the content as JSON.

    Args:
        happened: what is notified.
        status: the status that is about to be written.
        objective: ``spec.objective``, or the first one of several.
    """
    condition = happened.condition or {}
    message = str(condition.get("message") or _MESSAGES.get(happened.type, ""))
    data = {
        "phase": status.get("phase"),
        "reason": condition.get("reason"),
        "message": _cut(message) or None,
        "objective": {key: objective.get(key) for key in ("goal", "primaryMetric")},
        "trials": status.get("trials"),
        "gpuSeconds": status.get("gpuSeconds"),
        "best": _best(status.get("best")),
        "pareto": _pareto(status.get("pareto")),
        "results": status.get("results"),
    }
    return json.dumps({key: value for key, value in data.items() if value is not None})


def _pareto(front: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the size of the Pareto front; its trials would not fit."""
    return None if front is None else {"size": front.get("size")}


def _best(best: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the best trial; of large parameters and outputs only that they are left out."""
    if best is None:
        return None
    kept = {key: value for key, value in best.items() if value is not None}
    for key in ("parameters", "outputs"):
        if key in kept and len(json.dumps(kept[key])) > _JSON_LIMIT:
            del kept[key]
            kept["omitted"] = [*kept.get("omitted", ()), key]
    return kept


def _cut(text: str) -> str:
    return text if len(text) <= _MESSAGE_LIMIT else f"{text[: _MESSAGE_LIMIT - 3]}..."
