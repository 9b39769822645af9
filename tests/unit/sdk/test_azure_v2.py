"""Tests code for ``azure.ai.ml`` with only its imports, image, data and compute changed."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob import Input, Output, command
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.sweep import (
    AshaPolicy,
    AutoPolicy,
    BanditPolicy,
    BayesianSamplingAlgorithm,
    Choice,
    ForecastPolicy,
    GridSamplingAlgorithm,
    HyperbandPolicy,
    LogNormal,
    LogUniform,
    MedianStoppingPolicy,
    Normal,
    Objective,
    QLogNormal,
    QLogUniform,
    QNormal,
    QUniform,
    Randint,
    RandomSamplingAlgorithm,
    SweepJob,
    SweepJobLimits,
    TruncationSelectionPolicy,
    Uniform,
)


def spec_of(job: SweepJob) -> dict[str, Any]:
    manifest = job.to_manifest()
    parse_sweepjob(manifest)
    return dict(manifest["spec"])


def test_a_command_becomes_a_sweep() -> None:
    job = command(
        command="python main.py --data ${{inputs.data}} --lr ${{inputs.learning_rate}} --boosting {inputs.boosting}",
        image="registry.example/lightgbm:1",
        inputs={
            "data": Input(type="uri_file", path="https://data.example/iris.csv"),
            "learning_rate": 0.9,
            "boosting": "gbdt",
            "seed": None,
        },
        environment_variables={"LEVEL": 3, "LR": "${{inputs.learning_rate}}"},
        display_name="LightGBM on iris",
        experiment_name="iris",
        description="Which boosting is best?",
        tags={"team": "a"},
        timeout=7200,
    )
    job_for_sweep = job(
        learning_rate=Uniform(min_value=0.01, max_value=0.9),
        boosting=Choice(values=["gbdt", "dart"]),
    )
    sweep_job = job_for_sweep.sweep(
        sampling_algorithm="random",
        primary_metric="test-multi_logloss",
        goal="Minimize",
    )
    sweep_job.set_limits(max_total_trials=20, max_concurrent_trials=10, timeout=7200)
    sweep_job.early_termination = MedianStoppingPolicy(delay_evaluation=5, evaluation_interval=2)
    spec = spec_of(sweep_job)
    assert spec["trial"] == {
        "image": "registry.example/lightgbm:1",
        "command": "python main.py --data ${{inputs.data}} --lr ${{search_space.learning_rate}} --boosting "
        "${{search_space.boosting}}",
        "env": [
            {"name": "LEVEL", "value": "3"},
            {"name": "LR", "value": "${{search_space.learning_rate}}"},
        ],
    }
    assert spec["inputs"] == {"data": "https://data.example/iris.csv"}
    assert spec["objective"] == {"goal": "minimize", "primaryMetric": "test-multi_logloss"}
    assert spec["limits"] == {
        "maxTotalTrials": 20,
        "maxConcurrentTrials": 10,
        "timeout": 7200,
        "trialTimeout": 7200,
    }
    assert spec["earlyTermination"] == {
        "type": "median_stopping",
        "delayEvaluation": 5,
        "evaluationInterval": 2,
    }
    meta = sweep_job.to_manifest()["metadata"]
    assert meta["name"] == "lightgbm-on-iris"
    assert meta["annotations"]["tags.sweepjob.dev/team"] == "a"
    assert meta["annotations"]["sweepjob.dev/experiment-name"] == "iris"
    assert job.inputs["learning_rate"] == 0.9, "the command stays as it was"


def test_every_expression() -> None:
    space = {
        "a": Choice([16, 32]),
        "b": Choice(range(1, 4)),
        "c": Randint(upper=10),
        "d": Uniform(min_value=0.1, max_value=0.9),
        "e": QUniform(min_value=1, max_value=10, q=2),
        "f": LogUniform(min_value=-6, max_value=-1),
        "g": QLogUniform(min_value=0, max_value=3, q=1),
        "h": Normal(mu=0, sigma=1),
        "i": QNormal(mu=0, sigma=3, q=1),
        "j": LogNormal(mu=0, sigma=1),
        "k": QLogNormal(mu=0, sigma=1, q=1),
        "l": Choice([{"kind": "mlp", "units": QUniform(16, 64, 16)}, {"kind": "linear"}]),
    }
    job = command(command="run", image="i").sweep(
        primary_metric="m", goal="Maximize", search_space=space
    )
    made = spec_of(job)["searchSpace"]
    assert made["b"] == {"type": "choice", "values": [1, 2, 3]}
    assert made["f"] == {"type": "loguniform", "minValue": -6, "maxValue": -1}
    assert made["k"] == {"type": "qlognormal", "mu": 0, "sigma": 1, "q": 1}
    assert made["l"]["values"][0]["units"] == {
        "type": "quniform",
        "minValue": 16,
        "maxValue": 64,
        "q": 16,
    }


ALGORITHMS: list[tuple[Any, dict[str, Any]]] = [
    ("random", {"type": "random"}),
    ("Bayesian", {"type": "bayesian"}),
    (RandomSamplingAlgorithm(seed=123, rule="sobol", logbase="e"), {"type": "random", "seed": 123, "rule": "sobol", "logbase": "e"}),
    (RandomSamplingAlgorithm(logbase=10), {"type": "random", "logbase": 10}),
    (BayesianSamplingAlgorithm(), {"type": "bayesian"}),
    (GridSamplingAlgorithm(), {"type": "grid"}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "made"), ALGORITHMS)
def test_every_sampling_algorithm(given: Any, made: dict[str, Any]) -> None:
    job = command(command="run", image="i").sweep(
        primary_metric="m",
        goal="maximize",
        search_space={"x": Choice([1, 2])},
        sampling_algorithm=given,
    )
    assert spec_of(job)["samplingAlgorithm"] == made


POLICIES = [
    (BanditPolicy(slack_factor=0.1, evaluation_interval=1, delay_evaluation=5), {"type": "bandit", "slackFactor": 0.1, "evaluationInterval": 1, "delayEvaluation": 5}),
    (BanditPolicy(slack_amount=0.2), {"type": "bandit", "slackAmount": 0.2}),
    (MedianStoppingPolicy(), {"type": "median_stopping"}),
    (TruncationSelectionPolicy(truncation_percentage=20), {"type": "truncation_selection", "truncationPercentage": 20}),
    (AshaPolicy(reduction_factor=4, max_reports=81), {"type": "asha", "reductionFactor": 4, "maxReports": 81}),
    (HyperbandPolicy(max_reports=81, brackets=2), {"type": "hyperband", "maxReports": 81, "brackets": 2}),
    (ForecastPolicy(probability=0.05, delay_evaluation=3), {"type": "forecast", "probability": 0.05, "delayEvaluation": 3}),
    (AutoPolicy(), {"type": "auto"}),
    (AutoPolicy(max_reports=81), {"type": "auto", "maxReports": 81}),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "made"), POLICIES)
def test_every_policy(policy: Any, made: dict[str, Any]) -> None:
    job = command(command="run", image="i").sweep(
        primary_metric="m",
        goal="maximize",
        search_space={"x": Choice([1])},
        early_termination_policy=policy,
    )
    assert spec_of(job)["earlyTermination"] == made


def test_a_sweep_by_its_class() -> None:
    job = SweepJob(
        name="by-class",
        display_name="By class",
        description="...",
        trial=command(
            command="python train.py --lr ${{search_space.lr}} --out ${{outputs.model}}",
            image="i:1",
            gpus=2,
            outputs={"model": Output(type="uri_folder", claim="models", sub_path="sweeps")},
            metrics="logs",
            max_retries=1,
            queue="gpus",
        ),
        search_space={"lr": LogUniform(-6, -1)},
        objective=Objective(goal="maximize", primary_metric="accuracy"),
        limits=SweepJobLimits(
            max_total_trials=4, max_concurrent_trials=2, timeout=600, trial_timeout=60
        ),
        sampling_algorithm=BayesianSamplingAlgorithm(),
        early_termination=BanditPolicy(slack_amount=0.1),
        warm_start=["before"],
    )
    manifest = job.to_manifest()
    parse_sweepjob(manifest)
    assert manifest["metadata"]["labels"] == {"kueue.x-k8s.io/queue-name": "gpus"}
    assert manifest["spec"]["outputs"] == {
        "model": {"volume": {"persistentVolumeClaim": {"claimName": "models"}}, "subPath": "sweeps"}
    }
    assert manifest["spec"]["metrics"] == {"source": "logs"}
    assert manifest["spec"]["warmStart"] == {"sweeps": ["before"]}
    assert manifest["spec"]["trial"]["resources"] == {"limits": {"nvidia.com/gpu": 2}}
    job.set_objective(goal="minimize", primary_metric="loss")
    assert job.to_manifest()["spec"]["objective"] == {"goal": "minimize", "primaryMetric": "loss"}
    assert repr(job) == "SweepJob(name='by-class', search_space=[lr])"


def test_the_default_limit_is_azures() -> None:
    job = command(command="run", image="i").sweep(
        primary_metric="m", goal="maximize", search_space={"x": Choice([1])}
    )
    assert spec_of(job)["limits"] == {"maxTotalTrials": 1000}


def test_pod_settings_are_carried_over() -> None:
    job = command(
        command="python train.py --data /data --lr ${{inputs.lr}}",
        image="i:1",
        inputs={"lr": Uniform(0, 1)},
        shm_size="8g",
        volumes={"/data": "dataset", "/scratch": {"emptyDir": {}}},
        node_selector={"gpu": "a100"},
        tolerations=[{"key": "gpu", "operator": "Exists"}],
        service_account_name="trainer",
        gpus=1,
    ).sweep(primary_metric="m", goal="maximize")
    job.set_resources(shm_size="16g")
    pod = spec_of(job)["trial"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["command"] == [
        "python",
        "train.py",
        "--data",
        "/data",
        "--lr",
        "${{search_space.lr}}",
    ]
    assert pod["volumes"][0] == {
        "name": "volume-0",
        "persistentVolumeClaim": {"claimName": "dataset"},
    }
    assert pod["volumes"][2]["emptyDir"] == {"medium": "Memory", "sizeLimit": "16Gi"}
    assert [m["mountPath"] for m in container["volumeMounts"]] == ["/data", "/scratch", "/dev/shm"]
    assert pod["nodeSelector"] == {"gpu": "a100"}
    assert pod["serviceAccountName"] == "trainer"


def test_a_whole_template() -> None:
    template = {
        "spec": {
            "containers": [{"name": "trainer", "image": "i", "command": ["t", "${{inputs.lr}}"]}]
        }
    }
    job = command(template=template, inputs={"lr": 1})(lr=Choice([1, 2])).sweep(
        primary_metric="m", goal="maximize"
    )
    made = spec_of(job)["trial"]["template"]["spec"]["containers"][0]
    assert made["command"] == ["t", "${{search_space.lr}}"]
    assert template["spec"]["containers"][0]["command"] == ["t", "${{inputs.lr}}"]


def test_an_object_of_another_kind() -> None:
    container = {"name": "trainer", "image": "i", "command": ["t", "${{inputs.lr}}"]}
    manifest = {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "spec": {"rate": "${{inputs.lr}}", "template": {"spec": {"containers": [container]}}},
    }
    sweep = command(
        manifest=manifest,
        success_condition="status.stage == 'Done'",
        failure_condition="has(status.error)",
        pod_template_path="spec.template",
        inputs={"lr": 1},
    )(lr=Choice([1, 2])).sweep(primary_metric="m", goal="maximize")
    trial = spec_of(sweep)["trial"]
    assert trial["manifest"]["spec"]["rate"] == "${{search_space.lr}}"
    assert trial["successCondition"] == "status.stage == 'Done'"
    assert (trial["failureCondition"], trial["podTemplatePath"]) == (
        "has(status.error)",
        "spec.template",
    )
    assert "image" not in trial


def test_settings_of_the_pod_besides_the_script() -> None:
    """They come back from the object, too."""
    more = {"requests": {"cpu": "100m"}, "limits": {"memory": "128Mi"}}
    made = command(
        command="python train.py --lr ${{inputs.lr}}",
        image="i",
        inputs={"lr": 0.1},
        sidecar_resources=more,
        companion_grace_period_seconds=60,
        do_not_disrupt=True,
    )
    sweep = made(lr=Uniform(0.01, 0.1)).sweep(primary_metric="accuracy", goal="Maximize")
    spec = sweep.to_manifest()["spec"]
    assert spec["metrics"] == {"sidecar": {"resources": more}}
    assert spec["trial"]["companionGracePeriodSeconds"] == 60
    parsed = parse_sweepjob(sweep.to_manifest())
    assert parsed.metrics.sidecar == more
    assert parsed.trial.companion_grace == 60
    assert parsed.trial.do_not_disrupt
    with pytest.raises(ArgumentError, match="sidecar_resources"):
        command(command="x", image="i", metrics={"sidecar": {}}, sidecar_resources=more)
