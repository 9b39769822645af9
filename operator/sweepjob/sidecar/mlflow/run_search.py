"""Describes runs for answers, and searches them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from . import search
from .conversions import EXPERIMENT_ID, dump_pairs
from .document_store import DocumentStore
from .filters import Lookup, Searchable
from .report_selection import TrialRuns
from .run_store import Run

Body = dict[str, Any]
_SEARCHABLE = Searchable(
    texts=("run_id", "run_name", "status", "user_id", "artifact_uri", "Run name"),
    numbers=("start_time", "end_time", "created"),
    kinds=("metric", "param", "tag", "dataset"),
)


class RunViews:
    """Describes and searches runs.

    Args:
        trial: has the runs.
        documents: where inputs and outputs of runs are stored.
        artifacts: the folder in the trainer's container for its artifacts.
    """

    def __init__(self, trial: TrialRuns, documents: DocumentStore, artifacts: str) -> None:
        self._runs = trial.runs
        self._metrics = trial.metrics
        self._documents = documents
        self._artifacts = artifacts

    def routes(self) -> dict[str, Callable[[Body], Body]]:
        """Return the calls by method and path."""
        return {"POST runs/search": self._search}

    def describe(self, run: Run) -> Body:
        """Return a complete run, as ``runs/get`` does."""
        data = {
            "metrics": self._metrics.latest(run.number),
            "params": dump_pairs(self._runs.pairs(run, "param")),
            "tags": dump_pairs(self._runs.pairs(run, "tag")),
        }
        inputs = self._documents.get("inputs", run.id) or {}
        outputs = self._documents.get("outputs", run.id) or {}
        return {"info": self.info(run), "data": data, "inputs": inputs, "outputs": outputs}

    def info(self, run: Run) -> Body:
        """Return a run without its data."""
        info = {
            "run_id": run.id,
            "run_uuid": run.id,
            "run_name": run.name,
            "experiment_id": EXPERIMENT_ID,
            "user_id": run.user,
            "status": run.status,
            "start_time": run.started,
            "artifact_uri": f"file://{quote(self._artifacts)}/{run.id}",
            "lifecycle_stage": "deleted" if run.deleted else "active",
        }
        return info if run.ended is None else {**info, "end_time": run.ended}

    def _search(self, body: Body) -> Body:
        view = str(body.get("run_view_type") or "ACTIVE_ONLY")
        stages = {"ACTIVE_ONLY": (0,), "DELETED_ONLY": (1,), "ALL": (0, 1)}
        runs = [run for run in self._runs.all() if run.deleted in stages.get(view, (0, 1))]
        wanted = _SEARCHABLE.parse(str(body.get("filter") or ""))
        found = search.matching(runs, wanted, self._lookup)
        found = search.ordered(
            found, search.listed(body.get("order_by")), _SEARCHABLE, self._lookup
        )
        page, token = search.page(found, body, 1000)
        answer: Body = {"runs": [self.describe(run) for run in page]}
        return {**answer, "next_page_token": token} if token else answer

    def _lookup(self, run: Run) -> Lookup:
        def value(kind: str, key: str) -> Any:
            if kind == "metric":
                return self._metrics.value(run.number, key)
            if kind in ("param", "tag"):
                return self._runs.pair(run, kind, key)
            if kind == "dataset":
                return self._datasets(run, key)
            aliases = {"created": "start_time", "Run name": "run_name"}
            return self.info(run).get(aliases.get(key, key))

        return value

    def _datasets(self, run: Run, key: str) -> list[str]:
        inputs = (self._documents.get("inputs", run.id) or {}).get("dataset_inputs", [])
        if key == "context":
            tags = [tag for each in inputs for tag in each.get("tags") or []]
            return [tag["value"] for tag in tags if tag["key"] == "mlflow.data.context"]
        return [str(each["dataset"].get(key, "")) for each in inputs]
