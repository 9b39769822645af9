"""``trial.manifest``: what is read of it, what is refused, which object is made of it, and what its status means."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec.trial_kind import TrialKind, trial_kinds
from sweepjob.api.spec.trial_manifest import format_steps, parse_steps
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.lifecycle.workload import Job
from sweepjob.trial_pods.identity import TrialIdentity
from sweepjob.trial_pods.kind_pods import parse_kind_pod
from sweepjob.trial_pods.object_parsing import judge, parse_object
from sweepjob.trial_pods.sidecar import SidecarSettings
from sweepjob.trial_pods.trial_object import trial_object

from .builders import sweepjob

JOBSET = TrialKind("jobset.x-k8s.io/v1alpha2", "JobSet", "jobsets")
TRAINJOB = TrialKind(
    *("trainer.kubeflow.org/v1alpha1", "TrainJob", "trainjobs"),
    pod_label="jobset.sigs.k8s.io/jobset-name",
    primary_pod_labels={"jobset.sigs.k8s.io/replicatedjob-name": "node"},
)
IDENTITY = TrialIdentity("team", "sweep", "sweep-3", "uid-3", 2, "folder", "uid-sweep")
SIDECAR = SidecarSettings("sidecar", "http://operator", "")


def job(name: str, *command: str) -> dict[str, Any]:
    container = {"name": name, "image": "train", "command": [*command]}
    pod = {"restartPolicy": "OnFailure", "containers": [container]}
    return {"name": name, "template": {"spec": {"template": {"spec": pod}}}}


def trial(**changes: Any) -> dict[str, Any]:
    manifest = {
        "apiVersion": JOBSET.api_version,
        "kind": JOBSET.kind,
        "metadata": {
            "labels": {"a": "${{trial.name}}"},
            "annotations": {"b": "${{trial.attempt}}"},
        },
        "spec": {
            "network": {"subdomain": "${{trial.object}}"},
            "replicatedJobs": [
                job("leader", "train", "${{search_space.u}}"),
                job("worker", "work"),
            ],
        },
    }
    path = "spec.replicatedJobs[0].template.spec.template"
    return {"manifest": manifest, "podTemplatePath": path, **changes}


def spec(given: dict[str, Any], **changes: Any) -> Any:
    body = sweepjob(trial=given, **changes)
    body["spec"]["searchSpace"] = {"u": {"type": "choice", "values": ["$(HOME)", "b"]}}
    return parse_sweepjob(body)


def problems(given: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(InvalidSpec) as error:
        spec(given, **changes)
    return str(error.value)


def with_manifest(**changes: Any) -> dict[str, Any]:
    made = copy.deepcopy(trial())
    made["manifest"] |= changes
    return made


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (trial(image="x"), "spec.trial.image: 'x': cannot be set with trial.manifest"),
        (trial(instanceCount=2), "spec.trial.instanceCount: 2: cannot be set with trial.manifest"),
        ({"image": "x", "successCondition": "status.a"}, "belongs to trial.manifest"),
        ({"manifest": [1]}, "spec.trial.manifest: [1]: must be an object"),
        (with_manifest(kind=""), "spec.trial.manifest.kind"),
        (with_manifest(kind="${{search_space.u}}"), "may not contain references"),
        (with_manifest(apiVersion="v1", kind="Secret"), "objects of this group cannot be trials"),
        (
            with_manifest(apiVersion="rbac.authorization.k8s.io/v1", kind="RoleBinding"),
            "objects of this group cannot be trials",
        ),
        (
            with_manifest(apiVersion="sweepjob.dev/v1alpha1", kind="SweepJob"),
            "of this group cannot",
        ),
        (with_manifest(apiVersion="batch/v1", kind="Job"), "use trial.template: trials are Jobs"),
        (with_manifest(metadata={"namespace": "other"}), "metadata.namespace: 'other': is set by"),
        (with_manifest(metadata={"ownerReferences": []}), "metadata.ownerReferences"),
        (with_manifest(metadata={"finalizers": ["a"]}), "metadata.finalizers"),
        (with_manifest(metadata={"labels": {"sweepjob.dev/sweep": "x"}}), "are the operator's"),
        (with_manifest(metadata={"annotations": {"x.sweepjob.dev/y": "x"}}), "are the operator's"),
        (with_manifest(metadata={"labels": {"a": 1}}), "must be a string; quote it"),
        (with_manifest(status={}), "spec.trial.manifest.status"),
        (trial(podTemplatePath="spec"), "is no pod template of the manifest; there are: spec.repl"),
        (trial(successCondition="status.a.map(x, x)"), "spec.trial.successCondition"),
        (trial(failureCondition=1), "spec.trial.failureCondition"),
        (with_manifest(spec={}), "spec.metrics.source: 'mlflow': needs the sidecar"),
        (
            with_manifest(spec={"a": "${{search_space.x}}"}),
            "manifest.spec.a: '${{search_space.x}}'",
        ),
        ({"image": "x", "command": "a ${{trial.name}}"}, "${{trial.name}}"),
    ],
)
def test_what_is_refused(given: dict[str, Any], said: str) -> None:
    given = given if said.startswith("is no") else {**given}
    if (
        "manifest.spec" not in said
        and "podTemplatePath" in given
        and said.startswith("spec.metrics")
    ):
        del given["podTemplatePath"]
    assert said in problems(given)


def test_several_pod_templates_need_a_path() -> None:
    given = trial()
    del given["podTemplatePath"]
    assert "is required, since the manifest has several pod templates" in problems(given)


def test_outputs_and_code_need_a_pod_template() -> None:
    given = {"manifest": {"apiVersion": "example.com/v1", "kind": "Widget", "spec": {}}}
    outputs = {"model": {"volume": {"emptyDir": {}}, "mountPath": "/out"}}
    said = problems(given, metrics={"source": "logs"}, outputs=outputs)
    assert "spec.outputs: ['model']: need a volume" in said
    assert spec(given, metrics={"source": "logs"}).trial.template is None


def test_problems_of_the_reporting_pod_have_its_path() -> None:
    given = copy.deepcopy(trial())
    pod = given["manifest"]["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]
    pod["volumes"] = [{"name": "sweepjob-token"}]
    path = "spec.trial.manifest.spec.replicatedJobs[0].template.spec.template.spec.volumes[0].name"
    assert path in problems(given)


@pytest.mark.parametrize("text", ["spec.a[0].b", "spec", "spec.a[12][3].c-d"])
def test_paths(text: str) -> None:
    assert format_steps(parse_steps(text)) == text


def made(**changes: Any) -> dict[str, Any]:
    return trial_object(IDENTITY, spec(trial(**changes)), {"u": "$(HOME)"}, SIDECAR)


def test_the_object_has_the_operators_name_owner_and_labels() -> None:
    meta = made()["metadata"]
    assert (meta["name"], meta["namespace"]) == ("sweep-3-r2", "team")
    assert meta["labels"]["a"] == "sweep-3"
    assert meta["labels"]["sweepjob.dev/attempt"] == "2"
    assert meta["annotations"]["b"] == "2"
    [owner] = meta["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("SweepTrial", "uid-3", True)
    assert made()["spec"]["network"] == {"subdomain": "sweep-3-r2"}


def test_the_reporting_pod_gets_the_sidecar_and_the_others_labels() -> None:
    leader, worker = made()["spec"]["replicatedJobs"]
    for one, reports in ((leader, "true"), (worker, "false")):
        assert one["template"]["metadata"]["labels"]["sweepjob.dev/trial"] == "sweep-3"
        template = one["template"]["spec"]["template"]
        assert template["metadata"]["labels"]["sweepjob.dev/trial-uid"] == "uid-3"
        assert template["metadata"]["labels"]["sweepjob.dev/reports"] == reports
        assert template["spec"]["terminationGracePeriodSeconds"] == 5
        assert template["spec"]["restartPolicy"] == "OnFailure", "its controller decides"
    pod = leader["template"]["spec"]["template"]["spec"]
    assert [c["name"] for c in pod["initContainers"]] == ["sweepjob-sidecar"]
    assert pod["containers"][0]["command"] == ["train", "$$(HOME)"], "the kubelet expands nothing"
    other = worker["template"]["spec"]["template"]["spec"]
    assert "initContainers" not in other
    assert other["containers"] == [{"name": "worker", "image": "train", "command": ["work"]}]


def test_the_nodes_of_all_pods_are_kept_where_the_sweep_asks_for_it() -> None:
    for one in made(doNotDisrupt=True)["spec"]["replicatedJobs"]:
        template = one["template"]["spec"]["template"]
        assert template["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] == "true"


def test_the_object_is_gone_before_its_controller_can_make_its_parts_again() -> None:
    """Unlike a Job, which is gone when its pods are."""
    assert spec(trial()).trial.deletion_propagation == "Background"
    assert spec({"image": "x", "command": "x"}).trial.deletion_propagation == "Foreground"


def test_the_spec_is_not_changed() -> None:
    parsed = spec(trial())
    before = copy.deepcopy(parsed.trial.manifest.body)
    trial_object(IDENTITY, parsed, {"u": "b"}, SIDECAR)
    assert parsed.trial.manifest.body == before


def judged(status: dict[str, Any], **conditions: str) -> Job:
    meta = {"name": "sweep-3-r2", "namespace": "team", "uid": "u", "resourceVersion": "1"}
    cached = parse_object({"metadata": meta, "status": status}, JOBSET)
    manifest = spec(trial(**conditions)).trial.manifest
    return judge(cached, manifest, 1000.0)


def shown(kind: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": status, **more}]}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ({}, None),
        (shown("Running"), None),
        (shown("Complete", "False"), None),
        (shown("Complete"), True),
        (shown("Completed"), True),
        (shown("Succeeded"), True),
        (shown("Failed"), False),
        ({"phase": "Succeeded"}, True),
        ({"state": "COMPLETED"}, True),
        ({"phase": "Error"}, False),
        # An Argo Workflow that failed has the condition Completed as well.
        ({**shown("Completed"), "phase": "Failed"}, False),
        ({"conditions": "Complete", "phase": 3}, None),
        ({"conditions": [None, 1, {"type": ["Complete"]}]}, None),
    ],
)
def test_the_usual_ways_to_say_how_an_object_ended(
    status: dict[str, Any], outcome: bool | None
) -> None:
    view = judged(status)
    assert view.succeeded is (outcome is True)
    assert (view.failure is not None) is (outcome is False)


def test_conditions_of_the_spec_replace_the_usual_ones() -> None:
    done = judged(
        shown("Failed"), failureCondition="status.x == 1", successCondition="status.y == 1"
    )
    assert not done.succeeded
    assert done.failure is None
    both = judged(
        {"x": 1, "y": 1}, failureCondition="status.x == 1", successCondition="status.y == 1"
    )
    assert both.failure is not None, "a failure counts first"
    assert not both.succeeded


def test_the_time_and_the_message_of_the_end() -> None:
    at = {"lastTransitionTime": "1970-01-01T00:10:00Z"}
    view = judged(shown("Failed", reason="OutOfTime", message="took too long", **at))
    assert (view.ended, view.failure) == (600.0, ("OutOfTime", "its JobSet failed: took too long"))
    assert judged({"phase": "Failed"}).ended == 1000.0, "now, if it does not say when"
    assert judged({"phase": "Failed"}).failure.reason == "JobSetFailed"


LARGE: dict[str, Any] = {
    "nodes": {f"n{n}": {"phase": "Failed", "m": "x" * 100} for n in range(300)}
}


def test_a_status_that_is_too_large_for_conditions_says_so() -> None:
    for conditions in ({"successCondition": "status.a"}, {"failureCondition": "status.a"}):
        view = judged({"phase": "Running", **LARGE}, **conditions)
        assert view.failure is not None
        assert view.failure.reason == "ConditionNotEvaluated"
        assert "it is larger than 16 KiB" in view.failure.message


def test_a_large_status_ends_no_trial_by_itself() -> None:
    """An Argo Workflow of 30 steps has such a status while it runs."""
    many = [{"type": f"PodRunning{n}", "status": "True"} for n in range(300)]
    running = judged({"phase": "Running", "conditions": many, **LARGE})
    assert (running.succeeded, running.failure) == (False, None)
    ended = judged(
        {"phase": "Running", "conditions": [*many, *shown("Complete")["conditions"]], **LARGE}
    )
    assert ended.succeeded
    failed = judged({"phase": "Error", "message": "step 7 failed", **LARGE})
    assert failed.failure == ("JobSetFailed", "its JobSet failed: step 7 failed")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"jobset.sigs.k8s.io/jobset-name": "sweep-3-r2"}, ("sweep", "sweep-3", 2, -1)),
        ({"jobset.sigs.k8s.io/jobset-name": "a-b-0"}, ("a-b", "a-b-0", 1, -1)),
        ({"jobset.sigs.k8s.io/jobset-name": "x"}, ("", "x", 1, -1)),
        (
            {
                "jobset.sigs.k8s.io/jobset-name": "s-0",
                "jobset.sigs.k8s.io/replicatedjob-name": "node",
                "batch.kubernetes.io/job-completion-index": "2",
            },
            ("s", "s-0", 1, 2),
        ),
    ],
)
def test_pods_by_the_label_of_their_kind(labels: dict[str, str], expected: tuple[Any, ...]) -> None:
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "uid-j"}
    meta = {"name": "p", "namespace": "team", "uid": "u", "resourceVersion": "1", "labels": labels}
    body = {
        "metadata": {**meta, "ownerReferences": [owner]},
        "spec": {"containers": [{"name": "a"}]},
    }
    pod = parse_kind_pod({**body, "status": {}}, TRAINJOB)
    assert (pod.sweep, pod.trial, pod.attempt, pod.view.rank) == expected
    assert pod.owner_reference is not None
    assert (pod.owner_reference.kind, pod.owner_reference.uid) == ("Job", "uid-j")
    assert pod.trial_uid == "", "labels of others prove nothing"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"apiVersion": "a.com/v1", "kind": "A"}, "needs apiVersion, kind and resource"),
        ({"apiVersion": "v1", "kind": "Secret", "resource": "secrets"}, "cannot be a trial"),
        (
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "resource": "rolebindings",
            },
            "cannot be a trial",
        ),
        ({"apiVersion": "batch/v1", "kind": "Job", "resource": "jobs"}, "cannot be a trial"),
    ],
)
def test_kinds_that_the_operator_does_not_take(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        trial_kinds([given])


def test_a_kind_is_listed_once() -> None:
    one = {"apiVersion": "a.com/v1", "kind": "A", "resource": "as"}
    with pytest.raises(ValueError, match="listed twice"):
        trial_kinds([one, {**one, "apiVersion": "a.com/v2"}])
