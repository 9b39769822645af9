"""Bad specs: every mistake is named with its path, and several are named together."""

from typing import Any

import pytest
from sweepjob.api import names
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.search.space import LogUniform, Quantized, exact

from .builders import sweepjob

CHOICE = {"type": "choice", "values": [1]}


def nested(expression: dict[str, Any]) -> dict[str, Any]:
    return {"m": {"type": "choice", "values": [{"kind": "a", "x": expression}]}}


BUDGET = {"type": "asha", "budgetParameter": "epochs", "maxReports": 9}
BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("unknown expression", {"searchSpace": {"x": {"type": "gauss"}}}, "spec.searchSpace.x.type", "loguniform"),
    (
        "min above max",
        {"searchSpace": {"x": {"type": "uniform", "minValue": 2, "maxValue": 1}}},
        "spec.searchSpace.x.minValue",
        "exchange the two",
    ),
    (
        "unknown expression in a branch",
        {"searchSpace": nested({"type": "gauss"})},
        "spec.searchSpace.m.values[0].x.type",
        "unknown",
    ),
    (
        "min above max in a branch",
        {"searchSpace": nested({"type": "uniform", "minValue": 2, "maxValue": 1})},
        "spec.searchSpace.m.values[0].x.minValue",
        "exchange the two",
    ),
    ("no lattice point", {"searchSpace": {"x": {"type": "quniform", "minValue": 0.2, "maxValue": 0.8, "q": 1}}}, "spec.searchSpace.x.q", "smaller q"),
    ("sigma below 0", {"searchSpace": {"x": {"type": "normal", "mu": 0, "sigma": -1}}}, "spec.searchSpace.x.sigma", "0 or more"),
    ("choice of nothing", {"searchSpace": {"x": {"type": "choice", "values": []}}}, "spec.searchSpace.x.values", "at least one"),
    ("null in a choice", {"searchSpace": {"x": {"type": "choice", "values": [1, None]}}}, "spec.searchSpace.x.values[1]", "boolean"),
    ("values of a uniform", {"searchSpace": {"x": {"type": "uniform", "low": 0, "maxValue": 1}}}, "spec.searchSpace.x.low", "unknown key; did you mean minValue? known"),
    ("a value of a quniform", {"searchSpace": {"x": {"type": "quniform", "minValue": 0, "high": 1, "q": 1}}}, "spec.searchSpace.x.high", "unknown key; did you mean maxValue? known"),
    ("a bound of a normal", {"searchSpace": {"x": {"type": "normal", "mu": 0, "sigma": 1, "low": 1}}}, "spec.searchSpace.x.low", "unknown key; known: mu"),
    ("a key of another expression", {"searchSpace": {"x": {"type": "randint", "upper": 3, "q": 1}}}, "spec.searchSpace.x.q", "unknown key"),
    ("text for a number", {"searchSpace": {"x": {"type": "uniform", "minValue": "a", "maxValue": 1}}}, "spec.searchSpace.x.minValue", "number"),
    ("a name with a dash", {"searchSpace": {"a-b": CHOICE}}, "spec.searchSpace.a-b", "letters"),
    ("empty space", {"searchSpace": {}}, "spec.searchSpace", "at least one parameter"),
    ("unknown goal", {"objective": {"goal": "most", "primaryMetric": "a"}}, "spec.objective.goal", "maximize"),
    ("no metric", {"objective": {"goal": "maximize"}}, "spec.objective.primaryMetric", "required"),
    ("unknown sampler", {"samplingAlgorithm": {"type": "tpe"}}, "spec.samplingAlgorithm.type", "bayesian"),
    ("rule of bayesian", {"samplingAlgorithm": {"type": "bayesian", "rule": "sobol"}}, "spec.samplingAlgorithm.rule", "type random"),
    ("logbase 1", {"samplingAlgorithm": {"type": "random", "logbase": 1}}, "spec.samplingAlgorithm.logbase", "other than 1"),
    ("unknown policy", {"earlyTermination": {"type": "hyperopt"}}, "spec.earlyTermination.type", "hyperband"),
    ("median with a slack", {"earlyTermination": {"type": "median_stopping", "slackFactor": 1}}, "spec.earlyTermination.slackFactor", "unknown key"),
    ("asha with an interval", {"earlyTermination": {"type": "asha", "evaluationInterval": 2}}, "spec.earlyTermination.evaluationInterval", "gracePeriod"),
    ("forecast without a probability", {"earlyTermination": {"type": "forecast"}}, "spec.earlyTermination.probability", "required"),
    ("certain forecast", {"earlyTermination": {"type": "forecast", "probability": 1}}, "spec.earlyTermination.probability", "at most 0.999"),
    ("auto with an interval", {"earlyTermination": {"type": "auto", "evaluationInterval": 2}}, "spec.earlyTermination.evaluationInterval", "maxReports"),
    ("hyperband without the reports of a trial", {"earlyTermination": {"type": "hyperband"}}, "spec.earlyTermination.maxReports", "reports of a complete trial"),
    ("hyperband with an interval", {"earlyTermination": {"type": "hyperband", "maxReports": 9, "delayEvaluation": 2}}, "spec.earlyTermination.delayEvaluation", "gracePeriod"),
    ("hyperband without a rung", {"earlyTermination": {"type": "hyperband", "gracePeriod": 9, "maxReports": 9}}, "spec.earlyTermination.gracePeriod", "no rung"),
    ("more brackets than rungs", {"earlyTermination": {"type": "hyperband", "maxReports": 9, "brackets": 4}}, "spec.earlyTermination.brackets", "must be at most 3: there are 2 rungs from gracePeriod (1) to maxReports (9)"),
    ("hyperband that promotes without a checkpoint", {"earlyTermination": {"type": "hyperband", "maxReports": 9, "mode": "promote"}}, "spec.earlyTermination.mode", "trial.checkpoint"),
    ("asha with brackets", {"earlyTermination": {"type": "asha", "brackets": 2}}, "spec.earlyTermination.brackets", "unknown key"),
    ("a budget without its largest value", {"earlyTermination": {"type": "asha", "budgetParameter": "epochs"}}, "spec.earlyTermination.budgetParameter", "needs maxReports"),
    ("a budget and stopping", {"earlyTermination": {**BUDGET, "mode": "stop"}}, "spec.earlyTermination.budgetParameter", "remove one of the two"),
    ("a budget that is sampled", {"earlyTermination": {**BUDGET, "budgetParameter": "lr"}}, "spec.earlyTermination.budgetParameter", "remove it from spec.searchSpace"),
    ("a budget that is an input", {"earlyTermination": BUDGET, "inputs": {"epochs": 9}}, "spec.earlyTermination.budgetParameter", "remove it from spec.inputs, and write ${{search_space.epochs}}"),
    ("a budget that is no name", {"earlyTermination": {**BUDGET, "budgetParameter": "my epochs"}}, "spec.earlyTermination.budgetParameter", "letters, digits and _"),
    ("a budget that nothing uses", {"earlyTermination": BUDGET, "trial": {"image": "i", "command": "a ${{search_space.lr}}"}}, "spec.earlyTermination.budgetParameter", "write ${{search_space.epochs}} in the command"),
    ("a budget and a checkpoint", {"earlyTermination": BUDGET, "outputs": {"o": {"volume": {"persistentVolumeClaim": {"claimName": "c"}}}}, "trial": {"image": "i", "command": "a ${{search_space.epochs}}", "checkpoint": {"output": "o"}}}, "spec.earlyTermination.budgetParameter", "remove trial.checkpoint"),
    ("a reference to a budget that is not there", {"trial": {"image": "i", "command": "a ${{search_space.epochs}}"}}, "spec.trial.command", "refers to nothing"),
    ("asha without a rung", {"earlyTermination": {"type": "asha", "gracePeriod": 9, "maxReports": 9}}, "spec.earlyTermination.gracePeriod", "no rung"),
    ("grid with a distribution", {"samplingAlgorithm": {"type": "grid"}}, "spec.searchSpace.lr.type", "choices only"),
    (
        "grid with a distribution in a branch",
        {"samplingAlgorithm": {"type": "grid"}, "searchSpace": nested({"type": "randint", "upper": 3})},
        "spec.searchSpace.m.values[0].x.type",
        "choices only",
    ),
    ("order of nothing", {"samplingAlgorithm": {"type": "grid", "order": ["rate"]}, "searchSpace": {"x": CHOICE}}, "spec.samplingAlgorithm.order", "no parameter"),
    ("order of a random search", {"samplingAlgorithm": {"type": "random", "order": ["lr"]}}, "spec.samplingAlgorithm.order", "type grid"),
    ("infinite bound", {"searchSpace": {"x": {"type": "uniform", "minValue": 0, "maxValue": float("inf")}}}, "spec.searchSpace.x.maxValue", "finite"),
    ("infinite choice", {"searchSpace": {"x": {"type": "choice", "values": [float("inf")]}}}, "spec.searchSpace.x.values[0]", "as a string"),
    ("open quote", {"trial": {"image": "a", "command": "python 'train.py"}}, "spec.trial.command", "close the quote"),
    ("unknown key of the trial", {"trial": {"image": "a", "comand": "b"}}, "spec.trial.comand", "unknown key"),
    ("201 parameters", {"searchSpace": {f"p{n}": CHOICE for n in range(201)}}, "spec.searchSpace", "200 at most"),
    ("1001 values", {"searchSpace": {"x": {"type": "choice", "values": [*range(1001)]}}}, "spec.searchSpace.x.values", "1000 at most"),
    ("a seed beyond 64 bits", {"samplingAlgorithm": {"type": "random", "seed": 2**63}}, "spec.samplingAlgorithm.seed", "at most"),
    ("too many trials", {"limits": {"maxTotalTrials": 1000000}}, "spec.limits.maxTotalTrials", "at most 100000"),
    ("both slacks", {"earlyTermination": {"type": "bandit", "slackFactor": 1, "slackAmount": 1}}, "spec.earlyTermination", "exactly one"),
    ("no slack", {"earlyTermination": {"type": "bandit"}}, "spec.earlyTermination", "exactly one"),
    ("100 percent", {"earlyTermination": {"type": "truncation_selection", "truncationPercentage": 100}}, "spec.earlyTermination.truncationPercentage", "at most 99"),
    ("a target as a text", {"limits": {"maxTotalTrials": 1, "target": "0.9"}}, "spec.limits.target", "must be a number"),
    ("a target that is infinite", {"limits": {"maxTotalTrials": 1, "target": float("inf")}}, "spec.limits.target", "finite"),
    ("a row of no trials", {"limits": {"maxTotalTrials": 1, "noImprovementTrials": 0}}, "spec.limits.noImprovementTrials", "at least 1"),
    ("no cost", {"limits": {"maxTotalTrials": 1, "maxCost": -2}}, "spec.limits.maxCost", "greater than 0"),
    ("a price of something else", {"limits": {"maxTotalTrials": 1, "prices": {"gpu": 2.5}}}, "spec.limits.prices.gpu", "nvidia.com/gpu"),
    ("a price in no currency", {"limits": {"maxTotalTrials": 1, "prices": {"memory": 1e13}}}, "spec.limits.prices.memory", "at most 1000000000000"),
    ("a negative price", {"limits": {"maxTotalTrials": 1, "prices": {"cpu": -1}}}, "spec.limits.prices.cpu", "at least 0"),
    ("no GPU-hours", {"limits": {"maxTotalTrials": 1, "maxGpuHours": 0.0}}, "spec.limits.maxGpuHours", "greater than 0"),
    ("endless GPU-hours", {"limits": {"maxTotalTrials": 1, "maxGpuHours": float("inf")}}, "spec.limits.maxGpuHours", "finite"),
    ("no trials", {"limits": {"maxTotalTrials": 0}}, "spec.limits.maxTotalTrials", "at least 1"),
    ("unknown metrics source", {"metrics": {"source": "email"}}, "spec.metrics.source", "mlflow"),
    ("unknown choice for incomplete reports", {"metrics": {"onIncomplete": "ignore"}}, "spec.metrics.onIncomplete", "accept, retry"),
    ("incomplete reports again, without retries", {"metrics": {"onIncomplete": "retry"}}, "spec.metrics.onIncomplete", "maxRetries of at least 1"),
    ("no image", {"trial": {"command": "a"}}, "spec.trial.image", "required"),
    ("image and template", {"trial": {"image": "a", "template": {"spec": {"containers": [{}]}}}}, "spec.trial.image", "either"),
    ("template without containers", {"trial": {"template": {"spec": {}}}}, "spec.trial.template", "containers"),
    ("command of a number", {"trial": {"image": "a", "command": 5}}, "spec.trial.command", "string or a list"),
    ("unknown reference", {"trial": {"image": "a", "command": "x ${{search_space.rate}}"}}, "spec.trial.command", "search_space.lr"),
    ("unknown input", {"trial": {"image": "a", "command": "x ${{inputs.epochs}}"}}, "spec.trial.command", "refers to nothing"),
    (
        "a reference that only one branch has",
        {"searchSpace": {"m": {"type": "choice", "values": [{"x": 1}, {"y": 2}]}}, "trial": {"image": "a", "command": "${{search_space.m.x}}"}},
        "spec.trial.command",
        "only some branches",
    ),
    ("unknown key", {"searchspace": {}}, "spec.searchspace", "unknown key"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "path", "remedy"), [b[1:] for b in BAD], ids=[b[0] for b in BAD]
)
def test_bad_spec(change: dict[str, Any], path: str, remedy: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        parse_sweepjob(sweepjob(**change))
    found = [p for p in caught.value.problems if p.path == path]
    assert found, str(caught.value)
    assert any(remedy in p.message for p in found), str(caught.value)


def test_all_errors_are_reported_at_once() -> None:
    with pytest.raises(InvalidSpec) as caught:
        parse_sweepjob(sweepjob(searchSpace={"x": {"type": "a"}, "y": {"type": "b"}}, limits={}))
    assert len({p.path for p in caught.value.problems}) >= 3


def test_a_reference_to_an_invalid_parameter_is_no_second_error() -> None:
    wrong = {"lr": {"type": "uniform", "minValue": 2, "maxValue": 1}, "units": CHOICE}
    with pytest.raises(InvalidSpec) as caught:
        parse_sweepjob(sweepjob(searchSpace=wrong))
    assert [p.path for p in caught.value.problems] == ["spec.searchSpace.lr.minValue"]


def test_an_unresolved_reference_is_reported_once() -> None:
    command = "x ${{search_space.rate}} --again ${{search_space.rate}} ${{search_space.lr}}"
    with pytest.raises(InvalidSpec) as caught:
        parse_sweepjob(sweepjob(trial={"image": "a", "command": command}))
    assert [p.value for p in caught.value.problems] == ["${{search_space.rate}}"]


def test_a_name_too_long_for_its_jobs() -> None:
    body = sweepjob()
    body["metadata"]["name"] = "a" * 60
    with pytest.raises(InvalidSpec, match=r"metadata\.name.*at most \d+"):
        parse_sweepjob(body)


def test_a_valid_spec_with_all_fields() -> None:
    spec = parse_sweepjob(
        sweepjob(
            earlyTermination={"type": "bandit", "slackFactor": 0.1, "evaluationInterval": 0},
            limits={"maxTotalTrials": 9, "timeout": 60, "trialTimeout": 5, "maxFailedTrials": 2},
            inputs={"epochs": 3},
            suspend=True,
        )
    )
    assert spec.policy.schedule.evaluation_interval == 1  # Azure's clients send 0 for "not given"
    assert spec.limits.max_concurrent_trials == 9
    assert (spec.suspend, spec.seed, spec.inputs) == (True, 1, {"epochs": 3})


def test_a_name_of_46_characters_has_room_for_every_index_and_attempt() -> None:
    body = sweepjob(limits={"maxTotalTrials": 100_000})
    for length, fits in ((46, True), (47, False), (52, False)):
        body["metadata"]["name"] = "a" * length
        if fits:
            parse_sweepjob(body)
            longest = names.job_name(names.trial_name("a" * length, 99_999), 99)
            assert len(f"{longest}r") <= names.JOB_NAME_LIMIT, (
                "also with a letter before the attempt"
            )
        else:
            with pytest.raises(InvalidSpec, match="at most 46 characters"):
                parse_sweepjob(body)


def test_a_repeated_value_of_a_choice_counts_twice() -> None:
    spec = parse_sweepjob(
        sweepjob(searchSpace={"x": {"type": "choice", "values": [1, 1, 2]}}, trial={"image": "i"})
    )
    assert spec.space.size() == 2


VALUE_BOUNDS: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "uniform", "minValue": {"value": 1}, "maxValue": 2}, ".minValue", "must be a number"),
    ({"type": "quniform", "minValue": 1, "maxValue": {"value": 2}, "q": 1}, ".maxValue", "must be a number"),
    ({"type": "loguniform", "minValue": {"value": 1}, "maxValue": -1}, ".minValue", "must be a number; write low and high for the values"),
    ({"type": "qloguniform", "minValue": -3, "maxValue": {}, "q": 1}, ".maxValue", "must be a number; write low and high for the values"),
    ({"type": "loguniform", "low": {"value": 1}, "high": 2}, ".low", "must be a number"),
    ({"type": "loguniform", "low": None, "high": 2}, ".low", "must be a number"),
    ({"type": "loguniform", "low": 0, "high": 1}, ".low", "above 0"),
    ({"type": "loguniform", "low": -1, "high": 1}, ".low", "above 0"),
    ({"type": "loguniform", "low": "1e-4", "high": 1}, ".low", "must be a number"),
    ({"type": "loguniform", "low": 0.1, "high": 0.01}, ".low", "above high (0.01); exchange the two"),
    ({"type": "loguniform", "low": 0.1}, ".high", "is required"),
    ({"type": "qloguniform", "high": 0.1, "q": 0.1}, ".low", "is required"),
    ({"type": "loguniform", "low": 1, "high": float("inf")}, ".high", "finite"),
    ({"type": "loguniform", "low": float("nan"), "high": 1}, ".low", "finite"),
    ({"type": "loguniform", "minValue": float("-inf"), "maxValue": 1}, ".minValue", "finite"),
    ({"type": "loguniform"}, "", "or low and high, the values themselves"),
    ({"type": "loguniform", "minValue": -3}, ".maxValue", "is required"),
    ({"type": "loguniform", "low": 1, "maxValue": 2}, ".low", "remove one of the two pairs"),
    ({"type": "loguniform", "minValue": 1, "maxValue": 2, "low": 1, "high": 2}, ".low", "remove one of the two pairs"),
    ({"type": "uniform", "minValue": 1, "maxValue": 2, "low": 1}, ".low", "unknown key"),
    ({"type": "lognormal", "mu": 1, "sigma": 2, "high": 1}, ".high", "unknown key"),
    ({"type": "qloguniform", "low": 1, "high": 2, "q": 5}, ".q", "between low and high"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "path", "remedy"), VALUE_BOUNDS)
