"""What is allowed and probably not meant: said with the place, and with what to write instead."""

from __future__ import annotations

import math
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.validation.log_bound_warnings import exponent_warnings
from sweepjob.api.validation.spec_warnings import spec_warnings

from .builders import sweepjob
from .warned_specs import LR, UNITS, commanded, log, warned


def test_a_sound_spec_has_no_warnings() -> None:
    assert warned() == []


@pytest.mark.parametrize(
    ("low", "high"), [(1e-4, 1e-1), (0.001, 10), (1e-6, 1), (16, 512), (0.5, 1), (1e-5, 0.03)]
)
@pytest.mark.parametrize("kind", ["loguniform", "qloguniform"])
def test_bounds_that_look_like_values(low: float, high: float, kind: str) -> None:
    more = {"q": 1e-6} if kind == "qloguniform" else {}
    [(path, text)] = warned(searchSpace={"lr": log(low, high, kind, **more), "units": UNITS})
    assert path == "spec.searchSpace.lr"
    line = f"lr: {{type: {kind}, low: {low}, high: {high}"
    assert line in text
    assert "exponents" in text


@pytest.mark.parametrize(
    ("low", "high"), [(-6, -1), (-11.5, -2.3), (0, 3), (-3, 3), (1, 5), (-1, 1), (0.5, 2), (2, 9)]
)
def test_bounds_that_are_exponents(low: float, high: float) -> None:
    assert warned(searchSpace={"lr": log(low, high), "units": UNITS}) == []


def test_the_suggested_line_is_valid() -> None:
    space = {"lr": {"type": "loguniform", "low": 1e-4, "high": 0.1}, "units": UNITS}
    assert warned(searchSpace=space) == []
    expression = parse_sweepjob(sweepjob(searchSpace=space)).space.parameters.entries["lr"]
    assert not isinstance(expression, int | float | str)
    assert 1e-4 <= expression.quantile(1e-12) < 1.001e-4
    assert 0.0999 < expression.quantile(1 - 1e-12) <= 0.1


def test_a_bound_of_0_has_no_exponent() -> None:
    [(_, text)] = warned(searchSpace={"lr": log(0, 0.5), "units": UNITS})
    assert "use uniform" in text


def test_bounds_in_a_branch_and_to_another_base() -> None:
    model = {"type": "choice", "values": [{"kind": "a", "lr": log(1e-4, 0.1)}, {"kind": "b"}]}
    command = "run ${{search_space.model}}"
    [(path, _)] = commanded(command, {"model": model})
    assert path == "spec.searchSpace.model.values[0].lr"
    ten = {"type": "random", "logbase": 10}
    assert warned(samplingAlgorithm=ten, searchSpace={"lr": log(1, 8), "units": UNITS}) == []
    assert warned(samplingAlgorithm=ten, searchSpace={"lr": log(1, 16), "units": UNITS})


@pytest.mark.parametrize(
    ("mu", "sigma", "said"), [(0.01, 0.001, 1), (64, 1, 1), (0, 1, 0), (-4, 0.1, 0), (1, 1, 0)]
)
def test_mu_and_sigma_that_look_like_values(mu: float, sigma: float, said: int) -> None:
    space = {"lr": {"type": "lognormal", "mu": mu, "sigma": sigma}, "units": UNITS}
    assert len(warned(searchSpace=space)) == said


LOOKALIKES = [
    "{{lr}}", "{lr}", "${lr}", "$lr", "{{ lr }}", "{{search_space.lr}}", "${search_space.lr}", "{search_space.lr}",
    "${searchSpace.lr}", "$(lr)", "%(lr)s", "<lr>", "${search_space.learning_rate}", "$search_space.lr",
    "{{inputs.lr}}", "{ search_space.lr }",
]  # fmt: skip


