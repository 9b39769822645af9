"""Converts tuning jobs of SageMaker; a walk over all keys of the request finds none dropped."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.loading.azure.conversion import Conversion, ConversionError, ConversionOptions
from sweepjob.loading.formats import SAGEMAKER, convert_document, format_of
from sweepjob.loading.sagemaker import convert_tuning_job

from .cli.program import Program
from .foreign_files import TUNING_JOB

OPTIONS = ConversionOptions(image="registry.example/train:1")
# Every key of CreateHyperParameterTuningJob; where several exclude each other, one of them.


def converted(data: dict[str, Any], options: ConversionOptions = OPTIONS) -> Conversion:
    return convert_document(data, options, "file")


def changed(**paths: Any) -> dict[str, Any]:
    """The full request with values by path, with __ between keys; None removes a key."""
    data = copy.deepcopy(TUNING_JOB)
    for path, value in paths.items():
        *above, last = path.split("__")
        inner = data
        for key in above:
            inner = inner[key]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return data


def refusals(data: dict[str, Any]) -> str:
    with pytest.raises(ConversionError) as refused:
        converted(data)
    return str(refused.value)


CONFIG, JOB = "HyperParameterTuningJobConfig", "TrainingJobDefinition"


def test_a_tuning_job_is_a_sweepjob() -> None:
    assert format_of(TUNING_JOB) == SAGEMAKER
    found = converted(TUNING_JOB)
    spec = found.manifest["spec"]
    parse_sweepjob(found.manifest)
    assert found.manifest["metadata"]["name"] == "digits-tuning"
    assert spec["objective"] == {"goal": "maximize", "primaryMetric": "val:acc"}
    assert spec["samplingAlgorithm"] == {"type": "bayesian", "seed": 7}
    assert spec["limits"] == {
        "maxTotalTrials": 20,
        "maxConcurrentTrials": 4,
        "timeout": 7200,
        "trialTimeout": 600,
        "target": 0.99,
        "noImprovementTrials": 10,
    }
    assert spec["searchSpace"]["lr"] == {"type": "loguniform", "low": 0.001, "high": 0.1}
    assert spec["searchSpace"]["momentum"] == {"type": "uniform", "minValue": 0.5, "maxValue": 0.9}
    assert spec["searchSpace"]["optimizer"] == {"type": "choice", "values": ["sgd", "adam"]}
    assert spec["metrics"] == {"source": "logs", "pattern": "val_acc=(?P<value>[0-9\\.]+)"}
    assert spec["earlyTermination"]["type"] == "median_stopping"
    assert spec["trial"]["command"][:2] == ["python", "train.py"]
    assert "--num-layers=${{search_space.num_layers}}" in spec["trial"]["command"]
    assert "--epochs=3" in spec["trial"]["command"]
    assert spec["trial"]["maxRetries"] == 2
    assert {"name": "SM_CHANNEL_TRAIN", "value": "REPLACE-ME"} in spec["trial"]["env"]


def test_integers_have_the_same_probabilities() -> None:
    space = parse_sweepjob(converted(TUNING_JOB).manifest).space
    layers = space.parameters.entries["num_layers"]
    drawn = [layers.quantile((n + 0.5) / 1000) for n in range(1000)]  # type: ignore[union-attr] # a range
    assert {value: drawn.count(value) for value in set(drawn)} == dict.fromkeys(range(1, 6), 200)


def keys(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all keys whose names SageMaker gives."""
    if isinstance(data, dict) and path[-1:] not in (("StaticHyperParameters",), ("Environment",)):
        for key, value in data.items():
            yield (*path, key)
            yield from keys(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from keys(value, (*path, number))


# What is inside of them is AWS's, and they are refused, carried over as a whole, or noted as a whole.
WHOLE = ("InputDataConfig", "VpcConfig", "OutputDataConfig", "CheckpointConfig", "Tags")
WHOLE += ("TuningJobCompletionCriteria", "HyperParameterTuningResourceConfig")


@pytest.mark.parametrize(
    "path", [p for p in keys(TUNING_JOB) if not set(WHOLE) & set(p[:-1])], ids=str
)
def test_no_key_is_dropped(path: tuple[Any, ...]) -> None:
    """A misspelt key is refused, so every key is read; one that changes nothing has a note."""
    data = copy.deepcopy(TUNING_JOB)
    inner: Any = data
    for key in path[:-1]:
        inner = inner[key]
    inner[f"{path[-1]}X"] = inner.pop(path[-1])
    with pytest.raises(ConversionError, match=r"unknown key|is required"):
        convert_tuning_job(data, OPTIONS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"WarmStartConfig": {"x": 1}}, "WarmStartConfig"),
        ({"Autotune": {"Mode": "Enabled"}}, "Autotune"),
        ({"TrainingJobDefinitions": []}, "TrainingJobDefinitions"),
        (
            {f"{CONFIG}__ParameterRanges__AutoParameters": [{"Name": "x"}]},
            "ParameterRanges.AutoParameters",
        ),
        ({f"{CONFIG}__Strategy": "Magic"}, "Strategy: 'Magic': unknown; known: bayesian"),
        (
            {
                f"{CONFIG}__ParameterRanges__ContinuousParameterRanges": [
                    {
                        "Name": "x",
                        "MinValue": "0.1",
                        "MaxValue": "0.9",
                        "ScalingType": "ReverseLogarithmic",
                    }
                ]
            },
            "ContinuousParameterRanges[0].ScalingType: 'ReverseLogarithmic': has no counterpart",
        ),
        (
            {
                f"{CONFIG}__ParameterRanges__ContinuousParameterRanges": [
                    {"Name": "x", "MinValue": "0", "MaxValue": "0.9", "ScalingType": "Logarithmic"}
                ]
            },
            "MinValue: '0': must be above 0",
        ),
        (
            {
                f"{JOB}__AlgorithmSpecification__MetricDefinitions": [
                    {"Name": "val:acc", "Regex": "a(?=b)(c)"}
                ]
            },
            "MetricDefinitions",
        ),
        ({f"{JOB}__ResourceConfig__InstanceGroups": [{}]}, "InstanceGroups"),
    ],
)
def test_what_has_no_counterpart_is_refused_with_its_path(
    change: dict[str, Any], words: str
) -> None:
    assert words in refusals(changed(**change))


