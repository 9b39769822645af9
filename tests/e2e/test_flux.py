"""Sweeps and the operator from Git with a real Flux. It stands apart: make test-gitops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import flux as controllers
from tests.cluster import git, layout
from tests.cluster import target as clusters
from tests.cluster.target import Target

from .gitops import (
    REFUSAL,
    Protocol,
    documented,
    hand_over_the_operator,
    manifest,
    marker,
    operator_values,
    requests,
    take_the_operator_back,
)
from .sweeps import Sweeps, eventually, values_on_record

PREVIOUS = layout.PROJECT / "tests" / "data" / "charts" / "sweepjob-0.1.0.tgz"
INTERVAL = "3s"


@dataclass(frozen=True)
class Flux:
    """A Flux that keeps what is in folders of a repository on the cluster."""

    sweeps: Sweeps
    repository: git.Repository
    protocol: Protocol

    def follow(self, folder: str, number: int = 0, **spec: Any) -> None:
        """Apply a Kustomization for a folder, as the documentation recommends it.

        Args:
            number: which of the documented ones: 0 to edit sweeps, 1 to wait for their end.
            spec: what is otherwise in it.
        """
        body = documented("Kustomization")[number]
        body["metadata"]["name"] = folder
        source = {"kind": "GitRepository", "name": "deploy"}
        changes = {"path": f"./{folder}", "interval": INTERVAL, "sourceRef": source, **spec}
        body["spec"].update(changes)
        body["spec"].pop("dependsOn", None)
        self.sweeps.target.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(body))

    def status(self, folder: str) -> dict[str, Any]:
        found = self.sweeps.target.get("-n", controllers.NAMESPACE, "kustomization", folder)
        return dict(found.get("status") or {})

    def ready(self, folder: str, commit: str, status: str) -> str | None:
        """Return the message of the condition Ready, once it has this status about a commit."""
        seen = self.status(folder)
        [condition] = [c for c in seen.get("conditions", []) if c["type"] == "Ready"]
        about = seen.get("lastAttemptedRevision", "").endswith(commit)
        same = condition["status"] == status and about and not _is_reconciling(seen)
        return f"{condition['reason']}: {condition['message']}" if same else None

    def await_ready(
        self, folder: str, commit: str, status: str = "True", seconds: float = 60
    ) -> tuple[str, float]:
        """Return the message, and after how many seconds it was there."""
        what = f"Kustomization {folder} is Ready={status} at {commit}"
        return self.protocol.await_(lambda: self.ready(folder, commit, status), seconds, what)

    def writes(self, name: str) -> int:
        return requests(self.sweeps, controllers.USER, name).writes


def _is_reconciling(status: dict[str, Any]) -> bool:
    found = [c for c in status["conditions"] if c["type"] == "Reconciling"]
    return any(c["status"] == "True" and c["reason"] == "Progressing" for c in found)


@pytest.fixture(scope="module")
def flux(sweeps: Sweeps) -> Iterator[Flux]:
    if sweeps.target.built_in is None:
        pytest.skip("Flux runs as processes of the built-in cluster's node")
    repository = controllers.install(sweeps.target)
    source = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "deploy", "namespace": controllers.NAMESPACE},
        "spec": {"interval": "2s", "url": repository.url, "ref": {"branch": "main"}},
    }
    sweeps.target.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(source))
    found = Flux(sweeps, repository, Protocol("Flux"))
    yield found
    print(f"\nwhat Flux showed: {found.protocol.write()}")
    controllers.uninstall(sweeps.target)


def test_a_commit_creates_a_sweep_and_nothing_drifts(flux: Flux) -> None:
    sweeps = flux.sweeps
    text = manifest(sweeps, "first", pause=2, limits={"maxTotalTrials": 6})
    commit = flux.repository.commit("Search", {"first/sweep.yaml": text})
    flux.follow("first")
    said, seconds = flux.await_ready("first", commit)
    flux.protocol.add("a sweep of 6 trials", said, seconds, flux.writes("first"))
    sweep = sweeps.await_end("first")
    asked = requests(sweeps, controllers.USER, "first")
    assert asked.dry_runs >= 3, "Flux has compared it often"
    assert asked.writes == 1, "its creation"
    assert sweep["metadata"]["generation"] == 1
    flux.protocol.add("nothing", f"Ready; compared {asked.dry_runs} times", None, asked.writes)
    again = asked.dry_runs + 2
    eventually(
        lambda: requests(sweeps, controllers.USER, "first").dry_runs >= again, 20, "it compares on"
    )
    assert flux.writes("first") == 1
    assert sweeps.sweep("first")["status"]["phase"] == "Complete"


def test_a_commit_raises_the_number_of_trials(flux: Flux) -> None:
    sweeps = flux.sweeps
    first = {"raised/sweep.yaml": manifest(sweeps, "raised", limits={"maxTotalTrials": 1})}
    flux.repository.commit("Search", first)
    flux.follow("raised")
    sweeps.await_end("raised")
    more = {"raised/sweep.yaml": manifest(sweeps, "raised", limits={"maxTotalTrials": 3})}
    commit = flux.repository.commit("Search on", more)
    said, seconds = flux.await_ready("raised", commit)
    eventually(
        lambda: sweeps.sweep("raised")["status"]["trials"].get("succeeded") == 3, 60, "it goes on"
    )
    flux.protocol.add("`maxTotalTrials` from 1 to 3", said, seconds, flux.writes("raised"))
    assert flux.writes("raised") == 2


def test_a_refused_change_is_shown_and_a_newer_commit_is_applied(flux: Flux) -> None:
    sweeps, repository = flux.sweeps, flux.repository
    good = manifest(sweeps, "refused-change", pause=1)
    repository.commit("Search", {"refusals/sweep.yaml": good})
    flux.follow("refusals")
    eventually(lambda: sweeps.condition("refused-change", "Accepted"), 30, "it is accepted")
    another = {"type": "random", "seed": 2}
    bad = manifest(sweeps, "refused-change", pause=1, samplingAlgorithm=another)
    files = {"refusals/sweep.yaml": bad, "refusals/other.yaml": manifest(sweeps, "beside")}
    commit = repository.commit("Another seed, and another sweep", files)
    said, seconds = flux.await_ready("refusals", commit, "False")
    assert REFUSAL in said
    assert "SweepJob/test-flux/refused-change" in said
    flux.protocol.add("another seed, refused", said, seconds, flux.writes("refused-change"))
    # All objects of a commit or none.
    assert "beside" not in sweeps.kubectl("get", "sweepjobs", "-o", "name")
    commit = repository.commit("The seed of before", {"refusals/sweep.yaml": good})
    said, seconds = flux.await_ready("refusals", commit)
    flux.protocol.add("the seed of before", said, seconds, flux.writes("refused-change"))
    assert sweeps.sweep("beside")
    assert sweeps.await_end("refused-change")["status"]["phase"] == "Complete"
    assert flux.writes("refused-change") == 1


def test_force_replaces_a_sweep(flux: Flux) -> None:
    """What the page warns of: it is Flux's way with every change that is refused."""
    sweeps = flux.sweeps
    flux.repository.commit("Search", {"forced/sweep.yaml": manifest(sweeps, "forced")})
    flux.follow("forced", force=True)
    before = sweeps.await_end("forced")["metadata"]["uid"]
    other = manifest(sweeps, "forced", samplingAlgorithm={"type": "random", "seed": 2})
    commit = flux.repository.commit("Another seed", {"forced/sweep.yaml": other})
    said, seconds = flux.await_ready("forced", commit)
    after = sweeps.sweep("forced")["metadata"]["uid"]
    assert after != before
    flux.protocol.add("another seed, with `force: true`", f"{said}; replaced", seconds, None)


