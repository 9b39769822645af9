"""Tests the conversion of sweep files of Weights & Biases."""

from __future__ import annotations

import copy
import json
import math
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.loading.azure import Conversion, ConversionError, ConversionOptions
from sweepjob.loading.wandb import convert_wandb, is_wandb_sweep

from .foreign_files import WANDB


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    data = copy.deepcopy(WANDB)
    for path, value in changes.items():
        *parents, last = path.split(".")
        node = data
        for key in parents:
            node = node[key]
        if value is None:
            del node[last]
        else:
            node[last] = value
    return data


def converted(data: dict[str, Any], **options: Any) -> Conversion:
    return convert_wandb(copy.deepcopy(data), ConversionOptions(image="i:1", **options), "file")


def outcome(data: dict[str, Any]) -> tuple[Any, list[str]]:
    try:
        found = converted(data)
        return found.manifest, [str(note) for note in found.notes]
    except ConversionError as error:
        return None, [str(problem) for problem in error.problems]


def one(parameter: dict[str, Any], method: str = "random") -> Conversion:
    return converted(
        changed({"parameters": {"x": parameter}, "method": method, "command": ["a", "${args}"]})
    )


@pytest.mark.parametrize("target", [0.25, 0, -1])
def test_the_target_of_the_metric_is_a_limit(target: float) -> None:
    found = converted(changed({"metric.target": target}))
    assert parse_sweepjob(found.manifest).limits.target == target
    assert any("is limits.target" in str(note) for note in found.notes)
    with pytest.raises(ConversionError, match=r"metric\.target: .*must be a finite number"):
        converted(changed({"metric.target": "much"}))


def draws(parameter: dict[str, Any], count: int = 2000) -> list[Any]:
    """Return the values of a parameter over its whole distribution."""
    space = parse_sweepjob(one(parameter).manifest).space
    expression = space.parameters.entries["x"]
    return [expression.quantile((n + 0.5) / count) for n in range(count)]  # type: ignore[union-attr] # a range


def paths(node: Any, parts: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(node, dict | list):
        return []
    keys = node if isinstance(node, dict) else range(len(node))
    return [found for key in keys for found in ((*parts, key), *paths(node[key], (*parts, key)))]


WALK = paths(WANDB)


@pytest.mark.parametrize("parts", WALK, ids=[".".join(map(str, parts)) for parts in WALK])
def test_no_key_is_dropped_silently(parts: tuple[Any, ...]) -> None:
    data: Any = copy.deepcopy(WANDB)
    node = data
    for part in parts[:-1]:
        node = node[part]
    del node[parts[-1]]
    assert outcome(WANDB)[0] is not None, outcome(WANDB)
    assert outcome(data) != outcome(WANDB)


@pytest.mark.parametrize(
    "where", ["", "metric", "early_terminate", "parameters.x", "parameters.seed"]
)
def test_an_unknown_key_is_refused(where: str) -> None:
    found, said = outcome(changed({f"{where}.surprise".strip("."): 1}))
    assert found is None
    assert any("surprise" in line and "unknown key" in line for line in said), said


def test_the_command_has_the_names_of_the_file() -> None:
    trial = converted(WANDB).manifest["spec"]["trial"]
    assert trial["command"][:4] == ["/usr/bin/env", "python", "train.py", "--key=$(KEY)"]
    assert "--batch-size=${{search_space.batch_size}}" in trial["command"]
    assert trial["env"] == [{"name": "KEY", "value": "REPLACE-ME"}]


@pytest.mark.parametrize(
    ("macro", "words"),
    [
        ("${args_no_hyphens}", ["x=${{search_space.x}}"]),
        ("${args_json}", ["$(SWEEPJOB_PARAMETERS)"]),
        ("${args_no_boolean_flags}", ["--x=${{search_space.x}}"]),
    ],
)
def test_macros(macro: str, words: list[str]) -> None:
    changes = {"parameters": {"x": {"values": [1, 2]}}, "command": ["a", macro]}
    assert converted(changed(changes)).manifest["spec"]["trial"]["command"] == ["a", *words]


def test_a_file_with_the_arguments_is_written_first(tmp_path: Path) -> None:
    changes = {"parameters": {"num-x": {"values": [1]}}, "command": ["cat", "${args_json_file}"]}
    found = converted(changed(changes))
    command = found.manifest["spec"]["trial"]["command"]
    assert command[-2:] == ["cat", "/tmp/$(SWEEPJOB_TRIAL).json"]
    # What the kubelet expands, in a folder of the test.
    name = str(tmp_path / "good-0")
    words = [word.replace("/tmp/$(SWEEPJOB_TRIAL)", name) for word in command]
    env = {**os.environ, "SWEEPJOB_PARAMETERS": '{"num_x": 1}'}
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"num_x": 1}
    said = [str(note) for note in found.notes]
    assert any("the JSON has num_x for num-x" in note for note in said), said


def test_objects_among_the_values_are_branches() -> None:
    values = [{"name": "cosine", "warmup-steps": 3}, {"name": "step", "at": {"epoch": None}}]
    found = one({"values": values}, "grid")
    assert found.manifest["spec"]["searchSpace"]["x"]["values"] == [
        {"name": "cosine", "warmup_steps": 3},
        {"name": "step", "at": {"type": "choice", "values": [{"epoch": "None"}]}},
    ]
    said = {note.path for note in found.notes}
    assert said >= {"parameters.x.values[0]", "parameters.x.values[1].at.epoch"}


