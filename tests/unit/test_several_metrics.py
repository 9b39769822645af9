"""Several objectives and constraints: the spec, the values of a trial, the standings in any order, the
status, and whole sweeps whose operator is killed."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob import protocol
from sweepjob.api.criteria import Criteria
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.controllers.state.standings import Standings
from sweepjob.log_parsing.position import LogPosition
from sweepjob.pareto.dominance import Member, pareto_front

from .builders import sweepjob
from .several_metrics import BOTH, OBJECTIVES, SEVERAL, SIZE, pushed, record, store

POLICY = {"type": "bandit", "slackAmount": 0.2}
BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("both forms", {"objectives": OBJECTIVES}, "spec.objectives", "remove one of them"),
    ("neither form", {"objective": None}, "spec.objective.goal", "required"),
    ("one of several", {**SEVERAL, "objectives": OBJECTIVES[:1]}, "spec.objectives", "write a single one as objective"),
    ("none of several", {**SEVERAL, "objectives": []}, "spec.objectives", "2 at least"),
    ("no list", {**SEVERAL, "objectives": OBJECTIVES[0]}, "spec.objectives", "must be a list"),
    ("five", {**SEVERAL, "objectives": [{"goal": "minimize", "primaryMetric": n} for n in "abcde"]}, "spec.objectives", "4 at most"),
    ("an unknown goal", {**SEVERAL, "objectives": [OBJECTIVES[0], {"goal": "min", "primaryMetric": "b"}]}, "spec.objectives[1].goal", "minimize"),
    ("a metric twice", {**SEVERAL, "objectives": [OBJECTIVES[0]] * 2}, "spec.objectives[1].primaryMetric", "objectives[0]"),
    ("a name that is no metric's", {**SEVERAL, "objectives": [OBJECTIVES[0], {"goal": "minimize", "primaryMetric": "a\n"}]}, "spec.objectives[1].primaryMetric", "control characters"),
    ("a reference as a text", {**SEVERAL, "objectives": [OBJECTIVES[0], {**OBJECTIVES[1], "reference": "9"}]}, "spec.objectives[1].reference", "remove the quotes"),
    ("an infinite reference", {**SEVERAL, "objectives": [OBJECTIVES[0], {**OBJECTIVES[1], "reference": math.inf}]}, "spec.objectives[1].reference", "finite"),
    ("a reference of a single objective", {"objective": {**OBJECTIVES[0], "reference": 0.5}}, "spec.objective.reference", "write objectives"),
    ("a text in the list", {**SEVERAL, "objectives": [OBJECTIVES[0], "latency"]}, "spec.objectives[1]", "object"),
    ("constraints as an object", {"constraints": {"metric": "size", "max": 1}}, "spec.constraints", "must be a list"),
    ("no bound", {"constraints": [{"metric": "size"}]}, "spec.constraints[0]", "exactly one of max"),
    ("both bounds", {"constraints": [{"metric": "size", "max": 2, "min": 1}]}, "spec.constraints[0]", "two constraints for a range"),
    ("a bound as a text", {"constraints": [{"metric": "size", "max": "50"}]}, "spec.constraints[0].max", "remove the quotes"),
    ("an infinite bound", {"constraints": [{"metric": "size", "max": math.inf}]}, "spec.constraints[0].max", "finite"),
    ("no metric", {"constraints": [{"max": 50}]}, "spec.constraints[0].metric", "required"),
    ("an unknown key", {"constraints": [{"metric": "size", "most": 50, "max": 50}]}, "spec.constraints[0].most", "unknown key"),
    ("the same side twice", {"constraints": [{"metric": "a", "max": 1}, {"metric": "a", "max": 2}]}, "spec.constraints[1]", "constraints[0]"),
    ("an empty range", {"constraints": [{"metric": "a", "max": 1}, {"metric": "a", "min": 2}]}, "spec.constraints[1]", "exchange the two bounds"),
    ("eleven", {"constraints": [{"metric": f"m{n}", "max": 1} for n in range(11)]}, "spec.constraints", "10 at most"),
    ("a policy with objectives", {**SEVERAL, "earlyTermination": POLICY}, "spec.earlyTermination", "remove it, or objectives"),
    ("a policy with constraints", {"constraints": SIZE, "earlyTermination": POLICY}, "spec.earlyTermination", "add stopTrials: true to each constraint"),
    ("a policy with a constraint that stops no trial", {"constraints": [{**SIZE[0], "stopTrials": True}, {"metric": "a", "min": 1}], "earlyTermination": POLICY}, "spec.earlyTermination", "stopTrials"),
    ("a policy with objectives and constraints", {**SEVERAL, "constraints": [{**SIZE[0], "stopTrials": True}], "earlyTermination": POLICY}, "spec.earlyTermination", "remove it, or objectives"),
    ("a target with objectives", {**SEVERAL, "limits": {"maxTotalTrials": 4, "target": 1}}, "spec.limits.target", "remove it, or objectives"),
    ("a pattern of one metric", {**SEVERAL, "metrics": {"source": "logs", "pattern": "score=(?P<value>.*)"}}, "spec.metrics.pattern", "(?P<name>"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "path", "remedy"), [b[1:] for b in BAD], ids=[b[0] for b in BAD]
)
def test_what_has_no_meaning_is_refused(change: dict[str, Any], path: str, remedy: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        parse_sweepjob(sweepjob(**change))
    assert any(p.path == path and remedy in p.message for p in caught.value.problems), caught.value


def test_objectives_and_constraints_are_parsed_in_their_order() -> None:
    body = sweepjob(**BOTH)
    criteria = parse_sweepjob(body).criteria
    assert criteria.metrics == ("score", "latency", "size")
    assert criteria == Criteria.of(body["spec"])
    bounded = sweepjob(constraints=[{"metric": "score", "min": 0}, {"metric": "a", "max": 1}])
    criteria = parse_sweepjob(bounded).criteria
    assert criteria.result_metrics == ("a",), "the primary metric is reported anyway"
    assert not criteria.is_plain
    assert parse_sweepjob(sweepjob(constraints=[])).criteria.is_plain
    assert parse_sweepjob(sweepjob(constraints=[], earlyTermination=POLICY))


def test_the_sampler_gets_the_scores_of_references() -> None:
    latency = {**OBJECTIVES[1], "reference": 9}
    spec = parse_sweepjob(sweepjob(objective=None, objectives=[OBJECTIVES[0], latency]))
    assert spec.outcomes.references == (None, -9.0)
    plain = parse_sweepjob(sweepjob(**SEVERAL))
    assert plain.outcomes.references == ()
    assert plain.criteria == spec.criteria, "a sweep with another reference can be its warm start"


def test_a_grid_and_a_quasi_random_search_take_any_number_of_objectives() -> None:
    for algorithm in ({"type": "random", "rule": "sobol"}, {"type": "grid"}):
        space = {"a": {"type": "choice", "values": [1, 2, 3]}}
        trial = {"image": "a", "command": "a"}
        made = {"samplingAlgorithm": algorithm, "searchSpace": space, "trial": trial}
        assert parse_sweepjob(sweepjob(**BOTH, **made)).outcomes.objectives == 2


def test_with_several_objectives_the_last_values_count() -> None:
    """Those of one model: the best of each may be of different ones."""
    sweep = store(**BOTH)
    trial = sweep.add_trial(record(0, phase="Running"))
    sweep.switch_pod(trial, "pod", 1.0)
    sweep.ingest_push(trial, pushed(1, (0.5, 0.9), 3.0, None), 1.0)
    assert sweep.state.values_of(trial) == {"score": 0.9, "latency": 3.0}
    sweep.ingest_push(trial, pushed(3, (0.7,), 5.0, 12.0), 2.0)
    assert sweep.state.values_of(trial) == {"score": 0.7, "latency": 5.0, "size": 12.0}
    assert trial.writes.pending_since is not None
    sweep.switch_pod(trial, "another", 1.0)
    assert sweep.state.values_of(trial) == {}, "the values are those of one pod"


def test_with_one_objective_and_constraints_its_best_value_counts() -> None:
    sweep = store(constraints=SIZE)
    trial = sweep.add_trial(record(0, phase="Running"))
    sweep.switch_pod(trial, "pod", 1.0)
    sweep.ingest_push(trial, pushed(1, (0.5, 0.9, 0.7), 12.0), 1.0)
    assert sweep.state.values_of(trial) == {"score": 0.9, "size": 12.0}
    assert sweep.state.results.best is None, "trials are compared when they have ended"


def test_the_summary_of_a_pod_has_the_values_that_never_arrived() -> None:
    sweep = store(**BOTH)
    trial = sweep.add_trial(record(0, phase="Running"))
    sweep.switch_pod(trial, "pod", 1.0)
    sweep.ingest_push(trial, pushed(1, (0.5,), 3.0, None), 1.0)
    text = protocol.Summary(2, 0.5, 0.6, (0.5, 0.6), ("score",), (), (math.nan, 12.0)).dump()
    summary = protocol.Summary.parse(text)
    assert summary is not None
    sweep.ingest_summary(trial, summary, 2.0)
    found = sweep.state.values_of(trial)
    assert math.isnan(found.pop("latency"))
    assert found == {"score": 0.6, "size": 12.0}


def test_values_in_a_log_count_also_where_no_curve_of_them_is_kept() -> None:
    sweep = store(**BOTH, metrics={"source": "logs", "also": []})
    trial = sweep.add_trial(record(0, phase="Running"))
    sweep.switch_pod(trial, "pod", 1.0)
    for line, found in enumerate([("score", 0.5), ("loss", 1.0), ("latency", 4.0)], 1):
        sweep.ingest_log_line(trial, [found], LogPosition(line, 1), 1.0)
    assert sweep.state.values_of(trial) == {"score": 0.5, "latency": 4.0}
    assert trial.reports.log_position == LogPosition(3, 1), "it is recorded with the value"
    assert not len(trial.reports.other_metrics)


def test_the_longest_summary_keeps_all_values() -> None:
    results = tuple(-1.2345678901234567e-300 for _ in range(protocol.MAX_RESULTS))
    names, tail = tuple(f"метрика{n}" * 20 for n in range(50)), (0.1234567890123456,) * 300
    notices = tuple(
        protocol.Notice.of(protocol.REPORTS_INCOMPLETE, "x" * protocol.MAX_NOTICE) for _ in range(3)
    )
    text = protocol.Summary(300, -1e300, 1e300, tail, names, notices, results).dump()
    assert len(text.encode()) <= protocol.TERMINATION_MESSAGE_LIMIT
    found = protocol.Summary.parse(text)
    assert found is not None
    assert found.results == results


_TRIALS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([None, 10, 14, 15, 18])),
    min_size=1,
    max_size=5,
)


@given(_TRIALS)
def test_the_standings_do_not_depend_on_the_order(
    trials: list[tuple[int, int, int | None]],
) -> None:
    criteria = parse_sweepjob(sweepjob(**BOTH)).criteria
    outcomes = [
        criteria.outcome(
            {"score": float(a), "latency": float(b), **({} if c is None else {"size": float(c)})}
        )
        for a, b, c in trials
    ]
    found = set()
    for order in permutations(range(len(trials))):
        made = Standings()
        for index in order:
            made = made.with_trial(index, outcomes[index], succeeded=True)
        front = tuple(sorted(made.front))
        counts = (made.feasible, made.infeasible, made.incomplete)
        examples = [t and (t.rank, t.index) for t in (made.best, made.closest, made.lacking)]
        found.add((front, counts, tuple(examples)))
    assert len(found) == 1
    [(front, counts, _)] = found
    feasible = [
        Member((float(a), -float(b)), n)
        for n, (a, b, c) in enumerate(trials)
        if c is not None and c <= 14
    ]
    assert set(front) == set(pareto_front(feasible))
    assert sum(counts) == len(trials)