def test_a_sweep_is_suspended_in_git(flux: Flux) -> None:
    sweeps = flux.sweeps

    def commit(**changes: Any) -> str:
        text = manifest(sweeps, "paused", pause=1, limits={"maxTotalTrials": 6}, **changes)
        return flux.repository.commit("Pause or resume", {"paused/sweep.yaml": text})

    commit()
    flux.follow("paused")
    eventually(lambda: sweeps.running_pods("paused"), 60, "a trial runs")
    said, seconds = flux.await_ready("paused", commit(suspend=True))
    eventually(lambda: sweeps.sweep("paused")["status"]["phase"] == "Suspended", 60, "suspended")
    flux.protocol.add("`suspend: true`", said, seconds, flux.writes("paused"))
    said, seconds = flux.await_ready("paused", commit(suspend=False))
    assert sweeps.await_end("paused")["status"]["trials"]["succeeded"] == 6
    flux.protocol.add("`suspend: false`", said, seconds, flux.writes("paused"))
    assert flux.writes("paused") == 3


@pytest.mark.parametrize(
    ("name", "written", "marks", "stays"),
    [
        ("without `suspend` in Git", {}, (), False),
        ("with `suspend: false` in Git", {"suspend": False}, (), False),
        (
            "and `reconcile: disabled`",
            {},
            ("kustomize.toolkit.fluxcd.io/reconcile=disabled",),
            True,
        ),
    ],
)
def test_a_suspension_by_kubectl_is_undone_unless_the_sweep_is_left_alone(
    flux: Flux, name: str, written: dict[str, Any], marks: tuple[str, ...], stays: bool
) -> None:
    sweeps = flux.sweeps
    sweep = f"by-kubectl-{len(written)}{len(marks)}"
    text = manifest(sweeps, sweep, pause=2, limits={"maxTotalTrials": 20}, **written)
    flux.repository.commit("Search", {f"{sweep}/sweep.yaml": text})
    flux.follow(sweep)
    eventually(lambda: sweeps.running_pods(sweep), 60, "a trial runs")
    for mark in marks:
        sweeps.kubectl("annotate", "sweepjob", sweep, mark)
    sweeps.kubectl("patch", "sweepjob", sweep, "--type=merge", "-p", '{"spec": {"suspend": true}}')
    if stays:
        beside = requests(sweeps, controllers.USER, "first").dry_runs + 3
        eventually(
            lambda: requests(sweeps, controllers.USER, "first").dry_runs >= beside,
            30,
            "it compares",
        )
    else:
        eventually(lambda: not sweeps.sweep(sweep)["spec"].get("suspend"), 30, "it is undone")
    assert sweeps.sweep(sweep)["spec"].get("suspend", False) is stays
    shown = "stays suspended" if stays else "undone"
    flux.protocol.add(f"`kubectl sweepjob suspend`, {name}", shown, None, flux.writes(sweep))
    sweeps.kubectl("patch", "sweepjob", sweep, "--type=merge", "-p", '{"spec": {"stop": true}}')


