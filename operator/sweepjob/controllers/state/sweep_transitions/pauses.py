"""Trials that are stopped, paused and continued, and the slots of their sweep."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType

from ....api import names
from ....api.meta.cause import Cause
from ....api.phases import TrialPhase
from ....api.sweeptrial.desired_state import DesiredState
from ....api.sweeptrial.stop_decision import StopDecision
from ....early_stopping.policies.registry import POLICIES
from ....early_stopping.policy import PausedTrial, Resumption
from ...time_limit import TimeLimitExceeded, call_within
from ..trial_state import TrialState
from .base import SweepTransitions

_log = logging.getLogger(__name__)
_PLUGIN_LIMIT = 1.0  # seconds that a plug-in's policy may take for a choice; the event loop waits
_BY_PERSON = "a person continued it"
_NO_STEPS = "; its reports have no step, so those that it makes again count again"
_UNKNOWN_STEPS = 1  # reports without a step: many scripts count from 0, which counts as none


class PauseTransitions(SweepTransitions):
    """Which trials are paused, and which of them continue."""

    def _note_rung(self, trial: TrialState, stop: StopDecision) -> None:
        """Note what a trial has reached with a budget, if that is what a recorded decision is about."""
        if self.state.spec.budget_policy is None or not stop.pauses:
            return
        self.trials.note_rung(trial, stop)
        rung = trial.rungs[-1]
        score = rung.score(self.state.spec.objective.goal)
        self.state.evaluator.record_rung(trial.index, rung.budget, score)

    def record_stop(self, trial: TrialState, stop: StopDecision, now: float) -> None:
        """Record the decision to stop or to pause a trial.

        Args:
            trial: a live trial.
            stop: the decision.
            now: seconds since the epoch.
        """
        self.trials.record_stop(trial, stop, TrialPhase.STOPPING, now)
        self._note_rung(trial, stop)
        self.trials.withdraw_slot(trial)
        self.state.paused.place(trial)

    def record_pause(
        self, trial: TrialState, attempt: int, failures: int, pause: StopDecision, now: float
    ) -> None:
        """Record that a trial is paused: its slot is free.

        Args:
            trial: a live trial.
            attempt: the number of the attempt that continues it.
            failures: failed attempts so far.
            pause: the decision.
            now: seconds since the epoch.
        """
        self.trials.record_pause(trial, attempt, failures, pause, now)
        if pause.policy:
            self.state.evaluator.note_paused(trial.index)
        self.state.paused.place(trial)
        self.state.proposals.forget_cached()

    def record_resume(self, trial: TrialState, reason: str) -> None:
        """Record that a paused trial continues.

        Args:
            trial: a paused trial with a slot.
            reason: why it continues.
        """
        self.trials.record_resume(trial, reason)
        self.state.paused.place(trial)

    def note_desired(self, trial: TrialState, desired: DesiredState) -> bool:
        """Note what a person wants of a trial.

        Args:
            trial: a live trial.
            desired: as its SweepTrial says.

        Returns:
            Whether another paused trial may continue now, or none may.
        """
        if desired == trial.desired:
            return False
        self.trials.note_desired(trial, desired)
        if desired.paused is False:
            self.state.evaluator.note_not_decided_on(trial.index)
        self.state.paused.place(trial)
        return trial.is_paused

    def grant_slot_to_paused(self, *, must_complete: bool) -> int | None:
        """Give a free slot to a paused trial.

        Those that a person wants to continue come first, in the order of their indices. Then the policy
        chooses.

        Args:
            must_complete: nothing else is left to run, and no trial has succeeded.

        Returns:
            The index of the trial; None where a new trial gets the slot.
        """
        paused = self.state.paused
        if paused.recalled:
            chosen: Resumption | None = Resumption(min(paused.recalled), _BY_PERSON)
        else:
            chosen = self._choose(must_complete=must_complete) if paused.by_policy else None
        if chosen is None:
            return None
        trial = self.state.live[chosen.trial]
        reports = trial.reports
        goes_on = self.state.spec.budget_policy is None
        has_no_steps = (
            goes_on and reports.curve.count > _UNKNOWN_STEPS and reports.steps.highest is None
        )
        message = chosen.message + (_NO_STEPS if has_no_steps else "")
        self.trials.grant_slot(trial, Cause(names.REASON_RESUMED, message))
        paused.place(trial)
        return chosen.trial

    def _choose(self, *, must_complete: bool) -> Resumption | None:
        """Return the policy's choice; of a policy of another distribution that fails, none."""
        state = self.state
        name, paused = state.spec.policy.name, self._compared_paused()
        if not paused:
            return None
        distribution = POLICIES.distribution_of(name)
        if not distribution:
            return state.evaluator.choose(paused, must_complete=must_complete)
        if state.findings.policy_hangs:
            return None
        try:
            found = call_within(
                _PLUGIN_LIMIT, lambda: state.evaluator.choose(paused, must_complete=must_complete)
            )
            if found is not None and found.trial not in paused:
                raise ValueError(f"choose returned {found.trial!r}, which is not a paused trial")
        except Exception as error:  # noqa: BLE001 - whatever another's code raises
            state.findings.policy_hangs = isinstance(error, TimeLimitExceeded)
            if not state.findings.policy_failure:
                message = f"policy {name} of {distribution} failed and continues no paused trial: "
                state.findings.policy_failure = f"{message}{error!r:.1000}"
                _log.error("sweep %s/%s: %s", state.namespace, state.name, message)
            return None
        return found

    def _compared_paused(self) -> Mapping[int, PausedTrial]:
        """Return the trials that the policy paused, except those that a constraint stops."""
        state, by_policy = self.state, self.state.paused.by_policy
        if not state.criteria.stops_trials:
            return MappingProxyType(by_policy)
        live = state.live
        return {n: t for n, t in by_policy.items() if not state.stopping_violation(live[n])}

    def end_paused(self) -> None:
        """End the trials that the policy paused: nothing is left that could let one continue.

        It holds until the spec changes, since the trials end one after the other.
        """
        self.state.paused.are_ending = True
