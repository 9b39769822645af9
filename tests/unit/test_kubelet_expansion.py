"""``$(NAME)`` and ``$$`` as the kubelet has them. The table is what Kubernetes 1.35's own function answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.template import kubelet_expansion
from sweepjob.template.references import references
from sweepjob.trial_pods.job_manifest import job_manifest

from .builders import sweepjob
from .jobs import IDENTITY, SIDECAR

VARIABLES = {"A": "va$$(B)", "B": "", "C": "é)"}
ANSWERS = {
    "": "",
    "$": "$",
    "$$": "$",
    "$$$": "$$",
    "$$$$": "$$",
    "$(A)": "va$$(B)",
    "$$(A)": "$(A)",
    "$$$(A)": "$va$$(B)",
    "$(A": "$(A",
    "$(A)$(B)$(C)": "va$$(B)é)",
    "$(D)": "$(D)",
    "$()": "$()",
    "a$b": "a$b",
    "$é": "$é",
    "$(A$(B))": "$(A$(B))",
    "$(A)(B)": "va$$(B)(B)",
    "$ (A)": "$ (A)",
    "$(( 1 + 2 ))": "$(( 1 + 2 ))",
    "$(date)": "$(date)",
    "$(echo $(A))": "$(echo $(A))",
    "a$": "a$",
    "$(A)$": "va$$(B)$",
    "$\n": "$\n",
    "$(\n)": "$(\n)",
    "$(echo $$)": "$(echo $$)",
    "x$$y$(B)z": "x$yz",
}
TEXTS = st.text("$$$()AB é🎉\\'", max_size=12)


@pytest.mark.parametrize(("text", "expanded"), ANSWERS.items())
def test_expansion(text: str, expanded: str) -> None:
    assert kubelet_expansion.expand_variables(text, VARIABLES) == expanded


@given(TEXTS)
def test_escaped_text_is_literal(text: str) -> None:
    assert (
        kubelet_expansion.expand_variables(kubelet_expansion.escape_text(text), VARIABLES) == text
    )


@given(st.lists(TEXTS | st.just("${{a}}") | st.just("${{b}}"), max_size=6), TEXTS, TEXTS)
def test_parameter_values_are_not_expanded_but_templates_are(
    written: list[str], first: str, second: str
) -> None:
    """As if the kubelet expanded the template, and the values came afterwards."""
    text = "".join(written)
    if set(references(text)) - {"a", "b"}:
        return
    neutral = {"a": "\ue000", "b": "\ue001"}
    plain = text.replace("${{a}}", neutral["a"]).replace("${{b}}", neutral["b"])
    expected = kubelet_expansion.expand_variables(plain, VARIABLES)
    for name, value in (("a", first), ("b", second)):
        expected = expected.replace(neutral[name], value)
    made = kubelet_expansion.fill_references(text, {"a": first, "b": second})
    assert kubelet_expansion.expand_variables(made, VARIABLES) == expected


@given(TEXTS, st.integers(0, 5))
def test_text_without_references_is_unchanged(text: str, number: int) -> None:
    assert kubelet_expansion.fill_references(f"{text}{number}", {}) == f"{text}{number}"


ODD = ["a$$b", "$(DATA)/x", "$", "$$(DATA)", "$é", "x$(", "\\$(DATA)", "`$(DATA)`", "$$$"]
TEMPLATE = {
    "metadata": {"annotations": {"value": "${{search_space.v}}"}},
    "spec": {
        "containers": [
            {
                "name": "trainer",
                "image": "i",
                "command": ["run", "--v=${{search_space.v}}", "$(DATA)"],
                "args": ["${{ search_space.v }}"],
                "env": [
                    {"name": "DATA", "value": "/d"},
                    {"name": "V", "value": "$(DATA):${{search_space.v}}"},
                    {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                ],
                "livenessProbe": {"exec": {"command": ["test", "${{search_space.v}}"]}},
                "volumeMounts": [{"name": "x", "mountPath": "/x", "subPathExpr": "$(DATA)/${{search_space.v}}"}],
            }
        ],
        "initContainers": [{"name": "i", "image": "i", "args": ["${{search_space.v}}"]}],
    },
}  # fmt: skip


@pytest.mark.parametrize("value", ODD)
def test_every_field_that_the_kubelet_expands(value: str) -> None:
    space = {"v": {"type": "choice", "values": [value]}}
    spec = parse_sweepjob(sweepjob(searchSpace=space, trial={"template": TEMPLATE}))
    template = job_manifest(IDENTITY, spec, {"v": value}, SIDECAR)["spec"]["template"]
    assert template["metadata"]["annotations"]["value"] == value, "which nobody expands"
    [trainer] = template["spec"]["containers"]
    env: dict[str, str] = {}
    for entry in trainer["env"]:
        env[entry["name"]] = kubelet_expansion.expand_variables(entry.get("value", "secret"), env)
    assert (env["V"], env["AZUREML_SWEEP_v"]) == (f"/d:{value}", value)
    assert value in env["SWEEPJOB_PARAMETERS"].encode().decode("unicode_escape")

    def words(given: list[str]) -> list[str]:
        return [kubelet_expansion.expand_variables(word, env) for word in given]

    assert words(trainer["command"]) == ["run", f"--v={value}", "/d"]
    assert words(trainer["args"]) == [value]
    assert words(trainer["livenessProbe"]["exec"]["command"]) == ["test", value]
    assert words([trainer["volumeMounts"][0]["subPathExpr"]]) == [f"/d/{value}"]
    [init] = [c for c in template["spec"]["initContainers"] if c["name"] == "i"]
    assert words(init["args"]) == [value]


def test_the_sidecars_configuration_is_passed_unchanged() -> None:
    objective = {"goal": "maximize", "primaryMetric": "$$(DATA) $(X)"}
    spec = parse_sweepjob(sweepjob(objective=objective))
    pod = job_manifest(IDENTITY, spec, {"lr": 1, "units": 2}, SIDECAR)["spec"]["template"]["spec"]
    [sidecar] = pod["initContainers"]
    assert "$$(DATA) $(X)" in kubelet_expansion.expand_variables(
        sidecar["env"][0]["value"], {"X": "no"}
    )
