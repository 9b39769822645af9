"""Tests that invalid arguments are reported where they are given, with the alternative."""

from __future__ import annotations

import ast
import enum
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sweepjob import Input, MpiDistribution, Output, PyTorchDistribution, RayDistribution, command
from sweepjob import hyperdrive as v1
from sweepjob.sweep import (
    ArgumentError,
    BanditPolicy,
    Choice,
    Constraint,
    GridSamplingAlgorithm,
    LogUniform,
    Normal,
    Objective,
    QUniform,
    Randint,
    RandomSamplingAlgorithm,
    SweepJob,
    SweepJobLimits,
    SweepWarning,
    TruncationSelectionPolicy,
    Uniform,
)

from tests.syntax_trees import syntax_tree

GOOD: dict[str, Any] = {
    "command": "python train.py --lr ${{inputs.lr}}",
    "image": "i:1",
    "inputs": {"lr": 0.1},
}
AIM = {"primary_metric": "score", "goal": "maximize"}


def swept(**changes: Any) -> Any:
    return command(**{**GOOD, **changes})(lr=Uniform(0, 1)).sweep(**AIM)


def config(**changes: Any) -> Any:
    given = {
        "run_config": v1.ScriptRunConfig(script="train.py", image="i:1"),
        "hyperparameter_sampling": v1.RandomParameterSampling({"lr": v1.uniform(0, 1)}),
        "primary_metric_name": "score",
        "primary_metric_goal": v1.PrimaryMetricGoal.MAXIMIZE,
        "max_total_runs": 4,
    }
    return v1.HyperDriveConfig(**{**given, **changes})


