"""``SweepJob``: a sweep in Python, to and from the object that ``kubectl apply`` takes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..api import names
from ..api.problem import InvalidSpec
from ..api.spec_warnings import spec_warnings
from ..api.sweepjob import SweepSpec, parse_sweepjob
from ..loading.yaml_text import dump
from .arguments import REASONS, ArgumentError, present, refuse, spelled
from .data import Output
from .expressions import Expression, expression, plain
from .manifest import described, metadata_of, spec_of, trial_of
from .policies import EarlyTerminationPolicy, policy_of
from .settings import Objective, SamplingAlgorithm, SweepJobLimits, algorithm_of
from .settings import sampling_algorithm as algorithm_named
from .trial import Command

_ABSENT = {
    **{name: REASONS[name] for name in ("identity", "compute", "queue_settings")},
    "resources": "give them to command(...)",
}


class SweepWarning(UserWarning):
    """Something of a sweep is allowed, and probably not meant."""


class SweepJob:
    """A sweep.

    Args:
        name: of the SweepJob; made from the display name, or at its creation, if it is not given.
        limits, sampling_algorithm, search_space, objective, early_termination: what and how to search.
        trial: what a trial runs, by :func:`sweepjob.command`.
        inputs, outputs: the trial's, if they are not given.
        namespace, labels, annotations: of the object.
        queue: of Kueue's.
        metrics: how the script reports; the trial's, if it is not given.
        warm_start: finished sweeps, or their names, whose trials count in this one.
        suspend: start no trial yet.
        others: as in Azure.

    Raises:
        ArgumentError: an argument cannot be right, or means nothing here.
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        display_name: str | None = None,
        experiment_name: str | None = None,
        identity: Any = None,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Output] | None = None,
        compute: Any = None,
        limits: SweepJobLimits | None = None,
        sampling_algorithm: Any = "random",
        search_space: Mapping[str, Expression] | None = None,
        objective: Objective | None = None,
        trial: Command | None = None,
        early_termination: EarlyTerminationPolicy | None = None,
        queue_settings: Any = None,
        resources: Any = None,
        properties: Mapping[str, str] | None = None,
        namespace: str | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        queue: str | None = None,
        metrics: Mapping[str, Any] | None = None,
        warm_start: Sequence[Any] = (),
        suspend: bool | None = None,
        stop: bool | None = None,
    ) -> None:
        self.identity, self.compute = identity, compute
        self.queue_settings, self.resources = queue_settings, resources
        self.name, self.namespace = name, namespace
        self.display_name, self.experiment_name = display_name, experiment_name
        self.description = description
        self.tags, self.properties = dict(tags or {}), dict(properties or {})
        self.labels, self.annotations = dict(labels or {}), dict(annotations or {})
        self.trial = trial or Command()
        # What stands in no argument is the trial's, as in Azure.
        self.inputs = dict(_unswept(self.trial.inputs) if inputs is None else inputs)
        self.outputs = dict(self.trial.outputs if outputs is None else outputs)
        self.queue = queue or self.trial.queue
        self.metrics = self.trial.metrics if metrics is None else dict(metrics)
        self.limits = limits or SweepJobLimits(trial_timeout=self.trial.timeout)
        self.sampling_algorithm = sampling_algorithm
        self.search_space: dict[str, Expression] = dict(search_space or {})
        self.objective = objective
        self.early_termination = early_termination
        self.warm_start = list(warm_start)
        self.suspend, self.stop = suspend, stop
        self._apart = frozenset[str]()

    def __setattr__(self, name: str, value: Any) -> None:
        """Attributes that mean nothing here are refused like arguments: nothing is dropped in silence."""
        refuse("SweepJob", {name: value}, _ABSENT)
        super().__setattr__(name, value)

    @property
    def sampling_algorithm(self) -> SamplingAlgorithm:
        """How trials are proposed; may be set by a name."""
        return self._algorithm

    @sampling_algorithm.setter
    def sampling_algorithm(self, given: Any) -> None:
        self._algorithm = algorithm_named(given)

    def set_limits(
        self,
        *,
        max_concurrent_trials: int | None = None,
        max_total_trials: int | None = None,
        timeout: int | None = None,
        trial_timeout: int | None = None,
    ) -> None:
        """Change the limits that are given."""
        given = present(max_concurrent_trials=max_concurrent_trials, timeout=timeout)
        given |= present(max_total_trials=max_total_trials, trial_timeout=trial_timeout)
        for key, value in given.items():
            setattr(self.limits, key, value)
        self.limits.check()

    def set_objective(self, *, goal: str | None = None, primary_metric: str | None = None) -> None:
        """Change the objective."""
        before = self.objective
        self.objective = Objective(
            goal or (before.goal if before else ""),
            primary_metric or (before.primary_metric if before else ""),
        )

    def set_resources(self, *, shm_size: str | None = None, **azure: Any) -> None:
        """Change ``/dev/shm``; what else Azure has here is refused, with what to give instead."""
        refuse("set_resources", azure, REASONS)
        if azure.get("instance_count") not in (None, 1):
            raise ArgumentError(
                f"set_resources: instance_count={azure['instance_count']}: a trial is one pod"
            )
        if shm_size is not None:
            self.trial.placement.shm_size = shm_size

    def to_manifest(self) -> dict[str, Any]:
        """The SweepJob as ``kubectl apply`` takes it, as dicts and lists.

        Raises:
            ArgumentError: a part is missing, or parts cannot stand together.
        """
        found: dict[str, Any] = plain(
            {
                "apiVersion": names.API_VERSION,
                "kind": names.SWEEPJOB,
                "metadata": metadata_of(self),
                "spec": spec_of(self),
            }
        )
        return found

    def validate(self) -> SweepSpec:
        """Check it as the operator does; what is allowed and probably not meant is a ``SweepWarning``.

        Raises:
            ArgumentError: with every mistake.
        """
        manifest, spec = self.checked()
        for found in spec_warnings(manifest, spec):
            warnings.warn(spelled(found).replace("spec.", ""), SweepWarning, stacklevel=2)
        return spec

    def checked(self) -> tuple[dict[str, Any], SweepSpec]:
        """The SweepJob and what it says.

        Raises:
            ArgumentError: with every mistake.
        """
        manifest = self.to_manifest()
        try:
            return manifest, parse_sweepjob(manifest)
        except InvalidSpec as error:
            problems = "; ".join(map(spelled, error.problems)).replace("spec.", "")
            raise ArgumentError(problems) from None

    def to_yaml(self, path: str | Path | None = None) -> str:
        """The SweepJob as YAML, written to a file if one is named.

        Raises:
            ArgumentError: the sweep has mistakes.
        """
        self.validate()
        text = dump(self.to_manifest())
        if path is not None:
            Path(path).write_text(text)
        return text

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> SweepJob:
        """The sweep in a SweepJob object; ``to_manifest`` gives the same again.

        Raises:
            ArgumentError: it is none, or has mistakes.
        """
        if manifest.get("kind") != names.SWEEPJOB:
            raise ArgumentError(f"kind: {manifest.get('kind')!r}: must be {names.SWEEPJOB}")
        try:
            parse_sweepjob(manifest)
        except InvalidSpec as error:
            raise ArgumentError(str(error)) from None
        meta, spec = manifest["metadata"], manifest["spec"]
        warm = spec.get("warmStart") or {}
        policy = spec.get("earlyTermination")
        made = cls(
            name=meta["name"],
            **described(meta),
            limits=SweepJobLimits.from_spec(spec["limits"]),
            sampling_algorithm=algorithm_of(spec.get("samplingAlgorithm") or {"type": "random"}),
            search_space={
                n: expression(e, f"searchSpace.{n}") for n, e in spec["searchSpace"].items()
            },
            objective=Objective.from_spec(spec["objective"]),
            early_termination=None if policy is None else policy_of(policy),
            inputs=spec.get("inputs") or {},
            outputs={n: Output.from_spec(o) for n, o in (spec.get("outputs") or {}).items()},
            metrics=spec.get("metrics"),
            warm_start=warm.get("sweeps") or (),
            suspend=spec.get("suspend"),
            stop=spec.get("stop"),
            trial=trial_of(spec["trial"]),
        )
        # There a name may be both, and stays both.
        made._apart = frozenset(made.inputs) & frozenset(made.search_space)
        return made

    @property
    def swept(self) -> set[str]:
        """Parameters that take the place of an input of their name, as in Azure's client."""
        return set(self.search_space) - self._apart

    def __repr__(self) -> str:
        what = ", ".join(self.search_space)
        return f"SweepJob(name={self.name!r}, search_space=[{what}])"


def _unswept(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if not isinstance(value, Expression)}
