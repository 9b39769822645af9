"""Calls about the models that MLflow 3 logs: ``logged-models/...``."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from . import search
from .documents import Documents
from .errors import not_found
from .filters import Lookup, Searchable
from .forms import EXPERIMENT_ID, dump_pairs, pairs

Body = dict[str, Any]
_KIND = "logged models"
_SEARCHABLE = Searchable(
    texts=("name", "model_id", "model_type", "status", "source_run_id", "experiment_id"),
    numbers=(
        *("creation_timestamp", "creation_timestamp_ms", "creation_time"),
        *("last_updated_timestamp", "last_updated_timestamp_ms", "last_updated_time"),
    ),
    kinds=("metric", "param", "tag"),
)


class LoggedModels:
    """Answers calls about logged models.

    Args:
        artifacts: the folder in the trainer's container for its artifacts.
    """

    def __init__(self, documents: Documents, artifacts: str) -> None:
        self._documents = documents
        self._artifacts = artifacts

    def routes(self) -> dict[str, Callable[[Body], Body]]:
        """Calls by method and path; ``{id}`` stands for a part of it."""
        return {
            "POST logged-models": self._create,
            "POST logged-models/search": self._search,
            "GET logged-models/{id}": lambda body: {"model": _dump(self._find(body))},
            "PATCH logged-models/{id}": self._finalize,
            "DELETE logged-models/{id}": self._delete,
            "PATCH logged-models/{id}/tags": self._set_tags,
            "DELETE logged-models/{id}/tags/{key}": self._delete_tag,
            "POST logged-models/{id}/params": self._log_params,
        }

    def artifact_uri(self, model_id: str) -> str:
        """Where a model's files are.

        Raises:
            MlflowError: there is no such model.
        """
        return str(self._find({"id": model_id})["artifact_uri"])

    def log_metric(self, model_id: str, metric: Body) -> None:
        """Note a metric of a model, the newest of each name."""
        model = self._documents.get(_KIND, model_id)
        if model is not None:
            metrics = {**model["metrics"], metric["key"]: metric}
            self._documents.note(_KIND, model_id, {**model, "metrics": metrics})

    def _find(self, body: Body) -> Body:
        model = self._documents.get(_KIND, str(body["id"]))
        if model is None or model["deleted"]:
            raise not_found(f"Logged model with ID '{body['id']}' not found.")
        return model

    def _change(self, model: Body, **changes: Any) -> Body:
        changed = {**model, **changes, "updated": int(time.time() * 1000)}
        return {"model": _dump(self._documents.put(_KIND, model["id"], changed))}

    def _create(self, body: Body) -> Body:
        model_id = f"m-{uuid.uuid4().hex}"
        now = int(time.time() * 1000)
        model = {
            "id": model_id,
            "name": str(body.get("name") or model_id),
            "model_type": body.get("model_type") or "",
            "source_run_id": body.get("source_run_id") or "",
            "status": "LOGGED_MODEL_PENDING",
            "artifact_uri": f"file://{quote(self._artifacts)}/models/{model_id}",
            "params": pairs(body.get("params")),
            "tags": pairs(body.get("tags")),
            "metrics": {},
            "created": now,
            "deleted": False,
        }
        return self._change(model)

    def _finalize(self, body: Body) -> Body:
        return self._change(self._find(body), status=body["status"])

    def _delete(self, body: Body) -> Body:
        self._change(self._find(body), deleted=True)
        return {}

    def _set_tags(self, body: Body) -> Body:
        model = self._find(body)
        return self._change(model, tags={**model["tags"], **pairs(body.get("tags"))})

    def _delete_tag(self, body: Body) -> Body:
        model, key = self._find(body), body["key"]
        if key not in model["tags"]:
            raise not_found(f"No tag with key '{key}' found for model with ID '{model['id']}'.")
        self._change(model, tags={k: v for k, v in model["tags"].items() if k != key})
        return {}

    def _log_params(self, body: Body) -> Body:
        model = self._find(body)
        self._change(model, params={**model["params"], **pairs(body.get("params"))})
        return {}

    def _search(self, body: Body) -> Body:
        models = [m for m in reversed(self._documents.all(_KIND)) if not m["deleted"]]
        wanted = _SEARCHABLE.parse(str(body.get("filter") or ""))
        found = search.matching(models, wanted, _lookup)
        orders = [
            f"{order['field_name']} {'ASC' if order.get('ascending', True) else 'DESC'}"
            for order in body.get("order_by") or []
        ]
        found = search.ordered(found, orders, _SEARCHABLE, _lookup)
        page, token = search.page(found, body, 100)
        answer: Body = {"models": [_dump(model) for model in page]}
        return {**answer, "next_page_token": token} if token else answer


def _lookup(model: Body) -> Lookup:
    def value(kind: str, key: str) -> Any:
        if kind == "metric":
            return (model["metrics"].get(key) or {}).get("value")
        if kind in ("param", "tag"):
            return model[f"{kind}s"].get(key)
        if key.startswith(("creation", "last_updated")):
            return model["created" if key.startswith("creation") else "updated"]
        return _dump(model)["info"][key]

    return value


def _dump(model: Body) -> Body:
    info = {
        "model_id": model["id"],
        "experiment_id": EXPERIMENT_ID,
        "name": model["name"],
        "creation_timestamp_ms": model["created"],
        "last_updated_timestamp_ms": model["updated"],
        "artifact_uri": model["artifact_uri"],
        "status": model["status"],
        "model_type": model["model_type"],
        "source_run_id": model["source_run_id"],
        "tags": dump_pairs(model["tags"]),
    }
    data = {"params": dump_pairs(model["params"]), "metrics": list(model["metrics"].values())}
    return {"info": info, "data": data}
