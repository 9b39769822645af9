"""A sweep in Python to the parts of a SweepJob object, and back."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..api import names
from ..loading.azure.sweep import parameter_names
from .arguments import ArgumentError, present
from .data import constants
from .expressions import Expression, expression
from .policies import EarlyTerminationPolicy
from .settings import GridSamplingAlgorithm
from .trial import Command

if TYPE_CHECKING:
    from .job import SweepJob

_TEXTS = {
    "display_name": "display-name",
    "experiment_name": "experiment-name",
    "description": "description",
}
_MAPS = ("tags", "properties")
_LONGEST = names.SWEEP_NAME_LIMIT
_SHORT = ("image", "command", "resources")


def metadata_of(job: SweepJob) -> dict[str, Any]:
    """``metadata`` of the SweepJob."""
    labels = dict(job.labels) | ({names.QUEUE_LABEL: job.queue} if job.queue else {})
    notes = dict(job.annotations)
    for key, suffix in _TEXTS.items():
        if (text := getattr(job, key)) is not None:
            notes[f"{names.GROUP}/{suffix}"] = text
    for key in _MAPS:
        notes |= {f"{key}.{names.GROUP}/{n}": str(v) for n, v in getattr(job, key).items()}
    name = job.name or slug(job.display_name or job.experiment_name or "sweep")
    maps = {k: v for k, v in (("labels", labels), ("annotations", notes)) if v}
    return {"name": name, **present(namespace=job.namespace), **maps}


def spec_of(job: SweepJob) -> dict[str, Any]:
    """``spec`` of the SweepJob.

    Raises:
        ArgumentError: a part is missing, or parts cannot stand together.
    """
    if job.objective is None:
        raise ArgumentError("objective: is required: set_objective(goal=..., primary_metric=...)")
    space = {name: _as_expression(name, e).to_spec() for name, e in job.search_space.items()}
    spec: dict[str, Any] = {
        "objective": job.objective.to_spec(),
        "samplingAlgorithm": _sampling(job, space),
        "searchSpace": space,
    }
    if job.early_termination is not None:
        spec["earlyTermination"] = _as_policy(job.early_termination).to_spec()
    spec["limits"] = job.limits.to_spec()
    parts = {
        "inputs": constants({n: v for n, v in job.inputs.items() if n not in job.swept}),
        "outputs": {name: output.to_spec(name) for name, output in job.outputs.items()},
        "metrics": job.metrics and copy.deepcopy(job.metrics),
        "warmStart": {"sweeps": list(map(_name_of, job.warm_start))} if job.warm_start else None,
    }
    spec |= {key: value for key, value in parts.items() if value}
    return (
        spec
        | present(suspend=job.suspend, stop=job.stop)
        | {"trial": job.trial.over(job.swept).to_spec()}
    )


def _sampling(job: SweepJob, space: Mapping[str, Any]) -> dict[str, Any]:
    """Grid goes through the order in which the space is written, which Kubernetes would not keep."""
    spec = job.sampling_algorithm.to_spec()
    grid = job.sampling_algorithm
    if isinstance(grid, GridSamplingAlgorithm) and grid.order is None:
        order = list(parameter_names(space, ""))
        spec |= {"order": order} if len(order) > 1 else {}
    return spec


def slug(text: str) -> str:
    """A text as the name of an object.

    >>> slug("My first sweep!")
    'my-first-sweep'
    """
    name = re.sub(r"[^a-z0-9]+", "-", text.lower())[:_LONGEST].strip("-")
    return name if name and not name[0].isdigit() else f"sweep-{name}".strip("-")[:_LONGEST]


def _as_expression(name: str, given: Any) -> Expression:
    return given if isinstance(given, Expression) else expression(given, f"search_space.{name}")


def _as_policy(given: Any) -> EarlyTerminationPolicy:
    if not isinstance(given, EarlyTerminationPolicy):
        raise ArgumentError(
            f"early_termination: {given!r}: must be a policy, e.g. MedianStoppingPolicy()"
        )
    return given


def _name_of(sweep: Any) -> str:
    return str(getattr(sweep, "name", sweep))


def described(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Labels and annotations, those that are an argument of their own taken out."""
    labels, notes = dict(meta.get("labels") or {}), dict(meta.get("annotations") or {})
    found: dict[str, Any] = {"queue": labels.pop(names.QUEUE_LABEL, None)}
    for key, suffix in _TEXTS.items():
        found[key] = notes.pop(f"{names.GROUP}/{suffix}", None)
    for key in _MAPS:
        prefix = f"{key}.{names.GROUP}/"
        found[key] = {
            n.removeprefix(prefix): notes.pop(n) for n in [*notes] if n.startswith(prefix)
        }
    return found | {"labels": labels, "annotations": notes, "namespace": meta.get("namespace")}


def trial_of(spec: Mapping[str, Any]) -> Command:
    """A trial as it is written; its variables stay a list, since some have more than a value."""
    return Command(
        command=copy.deepcopy(spec.get("command")),
        image=spec.get("image"),
        resources=copy.deepcopy(dict(spec.get("resources") or {})),
        trial={k: copy.deepcopy(v) for k, v in spec.items() if k not in _SHORT},
    )
