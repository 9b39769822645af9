"""Early termination, with Azure's names and defaults (Azure semantics).

The classes spell out the package's own policies for editors and type checkers; a test holds them to the
declarations. ``early_termination_policy`` makes the policies of other distributions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, make_dataclass
from typing import Any, ClassVar

from ..api.parsing.suggestions import did_you_mean
from ..api.spec.early_termination import parse_policy
from ..early_stopping.policies.registry import POLICIES
from .arguments import ArgumentError, camel_case, check, present, reject_unknown_keys, snake_case
from .attributes import KnownAttributes
from .examples import example_of


@dataclass(kw_only=True)
class EarlyTerminationPolicy(KnownAttributes):
    """When a trial is stopped early.

    Args:
        delay_evaluation: Reports before the first evaluation; 0 if it is not given.
        evaluation_interval: Reports between two evaluations; 1 if it is not given. 0 means 1, as in
            Azure.

    Raises:
        ArgumentError: An argument is invalid.
    """

    type: ClassVar[str]
    delay_evaluation: int | None = None
    evaluation_interval: int | None = None

    def __post_init__(self) -> None:
        check(type(self).__name__, self.to_spec(), parse_policy)

    def to_spec(self) -> dict[str, Any]:
        """Return the policy in the form of a SweepJob."""
        given = {camel_case(field.name): getattr(self, field.name) for field in fields(self)}
        return {"type": self.type, **present(**given)}


@dataclass(kw_only=True)
class BanditPolicy(EarlyTerminationPolicy):
    """Stops a trial that is too far behind the best one, by a ratio or by an amount.

    Args:
        slack_factor: Allowed ratio to the best value. Give either this or ``slack_amount``.
        slack_amount: Allowed difference to the best value.
        evaluation_interval: Reports between two evaluations; 1 by default.
        delay_evaluation: Reports before the first evaluation; 0 by default.

    Raises:
        ArgumentError: An argument is invalid, or not exactly one slack is given.

    >>> BanditPolicy(slack_factor=0.1, evaluation_interval=2).to_spec()
    {'type': 'bandit', 'evaluationInterval': 2, 'slackFactor': 0.1}
    >>> BanditPolicy()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    sweepjob.sdk.arguments.ArgumentError: BanditPolicy: give exactly one of slack_factor and ...
    """

    type = "bandit"
    slack_amount: float | None = None
    slack_factor: float | None = None

    def to_spec(self) -> dict[str, Any]:
        """Return the policy in the form of a SweepJob.

        Raises:
            ArgumentError: Not exactly one slack is given.
        """
        spec = super().to_spec()
        # Azure's default is 0 for both, so 0 together with the other slack means "not given".
        for one, other in (("slackFactor", "slackAmount"), ("slackAmount", "slackFactor")):
            if spec.get(one) and spec.get(other) == 0:
                del spec[other]
        if ("slackFactor" in spec) == ("slackAmount" in spec):
            message = "BanditPolicy: give exactly one of slack_factor and slack_amount"
            raise ArgumentError(message + example_of("BanditPolicy"))
        return spec


@dataclass(kw_only=True)
class MedianStoppingPolicy(EarlyTerminationPolicy):
    """Stops a trial whose best value is worse than the median of the other trials' running averages."""

    type = "median_stopping"


@dataclass(kw_only=True)
class TruncationSelectionPolicy(EarlyTerminationPolicy):
    """Stops a percentage of the trials, the worst ones, at each evaluation.

    Args:
        truncation_percentage: Percentage of trials to stop, 1 to 99.
        evaluation_interval: Reports between two evaluations; 1 by default.
        delay_evaluation: Reports before the first evaluation; 0 by default.

    Raises:
        ArgumentError: An argument is invalid or missing.
    """

    type = "truncation_selection"
    truncation_percentage: int | None = None

    def __post_init__(self) -> None:
        if self.truncation_percentage is None:
            message = "TruncationSelectionPolicy.truncation_percentage: is required: 1 to 99"
            raise ArgumentError(message + example_of("TruncationSelectionPolicy"))
        super().__post_init__()


@dataclass(kw_only=True)
class AshaPolicy(EarlyTerminationPolicy):
    """Asynchronous successive halving (ASHA). Azure has no such policy.

    Args:
        reduction_factor: Factor by which each rung reduces the number of trials; 3 by default.
        grace_period: Report of the first rung; 1 by default.
        max_reports: Reports of a full run; later reports have no rung.
        mode: ``stop``, the default, or ``promote``: the others are paused, and continue when they are
            among the best later. That needs ``checkpoint`` of the command.
        budget_parameter: For scripts without checkpoints: the parameter that gives the script its budget.
            A trial that continues is run again with a larger one, up to ``max_reports``.

    Raises:
        ArgumentError: An argument is invalid.
    """

    type = "asha"
    reduction_factor: int | None = None
    grace_period: int | None = None
    max_reports: int | None = None
    mode: str | None = None
    budget_parameter: str | None = None


