"""What the status says of trials that are compared by several objectives or constraints."""

from __future__ import annotations

from ..api import names
from ..api.meta.cause import Cause
from ..api.parsing.suggestions import did_you_mean
from ..api.status import MOST_SHOWN, ParetoStatus, ResultCounts
from ..pareto.dominance import Member, representatives
from .state.standings import RankedTrial
from .state.sweep_state import SweepState

_MOST_NAMES = 10  # of metrics that a message lists


def pareto_status(state: SweepState) -> ParetoStatus | None:
    """Return the part of the Pareto front that a status has; None with one objective."""
    if not state.criteria.has_several_objectives:
        return None
    front = state.results.standings.front
    shown = representatives(front, MOST_SHOWN)
    return ParetoStatus(
        len(front),
        tuple((names.trial_name(state.name, m.index), _values(state, m)) for m in shown),
    )


def _values(state: SweepState, member: Member) -> dict[str, float]:
    scored = zip(state.criteria.objectives, member.scores, strict=True)
    return {o.primary_metric: o.goal.reported(score) for o, score in scored}


def result_counts(state: SweepState) -> ResultCounts | None:
    """Return how many trials have a result; None with one objective and no constraints."""
    if state.criteria.is_plain:
        return None
    found = state.results.standings
    return ResultCounts(found.feasible, found.infeasible, found.incomplete)


def describe_result(state: SweepState) -> str:
    """Return the result of a sweep in words: its best trial, or its Pareto front."""
    standings, best = state.results.standings, state.results.best
    if state.criteria.has_several_objectives:
        metrics = ", ".join(o.primary_metric for o in state.criteria.objectives)
        text = f"the Pareto front of {metrics} has {len(standings.front)} trials"
    else:
        assert best is not None
        text = f"best is {best.trial} with {state.spec.objective.primary_metric} {best.value:.6g}"
    left_out = [
        f"{what}: {count}"
        for what, count in (
            ("infeasible trials", standings.infeasible),
            ("trials without all values", standings.incomplete),
        )
        if count
    ]
    return "; ".join([text, *left_out])


def doubtful_result(state: SweepState) -> tuple[str, Cause] | None:
    """Return a trial of the result that may lack reports, and the reason; None if there is none."""
    best = state.results.best
    members = state.results.standings.front if state.criteria.has_several_objectives else ()
    found = [names.trial_name(state.name, member.index) for member in members]
    found += [] if best is None else [best.trial]
    warnings = ((name, state.doubt_about(name)) for name in found)
    return next(((name, cause) for name, cause in warnings if cause is not None), None)


def no_feasible_trial(state: SweepState) -> Cause | None:
    """Return that no trial is feasible, and some are not; None if that is not so."""
    standings = state.results.standings
    closest = standings.closest
    if standings.feasible or closest is None:
        return None
    name = names.trial_name(state.name, closest.index)
    message = (
        f"none of the {standings.infeasible} trials with values meets constraints. The closest is "
        f"{name}: {'; '.join(state.criteria.violations(closest.values))}. Create another SweepJob with "
        "wider bounds, or with another searchSpace"
    )
    return Cause(names.REASON_NO_FEASIBLE_TRIAL, message)


def no_complete_trial(state: SweepState) -> Cause:
    """Return that no trial has a value of each metric that the sweep needs."""
    needed = ", ".join(state.criteria.metrics)
    message = f"no trial has a finite value of each of {needed}"
    lacking = state.results.standings.lacking
    return Cause(
        names.REASON_METRIC_MISSING,
        message if lacking is None else f"{message}. {_lacking_text(state, lacking)}",
    )


def missing_result(state: SweepState) -> Cause | None:
    """Return that succeeded trials lack a value of an objective or a constraint; None if none does."""
    lacking = state.results.standings.lacking
    if lacking is None:
        return None
    return Cause(names.REASON_METRIC_MISSING, _lacking_text(state, lacking))


def _lacking_text(state: SweepState, lacking: RankedTrial) -> str:
    name, metrics = names.trial_name(state.name, lacking.index), " and ".join(lacking.lacking)
    found = [f"{n} is {lacking.values[n]}" for n in lacking.lacking if n in lacking.values]
    values = f" ({', '.join(found)})" if found else ""
    missing = [n for n in lacking.lacking if n not in lacking.values]
    others = [n for n in lacking.reported if n not in state.criteria.metrics][:_MOST_NAMES]
    near = "".join(did_you_mean(n, others) for n in missing)
    listed = f"; it reported {', '.join(others)} besides{near}" if missing and others else ""
    why = f"trial {name} ended without a finite value of {metrics}{values}, so it does not count{listed}"
    remedy = (
        "Let the script report each metric of objectives and constraints, under exactly this name"
    )
    return f"{why} {remedy}" if why.endswith("?") else f"{why}. {remedy}"
