"""Tests that references to an input that is swept become references to the parameter."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sweepjob import command, load_job
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.sweep import Choice, LogUniform, QLogUniform, SweepJob, SweepWarning, Uniform

RUN = "python train.py --lr ${{inputs.lr}} --epochs ${{inputs.epochs}}"
MEANT = "python train.py --lr ${{search_space.lr}} --epochs ${{inputs.epochs}}"


def job(text: str = RUN, **more: Any) -> Any:
    return command(command=text, image="i", inputs={"lr": 0.1, "epochs": 3}, **more)


def swept(made: Any, **more: Any) -> SweepJob:
    found: SweepJob = made.sweep(primary_metric="m", goal="Maximize", **more)
    return found


def spec_of(sweep: SweepJob) -> dict[str, Any]:
    spec: dict[str, Any] = sweep.to_manifest()["spec"]
    return spec


def test_inputs_swept_by_the_search_space_argument() -> None:
    spec = spec_of(swept(job(), search_space={"lr": Uniform(0, 1)}))
    assert (spec["trial"]["command"], spec["inputs"]) == (MEANT, {"epochs": 3})


def test_inputs_swept_by_a_call() -> None:
    assert spec_of(swept(job()(lr=Uniform(0, 1))))["trial"]["command"] == MEANT


def test_inputs_swept_after_construction() -> None:
    sweep = swept(job(), search_space={"epochs": Choice([1, 2])})
    sweep.search_space["lr"] = Uniform(0, 1)
    spec = spec_of(sweep)
    both = "python train.py --lr ${{search_space.lr}} --epochs ${{search_space.epochs}}"
    assert (spec["trial"]["command"], spec.get("inputs")) == (both, None)


def test_references_in_variables_lists_and_single_braces() -> None:
    made = job(["run", "{inputs.lr}"], environment_variables={"LR": "${{ inputs.lr }}"})
    trial = spec_of(swept(made, search_space={"lr": Uniform(0, 1)}))["trial"]
    assert trial["command"] == ["run", "${{search_space.lr}}"]
    assert trial["env"] == [{"name": "LR", "value": "${{search_space.lr}}"}]


def test_an_object_with_both_sections_keeps_both() -> None:
    """In a loaded file, ``${{inputs.lr}}`` stays a reference to the input, with a warning."""
    manifest = swept(job(), search_space={"lr": Uniform(0, 1)}).to_manifest()
    manifest["spec"]["inputs"] = {"lr": 0.1, "epochs": 3}
    manifest["spec"]["trial"]["command"] = RUN
    loaded = load_job(manifest)
    assert loaded.to_manifest() == manifest
    with pytest.warns(SweepWarning, match=r"write \$\{\{search_space.lr\}\}"):
        loaded.validate()


@pytest.mark.parametrize(
    "text", ["run ${{inputs.epochs}} --lr {{lr}}", "run --units ${{inputs.units}}"]
)
def test_a_parameter_that_reaches_no_trial_is_an_error(text: str) -> None:
    made = command(command=text, image="i", inputs={"lr": 0.1, "epochs": 3, "units": 1})
    with pytest.raises(ArgumentError, match=r"\$\{\{search_space.lr\}\}"):
        swept(made, search_space={"lr": Uniform(0, 1), "units": Choice([1])})


def test_a_script_may_read_its_environment() -> None:
    sweep = swept(job("run"), search_space={"lr": Uniform(0, 1)})
    assert spec_of(sweep)["trial"]["command"] == "run"
    made = job("run ${{inputs.lr}}", environment_variables={"FROM": "AZUREML_SWEEP_units"})
    spec = spec_of(swept(made, search_space={"lr": Uniform(0, 1), "units": Choice([1])}))
    assert list(spec["searchSpace"]) == ["lr", "units"]
    assert spec["trial"]["command"] == "run ${{search_space.lr}}"


def test_bounds_that_look_like_values_are_a_warning() -> None:
    with pytest.warns(SweepWarning, match="lr: {type: loguniform"):
        swept(job(), search_space={"lr": LogUniform(1e-4, 0.1)})


def test_bounds_may_be_values() -> None:
    sweep = swept(job(), search_space={"lr": LogUniform(low=1e-4, high=0.1)})
    lr = {"type": "loguniform", "low": 1e-4, "high": 0.1}
    assert spec_of(sweep)["searchSpace"]["lr"] == lr
    loaded = load_job(sweep.to_manifest())
    assert isinstance(loaded, SweepJob)
    assert loaded.search_space["lr"] == LogUniform(low=1e-4, high=0.1)
    assert loaded.to_manifest() == sweep.to_manifest()
    assert QLogUniform(low=1, high=64, q=2).to_spec() == {
        "type": "qloguniform",
        "low": 1,
        "high": 64,
        "q": 2,
    }


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (lambda: LogUniform(low=0, high=0.1), "LogUniform.low: 0: must be above 0"),
        (lambda: LogUniform(low=1, high=0.1), "must not be above high"),
        (lambda: LogUniform(low=1), "LogUniform.high: None: is required"),
        (lambda: LogUniform(-9, -2, low=1, high=2), "remove one of the two pairs"),
        (lambda: LogUniform(), "min_value and max_value, the exponents, or low and high"),
        (lambda: LogUniform(-9), "LogUniform.max_value: None: is required"),
        (lambda: LogUniform({"value": 1e-4}, -2), "must be a number; write low and high"),  # type: ignore[arg-type]  # as of old
        (lambda: QLogUniform(low=1, high=2), "QLogUniform.q: None: is required"),
    ],
)
def test_bounds_as_values_that_are_wrong(make: Callable[[], object], remedy: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(remedy)):
        make()
