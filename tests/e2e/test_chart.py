"""The chart as people use it: its own test, values that it refuses, upgrades, and the way without it."""

from __future__ import annotations

import pytest
import yaml

from tests.cluster import layout
from tests.cluster import target as clusters
from tests.cluster.console import ClusterError
from tests.cluster.target import Target

from .sweeps import Sweeps, choice, eventually, values_on_record

CHART = str(clusters.CHART)


def test_helm_test_runs_a_sweep_and_cleans_up(target: Target) -> None:
    said = target.helm("test", clusters.RELEASE, "--namespace", clusters.SYSTEM, "--logs")
    assert "Complete 2/2" in said
    assert "a sweep of two trials has found its best" in said
    left = target.kubectl("-n", clusters.SYSTEM, "get", "sweepjobs,roles,sa", "-o", "name")
    assert "test" not in left


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("nosuch=1", "nosuch"),
        ("replicas=0", "replicas"),
        ("image.digest=latest", "digest"),
        ("monitoring.rule.enabled=true", "rule"),
        ("logLevel=LOUD", "logLevel"),
        ("logFormat=yaml", "logFormat"),
        ("dashboard.enabled=true,dashboard.trustedProxy.userHeader=X-User", "say who the proxy is"),
        ("dashboard.enabled=true,dashboard.ingress.enabled=true", "give the host name"),
        ("intake.certManager.issuer=x", "issuer"),
        (
            "intake.existingSecret=x,intake.certManager.enabled=true",
            "give either existingSecret or",
        ),
    ],
)
def test_unknown_helm_values_are_refused(target: Target, value: str, words: str) -> None:
    with pytest.raises(ClusterError, match=words):
        target.helm("template", "x", CHART, "--set", value)


@pytest.mark.parametrize(
    ("version", "value", "words"),
    [
        ("1.28.9", "replicas=1", "requires kubeVersion: >=1.29.0-0"),
        ("1.29.0", "tenancy.enabled=true", "tenancy.enabled needs Kubernetes 1.30 or later"),
    ],
)
def test_versions_of_kubernetes_that_lack_something_are_refused(
    target: Target, version: str, value: str, words: str
) -> None:
    with pytest.raises(ClusterError, match=words):
        target.helm("template", "x", CHART, "--kube-version", version, "--set", value)
    target.helm("template", "x", CHART, "--kube-version", "1.30.0", "--set", value)


def test_the_dashboard_may_patch_trials_only_if_the_chart_says_so(target: Target) -> None:
    def rules(*values: str) -> list[list[str]]:
        text = target.helm("template", "x", CHART, "--set", "dashboard.enabled=true", *values)
        found = [
            body for body in yaml.safe_load_all(text) if body and body["kind"] == "ClusterRole"
        ]
        [role] = [b for b in found if b["metadata"]["name"].endswith("-dashboard")]
        return [[*rule["resources"], *rule["verbs"]] for rule in role["rules"]]

    reads = ["sweepjobs", "sweeptrials", "get", "list", "watch"]
    assert rules() == [reads]
    assert rules("--set", "dashboard.tags=true") == [reads, ["sweeptrials", "patch"]]


def test_a_second_release_for_the_same_namespaces_is_refused(target: Target) -> None:
    second = ("install", "second", CHART, "--namespace", "elsewhere", "--dry-run=server")
    values = "crds.enabled=false"
    for more in ("", ",watchNamespaces={a}"):
        with pytest.raises(ClusterError, match="release sweepjob watches all namespaces already"):
            target.helm(*second, "--set", f"{values}{more}")
    target.helm(*second, "--set", f"{values},rbac.checkOtherReleases=false")


def test_a_sweep_continues_through_an_upgrade(sweeps: Sweeps) -> None:
    target = sweeps.target
    clusters.install(target, chart=clusters.PREVIOUS_CHART)
    secret = target.get("-n", clusters.SYSTEM, "secret", "sweepjob-intake")
    reports = 30
    space = {"level": choice(0.1, 0.2), "reports": choice(reports), "pause": choice(0.3)}
    limits = {"maxTotalTrials": 2, "maxConcurrentTrials": 2}
    sweeps.apply("upgraded", sweeps.spec(space, limits=limits))
    eventually(lambda: len(sweeps.running_pods("upgraded")) == 2, 60, "its trials run")
    # As the documentation says it: values of before, and defaults of now for those that are new.
    clusters.install(target, "--reset-then-reuse-values")
    assert sweeps.await_end("upgraded")["status"]["trials"]["succeeded"] == 2
    assert [len(values_on_record(t)) for t in sweeps.trials("upgraded")] == [reports] * 2
    kept = target.get("-n", clusters.SYSTEM, "secret", "sweepjob-intake")
    assert kept["data"] == secret["data"]
    assert "warmStart" in target.kubectl("explain", "sweepjob.spec")


def test_crds_remain_after_uninstalling(target: Target) -> None:
    rendered = target.helm("template", "x", CHART, "--set", "crds.enabled=false")
    assert "CustomResourceDefinition" not in rendered
    alone = target.helm("template", "x", str(layout.PROJECT / "helm" / "sweepjob-crds"))
    kept = (
        *("helm.sh/resource-policy: keep", "argocd.argoproj.io/sync-options: Prune=false"),
        "kustomize.toolkit.fluxcd.io/prune: disabled",
    )
    for annotation in kept:
        assert alone.count(annotation) == alone.count("CustomResourceDefinition\n") == 2


def test_the_manifests_can_be_applied(target: Target) -> None:
    folder = str(layout.PROJECT / "manifests")
    said = target.kubectl(
        "apply", "-k", folder, "--dry-run=server", "--force-conflicts", "--server-side"
    )
    assert said.count("serverside-applied (server dry run)") == len(said.splitlines())
    assert "deployment.apps/sweepjob serverside-applied" in said
