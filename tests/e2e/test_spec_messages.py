"""Bad sweeps: refused at apply, or explained by a condition, with the cause and the remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cluster.console import ClusterError

from .sweeps import Sweeps, choice, eventually

GOOD_SPACE = {"level": choice(0.1, 0.2)}


def uniform(low: float, high: float) -> dict[str, Any]:
    return {"type": "uniform", "minValue": low, "maxValue": high}


def values(low: float, high: float) -> dict[str, Any]:
    return {"type": "loguniform", "low": low, "high": high}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("unknown-expression", {"searchSpace": {"x": {"type": "gauss"}}}, 'Unsupported value: "gauss": supported values: "choice"'),
    ("min-above-max", {"searchSpace": {"x": uniform(2, 1)}}, "minValue must not be above maxValue; exchange the two"),
    ("missing-bound", {"searchSpace": {"x": {"type": "uniform", "minValue": 1}}}, "need minValue and maxValue"),
    ("low-above-high", {"searchSpace": {"x": values(0.1, 1e-4)}}, "low must not be above high; exchange the two"),
    ("low-of-zero", {"searchSpace": {"x": values(0, 0.1)}}, "should be greater than 0"),
    ("missing-high", {"searchSpace": {"x": {"type": "loguniform", "low": 1e-4}}}, "or low and high, the values themselves"),
    ("two-pairs", {"searchSpace": {"x": {**uniform(-3, -1), **values(1e-4, 0.1)}}}, "remove one of the two pairs"),
    ("values-of-uniform", {"searchSpace": {"x": {**uniform(0, 1), "low": 1, "high": 2}}}, "low and high belong to loguniform and qloguniform"),
    ("object-as-bound", {"searchSpace": {"x": {"type": "loguniform", "minValue": {"value": 1e-4}, "maxValue": -1}}}, 'unknown field "spec.searchSpace.x.minValue.value"'),
    ("q-of-zero", {"searchSpace": {"x": {**uniform(0, 1), "type": "quniform", "q": 0}}}, "q must be above 0"),
    ("grid-of-numbers", {"samplingAlgorithm": {"type": "grid"}, "searchSpace": {"x": uniform(0, 1)}}, "grid takes choices only; list the values in a choice"),
    ("name-of-a-parameter", {"searchSpace": {"learning-rate": choice(1)}}, "a parameter's name has letters, digits and _"),
    ("n" * 47, {}, "metadata.name may have at most 46 characters"),
    ("both-slacks", {"earlyTermination": {"type": "bandit", "slackFactor": 1, "slackAmount": 1}}, "exactly one of slackFactor and slackAmount"),
    ("percentage", {"earlyTermination": {"type": "truncation_selection", "truncationPercentage": 100}}, "should be less than or equal to 99"),
    ("asha-interval", {"earlyTermination": {"type": "asha", "evaluationInterval": 2}}, "asha has rungs instead of evaluationInterval"),
    ("order-of-random", {"samplingAlgorithm": {"order": ["x"]}}, "order belongs to type grid"),
    ("goal", {"objective": {"goal": "most"}}, 'supported values: "maximize", "minimize"'),
    ("no-image", {"trial": {"image": None}}, "give either image"),
    ("misspelt-key", {"serachSpace": {}}, 'unknown field "spec.serachSpace"'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "message"), REFUSED, ids=[r[0] for r in REFUSED])
def test_apply_refuses(sweeps: Sweeps, name: str, change: dict[str, Any], message: str) -> None:
    spec = sweeps.spec(GOOD_SPACE, **change)
    spec["searchSpace"] = change.get("searchSpace", GOOD_SPACE)
    spec["trial"] = {k: v for k, v in spec["trial"].items() if v is not None}
    with pytest.raises(ClusterError) as refused:
        sweeps.apply(name, spec)
    assert message in str(refused.value)


INVALID: list[tuple[str, dict[str, Any], str]] = [
    (
        "null",
        {"searchSpace": {"x": choice(1, None)}},
        "spec.searchSpace.x.values[1]: None: must be a number, string, boolean or object",
    ),
    (
        "nested-expression",
        {"searchSpace": {"m": choice({"x": {"type": "gauss"}})}},
        "spec.searchSpace.m.values[0].x.type: 'gauss': unknown; known: choice",
    ),
    (
        "nested-min-above-max",
        {"searchSpace": {"m": choice({"x": uniform(2, 1)})}},
        "spec.searchSpace.m.values[0].x.minValue: 2: must not be above maxValue (1); exchange the two",
    ),
    (
        "unresolved",
        {"trial": {"command": "run ${{search_space.rate}}"}},
        "'${{search_space.rate}}': refers to nothing; available: search_space.level",
    ),
    (
        "pattern",
        {"metrics": {"source": "logs", "pattern": "score (.*"}},
        "spec.metrics.pattern: 'score (.*': is not a regular expression of RE2's syntax",
    ),
    (
        "impossible-job",
        {"trial": {"resources": {"limits": {"nvidia.com/gpu": "many"}}}},
        "spec.trial.resources.limits.nvidia.com/gpu: 'many': must be a quantity",
    ),
    (
        "no-list-of-mounts",
        {
            "trial": {
                **dict.fromkeys(("image", "command", "resources")),
                "template": {
                    "spec": {"containers": [{"name": "t", "image": "x", "volumeMounts": 5}]}
                },
            },
            "metrics": {"source": "file"},
        },
        "see kubectl explain pod.spec",
    ),
    (
        "misspelt-in-the-template",
        {
            "trial": {
                **dict.fromkeys(("image", "command", "resources")),
                "template": {"spec": {"containers": [{"name": "t", "imagee": "x"}]}},
            }
        },
        "spec.template.spec.containers[0].image: Required value",
    ),
]


@pytest.mark.parametrize(("name", "change", "message"), INVALID, ids=[r[0] for r in INVALID])
def test_a_condition_explains(
    sweeps: Sweeps, name: str, change: dict[str, Any], message: str
) -> None:
    spec = sweeps.spec(GOOD_SPACE, **change)
    spec["searchSpace"] = change.get("searchSpace", GOOD_SPACE)
    spec["trial"] = {k: v for k, v in spec["trial"].items() if v is not None}
    sweeps.apply(name, spec)
    condition = eventually(lambda: sweeps.condition(name, "Accepted"), 10, "it is looked at")
    assert (condition["status"], condition["reason"]) == ("False", "InvalidSpec")
    assert message in condition["message"]
    assert "InvalidSpec" in sweeps.kubectl("describe", "sweepjob", name)
    assert not sweeps.trials(name)


def test_unintended_settings_cause_warnings(sweeps: Sweeps) -> None:
    """In the condition, and by an event; and the sweep runs all the same."""
    space = {
        "level": choice(0.1),
        "lr": {"type": "loguniform", "minValue": 1e-4, "maxValue": 0.1},
        "rate": values(1e-4, 0.1),
    }
    sweeps.apply(
        "doubtful", sweeps.spec(space, trial={"command": "run {{lr}} ${{search_space.rate}}"})
    )
    accepted = eventually(lambda: sweeps.condition("doubtful", "Accepted"), 20, "it is looked at")
    assert accepted["status"] == "True"
    line = "write lr: {type: loguniform, low: 0.0001, high: 0.1}"
    for text in (accepted["message"], sweeps.kubectl("describe", "sweepjob", "doubtful")):
        assert line in text
        assert "did you mean ${{search_space.lr}}?" in text
    found = sweeps.get("events", "--field-selector=reason=SpecWarning")["items"]
    assert [event["type"] for event in found] == ["Warning"]
    [first, *_] = eventually(lambda: sweeps.trials("doubtful"), 20, "it runs")
    assert 1e-4 <= json.loads(first["spec"]["assignment"])["rate"] <= 0.1
    sweeps.kubectl("delete", "sweepjob", "doubtful")


TROUBLED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "unpullable",
        {"trial": {"image": "registry.invalid/nothing:1", "resources": {}}},
        "ImageCannotBePulled",
        "Correct trial.image",
    ),
    (
        "too-many-gpus",
        {"trial": {"resources": {"limits": {"nvidia.com/gpu": 1000}}}},
        "Unschedulable",
        "Insufficient nvidia.com/gpu",
    ),
]


@pytest.mark.parametrize(
    ("name", "change", "reason", "words"), TROUBLED, ids=[r[0] for r in TROUBLED]
)
def test_describe_shows_why_a_sweep_waits(
    sweeps: Sweeps, name: str, change: dict[str, Any], reason: str, words: str
) -> None:
    sweeps.apply(name, sweeps.spec(GOOD_SPACE, **change))
    condition = eventually(
        lambda: (c := sweeps.condition(name, "Degraded")).get("status") == "True" and c,
        60,
        "the trouble is seen",
    )
    assert condition["reason"] == reason
    assert words in condition["message"]
    assert words in sweeps.kubectl("describe", "sweepjob", name)
    sweeps.kubectl("delete", "sweepjob", name)


def test_a_missing_metric_is_reported(sweeps: Sweeps) -> None:
    spec = sweeps.spec(GOOD_SPACE, objective={"goal": "maximize", "primaryMetric": "scores"})
    sweeps.apply("metric", spec)
    sweep = sweeps.await_end("metric")
    assert sweep["status"]["phase"] == "Failed"
    condition = sweeps.condition("metric", "Failed")
    assert condition["reason"] == "MetricNotReported"
    assert "never reported the primary metric 'scores'. It reported score." in condition["message"]
