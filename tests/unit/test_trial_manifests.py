"""Trials of another kind than Job: the operator's own code over the fake API server, in virtual time."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, cast

import pytest
from sweepjob.controllers.caches import Caches
from sweepjob.kube.client import KubeClient
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import StatusError, parse_path
from sweepjob.local.job_controller import is_disrupted
from sweepjob.local.store import Body, Change, Key

from tests.fake_api.access_rules import AccessRules
from tests.fake_api.harness import SETTINGS, Scenario
from tests.fake_api.widgets import TRIAL, WIDGET, WidgetCluster

from .scenarios import HEAVY_FAULTS, check, spec

pytestmark = pytest.mark.usefixtures("quiet_logs")

KINDS = replace(SETTINGS, trial_kinds=(WIDGET,))
ONE = {"type": "grid"}


def scenario(seed: int, body: dict[str, Any], **given: Any) -> Scenario:
    given = {"settings": KINDS, "cluster": WidgetCluster, **given}
    return Scenario(seed, body, **given)


@pytest.mark.parametrize("seed", range(4))
def test_a_sweep_of_objects_ends_as_one_of_jobs(seed: int) -> None:
    story = scenario(seed, spec(8, 3, trial=TRIAL), failure_probability=0.15).run()
    check(story)
    assert not story.server.store.all("widgets") or all(
        w["status"]["stage"] in ("Done", "Broken")
        for w in story.server.store.all("widgets").values()
    ), "what was stopped is deleted"
    running = [
        p for p in story.server.store.all("pods").values() if p["status"]["phase"] == "Running"
    ]
    assert not running, "no pod outlives its trial"
    phases = {t["status"]["phase"] for t in story.trials}
    assert "EarlyStopped" in phases
    for trial in story.trials:
        status = trial["status"]
        if status["phase"] == "Succeeded":
            assert status["message"] == "its Widget succeeded"


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_lost_when_the_operator_is_killed(seed: int) -> None:
    kills = frozenset(range(60 + seed * 13, 6000, 170))
    faults = {**HEAVY_FAULTS, "forgotten": 0.0}
    story = scenario(
        seed, spec(6, 2, trial=TRIAL), failure_probability=0.1, kills=kills, faults=faults
    ).run()
    check(story)
    assert story.killed >= 3


def test_failures_are_retried_and_say_what_failed() -> None:
    trial = {**TRIAL, "maxRetries": 1}
    story = scenario(3, spec(2, 1, trial=trial), failure_probability=1.0).run()
    assert story.sweep["status"]["phase"] == "Failed"
    for trial in story.trials:
        status = trial["status"]
        assert (status["phase"], status["attempt"], status["failures"]) == ("Failed", 2, 1)
        assert "its Widget failed" in status["message"]
        assert "the trainer ended with exit code 1" in status["message"]


def test_a_disruption_that_ends_the_object_is_no_failure() -> None:
    body = spec(3, 1, trial={**TRIAL, "maxRetries": 0})
    story = scenario(5, body, cluster=Evicting, eviction_probability=0.5).run()
    assert {t["status"].get("failures", 0) for t in story.trials} == {0}
    assert {t["status"]["phase"] for t in story.trials} <= {"Succeeded", "EarlyStopped"}
    disruptions = [t["status"].get("disruptions", 0) for t in story.trials]
    assert sum(disruptions) >= 1, disruptions


class Evicting(WidgetCluster):
    """The Job of a Widget fails with a pod that is evicted."""

    def _sync_job(self, key: Key) -> None:
        job = self._store.get("jobs", key)
        if job is not None and any(map(is_disrupted, self._pods_of(job))):
            self._finish_job(key, "Failed")
        super()._sync_job(key)


def test_a_kind_that_the_chart_does_not_list_is_refused() -> None:
    story = scenario(1, spec(2, 1, trial=TRIAL), settings=SETTINGS, timeout=20.0)
    with pytest.raises(AssertionError, match="not over"):
        story.run()
    status = story.sweep["status"]
    assert status["phase"] == "Invalid"
    [accepted] = [c for c in status["conditions"] if c["type"] == "Accepted"]
    assert accepted["reason"] == "TrialKindNotAllowed"
    assert "may not create objects of the kind Widget (example.com/v1)" in accepted["message"]
    assert "trialKinds" in accepted["message"]
    assert not story.trials


def test_a_condition_that_gives_no_truth_value_fails_the_trial() -> None:
    trial = copy.deepcopy(TRIAL) | {"successCondition": "status.stage", "maxRetries": 0}
    story = scenario(2, spec(1, 1, trial=trial)).run()
    [trial] = story.trials
    assert trial["status"]["phase"] == "Failed"
    assert trial["status"]["reason"] == "ConditionNotEvaluated"
    assert "must give true or false" in trial["status"]["message"]


def test_objects_that_go_with_their_kind_cancel_the_trial_and_the_next_one_waits() -> None:
    """As when somebody deletes the CustomResourceDefinition in the middle of a sweep."""
    story = scenario(4, spec(2, 1, trial=TRIAL), cluster=Vanishing, timeout=60.0)
    with pytest.raises(AssertionError, match="not over"):
        story.run()
    first, second = story.trials
    assert first["status"]["phase"] == "Canceled"
    assert first["status"]["message"].startswith("its Widget was deleted by another client")
    assert second["status"]["phase"] == "Pending"
    assert second["status"]["reason"] == "TrialKindNotServed"
    [degraded] = [c for c in story.sweep["status"]["conditions"] if c["type"] == "Degraded"]
    assert (degraded["status"], degraded["reason"]) == ("True", "TrialKindNotServed")
    assert "its Widget cannot be created" in degraded["message"]


def test_a_trial_ends_after_pods_that_appear_when_its_object_is_gone() -> None:
    """A chain of controllers takes seconds to make a pod, and may not know yet that its owner is gone."""
    cluster: list[Slow] = []

    def make(*given: Any) -> Slow:
        cluster.append(Slow(*given))
        return cluster[0]

    story = scenario(1, spec(1, 1, trial=TRIAL), cluster=make).run()
    [trial] = story.trials
    assert trial["status"]["phase"] == "Canceled"
    assert cluster[0].phases == [{"Stopping"}], "of the trial when the pod appears"


class Slow(WidgetCluster):
    """The Job of a Widget is made some time later, when the sweep has been stopped."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.phases: list[set[str]] = []

    def _on_change(self, change: Change) -> None:
        super()._on_change(change)
        if change.resource == "pods" and change.old is None:
            trials = self._store.all("sweeptrials").values()
            self.phases.append({trial["status"]["phase"] for trial in trials})

    def _sync_widget(self, key: Key) -> None:
        for sweep in self._store.all("sweepjobs"):
            self.request("PATCH", "sweepjobs", sweep, {"spec": {"stop": True}})
        if not self._store.all("jobs"):
            super()._sync_widget(key)

    def _create_job(self, key: Key, widget: Body, number: int) -> None:
        self._later((2.0, 2.1), super()._create_job, key, widget, number)


