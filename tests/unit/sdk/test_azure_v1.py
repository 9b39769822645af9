"""Tests code for ``azureml.train.hyperdrive`` with only its imports, image, data and compute changed."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.azureml.train.hyperdrive import HyperDriveRunConfig
from sweepjob.hyperdrive import (
    BanditPolicy,
    BayesianParameterSampling,
    GridParameterSampling,
    HyperDriveConfig,
    MedianStoppingPolicy,
    NoTerminationPolicy,
    PrimaryMetricGoal,
    RandomParameterSampling,
    ScriptRunConfig,
    TruncationSelectionPolicy,
    choice,
    lognormal,
    loguniform,
    normal,
    qlognormal,
    qloguniform,
    qnormal,
    quniform,
    randint,
    uniform,
)


def spec_of(config: HyperDriveConfig) -> dict[str, Any]:
    manifest = config.to_sweep().to_manifest()
    parse_sweepjob(manifest)
    return dict(manifest["spec"])


def test_a_script_with_arguments() -> None:
    src = ScriptRunConfig(
        source_directory="./scripts",
        script="keras_mnist.py",
        arguments=["--data-folder", "/mnt/mnist", "--batch-size", 50, "--first-layer-neurons", 300],
        image="registry.example/keras:1",
        gpus=1,
        max_run_duration_seconds=600,
    )
    ps = RandomParameterSampling(
        {
            "--batch-size": choice(25, 50, 100),
            "--first-layer-neurons": choice(range(10, 30, 10)),
            "--learning-rate": loguniform(-6, -1),
        }
    )
    with pytest.warns(UserWarning, match="is a parameter of the sweep") as said:
        hyperdrive_config = HyperDriveConfig(
            run_config=src,
            hyperparameter_sampling=ps,
            policy=BanditPolicy(evaluation_interval=2, slack_factor=0.1),
            primary_metric_name="Accuracy",
            primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
            max_total_runs=20,
            max_concurrent_runs=4,
        )
    assert [str(w.message).split()[0] for w in said] == ["--batch-size", "--first-layer-neurons"]
    spec = spec_of(hyperdrive_config)
    assert spec["trial"] == {
        "image": "registry.example/keras:1",
        "command": [
            *("python", "./scripts/keras_mnist.py", "--data-folder", "/mnt/mnist"),
            *("--batch-size", "${{search_space.batch_size}}"),
            *("--first-layer-neurons", "${{search_space.first_layer_neurons}}"),
            *("--learning-rate", "${{search_space.learning_rate}}"),
        ],
        "resources": {"limits": {"nvidia.com/gpu": 1}},
    }
    assert spec["searchSpace"]["first_layer_neurons"] == {"type": "choice", "values": [10, 20]}
    assert spec["limits"] == {
        "maxTotalTrials": 20,
        "maxConcurrentTrials": 4,
        "timeout": 604800,
        "trialTimeout": 600,
    }
    assert spec["metrics"] == {"source": "logs"}
    assert spec["earlyTermination"] == {
        "type": "bandit",
        "slackFactor": 0.1,
        "evaluationInterval": 2,
        "delayEvaluation": 0,
    }


def config(sampling: Any, policy: Any = None, **more: Any) -> HyperDriveConfig:
    return HyperDriveConfig(
        sampling,
        "loss",
        PrimaryMetricGoal.MINIMIZE,
        4,
        policy=policy,
        run_config=ScriptRunConfig(command=["run", "$AZUREML_SWEEP_x"], image="i:1"),
        **more,
    )


EXPRESSIONS = [
    (choice(1, "a"), {"type": "choice", "values": [1, "a"]}),
    (choice([1, 2]), {"type": "choice", "values": [1, 2]}),
    (randint(5), {"type": "randint", "upper": 5}),
    (uniform(0, 1), {"type": "uniform", "minValue": 0, "maxValue": 1}),
    (quniform(1, 9, 2), {"type": "quniform", "minValue": 1, "maxValue": 9, "q": 2}),
    (loguniform(-6, -1), {"type": "loguniform", "minValue": -6, "maxValue": -1}),
    (qloguniform(0, 3, 1), {"type": "qloguniform", "minValue": 0, "maxValue": 3, "q": 1}),
    (normal(10, 3), {"type": "normal", "mu": 10, "sigma": 3}),
    (qnormal(10, 3, 2), {"type": "qnormal", "mu": 10, "sigma": 3, "q": 2}),
    (lognormal(0, 1), {"type": "lognormal", "mu": 0, "sigma": 1}),
    (qlognormal(0, 1, 1), {"type": "qlognormal", "mu": 0, "sigma": 1, "q": 1}),
]


@pytest.mark.parametrize(
    ("expression", "made"), EXPRESSIONS, ids=[m["type"] for _, m in EXPRESSIONS]
)
def test_every_expression(expression: Any, made: dict[str, Any]) -> None:
    assert spec_of(config(RandomParameterSampling({"x": expression})))["searchSpace"] == {"x": made}


POLICIES = [
    (BanditPolicy(slack_amount=0.2, evaluation_interval=1, delay_evaluation=5), {"type": "bandit", "slackAmount": 0.2, "evaluationInterval": 1, "delayEvaluation": 5}),
    (MedianStoppingPolicy(evaluation_interval=1, delay_evaluation=5), {"type": "median_stopping", "evaluationInterval": 1, "delayEvaluation": 5}),
    (TruncationSelectionPolicy(truncation_percentage=20), {"type": "truncation_selection", "truncationPercentage": 20, "evaluationInterval": 1, "delayEvaluation": 0}),
    (NoTerminationPolicy(), None),
    (None, None),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "made"), POLICIES)
def test_every_policy(policy: Any, made: dict[str, Any] | None) -> None:
    assert (
        spec_of(config(RandomParameterSampling({"x": choice(1)}), policy)).get("earlyTermination")
        == made
    )


@pytest.mark.parametrize(
    "goal",
    [
        PrimaryMetricGoal.MINIMIZE,
        PrimaryMetricGoal("MINIMIZE"),
        PrimaryMetricGoal["MINIMIZE"],
        PrimaryMetricGoal.from_str("minimize"),
    ],
)
def test_a_goal_by_its_word(goal: PrimaryMetricGoal) -> None:
    sampling = RandomParameterSampling({"x": choice(1, 2)})
    script = ScriptRunConfig(command=["run", "$AZUREML_SWEEP_x"], image="i:1")
    found = HyperDriveConfig(sampling, "loss", goal, 4, run_config=script)
    assert spec_of(found)["objective"] == {"goal": "minimize", "primaryMetric": "loss"}
    assert goal.value == "MINIMIZE"


def test_the_form_of_old_releases_begins_with_the_estimator() -> None:
    sampling, goal = RandomParameterSampling({"x": choice(1, 2)}), PrimaryMetricGoal.MINIMIZE
    script = ScriptRunConfig(command=["run", "$AZUREML_SWEEP_x"], image="i:1")
    found = HyperDriveRunConfig(script, sampling, "loss", goal, 9, 3, 5, BanditPolicy(1, 0.1))
    spec = spec_of(found)
    assert spec["limits"] == {"maxTotalTrials": 9, "maxConcurrentTrials": 3, "timeout": 300}
    assert spec["earlyTermination"]["type"] == "bandit"


def test_grid_and_bayesian() -> None:
    grid = spec_of(config(GridParameterSampling({"x": choice(1, 2), "a": choice(3)})))
    assert grid["samplingAlgorithm"] == {"type": "grid", "order": ["x", "a"]}
    assert grid["trial"]["command"] == ["run", "${{search_space.x}}"]
    space = {"x": quniform(1, 10, 1), "y": uniform(0, 1), "z": choice("a", "b")}
    assert spec_of(config(BayesianParameterSampling(space)))["samplingAlgorithm"] == {
        "type": "bayesian"
    }


def test_limits_of_v1_for_bayesian_sampling_can_be_lifted() -> None:
    sampling = BayesianParameterSampling({"x": loguniform(-6, -1)}, strict=False)
    assert "earlyTermination" in spec_of(config(sampling, MedianStoppingPolicy()))


def test_a_policy_takes_effect_with_bayesian_sampling_as_azures_client_allows_it() -> None:
    sampling = BayesianParameterSampling({"x": uniform(0, 1)})
    with pytest.warns(UserWarning, match="policy: takes effect, although v1's documents"):
        found = config(sampling, MedianStoppingPolicy())
    assert spec_of(found)["earlyTermination"]["type"] == "median_stopping"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        config(sampling, NoTerminationPolicy())


def test_what_azure_warns_about() -> None:
    many = BayesianParameterSampling({"x": uniform(0, 1)})
    with pytest.warns(UserWarning, match="20 or fewer find more"):
        HyperDriveConfig(
            *(many, "loss", PrimaryMetricGoal.MINIMIZE, 100),
            run_config=ScriptRunConfig(script="t.py", image="i"),
        )
    with pytest.warns(UserWarning, match="10080 at most"):
        long = config(RandomParameterSampling({"x": choice(1)}), max_duration_minutes=20_000)
    assert spec_of(long)["limits"]["timeout"] == 604800


def test_resume_from_becomes_a_warm_start() -> None:
    made = config(
        RandomParameterSampling({"x": choice(1)}),
        resume_from=["first", "second"],
        custom_run_id="third",
    )
    assert spec_of(made)["warmStart"] == {"sweeps": ["first", "second"]}
    assert made.to_sweep().to_manifest()["metadata"]["name"] == "third"
