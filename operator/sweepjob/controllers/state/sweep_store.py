"""An active sweep, and every change of its state.

Nothing else assigns to a field of ``SweepState``; other modules only read it. Each method here is one
transition. It raises ``ValueError`` when its precondition does not hold: that is an error of the caller.
"""

from __future__ import annotations

import logging
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from ... import protocol
from ...api.meta.identity import ObjectIdentity
from ...api.phases import TrialPhase
from ...api.spec.outputs import trial_folder
from ...api.spec.sampler_builder import build_sampler
from ...api.spec.sweep_spec import SweepSpec
from ...api.status import BestTrial
from ...api.sweeptrial.curve_encoding import load_curve
from ...api.sweeptrial.stop_decision import StopDecision
from ...api.sweeptrial.trial_record import TrialRecord
from ...early_stopping.curve import Curve
from ...early_stopping.evaluator import PolicyEvaluator
from ...early_stopping.policies.registry import POLICIES
from ...early_stopping.policy import Decision
from ...lifecycle.snapshot import Proposal
from ...lifecycle.workload import StartBlocker
from ...log_parsing.position import LogPosition
from ...objective import Goal
from ...search.samplers.registry import SAMPLERS
from ...search.space import Assignment
from ...trial_pods.lost_reports import summary_gap_notice
from ..warm_start import Source
from .observation_builder import add_observation
from .sweep_state import (
    MissingMetric,
    Proposals,
    SamplerFailure,
    SweepState,
    WrittenStatus,
    first_warning,
)
from .trial_state import TrialState
from .trial_store import TrialStore

_log = logging.getLogger(__name__)
_MOST_TRIALS = 100_000  # of a sweep, by the CRD
# Seconds until a sampler that failed is asked again: first, and at most.
_SAMPLER_PAUSES = (1.0, 30.0)
_MOST_WARNED = 20  # ended trials for which the causes of missing reports are kept
# Parts of a spec on which the state of its sweep depends: it is rebuilt when one of them changes.
_STATE_DEPENDS_ON = (
    *("objective", "space", "sampler", "seed", "policy", "metrics", "outputs"),
    "warm_start",
)


