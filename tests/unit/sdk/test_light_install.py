"""Tests the client and the program in an installation without extras."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UV = ROOT / ".uv" / "bin" / "uv"
EXAMPLE = "examples/first/sweep.yaml"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Create an environment with the locked dependencies, without extras."""
    if not UV.exists():
        pytest.skip("needs uv, which make installs")
    folder = tmp_path_factory.mktemp("light") / "env"
    env = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder)}
    command = [str(UV), "sync", "--quiet", "--locked", "--no-dev", "--no-install-project"]
    subprocess.run(command, cwd=ROOT, env=env, check=True)
    return str(folder / "bin" / "python")


def run(python: str, *arguments: str) -> tuple[int, str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "operator")}
    done = subprocess.run(
        [python, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_client_works(python: str) -> None:
    code = (
        "import sweepjob; from sweepjob.sweep import Choice\n"
        f"print(sweepjob.load_job('{EXAMPLE}').validate().limits.max_total_trials)\n"
        "try: sweepjob.SweepClient(kubeconfig='/nowhere')\n"
        "except Exception as error: print(type(error).__name__)\n"
        f"try: sweepjob.run_local(sweepjob.load_job('{EXAMPLE}'))\n"
        "except Exception as error: print(error)"
    )
    status, said = run(python, "-c", code)
    assert status == 0, said
    lines = said.splitlines()
    assert lines[:2] == ["16", "SweepError"]
    assert "pip install 'sweepjob[local]'" in lines[2]


def test_the_program_works_and_names_missing_packages(python: str) -> None:
    assert run(python, "-m", "sweepjob.cli", "validate", "-f", EXAMPLE) == (
        0,
        f"{EXAMPLE}: valid\n",
    )
    status, said = run(python, "-m", "sweepjob.cli", "propose", "-f", EXAMPLE)
    assert status == 2
    assert "pip install 'sweepjob[local]'" in said
    assert "Traceback" not in said
    assert run(python, "-m", "sweepjob.cli", "--help")[0] == 0