def test_pruning_deletes_a_sweep_with_all_its_objects(flux: Flux) -> None:
    sweeps = flux.sweeps
    files = {
        "pruned/sweep.yaml": manifest(sweeps, "pruned", pause=30),
        "pruned/marker.yaml": marker("pruned"),
    }
    flux.repository.commit("Search", files)
    flux.follow("pruned")
    eventually(lambda: sweeps.running_pods("pruned"), 60, "a trial runs")
    commit = flux.repository.commit("Enough", {"pruned/sweep.yaml": None})
    said, seconds = flux.await_ready("pruned", commit)
    chosen = ("-l", "sweepjob.dev/sweep=pruned", "-o", "name")

    def nothing_is_left() -> bool:
        kinds = "sweeptrials,jobs,pods"
        return not sweeps.kubectl("get", "sweepjob", "pruned", "--ignore-not-found") and not (
            sweeps.kubectl("get", kinds, *chosen)
        )

    _, gone = flux.protocol.await_(nothing_is_left, 60, "sweep, trials, Jobs and pods are gone")
    assert nothing_is_left(), "nothing was created again"
    flux.protocol.add(
        "the file is deleted", f"{said}; all gone", seconds + gone, flux.writes("pruned")
    )


# Name, what is otherwise in the sweep, whether Flux is Ready, and what it says.
STATES: list[tuple[str, dict[str, Any], str, str]] = [
    ("running", {"pause": 60}, "True", "Applied revision"),
    ("suspended", {"suspend": True}, "True", "Applied revision"),
    ("waiting", {"warmStart": {"sweeps": ["nothing"]}}, "False", "InProgress"),
    ("refused", {"trial": {"command": "${{inputs.nothing}}"}}, "False", "Failed"),
    ("complete", {}, "True", "Applied revision"),
    ("failed", {"trial": {"command": ["false"]}}, "False", "Failed"),
]


def test_the_health_of_each_state(flux: Flux) -> None:
    sweeps = flux.sweeps
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    files = {
        f"state-{name}/sweep.yaml": manifest(sweeps, f"state-{name}", limits=limits, **changes)
        for name, changes, _, _ in STATES
    }
    commit = flux.repository.commit("A sweep in each state", files)
    for name, *_ in STATES:
        flux.follow(f"state-{name}", timeout="30s", interval="5s", retryInterval="5s")
    for name in ("complete", "failed"):
        sweeps.await_end(f"state-{name}")
    for name, _, status, words in STATES:
        said, _ = flux.await_ready(f"state-{name}", commit, status, 90)
        assert words in said, name
        flux.protocol.add(f"a sweep that is {name}", f"Ready={status}, {said}", None, None)


