"""Calls about runs: ``runs/...`` and ``metrics/get-history``."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from .. import request_body
from . import search
from .conversions import metric_values, pairs, whole
from .document_store import DocumentStore
from .errors import invalid, not_found
from .logged_models import LoggedModels
from .report_selection import TrialRuns
from .run_search import RunViews
from .run_store import RUN_NAME, Run

Body = dict[str, Any]
_HISTORY_PAGE = 25_000  # values in one answer, unless the client asks for fewer
_LOGGED_MODELS = "mlflow.log-model.history"


class RunApi:
    """Answers the calls about runs.

    Args:
        trial: receives what is logged to runs.
        documents: where inputs and outputs of runs are stored.
        models: receives the metrics that name a logged model.
        views: describes runs.
    """

    def __init__(
        self, trial: TrialRuns, documents: DocumentStore, models: LoggedModels, views: RunViews
    ) -> None:
        self._models = models
        self._trial = trial
        self._runs = trial.runs
        self._metrics = trial.metrics
        self._documents = documents
        self._views = views

    def routes(self) -> dict[str, Callable[[Body], Body]]:
        """Return the calls by method and path."""
        return {
            "POST runs/create": self._create,
            "GET runs/get": lambda body: {"run": self._views.describe(self._find(body))},
            "POST runs/update": self._update,
            "POST runs/delete": lambda body: self._delete(body, 1),
            "POST runs/restore": lambda body: self._delete(body, 0),
            "POST runs/log-metric": self._log_metric,
            "POST runs/log-batch": self._log_batch,
            "POST runs/log-parameter": self._log_parameter,
            "POST runs/set-tag": self._set_tag,
            "POST runs/delete-tag": self._delete_tag,
            "POST runs/log-inputs": self._log_inputs,
            "POST runs/outputs": self._log_outputs,
            "POST runs/log-model": self._log_model,
            "GET metrics/get-history": self._history,
        }

    def _create(self, body: Body) -> Body:
        tags = pairs(body.get("tags"))
        run_id = uuid.uuid4().hex
        name = str(body.get("run_name") or tags.get(RUN_NAME) or f"run-{run_id[:8]}")
        started = whole(body, "start_time", int(time.time() * 1000))
        user = str(body.get("user_id") or "")
        tags = {RUN_NAME: name, **tags}
        run = self._trial.add(run_id, name=name, user=user, started=started, tags=tags)
        return {"run": self._views.describe(run)}

    def _update(self, body: Body) -> Body:
        run = self._find(body)
        self._trial.update(run, body)
        if body.get("run_name"):
            self._runs.set(run, "tag", RUN_NAME, str(body["run_name"]))
        return {"run_info": self._views.info(self._find(body))}

    def _delete(self, body: Body, deleted: int) -> Body:
        self._runs.mark(self._find(body), "deleted", deleted)
        return {}

    def _log_metric(self, body: Body) -> Body:
        run = self._active(body)
        self._log(run, [body])
        return {}

    def _log(self, run: Run, metrics: list[Body]) -> None:
        self._trial.log(run, metric_values(metrics))
        for metric in metrics:
            if metric.get("model_id"):
                keys = ("key", "value", "timestamp", "step", "model_id")
                of_model = {key: metric[key] for key in keys if key in metric}
                self._models.log_metric(str(metric["model_id"]), {**of_model, "run_id": run.id})

    def _log_batch(self, body: Body) -> Body:
        run = self._active(body)
        metric_values(body.get("metrics"))  # a malformed metric refuses the whole batch
        params, tags = pairs(body.get("params")), pairs(body.get("tags"))
        for key, value in params.items():
            self._set_param(run, key, value)
        for key, value in tags.items():
            self._runs.set(run, "tag", key, value)
        self._log(run, body.get("metrics") or [])
        return {}

    def _log_parameter(self, body: Body) -> Body:
        self._set_param(self._active(body), str(body["key"]), str(body.get("value", "")))
        return {}

    def _set_param(self, run: Run, key: str, value: str) -> None:
        """Set a param. It cannot change, except in the trial's run, which several programs may share."""
        known = self._runs.pair(run, "param", key)
        if known not in (None, value) and run.id not in self._trial.run_ids:
            raise invalid(
                f"Changing param values is not allowed. Param with key='{key}' was already logged "
                f"with value='{known}' for run ID='{run.id}'. Attempted logging new value '{value}'."
            )
        self._runs.set(run, "param", key, value)

    def _set_tag(self, body: Body) -> Body:
        self._runs.set(self._active(body), "tag", str(body["key"]), str(body.get("value", "")))
        return {}

    def _delete_tag(self, body: Body) -> Body:
        run, key = self._active(body), str(body["key"])
        if not self._runs.remove(run, "tag", key):
            raise not_found(f"No tag with name: {key} in run with id {run.id}")
        return {}

    def _log_inputs(self, body: Body) -> Body:
        run = self._active(body)
        known = self._documents.get("inputs", run.id) or {}
        datasets = [*known.get("dataset_inputs", []), *(body.get("datasets") or [])]
        once = {(d["dataset"].get("name"), d["dataset"].get("digest")): d for d in datasets}
        models = [*known.get("model_inputs", []), *(body.get("models") or [])]
        found = {"dataset_inputs": list(once.values()), "model_inputs": models}
        self._documents.note("inputs", run.id, found)
        return {}

    def _log_outputs(self, body: Body) -> Body:
        run = self._active(body)
        known = (self._documents.get("outputs", run.id) or {}).get("model_outputs", [])
        models = [*known, *(body.get("models") or [])]
        self._documents.note("outputs", run.id, {"model_outputs": models})
        return {}

    def _log_model(self, body: Body) -> Body:
        """Record a model of MLflow 2 in a tag of its run."""
        run = self._active(body)
        request_body.check_values(str(body["model_json"]).encode(errors="replace"))
        before = json.loads(self._runs.pair(run, "tag", _LOGGED_MODELS) or "[]")
        after = json.dumps([*before, json.loads(body["model_json"])])
        self._runs.set(run, "tag", _LOGGED_MODELS, after)
        return {}

    def _history(self, body: Body) -> Body:
        run, key = self._find(body), str(body["metric_key"])
        offset, count = search.page_bounds(body, _HISTORY_PAGE)
        count = min(count, _HISTORY_PAGE)
        values = self._metrics.history(run.number, key, offset, count + 1)
        if len(values) <= count:
            return {"metrics": values}
        return {"metrics": values[:count], "next_page_token": str(offset + count)}

    def _find(self, body: Body) -> Run:
        run_id = str(body.get("run_id") or body.get("run_uuid") or "")
        run = self._runs.find(run_id)
        if run is None:
            given = ", ".join(self._trial.run_ids)
            raise not_found(
                f"Run with id={run_id} not found: the sweep's sidecar has the runs of this trial only. "
                f"The one that MLFLOW_RUN_ID names is {given}"
            )
        return run

    def _active(self, body: Body) -> Run:
        run = self._find(body)
        if run.deleted:
            raise invalid(f"The run {run.id} must be in the 'active' state. It was deleted.")
        return run
