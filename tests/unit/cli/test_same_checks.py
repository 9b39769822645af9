"""Property: ``sweepjob validate`` and the operator find the same errors and warnings in any spec."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st
from sweepjob.api.parsing.problem import InvalidSpec, Problem
from sweepjob.controllers.parser_threads import _parse_and_warn
from sweepjob.loading.sweep_files import parse_document

from tests.e2e.invalid_specs import RICH, TOGETHER, changed

NUMBERS = st.sampled_from([0, 1, -1, 0.5, 1e-4, 0.1, 5, 1e300, 1e309, "0", "1e-4", None, True, [1]])
VALUES = st.lists(
    st.sampled_from(
        [1, "a", True, None, [1, 2], {"x": 1}, {"x": {"type": "gauss"}}, "${{x}}", "a\x00"]
    ),
    max_size=3,
)
EXPRESSIONS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["choice", "loguniform", "uniform", "randint", "qnormal", "Choice", 3]
        )
    },
    optional={
        **{
            name: NUMBERS
            for name in ("minValue", "maxValue", "low", "high", "q", "mu", "sigma", "upper")
        },
        "values": VALUES,
    },
)
VALID = st.sampled_from(
    [
        {"type": "choice", "values": ["a b", "$HOME", 1.5]},
        {"type": "loguniform", "minValue": 1e-4, "maxValue": 0.1},  # valid, with a warning
        {"type": "loguniform", "low": 1e-4, "high": 0.1},
        {"type": "quniform", "minValue": 0, "maxValue": 8, "q": 3},
    ]
)
NAMES = (
    st.just("first")
    | st.text("ab-.A9_", min_size=1, max_size=4)
    | st.integers(40, 60).map(lambda n: "a" * n)
)
COMMANDS = st.lists(
    st.sampled_from(
        ["train", "${{search_space.p}}", "${{search_space.zzz}}", "{p}", "${p}", "'", "$AZUREML_SWEEP_p",
         "$[[--p=${{search_space.p.x}}]]", "${{inputs.p}}", "&&", "\n--p", "$((", "<<E"]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)  # fmt: skip
ALGORITHMS = st.fixed_dictionaries(
    {"type": st.sampled_from(["random", "grid", "bayesian", "tpe"])},
    optional={
        "rule": st.sampled_from(["sobol", "random"]),
        "order": st.just(["p"]),
        "seed": NUMBERS,
    },
)


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """SweepJobs with any number of mistakes."""
    spec = RICH
    mistakes = st.lists(st.sampled_from(sorted(TOGETHER)), max_size=2)
    for what in draw(st.just([]) | mistakes):
        spec = changed(spec, TOGETHER[what])
    if draw(st.booleans()):
        spec = {
            **spec,
            "searchSpace": {"p": draw(VALID | EXPRESSIONS)},
            "samplingAlgorithm": draw(st.just({"type": "random"}) | ALGORITHMS),
        }
        spec["trial"] = {
            "image": "i",
            "command": draw(st.just("train ${{search_space.p}}") | COMMANDS),
        }
    metadata = {"name": draw(NAMES) if draw(st.booleans()) else "first"}
    return {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": metadata,
        "spec": spec,
    }


def stored(body: dict[str, Any]) -> dict[str, Any]:
    """A SweepJob as the API server returns it: with its metadata, and with sorted keys."""
    server = {"namespace": "team", "uid": "u-1", "resourceVersion": "7", "generation": 1}
    more = {**body["metadata"], **server, "managedFields": [{"manager": "kubectl"}]}
    sent = {**body, "metadata": more, "status": {"phase": "Pending"}}
    found: dict[str, Any] = json.loads(json.dumps(sent, sort_keys=True))
    return found


@given(body=bodies())
def test_validate_and_the_operator_find_the_same(body: dict[str, Any]) -> None:
    try:
        told, is_valid = list(parse_document(body, "sweep.yaml").warnings), True
    except InvalidSpec as error:
        told, is_valid = error.problems, False
    found = _parse_and_warn(stored(body))
    event("valid" if is_valid else "invalid")
    assert isinstance(found, InvalidSpec) != is_valid
    problems = found.problems if isinstance(found, InvalidSpec) else found[1]
    assert in_order(problems) == in_order(told)


def in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Problems in a fixed order. The keys of an object that they quote may have another one."""
    return sorted(problems, key=lambda problem: (problem.path, problem.message))
