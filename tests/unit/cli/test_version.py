"""``sweepjob version``, with a kubectl that answers as the real one does; tests/e2e/test_docs.py runs it on a cluster."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sweepjob import __version__

from .program import Program


def deployment(
    version: str | None, name: str = "sweepjob", namespace: str = "s"
) -> dict[str, object]:
    labels = {"app.kubernetes.io/version": version} if version else {}
    return {"metadata": {"name": name, "namespace": namespace, "labels": labels}}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose kubectl prints the file ``answer``, and fails with its text without one."""
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(
        f"#!/bin/sh\ncat {tmp_path}/answer 2>/dev/null && exit 0\n"
        "echo 'Error from server (Forbidden): deployments.apps is forbidden' >&2; exit 1\n"
    )
    kubectl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def answer(cluster: Path, *deployments: object) -> None:
    (cluster / "answer").write_text(json.dumps({"items": deployments}))


def test_skew_of_one_of_two_operators_is_reported(program: Program, cluster: Path) -> None:
    dashboard = deployment("0.0.9", "sweepjob-dashboard")
    answer(cluster, deployment(__version__), deployment("0.0.1", namespace="b"), dashboard)
    assert program("version") == 0
    assert program.out.splitlines() == [
        f"client: {__version__}",
        f"operator: {__version__} (s/sweepjob)",
        "operator: 0.0.1 (b/sweepjob)",
    ]
    [warning] = program.err.splitlines()
    assert warning.startswith(
        f"warning: b/sweepjob has version 0.0.1, this client {__version__}; upgrade"
    )


def test_an_operator_without_a_version_is_not_called_equal(program: Program, cluster: Path) -> None:
    answer(cluster, deployment(None))
    assert program("version") == 0
    assert "operator: unknown (s/sweepjob)" in program.out
    assert "warning: s/sweepjob has no label with its version" in program.err


def test_json_lists_the_operators(program: Program, cluster: Path) -> None:
    answer(cluster, deployment("0.0.1"))
    assert program("version", "-o", "json") == 0
    operator = {"namespace": "s", "name": "sweepjob", "version": "0.0.1"}
    assert json.loads(program.out) == {"client": __version__, "operators": [operator]}
    assert "warning" in program.err


def test_no_operator(program: Program, cluster: Path) -> None:
    answer(cluster)
    assert program("version") == 0
    assert "operator: not installed" in program.out


def test_who_may_not_list_deployments_learns_of_it(program: Program, cluster: Path) -> None:
    assert program("version") == 2
    assert program.out == f"client: {__version__}\n"
    assert "the operator's version cannot be read: " in program.err
    assert "--client" in program.err
    assert program("version", "--client") == 0
    assert (program.out, program.err) == (f"client: {__version__}\n", "")
