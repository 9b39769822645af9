"""A kind that was invented for the tests: a Widget has a Job made from its pod template, starts it again as
often as it says, and shows how it went in ``status.stage``. Its controller copies no labels to the Job."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from sweepjob.api.spec.trial_kind import TrialKind
from sweepjob.local.job_controller import _OWNED, _PREFIXES
from sweepjob.local.store import Body, Change, Key, owner_of

from .cluster import FakeCluster

GROUP = "example.com"
WIDGET = TrialKind(f"{GROUP}/v1", "Widget", "widgets")
TRIAL: dict[str, Any] = {
    "manifest": {
        "apiVersion": WIDGET.api_version,
        "kind": WIDGET.kind,
        "spec": {
            "restarts": 0,
            "template": {
                "spec": {
                    "containers": [{"name": "trainer", "image": "train", "command": ["train"]}]
                }
            },
        },
    },
    "successCondition": "status.stage == 'Done'",
    "failureCondition": "status.stage == 'Broken'",
    "maxRetries": 2,
}


class WidgetCluster(FakeCluster):
    """A fake cluster with a controller of Widgets."""

    _owned: ClassVar = {**_OWNED, "sweeptrials": ("jobs", "widgets"), "widgets": ("jobs",)}
    _prefixes: ClassVar = {**_PREFIXES, "widgets": f"/apis/{WIDGET.api_version}"}

    def _on_change(self, change: Change) -> None:
        super()._on_change(change)
        meta = change.body["metadata"]
        key = (meta["namespace"], meta["name"])
        if change.resource == "widgets" and change.new is not None:
            self._later((0.005, 0.1), self._sync_widget, key)
        elif change.resource == "jobs":
            self._later((0.005, 0.1), self._sync_widget, (key[0], key[1].rpartition("-worker-")[0]))

    def _sync_widget(self, key: Key) -> None:
        widget = self._store.get("widgets", key)
        if widget is None:
            return
        uid = widget["metadata"]["uid"]
        jobs = {k: j for k, j in self._store.all("jobs").items() if owner_of(j) == uid}
        if "deletionTimestamp" in widget["metadata"]:
            for job_key, job in jobs.items():
                if "deletionTimestamp" not in job["metadata"]:
                    self.request("DELETE", "jobs", job_key, {"propagationPolicy": "Foreground"})
            if not jobs:
                self.request("PATCH", "widgets", key, {"metadata": {"finalizers": None}})
            return
        if (widget.get("status") or {}).get("stage") in ("Done", "Broken"):
            return
        conditions = [c["type"] for j in jobs.values() for c in _conditions(j)]
        if "Complete" in conditions:
            self._show(key, "Done")
        elif conditions.count("Failed") > widget["spec"]["restarts"]:
            self._show(key, "Broken")
        elif conditions.count("Failed") == len(jobs):
            self._create_job(key, widget, len(jobs))

    def _show(self, key: Key, stage: str) -> None:
        self.request("PATCH", "widgets", key, {"status": {"stage": stage}}, "status")

    def _create_job(self, key: Key, widget: Body, number: int) -> None:
        owner = {"apiVersion": WIDGET.api_version, "kind": WIDGET.kind, "name": key[1]}
        owner["uid"] = widget["metadata"]["uid"]
        template = widget["spec"]["template"]
        name = f"{key[1]}-worker-{number}"
        metadata = {"name": name, "ownerReferences": [owner]}
        body = {"metadata": metadata, "spec": {"template": json.loads(json.dumps(template))}}
        self.request("POST", "jobs", key, body)
        self._show(key, "Running")


def _conditions(job: Body) -> list[Body]:
    return (job.get("status") or {}).get("conditions") or []
