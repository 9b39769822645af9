"""The examples of a sweep as a step of a pipeline, read by the clients of these systems. Without a cluster."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer

from tests.cluster import layout
from tests.fake_api.access_rules import AccessRules
from tests.fake_api.http_server import HttpApiServer, serve

from .environments import environment

EXAMPLES = layout.PROJECT / "examples" / "pipelines"
PROJECT = Path(__file__).parent / "pipelines"


def run(group: str, *command: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    programs = environment(group, PROJECT) / "bin"
    words = [programs / command[0], *command[1:]]
    return subprocess.run(words, capture_output=True, text=True, check=False, **more)


def test_argo_workflow() -> None:
    path = EXAMPLES / "argo-workflow.yaml"
    done = run("workflows", "python", PROJECT / "read_workflow.py", path)
    assert done.returncode == 0, done.stderr
    document = yaml.safe_load(path.read_text())
    assert json.loads(done.stdout) == document, "Argo knows every field"
    templates = {template["name"]: template for template in document["spec"]["templates"]}
    resource = templates["sweep"]["resource"]
    sweep = yaml.safe_load(resource["manifest"])
    parse_sweepjob({**sweep, "metadata": {"name": "digits-x"}})
    # In the syntax of label selectors, on a path of the object.
    assert resource["successCondition"] == "status.phase == Complete"
    assert resource["failureCondition"] == "status.phase in (Failed, Invalid)"
    assert "{{" not in resource["manifest"], "Argo would replace it"


def test_github_workflow() -> None:
    path = EXAMPLES / "github-actions.yaml"
    done = run("workflows", "check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)
    assert done.returncode == 0, done.stdout
    script = yaml.safe_load(path.read_text())["jobs"]["sweep"]["steps"][-1]["run"]
    assert "examples/pipelines/step.sh" in script


def test_kubeflow_pipeline(tmp_path: Path) -> None:
    done = run("kfp", "python", EXAMPLES / "kubeflow_pipeline.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    compiled = yaml.safe_load((tmp_path / "pipeline.yaml").read_text())
    tasks = compiled["root"]["dag"]["tasks"]
    assert tasks["train"]["dependentTasks"] == ["sweep"]
    parameter = tasks["train"]["inputs"]["parameters"]["parameters"]
    assert parameter["taskOutputParameter"]["producerTask"] == "sweep"


async def test_airflow_dag(tmp_path: Path) -> None:
    """Airflow parses it, and its tasks run with the provider's hook against an API server in memory."""
    server = MemoryApiServer(lambda: 1_800_000_000.0)
    shutil.copy(EXAMPLES / "airflow_dag.py", tmp_path)
    shutil.copy(layout.PROJECT / "examples" / "digits" / "sweep.yaml", tmp_path)
    async with serve(HttpApiServer(server, AccessRules()), tmp_path) as kubeconfig:
        first = await _airflow(tmp_path, kubeconfig)
        ((namespace, name),) = server.store.all("sweepjobs")
        assert namespace == "team-a"
        assert first == [
            {"create": ["wait"], "train": [], "wait": ["train"]},
            {"name": name, "is_done": False, "best": None},
        ]
        _set_status(
            server, name, {"phase": "Complete", "best": {"trial": "t", "parameters": {"lr": "1"}}}
        )
        *_, seen, trained = await _airflow(tmp_path, kubeconfig)
        assert (seen["is_done"], seen["best"]["trial"]) == (True, "t")
        assert trained == "training with {'lr': '1'}"
        stalled = {"type": "Stalled", "status": "True", "reason": "x", "message": "no GPU is left"}
        _set_status(server, name, {"phase": "Failed", "conditions": [stalled]})
        with pytest.raises(AssertionError, match="no GPU is left"):
            await _airflow(tmp_path, kubeconfig)


def _set_status(server: MemoryApiServer, name: str, status: dict[str, Any]) -> None:
    path = f"/apis/sweepjob.dev/v1alpha1/namespaces/team-a/sweepjobs/{name}/status"
    assert server.answer(Request("PATCH", path, {}, {"status": status}))[0] == 200


async def _airflow(folder: Path, kubeconfig: Path) -> list[Any]:
    """The lines that the reader of the DAG prints."""
    connection = {"conn_type": "kubernetes", "extra": {"kube_config_path": str(kubeconfig)}}
    process = await asyncio.create_subprocess_exec(
        environment("airflow", PROJECT) / "bin" / "python",
        PROJECT / "read_dag.py",
        folder / "airflow_dag.py",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "AIRFLOW_HOME": str(folder / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",  # for a busy machine
            "AIRFLOW_CONN_KUBERNETES_DEFAULT": json.dumps(connection),
        },
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    lines = [line for line in output.decode().splitlines() if line.startswith(("{", "training"))]
    return [json.loads(line) if line.startswith("{") else line for line in lines]
