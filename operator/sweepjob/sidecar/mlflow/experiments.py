"""Calls about experiments. There is one, whatever it is called: the trial's run, whose id the client
has before it names an experiment, must be in the one that it then names.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from . import search
from .documents import Documents
from .filters import Lookup, Searchable
from .forms import EXPERIMENT_ID, dump_pairs

Body = dict[str, Any]
_KIND = "experiments"
_SEARCHABLE = Searchable(
    texts=("name", "experiment_id"), numbers=("creation_time", "last_update_time")
)


class Experiments:
    """Answers calls about experiments.

    Args:
        artifacts: the folder in the trainer's container for its artifacts.
    """

    def __init__(self, documents: Documents, artifacts: str) -> None:
        self._documents = documents
        self._artifacts = artifacts

    def routes(self) -> dict[str, Callable[[Body], Body]]:
        """Calls by method and path."""
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

    def _known(self) -> Body:
        known = self._documents.get(_KIND, EXPERIMENT_ID)
        return known or {"name": "Default", "tags": {}, "created": int(time.time() * 1000)}

    def _set(self, **changes: Any) -> Body:
        self._documents.note(_KIND, EXPERIMENT_ID, {**self._known(), **changes})
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
        tags = self._known()["tags"]
        return self._set(tags={**tags, str(body["key"]): str(body.get("value", ""))})

    def _delete_tag(self, body: Body) -> Body:
        tags = self._known()["tags"]
        return self._set(tags={key: tags[key] for key in tags if key != body["key"]})

    def _search(self, body: Body) -> Body:
        def lookup(experiment: Body) -> Lookup:
            tags = {tag["key"]: tag["value"] for tag in experiment["tags"]}
            return lambda kind, key: (tags if kind == "tag" else experiment).get(key)

        wanted = _SEARCHABLE.parse(str(body.get("filter") or ""))
        return {"experiments": search.matching([self._describe()], wanted, lookup)}

    def _describe(self) -> Body:
        known = self._known()
        return {
            "experiment_id": EXPERIMENT_ID,
            "name": known["name"],
            "artifact_location": f"file://{quote(self._artifacts)}",
            "lifecycle_stage": "active",
            "creation_time": known["created"],
            "last_update_time": known["created"],
            "tags": dump_pairs(known["tags"]),
        }
