"""Tests the conversion of a sweep file with an Azure map: names, tags, inputs and outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from .azure_files import MAP, SWEEP, converted
from .program import Program


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("trial", "./train.yml"),
        ("trial", 3),
        ("objective", "loss"),
        ("limits", 4),
        ("search_space", []),
    ],
)
def test_one_cause_has_one_message(
    program: Program, azure_folder: Path, key: str, value: Any
) -> None:
    data = yaml.safe_load(SWEEP) | {key: value}
    (azure_folder / "one.yml").write_text(yaml.safe_dump(data))
    assert program("convert", "one.yml", "--azure-map", "map.yaml") == 1
    (line,) = [line for line in program.err.splitlines() if line.startswith("refused: ")]
    assert line.startswith(f"refused: {key}: ")


def test_two_sweeps_of_one_experiment_have_two_names(program: Program, azure_folder: Path) -> None:
    names = []
    for stem in ("one", "two"):
        (azure_folder / f"{stem}.yml").write_text(SWEEP)
        assert program("convert", f"{stem}.yml", "--azure-map", "map.yaml") == 0, program.err
        names.append(converted(program)[0]["metadata"]["name"])
    assert names == ["trees-one", "trees-two"]


def test_tags_that_become_the_same_annotation_are_both_kept(
    program: Program, azure_folder: Path
) -> None:
    (azure_folder / "one.yml").write_text(SWEEP)
    assert program("convert", "one.yml", "--azure-map", "map.yaml") == 0
    notes = converted(program)[0]["metadata"]["annotations"]
    assert (notes["tags.sweepjob.dev/a-b"], notes["tags.sweepjob.dev/a-b-2"]) == ("1", "2")


def test_modes_types_and_unused_outputs_are_said(program: Program, azure_folder: Path) -> None:
    (azure_folder / "one.yml").write_text(SWEEP)
    assert program("convert", "one.yml", "--azure-map", "map.yaml") == 0
    for text in (
        "inputs.d.mode: 'download': mounted instead of downloaded",
        "inputs.d.type: 'mltable': the script reads the folder itself",
        "outputs.o.mode: 'upload': not carried over",
        "outputs.o.name: 'registered': not carried over",
        "no trial writes it: the command does not refer to ${{outputs.o}}",
    ):
        assert text in program.err, program.err
    assert converted(program)[0]["spec"]["searchSpace"]["lr"]["values"] == ["1e-3", 2]


def test_a_local_run_refuses_data_that_is_not_on_this_machine(
    program: Program, azure_folder: Path
) -> None:
    (azure_folder / "one.yml").write_text(SWEEP)
    assert program("run", "--local", "-f", "one.yml", "--azure-map", "map.yaml") == 1
    assert "inputs.d.path: 'azureml:table:1': is not on this machine" in program.err
    assert "or give --input d=PATH" in program.err
    assert not (azure_folder / ".sweepjob").exists()


def test_a_folder_of_the_code_that_an_output_has_is_not_kept_twice(
    program: Program, azure_folder: Path
) -> None:
    data = yaml.safe_load(SWEEP)
    data["trial"] |= {"code": "./src", "command": "fit ${{search_space.lr}} ${{outputs.logs}}"}
    data |= {"inputs": {}, "outputs": {"logs": {}}}
    (azure_folder / "one.yml").write_text(yaml.safe_dump(data))
    (azure_folder / "map.yaml").write_text(MAP + "code: {src: {path: /app}}\n")
    assert program("convert", "one.yml", "--azure-map", "map.yaml") == 0, program.err
    (manifest,) = converted(program)
    outputs = manifest["spec"]["outputs"]
    assert "mountPath" not in outputs["logs"]
    assert outputs["outputs"]["mountPath"] == "/app/outputs"
    assert set(outputs) == {"logs", "outputs"}
