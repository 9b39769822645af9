"""Tests ``propose`` and ``validate``."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sweepjob.cli.__main__ import main
from sweepjob.loading.yaml_text import InvalidYamlError, dump_yaml, load_documents

from ..builders import sweepjob
from .azure_sweeps import V1, V2
from .program import Program


def write(program: Program, **spec: Any) -> str:
    body = sweepjob(**spec)
    return str(program.file(yaml.safe_dump(body, sort_keys=False)))


def test_json_has_one_object_per_line(program: Program) -> None:
    space = {
        "z": {"type": "loguniform", "minValue": -6, "maxValue": -1},
        "m": {"type": "choice", "values": [{"kind": "a", "n": {"type": "randint", "upper": 3}}]},
    }
    path = write(program, searchSpace=space, trial={"image": "i"})
    assert program("propose", "-f", path, "-n", "3", "-o", "json") == 0
    lines = [json.loads(line) for line in program.out.splitlines()]
    assert [line["index"] for line in lines] == [0, 1, 2]
    assert all(list(line["parameters"]) == ["z", "m"] for line in lines)
    assert all(line["parameters"]["m"]["kind"] == "a" for line in lines)


def test_the_seed_decides(program: Program) -> None:
    path = write(program)
    outputs = []
    for flags in ([], ["--seed", "1"], ["--seed", "2"]):
        assert program("propose", "-f", path, *flags) == 0
        outputs.append(program.out)
    assert outputs[0] == outputs[1] != outputs[2]
    assert len(outputs[0].splitlines()) == 21


def test_an_exhausted_space_is_reported(program: Program) -> None:
    path = write(
        program,
        samplingAlgorithm={"type": "grid"},
        searchSpace={
            "b": {"type": "choice", "values": [1, 2]},
            "a": {"type": "choice", "values": ["x", 3]},
        },
        trial={"image": "i"},
    )
    assert program("propose", "-f", path, "-o", "json") == 0
    found = [json.loads(line)["parameters"] for line in program.out.splitlines()]
    assert found == [{"b": b, "a": a} for b in (1, 2) for a in ("x", 3)]
    assert "exhausted after 4" in program.err
    assert "samplingAlgorithm.order" in program.err


def test_errors_have_path_value_and_remedy(program: Program) -> None:
    path = write(program, limits={"maxTotalTrials": 0}, searchSpace={"x": {"type": "gauss"}})
    assert program("propose", "-f", path) == 1
    assert "error: spec.searchSpace.x.type: 'gauss': unknown; known: choice" in program.err
    assert program("validate", "-f", path) == 1
    assert "spec.searchSpace.x.type: 'gauss'" in program.err
    assert "spec.limits.maxTotalTrials: 0" in program.err


def test_validate_accepts_several_files_and_documents(program: Program) -> None:
    good = yaml.safe_dump(sweepjob())
    both = program.file(
        f"{good}---\nkind: ConfigMap\n---\n{good.replace('v1alpha1', 'v9')}", "both.yaml"
    )
    assert program("validate", "-f", program.file(good), both) == 1
    assert "sweep.yaml: valid" in program.out
    assert (
        "both.yaml[1]: apiVersion: 'sweepjob.dev/v9': must be sweepjob.dev/v1alpha1" in program.err
    )
    assert program("validate", "-f", program.file(good)) == 0


@pytest.mark.parametrize("name", ["A", "a_b", "-a", "a" * 60, "a.b", 5, None])
def test_names_that_kubernetes_would_refuse(program: Program, name: object) -> None:
    body = sweepjob()
    body["metadata"]["name"] = name
    assert program("validate", "-f", program.file(yaml.safe_dump(body))) == 1
    assert "metadata.name" in program.err


def test_yaml_is_read_and_written_as_kubernetes_does() -> None:
    text = "a: 1e-3\nb: 2020-01-01\nc: '1e-3'\n1: x\ntrue: z\n"
    (found,) = load_documents(f"apiVersion: v1\n{text}")
    assert found.pop("apiVersion") == "v1"
    assert found == {"a": 0.001, "b": "2020-01-01", "c": "1e-3", "1": "x", "true": "z"}
    assert load_documents(dump_yaml(found)) == [found]
    assert yaml.safe_load(dump_yaml({"x": 1e-05}))["x"] == 1e-05


def test_yes_and_no_are_booleans_in_an_object_and_strings_in_an_azure_file() -> None:
    text = "search_space: {y: 1, N: 2, 'n': 3}\nused: [Y, n, yes]\n"
    found, elsewhere = load_documents(f"apiVersion: v1\n{text}---\n{text}")
    assert found["search_space"] == {"true": 1, "false": 2, "n": 3}
    assert found["used"] == [True, False, True]
    assert elsewhere == {"search_space": {"y": 1, "N": 2, "n": 3}, "used": ["Y", "n", True]}


def test_strings_like_yes_and_no_are_quoted() -> None:
    body = {"apiVersion": "v1", "y": "N", "n": ["Y", "y"]}
    assert "'y': 'N'" in dump_yaml(body)
    assert load_documents(dump_yaml(body)) == [body]


@pytest.mark.parametrize(
    "text",
    [
        "&a [*a]",
        "[" * 2000,
        "a: &a [1,1,1,1,1,1,1,1,1]\n" + "\n".join(f"{c}: &{c} [*{p},*{p},*{p},*{p},*{p},*{p},*{p}]" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
        f"a: {'9' * 5000}",
        "? [1, 2]\n: 3",
        "a: !!set {b}",
        "a: 1\na: 2",
    ],
    ids=["a cycle", "deep", "a bomb", "a long number", "a list as a key", "a set", "a key twice"],
)  # fmt: skip
def test_hostile_yaml_is_refused(text: str) -> None:
    with pytest.raises(InvalidYamlError):
        load_documents(text)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        [10**400, math.inf, "${{search_space.x}}", "uniform", "choice", "sweep", "${{", "0.1"]
    ),
)
keys = st.sampled_from(
    [
        "type",
        "values",
        "upper",
        "minValue",
        "maxValue",
        "min_value",
        "max_value",
        "mu",
        "sigma",
        "q",
        "x",
        "slackFactor",
        "name",
        "spec",
        "sampling_algorithm",
        "search_space",
        "trial",
        "objective",
        "limits",
        "command",
        "environment",
        "inputs",
        "goal",
        "image",
        "primary_metric",
        "max_total_trials",
        "parameter_space",
        "expression",
        "sampling",
        "early_termination",
        "kind",
        "evaluation_interval",
        "env",
        "template",
        "containers",
        "metadata",
        "labels",
    ]
)
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(keys, st.text(max_size=3)), inner, max_size=4),
    ),
    max_leaves=12,
)


def _put(body: Any, path: list[Any], value: Any) -> Any:
    """Return a valid file with one node replaced."""
    if not path:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[path[0]] = _put(copy[path[0]], path[1:], value)
    return copy


def _paths(node: Any, path: list[Any]) -> list[list[Any]]:
    children = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    return [path, *(p for key, child in children for p in _paths(child, [*path, key]))]


def _valid() -> list[Any]:
    nested = {
        "type": "choice",
        "values": [{"a": 1, "b": {"type": "qnormal", "mu": 0, "sigma": 1, "q": 2}}, 3],
    }
    return [
        sweepjob(searchSpace={"m": nested}, trial={"image": "i", "env": [{"name": "a"}]}),
        V1,
        V2,
    ]


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), tree=trees)
def test_no_file_ends_in_a_traceback(program: Program, data: st.DataObject, tree: Any) -> None:
    """Validates valid files of each kind with one part replaced by any value."""
    body = data.draw(st.sampled_from(_valid()))
    path = data.draw(st.sampled_from(_paths(body, [])))
    file = program.file(yaml.safe_dump(_put(body, path, tree), sort_keys=False))
    for arguments in (
        ["convert", file],
        ["propose", "-n", "3", "-f", file],
        ["validate", "-f", file],
    ):
        assert main([str(a) for a in arguments]) in (0, 1, 2)
    program.capture.readouterr()


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60),
        st.text("{}[]:,-&*!|>'\"% \n\ta1?", max_size=40),
    )
)
def test_no_bytes_end_in_a_traceback(program: Program, content: str | bytes) -> None:
    try:
        file = program.file(content)
    except UnicodeEncodeError:
        return
    for arguments in (
        ["convert", file],
        ["propose", "-f", file],
        ["validate", "-f", file],
        ["replay", "-f", file, file],
    ):
        assert main([str(a) for a in arguments]) in (1, 2)
    program.capture.readouterr()
