"""Calls about logged models, which MLflow 3 has: ``logged-models/...``."""

from __future__ import annotations

import time
import uuid
from typing import Any

from . import search
from .conversions import EXPERIMENT_ID, dump_pairs, pairs
from .document_api import Body, DocumentApi, Routes
from .errors import not_found
from .filters import Lookup, Searchable

_SEARCHABLE = Searchable(
    texts=("name", "model_id", "model_type", "status", "source_run_id", "experiment_id"),
    numbers=(
        *("creation_timestamp", "creation_timestamp_ms", "creation_time"),
        *("last_updated_timestamp", "last_updated_timestamp_ms", "last_updated_time"),
    ),
    kinds=("metric", "param", "tag"),
)


class LoggedModels(DocumentApi):
    """Answers the calls about logged models."""

    kind = "logged models"

    def routes(self) -> Routes:
        """Return the calls by method and path; ``{id}`` stands for a part of the path."""
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
        """Return where a model's files are.

        Raises:
            MlflowError: there is no such model.
        """
        return str(self._find({"id": model_id})["artifact_uri"])

    def log_metric(self, model_id: str, metric: Body) -> None:
        """Store a metric of a model; a later value of the same name replaces it."""
        model = self._documents.get(self.kind, model_id)
        if model is not None:
            metrics = {**model["metrics"], metric["key"]: metric}
            self._documents.note(self.kind, model_id, {**model, "metrics": metrics})

    def _find(self, body: Body) -> Body:
        model = self._documents.get(self.kind, str(body["id"]))
        if model is None or model["deleted"]:
            raise not_found(f"Logged model with ID '{body['id']}' not found.")
        return model

    def _change(self, model: Body, **changes: Any) -> Body:
        changed = {**model, **changes, "updated": int(time.time() * 1000)}
        return {"model": _dump(self._documents.put(self.kind, model["id"], changed))}

    def _create(self, body: Body) -> Body:
        model_id = f"m-{uuid.uuid4().hex}"
        now = int(time.time() * 1000)
        model = {
            "id": model_id,
            "name": str(body.get("name") or model_id),
            "model_type": body.get("model_type") or "",
            "source_run_id": body.get("source_run_id") or "",
            "status": "LOGGED_MODEL_PENDING",
            "artifact_uri": self._artifact_uri("models", model_id),
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
        models = [model for model in self._newest_first() if not model["deleted"]]
        found = self._filtered(models, body, _SEARCHABLE, _lookup)
        orders = [
            f"{order['field_name']} {'ASC' if order.get('ascending', True) else 'DESC'}"
            for order in body.get("order_by") or []
        ]
        found = search.ordered(found, orders, _SEARCHABLE, _lookup)
        return self._page("models", [_dump(model) for model in found], body)


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
