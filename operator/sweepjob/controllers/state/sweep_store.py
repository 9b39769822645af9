"""An active sweep, and every change of its state.

Nothing else assigns to a field of ``SweepState``; other modules only read it. Each method here, and in
``sweep_transitions``, is one transition. It raises ``ValueError`` when its precondition does not hold,
which is an error of the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

from ...api.meta.identity import ObjectIdentity
from ...api.phases import TrialPhase
from ...api.spec.sampler_builder import build_sampler
from ...api.spec.sweep_spec import SweepSpec
from ...api.sweeptrial.curve_encoding import load_curve
from ...api.sweeptrial.trial_record import TrialRecord
from ...early_stopping.curve import Curve
from ...early_stopping.evaluator import PolicyEvaluator, RungScore
from ...search.samplers.registry import SAMPLERS
from ..warm_start import Source
from .observation_builder import add_observation
from .proposals import Proposals
from .sweep_state import SweepState, WrittenStatus, activity_of
from .sweep_transitions.ends import EndTransitions
from .sweep_transitions.pauses import PauseTransitions
from .sweep_transitions.proposals import ProposalTransitions
from .sweep_transitions.slots import SlotTransitions
from .sweep_transitions.spec import SpecTransitions
from .trial_state import TrialState
from .trial_store import TrialStore


class SweepStore(
    SpecTransitions, SlotTransitions, ProposalTransitions, PauseTransitions, EndTransitions
):
    """One active sweep.

    Args:
        identity: the identity of the SweepJob.
        spec: its accepted spec.
        seed: the sampler's seed.
        started: seconds since the epoch when the spec was first accepted.
        status: the SweepJob's status as it is recorded.
        sources: earlier sweeps whose trials count.
        code: what the records say of the trials' code; empty without any.
        prices: what an hour of a resource costs where the spec has no price for it.

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
        code: str = "",
        prices: Mapping[str, float] | None = None,
    ) -> None:
        self.trials = TrialStore()
        self.state = SweepState(
            identity=identity,
            spec=spec,
            seed=seed,
            started=started,
            sources=sources,
            code=code,
            default_prices=prices or {},
            evaluator=PolicyEvaluator(spec.policy, spec.objective.goal),
            live=self.trials.live,
            live_usage=self.trials.usage,
            proposals=_proposals(spec, seed),
            written=WrittenStatus(status),
        )
        # Not a method of the state, which it would refer to: a sweep that has ended would be freed late.
        doing = partial(activity_of, self.trials.live, self.state.paused)
        self.state.evaluator.set_activity_of(doing)

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
        rungs: list[RungScore] = []
        curves = chain(self._load_sources(), self._load_records(ordered, rungs))
        yield from self.state.evaluator.restore_in_steps(curves)
        yield from self.state.evaluator.restore_rungs_in_steps(rungs)

    def _load_sources(self) -> Iterator[tuple[int, Curve] | None]:
        """Yield the curve of each trial of a warm start, numbered from below zero up to -1.

        None stands for one that is not ranked, as below: it takes as long to read.
        """
        state = self.state
        trials = [trial for source in state.sources for trial in source.trials]
        for number, trial in enumerate(trials, -len(trials)):
            curve = load_curve(trial.curve, state.evaluator.new_curve())
            values = state.criteria.values(curve.best, curve.last, trial.values)
            if state.proposals.sampler.uses_observations and trial.is_inside:
                phase = trial.phase if trial.curve.is_whole else TrialPhase.CANCELED
                add_observation(
                    *(state.proposals.ended, number, trial.assignment, curve, phase),
                    *(state.criteria, values),
                )
            if trial.has_reports and trial.phase is TrialPhase.SUCCEEDED and trial.curve.is_whole:
                state.evaluator.add_complete(curve)
            # The reports of other sweeps tell nothing of budgets.
            is_compared = trial.has_reports and state.spec.budget_policy is None
            is_ranked = is_compared and not state.criteria.stopping_violation(values)
            yield (number, curve) if is_ranked else None

    def _load_records(
        self, records: Iterable[TrialRecord], rungs: list[RungScore]
    ) -> Iterator[tuple[int, Curve] | None]:
        """Yield the curve of each trial that is ranked by its reports; add the budgets of others."""
        for record in records:
            trial = self.admit(record)
            if trial is None:
                yield None
                continue
            is_ranked = not self.state.stopping_violation(trial)
            by_reports = self.state.spec.budget_policy is None
            if is_ranked and not by_reports:
                rungs += self._rung_scores(trial)
            yield (trial.index, trial.reports.curve) if is_ranked and by_reports else None
            since = trial.status.started or self.state.started
            for best in (trial.reports.curve.best, trial.reports.unreadable_best):
                self._compare_with_best(trial, best, since)
                self.record_best(trial, best)
            if record.stop is None and self.state.criteria.is_plain:
                self.state.results.improvement_row.note_running(trial.reports.curve.score)
            if record.phase.is_end:
                end = (record.phase, record.gpu_saved, record.message, record.ended)
                self.record_end(trial, *end, record.values)

    def _rung_scores(self, trial: TrialState) -> Iterator[RungScore]:
        """Yield the scores of a trial at the budgets with which it was run, each once."""
        for budget, rung in {rung.budget: rung for rung in trial.rungs}.items():
            yield trial.index, budget, rung.score(self.state.spec.objective.goal)


def _proposals(spec: SweepSpec, seed: int) -> Proposals:
    sampler = build_sampler(spec, seed)
    is_plugin = bool(SAMPLERS.distribution_of(spec.sampler.name))
    return Proposals(sampler, in_background=sampler.uses_observations or is_plugin)
