"""The trial to promote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..api.spec.sweep_spec import SweepSpec
from ..api.spec_parser import parse_sweepjob
from ..read_model.ranking import front_trials
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, trial_views
from .errors import PromotionError

_MOST_NAMES = 10  # trials of a front that a message lists


@dataclass(frozen=True, slots=True)
class BestTrial:
    """The best trial of a sweep, or the one that was chosen from its Pareto front.

    Attributes:
        body: the SweepJob object.
        sweep: its view.
        spec: its parsed spec.
        chosen: the chosen trial of a sweep with several objectives; None with one objective.
    """

    body: Mapping[str, Any]
    sweep: SweepView
    spec: SweepSpec
    chosen: TrialView | None = None

    @property
    def uid(self) -> str:
        """Uid of the SweepJob."""
        return str(self.body["metadata"]["uid"])

    @property
    def name(self) -> str:
        """Name of the trial."""
        return self.sweep.best if self.chosen is None else self.chosen.name

    @property
    def metric(self) -> str:
        """The metric of the objective, or those of several, with commas."""
        return ", ".join(o.primary_metric for o in self.sweep.criteria.objectives)

    @property
    def value(self) -> str:
        """Its value as the status has it, or its values in the order of the metrics, with commas."""
        if self.chosen is None:
            return str(self.body["status"]["best"]["value"])
        values = self.chosen.record.values
        return ", ".join(repr(values[o.primary_metric]) for o in self.sweep.criteria.objectives)

    @property
    def warning(self) -> str:
        """Why its reports may be incomplete; empty when they are not."""
        if self.chosen is None:
            return str(self.body["status"]["best"].get("warning") or "")
        reasons = self.chosen.record.incomplete_reasons.items()
        return "; ".join(f"{reason}: {found.message}" for reason, found in reasons)


def best_trial(
    body: Mapping[str, Any],
    *,
    now: bool,
    trial: str = "",
    trials: Callable[[], Sequence[Mapping[str, Any]]] = tuple,
) -> BestTrial:
    """Return the trial to promote.

    Args:
        body: the SweepJob object.
        now: promote although the sweep has not ended.
        trial: name of the trial on the Pareto front; empty with one objective.
        trials: returns the SweepTrials of the sweep.

    Raises:
        PromotionError: the sweep runs, or no trial has a value.
        InvalidSpec: the spec is invalid.
    """
    sweep = SweepView.of(body)
    if not sweep.has_ended and not now:
        raise PromotionError(
            f"{sweep.name} is {sweep.phase}: a later trial may be better. Wait for its end: kubectl wait "
            f"--for=condition=Complete sweepjob/{sweep.name} --timeout=-1s; or promote the best trial so "
            "far: --now"
        )
    if trial:
        return BestTrial(body, sweep, parse_sweepjob(body), _of_front(sweep, trial, trials()))
    if not sweep.best:
        several = sweep.criteria.has_several_objectives
        choose = ". Name the one to promote: --trial, or trial= in Python" if several else ""
        raise PromotionError(f"{sweep.no_best_message}{choose}")
    return BestTrial(body, sweep, parse_sweepjob(body))


def _of_front(sweep: SweepView, name: str, trials: Sequence[Mapping[str, Any]]) -> TrialView:
    if not sweep.criteria.has_several_objectives:
        raise PromotionError(
            f"{sweep.name} has one objective, and its best trial is promoted; leave out the trial"
        )
    front = front_trials(trial_views(trials, sweep.goal), sweep.criteria)
    found = next((each for each in front if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in front[:_MOST_NAMES]) or "none"
        raise PromotionError(f"{name} is not on the Pareto front of {sweep.name}; on it: {known}")
    return found
