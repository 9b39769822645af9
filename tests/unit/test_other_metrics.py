"""Metrics besides the primary one: their curves are bounded and kept, and decide nothing."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob import protocol
from sweepjob.api.parsing.lenient_reader import LenientReader
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.curve_encoding import dump_curve
from sweepjob.api.sweeptrial.other_metrics import (
    MAX_SIZE,
    dump_other_metrics,
    other_metrics_of,
    parse_other_metrics,
)
from sweepjob.log_parsing.log_parser import LogParser
from sweepjob.log_parsing.position import LogPosition
from sweepjob.protocol import MAX_CURVES, MAX_POINTS, MetricCurve, MetricCurves
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.other_metrics import OtherMetrics
from sweepjob.sidecar.sources.json_lines import JsonLines

from .builders import sweepjob
from .stored_sweeps import push, record, state

floats = st.floats(allow_nan=True, allow_infinity=True)


def curve(name: str, values: list[float]) -> MetricCurve:
    made = MetricCurve(name)
    for value in values:
        made.append(value)
    return made


@given(st.lists(floats, min_size=1, max_size=1000))
def test_a_curve_has_every_nth_report_and_the_newest(values: list[float]) -> None:
    made = curve("loss", values)
    finite = [value for value in values if math.isfinite(value)]
    assert (made.low, made.high) == (min(finite, default=None), max(finite, default=None))
    points = made.points()
    assert len(points) <= MAX_POINTS + 1
    assert [n for n, _ in points][:2] == [1, 1 + made.interval][: len(points)] or len(points) == 2
    assert points[-1][0] == len(values) == made.count
    for number, value in points:
        assert str(float(f"{value:.7g}")) == str(float(f"{values[number - 1]:.7g}"))


@given(st.lists(st.lists(floats, min_size=1, max_size=300), max_size=MAX_CURVES))
def test_a_record_has_the_curves(series: list[list[float]]) -> None:
    curves = [curve(f"metric {n}", values) for n, values in enumerate(series)]
    stored = json.loads(json.dumps(dump_other_metrics(curves)))
    found, problems = other_metrics_of(stored)
    assert not problems
    assert [found[c.name] for c in curves] == curves


def test_the_size_on_a_record_is_bounded() -> None:
    draw = random.Random(1)
    many = MetricCurves()
    for n in range(30):
        name = f"{n:02}" + "ö" * 124
        for _ in range(2000):
            many.append(name, -draw.random() * 10.0 ** draw.randint(-300, 300))
    assert len(many) == MAX_CURVES
    stored = dump_other_metrics(many)
    assert sum(len(item["values"]) for item in stored) <= MAX_SIZE
    assert len(json.dumps(stored, ensure_ascii=False).encode()) <= MAX_SIZE + MAX_CURVES * 450
    found, problems = other_metrics_of(stored)
    assert len(found) == MAX_CURVES
    assert not problems
    for name, thinned in found.items():
        whole = many.get(name)
        assert whole is not None
        assert (thinned.count, thinned.last, thinned.low) == (2000, whole.last, whole.low)


def test_the_first_names_are_kept_and_one_that_was_reported_once_gives_way() -> None:
    curves = MetricCurves(primary="score")
    for name in ["score", "", "a\nb", "x" * 251, "lone \ud800"]:
        assert not curves.append(name, 1.0)
    for n in range(MAX_CURVES):
        assert curves.append(f"setting {n}", 1.0)
    for n in range(5):
        assert curves.append(f"loss {n}", 1.0)
        assert curves.append(f"loss {n}", 2.0)
    assert len(curves) == MAX_CURVES
    assert "loss 4" in curves
    assert "setting 4" not in curves
    assert "setting 5" in curves
    named = MetricCurves(["b", "a"], "score")
    assert [named.append(name, 1.0) for name in ("a", "b", "c", "score")] == [
        True,
        True,
        False,
        False,
    ]
    assert not MetricCurves([], "score").append("a", 1.0)


@pytest.mark.parametrize(
    ("metrics", "problem"),
    [
        ({"also": "loss"}, "must be a list of names of metrics"),
        ({"also": [1]}, "must be a list of names of metrics"),
        ({"also": ["a\tb"]}, "without control characters"),
        ({"also": ["ö" * 126]}, "at most 250 bytes"),
        ({"also": [f"m{n}" for n in range(21)]}, "at most 20 names"),
        ({"also": ["a", "a"]}, "each of them once"),
        ({"source": "logs", "pattern": "acc (?P<value>.)", "also": ["a"]}, "(?P<name>...)"),
    ],
)
def test_names_are_checked(metrics: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidSpec, match=r"spec\.metrics\.also") as error:
        parse_sweepjob(sweepjob(metrics=metrics))
    assert problem in str(error.value)


def test_valid_names() -> None:
    pattern = {"source": "logs", "pattern": "(?P<name>.*) (?P<value>.)", "also": ["a"]}
    for metrics in ({"also": []}, {"also": ["val/loss @ top-5"]}, pattern):
        assert parse_sweepjob(sweepjob(metrics=metrics)).metrics.also == tuple(metrics["also"])
    assert parse_sweepjob(sweepjob()).metrics.also is None


# From the sidecar to the operator


def test_a_push_carries_the_curves() -> None:
    curves = (curve("loss", [1.0, math.nan, -math.inf]), curve("lr", [0.1]))
    sent = protocol.Push("team", "sweep-0", 1, (0.5,), ("score",), (), curves)
    assert protocol.Push.parse(sent.fit()) == sent
    without = json.loads(protocol.Push("team", "sweep-0", 1, (0.5,)).dump())
    assert "curves" not in without
    wrong: list[Any] = [
        *(1, {}, {"name": "a"}, {**curves[0].dump(), "values": [1.0] * 65}),
        {**curves[0].dump(), "interval": 3},
        {**curves[0].dump(), "name": "a\nb"},
        {**curves[0].dump(), "count": 1},
    ]
    body = json.dumps({**without, "curves": [*wrong, curves[1].dump()]}).encode()
    assert protocol.Push.parse(body).curves == curves[1:]


def test_the_decisions_are_the_same_with_and_without_other_metrics() -> None:
    draw = random.Random(7)
    reports = [[draw.random() for _ in range(40)] for _ in range(8)]
    others = [
        tuple(curve(f"m{n}", [draw.random() for _ in range(n + 1)]) for n in range(25))
        for _ in range(40)
    ]
    outcomes = []
    for curves in ([()] * 40, others):
        sweep = state(limits={"maxTotalTrials": 8})
        trials = [sweep.add_trial(record(n)) for n in range(8)]
        decided = []
        for step in range(40):
            for trial, values in zip(trials, reports, strict=True):
                sent = push(trial, step + 1, values[step])
                with_curves = protocol.Push(
                    sent.namespace,
                    sent.trial,
                    sent.first,
                    sent.values,
                    sent.metric_names,
                    (),
                    curves[step],
                )
                decided.append(sweep.ingest_push(trial, with_curves, float(step)))
        best = sweep.state.results.best
        stops = [t.pending_stop and t.pending_stop.decision for t in trials]
        outcomes.append((decided, best, stops, [t.reports.curve for t in trials]))
        kept = {len(trial.reports.other_metrics) for trial in trials}
        assert kept == ({0} if curves is not others else {MAX_CURVES})
    assert outcomes[0] == outcomes[1]
    assert any(outcomes[0][0])


def test_a_trial_of_another_pod_has_new_curves() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0, curve={"pod": "one"}, otherMetrics=stored("loss", 3)))
    assert [c.count for c in trial.reports.other_metrics] == [3]
    sweep.switch_pod(trial, "two", 0.0)
    assert len(trial.reports.other_metrics) == 0


def stored(name: str, count: int) -> list[dict[str, Any]]:
    return dump_other_metrics([curve(name, [0.5] * count)])


def test_records_that_cannot_be_read_in_full() -> None:
    wrong = [*stored("loss", 3), {"name": "lr", "reports": 1, "interval": 1, "values": "x"}]
    reader = LenientReader({"otherMetrics": wrong}, "status")
    assert [c.name for c in parse_other_metrics(reader)] == ["loss"]
    assert reader.problems == [
        "status.otherMetrics[1].values: 'x' does not fit to 1 reports",
    ]
    live = record(0, otherMetrics=wrong)
    assert live.problems
    assert not live.is_unmanaged
    ended = record(0, phase="Succeeded", otherMetrics=wrong)
    assert not ended.other_metrics  # thousands of them would fill the operator's memory


# Logs


def test_a_log_that_is_read_again_counts_each_report_once() -> None:
    metric_lines = [
        f"epoch={n} loss={10 - n} score={n / 10}" if n % 3 == 0 else f"epoch={n} loss={10 - n}"
        for n in range(1, 10)
    ]
    for killed in range(len(metric_lines) + 1):
        sweep = state(metrics={"source": "logs"})
        trial = sweep.add_trial(record(0))
        sweep.switch_pod(trial, "pod", 0.0)
        parser = LogParser("score")
        for n, line in enumerate(metric_lines[:killed], 1):
            sweep.ingest_log_line(trial, parser.read(line), LogPosition(n), 1.0)
        reports = trial.reports
        again = state(metrics={"source": "logs"})
        loaded = again.add_trial(
            record(
                0,
                curve=dump_curve(reports.curve, reports.pod, *reports.log_position),
                otherMetrics=dump_other_metrics(reports.other_metrics),
            )
        )
        parser = LogParser("score", others=[c.name for c in loaded.reports.other_metrics])
        for n, line in enumerate(metric_lines, 1):
            if n > loaded.reports.log_position.time:
                again.ingest_log_line(loaded, parser.read(line), LogPosition(n), 2.0)
        kept = {c.name: (c.count, c.last) for c in loaded.reports.other_metrics}
        assert kept == {"epoch": (9, 9.0), "loss": (9, 1.0)}
        assert loaded.reports.curve.values == [0.3, 0.6, 0.9]


def test_a_log_is_searched_for_known_names_to_its_end() -> None:
    parser = LogParser("score", others=["val loss (top 5)"])
    parser.read("score=1 train_loss=3")
    parser.read("score=1 train_loss=3")
    for _ in range(3000):
        parser.read("nothing")
    found = dict(parser.read("train_loss=2, loss=5, val loss (top 5): 0.25"))
    assert found == {"train_loss": 2.0, "val loss (top 5)": 0.25}


def test_settings_at_the_start_of_a_log_do_not_displace_metrics() -> None:
    parser, curves = LogParser("score"), MetricCurves(primary="score")
    lines = [" ".join(f"option_{n}={n}" for n in range(80))]
    lines += [f"train_loss={n} lr=0.1" for n in range(10)]
    for line in lines:
        for name, value in parser.read(line):
            curves.append(name, value)
    loss = curves.get("train_loss")
    assert loss is not None
    assert loss.count == 10


# The sidecar


def opened(folder: Path) -> tuple[MetricStore, OtherMetrics]:
    others = OtherMetrics(folder / "other-metrics.json", primary="score")
    return MetricStore(Journal(folder / "journal"), "score", "sweep-0", others), others


@pytest.mark.parametrize("interval", [0.0, 1000.0])
def test_a_restarted_sidecar_counts_each_report_of_a_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interval: float
) -> None:
    monkeypatch.setattr("sweepjob.sidecar.other_metrics._SAVE_INTERVAL", interval)
    file = tmp_path / "metrics.jsonl"
    for n in range(1, 60):
        row = {"loss": n} if n % 7 else {"loss": n, "lr": 0.1, "score": n}
        with file.open("a") as lines:
            lines.write(json.dumps(row) + "\n")
        store, others = opened(tmp_path)  # a sidecar that starts again after each line
        JsonLines(file, store).read(last=False)
        if n % 5 == 0:
            store.save()
    kept = {c.name: (c.count, c.last, c.low) for c in others.curves}
    if interval == 0:
        assert kept == {"loss": (59, 59.0, 1.0), "lr": (8, 0.1, 0.1)}
    # What was not saved before a kill may be missing, and nothing is counted twice.
    assert kept["loss"][0] <= 59
    assert kept["loss"][1] == 59.0
    assert list(store.batch(1).values) == [float(n) for n in range(7, 60, 7)]


def test_a_file_that_is_rewritten_counts_again(tmp_path: Path) -> None:
    store, others = opened(tmp_path)
    file = tmp_path / "metrics.jsonl"
    reader = JsonLines(file, store)
    for _ in range(3):
        file.write_text('{"loss": 1}\n{"loss": 2}\n{"loss": 3}\n')
        reader.read(last=False)
        file.write_text('{"loss": 4}\n')
        reader.read(last=False)
    assert [c.count for c in others.curves] == [12]


def test_a_state_that_cannot_be_read_or_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other-metrics.json").write_text("{")
    store, others = opened(tmp_path)
    assert "metrics before a restart are lost" in capsys.readouterr().err
    (tmp_path / "other-metrics.new").mkdir()
    store.add_report("loss", 1.0)
    store.add_report("score", 1.0)
    assert "metrics are not kept across restarts" in capsys.readouterr().err
    assert len(others.curves) == 1
    assert store.count == 1