@pytest.mark.parametrize("written", LOOKALIKES)
def test_text_that_looks_like_a_reference(written: str) -> None:
    """``{search_space.learning_rate}`` is near ``search_space.learning_rates``; others are exact."""
    space = {"learning_rates" if "learning" in written else "lr": LR, "units": UNITS}
    name = next(iter(space))
    found = commanded(f"python train.py --lr {written} --units ${{{{search_space.units}}}}", space)
    assert [path for path, _ in found] == ["spec.trial.command"]
    assert f"did you mean ${{{{search_space.{name}}}}}?" in found[0][1]


@pytest.mark.parametrize(
    "command",
    [
        "lr=${{search_space.units}}; python train.py --lr $lr",
        "export lr=1; python train.py --lr ${lr} ${{search_space.units}}",
        "for lr in 1 2; do python train.py $lr ${{search_space.units}}; done",
        "python train.py ${{search_space.lr}} ${{search_space.units}} {lr} $lr ${lr}",
        "awk '{print $1}' ${{search_space.lr}} ${{search_space.units}}",
        "python train.py --out out/lr_${{search_space.lr}}u${{search_space.units}}",
        "python train.py a${{search_space.lr}}b ${{ search_space.units }}",
        'python train.py "$AZUREML_SWEEP_lr" ${{search_space.units}}',
        "python train.py --parameters $SWEEPJOB_PARAMETERS",
        "python train.py ${{search_space.units}} --from AZUREML_SWEEP_",
        "python train.py",
        "python train.py --lr 0.1",
    ],
)
def test_no_false_warnings(command: str) -> None:
    found = [text for _, text in commanded(command) if "did you mean" in text]
    assert found == []


def test_an_unused_parameter() -> None:
    [(path, text)] = commanded("python train.py --units ${{search_space.units}}")
    assert path == "spec.searchSpace.lr"
    assert "${{search_space.lr}}" in text
    assert "AZUREML_SWEEP_lr" in text
    for env in ("AZUREML_SWEEP_lr", "SWEEPJOB_PARAMETERS"):
        trial = {"env": [{"name": "READS", "value": env}]}
        assert commanded("python train.py --units ${{search_space.units}}", trial=trial) == []
    assert commanded("python train.py --lr 1") == [], "a script may read all from its environment"


def test_a_reference_to_a_part_of_a_branch_is_a_use() -> None:
    model = {"type": "choice", "values": [{"kind": "a", "x": UNITS}, {"kind": "b", "x": UNITS}]}
    assert commanded("run ${{search_space.model.kind}}", {"model": model}) == []


def test_a_reference_to_an_input_instead_of_a_parameter() -> None:
    [(path, text)] = commanded("run ${{inputs.lr}}", {"lr": LR}, inputs={"lr": 0.1})
    assert path == "spec.searchSpace.lr"
    assert "write ${{search_space.lr}}, and remove the input" in text


def test_templates_are_checked_like_commands() -> None:
    container = {
        "name": "t",
        "image": "i",
        "args": ["--lr={{lr}}", "--units=${{search_space.units}}"],
    }
    found = warned(trial={"template": {"spec": {"containers": [container]}}})
    assert [p for p, _ in found] == ["spec.trial.template.spec.containers[0].args[0]"]


def test_lines_without_a_backslash() -> None:
    both = "--units ${{search_space.units}} --lr ${{search_space.lr}}"
    [(path, text)] = commanded(f"python train.py\n  {both}\n")
    assert path == "spec.trial.command"
    assert "end the line before with a backslash" in text
    assert commanded(f"python train.py \\\n  {both}\n") == []
    assert commanded(f"python train.py {both} <<A\n--x\nA\n") == []