MISTAKES: list[tuple[Callable[[], Any], str]] = [
    (lambda: Uniform(2, 1), "Uniform.min_value: 2: must not be above max_value (1); exchange the two"),
    (lambda: Uniform("a", 1), "Uniform.min_value: 'a': must be a number"),
    (lambda: LogUniform(-1, float("inf")), "LogUniform.max_value: inf: must be a finite number"),
    (lambda: LogUniform(low=0, high=0.1), "LogUniform.low: 0: must be above 0, because a power is never 0 or less; use uniform for that"),
    (lambda: LogUniform(-9, -2, low=1e-4, high=0.1), "LogUniform.low: 0.0001: is a value itself"),
    (lambda: Choice([]), "Choice.values: []: must be a list of at least one value"),
    (lambda: Choice([None]), "Choice.values[0]: None: must be a number, string, boolean or object"),
    (lambda: Choice([{"a b": 1}]), "Choice.values[0].a b: 1: a parameter's name has letters"),
    (lambda: Choice([{"units": Randint(0)}]), "Randint.upper: 0: must be a whole number of at least 1"),
    (lambda: Normal(0, -1), "Normal.sigma: -1: must be 0 or more"),
    (lambda: QUniform(1, 2, 5), "QUniform.q: 5: has no multiple between min_value and max_value"),
    (lambda: BanditPolicy(), "give exactly one of slack_factor and slack_amount"),
    (lambda: BanditPolicy(slack_factor=1, slack_amount=1), "give exactly one of slack_factor and"),
    (lambda: BanditPolicy(slack_factor=-1), "BanditPolicy.slack_factor: -1: must be 0 or more"),
    (lambda: TruncationSelectionPolicy(), "truncation_percentage: is required: 1 to 99"),
    (lambda: TruncationSelectionPolicy(truncation_percentage=150), "truncation_percentage: 150: must be at most 99"),
    (lambda: Objective("most", "score"), "Objective.goal: 'most': unknown; known: maximize, minimize"),
    (lambda: Objective("maximize", ""), "Objective.primary_metric: '': must be a string"),
    (lambda: Constraint("size_mb"), "Constraint: {'metric': 'size_mb'}: needs exactly one of max"),
    (lambda: Constraint("size_mb", max="50"), "Constraint.max: '50': must be a number; remove the quotes"),
    (lambda: SweepJob(objectives=[("maximize", "a"), ("minimize", "b")]), "objectives[1]: ('minimize', 'b'): must be of the class Objective, or a dict with its arguments. Example: Objective("),
    (lambda: SweepJob(objectives=["a", "b"]), "objectives[0]: 'a': must be of the class Objective, or a dict with its arguments. Example: Objective("),
    (lambda: SweepJob(objectives="a"), "objectives: 'a': must be a list. Example: objectives=[Objective("),
    (lambda: SweepJob(objectives={"goal": "maximize", "primaryMetric": "a"}), "must be a list. Example: objectives=[Objective("),
    (lambda: SweepJob(objectives=[{"goal": "maximize", "metric": "a"}]), "objectives[0].metric: 'a': unknown key; did you mean primary_metric? known: goal, primary_metric, reference. Example: Objective("),
    (lambda: SweepJob(objectives=[{"goal": "most", "primaryMetric": "a"}]), "objectives[0]: Objective.goal: 'most': unknown; known: maximize, minimize"),
    (lambda: SweepJob(objectives=[{"primaryMetric": "a"}]), "objectives[0]: Objective.goal: '': must be a string"),
    (lambda: SweepJob(objectives=[{"goal": "maximize", "primaryMetric": "a", "primary_metric": "b"}]), "has an argument in two spellings; remove one"),
    (lambda: SweepJob(objective=("maximize", "a")), "objective: ('maximize', 'a'): must be of the class Objective, or a dict with its arguments. Example: Objective("),
    (lambda: SweepJob(constraints=[("size", 50)]), "constraints[0]: ('size', 50): must be of the class Constraint, or a dict with its arguments. Example: Constraint("),
    (lambda: SweepJob(constraints=Constraint("s", max=5)), "constraints: Constraint(metric='s', max=5, min=None, stop_trials=False): must be a list. Example: constraints=[Constraint("),
    (lambda: SweepJob(constraints=[{"metric": "s", "maximum": 5}]), "constraints[0].maximum: 5: unknown key; did you mean max?"),
    (lambda: SweepJob(constraints=0), "constraints: 0: must be a list"),
    (lambda: SweepJob(constraints=7), "constraints: 7: must be a list"),
    (lambda: SweepJob(limits={"maxTrials": 5}), "limits.maxTrials: 5: unknown key; did you mean max_"),
    (lambda: SweepJobLimits(max_total_trials=0), "max_total_trials: 0: must be a whole number of at least 1"),
    (lambda: SweepJobLimits(target="0.9"), "SweepJobLimits.target: '0.9': must be a number"),
    (lambda: SweepJobLimits(max_failed_trials=-1), "max_failed_trials: -1: must be a whole number of at least 0"),
    (lambda: swept().set_limits(no_improvement_trials=0), "no_improvement_trials: 0: must be a whole number of at least 1"),
    (lambda: swept().set_limits(max_gpu_hours=-1), "SweepJobLimits.max_gpu_hours: -1: must be greater than 0"),
    (lambda: SweepJobLimits(prices={"gpu": 2.5}), "SweepJobLimits.prices.gpu: 'gpu': is no resource; known: cpu, memory"),
    (lambda: RandomSamplingAlgorithm(rule="lhs"), "rule: 'lhs': unknown; known: random, sobol"),
    (lambda: RandomSamplingAlgorithm(logbase=1), 'logbase: 1: must be "e" or a number above 0'),
    (lambda: SweepJob(sampling_algorithm="tpe"), "sampling_algorithm: 'tpe': unknown; known: random, grid"),
    (lambda: SweepJob().to_manifest(), "objective: is required: set_objective(goal=..., primary_metric=...)"),
    (lambda: swept().set_resources(instance_count=0), "set_resources: instance_count=0: must be from 1 to 512"),
    (lambda: command(**GOOD)(rate=1), "rate: the command has no such input; there are: lr"),
    (lambda: swept(image=None, environment="AzureML-sklearn:1").to_manifest(), "environment: 'AzureML-sklearn:1': give image=, or give an Azure map (azure-map.yaml) with environment: {\"AzureML-sklearn:1\": REGISTRY/IMAGE:TAG}"),
    (lambda: swept(instance_count=0), "command: instance_count=0: must be from 1 to 512"),
    (lambda: swept(distribution={"type": "horovod"}), "unknown type; known: pytorch, tensorflow, mpi, ray"),
    (lambda: swept(instance_count=2, distribution={"type": "mpi"}), "trial.distribution.sshSecret: None: is required with several"),
    (lambda: swept(colour="red"), "command: colour: no such argument"),
    (lambda: swept(image=None), "trial.image: None: is required: give image=, a container image, or environment= and an Azure map"),
    (lambda: swept(command="python train.py ${{inputs.rate}}"), "'${{inputs.rate}}': refers to nothing; available"),
    (lambda: swept(command="python 'train.py"), "trial.command: \"python 'train.py\": cannot be split into words"),
    (lambda: swept(inputs={"lr": 1, "data": Input(path="azureml:d:1")}).to_manifest(), "inputs['data'].path: 'azureml:d:1': give an Azure map (azure-map.yaml) with data: {\"d:1\": {claim: CLAIM, path: PATH}}"),
    (lambda: swept(outputs={"model": Output(type="uri_folder")}).to_manifest(), "outputs['model']: give Output(claim=NAME), a PersistentVolumeClaim, or give an Azure map"),
    (lambda: swept(shm_size="much"), "shm_size: 'much': must be a size, e.g. 8g or 8Gi"),
    (lambda: swept(volumes={"data": "claim"}), "volumes['data']: the key is the mount path"),
    (lambda: swept(shm_size="8g", command="echo `echo ${{inputs.lr}}` | b"), "in back quotes, where a shell expands no variable"),
    (lambda: command(template={"spec": {"containers": [{"name": "t", "image": "i"}]}}, command="run").sweep(**AIM, search_space={"x": Choice([1])}), "trial.command: 'run': set either template or the short form, not both"),
    (lambda: command(manifest={"apiVersion": "a.com/v1", "kind": "A", "spec": {}}, image="i").sweep(**AIM, search_space={"x": Choice([1])}), "trial.image: 'i': cannot be set with trial.manifest"),
    (lambda: command(manifest={"apiVersion": "a.com/v1", "kind": "A", "spec": {}}, volumes={"/d": "claim"}).sweep(**AIM, search_space={"x": Choice([1])}), "manifest: has its own pods; put volumes and the like into it"),
    (lambda: swept(resources={"limits": {"cpu": "many"}}), "resources.limits.cpu: 'many': must be a quantity"),
        (lambda: command(**GOOD)(lr=Uniform(0, 1)).sweep(**AIM, sampling_algorithm="grid"), "search_space.lr.type: 'uniform': grid takes choices only"),
    (lambda: command(**GOOD)(lr=Uniform(0, 1)).sweep(**AIM, early_termination_policy="bandit"), "BanditPolicy: give exactly one of slack_factor and slack_amount"),
    (lambda: v1.uniform(1, 1), "uniform: min_value 1 must be below max_value 1"),
    (lambda: v1.quniform(0, 1, 0.5), "quniform.q: 0.5: must be a whole number in v1"),
    (lambda: v1.choice(), "Choice.values: []: must be a list of at least one value"),
    (lambda: v1.GridParameterSampling({"lr": v1.uniform(0, 1)}), "'lr': uniform: grid takes choice only"),
    (lambda: v1.RandomParameterSampling({}), "parameter_space: must have at least one parameter"),
    (lambda: v1.RandomParameterSampling({"lr": 0.1}), "'lr': 0.1: must be an expression"),
    (lambda: v1.RandomParameterSampling({"a-b": v1.choice(1), "a_b": v1.choice(1)}), "'a_b': must be a unique name"),
    (lambda: v1.BayesianParameterSampling({"lr": v1.loguniform(-6, -1)}), "loguniform is not supported (choice, uniform, quniform are) in v1; strict=False"),
    (lambda: v1.BayesianParameterSampling({"a": v1.choice(1, "x")}), "a choice has only numbers or only texts in v1"),
    (lambda: v1.BayesianParameterSampling({"a": v1.quniform(0, 10**6, 1)}), "quniform has at most 100000 steps in v1"),
    (lambda: v1.ScriptRunConfig(), "give exactly one of script and command"),
    (lambda: v1.ScriptRunConfig(script="t.py", resume_from="a"), "give HyperDriveConfig(resume_from=...)"),
    (lambda: config(run_config=v1.ScriptRunConfig(script="t.py", compute_target="gpu")).to_sweep(), "compute_target='gpu': give an Azure map (azure-map.yaml) with compute: {gpu: {queue: QUEUE}}"),
    (lambda: config(run_config=v1.ScriptRunConfig(script="t.py")).to_sweep(), "or give image=IMAGE"),
    (lambda: config(run_config=v1.ScriptRunConfig(script="t.py", image="i", arguments=["--data", None])), "arguments[1]: None: is no argument"),
    (lambda: config(run_config=v1.ScriptRunConfig(script="t.py", image="i", arguments=[object])), "a type cannot be an argument"),
    (lambda: config(run_config=v1.ScriptRunConfig(command=["t", "$AZUREML_SWEEP_rate"], image="i")), "$AZUREML_SWEEP_rate: no such parameter; there are: lr"),
    (lambda: config(run_config=None), "run_config: is required: a ScriptRunConfig"),
    (lambda: config(estimator=1), "give run_config or estimator, not both"),
    (lambda: config(hyperparameter_sampling="random"), "hyperparameter_sampling: 'random': must be a sampling"),
    (lambda: config(resume_from=list("abcdef")), "resume_from: 6 sweeps: 5 at most"),
    (lambda: config(resume_child_runs=["a"]), "must be a trial of a sweep"),
    (lambda: config(max_concurrent_runs=0), "max_concurrent_trials: 0: must be a whole number of at least 1"),
    (lambda: command(**GOOD)(lr=Uniform(0, 1)).sweep(**AIM, max_total_trials=2, initial_points=[{"lr": 2}]),
     "initial_points[0].lr: 2: is not in search_space; the nearest value is 1.0"),
    (lambda: command(**GOOD)(lr=Uniform(0, 1)).sweep(**AIM, max_total_trials=2, initial_points=[{"lr": 1}, {"lr": 1.0}]),
     "initial_points[1]: {'lr': 1.0}: is the same point as initial_points[0]; remove one"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), MISTAKES, ids=range(len(MISTAKES)))
