"""The CRD and the operator accept the same expressions, in every combination of keys.

The rules of the CRD are CEL. Those of expressions use comparisons, ``has``, ``in`` and boolean operators
only, which are the same in Python once they are spelled differently.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec.search_space import EXPRESSIONS
from sweepjob.api.spec_parser import parse_sweepjob

from .builders import sweepjob

CRD = Path(__file__).parents[2] / "crds" / "sweepjobs.yaml"
VALUES: dict[str, tuple[Any, ...]] = {
    "values": ([1, 2],),
    "upper": (5,),
    "minValue": (1, 3),
    "maxValue": (2,),
    "low": (1, 3),
    "high": (2,),
    "mu": (1,),
    "sigma": (1,),
    "q": (1,),
}


def schema() -> dict[str, Any]:
    [version] = yaml.safe_load(CRD.read_text())["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    found: dict[str, Any] = spec["searchSpace"]["additionalProperties"]
    return found


def python_of(rule: str) -> str:
    """A CEL rule over ``self`` as an expression of Python over ``keys``."""
    text = rule
    while (
        " ? " in text
    ):  # the conditionals of the rules associate to the right, without parentheses
        condition, _, rest = text.rpartition(" ? ")
        before, _, condition = condition.rpartition(" : ")
        then, _, otherwise = rest.partition(" : ")
        inner = f"({then} if {condition} else {otherwise})"
        text = f"{before} : {inner}" if before else inner
    text = re.sub(r"has\(self\.(\w+)\)", r"('\1' in keys)", text)
    text = re.sub(r"self\.(\w+)", r"keys['\1']", text)
    text = text.replace("&&", " and ").replace("||", " or ")
    return re.sub(r"!(?!=)", " not ", text).strip()


RULES = [
    (compile(python_of(rule["rule"]), rule["rule"], "eval"), rule["message"])
    for rule in schema()["x-kubernetes-validations"]
]


# CEL cannot see a field whose type is not declared, such as values: a rule about it makes the CRD invalid.
SCHEMA = Draft202012Validator({"anyOf": schema()["anyOf"]})


def refused_by_crd(expression: Mapping[str, Any]) -> list[str]:
    schemas = [error.message for error in SCHEMA.iter_errors(expression)]
    return [*schemas, *(m for rule, m in RULES if not eval(rule, {"keys": expression}))]


def test_no_rule_is_about_a_field_that_cel_cannot_see() -> None:
    properties = schema()["properties"].items()
    unseen = {key for key, field in properties if "type" not in field.get("items", field)}
    rules = " ".join(rule["rule"] for rule in schema()["x-kubernetes-validations"])
    assert unseen == {"values"}
    assert not {key for key in unseen if f"self.{key})" in rules}


def refused_by_operator(expression: Mapping[str, Any]) -> list[str]:
    try:
        parse_sweepjob(sweepjob(searchSpace={"lr": dict(expression)}, trial={"image": "i"}))
    except InvalidSpec as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize("kind", EXPRESSIONS)
def test_the_crd_and_the_operator_agree_on_every_combination_of_keys(kind: str) -> None:
    different = []
    for number in range(len(VALUES) + 1):
        for keys in itertools.combinations(VALUES, number):
            for values in itertools.product(*(VALUES[key] for key in keys)):
                expression = {"type": kind, **dict(zip(keys, values, strict=True))}
                crd, operator = refused_by_crd(expression), refused_by_operator(expression)
                if bool(crd) != bool(operator):
                    different.append((expression, crd, operator))
    assert different == []


def test_the_crd_has_the_declared_types_and_keys() -> None:
    properties = schema()["properties"]
    assert set(properties["type"]["enum"]) == set(EXPRESSIONS)
    declared = {key for keys, _ in EXPRESSIONS.values() for key in keys}
    assert set(properties) == {"type", *declared} == {"type", *VALUES}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"type": "choice"}, "is not valid under any of the given schemas"),
        (
            {"type": "uniform", "minValue": 1, "maxValue": 2, "values": [1]},
            "is not valid under any",
        ),
        ({"type": "uniform", "minValue": 3, "maxValue": 2}, "must not be above"),
        ({"type": "normal", "mu": 1}, "need mu and sigma"),
        ({"type": "quniform", "minValue": 1, "maxValue": 2}, "the q forms need q"),
        ({"type": "loguniform", "low": 1}, "uniform and quniform need"),
    ],
)
def test_the_rules_are_read_as_the_api_server_reads_them(
    expression: dict[str, Any], message: str
) -> None:
    assert any(message in found for found in refused_by_crd(expression))
