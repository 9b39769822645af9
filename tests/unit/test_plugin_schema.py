"""The schema, the Python classes and the registry of policies and samplers, with and without plug-ins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
import yaml
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.plugin_schema import sections, with_plugins
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.early_stopping.policies.declaration import PolicyDeclaration
from sweepjob.early_stopping.policies.registry import POLICIES
from sweepjob.plugins.parameters import ParameterDeclaration
from sweepjob.plugins.registry import PluginError, Registry
from sweepjob.sdk import policies as sdk_policies
from sweepjob.sdk import sampling_algorithms
from sweepjob.sdk.arguments import snake_case
from sweepjob.search.samplers.declaration import SamplerDeclaration
from sweepjob.search.samplers.registry import SAMPLERS

from tests.plugin.sweepjob_toy import POLICY, SAMPLER

from .builders import sweepjob
from .plugins import ROOT, SEARCH, STOP


@pytest.fixture
def toy() -> Iterator[None]:
    with POLICIES.registered(POLICY), SAMPLERS.registered(SAMPLER):
        yield


def test_the_crd_has_the_plugins(toy: None) -> None:
    crd = yaml.safe_load((ROOT / "crds" / "sweepjobs.yaml").read_text())
    [version] = with_plugins(crd)["spec"]["versions"]
    made = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    stop, search = made["earlyTermination"], made["samplingAlgorithm"]
    assert "worst" in stop["properties"]["type"]["enum"]
    assert stop["properties"]["leastTrials"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "description": "Of worst: minimum number of other trials before the last one is stopped.",
    }
    messages = [rule["message"] for rule in stop["x-kubernetes-validations"]]
    assert "worst needs leastTrials, and no other type has it" in messages
    assert "shifted" in search["properties"]["type"]["enum"]
    messages = [rule["message"] for rule in search["x-kubernetes-validations"]]
    assert "seedShift belongs to type shifted; remove it" in messages


def test_the_crd_without_plugins_is_the_packages() -> None:
    crd = yaml.safe_load((ROOT / "crds" / "sweepjobs.yaml").read_text())
    [version] = crd["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert sections() == {key: spec[key] for key in ("samplingAlgorithm", "earlyTermination")}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"earlyTermination": {"type": "worst"}}, "is required: a number; 2 is a good start"),
        ({"earlyTermination": {**STOP, "slackAmount": 1}}, "unknown key; known: delayEvaluation"),
        ({"samplingAlgorithm": {**SEARCH, "seedShift": 1001}}, "must be at most 1000"),
        (
            {"samplingAlgorithm": {"type": "grid", "seedShift": 1}},
            "belongs to type shifted; remove it",
        ),
    ],
    ids=["required", "of another policy", "bound", "of another sampler"],
)
def test_errors_name_the_path(toy: None, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidSpec, match=message):
        parse_sweepjob(sweepjob(**change))


def test_invalid_declarations_are_refused() -> None:
    registry: Registry[PolicyDeclaration] = Registry("policy", "none", PolicyDeclaration)
    registry.register(POLICY)
    with pytest.raises(PluginError, match="policy worst is registered already"):
        registry.register(POLICY)
    number = ParameterDeclaration("leastTrials", "number", "Another type.")
    other = PolicyDeclaration("other", "Other", "never", POLICY.build, (number,))
    with pytest.raises(
        PluginError, match="parameter leastTrials is of type number, but integer in worst"
    ):
        registry.register(other)
    with pytest.raises(PluginError, match="a name has small letters"):
        registry.register(PolicyDeclaration("Big-Name", "Big", "never", POLICY.build))
    with pytest.raises(ValueError, match="must be in CamelCase"):
        PolicyDeclaration("small", "small words", "never", POLICY.build)


@pytest.mark.parametrize("declaration", POLICIES.declarations(), ids=lambda d: d.name)
def test_pythons_policies_have_the_declared_parameters(declaration: PolicyDeclaration) -> None:
    found = {field.name for field in fields(sdk_policies._POLICIES[declaration.name])}
    declared = {snake_case(parameter.name) for parameter in declaration.parameters}
    # Every class inherits the two of Azure's base class.
    assert declared <= found <= declared | {"delay_evaluation", "evaluation_interval"}


@pytest.mark.parametrize("declaration", SAMPLERS.declarations(), ids=lambda d: d.name)
def test_pythons_samplers_have_the_declared_parameters(declaration: SamplerDeclaration) -> None:
    found = {field.name for field in fields(sampling_algorithms._ALGORITHMS[declaration.name])}
    declared = {"seed", *(snake_case(parameter.name) for parameter in declaration.parameters)}
    assert declared <= found <= declared | {"logbase"}
