"""A matrix of real clients, their scripts untouched, against the sidecar or the log: every report on
record, each once."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.cluster import images, lifecycle

from .sweeps import Sweeps, choice, eventually

EXPECTED = [0.125, 0.25, 0.5, 0.75, 0.625]  # exact as 32-bit floats, too
VALUES = f"VALUES = {EXPECTED}\n"

FLUENT = """
import mlflow
mlflow.set_experiment("mine")
with mlflow.start_run(run_name="a name"):
    mlflow.log_params({"lr": 0.1})
    mlflow.set_tag("team", "vision")
    for value in VALUES:
        mlflow.log_metric("score", value)                  # no step: it is 0 every time
        mlflow.log_metric("loss", 1 - value)
    with mlflow.start_run(nested=True):
        mlflow.log_metric("score", 99)                     # a nested run is no report of the trial
    mlflow.log_text("hello", "notes.txt")
"""
REGISTRY = (
    FLUENT
    + """
client = mlflow.MlflowClient()
client.create_registered_model("model")
version = client.create_model_version("model", "file:///tmp/x", run_id=mlflow.last_active_run().info.run_id)
assert version.status == "READY", version                  # or it would be asked for five minutes
"""
)
CLIENT = """
from mlflow.tracking import MlflowClient
client = MlflowClient()
run = client.create_run("0").info.run_id
for step, value in enumerate(VALUES):
    client.log_metric(run, "score", value, step=step)
client.set_terminated(run)
"""
ASYNC = """
import mlflow
mlflow.config.enable_async_logging()
with mlflow.start_run():
    for step, value in enumerate(VALUES):
        mlflow.log_metric("score", value, step=step)
"""
SKLEARN = """
import mlflow, numpy
from sklearn.linear_model import LogisticRegression
mlflow.sklearn.autolog(log_models=False)
x = numpy.array([[0.0], [1.0], [2.0], [3.0]])
LogisticRegression().fit(x, [0, 0, 1, 1])
"""
KERAS = """
import keras, mlflow, numpy
mlflow.keras.autolog(log_models=False)
x = numpy.random.default_rng(1).random((64, 4))
model = keras.Sequential([keras.layers.Dense(1)])
model.compile(optimizer="sgd", loss="mse")
with mlflow.start_run():
    history = model.fit(x, x.sum(axis=1), epochs=5, validation_split=0.25, verbose=0)
print("losses", history.history["val_loss"], flush=True)
"""
PUSHES = """
from prometheus_client import CollectorRegistry, Gauge, push_to_gateway
registry = CollectorRegistry()
score = Gauge("score", "of validation", registry=registry)
for value in VALUES:
    score.set(value)
    push_to_gateway("localhost:9091", job="training", registry=registry)
"""
EVENTS = """
from tensorboardX import SummaryWriter
with SummaryWriter("/logs/run") as writer:
    for step, value in enumerate(VALUES):
        writer.add_scalar("score", value, step)
        writer.add_scalar("loss", 1 - value, step)
"""
LINES = """
import json
with open("/out/metrics.jsonl", "a") as file:
    for epoch, value in enumerate(VALUES):
        print(json.dumps({"epoch": epoch, "score": value}), file=file, flush=True)
"""
PRINTS = """
for epoch, value in enumerate(VALUES):
    print(f"epoch {epoch}: loss={1 - value:.3f} score={value}")
"""
PATTERN = """
for value in VALUES:
    print("score=7")
    print(f"<<{value}>>")
"""
AZURE = """
from azureml.core import Run
run = Run.get_context()
for value in VALUES:
    run.log("score", value)