def test_an_invalid_argument_raises_in_the_constructor(
    make: Callable[[], Any], message: str
) -> None:
    with pytest.raises(ArgumentError) as told:
        make()
    assert message in str(told.value)


NOTED: list[tuple[dict[str, Any], str]] = [
    ({"compute": "gpu"}, "compute: 'gpu': not used, the cluster schedules trials: give an Azure map (azure-map.yaml) with compute: {gpu: {queue: QUEUE}}"),
    ({"instance_type": "Standard_NC6"}, "with instance_type: {Standard_NC6: {gpus: 1}}"),
    ({"identity": {"type": "managed"}}, "identity: not used: pods have service accounts"),
    ({"docker_args": "--ipc=host"}, "docker_args: '--ipc=host': not used"),
    ({"locations": ["westus"]}, "locations: not used"),
    ({"job_tier": "spot"}, "job_tier: not used"),
    ({"name": "My_sweep"}, "name: 'My_sweep': the SweepJob is named my-sweep"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "message"), NOTED, ids=range(len(NOTED)))
def test_what_is_not_used_is_said_on_submission(given: dict[str, Any], message: str) -> None:
    with pytest.warns(SweepWarning) as said:
        swept(**given).validate()
    assert any(message in str(one.message) for one in said), [str(one.message) for one in said]


