"""The conditions of a sweep, except ``Degraded``."""

from __future__ import annotations

from .. import protocol
from ..api import names
from ..api.meta.cause import Cause
from ..api.status import Condition
from .result_status import describe_result, doubtful_result
from .state.sweep_state import SweepState

_INCOMPLETE = "its reports may be incomplete"
_RESTRICTIONS = {protocol.AMBIGUOUS_METRIC: "another metric may have been meant"}


def accepted_condition(state: SweepState) -> Condition:
    """Return the condition ``Accepted``, with what was found about the spec."""
    if state.findings.rejection:
        return Condition(names.ACCEPTED, False, names.REASON_INVALID, state.findings.rejection)
    text = "the spec is accepted"
    if state.sources:
        text += f"; it starts with {', '.join(map(str, state.sources))}"
    if state.findings.warnings:
        text += f". Warnings: {state.findings.warnings}"
    if state.findings.sidecar_adjustment:
        text += f"; the trials' sidecar has {state.findings.sidecar_adjustment}"
    return Condition(names.ACCEPTED, True, names.REASON_ACCEPTED, text)


def complete_condition(
    state: SweepState,
    over: bool,
    failure: Cause | None,
    limit: Cause | None = None,
    waits: Cause | None = None,
) -> Condition:
    """Return the condition ``Complete``.

    Args:
        state: the state of the sweep.
        over: whether the sweep has ended.
        failure: why it failed; None if it did not.
        limit: why a limit or a person ended it; None if neither did.
        waits: why it cannot go on without a person; None if it can.
    """
    if waits is not None and failure is None:
        return Condition(names.COMPLETE, False, *waits)
    if not over or failure is not None:
        reason = names.REASON_RUNNING if failure is None else failure.reason
        return Condition(names.COMPLETE, False, reason, "the sweep is not complete")
    exhausted = (
        state.proposals.exhausted and state.slots.created < state.spec.limits.max_total_trials
    )
    reason = names.REASON_EXHAUSTED if exhausted else names.REASON_ALL_TRIALS
    if limit is not None:
        reason = limit.reason
    unmanaged = sum(record.is_unmanaged for record in state.unreadable.values())
    left_out = f", except {unmanaged} whose records cannot be read" if unmanaged else ""
    early = "" if limit is None or limit.reason == names.REASON_STOPPED else f"{limit.message}; "
    message = (
        f"{early}all {state.slots.created} trials have ended{left_out}; {describe_result(state)}"
    )
    doubtful = doubtful_result(state)
    if doubtful is not None:
        trial, warning = doubtful
        restriction = _RESTRICTIONS.get(warning.reason, _INCOMPLETE)
        whose = "" if state.results.best is not None else f"of {trial} "
        message += f", but {whose}{restriction}: see its condition {warning.reason}"
    return Condition(names.COMPLETE, True, reason, message)


def failed_condition(failure: Cause | None) -> Condition:
    """Return the condition ``Failed``; it holds if there is a failure."""
    if failure is None:
        return Condition(names.FAILED, False, names.REASON_RUNNING, "the sweep has not failed")
    return Condition(names.FAILED, True, *failure)


def stalled_condition(state: SweepState, failure: Cause | None) -> list[Condition]:
    """Return the condition ``Stalled``, which GitOps tools read; it exists only while it holds."""
    if failure is not None:
        return [Condition(names.STALLED, True, *failure)]
    if state.findings.rejection:
        return [Condition(names.STALLED, True, names.REASON_INVALID, state.findings.rejection)]
    return []


def suspended_condition(suspended: bool) -> Condition:
    """Return the condition ``Suspended``."""
    if suspended:
        text = "spec.suspend is true: no new trial is started"
        return Condition(names.SUSPENDED, True, names.REASON_SUSPENDED, text)
    return Condition(names.SUSPENDED, False, names.REASON_NOT_SUSPENDED, "spec.suspend is not set")
