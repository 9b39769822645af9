"""Calls of an MLflow client, and what each gave: run against plain MLflow and against the sidecar, they
must give the same. Not imported: it is a training script."""

import json

import mlflow
from mlflow import MlflowClient, MlflowException

client = MlflowClient()
said = []


def say(name, call):
    """What a call gives, or the code of its error."""
    try:
        found = call()
    except MlflowException as error:
        found = "error " + error.error_code
    said.append((name, found))


def names(runs):
    return [run.info.run_name for run in runs]


def search(text="", **more):
    return names(client.search_runs([experiment], text, **more))


mlflow.set_experiment("compared")
with mlflow.start_run(run_name="outer") as outer:
    experiment, run_id = outer.info.experiment_id, outer.info.run_id
    client.update_run(
        run_id, name="outer"
    )  # MLflow 2 forgets the name of a run that has an id already
    mlflow.set_tags({"team": "vision", "to go": "1"})
    mlflow.delete_tag("to go")
    mlflow.log_params({"lr": 0.1, "layers": "3"})
    for step, value in enumerate([0.1, 0.5, float("nan"), 0.5, 0.3]):
        mlflow.log_metric("val_acc", value, step=step)
    for fold, value in enumerate([0.5, 0.75, 1.0]):
        with mlflow.start_run(nested=True, run_name=f"fold-{fold}", tags={"fold": str(fold)}):
            mlflow.log_metric("fold_acc", value)
            mlflow.log_param("fold", fold)
    say(
        "history",
        lambda: [(m.step, str(m.value)) for m in client.get_metric_history(run_id, "val_acc")],
    )
    say("no history", lambda: client.get_metric_history(run_id, "nothing"))
    say("latest", lambda: client.get_run(run_id).data.metrics)
    say("params", lambda: client.get_run(run_id).data.params)
    say(
        "tags",
        lambda: {
            k: v for k, v in client.get_run(run_id).data.tags.items() if not k.startswith("mlflow")
        },
    )
    say("run name", lambda: client.get_run(run_id).data.tags["mlflow.runName"])
    say(
        "parent",
        lambda: (
            mlflow.get_parent_run(
                client.search_runs([experiment], "tags.fold = '1'")[0].info.run_id
            ).info.run_name
        ),
    )
    for text in (
        f"tags.mlflow.parentRunId = '{run_id}'",
        "metrics.fold_acc > 0.5",
        "metrics.fold_acc = 0.5",
        "params.fold = '2' and tags.fold != '1'",
        "attributes.run_name LIKE 'fold%'",
        "run_name ILIKE 'OUT%'",
        "params.lr = '0.1' AND tags.team = 'vision'",
        "metrics.`val_acc` < 1",
        "attributes.status = 'RUNNING'",
        f"attributes.run_id IN ('{run_id}')",
        "metrics.fold_acc > '1'",
        "tags.a = 'b' OR tags.c = 'd'",
        "colour = 'red'",
        "params.fold > '1'",
        "metrics.fold_acc",
    ):
        say(text.replace(run_id, "ID"), lambda text=text: sorted(search(text)))
    for order in (
        ["metrics.fold_acc DESC"],
        ["metrics.fold_acc ASC"],
        ["params.fold DESC"],
        ["attributes.run_name"],
    ):
        say(order[0], lambda order=order: search("tags.fold LIKE '%'", order_by=order))
    say("best", lambda: search(order_by=["metrics.fold_acc DESC"], max_results=1))
    page = client.search_runs([experiment], max_results=3)
    say(
        "pages",
        lambda: [
            len(page),
            len(client.search_runs([experiment], max_results=3, page_token=page.token)),
        ],
    )
    say("unknown run", lambda: client.get_run("f" * 32))
    say("log to an unknown run", lambda: client.log_metric("f" * 32, "a", 1))
    fold = client.search_runs([experiment], "tags.fold = '0'")[0].info.run_id
    say("param again", lambda: client.log_param(fold, "fold", 0))
    say("param changed", lambda: client.log_param(fold, "fold", 7))
    say("missing tag", lambda: client.delete_tag(fold, "nothing"))
    client.delete_run(fold)
    say("after deletion", lambda: sorted(search()))
    say("log to a deleted run", lambda: client.log_metric(fold, "a", 1))
    client.restore_run(fold)
    say("after restoring", lambda: sorted(search()))