def held(flux: Flux, name: str) -> float:
    """Suspend a sweep that Flux waits for, and resume it in the next commit.

    Returns:
        After how many seconds the second commit was applied.
    """
    sweeps = flux.sweeps

    def commit(suspend: bool) -> None:
        text = manifest(sweeps, name, limits={"maxTotalTrials": 2}, suspend=suspend)
        flux.repository.commit("Pause or resume", {f"{name}/sweep.yaml": text})

    commit(True)
    flux.follow(name, 1, timeout="40s")
    eventually(lambda: sweeps.sweep(name)["status"]["phase"] == "Suspended", 60, "suspended")
    commit(False)
    _, seconds = flux.protocol.await_(
        lambda: not sweeps.sweep(name)["spec"]["suspend"], 60, "the next commit is applied"
    )
    assert sweeps.await_end(name)["status"]["phase"] == "Complete"
    return seconds


def test_waiting_for_the_end_holds_commits_back_unless_flux_cancels_it(flux: Flux) -> None:
    seconds = held(flux, "held")
    assert seconds > 15, "until the timeout"
    flux.protocol.add(
        "the next commit, while Flux waits", "applied after the timeout", seconds, None
    )
    controllers.restart_kustomize_controller(
        flux.sweeps.target, "--feature-gates=CancelHealthCheckOnNewRevision=true"
    )
    seconds = held(flux, "canceled")
    assert seconds < 15
    gate = "with `CancelHealthCheckOnNewRevision`"
    flux.protocol.add(f"the next commit, {gate}", "applied", seconds, None)


def rendered(target: Target, chart: Path) -> str:
    """Return the objects of a chart but Secrets, with the images of this cluster."""
    chosen = operator_values(target)
    if chart == PREVIOUS:
        del chosen["intake"]  # has no such value
    file = layout.PROJECT / "build" / "values.yaml"
    file.write_text(yaml.safe_dump(chosen))
    text = target.helm(
        *("template", "sweepjob", str(chart), "--namespace", clusters.SYSTEM),
        *("--skip-tests", "--values", str(file)),
    )
    kept = [d for d in yaml.safe_load_all(text) if d and d["kind"] != "Secret"]
    return str(yaml.safe_dump_all(kept))


def test_a_sweep_goes_on_while_git_upgrades_the_operator(flux: Flux) -> None:
    sweeps, target = flux.sweeps, flux.sweeps.target
    hand_over_the_operator(target)
    before = {"operator/operator.yaml": rendered(target, PREVIOUS)}
    commit = flux.repository.commit("The operator", before)
    flux.follow("operator", targetNamespace=clusters.SYSTEM)
    flux.await_ready("operator", commit, seconds=120)
    reports = 30
    limits = {"maxTotalTrials": 2, "maxConcurrentTrials": 2}
    space = {"searchSpace": {"reports": {"type": "choice", "values": [reports]}}}
    text = manifest(sweeps, "upgraded", pause=0.5, limits=limits, **space)
    flux.repository.commit("Search", {"upgraded/sweep.yaml": text})
    flux.follow("upgraded")
    eventually(lambda: len(sweeps.running_pods("upgraded")) == 2, 60, "its trials run")
    now = {"operator/operator.yaml": rendered(target, clusters.CHART)}
    commit = flux.repository.commit("Upgrade the operator", now)
    said, seconds = flux.await_ready("operator", commit, seconds=120)
    flux.protocol.add("the operator of this version", said, seconds, None)
    assert sweeps.await_end("upgraded")["status"]["trials"]["succeeded"] == 2
    assert [len(values_on_record(t)) for t in sweeps.trials("upgraded")] == [reports] * 2


def test_pruning_the_operator_keeps_all_sweeps(flux: Flux) -> None:
    target = flux.sweeps.target
    before = flux.sweeps.kubectl("get", "sweepjobs,sweeptrials", "-o", "name")
    assert "sweepjob.sweepjob.dev/upgraded" in before
    files = {"operator/operator.yaml": None, "operator/marker.yaml": marker("operator")}
    commit = flux.repository.commit("No operator", files)
    said, seconds = flux.await_ready("operator", commit)
    flux.protocol.add("the operator is deleted", f"{said}; CRDs and sweeps stay", seconds, None)
    assert "deployment" not in target.kubectl("-n", clusters.SYSTEM, "get", "deploy", "-o", "name")
    assert flux.sweeps.kubectl("get", "sweepjobs,sweeptrials", "-o", "name") == before
    take_the_operator_back(target)
