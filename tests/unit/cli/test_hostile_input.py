"""Files for convert that somebody made to hold it up, or that are no files."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
import yaml
from sweepjob.loading import yaml_text
from sweepjob.loading.yaml_text import InvalidYamlError, load_documents

from tests.processor_time import assert_within, best_of

from .program import Program

SWEEP = """
type: sweep
trial: {command: "python a.py --x ${{search_space.x}}", environment: {image: "a:1"}}
sampling_algorithm: random
search_space: {x: {type: uniform, min_value: 0, max_value: 1}}
objective: {goal: minimize, primary_metric: loss}
limits: {max_total_trials: 4}
"""


def _nested(line: str, depth: int) -> str:
    """Objects each of which has the one before ten times."""
    lines = (line.format(n, ", ".join([f"*a{n - 1}"] * 10)) for n in range(1, depth))
    return "\n".join(["a0: &a0 {x: 1, y: 2}", *lines])


@pytest.mark.parametrize("line", ["a{0}: &a{0} {{<<: [{1}]}}", "a{0}: &a{0} [{1}]"])
def test_aliases_and_merges_are_not_copied_without_a_limit(line: str) -> None:
    def load() -> None:
        with pytest.raises(InvalidYamlError, match="has more than 200000 values"):
            load_documents(_nested(line, 12))

    assert_within(10, load)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}", {"x": 1, "y": 3}),
        ("a: &a {x: 1}\nc: &c {x: 2, z: 4}\nb: {y: 3, <<: [*a, *c]}", {"x": 1, "y": 3, "z": 4}),
        ("a: &a {x: 1}\nc: &c {<<: *a, y: 2}\nb: {<<: *c}", {"x": 1, "y": 2}),
        ("b: &b {<<: *b, x: 1}", {"x": 1}),
        ("b: {<<: {x: 1}}", {"x": 1}),
    ],
)
def test_merges_are_those_of_yaml(text: str, expected: dict[str, int]) -> None:
    [found] = load_documents(text)
    assert found["b"] == expected == yaml.safe_load(text)["b"]


def test_a_merge_of_what_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidYamlError, match="merges what is no object with << in line 2"):
        load_documents("a: 1\nb: {<<: [{x: 1}, 3]}")


def test_many_keys_take_linear_time() -> None:
    def seconds(count: int) -> float:
        text = "\n".join(f"k{n}: 1" for n in range(count))
        return best_of(3, lambda: load_documents(text))

    assert seconds(6_000) < 8 * seconds(1_500)
    with pytest.raises(InvalidYamlError, match="has the key 'k7' twice"):
        load_documents("\n".join(f"k{n}: 1" for n in [*range(9), 7]))


@pytest.mark.parametrize(
    "text", ["[" + "0," * 5000 + "0]", "0\n---\n" * 2000, "a: {b: 1, c: 2}\n" * 900]
)
def test_what_follows_too_many_values_is_not_read(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of six megabytes took minutes until it was refused."""
    monkeypatch.setattr(yaml_text, "_MAX_NODES", 1000)
    with pytest.raises(InvalidYamlError, match="has more than 1000 values"):
        load_documents(text + "\n: : {not YAML")


def test_a_kubernetes_object_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "_AzureLoader", None)
    assert load_documents("apiVersion: v1\nlr: 1e-3\n---\n") == [{"apiVersion": "v1", "lr": 1e-3}]


@pytest.mark.parametrize("number", [f"0x{'f' * 5000}", "1" * 5000, str(2**64 + 1), f"-{2**70}"])
def test_numbers_that_no_object_can_have(program: Program, tmp_path: Path, number: str) -> None:
    file = tmp_path / "sweep.yml"
    file.write_text(SWEEP.replace("max_total_trials: 4", f"max_total_trials: {number}"))
    assert program("convert", str(file)) == 2
    assert program.err.startswith(f"error: {file}: has a ")


def test_a_pipe_is_read_once(program: Program, tmp_path: Path) -> None:
    """Its beginning shows whether it is a study; what was read of a pipe would be gone."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = SWEEP + "".join(f"# {'x' * 70}\n" for _ in range(400))
    writer = threading.Thread(target=pipe.write_text, args=(text,))
    writer.start()
    assert program("convert", str(pipe)) == 0, program.err
    writer.join()
    assert "python a.py --x" in program.out


def test_a_file_without_an_end(program: Program) -> None:
    assert program("convert", "/dev/zero") == 2
    assert "/dev/zero: has more than 16777216 bytes" in program.err


@pytest.mark.parametrize("component", ["/dev/zero", "./pipe", ".", "./missing.yml"])
def test_a_pipeline_of_what_is_no_file(program: Program, tmp_path: Path, component: str) -> None:
    """It may have sweeps, so leaving it out would be wrong without a word."""
    os.mkfifo(tmp_path / "pipe")
    file = tmp_path / "pipeline.yml"
    jobs = {"inner": {"type": "pipeline", "component": component}, "own": yaml.safe_load(SWEEP)}
    file.write_text(yaml.safe_dump({"type": "pipeline", "jobs": jobs}))
    assert program("convert", str(file)) == 1
    assert f"refused: jobs.inner.component: '{component}'" in program.err


def test_pipelines_that_contain_themselves_or_very_many(program: Program, tmp_path: Path) -> None:
    step = "type: pipeline\njobs: {{a: {{component: ./{0}.yml}}, b: {{component: ./{0}.yml}}}}"
    for number in range(17):
        (tmp_path / f"p{number}.yml").write_text(step.format(f"p{number + 1}"))
    (tmp_path / "p17.yml").write_text("type: command")
    assert program("convert", str(tmp_path / "p0.yml")) == 1
    assert "is not read: the pipeline refers to more than 1000 files" in program.err
    (tmp_path / "own.yml").write_text("type: pipeline\njobs: {a: {component: ./own.yml}}")
    assert program("convert", str(tmp_path / "own.yml")) == 1
    assert "nested deeper than 20 levels: one may contain itself" in program.err


@pytest.mark.parametrize(
    "text",
    [
        "SQLite format 3\0garbage",
        '{"op_code": 99, "worker_id": "x"}',
        '{"op_code": 0, "worker_id": "x", "study_name": "s", "directions": [1]}\n[1]\n{}',
        '{"op_code": 0}',
        '{"op_code": {}}',
    ],
)
def test_what_looks_like_a_study_and_is_none(program: Program, tmp_path: Path, text: str) -> None:
    file = tmp_path / "study"
    file.write_text(f"{text}\n")
    assert program("convert", str(file)) == 2
    assert program.err.startswith(f"error: {file}: Optuna cannot read it: ")
    assert len(program.err.splitlines()) == 1
