"""``command(...)``: what a trial runs, with Azure's arguments and those that Kubernetes needs.

The signature lists every argument, so that editors and ``help()`` show them and misspelled ones fail.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from inspect import signature
from typing import Any

from ..loading.pod_settings import PodSettings
from .arguments import ArgumentError, present
from .attributes import NamedValues
from .azure_objects import values_of
from .data import check_inputs
from .distributions import group_spec
from .job import Command
from .trial import argument_list


def command(
    *,
    command: str | Sequence[str] | None = None,
    image: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    environment_variables: Mapping[str, Any] | None = None,
    gpus: int | None = None,
    resources: Any = None,
    shm_size: str | None = None,
    volumes: Mapping[str, str | Mapping[str, Any]] | None = None,
    node_selector: Mapping[str, str] | None = None,
    tolerations: Sequence[Mapping[str, Any]] | None = None,
    service_account_name: str | None = None,
    template: Mapping[str, Any] | None = None,
    manifest: Mapping[str, Any] | None = None,
    success_condition: str | None = None,
    failure_condition: str | None = None,
    pod_template_path: str | None = None,
    metrics: str | Mapping[str, Any] | None = None,
    sidecar_resources: Mapping[str, Any] | None = None,
    max_retries: int | None = None,
    stop_grace_period_seconds: int | None = None,
    do_not_disrupt: bool | None = None,
    companion_grace_period_seconds: int | None = None,
    checkpoint: str | None = None,
    queue: str | None = None,
    timeout: int | None = None,
    name: str | None = None,
    display_name: str | None = None,
    experiment_name: str | None = None,
    description: str | None = None,
    tags: Mapping[str, str] | None = None,
    properties: Mapping[str, str] | None = None,
    environment: Any = None,
    compute: Any = None,
    code: Any = None,
    distribution: Any = None,
    instance_count: int | None = None,
    instance_type: Any = None,
    locations: Any = None,
    docker_args: Any = None,
    identity: Any = None,
    services: Any = None,
    job_tier: Any = None,
    priority: Any = None,
    is_deterministic: bool = True,
    component: Any = None,
    parent_job_name: str | None = None,
    version: str | None = None,
    **unknown: Any,
) -> Command:
    """Define what a trial runs.

    >>> job = command(
    ...     command="python train.py --lr ${{inputs.lr}} --units ${{inputs.units}}",
    ...     image="registry.example/train:1",
    ...     inputs={"lr": 0.1, "units": 32},
    ...     gpus=1,
    ... )
    >>> from sweepjob.sweep import Uniform
    >>> sweep = job(lr=Uniform(0.01, 0.1)).sweep(primary_metric="accuracy", goal="Maximize")
    >>> sweep.to_manifest()["spec"]["trial"]["command"]
    'python train.py --lr ${{search_space.lr}} --units ${{inputs.units}}'

    Args:
        command: Command line, or a list of words, with references such as ``${{inputs.NAME}}``.
        image: Container image with the script.
        inputs: Constants, :class:`sweepjob.Input` objects and expressions by input name.
        outputs: Output folders by name.
        environment_variables: Environment variables of the container.
        gpus: GPUs of each trial (``nvidia.com/gpu``).
        resources: Resources of the container, ``{"limits": {...}, "requests": {...}}``; or Azure's
            ``JobResourceConfiguration``, also as a dict.
        shm_size: Size of ``/dev/shm`` in Azure's notation (``8g``) or as a quantity (``8Gi``).
        volumes: Volumes by mount path: the name of a PersistentVolumeClaim, or a volume source.
        node_selector: Node selector of the pod.
        tolerations: Tolerations of the pod.
        service_account_name: Service account of the pod.
        template: A complete pod template, instead of the image, the command and the settings above.
        manifest: An object of another kind than Job, such as a JobSet, instead of a template.
        success_condition: Of a manifest: a CEL expression over the object's status.
        failure_condition: Of a manifest: a CEL expression over the object's status.
        pod_template_path: Of a manifest: the path of the pod template whose pods report.
        metrics: How the script reports: ``mlflow`` (the default), ``logs``, ``file``, ``tensorboard``,
            ``wandb``, ``pushgateway``, or a dict with the keys of ``spec.metrics``.
        sidecar_resources: Resources of the sidecar that receives the metrics, as ``resources``.
        max_retries: Further attempts after a failure.
        stop_grace_period_seconds: Seconds between SIGTERM and SIGKILL when a trial is stopped.
        do_not_disrupt: Whether Karpenter and the cluster autoscaler are asked to keep the nodes.
        companion_grace_period_seconds: Seconds that other containers have after the script's end.
        checkpoint: Name of the output to which the script saves a checkpoint, from which a paused trial
            goes on.
        queue: Kueue's queue.
        timeout: Seconds after which a trial is stopped.
        name: Name of the SweepJob object.
        display_name: Display name of the sweep.
        experiment_name: Experiment name of the sweep.
        description: Description of the sweep.
        tags: Tags of the sweep.
        properties: Properties of the sweep.
        environment: Environment of Azure's, by the Azure map: its name, or an ``Environment``.
        compute: Compute target of Azure's, by the Azure map.
        code: Folder of the code: by the Azure map, and where trials run on one machine.
        distribution: How the processes of a trial find each other: ``PyTorchDistribution`` and the like,
            or a dict with Azure's keys.
        instance_count: Pods of a trial. Its resources are those of each.
        instance_type: Size of virtual machine, by the Azure map.
        locations: Azure's; not used, with a warning.
        docker_args: Options of Docker; ``--shm-size`` is converted.
        identity: Azure's; not used, with a warning.
        services: Azure's; not used, with a warning.
        job_tier: Azure's; not used, with a warning.
        priority: Azure's; not used, with a warning.
        is_deterministic: Azure's; results are never reused.
        component: A command whose settings are the defaults.
        parent_job_name: Azure's; not used, with a warning.
        version: Version of a component.
        unknown: No other argument is taken.

    Returns:
        The command. Call it with expressions as inputs, then call its ``sweep`` method.

    Raises:
        ArgumentError: An argument is invalid, unknown, or not supported on Kubernetes.
    """
    group_spec(instance_count, distribution)  # raises for an invalid one
    _refuse_unknown(unknown)
    made = Command(
        command=argument_list(command),
        image=image,
        inputs=NamedValues(inputs or {}),
        outputs=NamedValues(outputs or {}),
        environment_variables=dict(environment_variables or {}),
        resources=_resources(resources, gpus),
        placement=PodSettings(
            shm_size, dict(volumes or {}), node_selector, tolerations, service_account_name
        ),
        trial=present(
            template=template and dict(template),
            manifest=manifest and dict(manifest),
            successCondition=success_condition,
            failureCondition=failure_condition,
            podTemplatePath=pod_template_path,
            maxRetries=max_retries,
            stopGracePeriodSeconds=stop_grace_period_seconds,
            doNotDisrupt=do_not_disrupt,
            companionGracePeriodSeconds=companion_grace_period_seconds,
            checkpoint=checkpoint and {"output": checkpoint},
        ),
        metrics=_metrics(metrics, sidecar_resources),
        queue=queue,
        timeout=timeout,
        name=name,
        display_name=display_name,
        experiment_name=experiment_name,
        description=description,
        tags=dict(tags or {}),
        properties=dict(properties or {}),
        environment=environment,
        compute=getattr(compute, "name", compute),
        code=code,
        distribution=distribution,
        version=version,
        azure=present(
            identity=identity,
            services=services,
            job_tier=job_tier,
            priority=priority,
            parent_job_name=parent_job_name,
        ),
    )
    made.set_resources(
        instance_type=instance_type,
        instance_count=instance_count,
        locations=locations,
        docker_args=docker_args,
    )
    if _is_of_azure(resources):
        made.set_resources(**values_of(resources))
    check_inputs(made.inputs)
    return _with_defaults(made, component)


def command_arguments() -> list[str]:
    """Return the names of the arguments of ``command``."""
    return [name for name in signature(command).parameters if name != "unknown"]


def _refuse_unknown(unknown: Mapping[str, Any]) -> None:
    for name in unknown:
        close = get_close_matches(name, command_arguments(), 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ArgumentError(f"command: {name}: no such argument{hint}")


def _with_defaults(made: Command, component: Any) -> Command:
    """Return a command with what it lacks taken from another."""
    if component is None:
        return made
    if not isinstance(component, Command):
        raise ArgumentError(f"component: {component!r}: must be a command, e.g. of load_component")
    for own in fields(made):
        value = getattr(made, own.name)
        if value in (None, {}, []) or own.name == "folder":
            setattr(made, own.name, copy.deepcopy(getattr(component, own.name)))
    made.inputs = {**component.inputs, **made.inputs}
    return made


def _resources(resources: Any, gpus: int | None) -> dict[str, Any]:
    """Return the resources of the container; Azure's are set by ``set_resources``."""
    amounts: dict[str, Any] = {}
    if not _is_of_azure(resources):
        amounts = {key: dict(value) for key, value in (resources or {}).items()}
    if gpus:
        amounts.setdefault("limits", {})["nvidia.com/gpu"] = gpus
    return amounts


def _is_of_azure(resources: Any) -> bool:
    return resources is not None and not (
        isinstance(resources, Mapping) and set(resources) <= {"limits", "requests", "claims"}
    )


def _metrics(
    metrics: str | Mapping[str, Any] | None, sidecar_resources: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    given: dict[str, Any] | None = None
    if metrics is not None:
        given = {"source": metrics} if isinstance(metrics, str) else dict(metrics)
    if sidecar_resources is None:
        return given
    if given is not None and "sidecar" in given:
        raise ArgumentError("command: sidecar_resources: metrics has a 'sidecar' already")
    resources = {key: dict(value) for key, value in sidecar_resources.items()}
    return {**(given or {}), "sidecar": {"resources": resources}}
