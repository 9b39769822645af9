"""The benchmarks still fit the package: each module is imported, and one runs small."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import bench

ROOT = Path(__file__).parents[2]
MODULES = [
    module.name
    for module in pkgutil.walk_packages(bench.__path__, "tests.bench.")
    # Samplers of others run in environments of their own; a __main__ runs when it is imported.
    if ".peers" not in module.name and not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_imported(name: str) -> None:
    file = importlib.import_module(name).__file__
    assert file is not None
    assert Path(file).is_relative_to(ROOT)


def test_the_memory_of_few_trials_is_measured() -> None:
    path = os.pathsep.join(map(str, (ROOT, ROOT / "operator")))
    arguments = ("--trials", "30", "--reports", "5", "--policies", "bandit")
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.memory", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "30 records of 5 reports" in done.stdout