OBJECTS: list[tuple[Callable[[], Any], str, str]] = [
    (swept, "max_total_trials", "set limits.max_total_trials"),
    (swept, "primary_metric", "set objective.primary_metric"),
    (swept, "slack_factor", "has no attribute 'slack_factor'; there are:"),
    (swept, "early_terminaton", "did you mean early_termination?"),
    (swept, "command", "set trial.command"),
    (lambda: command(**GOOD), "enviroment", "did you mean environment?"),
    (lambda: command(**GOOD), "gpus", "has no attribute 'gpus'"),
    (lambda: swept().limits, "max_trials", "did you mean max_"),
    (lambda: swept().objective, "metric", "did you mean primary_metric?"),
    (lambda: BanditPolicy(slack_factor=1), "slack_facto", "did you mean slack_factor?"),
    (RandomSamplingAlgorithm, "sed", "did you mean seed?"),
    (lambda: Input(path="/x"), "pth", "did you mean path?"),
    (lambda: Output(claim="x"), "clam", "did you mean claim?"),
    (lambda: swept().sampling_algorithm, "rules", "did you mean rule?"),
]


@pytest.mark.parametrize(("make", "name", "message"), OBJECTS, ids=range(len(OBJECTS)))
def test_an_unknown_attribute_is_refused(make: Callable[[], Any], name: str, message: str) -> None:
    with pytest.raises(AttributeError) as told:
        setattr(make(), name, 1)
    assert message in str(told.value)


