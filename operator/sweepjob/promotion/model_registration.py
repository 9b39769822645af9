"""Registers the model that the best trial logged. Repeating it changes nothing."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

from ..sidecar.mlflow.conversions import dump_pairs, pairs
from ..sidecar.mlflow.sweep_runs import tags
from ..sidecar.mlflow.sweep_runs.client import RemoteRun, ServerError, TrackingClient
from .best_trial import BestTrial
from .errors import PromotionError

_LOGGED_BEFORE_3 = "mlflow.log-model.history"
_METRIC = f"{tags.PREFIX}metric"
_VALUE = f"{tags.PREFIX}value"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version of a registered model.

    Attributes:
        name: name of the registered model.
        version: number of the version.
        trial: name of the trial.
        run_id: id of its run.
        is_new: it was registered just now.
    """

    name: str
    version: str
    trial: str
    run_id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class _LoggedModel:
    name: str
    source: str
    model_id: str = ""


def register_model(
    client: TrackingClient, best: BestTrial, name: str, *, model: str = "", alias: str = ""
) -> ModelVersion:
    """Register the model of the best trial.

    Args:
        client: calls the tracking server.
        best: the trial.
        name: name of the registered model; it is created unless it exists.
        model: name of the logged model, if the trial logged several.
        alias: alias of the version, such as ``champion``.

    Raises:
        PromotionError: there is no run, no model, or several; or the server refuses it.
    """
    try:
        run = _run_of(client, best)
        found = _chosen(_logged_models(client, run), model, best.name)
        version = _register(client, best, run, found, name)
        if alias:
            body = {"name": name, "alias": alias, "version": version.version}
            client.post("registered-models/alias", body)
    except (OSError, http.client.HTTPException) as error:
        raise PromotionError(_explained(error)) from error
    return version


def _explained(error: Exception) -> str:
    if isinstance(error, ServerError) and error.status in (401, 403):
        return f"{error}. Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or _TOKEN"
    if isinstance(error, ServerError):
        return str(error)
    return (
        f"the tracking server cannot be reached: {error}. If its address is one of the cluster, "
        "forward a "
        "port (kubectl port-forward) and give --tracking-uri http://127.0.0.1:PORT"
    )


def _run_of(client: TrackingClient, best: BestTrial) -> RemoteRun:
    """Return the run that stands for the trial.

    Raises:
        PromotionError: there is none.
    """
    experiments = list(client.experiments())
    wanted = {tags.SWEEP_UID: best.uid, tags.TRIAL: best.name, tags.ROLE: tags.ROLE_TRIAL}
    found = list(client.find(experiments, wanted))
    if not found:  # of an operator that did not nest runs
        wanted = {tags.SWEEP: best.sweep.name, tags.TRIAL: best.name}
        found = [run for run in client.find(experiments, wanted) if tags.SWEEP_UID not in run.tags]
    if not found:
        raise PromotionError(
            f"the tracking server has no run of {best.name}: its script did not create one there, "
            "or it was "
            "deleted. Train it again: --job"
        )
    return max(found, key=lambda run: run.attempt)


def _logged_models(client: TrackingClient, run: RemoteRun) -> list[_LoggedModel]:
    """Return the models that a run logged, by a client of MLflow 3 or an earlier one."""
    history: list[dict[str, Any]] = json.loads(run.tags.get(_LOGGED_BEFORE_3) or "[]")
    info = client.get("runs/get", run_id=run.id)["run"]["info"]
    artifacts = str(info["artifact_uri"]).rstrip("/")
    logged = [
        _LoggedModel(str(m["artifact_path"]), f"{artifacts}/{m['artifact_path']}") for m in history
    ]
    found = {m.name: m for m in (*logged, *_models_of_version_3(client, run))}
    return list(found.values())


def _models_of_version_3(client: TrackingClient, run: RemoteRun) -> list[_LoggedModel]:
    body: dict[str, Any] = {
        "experiment_ids": [run.experiment],
        "filter": f"source_run_id = '{run.id}'",
        "max_results": 50,
    }
    try:
        answer = client.post("logged-models/search", body)
    except ServerError as error:
        if error.status in (404, 405, 501):  # a server of MLflow 2
            return []
        raise
    infos = [model["info"] for model in answer.get("models") or []]
    ready = [i for i in infos if "FAILED" not in str(i.get("status"))]
    # The newest comes first; of models with one name, that is the one to take.
    ids = [(str(i["name"]), str(i["model_id"])) for i in reversed(ready)]
    return [_LoggedModel(name, f"models:/{model_id}", model_id) for name, model_id in ids]


def _chosen(found: list[_LoggedModel], model: str, trial: str) -> _LoggedModel:
    """Return the model to register.

    Raises:
        PromotionError: there is none, or it is not clear which one.
    """
    listed = ", ".join(sorted(m.name for m in found))
    if not found:
        raise PromotionError(
            f"{trial} logged no model: its script does not call mlflow.<flavor>.log_model, nor does "
            "autologging. Train it again with a script that does: --job"
        )
    chosen = [m for m in found if not model or m.name == model]
    if not chosen:
        raise PromotionError(f"{trial} logged no model '{model}'; it logged {listed}")
    if len(chosen) > 1:
        raise PromotionError(f"{trial} logged several models; choose one with --model: {listed}")
    return chosen[0]


def _register(
    client: TrackingClient, best: BestTrial, run: RemoteRun, model: _LoggedModel, name: str
) -> ModelVersion:
    existing = _versions(client, best, model, name)
    if existing:
        return ModelVersion(name, str(min(existing)), best.name, run.id, is_new=False)
    _create_registered_model(client, name)
    body: dict[str, Any] = {
        "name": name,
        "source": model.source,
        "run_id": run.id,
        "tags": dump_pairs(_tags(best, model)),
        "description": f"best trial of sweep {best.sweep.name}: {best.metric} {best.value}",
    }
    if model.model_id:
        body["model_id"] = model.model_id
    made = int(client.post_once("model-versions/create", body)["model_version"]["version"])
    # Somebody else may have registered it at the same moment: the first one stays.
    first = min(_versions(client, best, model, name), default=made)
    if first != made:
        client.delete("model-versions/delete", {"name": name, "version": str(made)})
    return ModelVersion(name, str(first), best.name, run.id, is_new=first == made)


def _create_registered_model(client: TrackingClient, name: str) -> None:
    try:
        client.post_once("registered-models/create", {"name": name})
    except ServerError as error:
        if "RESOURCE_ALREADY_EXISTS" not in str(error):
            raise


def _versions(client: TrackingClient, best: BestTrial, model: _LoggedModel, name: str) -> list[int]:
    """Return the versions that this trial's model has already."""
    quoted = name.replace("'", "''")
    body = {"filter": f"name='{quoted}'", "max_results": 1000}
    found, wanted = [], _tags(best, model).items()
    while True:
        answer = client.get("model-versions/search", **body)
        for version in answer.get("model_versions") or []:
            if wanted <= pairs(version.get("tags")).items():
                found.append(int(version["version"]))
        if not answer.get("next_page_token"):
            return found
        body["page_token"] = answer["next_page_token"]


def _tags(best: BestTrial, model: _LoggedModel) -> dict[str, str]:
    return {
        tags.SWEEP: best.sweep.name,
        tags.SWEEP_UID: best.uid,
        tags.NAMESPACE: best.sweep.namespace,
        tags.TRIAL: best.name,
        _METRIC: best.metric,
        _VALUE: best.value,
        f"{tags.PREFIX}model": model.name,
    }
