"""Tests which names of a workspace ``sweepjob azure-map init`` finds in programs, notebooks and files."""

from __future__ import annotations

import json

import pytest
import yaml
from sweepjob.loading.azure_map.program_names import names_in_notebook, names_in_program
from sweepjob.loading.azure_map.references import FoundNames, names_in_document

PROGRAMS = [
    ("rows = ws.datasets['heart']", {"data": ["heart"]}),
    ("rows = ws.datasets.get('heart')", {"data": ["heart"]}),
    ("if 'heart' not in ws.datasets.keys():\n    pass", {"data": ["heart"]}),
    ("found = name in ws.datasets\nname = 'heart'", {"data": ["heart"]}),
    ("store = ws.get_default_datastore()", {"datastore": ["workspaceblobstore"]}),
    ("store = ws.datastores['raw']", {"datastore": ["raw"]}),
    ("store = Datastore(ws, 'raw')", {"datastore": ["raw"]}),
    (
        "Datastore.register_azure_blob_container(workspace=ws, datastore_name='raw')",
        {"datastore": ["raw"]},
    ),
    ("target = ComputeTarget(ws, 'cpu')", {"compute": ["cpu"]}),
    ("target = ComputeTarget.create(ws, 'cpu', config)", {"compute": ["cpu"]}),
    ("target = ws.compute_targets['cpu']", {"compute": ["cpu"]}),
    ("AmlCompute(name='cpu', size='Standard_D2')", {"compute": ["cpu"]}),
    ("env = ws.environments['train']", {"environment": ["train"]}),
    ("env = Environment('train')", {"environment": ["train"]}),
    ("env = Environment.from_conda_specification('train', 'c.yml')", {"environment": ["train"]}),
    ("Environment.from_pip_requirements(name='train', file_path='r')", {"environment": ["train"]}),
    ("a, b = 'cpu', 'train'\nf(compute_target=a)", {"compute": ["cpu"]}),
    ("kind = 'cpu'\nf(compute=f'{kind}-cluster')", {"compute": ["cpu-cluster"]}),
    ("f(compute=os.environ.get('TARGET', 'cpu'))", {"compute": ["cpu"]}),
    ("f(compute=os.getenv('TARGET') or 'cpu')", {"compute": ["cpu"]}),
    ("class Settings:\n    target: str = 'cpu'\nf(compute=Settings.target)", {"compute": ["cpu"]}),
    ("settings.target = 'cpu'\nf(compute=settings.target)", {"compute": ["cpu"]}),
    ("f(compute=f'{unknown}-cluster')", {}),
    ("first = values['a']\nif 'a' in values.keys():\n    pass", {}),
]


def sections(found: FoundNames) -> dict[str, list[str]]:
    return {name: list(keys) for name, keys in found.sections.items() if name != "instance_type"}


@pytest.mark.parametrize(("program", "expected"), PROGRAMS)
def test_names_in_a_program(program: str, expected: dict[str, list[str]]) -> None:
    found = FoundNames()
    names_in_program(program, found)
    assert {k: v for k, v in sections(found).items() if v} == expected


def notebook(*cells: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]})


def test_a_cell_that_is_not_python_is_said_and_the_others_are_read() -> None:
    found = FoundNames()
    cells = (
        "name = 'cpu'",
        "run?",
        "text = ('%s'\n    % name)",
        "%%writefile a.py\nx = (",
        "if True:\n    !pip list\nComputeTarget(ws, name)",
    )
    names_in_notebook(notebook(*cells), found, "a.ipynb")
    assert sections(found) == {"compute": ["cpu"]}
    assert found.skipped == ["a.ipynb: code cell 2, line 1: invalid syntax; this cell was not read"]


def test_a_notebook_without_python_is_refused() -> None:
    with pytest.raises(ValueError, match="code cell 1, line 1"):
        names_in_notebook(notebook("library(azuremlsdk);;"), FoundNames())


def test_what_other_steps_give_to_a_sweep_step() -> None:
    file = """
    type: pipeline
    jobs:
      tune:
        type: sweep
        search_space: {lr: {type: uniform, min_value: 0, max_value: 1}}
        inputs:
          rows: ${{parent.jobs.prepare.outputs.rows}}
          words: {path: "${{ parent.jobs.prepare.outputs.words }}", type: uri_file}
          seed: ${{parent.inputs.seed}}
      score:
        type: command
        inputs: {model: "${{parent.jobs.tune.outputs.model}}"}
    """
    found = FoundNames()
    names_in_document(yaml.safe_load(file), found)
    assert sections(found) == {"data": ["prepare.outputs.rows", "prepare.outputs.words"]}