def test_attributes_that_are_set_later_take_effect() -> None:
    job = swept()
    job.limits.max_total_trials = 4
    job.limits = {"max_total_trials": 5}
    job.objective.goal = "Minimize"
    job.early_termination = BanditPolicy(slack_factor=0.5)
    job.early_termination.slack_factor = 0.25
    job.sampling_algorithm = "bayesian"
    job.trial.shm_size = "2g"
    job.trial.node_selector = {"pool": "a"}
    job.trial.environment_variables["A"] = 1
    job.search_space.lr = Uniform(0, 5)
    job.inputs.epochs = 3
    job.trial.command = "python train.py --lr ${{inputs.lr}} --epochs ${{inputs.epochs}}"
    spec = job.to_manifest()["spec"]
    assert spec["limits"]["maxTotalTrials"] == 5
    assert spec["objective"]["goal"] == "minimize"
    assert spec["earlyTermination"] == {"type": "bandit", "slackFactor": 0.25}
    assert spec["searchSpace"]["lr"]["maxValue"] == 5
    pod = spec["trial"]["template"]["spec"]
    assert pod["nodeSelector"] == {"pool": "a"}
    assert pod["containers"][0]["command"][2:] == [
        *("--lr", "${{search_space.lr}}", "--epochs", "${{inputs.epochs}}")
    ]


@pytest.mark.parametrize("key", ["primary_metric", "primaryMetric"])
def test_a_dict_describes_an_object_in_both_spellings(key: str) -> None:
    both = [{"goal": "Maximize", key: "a"}, {"goal": "minimize", key: "b"}]
    job = SweepJob(objectives=both, constraints=({"metric": "s", "max": 5},))
    assert job.objectives == [Objective("Maximize", "a"), Objective("minimize", "b")]
    assert job.constraints == [Constraint("s", max=5)]
    job.objective, job.limits = both[0], {"maxTotalTrials": 4, "timeout": 60}
    assert job.objective == Objective("Maximize", "a")
    assert job.limits == SweepJobLimits(max_total_trials=4, timeout=60)


def test_an_entry_that_is_added_later_is_checked() -> None:
    job = command(**GOOD)(lr=Uniform(0, 1)).sweep(**AIM)
    job.constraints.append({"metric": "s", "max": 5})
    assert job.to_manifest()["spec"]["constraints"] == [{"metric": "s", "max": 5}]
    job.constraints.append("s")
    with pytest.raises(ArgumentError, match=r"constraints\[1\]: 's': must be of the class"):
        job.to_manifest()


def test_pods_and_processes_that_are_set_later_count() -> None:
    """As in Azure, torchrun starts several processes of a script."""
    job = swept(command="python train.py --lr ${{inputs.lr}}")
    job.set_resources(instance_count=2)
    job.trial.distribution = PyTorchDistribution(process_count_per_instance=4)
    trial = job.to_manifest()["spec"]["trial"]
    assert trial["instanceCount"] == 2
    assert trial["distribution"] == {"type": "pytorch", "processCountPerInstance": 4}
    assert trial["command"] == "torchrun train.py --lr ${{search_space.lr}}"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "TensorFlow", "worker_count": 2, "parameter_server_count": 0}, {"type": "tensorflow", "workerCount": 2}),
        (MpiDistribution(process_count_per_instance=8, ssh_secret="keys"), {"type": "mpi", "processCountPerInstance": 8, "sshSecret": "keys"}),
        (RayDistribution(port=6380, include_dashboard=True), {"type": "ray", "port": 6380, "includeDashboard": True}),
    ],
    ids=str,
)  # fmt: skip
def test_each_distribution_of_azures_is_taken(given: Any, expected: dict[str, Any]) -> None:
    job = swept(instance_count=2, distribution=given)
    assert job.to_manifest()["spec"]["trial"]["distribution"] == expected


def test_v1s_configurations_are_taken() -> None:
    script = {"script": "train.py", "image": "i"}
    torch = v1.ScriptRunConfig(
        **script, distributed_job_config=v1.PyTorchConfiguration(process_count=4, node_count=2)
    )
    trial = config(run_config=torch).to_sweep().to_manifest()["spec"]["trial"]
    assert trial["instanceCount"] == 2
    assert trial["distribution"] == {"type": "pytorch", "processCountPerInstance": 2}
    assert trial["command"][:3] == ["python", "-m", "torch.distributed.run"]
    odd = v1.ScriptRunConfig(
        **script, distributed_job_config=v1.PyTorchConfiguration(process_count=3, node_count=2)
    )
    with pytest.raises(ValueError, match="node_count"):
        config(run_config=odd).to_sweep()


