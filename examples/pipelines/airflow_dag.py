"""A sweep as a step of an Airflow 3 DAG: create it, wait for its end, and go on with its best parameters.

Needs the provider apache-airflow-providers-cncf-kubernetes. Its connection kubernetes_default needs
create and get on sweepjobs.sweepjob.dev.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pendulum
from airflow.sdk import PokeReturnValue, dag, task
from airflow.sdk.exceptions import AirflowFailException

NAMESPACE = "team-a"
SWEEP = Path(__file__).parent / "sweep.yaml"
OBJECTS = {"group": "sweepjob.dev", "version": "v1alpha1", "plural": "sweepjobs"}


@task(retries=3)
def create(run_id: str | None = None) -> str:
    """Create the sweep, and return its name; a repeated task finds the one that it created."""
    # Imported here: Airflow parses this file again and again.
    import hashlib

    import yaml
    from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
    from kubernetes.client.exceptions import ApiException

    body = yaml.safe_load(SWEEP.read_text())
    run = hashlib.sha256(str(run_id).encode()).hexdigest()[:8]
    name = f"{body['metadata']['name'][:37]}-{run}"
    body["metadata"] = {**body["metadata"], "name": name, "namespace": NAMESPACE}
    try:
        KubernetesHook().create_custom_object(**OBJECTS, body=body, namespace=NAMESPACE)
    except ApiException as error:
        if error.status != 409:
            raise
    return name


@task.sensor(poke_interval=30, timeout=7200, mode="reschedule")
def wait(name: str) -> PokeReturnValue:
    """Wait for the end of the sweep, and return its best trial with its parameters."""
    from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook

    found = KubernetesHook().get_custom_object(**OBJECTS, name=name, namespace=NAMESPACE)
    status = found.get("status") or {}
    if status.get("phase") in ("Failed", "Invalid"):
        said = [c["message"] for c in status["conditions"] if c["type"] == "Stalled"]
        raise AirflowFailException(f"sweep {name}: {'; '.join(said)}")
    is_done = status.get("phase") == "Complete"
    return PokeReturnValue(is_done, status["best"] if is_done else None)


@task
def train(best: dict[str, Any]) -> None:
    """Train the final model."""
    print("training with", best["parameters"])


@dag(schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), catchup=False)
def digits() -> None:
    """Search, then train."""
    train(wait(create()))


digits()
