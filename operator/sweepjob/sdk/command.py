"""``command(...)``: what a trial runs, with Azure's arguments and those that Kubernetes needs.

The signature lists every argument, so that editors and ``help()`` show them and misspelled ones fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .arguments import UNSUPPORTED, ArgumentError, present, refuse
from .data import Output, constant_inputs
from .job import Command
from .pod import Placement
from .trial import argument_list


def command(
    *,
    command: str | Sequence[str] | None = None,
    image: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Output] | None = None,
    environment_variables: Mapping[str, Any] | None = None,
    gpus: int | None = None,
    resources: Mapping[str, Any] | None = None,
    shm_size: str | None = None,
    volumes: Mapping[str, str | Mapping[str, Any]] | None = None,
    node_selector: Mapping[str, str] | None = None,
    tolerations: Sequence[Mapping[str, Any]] | None = None,
    service_account_name: str | None = None,
    template: Mapping[str, Any] | None = None,
    metrics: str | Mapping[str, Any] | None = None,
    max_retries: int | None = None,
    stop_grace_period_seconds: int | None = None,
    queue: str | None = None,
    timeout: int | None = None,
    name: str | None = None,
    display_name: str | None = None,
    experiment_name: str | None = None,
    description: str | None = None,
    tags: Mapping[str, str] | None = None,
    properties: Mapping[str, str] | None = None,
    instance_count: int | None = None,
    **azure: Any,
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
        resources: Resources of the container: ``{"limits": {...}, "requests": {...}}``.
        shm_size: Size of ``/dev/shm`` in Azure's notation (``8g``) or as a quantity (``8Gi``).
        volumes: Volumes by mount path: the name of a PersistentVolumeClaim, or a volume source.
        node_selector: Node selector of the pod.
        tolerations: Tolerations of the pod.
        service_account_name: Service account of the pod.
        template: A complete pod template, instead of the image, the command and the settings above.
        metrics: How the script reports: ``mlflow`` (the default), ``logs``, ``file``, ``tensorboard``,
            ``pushgateway``, or a dict with the keys of ``spec.metrics``.
        max_retries: Further attempts after a failure.
        stop_grace_period_seconds: Seconds between SIGTERM and SIGKILL when a trial is stopped.
        queue: Kueue's queue.
        timeout: Seconds after which a trial is stopped.
        name: Name of the SweepJob object.
        display_name: Display name of the sweep.
        experiment_name: Experiment name of the sweep.
        description: Description of the sweep.
        tags: Tags of the sweep.
        properties: Properties of the sweep.
        instance_count: Azure's; must be 1 if it is given.
        azure: Azure's other arguments.

    Returns:
        The command. Call it with expressions as inputs, then call its ``sweep`` method.

    Raises:
        ArgumentError: An argument is invalid, unknown, or not supported on Kubernetes.
    """
    _check_azure_arguments(azure, instance_count)
    made = Command(
        command=argument_list(command),
        image=image,
        inputs=dict(inputs or {}),
        outputs=dict(outputs or {}),
        environment_variables=dict(environment_variables or {}),
        resources=_resources(resources, gpus),
        placement=Placement(
            shm_size, dict(volumes or {}), node_selector, tolerations, service_account_name
        ),
        trial=present(
            template=template and dict(template),
            maxRetries=max_retries,
            stopGracePeriodSeconds=stop_grace_period_seconds,
        ),
        metrics=_metrics(metrics),
        queue=queue,
        timeout=timeout,
        name=name,
        display_name=display_name,
        experiment_name=experiment_name,
        description=description,
        tags=dict(tags or {}),
        properties=dict(properties or {}),
    )
    constant_inputs(made.inputs)  # raises for an invalid one
    return made


def _check_azure_arguments(azure: Mapping[str, Any], instance_count: int | None) -> None:
    refuse("command", azure, UNSUPPORTED)
    for unknown in set(azure) - set(UNSUPPORTED) - {"is_deterministic"}:
        raise ArgumentError(f"command: {unknown}: no such argument")
    if instance_count not in (None, 1):
        raise ArgumentError(f"command: instance_count={instance_count}: a trial is one pod")


def _resources(resources: Mapping[str, Any] | None, gpus: int | None) -> dict[str, Any]:
    amounts: dict[str, Any] = {key: dict(value) for key, value in (resources or {}).items()}
    if gpus:
        amounts.setdefault("limits", {})["nvidia.com/gpu"] = gpus
    return amounts


def _metrics(metrics: str | Mapping[str, Any] | None) -> dict[str, Any] | None:
    if metrics is None:
        return None
    return {"source": metrics} if isinstance(metrics, str) else dict(metrics)
