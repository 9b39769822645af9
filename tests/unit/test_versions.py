"""The package, the charts and the images have one version."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob import __version__

ROOT = Path(__file__).parents[2]
CHARTS = ("sweepjob", "sweepjob-crds")
# Files that name published images.
NAMING = ("examples/demo.py", "examples/digits/sweep.yaml", "manifests/operator.yaml")


def chart(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "helm" / name / "Chart.yaml").read_text())
    return loaded


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_has_the_version_of_the_package(name: str) -> None:
    assert chart(name)["version"] == __version__
    # The default tag of the images.
    assert chart(name)["appVersion"] == __version__


def test_the_chart_depends_on_the_crds_of_its_version() -> None:
    [dependency] = chart("sweepjob")["dependencies"]
    assert dependency["version"] == __version__


@pytest.mark.parametrize("file", NAMING)
def test_images_have_the_version_of_the_package(file: str) -> None:
    tags = re.findall(
        r"\bsweepjob/(?:operator|sidecar|trainer):([\w.-]+)", (ROOT / file).read_text()
    )
    assert set(tags) == {__version__}


def test_pre_commit_runs_the_locked_ruff() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    [ruff] = [package["version"] for package in lock["package"] if package["name"] == "ruff"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    [rev] = [repo["rev"] for repo in hooks["repos"] if repo["repo"].endswith("/ruff-pre-commit")]
    assert rev == f"v{ruff}"


def test_pre_commit_runs_the_locked_biome() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    locked = lock["packages"]["node_modules/@biomejs/biome"]["version"]
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]["@biomejs/biome"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    [local] = [repo for repo in hooks["repos"] if repo["repo"] == "local"]
    [biome] = [hook for hook in local["hooks"] if hook["id"] == "biome"]
    assert biome["additional_dependencies"] == [f"@biomejs/biome@{wanted}"]
    assert locked == wanted
