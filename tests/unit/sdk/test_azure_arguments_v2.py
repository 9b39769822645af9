"""Walks the arguments of v2's classes and methods: each has an effect, gives a note, or is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sweepjob.azure.ai import ml
from sweepjob.azure.ai.ml import Input, Output, command, entities, sweep
from sweepjob.azure.ai.ml.dsl import pipeline
from sweepjob.loading.azure_map import AzureMap
from sweepjob.loading.azure_map.reading import parse_azure_map
from sweepjob.loading.pod_settings import PodSettings
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.sdk.attributes import attributes_of
from sweepjob.sdk.azure_resolution import Resolver
from sweepjob.sdk.job import SweepJob

from .outcomes import cases, is_without_a_word, outcome, unchanged

MAP: AzureMap = parse_azure_map(
    {
        "compute": {"small": {"queue": "small"}, "large": {"queue": "large"}},
        "instance_type": {"nc6": {"gpus": 1}},
        "environment": {
            "env": "docker.example/env:1",
            "env:3": "docker.example/env:3",
            "other": "docker.example/other:1",
            "conda.yml": "docker.example/conda:1",
            "docker": "docker.example/built:1",
        },
        "data": {"rows": {"claim": "rows"}, "more": {"claim": "more"}},
        "datastore": {"workspaceblobstore": {"claim": "blob"}, "lake": {"claim": "lake"}},
        "code": {".": {"path": "/code"}},
    },
    "map",
    ".",
)
LAKE = "azureml://datastores/lake/paths/x"


def trial(**changes: Any) -> Any:
    given = {
        "command": "python a.py ${{inputs.lr}} ${{inputs.rows}} ${{outputs.model}}",
        "environment": "env",
        "compute": "small",
        "inputs": {"lr": 0.1, "rows": Input(path="azureml:rows:1")},
        "outputs": {"model": Output()},
    }
    return command(**{**given, **changes})


def command_job(**changes: Any) -> Any:
    given = {"command": "python a.py ${{inputs.lr}}", "environment": "env", "inputs": {"lr": 1}}
    return entities.CommandJob(**{**given, **changes})


def swept(job: Any, **changes: Any) -> SweepJob:
    given = {"primary_metric": "m", "goal": "maximize", "max_total_trials": 4, **changes}
    made: SweepJob = job(lr=sweep.Uniform(0, 1)).sweep(**given)
    return made


def submitted(job: SweepJob) -> Any:
    """Return the object, with the notes as warnings."""
    resolver = Resolver(MAP)
    job.validate(resolver)
    return job.to_manifest(resolver)


def by_class(**changes: Any) -> SweepJob:
    given: dict[str, Any] = {
        "trial": trial(command="python a.py ${{search_space.lr}}", inputs={}, outputs={}),
        "search_space": {"lr": sweep.Uniform(0, 1)},
        "objective": sweep.Objective("maximize", "m"),
        "limits": sweep.SweepJobLimits(max_total_trials=4),
    }
    return SweepJob(**{**given, **changes})


POLICIES = (sweep.BanditPolicy, sweep.MedianStoppingPolicy, sweep.TruncationSelectionPolicy)
INTERVALS = {"evaluation_interval": 3, "delay_evaluation": 5}
RESOURCES = {
    "instance_type": "nc6",
    "instance_count": 2,
    "locations": ["west"],
    "properties": {"a": "b"},
    "docker_args": "--shm-size 4g",
    "shm_size": "2g",
    "max_instance_count": 3,
}
LIMITS = {
    "max_concurrent_trials": 2,
    "max_total_trials": 7,
    "timeout": 7200,
    "trial_timeout": 600,
    "target": 0.9,
    "no_improvement_trials": 3,
    "max_gpu_hours": 2,
    "max_cost": 5,
    "prices": {"cpu": 1},
    "max_failed_trials": 2,
    "start_timeout": 60,
}
TEXTS = {
    "name": "a-name",
    "display_name": "A name",
    "experiment_name": "experiment",
    "description": "What it is",
    "tags": {"a": "b"},
    "properties": {"a": "b"},
}
AZURE = {
    "identity": entities.UserIdentityConfiguration(client_id="x"),
    "queue_settings": entities.QueueSettings(job_tier="spot"),
    "job_tier": "spot",
    "priority": "high",
    "services": {"a": entities.JobService(type="ssh")},
    "parent_job_name": "parent",
}
COMMAND: dict[str, Any] = {
    **RESOURCES,
    **TEXTS,
    **AZURE,
    "command": "python b.py ${{inputs.lr}}",
    "image": "docker.example/image:1",
    "inputs": {"lr": 0.1, "more": 3},
    "outputs": {"model": Output(claim="mine")},
    "environment_variables": {"A": "b"},
    "gpus": 2,
    "resources": entities.JobResourceConfiguration(instance_type="nc6"),
    "volumes": {"/data": "claim"},
    "node_selector": {"a": "b"},
    "tolerations": [{"operator": "Exists"}],
    "service_account_name": "account",
    "template": {"spec": {"containers": [{"name": "trainer", "image": "i", "command": ["true"]}]}},
    "manifest": {"apiVersion": "v1", "kind": "Pod"},
    "success_condition": "true",
    "failure_condition": "false",
    "pod_template_path": "spec",
    "metrics": "logs",
    "sidecar_resources": {"requests": {"cpu": "1"}},
    "max_retries": 2,
    "stop_grace_period_seconds": 99,
    "do_not_disrupt": True,
    "companion_grace_period_seconds": 99,
    "checkpoint": "model",
    "queue": "mine",
    "timeout": 900,
    "environment": "other",
    "compute": "large",
    "code": ".",
    "distribution": {"type": "pytorch", "process_count_per_instance": 2},
    "component": trial(environment_variables={"FROM": "component"}),
}
SWEEP: dict[str, Any] = {
    **LIMITS,
    **AZURE,
    "primary_metric": "other",
    "goal": "minimize",
    "sampling_algorithm": "bayesian",
    "compute": "large",
    "early_termination_policy": sweep.MedianStoppingPolicy(),
    "search_space": {"lr": sweep.Choice([1, 2])},
    "queue": "mine",
    "warm_start": ["before"],
    "warm_start_defaults": {"lr": 0.5},
    "initial_points": [{"lr": 0.5}],
    "notifications": ["team"],
    "objectives": [sweep.Objective("maximize", "a"), sweep.Objective("minimize", "b")],
    "constraints": [sweep.Constraint("size", max=3)],
}
CLASS: dict[str, Any] = {
    **SWEEP,
    **TEXTS,
    "inputs": {"a": 1},
    "outputs": {"o": Output(claim="mine")},
    "limits": sweep.SweepJobLimits(max_total_trials=9),
    "objective": sweep.Objective("minimize", "other"),
    "trial": trial(command="python b.py ${{search_space.lr}}", inputs={}, outputs={}),
    "early_termination": sweep.MedianStoppingPolicy(),
    "resources": entities.JobResourceConfiguration(instance_count=2),
    "namespace": "team",
    "labels": {"a": "b"},
    "annotations": {"a": "b"},
    "metrics": {"source": "logs"},
    "suspend": True,
    "stop": True,
}
INPUT = {
    "type": "mltable",
    "path": "azureml:more:1",
    "mode": "download",
    "path_on_compute": "/here",
    "default": 5,
    "optional": True,
    "datastore": "lake",
    "intellectual_property": "x",
}
OUTPUT = {
    "type": "mlflow_model",
    "path": LAKE,
    "mode": "upload",
    "claim": "mine",
    "volume": {"emptyDir": {}},
    "mount_path": "/here",
    "sub_path": "below",
    "name": "registered",
    "version": "3",
}
ENVIRONMENT = {
    "name": "other",
    "version": "3",
    "image": "docker.example/plain:1",
    "build": entities.BuildContext("docker"),
    "conda_file": "conda.yml",
    "inference_config": {"a": 1},
    "datastore": "lake",
}


def changed(method: str, owner: Callable[[], Any]) -> Callable[..., Any]:
    """Return a program that calls a method of a sweep or of its command."""

    def program(**given: Any) -> Any:
        job = owner()
        if given:
            getattr(job, method)(**given)
        return submitted(job if isinstance(job, SweepJob) else swept(job))

    return program


def with_policy(kind: Any) -> Callable[..., Any]:
    needed = {sweep.BanditPolicy: {"slack_factor": 0.1}}.get(kind, {})
    if kind is sweep.TruncationSelectionPolicy:
        needed = {"truncation_percentage": 10}

    def program(**given: Any) -> Any:
        own = {} if "slack_amount" in given else needed
        return submitted(swept(trial(), early_termination_policy=kind(**{**own, **given})))

    return program


def with_settings(**given: Any) -> Any:
    return piped(settings=entities.PipelineJobSettings(**given))


def piped(**given: Any) -> Any:
    """Return the sweep step of a pipeline."""
    step = by_class(
        trial=trial(command="python a.py ${{search_space.lr}}", compute=None, inputs={}, outputs={})
    )
    return submitted(entities.PipelineJob(**{"jobs": {"tune": step}, **given}).sweep_step())


def of_function(**given: Any) -> Any:
    @pipeline(**given)
    def tune() -> None:
        swept(trial(compute=None))

    return submitted(tune().sweep_step())


DISTRIBUTIONS = {
    "MpiDistribution": {"process_count_per_instance": 2, "ssh_secret": "keys"},
    "PyTorchDistribution": {"process_count_per_instance": 2},
    "TensorFlowDistribution": {"worker_count": 2, "parameter_server_count": 1},
    "RayDistribution": {
        **{"port": 6000, "address": "a", "include_dashboard": True, "dashboard_port": 8000},
        **{"head_node_additional_args": "--a", "worker_node_additional_args": "--b"},
    },
}


def distributed(name: str) -> Callable[..., Any]:
    kind = getattr(ml, name)
    base = {"ssh_secret": "s"} if name == "MpiDistribution" else {}
    return lambda **given: submitted(
        swept(trial(distribution=kind(**{**base, **given}), instance_count=2))
    )


# What is made, the program that uses it, and a value for each argument.
PROGRAMS: dict[str, tuple[Any, Callable[..., Any], dict[str, Any]]] = {
    "command": (command, lambda **given: submitted(swept(trial(**given))), COMMAND),
    "CommandJob": (
        entities.CommandJob,
        lambda **given: submitted(swept(command_job(**given))),
        {
            **COMMAND,
            "limits": entities.CommandJobLimits(timeout=900),
            "additional_includes": ["a"],
            "metrics": {"source": "logs"},
            "placement": PodSettings(node_selector={"a": "b"}),
            "trial": {"maxRetries": 2},
            "azure": {"services": {"a": 1}},
        },
    ),
    "Command.sweep": (trial().sweep, lambda **given: submitted(swept(trial(), **given)), SWEEP),
    "SweepJob": (SweepJob, lambda **given: submitted(by_class(**given)), CLASS),
    "Command.set_resources": (trial().set_resources, changed("set_resources", trial), RESOURCES),
    "Command.set_limits": (trial().set_limits, changed("set_limits", trial), {"timeout": 900}),
    "Command.set_queue_settings": (
        trial().set_queue_settings,
        changed("set_queue_settings", trial),
        AZURE,
    ),
    "SweepJob.set_limits": (by_class().set_limits, changed("set_limits", by_class), LIMITS),
    "SweepJob.set_objective": (
        by_class().set_objective,
        changed("set_objective", by_class),
        {"goal": "minimize", "primary_metric": "other"},
    ),
    "SweepJob.set_queue_settings": (
        by_class().set_queue_settings,
        changed("set_queue_settings", by_class),
        AZURE,
    ),
    "SweepJobLimits": (
        sweep.SweepJobLimits,
        lambda **given: submitted(by_class(limits=sweep.SweepJobLimits(**given))),
        LIMITS,
    ),
    "Input": (
        Input,
        lambda **given: submitted(
            swept(trial(inputs={"lr": 1, "rows": Input(**{"path": "azureml:rows:1", **given})}))
        ),
        INPUT,
    ),
    "Output": (
        Output,
        lambda **given: submitted(swept(trial(outputs={"model": Output(**given)}))),
        OUTPUT,
    ),
    "Environment": (
        entities.Environment,
        lambda **given: submitted(
            swept(
                trial(environment=entities.Environment(**{"image": "docker.example/a:1", **given}))
            )
        ),
        ENVIRONMENT,
    ),
    "JobResourceConfiguration": (
        entities.JobResourceConfiguration,
        lambda **given: submitted(
            swept(trial(resources=entities.JobResourceConfiguration(**given)))
        ),
        RESOURCES,
    ),
    "CommandJobLimits": (
        entities.CommandJobLimits,
        lambda **given: submitted(_with_limits(entities.CommandJobLimits(**given))),
        {"timeout": 900},
    ),
    "QueueSettings": (
        entities.QueueSettings,
        lambda **given: submitted(
            swept(trial(), queue_settings=entities.QueueSettings(**given) if given else None)
        ),
        AZURE,
    ),
    "IdentityConfiguration": (
        entities.IdentityConfiguration,
        lambda **given: submitted(
            swept(trial(), identity=entities.IdentityConfiguration(**given) if given else None)
        ),
        dict.fromkeys(
            ("client_id", "object_id", "resource_id", "principal_id", "msi_resource_id")
            + ("type", "user_assigned_identities"),
            "x",
        ),
    ),
    "PipelineJob": (
        entities.PipelineJob,
        piped,
        {
            **TEXTS,
            "jobs": {"other": by_class()},
            "settings": entities.PipelineJobSettings(default_compute="large"),
            "compute": "large",
            "identity": "x",
        },
    ),
    "@pipeline": (
        lambda name, display_name, experiment_name, description, tags, compute, default_compute: 0,
        of_function,
        {**TEXTS, "compute": "large", "default_compute": "large"},
    ),
    "PipelineJobSettings": (
        entities.PipelineJobSettings,
        with_settings,
        {"default_compute": "large", "default_datastore": "lake"},
    ),
    **{
        kind.__name__: (
            kind,
            with_policy(kind),
            {**INTERVALS, "slack_factor": 0.3, "slack_amount": 0.3, "truncation_percentage": 30},
        )
        for kind in POLICIES
    },
    "RandomSamplingAlgorithm": (
        sweep.RandomSamplingAlgorithm,
        lambda **given: submitted(
            swept(trial(), sampling_algorithm=sweep.RandomSamplingAlgorithm(**given))
        ),
        {"rule": "sobol", "seed": 4, "logbase": 10},
    ),
    **{
        name: (getattr(ml, name), distributed(name), values)
        for name, values in DISTRIBUTIONS.items()
    },
}


def _with_limits(limits: Any) -> SweepJob:
    job = trial()
    job.limits = limits
    return swept(job)


# Texts of errors that refuse an argument without its name.
REFUSALS: tuple[str, ...] = ()
# Arguments that change nothing, and why nothing needs to be said.
SAME = {
    "is_deterministic",  # no result is ever reused
    *("command.version", "CommandJob.version"),  # of a component, which a sweep is not
    "CommandJob.folder",  # to which the paths of this machine are relative: see the test of code
    "Input.description",
    "Output.description",
    *(f"Environment.{name}" for name in ("description", "tags", "properties")),  # texts
    # Of a literal, which has no path; see the test of these.
    *(f"Input.{name}" for name in ("min", "max", "enum", "default", "optional")),
    "Environment.version",  # of a name: see the test of it
    *("PipelineJob.inputs", "PipelineJob.outputs"),  # the steps have them already
    # About the other steps, which are not run: that is said.
    *("continue_on_step_failure", "force_rerun", "on_init", "on_finalize"),
}
CASES = cases({name: (made, values) for name, (made, _, values) in PROGRAMS.items()}, SAME)


@pytest.mark.parametrize(("owner", "name", "value"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_an_argument_has_an_effect_a_note_or_a_refusal(owner: str, name: str, value: Any) -> None:
    _, program, _ = PROGRAMS[owner]
    before, after = unchanged(owner, program), outcome(lambda: program(**{name: value}))
    assert not is_without_a_word(before, after, name, REFUSALS), (
        f"{owner}: {name}={value!r}: changes nothing"
    )


@pytest.mark.parametrize(
    ("bound", "message"),
    [({"min": 2}, "at least 2"), ({"max": 0.5}, "at most 0.5"), ({"enum": [3, 5]}, "enum: 3, 5")],
)
def test_bounds_of_a_literal(bound: dict[str, Any], message: str) -> None:
    job = trial(inputs={"lr": 1, "rows": Input(type="number", **bound)})
    with pytest.raises(ArgumentError, match=message):
        job(rows=1)
    assert job(rows=sweep.Choice([1])).inputs["rows"]


def test_the_version_of_an_environment() -> None:
    found = [
        submitted(swept(trial(environment=entities.Environment("env", version))))
        for version in ("2", "3")
    ]
    images = [str(one).partition("docker.example/")[2][:5] for one in found]
    assert images == ["env:1", "env:3"]


def test_a_default_and_an_optional_literal() -> None:
    for given, value in (({"default": "1e-3"}, 0.001), ({"optional": True}, None)):
        job = trial(
            command="a ${{inputs.lr}} $[[--rows ${{inputs.rows}}]]",
            inputs={"lr": 1, "rows": Input(type="number", **given)},
            outputs={},
        )
        assert submitted(swept(job))["spec"].get("inputs", {}).get("rows") == value


def of_command(name: str, value: Any) -> Any:
    job = trial()
    setattr(job, name, value)
    return submitted(swept(job))


def of_sweep(name: str, value: Any) -> Any:
    job = by_class()
    setattr(job, name, value)
    return submitted(job)


ATTRIBUTES = [
    *((of_command, name, COMMAND[name]) for name in attributes_of(trial()) if name in COMMAND),
    *((of_command, name, value) for name, value in AZURE.items()),
    (of_command, "limits", entities.CommandJobLimits(timeout=900)),
    (of_command, "docker_args", "--shm-size 4g"),
    (of_command, "locations", ["west"]),
    (of_command, "max_instance_count", 3),
    *((of_sweep, name, CLASS[name]) for name in attributes_of(by_class()) if name in CLASS),
    *((of_sweep, name, value) for name, value in AZURE.items()),
]


@pytest.mark.parametrize(
    ("program", "name", "value"), ATTRIBUTES, ids=[f"{a[0].__name__}-{a[1]}" for a in ATTRIBUTES]
)
def test_an_attribute_that_is_assigned(
    program: Callable[[str, Any], Any], name: str, value: Any
) -> None:
    if (program, name) == (of_command, "resources"):
        return  # the same as of the constructor, where it is tested
    of = "command" if program is of_command else "SweepJob"
    before = unchanged(of, PROGRAMS[of][1])
    after = outcome(lambda: program(name, value))
    assert not is_without_a_word(before, after, name, REFUSALS), (
        f"{name} = {value!r}: changes nothing"
    )
