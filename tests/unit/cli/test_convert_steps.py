"""Tests what a sweep step gets from its pipeline, and what is said about the rest of the pipeline.

The pipelines are variations of public ones, in other words: of Azure/azure-sdk-for-python (the tests of
its client), Azure/azureml-examples, nfmoore/azureml-mlops-example-scenarios, tkubica12/azure-workshops and
of courses in which each student has a ``newpipeline.yml``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.api.names import SWEEP_NAME_LIMIT
from sweepjob.loading.yaml_text import load_documents

from .azure_steps import PIPELINE, STEP
from .program import Program

MAP = """
data:
  split.outputs.train: {claim: tables, path: train, local: .}
  prices: {claim: tables, path: prices}
datastore: {runs: {claim: runs, path: out}}
"""


def write(folder: Path, step: dict[str, Any], **pipeline: Any) -> Path:
    jobs = {**PIPELINE["jobs"], "tune": STEP | step}
    path = folder / "pipeline.yml"
    path.write_text(yaml.safe_dump(PIPELINE | {"jobs": jobs} | pipeline, sort_keys=False))
    return path


def specs(program: Program, path: Path, *flags: str) -> list[dict[str, Any]]:
    assert program("convert", path, *flags) == 0, program.err
    return [found["spec"] for found in load_documents(program.out)]


def lines(program: Program, start: str) -> list[str]:
    return [line for line in program.err.splitlines() if line.startswith(start)]


BOUND: list[tuple[Any, Any]] = [
    ("${{parent.inputs.label}}", "price"),
    ("${{ parent.inputs.label }}", "price"),
    ({"value": "${{parent.inputs.label}}"}, "price"),
    ("to-${{parent.inputs.label}}-${{parent.inputs.depth}}", "to-price-5"),
    ("${{parent.inputs.columns.last}}", "z"),
    ("${{parent.jobs.split.inputs.ratio}}", 0.2),
    ("${{parent.inputs.raw}}", "/mnt/tables/prices"),
    ("${{parent.jobs.split.inputs.raw}}", "/mnt/tables/prices"),
    ("${{parent.jobs.check.inputs.raw}}", "/mnt/tables/prices"),
    ("${{parent.jobs.check.inputs.rows}}", "/mnt/tables/train"),
    ("${{parent.inputs.raw}}/rows.csv", "/mnt/tables/prices/rows.csv"),
    ({"path": "${{parent.inputs.raw}}/${{parent.inputs.label}}.csv"}, "/mnt/tables/prices/price.csv"),
    ("${{parent.jobs.split.outputs.train}}", "/mnt/tables/train"),
    ({"type": "uri_file", "path": "${{parent.jobs.split.outputs.train}}"}, "/mnt/tables/train"),
    ("${{parent.jobs.split.outputs.train}}/a.csv", "/mnt/tables/train/a.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "value"), BOUND, ids=range(len(BOUND)))
def test_an_input_has_the_value_that_it_refers_to(
    program: Program, tmp_path: Path, given: Any, value: Any
) -> None:
    (tmp_path / "map.yaml").write_text(MAP)
    path = write(tmp_path, {"inputs": {"rows": given}})
    (spec,) = specs(program, path, "--azure-map", str(tmp_path / "map.yaml"))
    assert spec["inputs"]["rows"] == value


def test_an_output_of_another_step_is_an_input_to_give(program: Program, tmp_path: Path) -> None:
    path = write(tmp_path, {"inputs": {"rows": "${{parent.jobs.split.outputs.train}}/a.csv"}})
    (spec,) = specs(program, path)
    assert spec["inputs"]["rows"] == "/REPLACE-ME/inputs/rows"
    (line,) = lines(program, "note: jobs.tune.inputs.rows: ")
    assert "is an output of the step split: run that step, and give --input rows=PATH, or" in line
    assert "split.outputs.train: {claim: CLAIM, path: PATH}" in line
    assert "/REPLACE-ME/inputs/rows stands for it" in line
    (spec,) = specs(program, path, "--input", "rows=/data/a.csv")
    assert spec["inputs"]["rows"] == "/data/a.csv"
    assert lines(program, "note: jobs.tune.inputs.rows") == []


def test_a_literal_of_another_step_is_an_input_to_give(program: Program, tmp_path: Path) -> None:
    inputs = {**STEP["inputs"], "depth": "${{parent.jobs.split.outputs.depth}}"}
    (spec,) = specs(program, write(tmp_path, {"inputs": inputs}))
    assert spec["inputs"]["depth"] == "REPLACE-ME"
    (line,) = lines(program, "note: jobs.tune.inputs.depth: ")
    assert "give --input depth=VALUE" in line


REFUSED: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    (
        {"inputs": {"rows": "${{inputs.raw}}"}},
        [("jobs.tune.inputs.rows", "write ${{parent.inputs.raw}}")],
    ),
    (
        {"inputs": {"rows": "${{parent.inputs.rav}}"}},
        [
            (
                "jobs.tune.inputs.rows",
                "no value for rav (did you mean raw?): give --input rows=VALUE",
            )
        ],
    ),
    (
        {
            "inputs": {"rows": "${{parent.inputs.none}}", "lines": 1},
            "objective": {"goal": "smallest", "primary_metric": "${{parent.inputs.metric}}"},
            "limits": {"max_total_trials": "${{parent.inputs.raw}}"},
            "search_space": {"lr": {"type": "uniform", "min_value": 0}},
            "samples": 3,
        },
        [
            ("jobs.tune.objective.primary_metric", "give --input metric=VALUE, or write the value"),
            ("jobs.tune.limits.max_total_trials", "the input raw of the pipeline is data"),
            ("jobs.tune.objective.goal", "unknown; known: maximize, minimize"),
            ("jobs.tune.search_space.lr.max_value", "is required"),
            ("jobs.tune.inputs.rows", "give --input rows=VALUE"),
            ("jobs.tune.inputs.lines", "the component has no such input"),
            ("jobs.tune.samples", "unknown key"),
        ],
    ),
    ({"sampling_algorithm": "annealing"}, [("jobs.tune.sampling_algorithm", "unknown; known")]),
]


@pytest.mark.parametrize(("step", "expected"), REFUSED, ids=range(len(REFUSED)))
def test_all_causes_have_one_line_each(
    program: Program, tmp_path: Path, step: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert program("convert", write(tmp_path, step)) == 1
    found = lines(program, "refused: ")
    assert len(found) == len(expected), found
    for line, (path, text) in zip(found, expected, strict=True):
        assert line.startswith(f"refused: {path}: ")
        assert text in line


def test_a_flag_gives_an_input_of_the_pipeline(program: Program, tmp_path: Path) -> None:
    objective = {"goal": "minimize", "primary_metric": "${{parent.inputs.metric}}"}
    limits = {
        "max_total_trials": "${{parent.inputs.trials}}"
    }  # which the pipeline does not declare
    path = write(tmp_path, {"objective": objective, "limits": limits})
    (spec,) = specs(program, path, "--input", "metric=MAE", "--input", "trials=9")
    assert spec["objective"]["primaryMetric"] == "MAE"
    assert spec["limits"]["maxTotalTrials"] == 9
    assert program("convert", path, "--input", "metrik=MAE", "--input", "trials=9") == 1
    assert "--input: 'metrik=MAE': the file has no such input" in program.err
    assert "did you mean metric?" in program.err


def test_a_flag_is_for_the_steps_that_have_the_input(program: Program, tmp_path: Path) -> None:
    other = {**STEP, "inputs": {}, "trial": {**STEP["trial"], "inputs": {"lr": {"type": "number"}}}}
    other["trial"] = {**other["trial"], "command": "fit ${{inputs.lr}} ${{outputs.model}}"}
    path = write(tmp_path, {})
    data = yaml.safe_load(path.read_text())
    data["jobs"]["more"] = other
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    first, second = specs(program, path, "--input", "rows=/data", "--output", "model=/out")
    assert first["inputs"]["rows"] == "/data"
    assert "inputs" not in second


def test_what_the_other_steps_are_is_said(program: Program, tmp_path: Path) -> None:
    path = write(tmp_path, {})
    data = yaml.safe_load(path.read_text())
    data["jobs"]["again"] = data["jobs"]["tune"]
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    assert program("convert", path) == 0
    assert lines(program, "note: jobs: ") == [
        "note: jobs: 'split, check, register': are other steps; they are not converted, and nothing runs them"
    ]
    (line,) = lines(program, "note: jobs.register.inputs.model: ")
    assert "after the sweep, kubectl sweepjob download prices-tune copies it" in line
    assert len(set(program.err.splitlines())) == len(program.err.splitlines())
    assert program("convert", path, "--step", "tune") == 0
    assert "note: jobs: 'split, check, register, again': are other steps" in program.err


def test_each_step_has_a_name_of_its_own(program: Program, tmp_path: Path) -> None:
    path = write(tmp_path, {}, display_name="a pipeline with a name of more than forty-six letters")
    data = yaml.safe_load(path.read_text())
    for name in ("tune_the_second_model", "tune-the-second-model", "t" * 60, "t" * 61):
        data["jobs"][name] = data["jobs"]["tune"]
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    assert program("convert", path) == 0, program.err
    names = [found["metadata"]["name"] for found in load_documents(program.out)]
    assert len(set(names)) == 5
    assert all(len(name) <= SWEEP_NAME_LIMIT for name in names)
    assert names[0].endswith("-tune")
    assert names[1].endswith("-tune-the-second-model")
    assert program("convert", path, "--step", "tune-the-second-model") == 0
    assert [found["metadata"]["name"] for found in load_documents(program.out)] == [names[2]]


def test_a_step_that_may_be_a_pipeline_is_no_refusal(program: Program, tmp_path: Path) -> None:
    jobs = {"split": {"component": "./split.yml"}, "tune": STEP}
    path = write(tmp_path, {}, jobs=jobs)
    specs(program, path)
    (line,) = lines(program, "note: jobs.split.component: ")
    assert "if it is a pipeline, its sweep steps are not converted" in line
    assert program("convert", path, "--step", "split") == 1
    assert program("convert", write(tmp_path, {}, jobs={"split": jobs["split"]})) == 1
    jobs["split"]["type"] = "pipeline"
    assert program("convert", write(tmp_path, {}, jobs=jobs)) == 1
    assert len(lines(program, "refused: jobs.split.component: ")) == 1
    assert len(load_documents(program.out)) == 1


def test_a_parameter_replaces_an_input_and_may_give_fractions(
    program: Program, tmp_path: Path
) -> None:
    space = {**STEP["search_space"], "depth": {"type": "uniform", "min_value": 1, "max_value": 9}}
    inputs = {**STEP["inputs"], "lr": 0.1}
    specs(program, write(tmp_path, {"search_space": space, "inputs": inputs}))
    assert "note: jobs.tune.inputs.lr: 0.1: is not used: the search space has" in program.err
    assert "note: jobs.tune.search_space.depth.type: 'uniform': gives fractions" in program.err


def test_outputs_are_on_the_default_datastore_of_the_pipeline(
    program: Program, tmp_path: Path
) -> None:
    (tmp_path / "map.yaml").write_text(MAP)
    path = write(tmp_path, {})
    (spec,) = specs(program, path, "--azure-map", str(tmp_path / "map.yaml"))
    assert spec["outputs"]["model"] == {
        "volume": {"persistentVolumeClaim": {"claimName": "runs"}},
        "subPath": "out",
    }
    specs(program, path)
    assert "datastore: {runs: {claim: CLAIM}}" in program.err


def test_a_local_run_refuses_what_another_step_gives(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inputs = {**STEP["inputs"], "depth": "${{parent.jobs.split.outputs.depth}}"}
    path = write(tmp_path, {"inputs": inputs})
    assert program("run", "--local", "-f", path) == 1
    for text in (
        "jobs.tune.inputs.rows: '${{parent.jobs.split.outputs.train}}': is an output of the step split",
        "give --input rows=PATH, or give an Azure map",
        "split.outputs.train: {local: PATH}",
        "jobs.tune.inputs.depth: '${{parent.jobs.split.outputs.depth}}': is an output of the step split",
    ):
        assert text in program.err
    assert "REPLACE-ME" not in program.err


def inline(**changes: Any) -> dict[str, Any]:
    return {"trial": {**STEP["trial"], **changes}}


# Steps that Azure's client refuses, and whose meaning is clear.
TAKEN: list[tuple[dict[str, Any], str]] = [
    ({"trial": None, "component": STEP["trial"]}, "jobs.tune.component"),
    (
        inline(
            inputs={"rows": {"type": "uri_folder"}},
            command="fit ${{inputs.rows}} --lr ${{search_space.lr}} --to ${{outputs.model}}",
        ),
        "jobs.tune.trial.command",
    ),
    (inline(inputs={**STEP["trial"]["inputs"], "depth": 4}), "jobs.tune.trial.inputs.depth"),
]


@pytest.mark.parametrize(("step", "path"), TAKEN, ids=range(len(TAKEN)))
def test_what_is_clear_is_taken_with_a_note(
    program: Program, tmp_path: Path, step: dict[str, Any], path: str
) -> None:
    (spec,) = specs(program, write(tmp_path, step))
    assert "--lr ${{search_space.lr}}" in spec["trial"]["command"]
    assert lines(program, f"note: {path}: ")


def test_a_component_that_cannot_be_read_has_one_line(program: Program, tmp_path: Path) -> None:
    for key in ("trial", "component"):
        step = {"trial": None, key: "./none.yml"}
        assert program("convert", write(tmp_path, step)) == 1
        (line,) = lines(program, "refused: ")
        assert line.startswith(f"refused: jobs.tune.{key}: './none.yml': ")


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("${{parent.jobs.spilt.outputs.train}}", "the pipeline has no step spilt; there are: "),
        ("${{parent.jobs.tune.outputs.model}}", "is an output of this step itself"),
    ],
)
def test_an_output_of_no_other_step_is_refused(
    program: Program, tmp_path: Path, reference: str, text: str
) -> None:
    assert program("convert", write(tmp_path, {"inputs": {"rows": reference}})) == 1
    (line,) = lines(program, "refused: ")
    assert text in line


@pytest.mark.parametrize(
    ("pipeline", "code", "text"),
    [
        ({"type": None}, 0, "note: "),
        ({"compute": {"target": "x"}}, 1, "refused: compute: "),
        ({"settings": {"default_compute": ["x"]}}, 1, "must be the name of a compute target"),
        ({"jobs": [STEP]}, 2, "whose jobs are no object with steps by name"),
        ({"jobs": {"a": {"type": "automl"}}}, 2, "AutoML steps (a) train models of Azure's own"),
    ],
    ids=range(5),
)
def test_odd_pipelines(
    program: Program, tmp_path: Path, pipeline: dict[str, Any], code: int, text: str
) -> None:
    assert program("convert", write(tmp_path, {}, **pipeline)) == code
    assert text in program.err


def test_a_pipeline_in_a_pipeline_gets_the_outputs_of_the_steps_around_it(
    program: Program, tmp_path: Path
) -> None:
    inner = {
        "type": "pipeline",
        "inputs": {"rows": {"type": "uri_folder"}},
        "jobs": {"tune": {**STEP, "inputs": {"rows": "${{parent.inputs.rows}}/a.csv"}}},
    }
    (tmp_path / "inner.yml").write_text(yaml.safe_dump(inner))
    for name in ("split", "tune"):  # the second has the name of the step in the inner pipeline
        rows = f"${{{{parent.jobs.{name}.outputs.train}}}}"
        outer = {"component": "./inner.yml", "inputs": {"rows": rows}}
        jobs = {name: PIPELINE["jobs"]["split"], "deep": outer}
        (spec,) = specs(program, write(tmp_path, {}, jobs=jobs))
        assert spec["inputs"]["rows"] == "/REPLACE-ME/inputs/rows"
        assert f"is an output of the step {name}: run that step" in program.err
