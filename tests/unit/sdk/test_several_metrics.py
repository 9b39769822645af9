"""Several objectives and constraints in Python: definitions, round trips, messages, and results."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob import command, load_job
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.sdk.run import SweepRun
from sweepjob.sdk.sweep_objects import SweepError
from sweepjob.sweep import BanditPolicy, Choice, Constraint, Objective, SweepJob

from tests.unit.builders import sweepjob

BOTH = [Objective("maximize", "accuracy"), Objective("minimize", "latency_ms")]


def definition(**given: Any) -> SweepJob:
    train = command(
        image="i", command="train ${{inputs.units}}", inputs={"units": Choice([1, 2, 3])}
    )
    return train.sweep(max_total_trials=4, **given)


def test_a_sweep_with_objectives_and_constraints_is_the_same_after_a_round_trip() -> None:
    job = definition(
        objectives=BOTH,
        constraints=[
            Constraint("size_mb", max=50, stop_trials=True),
            Constraint("accuracy", min=0.5),
        ],
    )
    made = job.to_manifest()
    assert "objective" not in made["spec"]
    assert made["spec"]["objectives"] == [
        {"goal": "maximize", "primaryMetric": "accuracy"},
        {"goal": "minimize", "primaryMetric": "latency_ms"},
    ]
    assert made["spec"]["constraints"] == [
        {"metric": "size_mb", "max": 50, "stopTrials": True},
        {"metric": "accuracy", "min": 0.5},
    ]
    made["metadata"]["name"] = "a"
    again = load_job(made)
    assert again.to_manifest()["spec"] == made["spec"]
    assert again.validate().criteria.metrics == ("accuracy", "latency_ms", "size_mb")
    assert "accuracy" in repr(again._display())


def test_references_are_kept_and_a_single_objective_has_none() -> None:
    latency = Objective("minimize", "latency_ms", reference=50)
    made = definition(objectives=[BOTH[0], latency]).to_manifest()
    assert made["spec"]["objectives"][1]["reference"] == 50
    made["metadata"]["name"] = "a"
    assert load_job(made).to_manifest()["spec"] == made["spec"]
    with pytest.raises(ArgumentError, match="must be a number"):
        Objective("minimize", "latency_ms", reference="fast")


def test_objects_and_mappings_are_the_same() -> None:
    job = definition(primary_metric="accuracy", goal="maximize")
    job.objective = None
    job.objectives = [{"goal": "Maximize", "primary_metric": "accuracy"}, BOTH[1]]
    job.constraints = [{"metric": "size_mb", "max": 50}]
    assert job.validate().criteria.metrics == ("accuracy", "latency_ms", "size_mb")


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (lambda: Constraint("size_mb"), "exactly one of max"),
        (lambda: Constraint("size_mb", max=1, min=2), "exactly one of max"),
        (lambda: Constraint("", max=1), "must be a string"),
        (lambda: Constraint("size_mb", max=1, stop_trials="yes"), "true or false"),
        (lambda: definition(), "primary_metric"),
        (lambda: definition(objectives=BOTH[:1]), "write a single one as objective"),
        (
            lambda: definition(objectives=BOTH, primary_metric="a", goal="minimize"),
            "remove one of them",
        ),
        (
            lambda: definition(
                objectives=BOTH, early_termination_policy=BanditPolicy(slack_amount=1)
            ),
            "compares the values of one metric",
        ),
    ],
)
def test_what_is_wrong_is_said_with_the_remedy(make: Any, remedy: str) -> None:
    with pytest.raises(ArgumentError, match=remedy):
        make()


class Objects:
    """A sweep that has ended."""

    namespace, name, page_command = "team", "sweep", ""

    def __init__(self, spec: dict[str, Any], values: list[dict[str, float]]) -> None:
        self._spec, self._values = spec, values

    def sweep(self) -> dict[str, Any]:
        made = sweepjob(**self._spec)
        made["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
        return {**made, "status": {"phase": "Complete"}}

    def trials(self) -> list[dict[str, Any]]:
        return [self._trial(n, values) for n, values in enumerate(self._values)]

    def _trial(self, index: int, values: dict[str, float]) -> dict[str, Any]:
        score = repr(values["accuracy"])
        curve = {"pod": "p", "reports": 1, "values": score, "last": score, "best": score}
        texts = {name: repr(value) for name, value in values.items()}
        return {
            "metadata": {"name": f"sweep-{index}", "namespace": "team", "uid": f"u{index}"},
            "spec": {"sweep": "sweep", "index": index, "assignment": '{"units": 1}'},
            "status": {"phase": "Succeeded", "curve": curve, "values": texts},
        }


def run(spec: dict[str, Any], values: list[dict[str, float]]) -> SweepRun:
    return SweepRun(Objects(spec, values))  # type: ignore[arg-type] # what it reads of them


SPEC: dict[str, Any] = {
    "objective": None,
    "objectives": [objective.to_spec() for objective in BOTH],
    "constraints": [{"metric": "size_mb", "max": 50}],
}
VALUES = [
    {"accuracy": 0.9, "latency_ms": 9.0, "size_mb": 10.0},
    {"accuracy": 0.8, "latency_ms": 2.0, "size_mb": 10.0},
    {"accuracy": 0.5, "latency_ms": 1.0, "size_mb": 10.0},
    {"accuracy": 0.7, "latency_ms": 3.0, "size_mb": 10.0},
    {"accuracy": 1.0, "latency_ms": 0.0, "size_mb": 51.0},
    {"accuracy": 1.0, "latency_ms": 0.0},
]


def test_a_run_has_its_pareto_front_and_the_knee() -> None:
    done = run(SPEC, VALUES)
    assert [trial.name for trial in done.pareto] == ["sweep-0", "sweep-1", "sweep-2"]
    assert done.pareto[0].results == VALUES[0]
    assert done.knee is not None
    assert done.knee.name == "sweep-1"
    assert [t.feasible for t in done.trials()] == [True, True, True, True, False, None]
    best = done.get_best_run_by_primary_metric()
    assert best is not None
    assert best.name == "sweep-0"
    assert done.best is None
    row = done.trials()[4].to_row()
    assert (row["feasible"], row["results.size_mb"]) == (False, 51.0)
    assert "latency_ms" in repr(done.trials()._display())


def test_a_run_with_one_objective_prefers_feasible_trials() -> None:
    one = {
        "objective": {"goal": "maximize", "primaryMetric": "accuracy"},
        "constraints": SPEC["constraints"],
    }
    done = run(one, VALUES)
    best = done.get_best_run_by_primary_metric()
    assert best is not None
    assert best.name == "sweep-0"
    with pytest.raises(SweepError, match="one objective, accuracy"):
        _ = done.pareto


@pytest.mark.parametrize(
    ("several", "order"), [(False, [0, 1, 3, 2, 4, 5]), (True, [0, 1, 2, 3, 4, 5])]
)
def test_children_are_sorted_with_feasible_trials_first(several: bool, order: list[int]) -> None:
    one = {"objective": BOTH[0].to_spec(), "constraints": SPEC["constraints"]}
    done = run(SPEC if several else one, VALUES)
    children = done.get_children_sorted_by_primary_metric()
    assert [child["run_id"] for child in children] == [f"sweep-{n}" for n in order]
    best = done.get_best_run_by_primary_metric()
    assert best is not None
    assert children[0]["run_id"] == best.name
    assert [child["feasible"] for child in children] == [True, True, True, True, False, None]
    worst = done.get_children_sorted_by_primary_metric(reverse=True)
    assert worst == children[::-1]
    assert done.get_children_sorted_by_primary_metric(top=2) == children[:2]


def test_children_of_a_sweep_without_constraints_have_azures_keys_only() -> None:
    done = run({"objective": BOTH[1].to_spec() | {"primaryMetric": "accuracy"}}, VALUES[:3])
    children = done.get_children_sorted_by_primary_metric()
    assert [child["run_id"] for child in children] == ["sweep-2", "sweep-1", "sweep-0"]
    assert set(children[0]) == {"run_id", "hyperparameters", "best_primary_metric", "status"}


def test_a_sweep_that_has_ended_has_no_best_trial_to_come() -> None:
    one = {"objective": BOTH[0].to_spec(), "constraints": SPEC["constraints"]}
    with pytest.raises(
        SweepError, match="sweep has no best trial: no trial of sweep has ended with"
    ):
        run(one, VALUES[4:]).download()


def test_a_front_without_a_trial_is_empty() -> None:
    done = run(SPEC, VALUES[4:])
    assert list(done.pareto) == []
    assert done.knee is None
