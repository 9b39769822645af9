"""Early termination policies (Azure semantics, "Early termination"), with Azure's names and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from ..api.early_termination import parse_policy
from .arguments import ArgumentError, check, present
from .settings import known


@dataclass(kw_only=True)
class EarlyTerminationPolicy:
    """When a trial is stopped early.

    Args:
        delay_evaluation: Reports before the first evaluation; 0 by default.
        evaluation_interval: Reports between two evaluations; 1 by default. 0 means 1, as in Azure.

    Raises:
        ArgumentError: An argument is invalid.
    """

    type: ClassVar[str]
    delay_evaluation: int | None = None
    evaluation_interval: int | None = None

    def __post_init__(self) -> None:
        check(type(self).__name__, self.to_spec(), parse_policy)

    def to_spec(self) -> dict[str, Any]:
        """Return ``spec.earlyTermination``."""
        given = {_camel(field.name): getattr(self, field.name) for field in fields(self)}
        return {"type": self.type, **present(**given)}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


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
    >>> BanditPolicy()
    Traceback (most recent call last):
    ...
    sweepjob.sdk.arguments.ArgumentError: BanditPolicy: give exactly one of slack_factor and slack_amount
    """

    type = "bandit"
    slack_amount: float | None = None
    slack_factor: float | None = None

    def __post_init__(self) -> None:
        # Azure's default is 0 for both, so 0 together with the other slack means "not given".
        if self.slack_factor and self.slack_amount == 0:
            self.slack_amount = None
        if self.slack_amount and self.slack_factor == 0:
            self.slack_factor = None
        if (self.slack_amount is None) == (self.slack_factor is None):
            raise ArgumentError("BanditPolicy: give exactly one of slack_factor and slack_amount")
        super().__post_init__()


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
            raise ArgumentError(
                "TruncationSelectionPolicy.truncation_percentage: is required: 1 to 99"
            )
        super().__post_init__()


@dataclass(kw_only=True)
class AshaPolicy(EarlyTerminationPolicy):
    """Asynchronous successive halving (ASHA). Azure has no such policy.

    Args:
        reduction_factor: Factor by which each rung reduces the number of trials; 3 by default.
        grace_period: Report of the first rung; 1 by default.
        max_reports: Reports of a full run; later reports have no rung.

    Raises:
        ArgumentError: An argument is invalid.
    """

    type = "asha"
    reduction_factor: int | None = None
    grace_period: int | None = None
    max_reports: int | None = None


_POLICIES: dict[str, type[EarlyTerminationPolicy]] = {
    found.type: found
    for found in (BanditPolicy, MedianStoppingPolicy, TruncationSelectionPolicy, AshaPolicy)
}


def policy_from_spec(spec: Mapping[str, Any]) -> EarlyTerminationPolicy:
    """Return the policy of ``spec.earlyTermination``.

    Raises:
        ArgumentError: the type or a key is unknown.
    """
    found = _POLICIES.get(spec.get("type", ""))
    if found is None:
        listed = ", ".join(_POLICIES)
        raise ArgumentError(
            f"earlyTermination.type: {spec.get('type')!r}: unknown; known: {listed}"
        )
    names = {_camel(field.name): field.name for field in fields(found)}
    given = {key: value for key, value in spec.items() if key != "type"}
    return found(**{names[k]: v for k, v in known(given, names, "earlyTermination").items()})