@dataclass(kw_only=True)
class HyperbandPolicy(EarlyTerminationPolicy):
    """Hyperband: asynchronous successive halving in several brackets. Azure has no such policy.

    Args:
        max_reports: Reports of a full run.
        reduction_factor: Factor by which each rung reduces the number of trials; 3 by default.
        grace_period: Report of the first rung of the first bracket; 1 by default.
        brackets: Number of brackets; as many as there are rungs, and one without a rung, by default.
        mode: ``stop``, or ``promote``: the others are paused, and continue when they are among the best
            later. That needs ``checkpoint`` of the command, and is the default with one.
        budget_parameter: For scripts without checkpoints: the parameter that gives the script its budget.
            A trial that continues is run again with a larger one, up to ``max_reports``.

    Raises:
        ArgumentError: An argument is invalid or missing.

    >>> HyperbandPolicy(max_reports=81).to_spec()
    {'type': 'hyperband', 'maxReports': 81}
    """

    type = "hyperband"
    reduction_factor: int | None = None
    grace_period: int | None = None
    max_reports: int | None = None
    brackets: int | None = None
    mode: str | None = None
    budget_parameter: str | None = None

    def __post_init__(self) -> None:
        if self.max_reports is None:
            message = "HyperbandPolicy.max_reports: is required, such as 81"
            raise ArgumentError(message + example_of("HyperbandPolicy"))
        super().__post_init__()


@dataclass(kw_only=True)
class ForecastPolicy(EarlyTerminationPolicy):
    """Stops a trial that is unlikely to become the best. Azure has no such policy.

    Args:
        probability: A trial is stopped when its chance to exceed the best value is below this.
        max_reports: Reports of a full run; learnt from complete trials unless given.
        evaluation_interval: Reports between two evaluations; 1 by default.
        delay_evaluation: Reports before the first evaluation; 0 by default.

    Raises:
        ArgumentError: An argument is invalid or missing.

    >>> ForecastPolicy(probability=0.05).to_spec()
    {'type': 'forecast', 'probability': 0.05}
    """

    type = "forecast"
    probability: float | None = None
    max_reports: int | None = None

    def __post_init__(self) -> None:
        if self.probability is None:
            message = "ForecastPolicy.probability: is required, such as 0.05"
            raise ArgumentError(message + example_of("ForecastPolicy"))
        super().__post_init__()


@dataclass(kw_only=True)
class AutoPolicy(EarlyTerminationPolicy):
    """Stops a trial that has no chance to become the best, and chooses everything itself.

    Azure has no such policy.

    Args:
        max_reports: Reports of a full run; learnt from complete trials unless given.

    Raises:
        ArgumentError: An argument is invalid.
    """

    type = "auto"
    max_reports: int | None = None


_POLICIES: dict[str, type[EarlyTerminationPolicy]] = {
    found.type: found
    for found in (
        BanditPolicy,
        MedianStoppingPolicy,
        TruncationSelectionPolicy,
        AshaPolicy,
        HyperbandPolicy,
        ForecastPolicy,
        AutoPolicy,
    )
}


def early_termination_policy(type: str, **arguments: Any) -> EarlyTerminationPolicy:
    """Return a policy by its name: one of the package's own, or of an installed plug-in.

    Args:
        type: the name, as in ``earlyTermination.type``.
        **arguments: its parameters in snake_case.

    Raises:
        ArgumentError: there is no policy of that name, or an argument is invalid.

    >>> early_termination_policy("bandit", slack_amount=0.1).to_spec()
    {'type': 'bandit', 'slackAmount': 0.1}
    """
    found = _class_of(type)
    reject_unknown_keys(
        arguments, {field.name: field.name for field in fields(found)}, found.__name__
    )
    return found(**arguments)


def policy_from_spec(spec: Mapping[str, Any]) -> EarlyTerminationPolicy:
    """Return the policy of a SweepJob.

    Args:
        spec: ``earlyTermination`` of the SweepJob.

    Raises:
        ArgumentError: there is no policy of that name, or a key or value is invalid.
    """
    found = _class_of(spec.get("type", ""))
    names = {camel_case(field.name): field.name for field in fields(found)}
    given = {key: value for key, value in spec.items() if key != "type"}
    reject_unknown_keys(given, names, "earlyTermination")
    return found(**{names[key]: value for key, value in given.items()})


def _class_of(name: str) -> type[EarlyTerminationPolicy]:
    if name in _POLICIES:
        return _POLICIES[name]
    declaration = POLICIES.get(name)
    if declaration is None:
        near = did_you_mean(name, POLICIES.names())
        raise ArgumentError(f"earlyTermination.type: {name!r}: {POLICIES.unknown(near)}")
    shared = {field.name for field in fields(EarlyTerminationPolicy)}
    own = [snake_case(parameter.name) for parameter in declaration.parameters]
    return make_dataclass(
        f"{declaration.reason}Policy",
        [(argument, Any, None) for argument in own if argument not in shared],
        bases=(EarlyTerminationPolicy,),
        namespace={"type": name, "__doc__": f"Stops a trial that is {declaration.summary}."},
        kw_only=True,
    )
