"""Several objectives and constraints: the spec, the values of a trial, the standings in any order, the
status, and whole sweeps whose operator is killed."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob import protocol
from sweepjob.api.criteria import Criteria
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.status import SweepStatus, dump_status
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.controllers.snapshot_builder import sweep_snapshot
from sweepjob.controllers.state.standings import Standings
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.status_builder import build_status
from sweepjob.log_parsing.position import LogPosition
from sweepjob.pareto.dominance import Member, pareto_front
from sweepjob.settings import OperatorSettings
from sweepjob.trial_pods.sidecar import SidecarSettings

from tests.fake_api.harness import Scenario, quiet

from .builders import sweepjob
from .scenarios import HEAVY_FAULTS
from .scenarios import spec as scenario_spec

ALL = os.environ.get("SWEEPJOB_KILLS") == "all"
SETTINGS = OperatorSettings((), SidecarSettings("sidecar", "http://operator", ""), None, None)
OBJECTIVES = [
    {"goal": "maximize", "primaryMetric": "score"},
    {"goal": "minimize", "primaryMetric": "latency"},
]
SIZE = [{"metric": "size", "max": 14}]
SEVERAL: dict[str, Any] = {"objective": None, "objectives": OBJECTIVES}
BOTH: dict[str, Any] = {**SEVERAL, "constraints": SIZE}

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


# Values of trials.


def store(**spec: Any) -> SweepStore:
    parsed = parse_sweepjob(sweepjob(**spec))
    return SweepStore(ObjectIdentity("team", "sweep", "uid"), parsed, 1, 0.0, {})


def record(index: int, values: dict[str, float] | None = None, **status: Any) -> Any:
    body = trial_manifest("team", "sweep", "uid", index, {"lr": 0.1 + index}, "random seed 1")
    body["metadata"] |= {"uid": f"trial-{index}", "resourceVersion": "1"}
    if values is not None:
        status = {"phase": "Succeeded", "completionTime": "2026-01-01T00:00:00Z", **status}
        status["values"] = {name: repr(value) for name, value in values.items()}
        score = values.get("score")
        if score is not None:
            curve = {"pod": "p", "reports": 1, "values": repr(score), "last": repr(score)}
            status["curve"] = {**curve, **({"best": repr(score)} if math.isfinite(score) else {})}
    return parse_record({**body, "status": status})


def pushed(first: int, values: tuple[float, ...], *results: float | None) -> protocol.Push:
    return protocol.Push("team", "sweep-0", first, values, ("score",), results=results)


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


# Standings.

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


# The status.


def status(sweep: SweepStore) -> tuple[SweepStatus, dict[str, Any]]:
    made = build_status(sweep.state, sweep_snapshot(sweep.state, SETTINGS), 1, 10.0)
    return made, dump_status(made, {}, 10.0)


def loaded(total: int, records: list[Any], **spec: Any) -> SweepStore:
    sweep = store(limits={"maxTotalTrials": total}, **spec)
    sweep.load(records)
    return sweep


def test_the_status_has_the_front_and_how_many_trials_have_a_result() -> None:
    records = [
        record(0, {"score": 0.5, "latency": 1.0, "size": 14.0}),
        record(1, {"score": 0.9, "latency": 9.0, "size": 10.0}),
        record(2, {"score": 0.4, "latency": 2.0, "size": 10.0}),
        record(3, {"score": 1.0, "latency": 0.0, "size": 15.0}),
        record(4, {"score": 1.0, "latency": 0.0}),
    ]
    _, dumped = status(loaded(5, records, **BOTH))
    assert dumped["pareto"] == {
        "size": 2,
        "omitted": 0,
        "trials": [
            {"trial": "sweep-1", "values": {"score": "0.9", "latency": "9.0"}},
            {"trial": "sweep-0", "values": {"score": "0.5", "latency": "1.0"}},
        ],
    }
    assert dumped["results"] == {"feasible": 3, "infeasible": 1, "incomplete": 1}
    assert dumped["best"] is None
    conditions = {c["type"]: c for c in dumped["conditions"]}
    assert conditions["Complete"]["message"] == (
        "all 5 trials have ended; the Pareto front of score, latency has 2 trials; infeasible "
        "trials: 1; trials without all values: 1"
    )
    assert conditions["Degraded"]["reason"] == "MetricNotReported"
    assert "trial sweep-4 ended without a finite value of size" in conditions["Degraded"]["message"]


def test_the_status_is_bounded_and_says_how_many_trials_it_omits() -> None:
    records = [record(n, {"score": n / 100, "latency": float(n)}) for n in range(100)]
    _, dumped = status(loaded(100, records, **SEVERAL))
    front = dumped["pareto"]
    assert (front["size"], front["omitted"] + len(front["trials"])) == (100, 100)
    assert len(front["trials"]) <= 20
    assert [front["trials"][n]["trial"] for n in (0, -1)] == ["sweep-99", "sweep-0"]


def test_a_feasible_trial_is_better_than_a_better_value() -> None:
    records = [record(0, {"score": 0.5, "size": 14.0}), record(1, {"score": 0.9, "size": 14.1})]
    for order in permutations(records):
        made, dumped = status(loaded(2, list(order), constraints=SIZE))
        assert made.best is not None
        assert (made.best.trial, made.best.value) == ("sweep-0", 0.5)
        assert dumped["best"]["values"] == {"score": "0.5", "size": "14.0"}
        assert "pareto" not in dumped


@pytest.mark.parametrize("spec", [BOTH, {"constraints": SIZE}])
def test_a_sweep_without_a_feasible_trial_fails_with_the_closest_one(spec: dict[str, Any]) -> None:
    records = [
        record(0, {"score": 0.9, "latency": 1.0, "size": 28.0}),
        record(1, {"score": 0.5, "latency": 1.0, "size": 15.0}),
    ]
    made, dumped = status(loaded(2, records, **spec))
    [failed] = [c for c in made.conditions if c.kind == "Failed"]
    assert (failed.holds, failed.reason) == (True, "NoFeasibleTrial")
    assert "The closest is sweep-1: size is 15, and at most 14 is feasible" in failed.message
    assert dumped["best"] is None


def test_a_sweep_whose_trials_all_lack_a_metric_fails_with_its_name() -> None:
    records = [record(n, {"score": 0.9, "latency": math.nan, "size": 9.0}) for n in range(2)]
    made, _ = status(loaded(2, records, **BOTH))
    [failed] = [c for c in made.conditions if c.kind == "Failed"]
    assert (failed.holds, failed.reason) == (True, "MetricNotReported")
    assert "no trial has a finite value of each of score, latency, size" in failed.message
    assert (
        "trial sweep-0 ended without a finite value of latency (latency is nan)" in failed.message
    )


def test_a_metric_under_another_name_is_suggested() -> None:
    values = {"score": 0.9, "size": 9.0}
    seen = ["score", "size", "latency_s", "loss"]
    made, _ = status(loaded(1, [record(0, values, metricsSeen=seen)], **BOTH))
    [degraded] = [c for c in made.conditions if c.kind == "Degraded"]
    assert (
        "it reported latency_s, loss besides; did you mean latency_s? Let the script"
        in degraded.message
    )


def test_a_sampler_gets_the_scores_and_how_far_each_bound_is() -> None:
    spec = {**SEVERAL, "constraints": [*SIZE, {"metric": "latency", "min": 1}]}
    sweep = store(**spec)
    uses = type("Uses", (), {"uses_observations": True})()
    sweep.state.proposals.sampler = uses
    sweep.load(
        [
            record(0, {"score": 0.9, "latency": 3.0, "size": 15.0}),
            record(1, {"score": 0.9, "size": math.nan}, phase="Failed"),
            record(2, {}, phase="Canceled"),
            record(3, phase="Running"),
        ]
    )
    found = {o.index: o for o in sweep.state.observations()}
    assert (found[0].score, found[0].scores, found[0].constraints) == (
        None,
        (0.9, -3.0),
        (1.0, -2.0),
    )
    assert (found[1].scores, found[1].constraints, found[1].ended) == ((0.9, None), (), True)
    assert (found[2].scores, found[2].constraints, found[2].ended) == ((), (), False)
    assert (found[3].scores, found[3].ended) == ((), False)


def test_a_sampler_gets_the_best_value_with_one_objective() -> None:
    sweep = store(constraints=SIZE)
    sweep.state.proposals.sampler = type("Uses", (), {"uses_observations": True})()
    sweep.load([record(0, {"score": 0.9, "size": 15.0})])
    [found] = sweep.state.observations()
    assert (found.score, found.scores, found.constraints) == (0.9, (), (1.0,))


# Whole sweeps.


@pytest.fixture
def _quiet() -> Iterator[None]:
    with quiet():
        yield


def outcome(kills: list[int], seed: int = 1, concurrent: int = 1, **given: Any) -> Scenario:
    changes = given.pop("changes", BOTH)
    made = scenario_spec(6, concurrent, earlyTermination=None, **changes)
    return Scenario(seed, made, frozenset(kills), downtime=(0.1, 1.5), **given).run()


def front_of(scenario: Scenario) -> Any:
    found = scenario.sweep["status"]
    return {key: found.get(key) for key in ("pareto", "results", "best", "phase")}


def without_time(found: Any) -> Any:
    if found["best"]:
        found = {**found, "best": {k: v for k, v in found["best"].items() if k != "reportedAt"}}
    return found


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("changes", [BOTH, {"constraints": SIZE}], ids=["front", "constraint"])
def test_killed_after_every_change_it_has_the_same_front(changes: dict[str, Any]) -> None:
    undisturbed = outcome([], changes=changes)
    expected = without_time(front_of(undisturbed))
    assert expected["phase"] == "Complete"
    assert expected["results"]["infeasible"] > 0
    assert changes is not BOTH or expected["pareto"]["size"] > 2
    points = undisturbed.kill_points
    for turn in points if ALL else points[:: max(1, len(points) // 12)]:
        scenario = outcome([turn], changes=changes)
        assert without_time(front_of(scenario)) == expected, f"killed at turn {turn}"


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("seed", range(4))
def test_with_kills_and_api_errors_the_front_is_that_of_the_records(seed: int) -> None:
    """Several at a time, with failing trainers and drained pods."""
    faults = {"faults": HEAVY_FAULTS, "failure_probability": 0.1, "eviction_probability": 0.1}
    kills = [(seed * 7 + n * n * 37) % 4000 for n in range(1, 15)]
    scenario = outcome(kills, seed, 3, **faults)
    members, names = [], {}
    for trial in scenario.trials:
        found, name = trial["status"], trial["metadata"]["name"]
        values = {k: float(v) for k, v in (found.get("values") or {}).items()}
        if found["phase"] == "Succeeded":
            assert {k: values[k] for k in ("latency", "size")} == scenario.trainers.results[name][
                found["curve"]["pod"]
            ], "the last values of the pod that is recorded"
            assert found["feasible"] is (values["size"] <= 14)
        if len(values) == 3 and values["size"] <= 14:
            members.append(Member((values["score"], -values["latency"]), trial["spec"]["index"]))
            names[trial["spec"]["index"]] = name
    front = scenario.sweep["status"]["pareto"]
    assert [t["trial"] for t in front["trials"]] == [names[m.index] for m in pareto_front(members)]
    assert front["size"] == len(pareto_front(members))


@pytest.mark.usefixtures("_quiet")
def test_killed_at_some_steps_it_proposes_the_same_with_a_model_of_both_objectives() -> None:
    """One trial after the other, each proposed from the values of all that ended before it."""
    changes = {**BOTH, "samplingAlgorithm": {"type": "bayesian", "seed": 3}}
    undisturbed = outcome([], changes=changes)
    expected = without_time(front_of(undisturbed))
    proposals = [trial["spec"]["assignment"] for trial in undisturbed.trials]
    for turn in undisturbed.kill_points[:: 4 if ALL else 40]:
        scenario = outcome([turn], changes=changes)
        assert [trial["spec"]["assignment"] for trial in scenario.trials] == proposals
        assert without_time(front_of(scenario)) == expected


def test_a_crd_that_drops_values_is_named() -> None:
    """An operator that restarts would find no trial with a result."""
    sweep = store(**BOTH)
    sweep.note_stored_fields("sweep-0", [("status.values", False)])
    made, _ = status(sweep)
    [degraded] = [c for c in made.conditions if c.kind == "Degraded"]
    assert (degraded.holds, degraded.reason) == (True, "CrdOutdated")
    assert "drops status.values" in degraded.message
    sweep.note_stored_fields("sweep-0", [("status.values", True)])
    assert not next(c for c in status(sweep)[0].conditions if c.kind == "Degraded").holds


def test_a_trial_of_the_front_with_incomplete_reports_is_named() -> None:
    since = "2026-01-01T00:00:00Z"
    condition = {"type": "ReportsIncomplete", "status": "True", "reason": "ReportsIncomplete"}
    condition |= {"message": "the sidecar was killed.", "lastTransitionTime": since}
    values = {"score": 0.5, "latency": 1.0, "size": 9.0}
    sweep = loaded(1, [record(0, values, conditions=[condition])], **BOTH)
    _, dumped = status(sweep)
    conditions = {c["type"]: c for c in dumped["conditions"]}
    assert (
        "but of sweep-0 its reports may be incomplete: see its condition ReportsIncomplete"
        in (conditions["Complete"]["message"])
    )
    assert conditions["Degraded"]["reason"] == "ReportsIncomplete"