say("status", lambda: client.get_run(run_id).info.status)
with mlflow.start_run(run_id=run_id):
    mlflow.log_metric("val_acc", 0.9, step=9)
say("resumed", lambda: client.get_run(run_id).data.metrics["val_acc"])
say("experiment", lambda: mlflow.get_experiment_by_name("compared").name)
say(
    "experiments",
    lambda: [e.name for e in client.search_experiments(filter_string="name = 'compared'")],
)
client.create_registered_model("reg", {"a": "b"}, "what it is")
say("twice", lambda: client.create_registered_model("reg"))
say("unknown model", lambda: client.get_registered_model("nobody"))
for _ in range(2):
    client.create_model_version("reg", f"runs:/{run_id}/m", run_id, {"c": "d"})
say("version", lambda: client.get_model_version("reg", "2").status)
say("version tags", lambda: client.get_model_version("reg", "2").tags)
client.set_registered_model_alias("reg", "champion", "1")
say("alias", lambda: str(client.get_model_version_by_alias("reg", "champion").version))
say("aliases", lambda: {k: str(v) for k, v in client.get_registered_model("reg").aliases.items()})
say("no alias", lambda: client.get_model_version_by_alias("reg", "x"))
client.set_model_version_tag("reg", "1", "q", "1")
client.delete_model_version_tag("reg", "1", "c")
say("tags of 1", lambda: client.get_model_version("reg", "1").tags)
client.update_model_version("reg", "1", "better")
say("description", lambda: client.get_model_version("reg", "1").description)
say(
    "model",
    lambda: (
        client.get_registered_model("reg").description,
        client.get_registered_model("reg").tags,
    ),
)
say(
    "versions", lambda: sorted(str(v.version) for v in client.search_model_versions("name = 'reg'"))
)
say("models", lambda: [m.name for m in client.search_registered_models("name LIKE 'r%'")])
say("source", lambda: client.get_model_version_download_uri("reg", "1").replace(run_id, "ID"))
client.transition_model_version_stage("reg", "1", "Staging")
say(
    "latest versions",
    lambda: sorted((v.current_stage, str(v.version)) for v in client.get_latest_versions("reg")),
)
client.delete_model_version("reg", "1")
say("deleted version", lambda: client.get_model_version("reg", "1"))
say(
    "aliases then",
    lambda: {k: str(v) for k, v in client.get_registered_model("reg").aliases.items()},
)
if hasattr(client, "create_logged_model"):
    model = client.create_logged_model(
        experiment, name="m", source_run_id=run_id, params={"a": "1"}, tags={"t": "u"}
    )
    say("pending", lambda: str(client.get_logged_model(model.model_id).status))
    from mlflow.entities.logged_model_status import LoggedModelStatus

    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    say("ready", lambda: str(client.get_logged_model(model.model_id).status))
    client.set_logged_model_tags(model.model_id, {"x": "y"})
    client.delete_logged_model_tag(model.model_id, "t")
    say("model tags", lambda: client.get_logged_model(model.model_id).tags)
    say("model params", lambda: client.get_logged_model(model.model_id).params)
    client.log_metric(run_id, "loss", 0.5, model_id=model.model_id)
    say(
        "model metrics",
        lambda: [(m.key, m.value) for m in client.get_logged_model(model.model_id).metrics],
    )
    for text in (
        "name = 'm'",
        "params.a = '1'",
        "metrics.loss < 1",
        "tags.x = 'z'",
        f"source_run_id = '{run_id}'",
    ):
        say(
            "models " + text.replace(run_id, "ID"),
            lambda text=text: [m.name for m in client.search_logged_models([experiment], text)],
        )
    say("unknown logged model", lambda: client.get_logged_model("m-0"))
    client.delete_logged_model(model.model_id)
    say("deleted model", lambda: client.get_logged_model(model.model_id))
print("SAID", json.dumps(said, default=str))
