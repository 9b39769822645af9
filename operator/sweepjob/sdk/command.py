"""``command(...)``: what a trial runs, with Azure's arguments and those that Kubernetes needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .arguments import REASONS, ArgumentError, present, refuse
from .data import Output, constants
from .pod import Placement
from .trial import Command, listed


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
    """What a trial runs.

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
        command: as in Azure, with ``${{inputs.NAME}}``; a text, or a list of words.
        image: the container image with the script.
        gpus: of each trial (``nvidia.com/gpu``).
        resources: as in a container: ``{"limits": {...}, "requests": {...}}``.
        shm_size, volumes, node_selector, tolerations, service_account_name: of the pod.
        template: a whole pod template instead of image, command and all of these.
        metrics: how the script reports: ``mlflow`` (the default), ``logs``, ``file``, ``tensorboard``,
            ``pushgateway``, or a dict with more.
        max_retries: new attempts after a failure.
        queue: of Kueue's.
        azure: arguments of Azure's that mean nothing here are refused, with what to give instead.

    Raises:
        ArgumentError: an argument cannot be right.
    """
    refuse("command", azure, REASONS)
    for unknown in set(azure) - set(REASONS) - {"is_deterministic"}:
        raise ArgumentError(f"command: {unknown}: no such argument")
    if instance_count not in (None, 1):
        raise ArgumentError(f"command: instance_count={instance_count}: a trial is one pod")
    amounts: dict[str, Any] = {key: dict(value) for key, value in (resources or {}).items()}
    if gpus:
        amounts.setdefault("limits", {})["nvidia.com/gpu"] = gpus
    given = {"source": metrics} if isinstance(metrics, str) else metrics
    made = Command(
        command=listed(command),
        image=image,
        inputs=dict(inputs or {}),
        outputs=dict(outputs or {}),
        environment_variables=dict(environment_variables or {}),
        resources=amounts,
        placement=Placement(
            shm_size, dict(volumes or {}), node_selector, tolerations, service_account_name
        ),
        trial=present(
            template=template and dict(template),
            maxRetries=max_retries,
            stopGracePeriodSeconds=stop_grace_period_seconds,
        ),
        metrics=None if given is None else dict(given),
        queue=queue,
        timeout=timeout,
        name=name,
        display_name=display_name,
        experiment_name=experiment_name,
        description=description,
        tags=dict(tags or {}),
        properties=dict(properties or {}),
    )
    constants(made.inputs)
    return made
