"""What the operator remembers of a sweep: running aggregates, made once from the records."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from itertools import count as numbers
from typing import Any

from .. import protocol
from ..api.curve_encoding import load_curve
from ..api.outputs import trial_folder
from ..api.phases import TrialPhase
from ..api.spec import SweepSpec
from ..api.status import BestTrial
from ..api.stop_decision import StopDecision
from ..api.trial_record import TrialRecord
from ..early_stopping.curve import Curve
from ..early_stopping.evaluator import PolicyEvaluator
from ..early_stopping.extrapolation import CurveExtrapolation
from ..early_stopping.policy import Decision
from ..lifecycle.observed import StartBlocker
from ..lifecycle.snapshot import Proposal, Totals
from ..objective import Goal
from ..search.sampler import Observation, Sampler
from ..search.samplers.registry import make_sampler
from ..search.space import Assignment
from ..trial_pods.lost_reports import summary_gap_notice
from .observation_builder import learn
from .proposal_cache import ProposalCache, propose
from .trial_store import TrialState
from .warm_start import Source

_REASONS = {
    "bandit": "Bandit",
    "median_stopping": "MedianStopping",
    "truncation_selection": "TruncationSelection",
    "asha": "Asha",
}
_MOST_TRIALS = 100_000  # of a sweep, by the CRD

_DOUBTED = 20  # ended trials of which it is kept why their reports may be missing
# Of a spec, what the memory of its sweep is made from.
_REMEMBERED = (
    *("objective", "space", "sampler", "seed", "policy", "metrics", "outputs"),
    "warm_start",
)


@dataclass(slots=True)
class SweepState:
    """A sweep that is not finished.

    Attributes:
        sources: other sweeps, whose trials count for proposals and decisions.
        live: trials that have not ended, by index.
        reserved: what trials are to try whose record is about to be written, by index.
        leaving: how live trials have ended whose end is about to be written, by index.
        ending: there is a reason to end the sweep, and every trial has been looked at for it.
        evidence: of those that have, for a sampler that learns.
        ready: proposals of such a sampler, made ahead of the plan.
        asked: is making them.
        next_index: above those of all records.
        missing: indices below it that have no record.
        ended: ended trials by phase.
        best: the best trial so far, with its score.
        full_runs: numbers of reports of succeeded trials, sorted.
        without_metric: an ended trial that never reported the primary metric, and what it did.
        without_metric_log: lines of its log to quote, and why reports in it may be missing.
        refused: why the record of the next trial could not be created, None when it could.
        unreadable: records of which something cannot be read, by trial.
        held: how many slots trials take up of which too little can be read to do anything about them.
        crowded: trials have had to wait for room: what takes the place of another one comes only when
            that has been put away. Forgotten with the operator, and soon learnt again.
        doubted: reason and sentence of why reports of ended trials may be missing, by trial; the first
            ones, and the best trial's.
        doubted_count: how many ended trials that is true of.
        fitted: how the sidecar's resources were fitted to the namespace, of the newest Job.
        problem: what is wrong with a newer spec, while this one goes on; empty when nothing is.
        warnings: what of the spec is allowed and probably not meant, as a text; empty when nothing is.
        status: the sweep's status as it was written last.
    """

    namespace: str
    name: str
    uid: str
    spec: SweepSpec
    seed: int
    started: float
    status: dict[str, Any]
    sources: tuple[Source, ...] = ()
    sampler: Sampler = field(init=False)
    live: dict[int, TrialState] = field(default_factory=dict)
    reserved: dict[int, Assignment] = field(default_factory=dict)
    leaving: dict[int, TrialPhase] = field(default_factory=dict)
    ending: bool = False
    evidence: CurveExtrapolation = field(default_factory=CurveExtrapolation)
    ready: ProposalCache = field(default_factory=ProposalCache)
    asked: asyncio.Task[None] | None = None
    next_index: int = 0
    missing: set[int] = field(default_factory=set)
    exhausted: bool = False
    ended: Counter[TrialPhase] = field(default_factory=Counter)
    best: BestTrial | None = None
    best_score: tuple[float, int] | None = None
    gpu_used: float = 0.0
    gpu_saved: float = 0.0
    full_runs: list[int] = field(default_factory=list)
    without_metric: tuple[str, tuple[str, ...]] | None = None
    without_metric_log: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    tracker: PolicyEvaluator = field(init=False)
    status_written: float = 0.0
    refused: StartBlocker | None = None
    unreadable: dict[str, TrialRecord] = field(default_factory=dict)
    held: int = 0
    capacity_limited: bool = False
    doubted: dict[str, tuple[str, str]] = field(default_factory=dict)
    doubted_count: int = 0
    fitted: str = ""
    problem: str = ""
    warnings: str = ""

    def __post_init__(self) -> None:
        self.sampler = make_sampler(*self.spec.sampler, self.spec.space, self.seed)
        self.tracker = PolicyEvaluator(self.spec.policy, self.goal)

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name

    @property
    def goal(self) -> Goal:
        return self.spec.objective.goal

    def load(self, records: Iterable[TrialRecord]) -> None:
        """Take in all records of the sweep, after a start of the operator."""
        for _ in self.loading(records):
            pass

    def loading(self, records: Iterable[TrialRecord]) -> Iterator[None]:
        """The same in small steps. Curves of trials that have ended are forgotten one by one."""
        ordered = sorted(records, key=lambda r: (r.index, len(r.name), r.name))
        return self.tracker.restoring(chain(self._begin(), self._admit_all(ordered)))

    def _begin(self) -> Iterator[tuple[int, Curve]]:
        """Learn from the trials of other sweeps; their curves, by numbers below those of this one's."""
        every = (record for source in self.sources for record in source.records)
        records = [record for record in every if not record.is_held]
        for number, record in enumerate(records, -len(records)):
            curve = load_curve(record.curve, self.tracker.curve())
            if self.sampler.uses_observations:
                phase = record.phase if record.curve.is_whole else TrialPhase.CANCELED
                learn(self.evidence, number, record.assignment, curve, phase)
            yield number, curve

    def _admit_all(self, records: Iterable[TrialRecord]) -> Iterator[tuple[int, Curve]]:
        for record in records:
            trial = self.admit(record)
            if trial is None:
                continue
            yield trial.index, trial.curve
            since = trial.started or self.started
            self.note_best(trial, since)
            if trial.unread_best is not None:
                self.note_value(trial, trial.unread_best, since)
            if record.phase.is_end:
                self.end(trial, record.phase, record.gpu_saved)

    def admit(self, record: TrialRecord) -> TrialState | None:
        """Enter a record among the live trials. Returns None of one that says too little to go by: its
        index is taken, and nothing is done about it.
        """
        index = record.index
        is_taken = index < self.next_index and index not in self.missing
        if is_taken or index >= _MOST_TRIALS:
            other = f"spec.index: {index} is no index of its own in this sweep"
            record = replace(record, problems=(*record.problems, other), is_held=True)
        self.note_unreadable(record)
        if is_taken or index >= _MOST_TRIALS:
            return None
        if record.is_held:
            self._take_index(record.index)
            return None
        return self.add(record)

    def note_unreadable(self, record: TrialRecord) -> None:
        """Remember what of a record cannot be read, or that all of it can be now."""
        self.unreadable.pop(record.name, None)
        if record.problems:
            self.unreadable[record.name] = record

    def goes_on_with(self, spec: SweepSpec) -> bool:
        """Take over a changed spec, if nothing that is remembered depends on what has changed; whether
        that is so. Limits, for one, may change while ten thousand trials are remembered.
        """
        same = all(getattr(self.spec, part) == getattr(spec, part) for part in _REMEMBERED)
        if same:
            self.spec, self.problem = spec, ""
        return same

    def add(self, record: TrialRecord) -> TrialState:
        trial = TrialState.of(record, self.tracker.curve())
        self.live[record.index] = trial
        self._take_index(record.index)
        return trial

    def _take_index(self, index: int) -> None:
        self.reserved.pop(index, None)
        self.missing.update(range(self.next_index, index))
        self.missing.discard(index)
        self.next_index = max(self.next_index, index + 1)

    def end(self, trial: TrialState, phase: TrialPhase, saved: float) -> None:
        """The trial's end is on record: it moves from the live ones into the totals."""
        self.live.pop(trial.index, None)
        self.ended[phase] += 1
        if self.sampler.uses_observations:
            shown = phase if trial.is_known else TrialPhase.CANCELED
            learn(self.evidence, trial.index, trial.assignment, trial.curve, shown)
            self.ready.clear()
        self.gpu_used += trial.gpu_total
        self.gpu_saved += saved
        if phase is TrialPhase.SUCCEEDED and trial.is_known:
            insort(self.full_runs, trial.curve.count)
            if trial.curve.count == 0:
                self.without_metric = (trial.name, trial.seen)
                self.without_metric_log = trial.log_evidence
        if trial.incomplete_reasons:
            self._doubt(trial, phase)

    def _doubt(self, trial: TrialState, phase: TrialPhase) -> None:
        """Note that an ended trial's reports may be missing, where its result counts."""
        is_best = self.best is not None and self.best.trial == trial.name
        if not is_best and phase is not TrialPhase.SUCCEEDED:
            return
        self.doubted_count += 1
        if is_best or len(self.doubted) < _DOUBTED:
            self.doubted[trial.name] = _first_doubt(trial)

    def doubt_of(self, name: str) -> tuple[str, str] | None:
        """Reason and sentence of why a trial's reports may be missing; None when nothing is known."""
        trial = self.find(name)
        if trial is not None and trial.incomplete_reasons:
            return _first_doubt(trial)
        return self.doubted.get(name)

    def find(self, name: str) -> TrialState | None:
        """The live trial of that name."""
        index = name.rpartition("-")[2]
        trial = self.live.get(int(index)) if index.isdecimal() and len(index) < 10 else None
        return trial if trial is not None and trial.name == name else None

    @property
    def created(self) -> int:
        """How many trials have a record."""
        return self.next_index - len(self.missing)

    def free_indices(self, count: int) -> list[int]:
        """The next indices that have no record and are not about to get one, the lowest first."""
        left_out = sorted(self.missing)
        free = (n for n in chain(left_out, numbers(self.next_index)) if n not in self.reserved)
        return list(islice(free, count))

    def totals(self) -> Totals:
        return Totals(self.created + len(self.reserved), self.ended)

    def proposals(self, count: int) -> tuple[Proposal, ...]:
        """The next ``count`` ones, or fewer when the space is exhausted; of a sampler that learns,
        those that were made ready.
        """
        indices = self.free_indices(count)
        if self.sampler.uses_observations:
            return self.ready.of(indices)
        found = propose(self.sampler, indices, [])
        self.exhausted = self.exhausted or len(found) < len(indices)
        return found

    def observations(self) -> list[Observation]:
        """What a sampler that learns may know: trials whose end is on record, stopped ones by what they
        were on their way to, and those that go on, without what they reported so far. It is the same
        before and after a restart.
        """
        going = {t.index: t.assignment for t in self.live.values()} | self.reserved
        pending = [Observation(n, tried, None, ended=False) for n, tried in going.items()]
        return [*self.evidence.observations(), *pending]

    def switch_pod(self, trial: TrialState, pod: str) -> None:
        """Reports come from a new pod, by its uid: the trial starts again among the others."""
        if trial.curve.count:
            self.tracker.forget(trial.index)
        trial.switch_pod(pod)

    def report(self, trial: TrialState, push: protocol.Push, now: float) -> bool:
        """Take in a push; numbers that are known already are passed over.

        Returns whether the planner has something to do: a decision was made.
        """
        self._note_names(trial, push.metric_names, now)
        if trial.stop is None:  # a trial that is killed may leave a record half written
            trial.note_doubts(push.notices, trial.lost, now)
        known = trial.curve.count + 1 - push.first
        if known < 0:
            return False
        for value in push.values[known:]:
            self.enter(trial, value, now)
        return trial.pending_stop is not None and trial.stop is None

    def read(
        self,
        trial: TrialState,
        found: Iterable[tuple[str, float]],
        when: int,
        now: float,
        lines: int = 1,
    ) -> bool:
        """Take in what a line of the log says.

        Args:
            when, lines: where in the log the line is (``LogPosition``).

        Returns whether the planner has something to do: a decision was made.
        """
        metric = self.spec.objective.primary_metric
        for name, value in found:
            shown = name[: protocol.MAX_NAME]
            if shown not in trial.seen and len(trial.seen) < protocol.MAX_NAMES:
                self._note_names(trial, (*trial.seen, shown), now)
            if name == metric:
                trial.log_time, trial.log_lines = when, lines
                self.enter(trial, value, now)
        return trial.pending_stop is not None and trial.stop is None

    def enter(self, trial: TrialState, value: float, now: float) -> None:
        """One new report: curve, rank, decision, best. The cost is a bisection."""
        trial.curve.append(value)
        trial.other_metrics_since, trial.is_known = None, True
        if trial.unwritten_since is None:
            trial.unwritten_since = now
        if trial.curve.count == 1:
            trial.first_report = now
        decision = self.tracker.judge(trial.index, trial.curve)
        undecided = trial.pending_stop is None and trial.stop is None
        if decision is not None and decision.stop and undecided:
            trial.pending_stop, trial.decided = _stop(decision), now
        if trial.curve.best_interval == trial.curve.count:
            self.note_best(trial, now)

    def adopt(self, trial: TrialState, summary: protocol.Summary, now: float) -> None:
        """Take what a sidecar left in its last words and the operator was away for."""
        self._note_names(trial, summary.metric_names, now)
        missing = trial.missing_of(summary)
        gap = summary.count - trial.curve.count - len(missing)
        lost = summary_gap_notice(gap) if gap > 0 else trial.lost
        if trial.stop is None:
            trial.note_doubts(summary.notices, lost, now)
        for value in missing:
            self.enter(trial, value, now)
        trial.pending_stop = None if trial.stop is None else trial.pending_stop
        best = summary.high if self.goal is Goal.MAXIMIZE else summary.low
        if best is not None and self.goal.score(best) > trial.curve.score:
            trial.curve.best = best
            self.note_best(trial, now)
        trial.curve.count = max(trial.curve.count, summary.count)

    def note_best(self, trial: TrialState, now: float) -> None:
        """Take the trial for the best one if its best is."""
        if trial.curve.best is not None:
            self.note_value(trial, trial.curve.best, now)

    def note_value(self, trial: TrialState, value: float, now: float) -> None:
        """Take the trial for the best one if a value that it reached is the best."""
        standing = (self.goal.score(value), -trial.index)
        if self.best_score is None or standing > self.best_score:
            self.best_score = standing
            folder = trial_folder(self.name, self.uid, trial.name)
            outputs = {output.name: output.folder(folder) for output in self.spec.outputs}
            self.best = BestTrial(trial.name, value, trial.assignment, now, outputs)

    def _note_names(self, trial: TrialState, seen: tuple[str, ...], now: float) -> None:
        if len(seen) >= len(trial.seen):
            trial.seen = seen
        if trial.seen and trial.curve.count == 0 and trial.other_metrics_since is None:
            trial.other_metrics_since = now


def _first_doubt(trial: TrialState) -> tuple[str, str]:
    reason, doubt = next(iter(trial.incomplete_reasons.items()))
    return reason, doubt.message


def _stop(decision: Decision) -> StopDecision:
    return StopDecision(
        outcome=TrialPhase.EARLY_STOPPED,
        reason=_REASONS[decision.policy],
        message=decision.message,
        policy=decision.policy,
        interval=decision.interval,
        value=decision.value,
        threshold=decision.threshold,
        comparators=decision.comparators,
    )
