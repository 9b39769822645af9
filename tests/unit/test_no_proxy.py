"""A trainer behind an HTTP proxy still reaches its sidecar, and keeps the hosts that it exempts itself."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest
from sweepjob.trial_pods.no_proxy import add_localhost_to_container, merge_environments

from .jobs import environment, manifest, pod_of

PROXY = {"name": "HTTP_PROXY", "value": "http://proxy:3128"}
FROM_MAP = {"configMapKeyRef": {"name": "proxy", "key": "none"}}


def exempted(*env: dict[str, Any], **container: Any) -> dict[str, str]:
    """Values by name, as the kubelet hands them on."""
    body = {"name": "trainer", "env": list(env), **container}
    add_localhost_to_container(body)
    return environment(body)


def bypasses(value: str, host: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", value)
    return bool(urllib.request.proxy_bypass_environment(host))


@pytest.mark.parametrize(
    ("env", "upper", "lower"),
    [
        ([], "localhost,127.0.0.1", "localhost,127.0.0.1"),
        (
            [{"name": "NO_PROXY", "value": ".corp.example"}],
            ".corp.example,localhost,127.0.0.1",
            ".corp.example,localhost,127.0.0.1",
        ),
        (
            [{"name": "no_proxy", "value": ".a, .b,"}],
            ".a, .b,localhost,127.0.0.1",
            ".a, .b,localhost,127.0.0.1",
        ),
        (
            [{"name": "NO_PROXY", "value": ".a"}, {"name": "no_proxy", "value": "127.0.0.1,.b"}],
            ".a,localhost,127.0.0.1",
            "127.0.0.1,.b,localhost",
        ),
        ([{"name": "NO_PROXY", "value": "*"}], "*", "*"),
        ([{"name": "no_proxy", "value": ""}], "localhost,127.0.0.1", "localhost,127.0.0.1"),
        ([{"name": "no_proxy"}], "localhost,127.0.0.1", "localhost,127.0.0.1"),
    ],
)
def test_lower_and_upper_case_variables_are_set(
    env: list[dict[str, Any]], upper: str, lower: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = exempted(PROXY, *env)
    assert (found["NO_PROXY"], found["no_proxy"]) == (upper, lower)
    assert found["HTTP_PROXY"] == "http://proxy:3128"
    for value in (upper, lower):
        assert bypasses(value, "127.0.0.1", monkeypatch)
        assert bypasses(value, "localhost", monkeypatch)
    if ".b" in lower:
        assert bypasses(lower, "host.b", monkeypatch)
        assert not bypasses(lower, "elsewhere", monkeypatch)


def test_a_value_from_a_reference_is_extended_by_the_kubelet() -> None:
    body = {"name": "t", "env": [{"name": "no_proxy", "valueFrom": FROM_MAP}, PROXY]}
    add_localhost_to_container(body)
    assert body["env"] == [
        {"name": "SWEEPJOB_no_proxy", "valueFrom": FROM_MAP},
        {"name": "no_proxy", "value": "$(SWEEPJOB_no_proxy),localhost,127.0.0.1"},
        PROXY,
        {"name": "NO_PROXY", "value": "$(SWEEPJOB_no_proxy),localhost,127.0.0.1"},
    ]


def test_a_whole_config_map_is_extended_too() -> None:
    whole = [{"configMapRef": {"name": "proxy"}}]
    found = exempted(envFrom=whole)
    assert found["NO_PROXY"] == "$(NO_PROXY),$(no_proxy),localhost,127.0.0.1"
    found = exempted({"name": "NO_PROXY", "value": ".a"}, envFrom=whole)
    assert found["NO_PROXY"] == ".a,localhost,127.0.0.1", "what env says counts, as in Kubernetes"
    assert found["no_proxy"] == "$(no_proxy),.a,localhost,127.0.0.1"


@pytest.mark.parametrize("source", ["mlflow", "pushgateway"])
def test_trainers_with_a_listening_source_exempt_localhost(source: str) -> None:
    env = [{"name": "no_proxy", "value": ".a"}]
    trial = {"image": "x", "command": "x", "env": env}
    [trainer] = pod_of(manifest(trial=trial, metrics={"source": source}))["containers"]
    assert environment(trainer)["NO_PROXY"] == ".a,localhost,127.0.0.1"
    [trainer] = pod_of(manifest(trial=trial, metrics={"source": "logs"}))["containers"]
    assert environment(trainer)["no_proxy"] == ".a", "nobody talks to a sidecar"


OURS = {"NO_PROXY": "localhost,127.0.0.1", "no_proxy": "localhost,127.0.0.1"}


@pytest.mark.parametrize(
    ("inherited", "own", "upper", "lower"),
    [
        ({}, OURS, "localhost,127.0.0.1", "localhost,127.0.0.1"),
        ({"no_proxy": ".a"}, OURS, ".a,localhost,127.0.0.1", ".a,localhost,127.0.0.1"),
        (
            {"NO_PROXY": ".A", "no_proxy": ".a"},
            OURS,
            ".A,localhost,127.0.0.1",
            ".a,localhost,127.0.0.1",
        ),
        (
            {"NO_PROXY": ".A"},
            {"NO_PROXY": ".b,localhost,127.0.0.1", "no_proxy": ".b,localhost,127.0.0.1"},
            ".b,localhost,127.0.0.1",
            ".b,localhost,127.0.0.1",
        ),
        (
            {"NO_PROXY": "*"},
            dict.fromkeys(OURS, "$(SWEEPJOB_NO_PROXY),localhost,127.0.0.1"),
            "*",
            "*",
        ),
    ],
)
def test_a_local_trainer_inherits_no_proxy(
    inherited: dict[str, str], own: dict[str, str], upper: str, lower: str
) -> None:
    merged = merge_environments({"HTTP_PROXY": "p", **inherited}, {"A": "b", **own})
    assert (merged["NO_PROXY"], merged["no_proxy"]) == (upper, lower)
    assert (merged["HTTP_PROXY"], merged["A"]) == ("p", "b")


def test_a_local_trainer_without_a_sidecar_is_unchanged() -> None:
    assert merge_environments({"NO_PROXY": ".a"}, {"A": "b"}) == {"NO_PROXY": ".a", "A": "b"}