def test_a_refusal_has_the_path_of_the_file_once() -> None:
    inner = {"parameters": {"b": {"distribution": "beta", "a": 1, "b": 2}}}
    for parameter, path in (
        (inner, "parameters.x.parameters.b.distribution"),
        ({"value": [1, 2]}, "parameters.x.value"),
    ):
        with pytest.raises(ConversionError) as error:
            one(parameter)
        (found,) = error.value.problems
        assert found.path == path


def test_the_default_command_has_all_arguments() -> None:
    changes = {"parameters": {"x": {"values": [True, False]}}, "command": None}
    spec = converted(changed(changes)).manifest["spec"]
    expected = ["/usr/bin/env", "python", "train.py", "--x=${{search_space.x}}"]
    assert spec["trial"]["command"] == expected
    assert spec["searchSpace"]["x"]["values"] == ["True", "False"]


@given(st.integers(-40, 40), st.integers(0, 60))
@settings(max_examples=50, deadline=None)
def test_integers_are_min_to_max(low: int, span: int) -> None:
    values = draws({"min": low, "max": low + span}, 6000)
    counts = Counter(values)
    assert sorted(counts) == list(range(low, low + span + 1))
    assert max(counts.values()) <= min(counts.values()) + 2


@pytest.mark.parametrize(
    ("parameter", "low", "high"),
    [
        ({"distribution": "log_uniform_values", "min": 0.001, "max": 10.0}, 0.001, 10.0),
        ({"distribution": "log_uniform", "min": -3, "max": 2}, math.exp(-3), math.exp(2)),
        ({"distribution": "inv_log_uniform", "min": 1, "max": 4}, math.exp(-4), math.exp(-1)),
        ({"distribution": "inv_log_uniform_values", "min": 0.01, "max": 4.0}, 0.01, 4.0),
    ],
)
def test_logarithmic_distributions(parameter: dict[str, Any], low: float, high: float) -> None:
    values = draws(parameter)
    assert min(values) == pytest.approx(low, rel=1e-2)
    assert max(values) == pytest.approx(high, rel=1e-2)
    assert sorted(values)[1000] == pytest.approx(math.sqrt(low * high), rel=1e-2)


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ({"distribution": "q_uniform", "min": 0.0, "max": 1.0, "q": 0.25}, [0, 0.25, 0.5, 0.75, 1]),
        ({"distribution": "q_log_uniform_values", "min": 2, "max": 6, "q": 2}, [2, 4, 6]),
        ({"distribution": "q_uniform", "min": 0, "max": 3}, [0, 1, 2, 3]),
    ],
)
def test_quantized_distributions(parameter: dict[str, Any], expected: list[float]) -> None:
    assert sorted(set(draws(parameter))) == expected


def test_probabilities_repeat_values() -> None:
    space = one({"values": ["a", "b"], "probabilities": [0.2, 0.8]}).manifest["spec"]["searchSpace"]
    assert space["x"]["values"] == ["a", "b", "b", "b", "b"]


def test_a_grid_has_all_combinations_and_the_order_of_the_file() -> None:
    parameters = {"z": {"min": 1, "max": 3}, "a": {"values": ["x", "y"]}}
    data = changed({"method": "grid", "parameters": parameters, "run_cap": None})
    spec = converted(data).manifest["spec"]
    assert spec["limits"]["maxTotalTrials"] == 6
    assert spec["samplingAlgorithm"] == {"type": "grid", "order": ["z", "a"]}


def test_hyperband_is_asha() -> None:
    spec = converted(WANDB).manifest["spec"]
    assert spec["earlyTermination"] == {"type": "asha", "reductionFactor": 4, "gracePeriod": 2}
    terminate = {"type": "hyperband", "max_iter": 27, "s": 2}
    spec = converted(changed({"early_terminate": terminate})).manifest["spec"]
    expected = {"type": "asha", "reductionFactor": 3, "gracePeriod": 3, "maxReports": 27}
    assert spec["earlyTermination"] == expected


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"run_cap": None}, "run_cap", "--trials"),
    ({"method": "custom"}, "method", "known"),
    ({"metric": None}, "metric", "required"),
    ({"program": None}, "program", "required"),
    ({"parameters.x": {"distribution": "beta", "a": 1, "b": 2}}, "parameters.x.distribution", "beta"),
    ({"parameters.x": {"values": [[1, 2]]}}, "parameters.x.values[0]", "text"),
    ({"parameters.x": {}}, "parameters.x", "values"),
    ({"parameters.x.min": 3.0}, "parameters.x.min", "above max"),
    ({"parameters.x": {"distribution": "log_uniform_values", "min": 0, "max": 1}}, "parameters.x.min", "above 0"),
    ({"method": "grid"}, "parameters.x", "grid"),
    ({"command": ["${args_yaml}"]}, "command[0]", "unknown macro"),
    ({"image_uri": "registry.example/a:1", "program": None, "command": None}, "image_uri", "--image"),
    ({"early_terminate": {"type": "hyperband"}}, "early_terminate", "min_iter"),
    ({"early_terminate": {"type": "envelope"}}, "early_terminate.type", "hyperband"),
    ({"job": "team/project/job:latest"}, "job", "--image"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "where", "why"), REFUSED, ids=[r[1] for r in REFUSED])
def test_refused(changes: dict[str, Any], where: str, why: str) -> None:
    found, said = outcome(changed(changes))
    assert found is None
    assert any(line.startswith(where) and why in line for line in said), said


def test_what_a_sweep_file_is() -> None:
    assert is_wandb_sweep(WANDB)
    assert not is_wandb_sweep({"type": "sweep", "method": "a", "parameters": {}})
    assert not is_wandb_sweep([])