class SweepStore:
    """One active sweep.

    Args:
        identity: the identity of the SweepJob.
        spec: its accepted spec.
        seed: the sampler's seed.
        started: seconds since the epoch when the spec was first accepted.
        status: the SweepJob's status as it is recorded.
        sources: earlier sweeps whose trials count.

    Raises:
        InvalidSpec: the sampler of another distribution cannot be built.

    Attributes:
        state: the sweep's state, for reading.
        trials: its live trials.
    """

    def __init__(
        self,
        identity: ObjectIdentity,
        spec: SweepSpec,
        seed: int,
        started: float,
        status: Mapping[str, Any],
        sources: tuple[Source, ...] = (),
    ) -> None:
        self.trials = TrialStore()
        self.state = SweepState(
            identity=identity,
            spec=spec,
            seed=seed,
            started=started,
            sources=sources,
            evaluator=PolicyEvaluator(spec.policy, spec.objective.goal),
            live=self.trials.live,
            proposals=Proposals(build_sampler(spec, seed)),
            written=WrittenStatus(status),
        )

    @property
    def _goal(self) -> Goal:
        return self.state.spec.objective.goal

    # Loading.

    def load(self, records: Iterable[TrialRecord]) -> None:
        """Rebuild the state from all records of the sweep."""
        for _ in self.load_in_steps(records):
            pass

    def load_in_steps(self, records: Iterable[TrialRecord]) -> Iterator[None]:
        """Rebuild the state, and yield every few milliseconds.

        Args:
            records: all SweepTrials of the sweep.
        """
        ordered = sorted(records, key=lambda r: (r.index, len(r.name), r.name))
        curves = chain(self._load_sources(), self._load_records(ordered))
        return self.state.evaluator.restore_in_steps(curves)

    def _load_sources(self) -> Iterator[tuple[int, Curve]]:
        """Curves of the trials of other sweeps, numbered from below zero up to -1."""
        state = self.state
        every = (record for source in state.sources for record in source.records)
        records = [record for record in every if not record.is_unmanaged]
        for number, record in enumerate(records, -len(records)):
            curve = load_curve(record.curve, state.evaluator.new_curve())
            if state.proposals.sampler.uses_observations:
                phase = record.phase if record.curve.is_whole else TrialPhase.CANCELED
                add_observation(state.proposals.ended, number, record.assignment, curve, phase)
            yield number, curve

    def _load_records(self, records: Iterable[TrialRecord]) -> Iterator[tuple[int, Curve]]:
        for record in records:
            trial = self.admit(record)
            if trial is None:
                continue
            yield trial.index, trial.reports.curve
            since = trial.status.started or self.state.started
            self._compare_with_best(trial, trial.reports.curve.best, since)
            self._compare_with_best(trial, trial.reports.unreadable_best, since)
            if record.phase.is_end:
                self.record_end(trial, record.phase, record.gpu_saved)

    # Spec and status.

    def update_spec(self, spec: SweepSpec) -> bool:
        """Continue with a changed spec, if no part of it changed that the state depends on.

        Returns:
            Whether the sweep continues with it. If not, its state has to be rebuilt.
        """
        own = self.state.spec
        same = all(getattr(own, part) == getattr(spec, part) for part in _STATE_DEPENDS_ON)
        if same:
            self.state.spec = spec
            self.state.findings.rejection = ""
        return same

    def reject_spec(self, message: str) -> None:
        """The newest generation of the spec is invalid; the sweep continues with the one before."""
        self.state.findings.rejection = message

    def set_spec_warnings(self, message: str) -> None:
        """Set the message about probably unintended settings of the spec; empty when there are none."""
        self.state.findings.warnings = message

    def set_sidecar_adjustment(self, adjustment: str) -> None:
        """How the sidecar's resources were adjusted in the newest Job; empty when they were not."""
        self.state.findings.sidecar_adjustment = adjustment

    def record_status(self, content: Mapping[str, Any], now: float) -> None:
        """The SweepJob's status was written.

        Args:
            content: the ``status`` object.
            now: seconds since the epoch.
        """
        self.state.written = WrittenStatus(content, now)

    def set_ending(self, *, is_ending: bool) -> None:
        """The sweep has a reason to end, or no longer has one since its limits were raised."""
        self.state.is_ending = is_ending

    # Records and slots.

    def admit(self, record: TrialRecord) -> TrialState | None:
        """Add a SweepTrial to the live trials.

        Returns:
            The trial; None when too little of the record can be read to act on it, or its index belongs
            to another trial. The index is then taken, and the record is left alone.
        """
        index, slots = record.index, self.state.slots
        is_taken = index < slots.next_index and index not in slots.skipped
        if is_taken or index >= _MOST_TRIALS:
            other = f"spec.index: {index} is no index of its own in this sweep"
            record = replace(record, problems=(*record.problems, other), is_unmanaged=True)
        self.note_unreadable(record)
        if is_taken or index >= _MOST_TRIALS:
            return None
        if record.is_unmanaged:
            self._take_index(index)
            return None
        return self.add_trial(record)

    def note_unreadable(self, record: TrialRecord) -> None:
        """Remember a record with fields that cannot be read; forget it when all can be read again."""
        self.state.unreadable.pop(record.name, None)
        if record.problems:
            self.state.unreadable[record.name] = record

    def add_trial(self, record: TrialRecord) -> TrialState:
        """Add a trial whose record can be acted on.

        Raises:
            ValueError: a live trial has the index.
        """
        trial = self.trials.add(record, self.state.evaluator.new_curve())
        self._take_index(record.index)
        return trial

    def _take_index(self, index: int) -> None:
        slots = self.state.slots
        slots.reserved.pop(index, None)
        slots.skipped.update(range(slots.next_index, index))
        slots.skipped.discard(index)
        slots.next_index = max(slots.next_index, index + 1)

    def reserve_slot(self, proposal: Proposal) -> None:
        """Reserve a slot and an index for a trial whose record is created next.

        Raises:
            ValueError: the index has a record or a reservation.
        """
        slots, index = self.state.slots, proposal.index
        has_record = index < slots.next_index and index not in slots.skipped
        if has_record or index in slots.reserved:
            raise ValueError(f"index {index} is taken")
        slots.reserved[index] = proposal.assignment

    def cancel_reservation(self, index: int) -> None:
        """No record with this index will be created: the slot is free again.

        Raises:
            ValueError: the index is not reserved.
        """
        if self.state.slots.reserved.pop(index, None) is None:
            raise ValueError(f"index {index} is not reserved")

    def release_slot(self, index: int, phase: TrialPhase) -> None:
        """A trial has ended; its slot may be given away while that is being recorded.

        Raises:
            ValueError: the trial is not live, or the phase is not final.
        """
        if index not in self.state.live or not phase.is_end:
            raise ValueError(f"trial {index} does not end as {phase}")
        self.state.slots.releasing[index] = phase

    def settle_slot(self, index: int) -> None:
        """The attempt to record a trial's end is over: the trial is live or ended, as its record says."""
        self.state.slots.releasing.pop(index, None)

    def set_unmanaged(self, number: int) -> None:
        """Set the number of running trials whose records cannot be acted on."""
        self.state.slots.unmanaged = number

    def set_capacity_limited(self) -> None:
        """A trial waited for capacity: from now on a slot is reused only after its pod has terminated."""
        self.state.slots.capacity_limited = True

    def block_records(self, blocker: StartBlocker) -> None:
        """The record of a new trial was refused."""
        self.state.record_blocker = blocker

    def unblock_records(self) -> None:
        """The record of a new trial was created."""
        self.state.record_blocker = None

    # Proposals.

    def propose(self, number: int, now: float) -> tuple[Proposal, ...]:
        """Proposals for the lowest free indices.

        A sampler that uses no observations is asked. For other samplers, these are the cached proposals.

        Args:
            number: how many are wanted.
            now: seconds since the epoch.

        Returns:
            As many as there are, in the order of the indices, up to the first index without one.
        """
        proposals = self.state.proposals
        made: list[Proposal] = []
        for index in self.state.slots.free_indices(number):
            if proposals.sampler.uses_observations:
                assignment = proposals.cached.get(index)
            else:
                assignment = self._ask_sampler(index, now)
            if assignment is None:
                break
            made.append(Proposal(index, assignment))
        return tuple(made)

    def _ask_sampler(self, index: int, now: float) -> Assignment | None:
        """The proposal of a sampler that uses no observations; None when it has none, or fails."""
        proposals = self.state.proposals
        if proposals.is_paused(now):
            return None
        try:
            assignment = proposals.sampler.propose(index, ())
        except Exception as error:  # noqa: BLE001 - whatever another's code raises
            self.note_sampler_failure(error, now)
            return None
        proposals.failure = None
        if assignment is None:
            self.mark_exhausted(index)
        return assignment

    def note_sampler_failure(self, error: Exception, now: float) -> None:
        """The sampler raised an error. It is asked again after a pause that doubles each time.

        Args:
            error: what it raised.
            now: seconds since the epoch.

        Raises:
            Exception: the error, of a sampler of this package.
        """
        state, before = self.state, self.state.proposals.failure
        name = state.spec.sampler.name
        distribution = SAMPLERS.distribution_of(name)
        if not distribution:
            raise error
        message = (
            f"sampler {name} of {distribution} failed, so no new trial starts: {error!r:.1000}"
        )
        times = 1 if before is None else before.times + 1
        if before is None or before.message != message:
            _log.error("sweep %s/%s: %s", state.namespace, state.name, message)
        first, longest = _SAMPLER_PAUSES
        pause = min(longest, first * 2 ** min(times - 1, 12))
        state.proposals.failure = SamplerFailure(message, times, now + pause)

    def cache_proposal(self, index: int, assignment: Assignment) -> None:
        """Keep a proposal of a sampler that uses observations until a slot is free."""
        self.state.proposals.cached[index] = assignment
        self.state.proposals.failure = None

    def mark_exhausted(self, index: int) -> None:
        """The sampler has no proposal for an index, nor for a higher one."""
        before = self.state.proposals.exhausted_at
        self.state.proposals.exhausted_at = index if before is None else min(index, before)
        self.state.proposals.failure = None

    # Reports.

    def switch_pod(self, trial: TrialState, pod: str) -> None:
        """Another pod reports for a trial: the policy compares its reports afresh.

        Args:
            trial: a live trial.
            pod: uid of the pod.
        """
        if trial.reports.curve.count:
            self.state.evaluator.remove_trial(trial.index)
        self.trials.switch_pod(trial, pod)

    def ingest_push(self, trial: TrialState, push: protocol.Push, now: float) -> bool:
        """Reports that a sidecar sent.

        Those that are known already are skipped, and those after a gap are left out: the reply names the
        report that is expected next.

        Args:
            trial: a live trial.
            push: a push from the trial's current pod.
            now: seconds since the epoch.

        Returns:
            Whether the trial is to be stopped by a decision that is not recorded yet.
        """
        self.trials.note_metric_names(trial, push.metric_names, now)
        if trial.status.stop is None:  # a trial that is killed may leave a file half written
            loss = trial.completeness.loss
            self.trials.note_completeness(trial, push.notices, loss, now)
        known = trial.reports.curve.count + 1 - push.first
        if known < 0:
            return False
        for value in push.values[known:]:
            self._ingest_report(trial, value, now)
        return trial.pending_stop is not None and trial.status.stop is None

    def ingest_log_line(
        self,
        trial: TrialState,
        found: Iterable[tuple[str, float]],
        position: LogPosition,
        now: float,
    ) -> bool:
        """Metrics in one line of a log.

        Args:
            trial: a live trial.
            found: names and values.
            position: the position after the line.
            now: seconds since the epoch.

        Returns:
            Whether the trial is to be stopped by a decision that is not recorded yet.
        """
        metric = self.state.spec.objective.primary_metric
        for name, value in found:
            shown, known = name[: protocol.MAX_NAME], trial.reports.metric_names
            if shown not in known and len(known) < protocol.MAX_NAMES:
                self.trials.note_metric_names(trial, (*known, shown), now)
            if name == metric:
                self.trials.note_log_position(trial, position)
                self._ingest_report(trial, value, now)
        return trial.pending_stop is not None and trial.status.stop is None

    def _ingest_report(self, trial: TrialState, value: float, now: float) -> None:
        """One report: curve, ranking, decision, best trial. The cost is a bisection."""
        self.trials.append_report(trial, value, now)
        curve = trial.reports.curve
        decision = self._evaluate_policy(trial)
        undecided = trial.pending_stop is None and trial.status.stop is None
        if decision is not None and decision.stop and undecided:
            self.trials.set_pending_stop(trial, _stop(decision), now)
        if curve.best_interval == curve.count:
            self._compare_with_best(trial, curve.best, now)

    def _evaluate_policy(self, trial: TrialState) -> Decision | None:
        """The policy's decision; None when it does not apply to this report.

        A policy of another distribution that raises stops no trial, and the sweep's status says so:
        reports are ingested whatever its code does.
        """
        state = self.state
        try:
            return state.evaluator.evaluate(trial.index, trial.reports.curve)
        except Exception as error:
            name = state.spec.policy.name
            distribution = POLICIES.distribution_of(name)
            if not distribution:
                raise
            if not state.findings.policy_failure:
                message = (
                    f"policy {name} of {distribution} failed and stops no trial: {error!r:.1000}"
                )
                state.findings.policy_failure = message
                _log.error("sweep %s/%s: %s", state.namespace, state.name, message)
            return None

    def ingest_summary(self, trial: TrialState, summary: protocol.Summary, now: float) -> None:
        """The sidecar's termination message: reports that did not arrive while the operator was away.

        Args:
            trial: a live trial whose pod has ended.
            summary: the summary of that pod.
            now: seconds since the epoch.
        """
        self.trials.note_metric_names(trial, summary.metric_names, now)
        curve = trial.reports.curve
        lacking = summary.count - curve.count
        missing = summary.tail[-lacking:] if lacking > 0 else ()
        gap = lacking - len(missing)
        if trial.status.stop is None:
            loss = summary_gap_notice(gap) if gap > 0 else trial.completeness.loss
            self.trials.note_completeness(trial, summary.notices, loss, now)
        for value in missing:
            self._ingest_report(trial, value, now)
        self.trials.withdraw_pending_stop(trial)
        best = summary.high if self._goal is Goal.MAXIMIZE else summary.low
        is_better = best is not None and self._goal.score(best) > curve.score
        self.trials.complete_curve(trial, summary.count, best if is_better else None)
        if is_better:
            self._compare_with_best(trial, best, now)

    def _compare_with_best(self, trial: TrialState, value: float | None, now: float) -> None:
        """A value that a trial reached may be the sweep's best."""
        if value is None:
            return
        rank = (self._goal.score(value), -trial.index)
        state, results = self.state, self.state.results
        if results.best_rank is None or rank > results.best_rank:
            folder = trial_folder(state.name, state.identity.uid, trial.name)
            outputs = {output.name: output.folder(folder) for output in state.spec.outputs}
            results.best_rank = rank
            results.best = BestTrial(trial.name, value, trial.assignment, now, outputs)

    # Ends.

    def record_end(self, trial: TrialState, phase: TrialPhase, gpu_saved: float) -> None:
        """The trial's end is recorded: it moves from the live trials into the totals.

        Args:
            trial: a live trial.
            phase: the phase that it ended in.
            gpu_saved: GPU-seconds that stopping it early saved, estimated.

        Raises:
            ValueError: the phase is not final.
        """
        if not phase.is_end:
            raise ValueError(f"{phase} is no end")
        self.trials.remove(trial)
        proposals, results = self.state.proposals, self.state.results
        results.ended[phase] += 1
        results.gpu_used += trial.gpu.total
        results.gpu_saved += gpu_saved
        curve, is_complete = trial.reports.curve, trial.reports.is_complete
        if proposals.sampler.uses_observations:
            shown = phase if is_complete else TrialPhase.CANCELED
            add_observation(proposals.ended, trial.index, trial.assignment, curve, shown)
            proposals.cached.clear()
        if phase is TrialPhase.SUCCEEDED and is_complete:
            insort(results.full_lengths, curve.count)
            if curve.count == 0:
                self.state.ended_warnings.missing_metric_message = MissingMetric(
                    trial.name, trial.reports.metric_names, trial.log_evidence
                )
        if trial.completeness.warnings:
            self._keep_warning(trial, phase)

    def _keep_warning(self, trial: TrialState, phase: TrialPhase) -> None:
        """Keep why an ended trial's reports may be missing, where its result counts."""
        best, kept = self.state.results.best, self.state.ended_warnings
        is_best = best is not None and best.trial == trial.name
        if not is_best and phase is not TrialPhase.SUCCEEDED:
            return
        kept.count += 1
        if is_best or len(kept.causes) < _MOST_WARNED:
            kept.causes[trial.name] = first_warning(trial)


def _stop(decision: Decision) -> StopDecision:
    return StopDecision(
        outcome=TrialPhase.EARLY_STOPPED,
        reason=decision.reason,
        message=decision.message,
        policy=decision.policy,
        interval=decision.interval,
        value=decision.value,
        threshold=decision.threshold,
        comparators=decision.comparators,
    )