def test_hyperband_needs_the_largest_resource_for_its_brackets() -> None:
    spec = converted(changed(**{f"{CONFIG}__Strategy": "Hyperband"})).manifest["spec"]
    assert spec["samplingAlgorithm"]["type"] == "random"
    assert spec["earlyTermination"] == {"type": "hyperband", "gracePeriod": 1, "maxReports": 9}
    most = f"{CONFIG}__StrategyConfig__HyperbandStrategyConfig__MaxResource"
    found = converted(changed(**{f"{CONFIG}__Strategy": "Hyperband", most: None}))
    assert found.manifest["spec"]["earlyTermination"] == {"type": "asha", "gracePeriod": 1}
    assert any("MaxResource, which is absent" in note.message for note in found.notes)


def test_a_description_has_results_that_are_no_part_of_the_sweep() -> None:
    answer = {
        **TUNING_JOB,
        "HyperParameterTuningJobArn": "arn",
        "HyperParameterTuningJobStatus": "Completed",
        "BestTrainingJob": {},
    }
    assert converted(answer).manifest["spec"] == converted(TUNING_JOB).manifest["spec"]


def test_the_program_converts_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = Program(capsys, tmp_path)
    file = program.file(json.dumps(TUNING_JOB), "tuning.json")
    assert program("convert", file, "--from", "sagemaker", "--image", "x:1") == 0
    assert "kind: SweepJob" in program.out
    assert "InputDataConfig[0]" in program.err


def test_a_grid_without_a_number_of_trials_is_whole() -> None:
    """SageMaker computes it as well."""
    ranges = {"Name": "a", "Values": ["1", "2"]}, {"Name": "b", "Values": ["x", "y", "z"]}
    grid = changed(
        HyperParameterTuningJobConfig__Strategy="Grid",
        HyperParameterTuningJobConfig__ParameterRanges={"CategoricalParameterRanges": list(ranges)},
        HyperParameterTuningJobConfig__ResourceLimits={"MaxParallelTrainingJobs": 2},
    )
    assert converted(grid).manifest["spec"]["limits"]["maxTotalTrials"] == 6
    grid[CONFIG]["Strategy"] = "Random"
    path = f"{CONFIG}.ResourceLimits.MaxNumberOfTrainingJobs"
    assert refusals(grid) == f"{path}: None: is required for this strategy: give --trials"


def test_the_option_takes_the_place_of_the_number_of_trials() -> None:
    found = converted(TUNING_JOB, replace(OPTIONS, trials=5))
    assert found.manifest["spec"]["limits"]["maxTotalTrials"] == 5
    assert any("is 5, of --trials" in str(note) for note in found.notes)


@pytest.mark.parametrize("scale", ["Logarithmic", "ReverseLogarithmic"])
def test_a_range_is_refused_once_by_its_path(scale: str) -> None:
    wrong = {"Name": "n", "MinValue": "0", "MaxValue": "9", "ScalingType": scale}
    ranges = {"IntegerParameterRanges": [wrong]}
    said = refusals(changed(HyperParameterTuningJobConfig__ParameterRanges=ranges))
    assert said.startswith(f"{CONFIG}.ParameterRanges.IntegerParameterRanges[0].")
    assert said.count(f"{CONFIG}.") == 1


@pytest.mark.parametrize("command", [None, "python other.py"])
def test_what_sagemakers_containers_read_is_noted(command: str | None) -> None:
    static = {"sagemaker_program": '"a.py"', "sagemaker_region": '"eu"', "epochs": "3"}
    data = changed(TrainingJobDefinition__StaticHyperParameters=static)
    found = converted(data, replace(OPTIONS, command=command))
    (said,) = (str(note) for note in found.notes if "SageMaker's containers" in note.message)
    assert "sagemaker_region" in said
    assert ("sagemaker_program" in said) == (command is not None)