class Vanishing(WidgetCluster):
    """The kind is not served any more once an object of it has been deleted."""

    def _show(self, key: Key, stage: str) -> None:
        super()._show(key, stage)
        self._later((3.0, 3.1), self._vanish, key)

    def _vanish(self, key: Key) -> None:
        self.request("DELETE", "widgets", key, {"propagationPolicy": "Background"})
        answer = self._server.answer

        def without_kind(request: Request) -> tuple[int, Body]:
            if parse_path(request.path).resource == "widgets" and request.method != "DELETE":
                return 404, StatusError(404, "NotFound", "the server could not find it").body
            return answer(request)

        self._server.answer = without_kind  # type: ignore[method-assign] # it fails


def test_a_number_in_a_manifest_has_the_type_that_its_kind_declares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schema = {
        "x-kubernetes-group-version-kind": [
            {"group": "example.com", "version": "v1", "kind": "Widget"}
        ],
        "properties": {"spec": {"properties": {"restarts": {"type": "integer"}}}},
    }
    document = {"components": {"schemas": {"com.example.v1.Widget": schema}}}
    monkeypatch.setattr(AccessRules, "published", {"example.com/v1": document})
    trial = copy.deepcopy(TRIAL)
    trial["manifest"]["spec"]["restarts"] = "${{inputs.restarts}}"
    trial["manifest"]["spec"]["note"] = "${{inputs.restarts}}"
    story = scenario(6, spec(2, 1, trial=trial, inputs={"restarts": 2})).run()
    assert {t["status"]["phase"] for t in story.trials} <= {"Succeeded", "EarlyStopped"}
    widgets = [w["spec"] for w in story.server.store.all("widgets").values()]
    assert {(w["restarts"], w["note"]) for w in widgets} == {(2, "2")}


def test_an_object_that_cannot_be_read_is_counted() -> None:
    """As Jobs, pods and records are, by the metric ``sweepjob_operator_unreadable_objects``."""
    caches = Caches(KubeClient(cast("Any", None)), (), lambda: 0.0, (WIDGET,))
    caches.kinds.objects(WIDGET, "team").try_parse({"metadata": {"name": "w"}})
    assert caches.quarantined()[WIDGET.resource] == 1
