"""What the programs of the cluster import when they start: memory that each of their pods needs for good."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import certificates

PACKAGE = Path(__file__).parents[2] / "operator"
# Packages that take 5 MiB or more, or a tenth of a second.
HEAVY = {
    *("IPython", "kubernetes", "matplotlib", "mcp", "numpy", "optuna", "pandas", "pydantic", "re2"),
    *("rich", "scipy", "scipy.optimize", "scipy.stats", "sklearn", "yaml"),
}
# For people and scripts: no program of the cluster runs them.
CLIENTS = {
    f"sweepjob.{name}"
    for name in ("azure", "azureml", "cli", "hyperdrive", "local", "sdk", "sweep")
}


CONNECT = """
import asyncio, functools, sys
from pathlib import Path
from sweepjob.kube import connection

async def connect():
    await (await connection.connect(strict_tls=True)).close()

connection.ServiceAccount = functools.partial(connection.ServiceAccount, folder=Path(sys.argv[1]))
asyncio.run(connect())
print(*sys.modules)
"""


def imported_by(code: str, *arguments: str, **variables: str) -> set[str]:
    """The modules of a process after it has run the code, whose last line prints them."""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), **variables}
    command = [sys.executable, "-c", code, *arguments]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(made.stdout.split())


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        # kopf imports the kubernetes package where it is installed, and that imports the others.
        ("manager", {"kubernetes", "pydantic", "yaml"}),
        ("ingest", set()),
        # The importance of parameters is computed with numpy, and with scipy on the scales of the search.
        ("dashboard", {"numpy", "scipy", "yaml"}),
        ("sidecar", set()),
    ],
)
def test_a_program_imports_what_it_needs_only(program: str, expected: set[str]) -> None:
    modules = imported_by(f"import sys, sweepjob.{program}.__main__; print(*sys.modules)")
    assert f"sweepjob.{program}.__main__" in modules
    assert modules & HEAVY == expected
    assert modules & CLIENTS == set()


def test_a_pod_connects_without_the_kubernetes_package(tmp_path: Path) -> None:
    certificates.issue(tmp_path, [])
    (tmp_path / "token").write_text("secret")
    variables = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    modules = imported_by(CONNECT, str(tmp_path), **variables)
    assert "sweepjob.kube.service_account" in modules
    assert modules & HEAVY == set()
