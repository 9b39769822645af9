"""The admission policies in the folder examples/policies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cluster import layout
from tests.cluster.console import ClusterError

from .sweeps import Sweeps, choice, eventually

FOLDER = layout.PROJECT / "examples" / "policies"
QUEUE = {"kueue.x-k8s.io/queue-name": "gpus"}
GOOD = "registry.example/train:1"
Review = Callable[..., str]


@pytest.fixture(scope="module")
def review(sweeps: Sweeps) -> Iterator[Review]:
    """What admission says about a SweepJob; empty when it is taken."""
    old = sweeps.spec({"x": choice(1)}, limits={"maxTotalTrials": 500}, suspend=True)
    sweeps.apply("old", old)
    sweeps.target.kubectl("apply", "-f", str(FOLDER))
    sweeps.target.kubectl("label", "namespace", sweeps.namespace, "sweeps=restricted")

    def ask(labels: Any = QUEUE, limits: Any = None, **trial: Any) -> str:
        spec = sweeps.spec({"x": choice(1)}, limits=limits or {})
        spec["trial"] = trial or {"image": GOOD}
        meta = {"name": "asked", "namespace": sweeps.namespace, "labels": labels}
        body = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob", "metadata": meta}
        text = json.dumps({**body, "spec": spec})
        try:
            sweeps.target.kubectl("create", "--dry-run=server", "-f", "-", stdin=text)
        except ClusterError as error:
            return str(error)
        return ""

    eventually(lambda: "name a queue" in ask({}), 60, "the policies are in force")
    eventually(lambda: "is more than 200" in ask(limits={"maxTotalTrials": 201}), 60, "all")
    eventually(lambda: "images must be" in ask(image="x"), 60, "all")
    yield ask
    sweeps.target.kubectl("delete", "-f", str(FOLDER))


def test_a_sweep_within_the_policies_is_taken(review: Review) -> None:
    assert review() == ""
    assert review(limits={"maxTotalTrials": 200, "maxConcurrentTrials": 20}) == ""


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"labels": {"kueue.x-k8s.io/queue-name": ""}},
            "name a queue by kueue.x-k8s.io/queue-name",
        ),
        (
            {"limits": {"maxTotalTrials": 21, "maxConcurrentTrials": 21}},
            "spec.limits.maxConcurrentTrials: 21",
        ),
        ({"image": "registry.example.org/x"}, "found registry.example.org/x"),
        ({"image": "${{inputs.x}}"}, "images must be from registry.example/"),
        ({"template": {"spec": {"containers": [{"name": "t", "image": "x"}]}}}, "found x"),
        ({"template": {"spec": {"containers": [{"name": "t"}]}}}, "images must be"),
        (
            {"template": {"spec": {"containers": [], "initContainers": [{"image": "y"}]}}},
            "found y",
        ),
        (
            {"image": GOOD, "code": {"image": {"reference": "z", "path": "/"}}},
            "found z",
        ),
        (
            {"template": {"spec": {"volumes": [{"name": "v", "image": {"reference": "w"}}]}}},
            "found w",
        ),
        (
            {"manifest": {"apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet", "spec": {}}},
            "spec.trial.manifest: not allowed in this namespace",
        ),
    ],
)
def test_others_are_refused_with_the_path(review: Review, asked: Any, words: str) -> None:
    assert words in review(**asked)


def test_a_sweep_of_before_can_be_stopped_and_not_extended(review: Review, sweeps: Sweeps) -> None:
    def patch(**spec: Any) -> None:
        text = json.dumps({"spec": spec})
        sweeps.kubectl("patch", "sweepjob", "old", "--type=merge", "-p", text)

    with pytest.raises(ClusterError, match="501 is more than 200"):
        patch(limits={"maxTotalTrials": 501})
    patch(stop=True)


def test_a_sweep_keeps_its_queue(review: Review, sweeps: Sweeps) -> None:
    spec = sweeps.spec({"x": choice(1)}, suspend=True)
    spec["trial"] = {"image": GOOD}
    sweeps.apply("queued", spec, QUEUE)
    with pytest.raises(ClusterError, match="name a queue"):
        sweeps.kubectl("label", "sweepjob", "queued", "kueue.x-k8s.io/queue-name-")
