"""What is allowed and probably not meant: said with the place, and with what to write instead."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.validation.log_bound_warnings import exponent_warnings
from sweepjob.api.validation.spec_warnings import spec_warnings
from sweepjob.early_stopping.policies.forecast import ForecastPolicy
from sweepjob.early_stopping.policy import IntervalSchedule
from sweepjob.objective import Goal
from sweepjob.testing.policies import stops

from .builders import sweepjob

LR = {"type": "loguniform", "minValue": -6, "maxValue": -1}
UNITS = {"type": "choice", "values": [16, 32]}


def log(low: Any, high: Any, kind: str = "loguniform", **more: Any) -> dict[str, Any]:
    return {"type": kind, "minValue": low, "maxValue": high, **more}


def warned(**spec: Any) -> list[tuple[str, str]]:
    body = sweepjob(**spec)
    return [(w.path, str(w)) for w in spec_warnings(body, parse_sweepjob(body))]


def commanded(
    command: Any, space: dict[str, Any] | None = None, **more: Any
) -> list[tuple[str, str]]:
    trial = {"image": "i", "command": command, **more.pop("trial", {})}
    return warned(searchSpace=space or {"lr": LR, "units": UNITS}, trial=trial, **more)


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


def terminated(policy: dict[str, Any], trials: int = 20, **more: Any) -> list[tuple[str, str]]:
    return warned(
        earlyTermination=policy,
        limits={"maxTotalTrials": trials, "maxConcurrentTrials": 1},
        **more,
    )


@pytest.mark.parametrize(
    ("policy", "trials"),
    [
        ({"type": "bandit", "slackFactor": 0.1}, 1),
        ({"type": "median_stopping"}, 1),
        ({"type": "truncation_selection", "truncationPercentage": 10}, 9),
        ({"type": "truncation_selection", "truncationPercentage": 99}, 1),
        ({"type": "asha"}, 2),
        ({"type": "asha", "reductionFactor": 8}, 7),
        ({"type": "hyperband", "maxReports": 4, "brackets": 1}, 2),
        ({"type": "forecast", "probability": 0.1}, 3),
        ({"type": "auto"}, 3),
    ],
    ids=str,
)
def test_a_policy_that_compares_more_trials_than_there_are(
    policy: dict[str, Any], trials: int
) -> None:
    [(path, text)] = terminated(policy, trials)
    assert path == "spec.limits.maxTotalTrials"
    assert f"{policy['type']} compares {trials + 1} trials before it decides" in text
    assert terminated(policy, trials + 1) == []
    assert terminated(policy, trials, warmStart={"sweeps": ["before"]}) == []


WITH_CHECKPOINTS: dict[str, Any] = {
    "outputs": {"state": {"volume": {"persistentVolumeClaim": {"claimName": "c"}}}},
    "trial": {
        "image": "i",
        "command": "train ${{search_space.lr}} ${{search_space.units}}",
        "checkpoint": {"output": "state"},
    },
}


def test_brackets_with_too_few_trials_to_compare_any() -> None:
    policy = {"type": "hyperband", "maxReports": 81}
    [(path, text)] = terminated(policy, 20)
    assert path == "spec.earlyTermination.brackets"
    # Of 20 trials the five brackets get 11, 5, 2, 1 and 1; the last one has no rung.
    assert "of 20 trials bracket 3 has 2, bracket 4 has 1" in text
    assert "stops none of them; raise spec.limits.maxTotalTrials, or set brackets to 2" in text
    assert terminated({**policy, "brackets": 2}, 20) == []
    [(_, text)] = terminated(policy, 20, **WITH_CHECKPOINTS)
    assert "pauses them all" in text
    assert terminated(policy, 143) == []


def test_hyperband_in_a_sweep_in_which_no_bracket_compares_any_trial() -> None:
    # Of the first five trials three are in the first of three brackets.
    policy = {"type": "hyperband", "maxReports": 9}
    [(path, text)] = terminated(policy, 4)
    assert path == "spec.limits.maxTotalTrials"
    assert "hyperband compares 5 trials before it decides, so that it does nothing" in text
    assert "or lower reductionFactor or brackets" in text
    [(path, text)] = terminated(policy, 4, **WITH_CHECKPOINTS)
    assert path == "spec.limits.maxTotalTrials"
    assert "until the bracket has 3 trials, which takes 5 trials in all" in text


@pytest.mark.parametrize(
    ("policy", "trials"),
    [
        ({"type": "auto"}, 2),
        ({"type": "auto", "maxReports": 81}, 1),
        ({"type": "asha", "mode": "promote"}, 2),
        ({"type": "asha", "mode": "promote", "reductionFactor": 8}, 7),
    ],
    ids=str,
)
def test_a_policy_that_pauses_all_trials_of_a_small_sweep(
    policy: dict[str, Any], trials: int
) -> None:
    with_checkpoints = WITH_CHECKPOINTS
    [(path, text)] = terminated(policy, trials, **with_checkpoints)
    assert path == "spec.limits.maxTotalTrials"
    least = policy.get("reductionFactor", 3)
    assert f"pauses each trial at its first rung until there are {least}, so that only one" in text
    assert "does nothing" not in text
    assert terminated(policy, least, **with_checkpoints) == []
    warm = {**with_checkpoints, "warmStart": {"sweeps": ["before"]}}
    # auto does not count those trials, and without a rung it pauses none.
    assert bool(terminated(policy, trials, **warm)) == (policy["type"] == "auto")
    if policy["type"] == "auto":
        found = terminated({"type": "auto", "maxReports": 1}, trials, **with_checkpoints)
        assert [path for path, _ in found] == ["spec.earlyTermination.maxReports"]


@pytest.mark.parametrize(
    ("policy", "path", "better"),
    [
        ({"type": "forecast", "maxReports": 2}, "maxReports", {"maxReports": 3}),
        ({"type": "auto", "maxReports": 2}, "maxReports", {"maxReports": 3}),
        ({"type": "auto", "maxReports": 1}, "maxReports", {"maxReports": 81}),
        (
            {"type": "forecast", "maxReports": 10, "evaluationInterval": 5},
            "evaluationInterval",
            {"evaluationInterval": 4},
        ),
        (
            {"type": "forecast", "maxReports": 9, "delayEvaluation": 5},
            "delayEvaluation",
            {"delayEvaluation": 4},
        ),
        (
            {"type": "forecast", "maxReports": 10, "evaluationInterval": 3, "delayEvaluation": 4},
            "delayEvaluation",
            {"delayEvaluation": 3},
        ),
    ],
    ids=str,
)
def test_a_forecast_that_comes_too_late(
    policy: dict[str, Any], path: str, better: dict[str, Any]
) -> None:
    chance = {"probability": 0.1} if policy["type"] == "forecast" else {}
    [(where, text)] = terminated(policy | chance)
    assert where == f"spec.earlyTermination.{path}"
    assert f"(maxReports: {policy['maxReports']})" in text
    assert terminated(policy | chance | better) == []


def test_no_warning_of_a_policy_stands_where_it_decides() -> None:
    """The first forecast that the warnings count on is the first that the policy makes."""
    for every, delay, complete in itertools.product((1, 2, 3), (0, 1, 4, 5), (2, 3, 8, 9, 10)):
        policy = ForecastPolicy(0.5, complete, IntervalSchedule(every, delay))
        good = [(trial, 0.9 - 0.1 / n) for n in range(1, complete + 1) for trial in range(6)]
        bad = [(9, 0.1)] * complete
        decides = any(stops(policy, Goal.MAXIMIZE, good + bad))
        section = {"evaluationInterval": every, "delayEvaluation": delay, "maxReports": complete}
        found = terminated({"type": "forecast", "probability": 0.5, **section})
        assert bool(found) is not decides, section


@pytest.mark.parametrize(
    ("command", "value", "words"),
    [
        ("train ${{search_space.lr}} | tee out.log", "| tee", "remove it, since"),
        ("train ${{search_space.lr}} 2>&1 | grep -v warn", "| grep", "pipefail"),
        ("cd /code && train ${{search_space.lr}} |& tee log", "| tee", "pipefail"),
        ("train ${{search_space.lr}} | tee log; echo", "| tee", "pipefail"),
        ("train ${{search_space.lr}}; echo done", "echo", "join them by &&"),
        ("train --lr '${{search_space.lr}}'\ncp -r out /data", "cp", "set -e"),
        ('train "${{search_space.lr}}" > log 2>&1; tail log', "tail", "set -e"),
        ("train ${{search_space.lr}} &", "train ${{search_space.lr}} &", "ends with &"),
        ("nohup train ${{search_space.lr}} >log 2>&1 &", None, "ends with &"),
        ("train ${{search_space.lr}} & wait", "wait", "wait $pid"),
        ("set -e\nserve &\ntrain ${{search_space.lr}} > log &\nwait\n", "wait", "is 0 whatever"),
        ("serve & train ${{search_space.lr}}; wait", "wait", "set -e"),
        ("# don't\ntrain ${{search_space.lr}}\necho 'done'", "echo", "set -e"),
        ("train ${{search_space.lr}} \\\n  --x 1; echo done", "echo", "set -e"),
        ("LR=${{search_space.lr}} train; cp -r out /data", "cp", "set -e"),
        ("LR=${{search_space.lr}}; train $LR | tee log", "| tee", "pipefail"),
        ("export LR=${{search_space.lr}}; train; echo done", "echo", "set -e"),
        ("echo ${{search_space.lr}} > c.yaml; train; cp a b", "cp", "set -e"),
    ],
)
def test_an_exit_code_that_is_lost(command: str, value: str | None, words: str) -> None:
    found = commanded(command, {"lr": LR})
    assert {path for path, _ in found} == {"spec.trial.command"}
    text = found[0][1]
    assert words in text
    if value is not None:
        assert f"'{value}'" in text


@pytest.mark.parametrize(
    "command",
    [
        "train ${{search_space.lr}} && echo done",
        "train ${{search_space.lr}} || true",
        "set -e; train ${{search_space.lr}}; echo done",
        "set -euo pipefail\ntrain ${{search_space.lr}} | tee log",
        "set -o pipefail; train ${{search_space.lr}} | tee log",
        "echo begin; train ${{search_space.lr}}",
        "export A=1; cd /code; train ${{search_space.lr}}",
        "cat data | train ${{search_space.lr}}",
        "yes | train ${{search_space.lr}} 2>&1",
        "train ${{search_space.lr}} 'a | b; c &'",
        "train ${{search_space.lr}} \\; \\| \\&",
        "serve & train ${{search_space.lr}}",
        "train ${{search_space.lr}} & wait $!",
        "train ${{search_space.lr}} & pid=$!; wait $pid",
        "train ${{search_space.lr}}; exit $?",
        "train ${{search_space.lr}} # | tee log",
        "for n in 1 2; do train ${{search_space.lr}} | tee log; done",
        "train ${{search_space.lr}} <<< x | cat",
        "LR=${{search_space.lr}}; train --lr $LR",
        "export LR=${{search_space.lr}}\ntrain",
        "echo 'lr: ${{search_space.lr}}' > c.yaml; train --config c.yaml",
        "cd /code && sed -i s/LR/${{search_space.lr}}/ c.yaml\nexec train",
        "mkdir -p out/${{search_space.lr}}; cd out/${{search_space.lr}}; train",
        'echo \'{"lr": "${{search_space.lr}}"}\' | train',
        "sed s/LR/${{search_space.lr}}/ c.yaml | train --config -",
        "X=${{search_space.lr}}; echo val_acc=$X",
        "set -e\nserve &\ntrain ${{search_space.lr}}\nwait",
        "set -eu; train ${{search_space.lr}}; wait",
        "# it's fine\nset -e\ntrain ${{search_space.lr}}\necho 'done'",
        ["sh", "-c", "train | tee log", "${{search_space.lr}}"],
    ],
)
def test_an_exit_code_that_counts(command: Any) -> None:
    assert not [text for _, text in commanded(command, {"lr": LR}) if "exit code" in text]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"type": "choice", "values": [0.5, -1e-5]}, "-1e-05"),
        ({"type": "choice", "values": ["adam", "-"]}, "-"),
        ({"type": "choice", "values": ["--help"]}, "--help"),
        ({"type": "normal", "mu": 0, "sigma": 0.001}, "e-05"),
        ({"type": "uniform", "minValue": -1e20, "maxValue": -1e19}, "e+19"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "command",
    [
        "run --x ${{search_space.x}}",
        "run --x '${{search_space.x}}' --y 1",
        "run -x ${{search_space.x}} | cat; exit",
        ["run", "--x", "${{search_space.x}}"],
    ],
    ids=str,
)
def test_a_value_that_looks_like_an_option(
    command: Any, expression: dict[str, Any], value: str
) -> None:
    found = [text for _, text in commanded(command, {"x": expression}) if "argparse" in text]
    assert len(found) == 1
    assert f"{value}, which Python's argparse takes for an option" in found[0]
    assert "x=${{search_space.x}}" in found[0]


@pytest.mark.parametrize(
    ("command", "expression"),
    [
        ("run --x=${{search_space.x}}", {"type": "choice", "values": [-1e-5]}),
        (["run", "--x=${{search_space.x}}"], {"type": "choice", "values": [-1e-5]}),
        (["run", "${{search_space.x}}"], {"type": "choice", "values": ["--fast", "--slow"]}),
        ("run ${{search_space.x}}", {"type": "choice", "values": ["--fast", "--slow"]}),
        ("run --x ${{search_space.x}}", {"type": "choice", "values": [-0.5, -3, 1e-5, "a-b"]}),
        ("run --x ${{search_space.x}}", {"type": "uniform", "minValue": -1, "maxValue": 1}),
        ("run --x ${{search_space.x}}:1", {"type": "choice", "values": [-1e-5]}),
        ("run --range 0 ${{search_space.x}}", {"type": "choice", "values": [-1e-5]}),
    ],
    ids=str,
)
def test_a_value_that_does_not_look_like_an_option(
    command: Any, expression: dict[str, Any]
) -> None:
    assert commanded(command, {"x": expression}) == []


@pytest.mark.parametrize("key", ["command", "args"])
def test_values_in_a_template_that_look_like_options(key: str) -> None:
    container = {"name": "main", "image": "i", key: ["run", "--x", "${{search_space.x}}"]}
    trial = {"template": {"spec": {"containers": [container]}}}
    space = {"x": {"type": "choice", "values": [-1e-5]}}
    [(path, text)] = warned(searchSpace=space, trial=trial)
    assert path == f"spec.trial.template.spec.containers[0].{key}"
    assert "write --x=${{search_space.x}}" in text
