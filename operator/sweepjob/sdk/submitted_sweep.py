"""A submitted sweep: its definition, its phase and its conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..api import names
from ..api.phases import SweepPhase
from ..objective import Goal
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, trial_views
from .azure_objects import JobService
from .current_map import current_map
from .job import SweepJob
from .submitted_members import JobOfAzure
from .sweep_objects import SweepObjects

_STATUS: dict[str, str] = {
    SweepPhase.PENDING: "NotStarted",
    SweepPhase.RUNNING: "Running",
    SweepPhase.BLOCKED: "Queued",
    SweepPhase.SUSPENDED: "Paused",
    SweepPhase.COMPLETE: "Completed",
    SweepPhase.FAILED: "Failed",
    SweepPhase.INVALID: "Failed",
}
_PROPERTY = f"properties.{names.GROUP}/"
_ENDED = (SweepPhase.COMPLETE, SweepPhase.FAILED, SweepPhase.INVALID)
# Reasons of the phase Failed that Azure calls canceled.
_CANCELED = ("Stopped", "SweepTimeout")


class SubmittedSweep(JobOfAzure):
    """A submitted sweep. Each property reads its current state."""

    def __init__(self, objects: SweepObjects) -> None:
        self._objects = objects

    @property
    def objects(self) -> SweepObjects:
        """Access to the objects of the sweep."""
        return self._objects

    @property
    def name(self) -> str:
        """Name of the SweepJob."""
        return self._objects.name

    @property
    def id(self) -> str:
        """Name of the SweepJob, by Azure's name for it."""
        return self.name

    @property
    def body(self) -> Mapping[str, Any]:
        """The current SweepJob object."""
        return self._objects.sweep()

    @property
    def studio_url(self) -> str:
        """Address of the sweep's page, in place of Azure's studio; without one the command that opens it.

        The Azure map has the address of the dashboard that the cluster serves.
        """
        dashboard = current_map().workspace.dashboard.rstrip("/")
        if dashboard and self._objects.namespace:
            return f"{dashboard}/#/{self._objects.namespace}/{self.name}/overview"
        return self._objects.page_command

    @property
    def services(self) -> dict[str, JobService]:
        """The sweep's page, by Azure's name for it."""
        return {"Studio": JobService(endpoint=self.studio_url, type="Studio")}

    @property
    def display_name(self) -> str | None:
        """Display name of the sweep."""
        return self.job.display_name

    @property
    def experiment_name(self) -> str | None:
        """Experiment name of the sweep."""
        return self.job.experiment_name

    @property
    def tags(self) -> dict[str, str]:
        """Tags of the sweep."""
        return self.job.tags

    @property
    def job(self) -> SweepJob:
        """The definition of the sweep, which can be changed and submitted again."""
        body = dict(self.body)
        meta = {k: v for k, v in body["metadata"].items() if k in ("name", "namespace", "labels")}
        # Other annotations are not part of the definition: kubectl and others add theirs.
        notes = body["metadata"].get("annotations") or {}
        meta["annotations"] = {k: v for k, v in notes.items() if f"{names.GROUP}/" in k}
        return SweepJob.from_manifest({**body, "metadata": meta})

    def views(self) -> tuple[SweepView, list[TrialView]]:
        """Return the sweep and its trials in the form that the ``sweepjob`` commands print."""
        sweep = SweepView.of(self.body)
        return sweep, trial_views(self._objects.trials(), sweep.goal)

    @property
    def phase(self) -> str:
        """Phase: Pending, Running, Blocked, Suspended, Complete, Failed or Invalid."""
        return str((self.body.get("status") or {}).get("phase", SweepPhase.PENDING.value))

    @property
    def status(self) -> str:
        """Azure's name of the phase: ``Completed``, ``Canceled``, ``Running`` and so on."""
        phase = self.phase
        canceled = (
            phase == SweepPhase.FAILED and self._condition("Failed").get("reason") in _CANCELED
        )
        return "Canceled" if canceled else _STATUS.get(phase, "Running")

    def get_status(self) -> str:
        """Return ``status``; the name of v1 of Azure's client."""
        return self.status

    @property
    def is_finished(self) -> bool:
        """Whether the sweep has ended."""
        return self.phase in _ENDED

    @property
    def goal(self) -> Goal:
        """Whether larger or smaller values of the primary metric are better."""
        return SweepView.of(self.body).goal

    @property
    def primary_metric(self) -> str:
        """Name of the metric that is optimized."""
        return SweepView.of(self.body).metric

    @property
    def properties(self) -> dict[str, str]:
        """The sweep's own ones, and ``best_child_run_id`` and ``score`` once a trial has reported."""
        body = self.body
        notes = body["metadata"].get("annotations") or {}
        found = {
            key.removeprefix(_PROPERTY): value
            for key, value in notes.items()
            if key.startswith(_PROPERTY)
        }
        best = (body.get("status") or {}).get("best")
        own = {"best_child_run_id": best["trial"], "score": best["value"]} if best else {}
        return {**found, **own}

    def _condition(self, kind: str) -> Mapping[str, Any]:
        conditions = (self.body.get("status") or {}).get("conditions") or ()
        return next((c for c in conditions if c["type"] == kind), {})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.phase})"