def test_a_zero_slack_beside_another_is_ignored() -> None:
    policy = BanditPolicy(slack_factor=0.1, slack_amount=0, delay_evaluation=5)
    assert policy.to_spec() == {"type": "bandit", "delayEvaluation": 5, "slackFactor": 0.1}


def test_grid_keeps_the_order_that_is_written() -> None:
    space = {"b": Choice([1, 2]), "a": Choice([{"x": Choice([1])}, 2])}
    job = command(command="run", image="i").sweep(
        **AIM, search_space=space, sampling_algorithm="grid"
    )
    assert job.to_manifest()["spec"]["samplingAlgorithm"] == {
        "type": "grid",
        "order": ["b", "a", "a.x"],
    }
    job.sampling_algorithm = GridSamplingAlgorithm(order=["a", "b"])
    assert job.to_manifest()["spec"]["samplingAlgorithm"]["order"] == ["a", "b"]


class Optimizer(str, enum.Enum):  # noqa: UP042 - what people have written for years
    ADAM = "adam"


class Size(enum.IntEnum):
    SMALL = 16


class Mode(enum.Enum):
    FAST = "fast"


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (np.str_("adam"), "adam"),
        (Optimizer.ADAM, "adam"),
        (Size.SMALL, 16),
        (Mode.FAST, "fast"),
        (Text("a: b"), "a: b"),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
    ],
)
def test_subclasses_of_str_and_numbers_become_plain(given: Any, plain: Any) -> None:
    job = command(
        command=["python", "train.py", "${{inputs.a}}"],
        image=Text("i:1"),
        inputs={"a": "x", "b": given, "c": "x"},
        environment_variables={"NAME": Text("AZUREML_SWEEP_c")},
    )
    nested = Choice([{np.str_("kind"): given}])
    sweep = job(a=Choice([given]), c=nested).sweep(
        primary_metric=Text("score"), goal="maximize", max_total_trials=3
    )
    read = yaml.safe_load(sweep.to_yaml())["spec"]
    assert read["searchSpace"]["a"]["values"] == [plain]
    assert type(read["searchSpace"]["a"]["values"][0]) is type(plain)
    assert read["searchSpace"]["c"]["values"] == [{"kind": plain}]
    assert read["inputs"]["b"] in (plain, str(plain))
    assert read["objective"]["primaryMetric"] == "score"
    assert json.loads(json.dumps(sweep.to_manifest()))["spec"] == read


def test_numbers_of_numpy_are_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    assert Choice(numpy.array([1, 2])).values == [1, 2]
    assert Uniform(numpy.float64(0.5), numpy.int64(2)).to_spec() == {
        "type": "uniform",
        "minValue": 0.5,
        "maxValue": 2,
    }


PAGE = Path(__file__).parents[3] / "docs" / "reference" / "python-errors.md"
HEAD = """# Python errors

The Python SDK raises an `ArgumentError` where an invalid argument is passed. The unit tests generate this page:
`SWEEPJOB_WRITE_MISTAKES=1 make test-unit`.

| Code | Message |
| --- | --- |
"""


def page() -> str:
    """Return the table of errors, with the code of each as in this file."""
    tree = syntax_tree(Path(__file__).read_text())
    [listed] = [
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "MISTAKES"
    ]
    assert isinstance(listed, ast.List)
    rows = []
    for entry, (make, _) in zip(listed.elts, MISTAKES, strict=True):
        assert isinstance(entry, ast.Tuple)
        assert isinstance(entry.elts[0], ast.Lambda)
        with pytest.raises(ArgumentError) as told:
            make()
        code = ast.unparse(entry.elts[0].body)
        rows.append(f"| `{_cell(code)}` | {_cell(str(told.value))} |")
    return HEAD + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", "<br>")


def test_the_page_says_the_same() -> None:
    if os.environ.get("SWEEPJOB_WRITE_MISTAKES"):
        PAGE.write_text(page())
    assert PAGE.read_text() == page()
