"""Assembles the controllers, their caches and their queues."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ..api import names
from ..api.phases import TrialPhase
from ..controllers.caches import Caches
from ..controllers.event_recorder import EventRecorder
from ..controllers.executor import Executor
from ..controllers.ingest_authority import IngestAuthority
from ..controllers.job_creator import JobCreator
from ..controllers.job_event_poller import JobEventPoller
from ..controllers.log_tails import LogTails
from ..controllers.namespace_constraint_reader import NamespaceConstraintReader
from ..controllers.notification_dispatcher import NotificationDispatcher
from ..controllers.owner_resolver import OwnerResolver
from ..controllers.permissions import ScopedPermission
from ..controllers.queues import Queues
from ..controllers.report_ingestor import ReportIngestor
from ..controllers.spec_admission import SpecAdmission
from ..controllers.sweep_controller import SweepController
from ..controllers.sweep_end_jobs import SweepEndJobs
from ..controllers.sweep_registry import SweepRegistry
from ..controllers.sweep_status_writer import SweepStatusWriter
from ..controllers.trial_controller import TrialController
from ..controllers.trial_status_writer import TrialStatusWriter
from ..kube.client import KubeClient
from ..notifications.http_sender import HttpSender, Sender
from ..settings import OperatorSettings
from ..telemetry import metrics
from .sweepjob_audit import SweepJobVersion

# Returns the missing permissions that affect sweeps of a namespace with a metrics source.
MissingPermissions = Callable[[str, str], list[ScopedPermission]]
# Reasons why Jobs are not created that an administrator can repair.
_REPAIRABLE = (names.REASON_NOT_PERMITTED, names.REASON_INTAKE_CERTIFICATE)


class ControllerManager:
    """The controllers of sweeps and trials, with their caches and queues.

    Args:
        api: the API server.
        settings: the operator's settings.
        authority: the authority by which sidecars trust the ingest server.
        clock: seconds since the epoch.
        missing_permissions_for: returns the missing permissions that affect sweeps of a namespace with a
            metrics source.
        sender: sends notifications; over HTTP by default.

    Attributes:
        registry: the registry of all sweeps; SweepJob events are to be passed to it.
        caches: the caches of records, Jobs and pods; to be run.
        queues: the controllers' queues; to be run.
        reports: ingests what pods show, and what their logs report.
    """

    def __init__(
        self,
        api: KubeClient,
        settings: OperatorSettings,
        authority: IngestAuthority,
        clock: Callable[[], float] = time.time,
        missing_permissions_for: MissingPermissions = lambda namespace, source: [],
        sender: Sender | None = None,
    ) -> None:
        self.registry = registry = SweepRegistry(settings)
        self.caches = Caches(api, settings.namespaces, clock, settings.trial_kinds)
        self.queues = Queues(registry)
        tails = LogTails(api, self.caches, registry, self.queues, clock)
        self.reports = ReportIngestor(
            api, self.caches, registry, self.queues, clock, settings.log_limits, tails
        )
        events = EventRecorder(api, clock)
        constraints = NamespaceConstraintReader(api, clock)
        creator = JobCreator(
            api, self.caches, events, constraints, settings.sidecar, authority, clock
        )
        sender, deliveries = sender or HttpSender(), self.queues.record_deliveries
        self._notifications = NotificationDispatcher(
            registry, settings.notifications, sender, deliveries, clock
        )
        end_jobs = SweepEndJobs(api, self.caches, events, constraints, settings.sidecar)
        known = missing_permissions_for, self._notifications
        writer = SweepStatusWriter(api, registry, settings, events, *known, clock, end_jobs)
        trial_writer = TrialStatusWriter(api, self.caches, events, clock)
        shared = (registry, self.caches, self.queues, settings)
        trials = TrialController(
            *shared,
            Executor(api, self.caches, creator, trial_writer, tails, clock),
            JobEventPoller(api, self.caches, constraints),
            OwnerResolver(api, self.caches, clock),
            self.reports,
            authority,
            clock,
        )
        used = creator, writer, events, self.reports, self.queues
        admission = SpecAdmission(api, self.caches, *used, clock, settings.prices)
        self._sweeps = SweepController(
            api, *shared, admission, writer, missing_permissions_for, clock
        )
        self.queues.connect(self._sweeps.reconcile, trials.reconcile, self._sweeps.reconcile_status)
        registry.connect(self.queues.sweeps.add, self._notifications.offer)
        self.caches.connect(
            self.queues.requeue_changed, self.reports.on_pod, registry.on_record_deleted
        )

    async def run(self) -> None:
        """Reconcile, and deliver notifications, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.queues.run())
            group.create_task(self._notifications.run())

    def versions(self) -> dict[tuple[str, str], SweepJobVersion]:
        """Return every known SweepJob, as last seen."""
        return {key: SweepJobVersion.of(entry.body) for key, entry in self.registry.items()}

    def requeue_all(self) -> None:
        """Reconcile everything: a permission, or the trust in the ingest server, has changed."""
        for key, entry in self.registry.items():
            self.queues.sweeps.add(key)
            if entry.sweep is None:
                continue
            for trial in entry.sweep.state.live.values():
                blocker = trial.blockers.creation
                if blocker is not None and blocker.reason in _REPAIRABLE:
                    entry.sweep.trials.allow_retry(trial)
            self.queues.requeue_trials(entry.sweep.state)
            self.queues.statuses.add(key)

    def metrics_snapshot(self) -> metrics.MetricsSnapshot:
        """Return the amount of pending work, for the metrics."""
        states = self.registry.active()
        phases = [trial.status.phase for state in states for trial in state.live.values()]
        running = sum(phase is TrialPhase.RUNNING for phase in phases)
        unreadable = self.caches.quarantined()
        unreadable[names.SWEEPJOBS] += self.registry.quarantined
        unreadable[names.SWEEPTRIALS] += sum(len(state.unreadable) for state in states)
        queued = len(phases) - running - sum(len(state.paused) for state in states)
        return metrics.MetricsSnapshot(
            len(states),
            running,
            queued,
            self.queues.depth,
            unreadable,
            self._notifications.waiting,
        )
