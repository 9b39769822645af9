"""Early termination (Azure semantics, "Early termination"), with Azure's names and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from ..api.early_termination import parse_policy
from .arguments import ArgumentError, check, present
from .settings import known


@dataclass(kw_only=True)
class EarlyTerminationPolicy:
    """When a trial is stopped.

    Args:
        delay_evaluation: never before this report; 0 if it is not given.
        evaluation_interval: at every such report; 1 if it is not given. 0 means 1, as in Azure.
    """

    type: ClassVar[str]
    delay_evaluation: int | None = None
    evaluation_interval: int | None = None

    def __post_init__(self) -> None:
        check(type(self).__name__, self.to_spec(), parse_policy)

    def to_spec(self) -> dict[str, Any]:
        """The policy as a SweepJob has it."""
        given = {_camel(field.name): getattr(self, field.name) for field in fields(self)}
        return {"type": self.type, **present(**given)}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


@dataclass(kw_only=True)
class BanditPolicy(EarlyTerminationPolicy):
    """Stops a trial that is too far behind the best: by a ratio or by an amount, one of the two.

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
        # Azure's own default is 0 for both, so a 0 beside the other means that it is not given.
        if self.slack_factor and self.slack_amount == 0:
            self.slack_amount = None
        if self.slack_amount and self.slack_factor == 0:
            self.slack_factor = None
        if (self.slack_amount is None) == (self.slack_factor is None):
            raise ArgumentError("BanditPolicy: give exactly one of slack_factor and slack_amount")
        super().__post_init__()


@dataclass(kw_only=True)
class MedianStoppingPolicy(EarlyTerminationPolicy):
    """Stops a trial whose best is worse than the median of the others' averages."""

    type = "median_stopping"


@dataclass(kw_only=True)
class TruncationSelectionPolicy(EarlyTerminationPolicy):
    """Stops the lowest share of trials.

    Args:
        truncation_percentage: 1 to 99.
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
    """Asynchronous successive halving; Azure has no such policy.

    Args:
        reduction_factor: one trial in so many goes on from each rung; 3 if it is not given.
        grace_period: the report at which the first rung is; 1 if it is not given.
        max_reports: reports of a full run; there is no rung from there on.
    """

    type = "asha"
    reduction_factor: int | None = None
    grace_period: int | None = None
    max_reports: int | None = None


_POLICIES: dict[str, type[EarlyTerminationPolicy]] = {
    found.type: found
    for found in (BanditPolicy, MedianStoppingPolicy, TruncationSelectionPolicy, AshaPolicy)
}


def policy_of(spec: Mapping[str, Any]) -> EarlyTerminationPolicy:
    """The policy that a SweepJob has."""
    found = _POLICIES.get(spec.get("type", ""))
    if found is None:
        listed = ", ".join(_POLICIES)
        raise ArgumentError(
            f"earlyTermination.type: {spec.get('type')!r}: unknown; known: {listed}"
        )
    names = {_camel(field.name): field.name for field in fields(found)}
    given = {key: value for key, value in spec.items() if key != "type"}
    return found(**{names[k]: v for k, v in known(given, names, "earlyTermination").items()})
