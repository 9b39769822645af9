"""An installation that is not whole: permissions and CRDs that are missing, before and after the start. The
operator says what is missing, blames no sweep, and goes on by itself when it is there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cluster import target as clusters
from tests.cluster.target import Target

from .sweeps import Sweeps, choice, eventually, values_on_record

CRDS = ("sweepjobs.sweepjob.dev", "sweeptrials.sweepjob.dev")
SPACE = {"level": choice(0.1, 0.2), "reports": choice(12), "pause": choice(0.5)}
PRINTS = "for n in range(12): print(f'score={n / 100}', flush=True); __import__('time').sleep(0.5)"


@contextmanager
def without(target: Target, role: str, resource: str, *verbs: str) -> Iterator[None]:
    """The operator lacks permissions on a resource for a while."""
    found = target.get("clusterrole", role)
    whole = json.dumps(found)
    for rule in found["rules"]:
        if resource in rule["resources"]:
            kept = [r for r in rule["resources"] if r != resource]
            left = [v for v in rule["verbs"] if v not in verbs]
            rest = {**rule, "resources": [resource], "verbs": left}
            found["rules"].remove(rule)
            found["rules"] += [{**rule, "resources": kept}] * bool(kept) + [rest] * bool(left)
            break
    target.kubectl("replace", "-f", "-", stdin=_unversioned(found))
    try:
        yield
    finally:
        install(target, [json.loads(whole)])


def _unversioned(body: dict[str, Any]) -> str:
    for key in ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"):
        body["metadata"].pop(key, None)
    body.pop("status", None)
    return json.dumps(body)


def restart(target: Target) -> None:
    """A new operator."""
    chosen = ("-l", "app.kubernetes.io/name=sweepjob,app.kubernetes.io/instance=sweepjob")
    target.kubectl("-n", clusters.SYSTEM, "delete", "pod", *chosen, "--wait")


def is_ready(target: Target) -> bool:
    found = target.get("-n", clusters.SYSTEM, "deployment", clusters.RELEASE)
    return bool(found["status"].get("readyReplicas"))


def log(target: Target) -> str:
    return target.kubectl("-n", clusters.SYSTEM, "logs", f"deploy/{clusters.RELEASE}", "--tail=-1")


def said(sweeps: Sweeps, name: str) -> str:
    """All conditions and events of a sweep."""
    conditions = (sweeps.sweep(name).get("status") or {}).get("conditions") or ()
    events = sweeps.get("events", "--field-selector", f"involvedObject.name={name}")["items"]
    return "\n".join([*(c["message"] for c in conditions), *(e["message"] for e in events)])


def refusal(sweeps: Sweeps, name: str, permission: str) -> bool:
    """Whether a condition that holds says that the operator lacks this permission."""
    conditions = (sweeps.sweep(name).get("status") or {}).get("conditions") or ()
    return any(
        c["reason"] == "OperatorNotPermitted"
        and permission in c["message"]
        and (c["status"] == "True") is (c["type"] != "Accepted")
        for c in conditions
    )


def by_event(sweeps: Sweeps, name: str, permission: str) -> bool:
    return f"lacks the permission to {permission}" in said(sweeps, name)


@pytest.fixture(autouse=True)
def whole(target: Target) -> Iterator[None]:
    yield
    eventually(lambda: is_ready(target), 60, "the operator is ready again")


ROLE, TOKENS = "sweepjob", "sweepjob-tokens"


@pytest.mark.parametrize(
    ("role", "resource", "verb", "told", "ready"),
    [
        (ROLE, "jobs", "create", refusal, False),
        (ROLE, "sweeptrials", "create", refusal, False),
        (ROLE, "sweepjobs/status", "patch", by_event, False),
        (ROLE, "events", "create", refusal, True),
        (ROLE, "pods/log", "get", refusal, True),
        (TOKENS, "tokenreviews", "create", refusal, False),
    ],
)
def test_a_permission_is_revoked_and_granted_again(
    sweeps: Sweeps,
    role: str,
    resource: str,
    verb: str,
    told: Callable[[Sweeps, str, str], bool],
    ready: bool,
) -> None:
    name = resource.replace("/", "-")
    limits = {"maxTotalTrials": 2, "maxConcurrentTrials": 1}
    spec = sweeps.spec(SPACE, limits=limits, samplingAlgorithm={"type": "grid"})
    if resource == "pods/log":
        spec["metrics"] = {"source": "logs"}
        spec["trial"]["command"] = ["python", "-c", PRINTS]
    with without(sweeps.target, role, resource, verb):
        sweeps.apply(name, spec)
        eventually(lambda: told(sweeps, name, f"{verb} {resource}"), 80, "the sweep says it")
        words = said(sweeps, name)
        assert "Correct the spec" not in words
        assert "Log with MLflow" not in words
        eventually(lambda: is_ready(sweeps.target) is ready, 80, f"ready: {ready}")
        assert f"may not {verb} {resource}" in log(sweeps.target)
    status = sweeps.await_end(name)["status"]
    assert status["phase"] == "Complete", status
    counts = [len(values_on_record(trial)) for trial in sweeps.trials(name)]
    assert counts == [12, 12], "no report is lost"
    degraded = next(c for c in status["conditions"] if c["type"] == "Degraded")
    assert degraded["status"] == "False"


@pytest.mark.parametrize(
    ("resource", "verb"),
    [("sweepjobs", "list"), ("sweepjobs", "watch"), ("pods", "list"), ("sweeptrials", "watch")],
)
def test_an_operator_starts_without_a_permission(sweeps: Sweeps, resource: str, verb: str) -> None:
    name = f"from-start-{resource}-{verb}"
    with without(sweeps.target, ROLE, resource, verb):
        restart(sweeps.target)
        sweeps.apply(name, sweeps.spec({"level": choice(0.1)}, limits={"maxTotalTrials": 1}))
        words = f"not ready: the operator may not {verb} {resource}"
        eventually(lambda: words in log(sweeps.target), 60, "it says so")
        assert not is_ready(sweeps.target)
    eventually(lambda: is_ready(sweeps.target), 30, "it is ready by itself")
    assert sweeps.await_end(name)["status"]["phase"] == "Complete"


def crds(target: Target) -> list[dict[str, Any]]:
    return [target.get("crd", name) for name in CRDS]


def install(target: Target, found: list[dict[str, Any]]) -> None:
    """Apply objects of the chart as Helm does, so that the next upgrade meets no conflict."""
    manager = ("--server-side", "--force-conflicts", "--field-manager=helm")
    for body in found:
        target.kubectl("apply", *manager, "-f", "-", stdin=_unversioned(body))


def test_the_crds_are_deleted_and_created_during_a_sweep(sweeps: Sweeps) -> None:
    target, found = sweeps.target, crds(sweeps.target)
    spec = sweeps.spec({"level": choice(0.1, 0.2), "reports": choice(100), "pause": choice(1)})
    sweeps.apply("before", spec)
    eventually(lambda: len(sweeps.running_pods("before")) == 2, 90, "two trials run")
    try:
        target.kubectl("delete", "crd", *CRDS, "--wait")
        words = (
            "CRD sweepjobs.sweepjob.dev is missing. Install the CRDs: helm install sweepjob-crds"
        )
        eventually(lambda: words in log(target), 60, "it says which is missing")
        eventually(lambda: not is_ready(target), 30, "it is not ready")
    finally:
        install(target, found)
    began = time.monotonic()
    eventually(lambda: is_ready(target), 30, "it is ready by itself")
    assert time.monotonic() - began < 60
    short = sweeps.spec({"level": choice(0.3)}, limits={"maxTotalTrials": 1})
    sweeps.apply("before", short)  # the name of one that went with its CRD
    sweeps.apply("after", short)
    assert sweeps.await_end("after")["status"]["phase"] == "Complete"
    assert sweeps.await_end("before")["status"]["trials"]["created"] == 1
    assert not sweeps.running_pods("before"), "nothing of the old one runs any more"


@pytest.mark.parametrize("missing", ["both", "trials", "not served"])
def test_the_crds_are_created_after_the_operator(sweeps: Sweeps, missing: str) -> None:
    target, found = sweeps.target, crds(sweeps.target)
    gone = found[1:] if missing == "trials" else found
    name = f"late-{missing.replace(' ', '-')}"
    if missing == "not served":
        serve(target, served=False)
    else:
        target.kubectl("delete", "crd", *(b["metadata"]["name"] for b in gone), "--wait")
    try:
        restart(target)
        words = {
            "both": "CRD sweepjobs.sweepjob.dev is missing",
            "trials": "CRD sweeptrials.sweepjob.dev is missing",
            "not served": "CRD sweepjobs.sweepjob.dev is missing",
        }
        eventually(lambda: words[missing] in log(target), 60, "it says what is missing")
        assert not is_ready(target)
    finally:
        if missing == "not served":
            serve(target, served=True)
        else:
            install(target, gone)
    eventually(lambda: is_ready(target), 30, "it is ready by itself")
    sweeps.apply(name, sweeps.spec({"level": choice(0.3)}, limits={"maxTotalTrials": 1}))
    assert sweeps.await_end(name)["status"]["phase"] == "Complete"


def serve(target: Target, *, served: bool) -> None:
    body = crds(target)[0]
    body["spec"]["versions"][0]["served"] = served
    install(target, [body])