@pytest.mark.parametrize("shell", ["sh", "/bin/bash"])
def test_a_value_in_a_script_in_a_command_list(shell: str) -> None:
    space = {"name": {"type": "choice", "values": ["plain", "two words"]}}
    [(path, text)] = commanded([shell, "-lc", "run ${{search_space.name}}"], space)
    assert path == "spec.trial.command[2]"
    assert "'two words'" in text
    assert '"$AZUREML_SWEEP_name"' in text
    assert commanded([shell, "-c", "run ${{search_space.lr}} ${{search_space.units}}"]) == []
    assert commanded(["python", "-c", "${{search_space.name}}"], space) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("lr", "search_space.lr"),
        ("searchSpace.lr", "search_space.lr"),
        ("search-space.lr", "search_space.lr"),
        ("inputs.lr", "search_space.lr"),
        ("search_space.unit", "search_space.units"),
        ("search_space.Lr", "search_space.lr"),
        ("space.units", "search_space.units"),
    ],
)
def test_an_unresolved_reference_suggests_a_name(written: str, meant: str) -> None:
    body = sweepjob(trial={"image": "i", "command": f"run ${{{{ {written} }}}}"})
    with pytest.raises(ValueError, match="refers to nothing") as caught:
        parse_sweepjob(body)
    assert f"did you mean ${{{{{meant}}}}}?" in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "numbers"),
    [
        ({"type": "loguniform", "minValue": 1e-4, "maxValue": 0.1}, [1e-4, 0.1]),
        ({"type": "qloguniform", "q": 1, "minValue": 0, "maxValue": 1}, [0, 1]),
        ({"type": "lognormal", "sigma": 0.1, "mu": 0.5}, [0.5, 0.1]),
    ],
)
def test_the_numbers_of_a_warning_have_one_order(
    expression: dict[str, Any], numbers: list[float]
) -> None:
    """The API server sorts the keys of an object, so the operator gets maxValue before minValue."""
    for keys in (list(expression), sorted(expression), sorted(expression, reverse=True)):
        [warning] = exponent_warnings({"p": {key: expression[key] for key in keys}}, math.e)
        assert warning.value == numbers


def test_outputs_in_one_folder() -> None:
    claim = {"persistentVolumeClaim": {"claimName": "models"}}
    [(path, text)] = warned(outputs={"a": {"volume": claim}, "b": {"volume": claim}})
    assert path == "spec.outputs.b.subPath"
    assert "is the folder of the output a, too" in text
    apart = {"a": {"volume": claim}, "b": {"volume": claim, "subPath": "b"}}
    assert warned(outputs=apart) == []
    assert warned(outputs={n: {"volume": {"emptyDir": {}}} for n in "ab"}) == []


@pytest.mark.parametrize(
    ("source", "volume", "said"),
    [
        ("mlflow", "persistentVolumeClaim", []),
        ("file", "persistentVolumeClaim", []),
        ("logs", "persistentVolumeClaim", ["spec.metrics.source"]),
        ("pushgateway", "nfs", ["spec.metrics.source"]),
        ("wandb", "nfs", ["spec.metrics.source"]),
        ("tensorboard", "hostPath", ["spec.trial.checkpoint.output"]),
    ],
)
def test_checkpoints_without_steps_or_on_one_node(
    source: str, volume: str, said: list[str]
) -> None:
    body = sweepjob(
        outputs={"state": {"volume": {volume: {"path": "/x"}}}},
        metrics={"source": source},
    )
    assert spec_warnings(body, parse_sweepjob(body)) == []
    body["spec"]["trial"]["checkpoint"] = {"output": "state"}
    assert [w.path for w in spec_warnings(body, parse_sweepjob(body))] == said


def test_limits_on_usage_that_no_trial_approaches() -> None:
    """The trial of the sample requests a GPU."""
    total = {"maxTotalTrials": 4}
    limits = {**total, "maxGpuHours": 2, "maxCost": 5, "prices": {"nvidia.com/gpu": 1}}
    assert warned(limits=limits) == []
    other = {**total, "maxCost": 5, "prices": {"nvidia.com/gpus": 1, "cpu": 0.1}}
    [(path, text)] = warned(limits=other)
    assert path == "spec.limits.prices.nvidia.com/gpus"
    assert "does not count; did you mean nvidia.com/gpu?" in text
    [(path, text)] = warned(limits={**total, "maxCost": 5})
    assert "limits.prices has no price" in text
    plain = {"image": "i", "command": "train ${{search_space.lr}} ${{search_space.units}}"}
    [(path, text)] = warned(limits={**total, "maxGpuHours": 2}, trial=plain)
    assert path == "spec.limits.maxGpuHours"
    assert "never reached; use timeout" in text
