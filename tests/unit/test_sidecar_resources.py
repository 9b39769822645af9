"""The sidecar's resources fit what its namespace demands, checked by the rules of Kubernetes' admission."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.api import names
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.parsing.quantity import parse_quantity
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.trial_pods.namespace_constraints import NamespaceConstraints
from sweepjob.trial_pods.sidecar_resources import fit_resources, wanted_resources

from .builders import sweepjob
from .jobs import ASSIGNMENT, IDENTITY, SIDECAR, job_manifest, manifest, pod_of

DEFAULT = {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}
TRAINER = {
    "limits": {"cpu": "1", "memory": "256Mi"},
    "requests": {"cpu": "100m", "memory": "128Mi"},
}
POD = {"containers": [{"name": "trainer", "resources": TRAINER}]}


def limit_range(kind: str = "Container", **item: Any) -> dict[str, Any]:
    """As the API server stores it: with the defaults that it fills in."""
    if kind == "Container":
        item["default"] = {**item.get("max", {}), **item.get("default", {})}
        item["defaultRequest"] = {
            **item.get("min", {}),
            **item["default"],
            **item.get("defaultRequest", {}),
        }
    return {"metadata": {"name": "lr"}, "spec": {"limits": [{"type": kind, **item}]}}


def quota(scopes: tuple[str, ...] = (), **hard: str) -> dict[str, Any]:
    named = {key.replace("_", "."): value for key, value in hard.items()}
    return {"metadata": {"name": "q"}, "spec": {"hard": named, "scopes": list(scopes)}}


def fit(*bodies: dict[str, Any], pod: dict[str, Any] = POD) -> tuple[dict[str, Any], str]:
    ranges = [b for b in bodies if "limits" in b["spec"]]
    quotas = [b for b in bodies if "hard" in b["spec"]]
    return fit_resources(wanted_resources(pod, {}), pod, NamespaceConstraints(ranges, quotas))


def refusals(resources: dict[str, Any], *bodies: dict[str, Any]) -> list[str]:
    """What LimitRanger and the quota would say about a container, by their own rules."""
    limits = {k: parse_quantity(v) for k, v in resources["limits"].items()}
    requests = {**limits, **{k: parse_quantity(v) for k, v in resources["requests"].items()}}
    items = [i for b in bodies for i in b["spec"].get("limits", []) if i["type"] == "Container"]
    for item in items:
        for filled, key in ((limits, "default"), (requests, "defaultRequest")):
            for name, amount in item[key].items():
                filled.setdefault(name, parse_quantity(amount))
    said = [text for item in items for text in breaches(item, requests, limits)]
    shared = limits.keys() & requests.keys()
    said += [
        f"request of {name} above its limit" for name in shared if requests[name] > limits[name]
    ]
    for body in bodies:
        for key in body["spec"].get("hard", {}) if not body["spec"].get("scopes") else ():
            part, _, name = key.rpartition(".")
            if name in ("cpu", "memory") and name not in (limits if part == "limits" else requests):
                said.append(f"must specify {key}")
    return said


def breaches(
    item: dict[str, Any], requests: dict[str, float], limits: dict[str, float]
) -> Iterator[str]:
    bounds = {
        key: {name: parse_quantity(amount) for name, amount in item.get(key, {}).items()}
        for key in ("min", "max", "maxLimitRequestRatio")
    }
    for name, least in bounds["min"].items():
        if requests.get(name, -1) < least or limits.get(name, least) < least:
            yield f"minimum of {name}"
    for name, most in bounds["max"].items():
        if limits.get(name, 1e99) > most or requests.get(name, most) > most:
            yield f"maximum of {name}"
    for name, ratio in bounds["maxLimitRequestRatio"].items():
        request, limit = requests.get(name), limits.get(name)
        if not request or not limit or limit / request > ratio * (1 + 1e-9):
            yield f"ratio of {name}"


@pytest.mark.parametrize(
    ("bodies", "requests", "limits"),
    [
        ([limit_range(min={"cpu": "100m", "memory": "32Mi"})], {"cpu": "100m"}, {}),
        ([limit_range(min={"memory": "128Mi"})], {"memory": "128Mi"}, {"memory": "128Mi"}),
        ([limit_range(max={"memory": "50Mi"})], {"memory": "50Mi"}, {"memory": "50Mi"}),
        ([limit_range(max={"cpu": "10m"})], {"cpu": "10m"}, {"cpu": "10m"}),
        ([limit_range(max={"cpu": "4"}, maxLimitRequestRatio={"cpu": "4"})], {"cpu": "125m"}, {"cpu": "500m"}),
        ([limit_range(default={"cpu": "200m"}, maxLimitRequestRatio={"cpu": "5"})], {"cpu": "40m"}, {"cpu": "200m"}),
        ([limit_range(maxLimitRequestRatio={"memory": "1"})], {}, {}),
        ([quota(limits_cpu="4", limits_memory="4Gi")], {}, {"cpu": "500m"}),
        ([quota(limits_cpu="1100m")], {}, {"cpu": "100m"}),
        ([quota(limits_cpu="4"), limit_range(max={"cpu": "4"})], {}, {"cpu": "500m"}),
        ([quota(limits_cpu="4"), limit_range(max={"cpu": "300m"})], {}, {}),
        ([quota(cpu="4", memory="4Gi", requests_memory="4Gi")], {}, {}),
        ([quota(limits_cpu="4", scopes=("BestEffort",))], {}, {}),
        ([quota(limits_cpu="4", scopes=("Terminating",))], {}, {}),
        ([quota(pods="4", count_jobs="9", requests_ephemeral="9")], {}, {}),
        ([limit_range("Pod", max={"cpu": "1"}), quota(limits_cpu="9")], {}, {"cpu": "500m"}),
        ([limit_range("Pod", max={"cpu": "1200m"}), quota(limits_cpu="9")], {}, {"cpu": "200m"}),
        (
            [limit_range(min={"ephemeral-storage": "1Gi"}, default={"ephemeral-storage": "2Gi"})],
            {},
            {},
        ),
    ],
)  # fmt: skip
def test_sidecar_resources_are_adjusted(
    bodies: list[dict[str, Any]], requests: dict[str, str], limits: dict[str, str]
) -> None:
    fitted, said = fit(*bodies)
    assert fitted["requests"] == {**DEFAULT["requests"], **requests}
    assert fitted["limits"] == {**DEFAULT["limits"], **limits}
    assert refusals(fitted, *bodies) == []
    assert bool(said) == (fitted != DEFAULT)
    for key, value in requests.items():
        assert f"requests.{key}={value}" in said or DEFAULT["requests"].get(key) == value


def test_the_message_names_the_adjustment_and_the_constraint() -> None:
    _, said = fit(limit_range(min={"cpu": "100m"}), quota(limits_cpu="4"))
    assert said == (
        "requests.cpu=100m, limits.cpu=500m, as LimitRange 'lr', ResourceQuota 'q' of its namespace demand"
    )


def test_a_guaranteed_pod_keeps_its_class() -> None:
    fixed = {"limits": {"cpu": "2", "memory": "1Gi"}}
    pod = {"containers": [{"name": "trainer", "resources": fixed}]}
    assert fit(pod=pod)[0] == {
        part: {"cpu": "500m", "memory": "64Mi"} for part in ("requests", "limits")
    }
    fitted, _ = fit(limit_range(max={"cpu": "200m"}, min={"memory": "100Mi"}), pod=pod)
    assert fitted["requests"] == fitted["limits"] == {"cpu": "200m", "memory": "100Mi"}


amounts = st.sampled_from(["10m", "50m", "100m", "250m", "500m", "1", "2", "4"])
memory = st.sampled_from(["16Mi", "64Mi", "100Mi", "128Mi", "1Gi"])


@given(st.data())
def test_adjusted_resources_satisfy_all_constraints(data: st.DataObject) -> None:
    item: dict[str, Any] = {}
    for name, strategy in (("cpu", amounts), ("memory", memory)):
        low, high = sorted((data.draw(strategy), data.draw(strategy)), key=parse_quantity)
        for key, value in (("min", low), ("max", high), ("default", high), ("defaultRequest", low)):
            if data.draw(st.booleans()):
                item.setdefault(key, {})[name] = value
        if data.draw(st.booleans()):
            item.setdefault("maxLimitRequestRatio", {})[name] = data.draw(
                st.sampled_from(["1", "2", "3", "10"])
            )
    bodies = [limit_range(**item)]
    if data.draw(st.booleans()):
        bodies.append(quota(limits_cpu="4", limits_memory="4Gi", requests_cpu="4"))
    fitted, _ = fit(*bodies)
    assert refusals(fitted, *bodies) == []


def test_resources_of_a_sweep_override_those_of_the_chart() -> None:
    own = {"sidecar": {"resources": {"limits": {"memory": "128Mi"}, "requests": {"cpu": "1"}}}}
    [sidecar] = pod_of(manifest(metrics=own))["initContainers"]
    assert sidecar["resources"] == {
        "requests": {"cpu": "1", "memory": "64Mi"},
        "limits": {"memory": "128Mi"},
    }
    small = wanted_resources(POD, {"limits": {"memory": "32Mi"}})
    assert small == {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "32Mi"}}
    large = wanted_resources(POD, {"requests": {"memory": "96Mi"}})
    assert large["limits"] == {"memory": "96Mi"}


def test_the_job_has_the_adjustment() -> None:
    limits = NamespaceConstraints([limit_range(min={"cpu": "50m"})])
    spec = parse_sweepjob(sweepjob())
    job = job_manifest(IDENTITY, spec, ASSIGNMENT, SIDECAR, limits)
    [sidecar] = pod_of(job)["initContainers"]
    assert sidecar["resources"]["requests"]["cpu"] == "50m"
    assert "requests.cpu=50m" in job["metadata"]["annotations"][names.ANNOTATION_FITTED]
    assert names.ANNOTATION_FITTED not in manifest()["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ({"sidecar": {"resources": {"limits": {"cpu": "much"}}}}, "limits.cpu"),
        ({"sidecar": {"resources": {"request": {}}}}, "unknown key"),
        ({"sidecar": {"image": "x"}}, "unknown key"),
        ({"source": "logs", "sidecar": {"resources": {"limits": {"cpu": 1}}}}, "has no sidecar"),
    ],
)
def test_mistakes(metrics: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidSpec, match=words):
        parse_sweepjob(sweepjob(metrics=metrics))
