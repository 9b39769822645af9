"""The three sequence diagrams of the architecture page are what the operator does, in their order."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.fake_api.harness import Scenario, quiet
from tests.generated.layers import ROOT

from .scenarios import spec

pytestmark = pytest.mark.virtual_time
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
OUTSIDE = ""  # another process does it: not traced
# The call behind each message of a diagram.
STOP = {
    "append the report to the journal": OUTSIDE,
    "push over HTTPS": OUTSIDE,
    "TokenReview, cached for a minute": OUTSIDE,
    "push and pod uid, over a socket pair": "controllers.push_handler:PushHandler.handle",
    "ingest the reports": "controllers.state.sweep_store:SweepStore.ingest_push",
    "evaluate the interval": "early_stopping.evaluator:PolicyEvaluator.evaluate",
    "stop, with value and threshold": "controllers.state.trial_store:TrialStore.set_pending_stop",
    "add the key of the trial to the queue": "controllers.queues:Queues.requeue_reporting",
    "number of the next report, number of the last recorded report": OUTSIDE,
    "snapshot, plan": "controllers.trial_controller:plan",
    "RecordStop, DeletePod, DeleteJob": "controllers.executor:Executor.execute",
    "patch the status of the SweepTrial": "controllers.trial_status_writer:TrialStatusWriter.record_stop",
    "delete the pod with its grace period": "controllers.executor:Executor._delete_pod",
    "delete the Job": "controllers.executor:Executor._delete_job",
    "watch: the pod has ended": "controllers.report_ingestor:ReportIngestor.on_pod",
    "RecordEnd": "controllers.executor:Executor.execute",
    "patch the status of the SweepTrial again": "controllers.trial_status_writer:TrialStatusWriter.record_end",
}
APPLY = {
    "create the SweepJob": OUTSIDE,
    "watch: a new generation": "kube.workqueue:WorkQueue.add",
    "validate the spec": "controllers.parser_threads:ParserThreads.parse",
    "load the records: none yet": "controllers.state.sweep_store:SweepStore.load_in_steps",
    "create a Job as a dry run": "controllers.job_creator:JobCreator.dry_run_job",
    "propose a trial for each free slot": "controllers.state.sweep_store:SweepStore.propose",
    "parameters": OUTSIDE,
    "reserve the slots": "controllers.state.sweep_store:SweepStore.reserve_slot",
    "add the keys of the trials to the queue": "controllers.trial_controller:TrialController.reconcile",
    "CreateTrial, CreateJob": "controllers.executor:Executor.execute",
    "create the SweepTrial": "controllers.job_creator:JobCreator.create_trial",
    "create the Job": "controllers.job_creator:JobCreator.create_job",
}
RESTART = {
    "list SweepTrials, Jobs, pods": "controllers.caches:Caches.run",
    "list: each SweepJob": "controllers.sweep_registry:SweepRegistry.on_event",
    "acquire the Lease, with several replicas": OUTSIDE,
    "wait until the namespace is listed": "controllers.caches:Caches.synced",
    "validate the spec, unless the sweep has finished": (
        "controllers.parser_threads:ParserThreads.parse"
    ),
    "load the records: counts, curves, rankings, observations": (
        "controllers.state.sweep_store:SweepStore.load_in_steps"
    ),
    "apply the termination messages of ended pods": "controllers.report_ingestor:ReportIngestor.ingest_pod",
    "add the keys of all live trials to the queue": "controllers.queues:Queues.requeue_trials",
    "snapshot, plan: resume from the persisted state": "controllers.trial_controller:plan",
    "push": "controllers.push_handler:PushHandler.handle",
    "number of the next report that is expected": OUTSIDE,
    "reports that are not recorded": "controllers.push_handler:PushHandler.handle",
}
DIAGRAMS = {
    "From a report to an early stop": STOP,
    "From kubectl apply to a Job": APPLY,
    "Restart": RESTART,
}
# How many of the operator's modules the calls of a diagram pass. A module that only passes a call on makes
# a path longer without a reason.
MOST_MODULES = {
    "From a report to an early stop": 14,
    "From kubectl apply to a Job": 10,
    "Restart": 12,
}


def messages(heading: str) -> list[str]:
    """The messages of the diagram below a heading; a repeated one says so."""
    section = PAGE.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found: list[str] = []
    for text in re.findall(r"^ +\w+-?->>\w+: (.+)$", section, re.MULTILINE):
        found.append(f"{text} again" if text in found else text)
    return found


@pytest.mark.parametrize("heading", DIAGRAMS)
def test_each_message_has_its_call(heading: str) -> None:
    assert messages(heading) == list(DIAGRAMS[heading])


def modules_on_the_stack() -> set[str]:
    """The operator's modules from the event loop to the caller's caller."""
    found, frame = set[str](), sys._getframe(2)
    while frame.f_back is not None:
        found.add(frame.f_globals.get("__name__", ""))
        frame = frame.f_back
    others = ("sweepjob.local.", "sweepjob.telemetry.")
    return {name for name in found if name.startswith("sweepjob.") and not name.startswith(others)}


class Calls:
    """The calls behind the messages, in the order in which they begin.

    Attributes:
        made: the calls.
        passed: the modules that each of them passed.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        self.passed: list[set[str]] = []
        named = {call for diagram in DIAGRAMS.values() for call in diagram.values()}
        for call in sorted(named - {OUTSIDE}):
            module, _, name = call.partition(":")
            owner: Any = import_module(f"sweepjob.{module}")
            *classes, function = name.split(".")
            for part in classes:
                owner = getattr(owner, part)
            monkeypatch.setattr(owner, function, self._recorded(call, getattr(owner, function)))

    def _recorded(self, call: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def recorded(*args: Any, **named: Any) -> Any:
            module = call.partition(":")[0]
            self.made.append(call)
            self.passed.append(modules_on_the_stack() | {f"sweepjob.{module}"})
            return function(*args, **named)

        return recorded


class Restarted(Scenario):
    """A scenario that notes where in the calls each operator starts."""

    def watch(self, calls: Calls) -> Restarted:
        self.calls, self.starts = calls, list[int]()
        return self

    def _start(self) -> None:
        self.starts.append(len(self.calls.made))
        super()._start()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    with quiet():
        yield Calls(monkeypatch)


def check_path(calls: Calls, start: int, heading: str) -> None:
    """The calls of a diagram come in its order; others may come between. They pass few modules."""
    position, modules = start, set[str]()
    for message, call in DIAGRAMS[heading].items():
        if call == OUTSIDE:
            continue
        assert call in calls.made[position:], f"{message!r} does not follow what is above it"
        position = calls.made.index(call, position)
        modules |= calls.passed[position]
        position += 1
    assert len(modules) <= MOST_MODULES[heading], sorted(modules)


def test_from_apply_to_a_job(calls: Calls) -> None:
    Restarted(1, spec(2, 1)).watch(calls).run()
    check_path(calls, 0, "From kubectl apply to a Job")


def test_from_a_report_to_an_early_stop(calls: Calls) -> None:
    scenario = Restarted(3, spec(12, 3)).watch(calls).run()
    stopped = [t for t in scenario.trials if t["status"]["phase"] == "EarlyStopped"]
    assert stopped, "a trial was stopped"
    decided = calls.made.index(STOP["stop, with value and threshold"])
    pushed = [n for n, call in enumerate(calls.made[:decided]) if call.endswith("handle")][-1]
    check_path(calls, pushed, "From a report to an early stop")


def test_a_restart(calls: Calls) -> None:
    whole = Restarted(5, spec(6, 2)).watch(calls).run()
    middle = whole.kill_points[len(whole.kill_points) // 2]
    calls.made.clear()
    calls.passed.clear()
    killed = Restarted(5, spec(6, 2), kills=frozenset({middle})).watch(calls).run()
    assert killed.killed == 1
    check_path(calls, killed.starts[1], "Restart")