"""


@dataclass(frozen=True)
class Client:
    """A script, the environment it runs in, and how its sweep is told to listen.

    Attributes:
        metric: what it reports, if not ``score``.
        expected: its reports, as far as they are known before; else their number: those of Keras, which
            MLflow logs in the background.
        ordered: not so for a client that logs in the background, from several threads.
    """

    script: str
    environment: str = "newest"
    metrics: dict[str, Any] = field(default_factory=dict)
    metric: str = "score"
    expected: list[float] | int = field(default_factory=lambda: EXPECTED)
    env: dict[str, str] = field(default_factory=dict)
    ordered: bool = True


MATRIX = {
    "mlflow-oldest": Client(FLUENT, "oldest"),
    "mlflow-newest": Client(REGISTRY),
    "mlflow-client": Client(CLIENT),
    "mlflow-async": Client(ASYNC, ordered=False),
    "sklearn-autolog": Client(SKLEARN, metric="training_accuracy_score", expected=[1.0]),
    "keras-autolog": Client(KERAS, metric="val_loss", expected=5),
    "pushgateway": Client(PUSHES, metrics={"source": "pushgateway"}),
    "tensorboard": Client(EVENTS, metrics={"source": "tensorboard", "path": "/logs"}),
    "json-lines": Client(LINES, metrics={"source": "file", "path": "/out/metrics.jsonl"}),
    "prints": Client(PRINTS, metrics={"source": "logs"}),
    "pattern": Client(PATTERN, metrics={"source": "logs", "pattern": "<<(?P<value>.*)>>"}),
    "azure-run-log": Client(AZURE, "azure", metrics={"source": "logs"}),
}


@pytest.fixture(scope="module")
def clients(sweeps: Sweeps) -> Callable[[str], Any]:
    """The trials of all clients, which run side by side."""
    if sweeps.target.built_in is None:
        pytest.skip("builds an image of its own, which is for the built-in cluster only")
    built = images.built(images.CLIENTS)
    lifecycle.load_image(sweeps.target.built_in, built.file, later=False)
    for name, client in MATRIX.items():
        sweeps.apply(name, spec_of(sweeps, client, built.reference))

    def trial(name: str) -> Any:
        sweeps.await_end(name, 300)
        return sweeps.trials(name)[0]

    return trial


def spec_of(sweeps: Sweeps, client: Client, image: str) -> dict[str, Any]:
    env = {"HOME": "/tmp", **client.env}
    spec = sweeps.spec(
        {"nothing": choice(0)},
        objective={"goal": "maximize", "primaryMetric": client.metric},
        limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1},
    )
    spec["metrics"] = client.metrics
    spec["trial"] = {
        "image": image,
        "command": [f"/opt/{client.environment}/bin/python", "-c", VALUES + client.script],
        "env": [{"name": key, "value": value} for key, value in env.items()],
    }
    return spec


@pytest.mark.parametrize("name", MATRIX)
def test_every_report_is_recorded_once(
    sweeps: Sweeps, clients: Callable[[str], Any], name: str
) -> None:
    client, trial = MATRIX[name], clients(name)
    log = sweeps.kubectl("logs", f"job/{name}-0", "-c", "trainer")
    assert trial["status"]["phase"] == "Succeeded", log
    curve = trial["status"]["curve"]
    values = [float(text) for text in curve["values"].split()]
    if isinstance(client.expected, int):
        assert len(values) == client.expected
        losses = json.loads(log.partition("losses ")[2].splitlines()[0])
        assert sorted(values) == pytest.approx(sorted(losses))
    elif client.ordered:
        assert values == client.expected
    else:
        assert sorted(values) == sorted(client.expected)
    assert all(map(math.isfinite, values))


def test_a_metric_printed_under_another_name_is_named(
    sweeps: Sweeps, clients: Callable[[str], Any]
) -> None:
    client = Client(PRINTS, metrics={"source": "logs"}, metric="accuracy")
    sweeps.apply("misnamed", spec_of(sweeps, client, images.built(images.CLIENTS).reference))
    sweeps.await_end("misnamed")
    condition = sweeps.condition("misnamed", "Failed")
    assert condition["reason"] == "MetricNotReported"
    assert "Its log has numbers for loss, score." in condition["message"]
    assert "epoch 2: loss=0.500 score=0.5" in condition["message"]


def test_the_users_tracking_server_receives_everything(
    sweeps: Sweeps, clients: Callable[[str], Any]
) -> None:
    assert sweeps.target.built_in is not None
    image = images.built(images.CLIENTS).reference
    start_server(sweeps, image)
    uri = f"http://tracking.{sweeps.namespace}:5055"
    sweeps.apply(
        "forwarded", spec_of(sweeps, Client(FLUENT, env={"MLFLOW_TRACKING_URI": uri}), image)
    )
    sweeps.await_end("forwarded")
    [trial] = sweeps.trials("forwarded")
    values = [float(text) for text in trial["status"]["curve"]["values"].split()]
    assert values == EXPECTED
    sweeps.kubectl(
        *("wait", "job", "-l", "sweepjob.dev/tracked-sweep=forwarded"),
        *("--for=condition=Complete", "--timeout=120s"),
    )
    found = json.loads(
        sweeps.kubectl("exec", "tracking", "--", "/opt/server/bin/python", "-c", ASK)
    )
    assert found["tags"]["sweepjob.dev/trial"] == "forwarded-0"
    assert found["tags"]["sweepjob.dev/phase"] == "Succeeded"
    assert found["tags"]["sweepjob.dev/best"] == "true"
    assert found["tags"]["team"] == "vision"
    assert found["params"]["lr"] == "0.1"
    parent = found["parent"]
    assert found["tags"]["mlflow.parentRunId"] == parent["id"]
    assert parent["status"] == "FINISHED"
    assert parent["tags"]["sweepjob.dev/best-trial"] == "forwarded-0"
    assert parent["params"]["objective.primaryMetric"] == "score"
    assert found["history"] == EXPECTED
    assert found["artifacts"] == ["notes.txt"]


# What is on the user's server, asked there.
ASK = """
import json, mlflow
mlflow.set_tracking_uri("http://127.0.0.1:5055")
client = mlflow.MlflowClient()
[experiment] = [e for e in client.search_experiments() if e.name == "mine"]
runs = client.search_runs([experiment.experiment_id])
[run] = [r for r in runs if r.data.tags.get("sweepjob.dev/role") == "trial"]
[parent] = [r for r in runs if r.data.tags.get("sweepjob.dev/role") == "sweep"]
history = client.get_metric_history(run.info.run_id, "score")
print(json.dumps({
    "tags": run.data.tags, "params": run.data.params, "history": [m.value for m in history],
    "artifacts": [a.path for a in client.list_artifacts(run.info.run_id)],
    "parent": {
        "id": parent.info.run_id, "status": parent.info.status,
        "tags": parent.data.tags, "params": parent.data.params,
    },
}))
"""


def start_server(sweeps: Sweeps, image: str) -> None:
    command = [
        *("/opt/server/bin/mlflow", "server", "--host", "0.0.0.0", "--port", "5055"),
        *("--backend-store-uri", "file:///tmp/runs", "--workers", "1"),
        *("--serve-artifacts", "--artifacts-destination", "/tmp/artifacts"),
    ]
    secured = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "server",
        "image": image,
        "command": command,
        "env": [{"name": "PATH", "value": "/opt/server/bin:/usr/bin:/bin"}],
        "readinessProbe": {"httpGet": {"path": "/health", "port": 5055}, "periodSeconds": 1},
        "securityContext": secured,
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "tracking", "labels": {"app": "tracking"}},
        "spec": {
            "containers": [container],
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "tracking"},
        "spec": {"selector": {"app": "tracking"}, "ports": [{"port": 5055}]},
    }
    listed = {"apiVersion": "v1", "kind": "List", "items": [pod, service]}
    sweeps.target.kubectl("-n", sweeps.namespace, "apply", "-f", "-", stdin=json.dumps(listed))
    eventually(
        lambda: (
            "true"
            in sweeps.kubectl(
                "get", "pod", "tracking", "-o", "jsonpath={.status.containerStatuses[0].ready}"
            )
        ),
        60,
        "the tracking server answers",
    )
