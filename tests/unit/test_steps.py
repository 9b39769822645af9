"""Steps of reports, from the sources of the sidecar to the curve of a trial that goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.curve_encoding import curve_patch, dump_curve
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.state.trial_state import TrialState
from sweepjob.early_stopping.curve_steps import NO_STEPS
from sweepjob.ingest.authentication import Caller
from sweepjob.ingest.channel_client import _request, parse_request
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.training.environment import TrialEnvironment
from sweepjob.training.reporting import Reporter

from .builders import sweepjob

CHECKPOINT = {
    "outputs": {"state": {"volume": {"persistentVolumeClaim": {"claimName": "c"}}}},
    "trial": {"image": "i", "command": "c", "checkpoint": {"output": "state"}},
}


def store(status: dict[str, Any] | None = None, **spec: Any) -> tuple[SweepStore, TrialState]:
    body = sweepjob(**{**CHECKPOINT, **spec})
    sweep = SweepStore(ObjectIdentity("team", "sweep", "u"), parse_sweepjob(body), 1, 0.0, {})
    record = trial_manifest("team", "sweep", "u", 0, {"lr": 0.1, "units": 16}, "random")
    record["metadata"] |= {"uid": "trial-0", "resourceVersion": "1"}
    record["status"] = status or {}
    trial = sweep.admit(parse_record(record))
    assert trial is not None
    return sweep, trial


def push(first: int, *reports: tuple[float, int | None]) -> protocol.Push:
    values, steps = zip(*reports, strict=True)
    return protocol.Push("team", "sweep-0", first, values, steps=steps)


def test_reports_that_are_made_again_after_a_pause_count_once() -> None:
    sweep, trial = store()
    sweep.switch_pod(trial, "one", 0.0)
    sweep.ingest_push(trial, push(1, (0.1, 1), (0.2, 2), (0.3, 3)), 1.0)
    sweep.switch_pod(trial, "two", 2.0)
    # Its checkpoint is of step 1.
    sweep.ingest_push(trial, push(1, (0.25, 2), (0.35, 3), (0.4, 4)), 3.0)
    assert trial.reports.curve.values == [0.1, 0.2, 0.3, 0.4]
    assert trial.reports.received == 3, "its sidecar is to send the fourth next"
    sweep.ingest_push(trial, push(2, (0.35, 3), (0.4, 4), (0.5, 5)), 4.0)
    assert trial.reports.curve.values == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_without_steps_every_report_counts() -> None:
    sweep, trial = store()
    sweep.switch_pod(trial, "one", 0.0)
    sweep.ingest_push(trial, push(1, (0.1, None), (0.2, None)), 1.0)
    sweep.switch_pod(trial, "two", 2.0)
    sweep.ingest_push(trial, push(1, (0.2, None), (0.3, None)), 3.0)
    assert trial.reports.curve.values == [0.1, 0.2, 0.2, 0.3]
    assert trial.reports.steps == NO_STEPS


def test_within_one_execution_a_repeated_step_is_another_report() -> None:
    sweep, trial = store()
    sweep.switch_pod(trial, "one", 0.0)
    sweep.ingest_push(trial, push(1, (0.1, 5), (0.2, 5), (0.3, 2)), 1.0)
    assert trial.reports.curve.values == [0.1, 0.2, 0.3]


def test_a_sweep_without_checkpoints_starts_its_curve_anew() -> None:
    sweep, trial = store(trial={"image": "i", "command": "c"}, outputs=None)
    sweep.switch_pod(trial, "one", 0.0)
    sweep.ingest_push(trial, push(1, (0.1, 1), (0.2, 2)), 1.0)
    sweep.switch_pod(trial, "two", 2.0)
    sweep.ingest_push(trial, push(1, (0.15, 1)), 3.0)
    assert trial.reports.curve.values == [0.15]
    assert trial.reports.curve.best == 0.2


def test_a_restarted_operator_knows_which_reports_are_repeated() -> None:
    sweep, trial = store()
    sweep.switch_pod(trial, "one", 0.0)
    sweep.ingest_push(trial, push(1, (0.1, 1), (0.2, 2), (0.3, 3)), 1.0)
    sweep.switch_pod(trial, "two", 2.0)
    sweep.ingest_push(trial, push(1, (0.3, 3)), 3.0)
    reports = trial.reports
    dumped = dump_curve(reports.curve, reports.pod, received=reports.received, steps=reports.steps)
    assert (dumped["received"], dumped["step"], dumped["knownStep"]) == (1, 3, 3)
    status = {"phase": "Running", "curve": curve_patch(dumped)}
    again, trial = store({k: v for k, v in status.items() if v is not None})
    again.ingest_push(trial, push(1, (0.3, 3), (0.4, 4)), 5.0)
    assert trial.reports.curve.values == [0.1, 0.2, 0.3, 0.4]
    assert trial.reports.received == 2


def test_reports_in_a_termination_message_are_matched_as_well() -> None:
    sweep, trial = store()
    sweep.switch_pod(trial, "one", 0.0)
    sweep.ingest_push(trial, push(1, (0.1, 1), (0.2, 2)), 1.0)
    sweep.switch_pod(trial, "two", 2.0)
    summary = protocol.Summary(3, 0.1, 0.3, (0.15, 0.2, 0.3), ("score",), steps=(1, 2, 3))
    sweep.ingest_summary(trial, summary, 3.0)
    assert trial.reports.curve.values == [0.1, 0.2, 0.3]
    assert (trial.reports.received, trial.reports.is_final) == (3, True)


def test_an_end_that_nobody_saw_is_said() -> None:
    sweep, trial = store()
    sweep.switch_pod(trial, "one", 0.0)
    sweep.ingest_push(trial, push(1, (0.1, 1)), 1.0)
    sweep.switch_pod(trial, "two", 2.0)
    sweep.ingest_push(trial, push(1, (0.9, 9)), 3.0)
    warning = trial.completeness.warnings["ReportsLost"]
    assert "reports after number 1 may be missing" in warning.message
    assert trial.completeness.incomplete, "a result that may be incomplete is not called healthy"


def executions(*each: list[tuple[float, int | None]]) -> TrialState:
    """A trial after several executions, each of which made some reports."""
    sweep, trial = store()
    for number, reports in enumerate(each, 1):
        sweep.switch_pod(trial, f"pod {number}", float(number))
        sweep.trials.finish_reports(trial, float(number))
        sweep.ingest_push(trial, push(1, *reports), number + 0.5)
        sweep.trials.finish_reports(trial, number + 0.5)
    return trial


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([1, 2, 3], [1, 2, 3, 4]),
        ([1, 2], [1]),
        ([5, 10, 15], [5]),  # a report every five epochs
        ([3, 4], [1, 2, 3]),
        ([None, 1, 2], [None, 1, 2, 3]),  # counted from 0
        ([-2, -1], [-2]),
    ],
    ids=str,
)
def test_an_execution_that_begins_again_is_said(
    before: list[int | None], after: list[int | None]
) -> None:
    trial = executions([(0.1, step) for step in before], [(0.2, step) for step in after])
    warning = trial.completeness.warnings["CheckpointNotUsed"]
    first, again = (next(s for s in steps if s is not None) for steps in (before, after))
    known = max(step for step in before if step is not None)
    begin = (
        f"its reports begin at step {again}: those of the trial began at step {first} and had come"
    )
    assert (
        f"{begin} to step {known}. Reports up to step {known} do not count again" in warning.message
    )
    assert ("count steps from 1" in warning.message) is (after[0] is None)
    assert trial.completeness.incomplete == "", "no report is lost, so that no attempt is repeated"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([1, 2, 3], [4, 5]),
        ([1, 2, 3], [2, 3, 4]),  # its checkpoint is older
        ([1], [1, 2]),  # nothing was saved before the only report
        ([1, 2, 3], []),
        ([1, 2, 3], [3, 4, 1]),  # one of another series, later
        ([None, None], [None, None, None]),
        ([], [1, 2]),
        ([None, None], [1, 2]),
        ([1, 2], [None, 3]),
        (
            [None, None, 10, 20],
            [5, 6],
        ),  # the first reports had no step, so its checkpoint may be of 4
    ],
    ids=str,
)
def test_an_execution_that_goes_on_is_not_said_to_begin_again(
    before: list[int | None], after: list[int | None]
) -> None:
    sweep, trial = store()
    for number, steps in enumerate((before, after)):
        sweep.switch_pod(trial, f"pod {number}", float(number))
        if steps:
            sweep.ingest_push(trial, push(1, *((0.1, step) for step in steps)), number + 0.5)
        sweep.trials.finish_reports(trial, number + 0.5)
    assert "CheckpointNotUsed" not in trial.completeness.warnings


def test_an_execution_of_the_same_attempt_is_called_a_pod_of_it_with_both_causes() -> None:
    """A pod that a drained node replaced; and what Keras does without initial_epoch."""
    trial = executions([(0.1, 1), (0.2, 2)], [(0.3, 1), (0.4, 2)])
    assert trial.status.attempt == 1
    assert trial.reports.curve.values == [0.1, 0.2]
    message = trial.completeness.warnings["CheckpointNotUsed"].message
    assert message.startswith("a pod of attempt 1 was to go on")
    assert "If the script did not load its newest checkpoint" in message
    assert "If it did, and counts steps from the beginning again" in message
    assert "attempts before" not in message


def test_a_restarted_operator_knows_the_first_step() -> None:
    trial = executions([(0.1, 2), (0.2, 4)])
    reports = trial.reports
    dumped = dump_curve(reports.curve, reports.pod, steps=reports.steps, is_final=True)
    again, trial = store({"phase": "Running", "curve": dumped})
    again.switch_pod(trial, "next", 9.0)
    again.ingest_push(trial, push(1, (0.1, 2)), 9.0)
    assert "CheckpointNotUsed" in trial.completeness.warnings
    older = {key: value for key, value in dumped.items() if key != "firstStep"}
    again, trial = store({"phase": "Running", "curve": older})
    again.switch_pod(trial, "next", 9.0)
    again.ingest_push(trial, push(1, (0.1, 2)), 9.0)
    assert trial.completeness.warnings == {}, "of an earlier operator's record it is not known"


def test_steps_survive_the_protocol() -> None:
    sent = push(1, (0.1, 1), (0.2, None), (0.3, 3))
    assert protocol.Push.parse(sent.fit()).reports() == sent.reports()
    assert parse_request({**_request(1, Caller("n", "p", "u"), sent)})[1] == sent
    older = json.loads(push(1, (0.1, None)).dump())
    assert "steps" not in older, "older operators get what they know"
    assert protocol.Push.parse(json.dumps(older).encode()).reports() == ((0.1, None),)
    summary = protocol.Summary(2, 0.1, 0.2, (0.1, 0.2), (), steps=(1, 2))
    assert protocol.Summary.parse(summary.dump()) == summary
    long = protocol.Summary(900, 0.0, 1.0, tuple([0.123456] * 900), (), steps=tuple(range(1, 901)))
    cut = protocol.Summary.parse(long.dump())
    assert cut is not None
    assert cut.reports()[-1] == (0.123456, 900)


@pytest.mark.parametrize("steps", [[1], [1, 2, 3], "x"])
def test_as_many_steps_as_reports_are_sent(steps: Any) -> None:
    body = {**json.loads(push(1, (0.1, 1), (0.2, 2)).dump()), "steps": steps}
    with pytest.raises(ValueError, match="steps"):
        protocol.Push.parse(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("step", "known"),
    [
        (3, 3),
        (-3, -3),
        (0, None),
        (None, None),
        (True, None),
        (4.0, 4),
        (1.5, None),
        (float("inf"), None),
        (float("nan"), None),
        ("2", None),
        (2**60, None),
    ],
)
def test_what_counts_as_a_step(step: Any, known: int | None) -> None:
    assert protocol.known_step(step) == known


def test_the_sidecar_keeps_steps_in_its_journal(tmp_path: Path) -> None:
    first = MetricStore(Journal(tmp_path / "journal"), "score", "sweep-0")
    first.add_report("score", 0.1, ("file", 10), step=4)
    first.add_report("score", 0.2, point=(1, 5, 99))
    first.add_report("score", 0.3)
    again = MetricStore(Journal(tmp_path / "journal"), "score", "sweep-0")
    assert again.batch(1).reports() == ((0.1, 4), (0.2, 5), (0.3, None))
    assert again.batch(2).steps == (5, None)
    assert again.summary().steps == (4, 5, None)


@pytest.mark.parametrize(("checkpoint", "expected"), [(True, [0, 7, 0]), (False, [1, 7, 3])])
def test_a_counted_step_is_none_where_trials_go_on(
    tmp_path: Path, checkpoint: bool, expected: list[int]
) -> None:
    """The number of a report begins at 1 in each execution: it would be taken for an old one."""
    path = tmp_path / "metrics"
    variables = {"SWEEPJOB_METRICS_SOURCE": "file", "SWEEPJOB_METRICS_PATH": str(path)}
    if checkpoint:
        variables["SWEEPJOB_CHECKPOINT"] = str(tmp_path)
    reporter = Reporter(TrialEnvironment.read(variables))
    reporter.report("score", 0.1)
    reporter.report("score", 0.2, step=7)
    reporter.report("score", 0.3)
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == expected
