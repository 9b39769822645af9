"""The part of MLflow's tracking API that training scripts use, over the recorder.

Every endpoint answers: an unknown one with an empty object, because an error would be raised in the
training script. There is one experiment, whatever it is called.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ... import wire
from ..recorder import Recorder, Run

Body = dict[str, Any]
_EXPERIMENT_ID = "0"


class MlflowApi:
    """Answers requests below ``/api/2.0/mlflow/``."""

    def __init__(self, recorder: Recorder, artifacts: str) -> None:
        self._recorder = recorder
        self._artifacts = artifacts
        self._experiment = "Default"
        self._models: dict[str, Body] = {}
        self._routes: dict[str, Callable[[Body], Body]] = {
            "runs/create": self._create_run,
            "runs/get": self._get_run,
            "runs/update": self._update_run,
            "runs/log-metric": self._log_metric,
            "runs/log-batch": self._log_batch,
            "runs/log-parameter": self._log_parameter,
            "runs/set-tag": self._set_tag,
            "runs/delete-tag": self._delete_tag,
            "runs/search": self._search_runs,
            "metrics/get-history": self._history,
            "experiments/get": self._get_experiment,
            "experiments/get-by-name": self._get_experiment,
            "experiments/create": self._create_experiment,
            "experiments/search": lambda _: {"experiments": [self._describe_experiment()]},
            "logged-models": self._create_model,
            "registered-models/create": self._register_model,
            "registered-models/get": self._register_model,
            "model-versions/create": self._model_version,
            "model-versions/get": self._model_version,
        }

    def answer(self, path: str, body: Body) -> Body:
        """The answer to a request.

        Args:
            path: what follows ``/api/2.0/mlflow/``.
            body: the JSON body, or the query parameters of a GET.
        """
        route = self._routes.get(path)
        if route is not None:
            return route(body)
        if path.startswith("logged-models/"):
            return self._get_model(path.split("/")[1], body)
        return {}

    def _create_run(self, body: Body) -> Body:
        tags = {t["key"]: str(t["value"]) for t in body.get("tags") or []}
        name = body.get("run_name") or tags.get("mlflow.runName", "")
        start = int(body.get("start_time") or time.time() * 1000)
        return {"run": self._describe(self._recorder.create(name, start, tags))}

    def _get_run(self, body: Body) -> Body:
        return {"run": self._describe(self._run(body))}

    def _update_run(self, body: Body) -> Body:
        run = self._recorder.update(
            self._run_id(body),
            body.get("status", ""),
            body.get("run_name", ""),
            body.get("end_time"),
        )
        return {"run_info": self._describe(run)["info"]}

    def _log_metric(self, body: Body) -> Body:
        self._log(self._run_id(body), body)
        return {}

    def _log_batch(self, body: Body) -> Body:
        run_id = self._run_id(body)
        run = self._run(body)
        # A client that logs in the background sends batches in any order inside; sort by step.
        metrics = body.get("metrics") or []
        for metric in sorted(metrics, key=lambda m: (int(m.get("step") or 0), m["timestamp"])):
            self._log(run_id, metric)
        run.params.update({p["key"]: str(p["value"]) for p in body.get("params") or []})
        run.tags.update({t["key"]: str(t["value"]) for t in body.get("tags") or []})
        return {}

    def _log(self, run_id: str, metric: Body) -> None:
        value = wire.decode(metric["value"])
        timestamp = int(metric.get("timestamp") or 0)
        self._recorder.log(run_id, metric["key"], value, int(metric.get("step") or 0), timestamp)

    def _log_parameter(self, body: Body) -> Body:
        self._run(body).params[body["key"]] = str(body["value"])
        return {}

    def _set_tag(self, body: Body) -> Body:
        self._run(body).tags[body["key"]] = str(body["value"])
        return {}

    def _delete_tag(self, body: Body) -> Body:
        self._run(body).tags.pop(body["key"], None)
        return {}

    def _search_runs(self, body: Body) -> Body:
        return {"runs": []}

    def _history(self, body: Body) -> Body:
        metric = self._run(body).metrics.get(body["metric_key"])
        return {"metrics": [metric] if metric else []}

    def _create_experiment(self, body: Body) -> Body:
        self._experiment = body.get("name") or self._experiment
        return {"experiment_id": _EXPERIMENT_ID}

    def _get_experiment(self, body: Body) -> Body:
        self._experiment = body.get("experiment_name") or self._experiment
        return {"experiment": self._describe_experiment()}

    def _describe_experiment(self) -> Body:
        return {
            "experiment_id": _EXPERIMENT_ID,
            "name": self._experiment,
            "artifact_location": f"file://{self._artifacts}",
            "lifecycle_stage": "active",
        }

    def _create_model(self, body: Body) -> Body:
        model_id = f"m-{len(self._models) + 1}"
        now = int(time.time() * 1000)
        self._models[model_id] = {
            "info": {
                "model_id": model_id,
                "experiment_id": _EXPERIMENT_ID,
                "name": body.get("name", model_id),
                "creation_timestamp_ms": now,
                "last_updated_timestamp_ms": now,
                "artifact_uri": f"file://{self._artifacts}/models/{model_id}",
                "status": "LOGGED_MODEL_READY",
                "model_type": body.get("model_type", ""),
                "source_run_id": body.get("source_run_id", ""),
                "tags": body.get("tags") or [],
            },
            "data": {"params": body.get("params") or [], "metrics": []},
        }
        return {"model": self._models[model_id]}

    def _get_model(self, model_id: str, body: Body) -> Body:
        model = self._models.get(model_id)
        return {"model": model} if model else {}

    def _register_model(self, body: Body) -> Body:
        return {"registered_model": {"name": body.get("name", ""), "creation_timestamp": 0}}

    def _model_version(self, body: Body) -> Body:
        # READY at once: the client would poll for five minutes otherwise.
        version = {"name": body.get("name", ""), "version": "1", "status": "READY"}
        return {"model_version": {**version, "source": body.get("source", "")}}

    def _run_id(self, body: Body) -> str:
        return str(body.get("run_id") or body.get("run_uuid"))

    def _run(self, body: Body) -> Run:
        return self._recorder.open(self._run_id(body))

    def _describe(self, run: Run) -> Body:
        info = {
            "run_id": run.run_id,
            "run_uuid": run.run_id,
            "run_name": run.name,
            "experiment_id": _EXPERIMENT_ID,
            "user_id": "",
            "status": run.status,
            "start_time": run.start,
            "artifact_uri": f"file://{self._artifacts}/{run.run_id}",
            "lifecycle_stage": "active",
        }
        if run.end is not None:
            info["end_time"] = run.end
        data = {
            "metrics": list(run.metrics.values()),
            "params": [{"key": k, "value": v} for k, v in run.params.items()],
            "tags": [{"key": k, "value": v} for k, v in run.tags.items()],
        }
        return {"info": info, "data": data, "inputs": {}}
