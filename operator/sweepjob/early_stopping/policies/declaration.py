"""The declaration of a policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...plugins.parameters import Note, ParameterDeclaration
from ..policy import IntervalSchedule, Policy

_REASON = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")
_MOST_REPORTS = 10**9  # no trial makes more

EVALUATION_INTERVAL = ParameterDeclaration(
    "evaluationInterval",
    "integer",
    "Apply the policy at every such report of the primary metric; 0 means 1.",
    default=1,
    maximum=_MOST_REPORTS,
)
DELAY_EVALUATION = ParameterDeclaration(
    "delayEvaluation",
    "integer",
    "Never apply it before this report.",
    default=0,
    maximum=_MOST_REPORTS,
)
# The parameters of ``interval_schedule``.
SCHEDULE_PARAMETERS = (EVALUATION_INTERVAL, DELAY_EVALUATION)


def interval_schedule(values: Mapping[str, Any]) -> IntervalSchedule:
    """Return the schedule that ``SCHEDULE_PARAMETERS`` describe.

    Args:
        values: the parameters' values by name.
    """
    # Azure's clients send 0 for an interval that was not given; it means every one.
    return IntervalSchedule(max(1, values["evaluationInterval"]), values["delayEvaluation"])


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition over several parameters, which ``kubectl apply`` checks.

    The operator checks the same in ``PolicyDeclaration.build``.

    Attributes:
        expression: CEL over ``self``, the policy's section; true when the parameters are valid.
        message: what is wrong, with the policy's name.
    """

    expression: str
    message: str


@dataclass(frozen=True, slots=True)
class PolicyDeclaration:
    """A policy's name, its reason, its parameters, and how it is built.

    Attributes:
        name: the value of ``earlyTermination.type``; small letters, digits and ``_``.
        reason: the reason of a trial that it stops, in CamelCase; users see it in
            ``status.stop.reason`` and in events.
        summary: a phrase for the reference that names the trials that it stops.
        build: makes the policy from the values of its parameters; records mistakes that concern several
            of them with its second argument. It is also called when a value was wrong.
        parameters: the keys besides ``type``.
        rules: conditions over several parameters, for the API server.
        instead_of: parameters of other policies that users may expect here, and the message about each.
    """

    name: str
    reason: str
    summary: str
    build: Callable[[Mapping[str, Any], Note], Policy]
    parameters: tuple[ParameterDeclaration, ...] = ()
    rules: tuple[Rule, ...] = ()
    instead_of: Mapping[tuple[str, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _REASON.fullmatch(self.reason):
            raise ValueError(f"policy {self.name}: reason {self.reason!r}: must be in CamelCase")
        if not self.summary:
            raise ValueError(f"policy {self.name}: needs a summary")