def test_bounds_as_values_that_are_wrong(
    expression: dict[str, Any], path: str, remedy: str
) -> None:
    """In a branch as well, which no rule of the API server sees."""
    branch = {"type": "choice", "values": [{"lr": expression}]}
    for space, at in (({"lr": expression}, "lr"), ({"m": branch}, "m.values[0].lr")):
        with pytest.raises(InvalidSpec) as caught:
            parse_sweepjob(sweepjob(searchSpace={**space, "units": CHOICE}, trial={"image": "i"}))
        assert [p.path for p in caught.value.problems] == [f"spec.searchSpace.{at}{path}"]
        assert remedy in str(caught.value)


@pytest.mark.parametrize("base", ["e", 10, 2, 0.5])
@pytest.mark.parametrize(("low", "high"), [(1e-4, 0.1), (16, 256), (1e-5, 1e5), (3, 3), (0.7, 0.8)])
def test_bounds_as_values(base: Any, low: float, high: float) -> None:
    """Whole multiples of q at the bounds are values, whatever logarithms are rounded to."""
    bounds = {"low": low, "high": high}
    space = {
        "lr": {"type": "loguniform", **bounds},
        "units": {"type": "qloguniform", "q": low, **bounds},
    }
    algorithm = {"type": "random", "logbase": base}
    entries = parse_sweepjob(
        sweepjob(searchSpace=space, samplingAlgorithm=algorithm)
    ).space.parameters.entries
    lr, units = entries["lr"], entries["units"]
    assert isinstance(lr, LogUniform)
    assert isinstance(units, Quantized)
    drawn = sorted(lr.quantile(u) for u in (1e-15, 0.5, 1 - 1e-15))
    assert low * (1 - 1e-12) <= drawn[0] <= drawn[1] <= drawn[2] <= high * (1 + 1e-12)
    assert units.multiples is not None
    assert units.multiples[0] == 1
    assert units.multiples[1] == exact(high) // exact(low)
