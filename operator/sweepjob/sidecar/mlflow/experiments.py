"""Calls about experiments.

There is one experiment, whatever name the client gives it. The client has the id of the trial's run
before it names an experiment, and the run must be in the experiment that it then names.
"""

from __future__ import annotations

import time
from typing import Any

from .conversions import EXPERIMENT_ID, dump_pairs
from .document_api import Body, DocumentApi, Routes
from .filters import Lookup, Searchable

_SEARCHABLE = Searchable(
    texts=("name", "experiment_id"), numbers=("creation_time", "last_update_time")
)


class Experiments(DocumentApi):
    """Answers the calls about experiments."""

    kind = "experiments"

    def routes(self) -> Routes:
        """Return the calls by method and path."""
        return {
            "GET experiments/get": self._get,
            "GET experiments/get-by-name": lambda body: self._get(self._rename(body)),
            "POST experiments/create": self._create,
            "POST experiments/update": lambda body: self._set(name=body["new_name"]),
            "POST experiments/set-experiment-tag": self._set_tag,
            "POST experiments/delete-experiment-tag": self._delete_tag,
            "POST experiments/search": self._search,
            "GET experiments/search": self._search,
        }

    def _stored(self) -> Body:
        stored = self._documents.get(self.kind, EXPERIMENT_ID)
        return stored or {"name": "Default", "tags": {}, "created": int(time.time() * 1000)}

    def _set(self, **changes: Any) -> Body:
        self._documents.note(self.kind, EXPERIMENT_ID, {**self._stored(), **changes})
        return {}

    def _rename(self, body: Body) -> Body:
        self._set(name=str(body["experiment_name"]))
        return body

    def _get(self, body: Body) -> Body:
        return {"experiment": self._describe()}

    def _create(self, body: Body) -> Body:
        self._set(name=str(body["name"]))
        for tag in body.get("tags") or []:
            self._set_tag(tag)
        return {"experiment_id": EXPERIMENT_ID}

    def _set_tag(self, body: Body) -> Body:
        tags = self._stored()["tags"]
        return self._set(tags={**tags, str(body["key"]): str(body.get("value", ""))})

    def _delete_tag(self, body: Body) -> Body:
        tags = self._stored()["tags"]
        return self._set(tags={key: tags[key] for key in tags if key != body["key"]})

    def _search(self, body: Body) -> Body:
        def lookup(experiment: Body) -> Lookup:
            tags = {tag["key"]: tag["value"] for tag in experiment["tags"]}
            return lambda kind, key: (tags if kind == "tag" else experiment).get(key)

        found = self._filtered([self._describe()], body, _SEARCHABLE, lookup)
        return {"experiments": found}

    def _describe(self) -> Body:
        stored = self._stored()
        return {
            "experiment_id": EXPERIMENT_ID,
            "name": stored["name"],
            "artifact_location": self._artifact_uri(),
            "lifecycle_stage": "active",
            "creation_time": stored["created"],
            "last_update_time": stored["created"],
            "tags": dump_pairs(stored["tags"]),
        }
