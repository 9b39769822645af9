"""Tests misspelled types of steps and of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from .azure_files import PIPELINE, STEP, convert
from .program import Program


@pytest.mark.parametrize("verb", ["convert", "validate -f"])
@pytest.mark.parametrize("is_only", [True, False])
@pytest.mark.parametrize("kind", ["sweeep", "Swep", "hyperdrive"])
def test_a_step_of_a_misspelled_type_is_no_other_step(
    program: Program, azure_folder: Path, verb: str, is_only: bool, kind: str
) -> None:
    steps = {"tune": STEP | {"type": kind}}
    jobs = steps if is_only else {**PIPELINE["jobs"], **steps}
    (azure_folder / "pipeline.yml").write_text(yaml.safe_dump(PIPELINE | {"jobs": jobs}))
    assert program(*verb.split(), "pipeline.yml") == 1
    assert f"jobs.tune.type: '{kind}': is no type of a step; did you mean sweep?" in program.err
    assert "other steps" not in program.err


def test_a_misspelled_sweep_step_does_not_hide_behind_another(
    program: Program, azure_folder: Path
) -> None:
    jobs = {**PIPELINE["jobs"], "again": STEP | {"type": "sweeep"}}
    assert convert(program, azure_folder, {"jobs": jobs}, "--azure-map", "map.yaml") == 1
    assert "jobs.again.type: 'sweeep': is no type of a step; did you mean sweep?" in program.err
    assert "jobs: 'prepare, score': are other steps" in program.err


@pytest.mark.parametrize(
    ("step", "meant"),
    [
        ({"type": "pipelin", "jobs": {"tune": STEP}}, "pipeline"),
        ({"type": "sweeps", "component": "azureml:tune:1"}, "sweep"),
    ],
)
def test_other_steps_of_misspelled_types(
    program: Program, azure_folder: Path, step: dict[str, Any], meant: str
) -> None:
    assert convert(program, azure_folder, {"jobs": {"inner": step}}, "--azure-map", "map.yaml") == 1
    assert f"jobs.inner.type: '{step['type']}': is no type of a step; did you mean {meant}?" in (
        program.err
    )


@pytest.mark.parametrize("kind", ["automl", "spark", "import", "comand"])
def test_a_step_of_another_type_is_no_misspelled_sweep(
    program: Program, azure_folder: Path, kind: str
) -> None:
    space: dict[str, Any] = {"search_space": {}} if kind == "automl" else {}
    jobs = {**PIPELINE["jobs"], "more": {"type": kind, **space}}
    assert convert(program, azure_folder, {"jobs": jobs}, "--azure-map", "map.yaml") == 0, (
        program.err
    )
    assert "jobs: 'prepare, score, more': are other steps" in program.err


@pytest.mark.parametrize("verb", ["convert", "validate -f"])
def test_a_file_of_a_misspelled_type(program: Program, azure_folder: Path, verb: str) -> None:
    (azure_folder / "sweep.yml").write_text(yaml.safe_dump(STEP | {"type": "sweeep"}))
    assert program(*verb.split(), "sweep.yml") != 0
    assert "has type: sweeep; did you mean sweep?" in program.err
