"""Stores registered models and their versions, and converts them for answers."""

from __future__ import annotations

import time
from typing import Any

from .conversions import dump_pairs
from .document_store import DocumentStore
from .errors import not_found

Body = dict[str, Any]
MODELS, VERSIONS = "registered models", "model versions"


class RegistryStore:
    """Registered models by name, versions by name and number.

    Args:
        documents: where they are stored.
    """

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def model(self, body: Body) -> Body:
        """Return the model that a request names.

        Raises:
            MlflowError: there is none.
        """
        model = self._documents.get(MODELS, str(body["name"]))
        if model is None:
            raise not_found(f"Registered Model with name={body['name']} not found")
        return model

    def version(self, body: Body) -> Body:
        """Return the version that a request names.

        Raises:
            MlflowError: there is none.
        """
        name, number = body["name"], body["version"]
        version = self._documents.get(VERSIONS, f"{number} {name}")
        if version is None:
            raise not_found(f"Model Version (name={name}, version={number}) not found")
        return version

    def put_model(self, model: Body, **changes: Any) -> Body:
        """Store a model with changes, and return the answer."""
        changed = {**model, **changes, "last_updated_timestamp": now()}
        self._documents.put(MODELS, model["name"], changed)
        return self.answer_model(changed)

    def put_version(self, version: Body, **changes: Any) -> Body:
        """Store a version with changes, and return the answer."""
        changed = {**version, **changes, "last_updated_timestamp": now()}
        key = f"{version['version']} {version['name']}"
        self._documents.put(VERSIONS, key, changed)
        return self.answer_version(changed)

    def versions_of(self, name: str) -> list[Body]:
        """Return the versions of a model."""
        return [v for v in self._documents.all(VERSIONS) if v["name"] == name]

    def answer_model(self, model: Body) -> Body:
        """Return the answer with a model."""
        return {"registered_model": self.dump_model(model)}

    def answer_version(self, version: Body) -> Body:
        """Return the answer with a version."""
        return {"model_version": self.dump_version(version)}

    def dump_model(self, model: Body) -> Body:
        """Return a model as answers contain it."""
        newest = {v["current_stage"]: v for v in self.versions_of(model["name"])}
        aliases = [{"alias": a, "version": v} for a, v in model["aliases"].items()]
        return {
            **{key: value for key, value in model.items() if key != "versions"},
            "latest_versions": [self.dump_version(version) for version in newest.values()],
            "tags": dump_pairs(model["tags"]),
            "aliases": aliases,
        }

    def dump_version(self, version: Body) -> Body:
        """Return a version as answers contain it."""
        model = self._documents.get(MODELS, version["name"]) or {"aliases": {}}
        aliases = [a for a, number in model["aliases"].items() if number == version["version"]]
        return {**version, "tags": dump_pairs(version["tags"]), "aliases": aliases}


def now() -> int:
    """Return the time in milliseconds since the epoch."""
    return int(time.time() * 1000)
